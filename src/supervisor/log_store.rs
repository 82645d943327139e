//! The logs of all services: one bounded buffer each, and one bell that rings when any of them grew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::id::ServiceId;
use crate::logs::LogBuffer;

/// A handle to the logs of all services; clones share them.
#[derive(Clone, Debug)]
pub struct LogStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    logs: Vec<Mutex<LogBuffer>>,
    bell: Notify,
}

impl LogStore {
    /// Makes empty logs for `services` services, each bounded by `bytes` of memory.
    #[must_use]
    pub fn new(services: usize, bytes: usize) -> Self {
        let logs = (0..services).map(|_| Mutex::new(LogBuffer::new(bytes))).collect();
        Self { shared: Arc::new(Shared { logs, bell: Notify::new() }) }
    }

    /// Locks one log for reading a window of it; hold it briefly, its writer waits meanwhile.
    ///
    /// Returns `None` for a service that does not exist.
    #[must_use]
    pub fn lock(&self, service: ServiceId) -> Option<MutexGuard<'_, LogBuffer>> {
        // a writer that panicked left whole lines: the buffer has no state in between
        self.shared.logs.get(service.index()).map(|log| log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes one log and rings the bell.
    pub fn write(&self, service: ServiceId, change: impl FnOnce(&mut LogBuffer)) {
        if let Some(mut log) = self.lock(service) {
            change(&mut log);
            drop(log);
            self.shared.bell.notify_one();
        }
    }

    /// Waits until a log has grown since the last call; several changes ring once.
    pub async fn changed(&self) {
        self.shared.bell.notified().await;
    }
}
