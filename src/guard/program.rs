//! What a guard does from its first instruction to its last: waits for requests, deaths and the end of its dashboard.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::message::{Reply, Report, Request};
use super::raw;
use super::service::{Left, Service};
use super::spawn::Starting;
use super::wire::Frames;
use crate::engine::kill;

/// The first argument of a guard.
pub const MARK: &str = "__guard";

/// How many descriptors a guard needs at most: one for each level that it kills below a child, and a few.
const DESCRIPTORS: u64 = 300;

/// How long the last word may take to be read by a dashboard that lives.
const LAST_WORD: Duration = Duration::from_secs(10);

/// Returns whether this process was started to be a guard.
#[must_use]
pub fn requested() -> bool {
    std::env::args_os().nth(1).is_some_and(|word| word == MARK)
}

/// Is a guard until nothing is left to guard.
///
/// Must be called before there is a second thread or a runtime.
#[must_use]
pub fn main() -> ExitCode {
    match Program::enter(std::env::args_os().nth(2)) {
        Ok(Some(mut program)) => {
            // a guard that can do no more ends as if it was killed: all that is left comes to the dashboard
            program.run().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        // the dashboard is gone already, and nothing has been started
        Ok(None) => ExitCode::SUCCESS,
        Err(_seen_as_lost) => ExitCode::FAILURE,
    }
}

/// A guard.
#[derive(Debug)]
struct Program {
    /// The line to the dashboard, while there is one.
    socket: Option<UnixStream>,
    dashboard: OwnedFd,
    signals: SignalFd,
    null: OwnedFd,
    received: Frames,
    unsent: Vec<u8>,
    service: Service,
}

impl Program {
    /// Makes this process a guard; `None` if its dashboard is gone.
    fn enter(dashboard: Option<OsString>) -> io::Result<Option<Self>> {
        raw::close_inherited()?;
        // fails only for who leads a session already
        let _leads_already = nix::unistd::setsid();
        nix::sys::prctl::set_name(c"pd-guard")?;
        // A service of the same user could hold the guard as a debugger, write into its memory or take its socket. The
        // program is not affected: its exec makes it like any other again.
        nix::sys::prctl::set_dumpable(false)?;
        nix::sys::prctl::set_child_subreaper(true)?;
        // whoever runs as the same user could trace this process otherwise, and make it do anything or nothing
        nix::sys::prctl::set_dumpable(false)?;
        raw::ignore_signals();
        let mut deaths = SigSet::empty();
        deaths.add(Signal::SIGCHLD);
        deaths.thread_block()?;
        let signals = SignalFd::with_flags(&deaths, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        socket.set_nonblocking(true)?;
        let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        nix::unistd::dup2_stdin(&null)?;
        let pid = dashboard.and_then(|word| word.to_str()?.parse().ok()).unwrap_or(0);
        // The descriptor first: if that number is still the parent's, it was when the descriptor was opened.
        let held = kill::hold(pid)?;
        let parent = nix::unistd::getppid().as_raw().unsigned_abs();
        let Some(dashboard) = held.filter(|_| parent == pid) else { return Ok(None) };
        Ok(Some(Self {
            socket: Some(socket),
            dashboard,
            signals,
            null,
            received: Frames::default(),
            unsent: Vec::new(),
            service: Service::default(),
        }))
    }

    /// Guards until nothing is left.
    ///
    /// # Errors
    ///
    /// It can do so no more.
    fn run(&mut self) -> io::Result<()> {
        let mut timeout = None;
        loop {
            self.wait(timeout)?;
            self.forget_wakes();
            self.read_requests();
            if self.socket.is_none() {
                if !self.service.has_begun() && self.service.starting().is_none() {
                    return Ok(());
                }
                self.service.dashboard_died(Instant::now());
            }
            let left = self.service.collect();
            if left == Left::Nothing {
                self.service.close();
                self.say();
                self.finish_saying();
                return Ok(());
            }
            let wish = self.service.go_on(Instant::now())?;
            timeout = if left == Left::More { Some(Duration::ZERO) } else { wish };
            self.say();
        }
    }

    /// Waits until something happens, and learns at once of a dashboard's death and a start's outcome.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let timeout = timeout.map_or(PollTimeout::NONE, |time| {
            // rounded up: a timeout of 0 before a deadline would spin
            let millis = time.as_micros().div_ceil(1000);
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
        });
        let interest = if self.unsent.is_empty() { PollFlags::POLLIN } else { PollFlags::POLLIN | PollFlags::POLLOUT };
        let outcome = self.service.starting().map(Starting::outcome);
        let mut watched = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        if let Some(socket) = &self.socket {
            watched.push(PollFd::new(socket.as_fd(), interest));
            watched.push(PollFd::new(self.dashboard.as_fd(), PollFlags::POLLIN));
        }
        if let Some(outcome) = outcome {
            watched.push(PollFd::new(outcome, PollFlags::POLLIN));
        }
        match poll(&mut watched, timeout) {
            // more descriptors than the limit allows: somebody has lowered it, and this would spin
            Err(nix::errno::Errno::EINVAL) => {
                raise_limit().and_then(|()| Ok(poll(&mut watched, PollTimeout::ZERO)?))?
            }
            // an interrupted wait has seen nothing, and everything is looked at after it anyway
            Ok(_) | Err(_) => 0,
        };
        let happened = |place: usize| watched.get(place).and_then(PollFd::any).unwrap_or(false);
        let died = self.socket.is_some() && happened(2);
        let decided = outcome.is_some() && happened(watched.len() - 1);
        if decided {
            self.service.finish_start();
        }
        if died {
            self.socket = None;
        }
        Ok(())
    }

    /// Closes the output, which the program's process has its own copy of: its end could not be seen otherwise.
    fn let_go_of_output(&self) {
        let _stays_open = nix::unistd::dup2_stdout(&self.null);
        let _stays_open = nix::unistd::dup2_stderr(&self.null);
    }

    fn forget_wakes(&self) {
        while let Ok(Some(_death)) = self.signals.read_signal() {}
    }

    fn read_requests(&mut self) {
        let mut bytes = [0; 16 * 1024];
        while let Some(socket) = &mut self.socket {
            match socket.read(&mut bytes) {
                Ok(0) => self.socket = None,
                Ok(count) => self.received.push(bytes.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_closed) => self.socket = None,
            }
        }
        loop {
            match self.received.next().and_then(|body| body.as_deref().map(Request::decode).transpose()) {
                Ok(Some(request)) => {
                    let launches = matches!(request, Request::Launch(_));
                    self.service.ask(request, Instant::now());
                    if launches {
                        self.let_go_of_output();
                    }
                }
                Ok(None) => return,
                Err(_malformed) => {
                    // whoever speaks like this is not the dashboard that is known
                    self.socket = None;
                    return;
                }
            }
        }
    }

    /// Sends what is to be told, as far as it goes without waiting.
    fn say(&mut self) {
        for reply in self.service.take_replies() {
            // a dashboard that does not read gets the list of survivors later, not a heap of them
            let can_wait = matches!(reply, Reply::News(Report::Stuck(_)));
            if !can_wait || self.unsent.is_empty() {
                self.unsent.extend(reply.encode().unwrap_or_default());
            }
        }
        let Some(socket) = &mut self.socket else {
            self.unsent.clear();
            return;
        };
        while !self.unsent.is_empty() {
            match socket.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // what cannot be sent now is sent when there is room; a closed line is noticed by reading
                Err(_later) => return,
            }
        }
    }

    /// Stays until the last word is sent, or nobody wants it.
    fn finish_saying(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        // a dashboard that is paused reads it when it goes on, or learns of the end without it
        let ready = socket.set_nonblocking(false).and_then(|()| socket.set_write_timeout(Some(LAST_WORD)));
        let _nobody_wants_it = ready.and_then(|()| socket.write_all(&self.unsent));
    }
}

/// Takes back the descriptors that a guard needs: whoever runs as the same user may have lowered its limit.
///
/// # Errors
///
/// The limit of the limit was lowered too, which nobody but root can undo.
pub(super) fn raise_limit() -> io::Result<()> {
    let (_soft, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if most < DESCRIPTORS {
        return Err(Errno::MFILE.into());
    }
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
