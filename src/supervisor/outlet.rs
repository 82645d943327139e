//! Carries what one pty or pipe delivers into the service's log, and tells when nothing more will come.

use tokio::sync::watch;

use super::log_store::LogStore;
use crate::engine::Sink;
use crate::id::ServiceId;
use crate::logs::Source;

/// The end of a pty or pipe at the log.
pub(crate) struct Outlet {
    logs: LogStore,
    service: ServiceId,
    source: Source,
    closed: watch::Sender<bool>,
}

impl Outlet {
    /// Returns the outlet and a receiver that becomes `true`, or loses its sender, once nothing more will come.
    pub(crate) fn new(logs: LogStore, service: ServiceId, source: Source) -> (Self, watch::Receiver<bool>) {
        let (closed, is_closed) = watch::channel(false);
        (Self { logs, service, source, closed }, is_closed)
    }
}

impl Sink for Outlet {
    fn bytes(&mut self, bytes: &[u8]) {
        self.logs.push(self.service, self.source, bytes);
    }

    fn closed(&mut self) {
        self.closed.send_replace(true);
    }
}
