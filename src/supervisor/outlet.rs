//! Carries what one pty or pipe delivers into the service's log and its file, and tells when nothing more will come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::job::Tools;
use super::keeper::Keeper;
use super::live::Live;
use super::log_store::LogStore;
use crate::engine::Sink;
use crate::id::ServiceId;
use crate::logs::{Source, Tone};

/// How long nothing may come from a run whose tree is gone until what is left of its output is given up.
const SILENCE: Duration = Duration::from_secs(2);
/// How long something may come.
const LONGEST: Duration = Duration::from_secs(10);

/// The end of a pty or pipe at the log.
pub(crate) struct Outlet {
    logs: LogStore,
    keeper: Keeper,
    service: ServiceId,
    source: Source,
    /// The screen, where the service has a terminal.
    live: Option<Arc<Live>>,
    closed: watch::Sender<bool>,
}

impl Outlet {
    /// Returns the outlet and a receiver that becomes `true`, or loses its sender, once nothing more will come.
    pub(crate) fn new(tools: &Tools, service: ServiceId, source: Source) -> (Self, watch::Receiver<bool>) {
        let (closed, is_closed) = watch::channel(false);
        let (logs, keeper) = (tools.logs.clone(), tools.keeper.clone());
        (Self { logs, keeper, service, source, live: None, closed }, is_closed)
    }

    /// Returns the outlet with a screen, on which everything is drawn as well.
    pub(crate) fn onto(self, live: Arc<Live>) -> Self {
        Self { live: Some(live), ..self }
    }
}

/// Waits until everything has come out of a run whose tree is gone; returns whether it has.
///
/// As long as something comes it may take a while; but somebody outside the tree who holds a descriptor open, and may
/// even write to it, is not waited for.
pub(crate) async fn are_read_out(outputs: &mut [watch::Receiver<bool>]) -> bool {
    let mut all = true;
    for closed in outputs {
        all &= is_read_out(closed, Instant::now() + LONGEST).await;
    }
    all
}

async fn is_read_out(closed: &mut watch::Receiver<bool>, deadline: Instant) -> bool {
    while !*closed.borrow_and_update() {
        match timeout(SILENCE, closed.changed()).await {
            // whatever came last, the end may have come with it
            Ok(Ok(())) if Instant::now() < deadline || *closed.borrow() => {}
            Ok(Ok(())) | Err(_) => return false,
            // the sink is dropped: nothing more will come
            Ok(Err(_)) => return true,
        }
    }
    true
}

impl Sink for Outlet {
    fn has_room(&mut self) -> bool {
        self.keeper.has_room(self.service)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.keeper.keep(self.service, bytes);
        // the screen first: the log rings the bell, and whoever it wakes looks at both
        if self.live.as_ref().is_some_and(|live| live.print(bytes)) {
            let note = "its screen cannot be shown until it is started again; its lines go on";
            self.logs.note(self.service, Tone::Bad, note);
        }
        self.logs.push(self.service, self.source, bytes);
        // whoever waits for the end sees that there is still something coming
        self.closed.send_modify(|_| {});
    }

    fn closed(&mut self) {
        self.closed.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_output_is_read_out_when_it_is_closed_or_nobody_can_close_it_any_more_and_not_before() {
        let (sender, closed) = watch::channel(false);
        let (gone, dropped) = watch::channel(false);
        drop(gone);
        let last_words = async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
                sender.send_modify(|_| {});
            }
            sender.send_replace(true);
        };
        let mut both = [closed, dropped];
        assert!(tokio::join!(are_read_out(&mut both), last_words).0);
        let (_held, mut open) = watch::channel(false);
        let later = Instant::now() + LONGEST;
        assert!(!is_read_out(&mut open, later).await, "somebody holds it open and is silent");
    }

    #[tokio::test]
    async fn an_output_that_is_closed_late_is_read_out_and_one_that_only_goes_on_is_not() {
        for closes in [true, false] {
            let (sender, mut closed) = watch::channel(false);
            let last_words = async { sender.send_modify(|closed| *closed = closes) };
            let over = Instant::now();
            assert_eq!(tokio::join!(is_read_out(&mut closed, over), last_words).0, closes);
        }
    }
}
