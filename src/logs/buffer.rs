//! A bounded buffer of log lines.

use super::lines::{Source, Stamp, Tone};

/// What the buffer had to let go of to stay within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Whole lines.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One line as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number since the log began, counted from 0; dropped and cleared lines keep theirs.
    pub number: u64,
    /// When its first byte arrived.
    pub at: Stamp,
    /// Who wrote it.
    pub source: Source,
    /// Its bytes without the line end.
    pub bytes: &'a [u8],
    /// Whether its end has arrived.
    pub complete: bool,
}

/// A bounded buffer of log lines.
#[derive(Debug)]
pub struct LogBuffer {}

impl LogBuffer {
    /// Makes an empty buffer that keeps at most `bytes` of memory.
    #[must_use]
    pub fn new(_bytes: usize) -> Self {
        unimplemented!()
    }
    /// Appends what was read from `source` (not a note) at the moment `at`.
    pub fn push(&mut self, _source: Source, _bytes: &[u8], _at: Stamp) {
        unimplemented!()
    }
    /// Appends a line of procdash's own, after ending unfinished lines.
    pub fn note(&mut self, _tone: Tone, _text: &str, _at: Stamp) {
        unimplemented!()
    }
    /// Ends unfinished lines: nothing more will come from this run.
    pub fn finish(&mut self) {
        unimplemented!()
    }
    /// Forgets every line; numbers go on counting.
    pub fn clear(&mut self) {
        unimplemented!()
    }
    /// Returns the number of the oldest line that is kept (equal to `end` when empty).
    #[must_use]
    pub fn first(&self) -> u64 {
        unimplemented!()
    }
    /// Returns one past the number of the newest line, unfinished ones included.
    #[must_use]
    pub fn end(&self) -> u64 {
        unimplemented!()
    }
    /// Returns the line with this number, if it is kept.
    #[must_use]
    pub fn line(&self, _number: u64) -> Option<Line<'_>> {
        unimplemented!()
    }
    /// Returns what was let go of since the last `clear`.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        unimplemented!()
    }
}
