//! What the warden and the dashboard have in common: a little memory that outlives either of them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::signal::Signal;

/// How many numbers of signals there are, 0 included.
const SIGNALS: usize = 65;

/// The memory; all zeros is how it begins.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Shared {
    screen_is_taken: AtomicBool,
    /// Whether the dashboard is stopping itself, or has.
    pauses: AtomicBool,
    /// How often each signal was passed on.
    forwarded: [AtomicU32; SIGNALS],
}

impl Shared {
    /// Notes whether the terminal is in the dashboard's modes: before the first is set, and after the last is taken back.
    pub(super) fn mark_screen(&self, taken: bool) {
        self.screen_is_taken.store(taken, Ordering::SeqCst);
    }

    /// Whether the terminal may be in the dashboard's modes.
    pub(super) fn screen_is_taken(&self) -> bool {
        self.screen_is_taken.load(Ordering::SeqCst)
    }

    /// Notes that the dashboard stops itself, or goes on.
    pub(super) fn mark_pause(&self, pauses: bool) {
        self.pauses.store(pauses, Ordering::SeqCst);
    }

    /// Whether it is the dashboard itself that stops the dashboard.
    pub(super) fn pauses(&self) -> bool {
        self.pauses.load(Ordering::SeqCst)
    }

    /// Notes that a signal is about to be passed on.
    pub(super) fn count_forwarded(&self, signal: Signal) {
        if let Some(count) = self.count(signal) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Returns how often a signal was passed on.
    pub(super) fn times_forwarded(&self, signal: Signal) -> u32 {
        self.count(signal).map_or(0, |count| count.load(Ordering::SeqCst))
    }

    fn count(&self, signal: Signal) -> Option<&AtomicU32> {
        self.forwarded.get(usize::try_from(signal.number()).ok()?)
    }
}
