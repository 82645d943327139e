//! What a log holds at one moment, to be read while the log goes on.

use std::sync::Arc;

use super::chunk::Chunk;
use super::lines::{Line, Source, Stamp};

/// What a log holds at one moment; it shares nearly all of its bytes with the log.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    chunks: Vec<Arc<Chunk>>,
    unfinished: Vec<Unfinished>,
}

/// A copy of a line that had not ended.
#[derive(Clone, Debug)]
struct Unfinished {
    number: u64,
    at: Stamp,
    source: Source,
    bytes: Vec<u8>,
}

impl Snapshot {
    pub(super) fn new<'a>(chunks: Vec<Arc<Chunk>>, unfinished: impl Iterator<Item = Line<'a>>) -> Self {
        let copy = |line: Line<'a>| {
            let Line { number, at, source, bytes, .. } = line;
            Unfinished { number, at, source, bytes: bytes.to_vec() }
        };
        Self { chunks, unfinished: unfinished.map(copy).collect() }
    }

    /// Returns the lines, the newest first.
    pub fn lines_back(&self) -> impl Iterator<Item = Line<'_>> {
        let unfinished = self.unfinished.iter().rev().map(|line| {
            let Unfinished { number, at, source, bytes } = line;
            Line { number: *number, at: *at, order: u64::MAX, source: *source, bytes, complete: false }
        });
        unfinished.chain(self.chunks.iter().rev().flat_map(|chunk| chunk.lines_back()))
    }
}
