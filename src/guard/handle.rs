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
    id: ProcessId,
    main: Option<ProcessId>,
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
            main: None,
            socket: UnixStream::from_std(socket)?,
            received: Frames::default(),
            unsent: Vec::new(),
            process: watch(process)?,
            children,
            open: true,
            ended: None,
        })
    }

    /// Returns who the guard is; everything below it belongs to the run.
    #[must_use]
    pub const fn id(&self) -> ProcessId {
        self.id
    }

    /// Returns who the main process is or was.
    #[must_use]
    pub fn main(&self) -> ProcessId {
        // only a guard that has said who its main process is leaves this module
        self.main.unwrap_or(self.id)
    }

    pub(super) fn started(&mut self, main: ProcessId) {
        self.main = Some(main);
    }

    /// Asks the guard for something; a guard that somebody has paused is continued first.
    ///
    /// Dropped half-way, the rest of the request is sent with the next call on this guard.
    ///
    /// # Errors
    ///
    /// The guard has ended or is about to.
    pub async fn request(&mut self, request: Request) -> Result<(), GuardLost> {
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

    /// Returns the guard's next report, and [`Report::Lost`] for ever once it has ended.
    ///
    /// A call that is dropped loses nothing.
    pub async fn next(&mut self) -> Report {
        loop {
            match self.next_reply().await {
                Ok(Reply::News(report)) => return report,
                // answers to the launch, which was over before anyone else had this guard
                Ok(Reply::Started { .. } | Reply::NotStarted { .. }) => {}
                Err(exit) => return Report::Lost(exit),
            }
        }
    }

    /// Returns the next message of whatever kind, or how the guard ended once all that it said was heard.
    pub(super) async fn next_reply(&mut self) -> Result<Reply, Exit> {
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
                _ended = self.process.readable() => self.bury(),
            }
        }
    }

    /// Ends the guard itself without its word that nothing is left: for one that does not answer.
    ///
    /// What it held comes to the dashboard; [`Self::next`] will say [`Report::Lost`].
    pub fn give_up(&mut self) {
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

impl Drop for Guard {
    fn drop(&mut self) {
        self.children.abandon(self.id.pid);
    }
}
