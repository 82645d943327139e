//! The order in which the lines of several logs have arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the lines of all logs that share it, so that each of them has a place among all.
///
/// A line is counted when its end arrives, while its log is locked: whoever asks how many there are and locks a log after
/// that finds every line that was counted in it.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    count: Arc<AtomicU64>,
}

impl Arrivals {
    /// Returns how many lines have arrived: the place that the next one gets.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts lines side by side, and returns the place of the first.
    pub(super) fn take(&self, lines: u32) -> u64 {
        self.count.fetch_add(u64::from(lines), Ordering::Relaxed)
    }
}
