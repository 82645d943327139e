//! A stretch of the log: the bytes of whole lines, one after the other, and where each of them ends.

use std::mem::size_of;

use super::lines::{Line, Source, Stamp};

/// Where a line ends in its chunk; it begins where the one before it ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Stamp,
    end: u32,
    source: Source,
}

/// Lines with consecutive numbers, whose bytes lie side by side.
#[derive(Debug)]
pub(super) struct Chunk {
    first: u64,
    text: Vec<u8>,
    entries: Vec<Entry>,
}

impl Chunk {
    /// Makes an empty chunk for `size` bytes of text whose first line will have the number `first`.
    pub(super) fn new(first: u64, size: usize) -> Self {
        // most lines are longer than this, so the index seldom has to grow
        const BYTES_PER_LINE: usize = 64;
        Self { first, text: Vec::with_capacity(size), entries: Vec::with_capacity(size / BYTES_PER_LINE) }
    }

    /// Empties the chunk and keeps its memory.
    pub(super) fn renewed(mut self, first: u64) -> Self {
        self.text.clear();
        self.entries.clear();
        Self { first, ..self }
    }

    /// Returns whether a line of `length` bytes can be appended without moving the text.
    ///
    /// The index may take as much memory as the text, no more: a flood of empty lines fills a chunk too.
    pub(super) fn fits(&self, length: usize) -> bool {
        self.text.capacity() - self.text.len() >= length
            && (self.entries.len() + 1) * size_of::<Entry>() <= self.text.capacity()
    }

    /// Appends a line, with its line end if it had one.
    pub(super) fn push(&mut self, raw: &[u8], source: Source, at: Stamp) {
        self.text.extend_from_slice(raw);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { at, end, source });
    }

    /// Gives back the memory that will not be used, for nothing more will be appended.
    pub(super) fn seal(&mut self) {
        // a text that is nearly full keeps its size, so that the chunk can be renewed without an allocation
        if self.text.len() < self.text.capacity() / 8 * 7 {
            self.text.shrink_to_fit();
        }
        self.entries.shrink_to_fit();
    }

    /// Returns the line with this number.
    pub(super) fn line(&self, number: u64) -> Option<Line<'_>> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let entry = self.entries.get(place)?;
        let start = match place.checked_sub(1) {
            Some(before) => self.entries.get(before)?.end,
            None => 0,
        };
        let raw = self.text.get(start as usize..entry.end as usize)?;
        Some(Line { number, at: entry.at, source: entry.source, bytes: without_end(raw), complete: true })
    }

    /// Returns the number of the first line.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Returns how many lines there are.
    pub(super) fn lines(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Returns how many bytes of text there are.
    pub(super) fn bytes(&self) -> u64 {
        self.text.len() as u64
    }

    /// Returns how many bytes of text there can be.
    pub(super) fn size(&self) -> usize {
        self.text.capacity()
    }

    /// Returns the memory that the chunk takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.text.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}

/// Strips the line end; a terminal makes it `\r\n`, and `\r\r\n` of a program that writes `\r\n` itself.
fn without_end(raw: &[u8]) -> &[u8] {
    let Some((b'\n', mut line)) = raw.split_last() else { return raw };
    while let Some((b'\r', shorter)) = line.split_last() {
        line = shorter;
    }
    line
}
