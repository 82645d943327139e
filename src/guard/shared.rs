//! What the warden and the dashboard have in common: a little memory that outlives either of them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::signal::Signal;

/// How many numbers of signals there are, 0 included.
const SIGNALS: usize = 65;

/// How many words hold the settings of a terminal.
pub(super) const SETTINGS: usize = 40;

/// The memory; all zeros is how it begins.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Shared {
    screen_is_taken: AtomicBool,
    /// The terminal's settings before the dashboard changed them.
    settings: [AtomicU32; SETTINGS],
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

    /// Keeps settings of the terminal.
    pub(super) fn keep_settings(&self, words: [u32; SETTINGS]) {
        for (kept, word) in self.settings.iter().zip(words) {
            kept.store(word, Ordering::SeqCst);
        }
    }

    /// Returns the settings that were kept last; all zeros before that.
    pub(super) fn kept_settings(&self) -> [u32; SETTINGS] {
        self.settings.each_ref().map(|word| word.load(Ordering::SeqCst))
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
