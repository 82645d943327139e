//! Puts the dashboard on the terminal and gives it what it needs from the floors below.

use std::io;

use crossterm::event::EventStream;
use futures_util::stream::{self, StreamExt as _};
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};

use super::colour;
use crate::config::Config;
use crate::engine;
use crate::supervisor::Handle;
use crate::ui::{self, Dashboard};

/// Shows the dashboard until everything is down; the terminal is given back on every way out.
pub(crate) async fn show(config: &Config, handle: Handle) -> io::Result<()> {
    let dashboard = Dashboard::new(config, !colour::wanted(), TimeZone::system());
    let mut pauses = signal(SignalKind::from_raw(nix::libc::SIGTSTP))?;
    // a pause asked for by a signal is the same wish as the key; but a service that has the keyboard does not get it
    let pauses = stream::poll_fn(move |context| pauses.poll_recv(context)).map(|()| Ok(ui::PAUSE));
    let input = stream::select(EventStream::new(), pauses);
    ui::run(handle, dashboard, input, pause).await
}

fn pause() {
    if let Err(error) = engine::pause() {
        tracing::warn!(%error, "cannot pause");
    }
}

/// Whether an error means that the terminal itself is gone.
pub(crate) fn is_hang_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EIO) || error.kind() == io::ErrorKind::UnexpectedEof
}
