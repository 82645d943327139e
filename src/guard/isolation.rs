//! A pid namespace for one run: its init, the line to it, and what it tells at its end.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::io::Errno;
use rustix::process::{WaitOptions, waitpid};

use super::raw::{self, Identity, Image, MAIN_IS_GONE};
use crate::engine::kill;
use crate::process::Exit;
use crate::signal::Signal;

/// How long it may take to found a namespace: somebody may have paused the child that does it.
const FOUNDED: Duration = Duration::from_secs(5);

/// A namespace with its init, a child of the guard.
///
/// Dropped, the init ends and the kernel kills everything in the namespace.
#[derive(Debug)]
pub(super) struct Namespace {
    init: u32,
    line: UnixStream,
}

impl Namespace {
    /// Founds a namespace and starts the program in it; `None` instead of its number if the reason was written to `failure`.
    pub(super) fn start(image: &Image, failure: BorrowedFd<'_>) -> io::Result<Option<(Option<Self>, u32)>> {
        let identity = identity();
        let (line, theirs) = UnixStream::pair()?;
        let founder = raw::fork_founder(image, &identity, theirs.as_fd(), failure)?;
        drop(theirs);
        let ended = wait_for_end(founder);
        // whatever it has not told by now it will never tell
        let _ended_already = kill::send_to_child(founder, Signal::SIGKILL);
        collect(founder);
        ended?;
        line.set_nonblocking(true)?;
        let mut numbers = [0; 16];
        if (&line).read_exact(&mut numbers).is_err() {
            return Ok(None);
        }
        let (init, main) = numbers.split_at(8);
        let number =
            |bytes: &[u8]| u32::try_from(i64::from_le_bytes(bytes.try_into().unwrap_or_default())).unwrap_or(0);
        Ok(Some((Some(Self { init: number(init), line }), number(main))))
    }

    /// Returns the init's number; it is the guard's child.
    pub(super) const fn init(&self) -> u32 {
        self.init
    }

    /// Lets the init end as soon as nobody else is left; to be called when the main process was collected.
    pub(super) fn main_is_gone(&mut self) {
        // an init that somebody has killed has taken everything with it
        let _ended_already = self.line.write_all(&[MAIN_IS_GONE]);
    }

    /// Returns how the last process ended that the main process had left behind; to be asked once the init was collected.
    pub(super) fn last(&mut self) -> Option<Exit> {
        let mut status = [0; 4];
        self.line.read_exact(&mut status).ok()?;
        let status = ExitStatus::from_raw(i32::from_le_bytes(status));
        match (status.code(), status.signal()) {
            (_, Some(number)) => Some(Exit::Signal { number, core_dumped: status.core_dumped() }),
            (code, None) => code.map(Exit::Code),
        }
    }
}

/// Collects a child that has ended or is about to.
fn collect(child: u32) {
    while kill::number(child).is_some_and(|pid| waitpid(Some(pid), WaitOptions::empty()).err() == Some(Errno::INTR)) {}
}

/// Waits for the founder's end, but not for ever.
fn wait_for_end(founder: u32) -> io::Result<()> {
    let held = kill::hold(founder)?.ok_or(Errno::SRCH)?;
    let most = PollTimeout::try_from(FOUNDED).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(held.as_fd(), PollFlags::POLLIN)], most)? {
        0 => Err(Errno::TIMEDOUT.into()),
        _ => Ok(()),
    }
}

/// Maps the user and his group to themselves, so that files and messages show the same names inside.
fn identity() -> Identity {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    Identity { users: format!("{user} {user} 1"), groups: format!("{group} {group} 1") }
}
