//! The logs of all services: one bounded buffer each, and one bell that rings when any of them grew.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use super::per_service::PerService;
use crate::id::ServiceId;
use crate::logs::{Arrivals, Line, LogBuffer, Source, Stamp, Tone};

/// What goes into a log at once where somebody is handed its lines.
const TAPPED: usize = 8 * 1024;

/// Someone who is handed every line as soon as it is complete, in order, on the thread that wrote it.
///
/// A tap that blocks holds up the services (their pipes fill), never the supervisor: that is the back pressure of
/// plain output.
pub trait Tap: Send + Sync {
    /// Takes one complete line.
    fn line(&self, service: ServiceId, line: &Line<'_>);

    /// Takes in that there is another service, before any line of it comes.
    fn joined(&self, service: ServiceId, name: &str);

    /// Is called after a batch of lines.
    fn flush(&self);
}

/// A handle to the logs of all services; clones share them.
#[derive(Clone)]
pub struct LogStore {
    shared: Arc<Shared>,
}

struct Shared {
    logs: PerService<Mutex<Log>>,
    /// How much memory each log may take.
    bytes: usize,
    arrivals: Arrivals,
    bell: Notify,
    tap: Option<Box<dyn Tap>>,
}

struct Log {
    buffer: LogBuffer,
    /// One past the newest line that the tap has been handed.
    tapped: u64,
}

impl Log {
    fn new(bytes: usize, arrivals: &Arrivals) -> Mutex<Self> {
        Mutex::new(Self { buffer: LogBuffer::among(bytes, arrivals.clone()), tapped: 0 })
    }
}

/// A locked log.
pub struct LogGuard<'a>(MutexGuard<'a, Log>);

impl std::ops::Deref for LogGuard<'_> {
    type Target = LogBuffer;

    fn deref(&self) -> &LogBuffer {
        &self.0.buffer
    }
}

impl LogStore {
    /// Makes empty logs for `services` services, each bounded by `bytes` of memory.
    #[must_use]
    pub fn new(services: usize, bytes: usize) -> Self {
        Self::build(services, bytes, None)
    }

    /// The same, with a tap.
    #[must_use]
    pub fn with_tap(services: usize, bytes: usize, tap: Box<dyn Tap>) -> Self {
        Self::build(services, bytes, Some(tap))
    }

    fn build(services: usize, bytes: usize, tap: Option<Box<dyn Tap>>) -> Self {
        let arrivals = Arrivals::default();
        let logs = PerService::new((0..services).map(|_| Log::new(bytes, &arrivals)));
        Self { shared: Arc::new(Shared { logs, bytes, arrivals, bell: Notify::new(), tap }) }
    }

    /// Makes an empty log for a service that has come to the others.
    pub(super) fn join(&self, service: ServiceId, name: &str) {
        if let Some(tap) = &self.shared.tap {
            tap.joined(service, name);
        }
        self.shared.logs.put(service.index(), Log::new(self.shared.bytes, &self.shared.arrivals));
    }

    fn log(&self, service: ServiceId) -> Option<MutexGuard<'_, Log>> {
        // a writer that panicked left whole lines: the buffer has no state in between
        self.shared.logs.get(service.index()).map(|log| log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Locks one log for reading a window of it; hold it briefly, its writer waits meanwhile.
    ///
    /// Returns `None` for a service that does not exist.
    #[must_use]
    pub fn lock(&self, service: ServiceId) -> Option<LogGuard<'_>> {
        self.log(service).map(LogGuard)
    }

    /// Changes one log and rings the bell.
    pub fn write(&self, service: ServiceId, change: impl FnOnce(&mut LogBuffer)) {
        let Some(mut log) = self.log(service) else { return };
        change(&mut log.buffer);
        if let Some(tap) = &self.shared.tap {
            hand_over(&mut log, service, tap.as_ref());
        }
        drop(log);
        self.shared.bell.notify_one();
    }

    /// Appends what a service printed.
    pub fn push(&self, service: ServiceId, source: Source, bytes: &[u8]) {
        // a tap has to see each line before so many more come that the smallest log lets go of it
        let most = if self.shared.tap.is_some() { TAPPED } else { bytes.len().max(1) };
        for part in bytes.chunks(most) {
            self.write(service, |log| log.push(source, part, now()));
        }
    }

    /// Appends a line of procdash's own.
    pub fn note(&self, service: ServiceId, tone: Tone, text: &str) {
        self.write(service, |log| log.note(tone, text, now()));
    }

    /// Appends the line of procdash's own with which a run begins.
    pub fn begin_run(&self, service: ServiceId, text: &str) {
        self.write(service, |log| log.begin_run(text, now()));
    }

    /// Returns how many lines have arrived in all logs together.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.shared.arrivals.count()
    }

    /// Waits until a log has grown since the last call; several changes ring once.
    pub async fn changed(&self) {
        self.shared.bell.notified().await;
    }
}

impl fmt::Debug for LogStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogStore").finish_non_exhaustive()
    }
}

fn hand_over(log: &mut Log, service: ServiceId, tap: &dyn Tap) {
    let mut number = log.tapped;
    for line in log.buffer.lines(log.tapped).take_while(|line| line.complete) {
        tap.line(service, &line);
        number = line.number + 1;
    }
    if number > log.tapped {
        log.tapped = number;
        tap.flush();
    }
}

/// Returns the present moment.
pub(super) fn now() -> Stamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Counter(Arc<AtomicU64>);

    impl Tap for Counter {
        fn line(&self, _service: ServiceId, _line: &Line<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn joined(&self, _service: ServiceId, _name: &str) {}

        fn flush(&self) {}
    }

    #[test]
    fn a_tap_is_handed_every_line_also_of_more_than_the_log_can_hold() {
        let count = Arc::new(AtomicU64::new(0));
        let logs = LogStore::with_tap(1, 0, Box::new(Counter(Arc::clone(&count))));
        logs.push(ServiceId::new(0), Source::Output, &b"a line\n".repeat(100_000));
        assert_eq!(count.load(Ordering::Relaxed), 100_000);
    }
}
