//! Puts the dashboard on the terminal and gives it what it needs from the floors below.

use std::io;

use crossterm::event::EventStream;
use jiff::tz::TimeZone;

use super::up::colour_wanted;
use crate::config::Config;
use crate::engine;
use crate::supervisor::Handle;
use crate::ui::{self, Dashboard};

/// Shows the dashboard until everything is down; the terminal is given back on every way out.
pub(crate) async fn show(config: &Config, handle: Handle) -> io::Result<()> {
    let dashboard = Dashboard::new(config, !colour_wanted(), TimeZone::system());
    ui::run(handle, dashboard, EventStream::new(), engine::pause).await
}

/// Whether an error means that the terminal itself is gone.
pub(crate) fn is_hang_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EIO) || error.kind() == io::ErrorKind::UnexpectedEof
}
