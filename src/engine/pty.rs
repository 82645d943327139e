//! The dashboard's end of a service's input and output: a pseudo-terminal, or two pipes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{Winsize, tcsetwinsize};

/// What the dashboard holds of a running service's input and output.
#[derive(Debug)]
pub enum Channel {
    /// The master of its terminal.
    Terminal(Terminal),
    /// The reading ends of its pipes.
    Pipes {
        /// Standard output.
        stdout: OwnedFd,
        /// Standard error.
        stderr: OwnedFd,
    },
}

/// The master side of a pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    master: OwnedFd,
}

impl Terminal {
    /// Opens a terminal of this size and returns it with its other side, which belongs to the service.
    ///
    /// Whoever keeps a copy of the other side keeps the end of the output from being seen.
    ///
    /// # Errors
    ///
    /// What the kernel said: `ENOSPC` when no terminal is left, `EMFILE` when no descriptor is.
    pub fn open(columns: u16, rows: u16) -> io::Result<(Self, OwnedFd)> {
        // O_NONBLOCK belongs to the open file: the copy for the pump has it too
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname_r(&master)?;
        let service = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let terminal = Self { master: OwnedFd::from(master) };
        terminal.resize(columns, rows)?;
        Ok((terminal, service))
    }

    /// Tells the terminal its size; the kernel then sends SIGWINCH to the foreground group if it has changed.
    ///
    /// # Errors
    ///
    /// What the kernel said.
    pub fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(&self.master, size)?)
    }

    /// Types as many of `bytes` as the terminal takes without waiting, and returns how many that were.
    ///
    /// # Errors
    ///
    /// What the kernel said; `EIO` when nobody holds the other side any more.
    pub fn type_bytes(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::retry_on_intr(|| rustix::io::write(&self.master, bytes)) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns a second, non-blocking descriptor of the master, for whoever reads the output.
    ///
    /// # Errors
    ///
    /// `EMFILE` when no descriptor is left.
    pub fn reader(&self) -> io::Result<OwnedFd> {
        self.master.as_fd().try_clone_to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_arrives_on_the_other_side_and_what_is_written_there_can_be_read() {
        let (terminal, service) = Terminal::open(80, 24).unwrap();
        assert_eq!(terminal.type_bytes(b"hello\n").unwrap(), 6);
        let mut bytes = [0; 16];
        assert_eq!(rustix::io::read(&service, &mut bytes).unwrap(), 6);
        rustix::io::write(&service, b"back").unwrap();
        let reader = terminal.reader().unwrap();
        let count = rustix::io::read(&reader, &mut bytes).unwrap();
        assert!(bytes[..count].ends_with(b"back") || bytes.starts_with(b"hello"));
    }

    #[test]
    fn the_size_is_seen_on_the_other_side() {
        let (terminal, service) = Terminal::open(80, 24).unwrap();
        terminal.resize(132, 50).unwrap();
        let size = rustix::termios::tcgetwinsize(&service).unwrap();
        assert_eq!((size.ws_col, size.ws_row), (132, 50));
    }

    #[test]
    fn a_full_terminal_takes_no_more_and_does_not_block() {
        let (terminal, _service) = Terminal::open(80, 24).unwrap();
        let line = [b'x'; 4096];
        let taken = std::iter::repeat_with(|| terminal.type_bytes(&line).unwrap()).take(64).last();
        assert!(taken.is_some_and(|count| count < line.len()));
    }
}
