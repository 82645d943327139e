//! The complete lines of a log: chunks that are filled at one end and dropped at the other.

use std::collections::VecDeque;

use super::chunk::Chunk;
use super::lines::{Dropped, Line, Source, Stamp};

/// The text of the first chunk: an idle service costs no more.
const FIRST_CHUNK: usize = 4 * 1024;
/// The text of the largest chunk: dropping one is quick, and so is finding one among all.
const LARGEST_CHUNK: usize = 256 * 1024;
/// The least share of the bound that one chunk may take: so much of the log goes at once.
const SHARE: usize = 16;

/// Complete lines, the oldest of which are dropped to stay within a bound.
#[derive(Debug)]
pub(super) struct Arena {
    bound: usize,
    held: usize,
    chunks: VecDeque<Chunk>,
    next: u64,
    dropped: Dropped,
}

impl Arena {
    /// Makes an empty arena that takes `bound` bytes of memory, index included.
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, held: 0, chunks: VecDeque::new(), next: 0, dropped: Dropped::default() }
    }

    /// Appends a line, with its line end if it had one.
    pub(super) fn append(&mut self, raw: &[u8], source: Source, at: Stamp) {
        if !self.chunks.back().is_some_and(|chunk| chunk.fits(raw.len())) {
            self.open(raw.len());
        }
        if let Some(chunk) = self.chunks.back_mut() {
            let before = chunk.memory();
            chunk.push(raw, source, at);
            self.held += chunk.memory() - before;
        }
        self.next += 1;
    }

    /// Drops the oldest chunks until no more than the bound is taken, `other` bytes elsewhere included.
    pub(super) fn shrink(&mut self, other: usize) {
        // the newest chunk stays: it is small against any bound, and dropping it would hide what was just written
        while self.held + other > self.bound && self.chunks.len() > 1 {
            drop(self.drop_oldest());
        }
    }

    /// Forgets every line, and `unfinished` numbers that were shown for lines kept elsewhere.
    pub(super) fn clear(&mut self, unfinished: u64) {
        self.chunks = VecDeque::new();
        self.held = 0;
        self.next += unfinished;
        self.dropped = Dropped::default();
    }

    /// Counts bytes that were dropped elsewhere.
    pub(super) fn count_dropped(&mut self, bytes: usize) {
        self.dropped.bytes += bytes as u64;
    }

    /// Returns the number of the oldest line, or of the next one if there is none.
    pub(super) fn first(&self) -> u64 {
        self.chunks.front().map_or(self.next, Chunk::first)
    }

    /// Returns the number that the next line will get.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Returns the line with this number.
    pub(super) fn line(&self, number: u64) -> Option<Line<'_>> {
        let after = self.chunks.partition_point(|chunk| chunk.first() <= number);
        self.chunks.get(after.checked_sub(1)?)?.line(number)
    }

    /// Returns what was dropped since the last `clear`.
    pub(super) fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Returns the memory that the lines take.
    pub(super) fn memory(&self) -> usize {
        self.held
    }

    /// Makes a new chunk for the next line, out of the oldest one if the bound is reached.
    fn open(&mut self, length: usize) {
        let mut size = FIRST_CHUNK;
        if let Some(last) = self.chunks.back_mut() {
            let before = last.memory();
            size = (last.size() * 2).clamp(FIRST_CHUNK, (self.bound / SHARE).clamp(FIRST_CHUNK, LARGEST_CHUNK));
            last.seal();
            self.held -= before - last.memory();
        }
        let size = size.max(length);
        let mut spare = None;
        while self.held + size > self.bound {
            let Some(oldest) = self.drop_oldest() else { break };
            spare = Some(oldest);
        }
        let chunk = match spare {
            Some(chunk) if chunk.size() >= size && chunk.size() <= size * 2 => chunk.renewed(self.next),
            _ => Chunk::new(self.next, size),
        };
        self.held += chunk.memory();
        self.chunks.push_back(chunk);
    }

    fn drop_oldest(&mut self) -> Option<Chunk> {
        let oldest = self.chunks.pop_front()?;
        self.held -= oldest.memory();
        self.dropped.lines += oldest.lines();
        self.dropped.bytes += oldest.bytes();
        Some(oldest)
    }
}
