//! The dashboard's hold on one guard: requests go in, reports come out, and its death is noticed.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use thiserror::Error;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;

use super::children::Children;
use super::message::{Reply, Report, Request};
use super::wire::Frames;
use crate::engine::kill;
use crate::process::{Exit, ProcessId};
use crate::signal::Signal;

/// The guard cannot be asked any more; [`Guard::next`] tells its last word or how it ended.
#[derive(Debug, Error)]
#[error("the guard cannot be asked any more: {0}")]
pub struct GuardLost(#[from] io::Error);

/// A running guard and, below it, everything that its service has started.
///
/// Dropped before its [`Report::Empty`], it ends its service by itself, as if the dashboard had died.
#[derive(Debug)]
pub struct Guard {
    line: Line,
    main: ProcessId,
}

/// The line to a guard, from the moment its process exists.
#[derive(Debug)]
pub(super) struct Line {
    id: ProcessId,
    socket: UnixStream,
    received: Frames,
    unsent: Vec<u8>,
    /// Readable once the guard has ended.
    process: AsyncFd<OwnedFd>,
    children: Arc<Children>,
    open: bool,
    ended: Option<Exit>,
}

impl Guard {
    /// Makes a guard of the line to one that has said who its main process is.
    pub(super) const fn new(line: Line, main: ProcessId) -> Self {
        Self { line, main }
    }

    /// Returns who the guard is; everything below it belongs to the run.
    #[must_use]
    pub const fn id(&self) -> ProcessId {
        self.line.id
    }

    /// Returns who the main process is or was.
    #[must_use]
    pub const fn main(&self) -> ProcessId {
        self.main
    }

    /// Asks the guard for something; a guard that somebody has paused is continued first.
    ///
    /// Dropped half-way, the rest of the request is sent with the next call of this or of [`Self::next`].
    ///
    /// # Errors
    ///
    /// The guard has ended or is about to.
    pub async fn request(&mut self, request: Request) -> Result<(), GuardLost> {
        Ok(self.line.request(&request).await?)
    }

    /// Returns the guard's next report, and [`Report::Lost`] for ever once it has ended.
    ///
    /// A call that is dropped loses nothing.
    pub async fn next(&mut self) -> Report {
        loop {
            match self.line.next().await {
                Ok(Reply::News(report)) => return report,
                // answers to the launch, which was over before there was this handle
                Ok(Reply::Started { .. } | Reply::NotStarted { .. }) => {}
                Err(exit) => return Report::Lost(exit),
            }
        }
    }

    /// Ends the guard itself without its word that nothing is left: for one that does not answer.
    ///
    /// What it held comes to the dashboard; [`Self::next`] will say [`Report::Lost`].
    pub fn give_up(&mut self) {
        self.line.give_up();
    }
}

impl Line {
    /// Takes hold of the guard that was started; it must be among `children`.
    pub(super) fn new(
        id: ProcessId,
        process: OwnedFd,
        socket: std::os::unix::net::UnixStream,
        children: Arc<Children>,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            id,
            socket: UnixStream::from_std(socket)?,
            received: Frames::default(),
            unsent: Vec::new(),
            process: watch(process)?,
            children,
            open: true,
            ended: None,
        })
    }

    /// Sends a request, after continuing a guard that is paused.
    pub(super) async fn request(&mut self, request: &Request) -> io::Result<()> {
        let message = request.encode().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        kill::send_held(self.process.get_ref(), Signal::SIGCONT)?;
        self.unsent.extend(message);
        while !self.unsent.is_empty() {
            self.socket.writable().await?;
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> io::Result<()> {
        match self.socket.try_write(&self.unsent) {
            Ok(count) => {
                self.unsent.drain(..count);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => {
                self.unsent.clear();
                Err(error)
            }
        }
    }

    /// Returns the next message of whatever kind, or how the guard ended once all that it said was heard.
    pub(super) async fn next(&mut self) -> Result<Reply, Exit> {
        loop {
            match self.received.next().and_then(|body| body.as_deref().map(Reply::decode).transpose()) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                // a guard that cannot be understood is worth nothing: its orphans come to the dashboard
                Err(_malformed) => self.give_up(),
            }
            if let Some(exit) = self.ended {
                return Err(exit);
            }
            tokio::select! {
                biased;
                ready = self.socket.readable(), if self.open => self.open = ready.is_ok() && self.receive(),
                _room = self.socket.writable(), if self.open && !self.unsent.is_empty() => {
                    let _noticed_when_reading = self.send();
                }
                _ended = self.process.readable() => self.bury(),
            }
        }
    }

    /// Kills the guard, and listens to it no more.
    pub(super) fn give_up(&mut self) {
        self.received = Frames::default();
        self.open = false;
        let _already_ended = kill::send_held(self.process.get_ref(), Signal::SIGKILL);
    }

    /// Takes in what has arrived; `false` once nothing more can come.
    fn receive(&mut self) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match self.socket.try_read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.received.push(bytes.get(..count).unwrap_or_default()),
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Collects the guard after its end, and what it said last.
    fn bury(&mut self) {
        if self.open {
            self.open = self.receive();
        }
        if let Some(exit) = self.children.collect(self.id.pid, self.process.get_ref()) {
            self.ended = Some(exit);
        }
    }
}

#[expect(deprecated, reason = "deprecated for types that may close their descriptor early; an OwnedFd does not")]
fn watch(process: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(process, Interest::READABLE)
}

impl Drop for Line {
    fn drop(&mut self) {
        self.children.abandon(self.id.pid);
    }
}
