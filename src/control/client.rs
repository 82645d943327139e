//! The other end of the socket: asks the procdash that runs a project, and waits for the answer.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::holder::{Holder, credentials, may_speak};
use super::protocol::{Asking, Fault, Hello, PROTOCOL, Reply, Request, read, write_line};
use super::seat::{self, ClaimError};
use crate::guard;

/// How long procdash may take to say who it is: it does so whatever else it does.
const GREETING: Duration = Duration::from_secs(5);
/// How long procdash may take from its last answer to the end of its process.
const LAST_STEPS: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The place of the socket is not safe, or nobody takes the connection.
    #[error(transparent)]
    Place(#[from] ClaimError),
    /// Somebody listens, and says nothing.
    #[error("procdash does not answer: {0}")]
    Silent(Box<Holder>),
    /// Somebody else listens.
    #[error("the socket of this project is held by another user (uid {0}); procdash does not speak to it")]
    Foreign(u32),
    /// The two are of different versions.
    #[error("the procdash that runs is version {theirs} and is not understood by {}; restart it", env!("CARGO_PKG_VERSION"))]
    Version {
        /// The version of the one that runs.
        theirs: String,
    },
    /// The connection ended.
    #[error("procdash has ended, or has closed the connection, before it answered; look again with `procdash ps`")]
    Lost,
    /// It says something that is no answer.
    #[error("procdash says something that is not understood: {0}")]
    Nonsense(#[from] serde_json::Error),
    /// It answers that it cannot.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The kernel refuses.
    #[error("the connection to procdash has failed: {0}")]
    Broken(#[from] io::Error),
}

/// A connection to the procdash that runs a project.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    hello: Hello,
    holder: Holder,
    /// The process that the program at the other end ends with, held on to: its number may pass to another one day.
    process: Option<OwnedFd>,
    asked: u64,
}

impl Client {
    /// Connects to the procdash that runs the project with this file; `None` when there is none.
    ///
    /// # Errors
    /// When there is one that cannot be spoken to.
    pub fn connect(file: &Path) -> Result<Option<Self>, ClientError> {
        let Some((stream, path)) = seat::find(&seat::canonical(file))? else { return Ok(None) };
        let holder = Holder::behind(&stream, &path);
        // a shell goes on when the warden ends, which is after the process that has answered
        let whole = holder.pid.map(guard::whole);
        let number = whole.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let process = number.and_then(|number| pidfd_open(number, PidfdFlags::empty()).ok());
        let (_, uid) = credentials(&stream).map_err(io::Error::from)?;
        if !may_speak(uid) {
            return Err(ClientError::Foreign(uid));
        }
        let mut stream = BufReader::new(stream);
        stream.get_ref().set_read_timeout(Some(GREETING))?;
        let line = match next_line(&mut stream) {
            Err(ClientError::Broken(error)) if is_late(&error) => return Err(ClientError::Silent(Box::new(holder))),
            line => line?,
        };
        if let Ok(Reply { error: Some(fault), .. }) = read(&line) {
            return Err(fault.into());
        }
        let hello: Hello = read(&line)?;
        if hello.procdash != PROTOCOL {
            return Err(ClientError::Version { theirs: hello.version });
        }
        Ok(Some(Self { stream, hello, holder, process, asked: 0 }))
    }

    /// Returns what procdash says of itself.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Asks, and waits for the answer: for `patience`, or as long as it takes.
    ///
    /// # Errors
    /// Returns why there is no answer; with [`ClientError::Fault`], what procdash says about that.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        patience: Option<Duration>,
    ) -> Result<T, ClientError> {
        self.asked += 1;
        let line = write_line(&Asking { id: self.asked, request });
        self.stream.get_ref().set_read_timeout(patience)?;
        let sent = self.stream.get_mut().write_all(line.as_bytes());
        if sent.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            return Err(ClientError::Lost);
        }
        loop {
            let line = match next_line(&mut self.stream) {
                Err(ClientError::Broken(error)) if is_late(&error) => {
                    return Err(ClientError::Silent(Box::new(self.holder.clone())));
                }
                line => line?,
            };
            let reply: Reply = read(&line)?;
            match reply {
                Reply { error: Some(fault), id, .. } if id.is_none_or(|id| id == self.asked) => {
                    return Err(fault.into());
                }
                Reply { answer: Some(answer), id: Some(id), .. } if id == self.asked => {
                    return Ok(read(answer.get())?);
                }
                Reply { .. } => {}
            }
        }
    }

    /// Waits until the process at the other end has ended; returns whether it has.
    #[must_use]
    pub fn wait_for_end(self) -> bool {
        // a process that could not be held on to is one that cannot be seen from here
        let Some(process) = self.process else { return true };
        let deadline = Instant::now() + LAST_STEPS;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut look = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
            let patience = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            match poll(&mut look, patience) {
                Ok(0) => return false,
                Ok(_) => return true,
                Err(nix::errno::Errno::EINTR) => {}
                Err(_) => return false,
            }
        }
    }
}

fn next_line(stream: &mut BufReader<UnixStream>) -> Result<String, ClientError> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        // half a line is the end of a connection, too
        Ok(_) if !line.ends_with('\n') => Err(ClientError::Lost),
        Ok(_) => Ok(line),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(ClientError::Lost),
        Err(error) => Err(error.into()),
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
