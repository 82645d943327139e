//! The terminal as it was before the dashboard had it, and the way back there from outside the dashboard.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::shared::SETTINGS;

/// How long a terminal may refuse to take what is written to it.
const PATIENCE: Duration = Duration::from_millis(150);

/// The terminal's settings before the dashboard changed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    before: Termios,
}

impl Settings {
    /// Reads those that standard input has now; `None` where that is no terminal.
    pub(super) fn read() -> Option<Self> {
        tcgetattr(io::stdin()).ok().map(|before| Self { before })
    }

    /// Puts them into words, for another process to read.
    pub(super) fn to_words(&self) -> [u32; SETTINGS] {
        let plain = libc::termios::from(self.before.clone());
        let modes = [plain.c_iflag, plain.c_oflag, plain.c_cflag, plain.c_lflag];
        let characters = std::iter::once(plain.c_line).chain(plain.c_cc).map(u32::from);
        let mut words = [0; SETTINGS];
        for (word, value) in words.iter_mut().zip(modes.into_iter().chain(characters)) {
            *word = value;
        }
        words
    }

    /// Reads such words, which must have been written; `None` where there is no terminal.
    pub(super) fn from_words(words: [u32; SETTINGS]) -> Option<Self> {
        // the rest, such as the speed, is as now: a dashboard does not change it
        let mut plain = libc::termios::from(tcgetattr(io::stdin()).ok()?);
        let [input, output, control, local, line, characters @ ..] = words;
        (plain.c_iflag, plain.c_oflag, plain.c_cflag, plain.c_lflag) = (input, output, control, local);
        // each was written from a byte
        let byte = |word: u32| u8::try_from(word).unwrap_or_default();
        plain.c_line = byte(line);
        for (character, word) in plain.c_cc.iter_mut().zip(characters) {
            *character = byte(word);
        }
        Some(Self { before: plain.into() })
    }

    /// Sets them again, unless somebody else has set the terminal to their own liking meanwhile.
    ///
    /// SIGTTOU must be blocked in this thread: else a process in the background is stopped here.
    pub(super) fn give_back(&self) {
        let Ok(now) = tcgetattr(io::stdin()) else { return };
        // In the background the terminal is the shell's. But a shell that has just taken it may rely on finding it as it
        // was: what still is as the dashboard has left it, nobody has set since.
        if is_in_foreground() || is_same(&now, &raw(&self.before)) {
            // the terminal is gone: so are its settings
            let _nobody_to_tell = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.before);
        }
    }
}

/// Whether this terminal is ours at the moment, as far as the shell says.
pub(super) fn is_in_foreground() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Returns what the dashboard makes of these settings.
fn raw(before: &Termios) -> Termios {
    let mut raw = before.clone();
    cfmakeraw(&mut raw);
    raw
}

fn is_same(one: &Termios, other: &Termios) -> bool {
    let modes = |of: &Termios| (of.input_flags, of.output_flags, of.control_flags, of.local_flags, of.control_chars);
    modes(one) == modes(other)
}

/// Writes to standard output without ever being held up by it: a terminal that nobody reads must not keep anything alive.
pub(super) fn write_in_time(mut bytes: &[u8]) {
    let until = Instant::now() + PATIENCE;
    let own = own_stdout();
    let out = own.as_ref().map_or_else(|| rustix::stdio::stdout(), AsFd::as_fd);
    while !bytes.is_empty() && is_ready(out, until) {
        match rustix::io::write(out, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_terminal_is_gone) => return,
        }
    }
}

/// Opens the terminal once more: not to block is a property that would be shared with everybody who has the first one.
fn own_stdout() -> Option<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open("/proc/self/fd/1", flags, Mode::empty()).ok()
}

fn is_ready(out: impl AsFd, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::ZERO);
    matches!(poll(&mut [PollFd::new(out.as_fd(), PollFlags::POLLOUT)], timeout), Ok(1))
}
