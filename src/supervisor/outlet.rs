//! Carries what one pty or pipe delivers into the service's log and its file, and tells when nothing more will come.

use std::sync::Arc;

use tokio::sync::watch;

use super::job::Tools;
use super::keeper::Keeper;
use super::live::Live;
use super::log_store::LogStore;
use crate::engine::Sink;
use crate::id::ServiceId;
use crate::logs::{Source, Tone};

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
    }

    fn closed(&mut self) {
        self.closed.send_replace(true);
    }
}
