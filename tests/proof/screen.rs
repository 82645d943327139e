//! The program under test on a terminal of its own, whose screen can be read; no thread reads it but the one that waits.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::sys;

const ROWS: u16 = 30;
const COLUMNS: u16 = 120;

/// How long one wait for something to read may take.
const PAUSE: u16 = 5;

/// A terminal with a program on it.
pub(crate) struct Screen {
    child: Child,
    master: Option<File>,
    parser: vt100::Parser,
    ended: bool,
}

impl Screen {
    /// Starts `command` as the leader of a session on a new terminal, under another user if one is given.
    pub(crate) fn start(mut command: Command, user: Option<u32>) -> std::io::Result<Self> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname_r(&master)?;
        let slave = File::options().read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(&name)?;
        if let Some(user) = user {
            std::os::unix::fs::chown(&name, Some(user), None)?;
        }
        tcsetwinsize(&master, Winsize { ws_col: COLUMNS, ws_row: ROWS, ws_xpixel: 0, ws_ypixel: 0 })?;
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        sys::prepare(&mut command, user);
        let child = command.spawn()?;
        drop(command);
        let parser = vt100::Parser::new(rows(), columns(), 0);
        let master = master.as_fd().try_clone_to_owned()?;
        Ok(Self { child, master: Some(File::from(master)), parser, ended: false })
    }

    /// Returns the number of the program.
    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Types.
    pub(crate) fn keys(&mut self, typed: &str) {
        if let Some(master) = &mut self.master {
            // a program that has closed its terminal reads no keys; its end is noticed elsewhere
            let _closed = master.write_all(typed.as_bytes());
        }
    }

    /// Closes the terminal, as closing its window does.
    pub(crate) fn hang_up(&mut self) {
        self.master = None;
    }

    /// Returns how the program has ended, if it has.
    pub(crate) fn exit(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Looks again and again until `look` finds something; `None` when the time is over. Meanwhile reads the terminal.
    pub(crate) fn until<T>(&mut self, limit: Duration, mut look: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            if Instant::now() >= deadline {
                return None;
            }
            self.read();
        }
    }

    /// Reads what there is, or waits a moment for something.
    pub(crate) fn read(&mut self) {
        let Some(master) = self.master.as_mut().filter(|_| !self.ended) else {
            std::thread::sleep(Duration::from_millis(PAUSE.into()));
            return;
        };
        let mut piece = [0; 16 * 1024];
        let mut ready = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if !matches!(poll(&mut ready, PollTimeout::from(PAUSE)), Ok(1..)) {
            return;
        }
        match master.read(&mut piece) {
            Ok(count @ 1..) => {
                let bytes = &piece[..count];
                let parser = &mut self.parser;
                if catch_unwind(AssertUnwindSafe(|| parser.process(bytes))).is_err() {
                    self.parser = vt100::Parser::new(rows(), columns(), 0);
                }
            }
            // the last close of the other end reads as an error, after everything was read
            Ok(_) | Err(_) => self.ended = true,
        }
    }

    /// Returns what is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// Returns the word that follows `name` in a line, if one of `words` does.
    pub(crate) fn word_after(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let contents = self.contents();
        contents.lines().find_map(|line| {
            let mut parts = line.split_whitespace().skip_while(|word| *word != name).skip(1);
            let next = parts.next()?;
            words.iter().find(|word| **word == next).copied()
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn rows() -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(ROWS).unwrap()
}

fn columns() -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(COLUMNS).unwrap()
}
