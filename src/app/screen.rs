//! Puts the dashboard on the terminal and gives it what it needs from the floors below.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::EventStream;
use futures_util::future;
use futures_util::stream::{self, StreamExt as _};
use jiff::tz::TimeZone;

use super::requests::Requests;
use super::{browser, colour};
use crate::config::Config;
use crate::guard;
use crate::signal::Signal;
use crate::supervisor::Handle;
use crate::ui::{self, Dashboard};

/// Shows the dashboard until everything is down; the terminal is given back on every way out.
pub(crate) async fn show(config: &Config, handle: Handle) -> io::Result<()> {
    let dashboard =
        Dashboard { browse: browser::open, ..Dashboard::new(config, !colour::wanted(), TimeZone::system()) };
    let mut pauses = Requests::listen(Signal::SIGTSTP)?;
    let mut continuations = Requests::listen(Signal::SIGCONT)?;
    let suspension = Arc::new(Suspension::default());
    let pauses = stream::poll_fn(move |context| pauses.poll_next(context));
    let listener = Arc::clone(&suspension);
    let continuations = stream::poll_fn(move |context| continuations.poll_next(context))
        .filter(move |()| future::ready(listener.is_by_others()));
    // a pause asked for by a signal is the same wish as the key; but a service that has the keyboard does not get it
    let wishes = stream::select(pauses, continuations).map(|()| Ok(ui::PAUSE));
    let input = stream::select(EventStream::new(), wishes);
    ui::run(handle, dashboard, input, || suspension.begin()).await
}

/// Tells the pauses that the dashboard itself has begun from those that were done to it.
///
/// Somebody who has stopped it with SIGSTOP may have used its terminal meanwhile: when it goes on, it gives the terminal
/// back and takes it anew, as for a pause, but without one.
#[derive(Debug, Default)]
struct Suspension {
    /// The dashboard's own pause is over, and the signal that ended it may not be heard yet.
    is_own: AtomicBool,
    /// Somebody else's pause is over.
    is_over: AtomicBool,
}

impl Suspension {
    /// Takes in that this process was continued; returns whether others had stopped it, or may have.
    fn is_by_others(&self) -> bool {
        let by_others = !self.is_own.swap(false, Ordering::SeqCst);
        self.is_over.store(by_others, Ordering::SeqCst);
        by_others
    }

    /// Pauses, where a pause is not just over.
    fn begin(&self) {
        if self.is_over.swap(false, Ordering::SeqCst) {
            return;
        }
        self.is_own.store(true, Ordering::SeqCst);
        if let Err(error) = guard::pause() {
            self.is_own.store(false, Ordering::SeqCst);
            tracing::warn!(%error, "cannot pause");
        }
    }
}

/// Whether an error means that the terminal itself is gone.
pub(crate) fn is_hang_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EIO) || error.kind() == io::ErrorKind::UnexpectedEof
}
