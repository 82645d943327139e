//! Waits for a condition with a deadline, never for a time.

use std::time::{Duration, Instant};

/// How long a test waits before it fails: far beyond what a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Looks every few milliseconds until `look` finds something; `None` when `PATIENCE` has run out.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
