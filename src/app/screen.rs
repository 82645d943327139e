//! Puts the dashboard on the terminal and gives it what it needs from the floors below.

use std::io;

use crate::config::Config;
use crate::supervisor::Handle;

pub(crate) async fn show(_config: &Config, _handle: Handle) -> io::Result<()> {
    Ok(())
}

/// Whether an error means that the terminal itself is gone.
pub(crate) fn is_hang_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EIO) || error.kind() == io::ErrorKind::UnexpectedEof
}
