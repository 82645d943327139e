//! The complete lines of a log: chunks that are filled at one end and dropped at the other.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::arrivals::Arrivals;
use super::carry::Styles;
use super::chunk::{Chunk, Placed};
use super::lines::{Dropped, Line, Source, Stamp};

/// The text of the first chunk: an idle service costs no more.
const FIRST_CHUNK: usize = 4 * 1024;
/// The text of the largest chunk: dropping one is quick, and so is finding one among all.
const LARGEST_CHUNK: usize = 256 * 1024;
/// The least share of the bound that one chunk may take: so much of the log goes at once.
const SHARE: usize = 16;
/// A longer line gets a chunk of its own.
const LONG: usize = 32 * 1024;

/// Complete lines, the oldest of which are dropped to stay within a bound.
#[derive(Debug)]
pub(super) struct Arena {
    bound: usize,
    held: usize,
    chunks: VecDeque<Arc<Chunk>>,
    /// The styles after the last line, while there is no chunk.
    styles: Styles,
    /// Whether the next line begins a run, which inherits no style.
    is_fresh: bool,
    next: u64,
    dropped: Dropped,
    arrivals: Arrivals,
}

impl Arena {
    /// Makes an empty arena that takes `bound` bytes of memory, index included.
    pub(super) fn new(bound: usize, arrivals: Arrivals) -> Self {
        Self {
            bound,
            held: 0,
            chunks: VecDeque::new(),
            styles: Styles::default(),
            is_fresh: false,
            next: 0,
            dropped: Dropped::default(),
            arrivals,
        }
    }

    /// Appends lines that arrived together, each with its line end, or a single one without.
    pub(super) fn append(&mut self, raw: &[u8], source: Source, at: Stamp) {
        let mut rest = raw;
        while !rest.is_empty() {
            let room = self.chunks.back().map_or(0, |chunk| chunk.room());
            let mut length = whole_lines(rest, room);
            if length == 0 {
                self.open(first_line(rest));
                length = whole_lines(rest, self.chunks.back().map_or(0, |chunk| chunk.room()));
            }
            let (lines, behind) = rest.split_at(length.clamp(1, rest.len()));
            rest = behind;
            // nobody else holds a chunk that has room: a snapshot has a copy of it
            let Some(chunk) = self.chunks.back_mut().and_then(Arc::get_mut) else { return };
            let (before, count) = (chunk.memory(), chunk.count());
            chunk.push(lines, (source, at), std::mem::take(&mut self.is_fresh), &self.arrivals);
            self.held += chunk.memory() - before;
            self.next += chunk.count() - count;
        }
    }

    /// Appends one line, which gives its memory away if it is long; its stream's style before it is `style`, if told.
    pub(super) fn append_line(&mut self, raw: &mut Vec<u8>, (source, at): (Source, Stamp), styles: Option<Styles>) {
        if raw.len() <= LONG && styles.is_none() {
            return self.append(raw, source, at);
        }
        let mut raw = std::mem::take(raw);
        raw.shrink_to_fit();
        let styles = styles.unwrap_or_else(|| self.styles_after());
        self.seal();
        self.is_fresh = false;
        self.push(Chunk::of_line(self.next, styles, raw, (source, at, self.arrivals.take(1))));
        self.next += 1;
    }

    /// Drops the oldest chunks until no more than the bound is taken, `other` bytes elsewhere included.
    pub(super) fn shrink(&mut self, other: usize) {
        // the newest chunk stays: it is small against any bound, and dropping it would hide what was just written
        while self.held + other > self.bound && self.chunks.len() > 1 {
            drop(self.drop_oldest());
        }
    }

    /// Says that what comes next belongs to a new run, which inherits no style.
    pub(super) fn begin_afresh(&mut self) {
        self.is_fresh = true;
    }

    /// Forgets every line, and `unfinished` numbers that were shown for lines kept elsewhere.
    pub(super) fn clear(&mut self, unfinished: u64) {
        self.styles = self.styles_after();
        self.is_fresh = false;
        self.chunks = VecDeque::new();
        self.held = 0;
        self.next += unfinished;
        self.dropped = Dropped::default();
    }

    /// Goes on with other styles, for what was printed meanwhile is kept nowhere; only while there are no lines.
    pub(super) fn set_styles(&mut self, styles: Styles) {
        self.styles = styles;
    }

    /// Counts bytes that were dropped elsewhere.
    pub(super) fn count_dropped(&mut self, bytes: usize) {
        self.dropped.bytes += bytes as u64;
    }

    /// Returns the number of the oldest line, or of the next one if there is none.
    pub(super) fn first(&self) -> u64 {
        self.chunks.front().map_or(self.next, |chunk| chunk.first())
    }

    /// Returns the number that the next line will get.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Returns the line with this number.
    pub(super) fn line(&self, number: u64) -> Option<Line<'_>> {
        self.chunks.get(self.chunk_of(number))?.line(number).filter(|line| line.number == number)
    }

    /// Returns the lines from this number on.
    pub(super) fn lines(&self, from: u64) -> impl Iterator<Item = Placed<'_>> {
        self.chunks.range(self.chunk_of(from).min(self.chunks.len())..).flat_map(move |chunk| chunk.lines(from))
    }

    /// Returns the number of the first line whose place among all is `order` or behind it, or that of the next line.
    pub(super) fn number_at(&self, order: u64) -> u64 {
        let chunk = self.chunks.get(self.chunk_at(order));
        chunk.map_or(self.next, |chunk| chunk.number_at(order))
    }

    /// Returns the places of lines before `order`, as ranges without a gap, the last first.
    pub(super) fn orders_back(&self, order: u64) -> impl Iterator<Item = Range<u64>> {
        let last = (self.chunk_at(order) + 1).min(self.chunks.len());
        let ranges = self.chunks.range(..last).rev().flat_map(|chunk| chunk.orders().rev());
        ranges.map(move |range| range.start..range.end.min(order)).filter(|range| !range.is_empty())
    }

    /// Returns the places of lines from `order` on, as ranges without a gap.
    pub(super) fn orders(&self, order: u64) -> impl Iterator<Item = Range<u64>> {
        let ranges = self.chunks.range(self.chunk_at(order)..).flat_map(|chunk| chunk.orders());
        ranges.map(move |range| range.start.max(order)..range.end).filter(|range| !range.is_empty())
    }

    /// Returns the place of the first chunk that has a line whose place among all is `order` or behind it.
    fn chunk_at(&self, order: u64) -> usize {
        self.chunks.partition_point(|chunk| chunk.orders().next_back().is_none_or(|range| range.end <= order))
    }

    /// Returns the styles before the line with this number, but for what a new run changes.
    pub(super) fn styles_before(&self, number: u64) -> Styles {
        if number >= self.next {
            return self.styles_after();
        }
        self.chunks.get(self.chunk_of(number)).map_or(self.styles, |chunk| chunk.styles_before(number))
    }

    /// Returns the chunks, the oldest first.
    pub(super) fn chunks(&self) -> impl DoubleEndedIterator<Item = &Arc<Chunk>> {
        self.chunks.iter()
    }

    /// Returns what was dropped since the last `clear`.
    pub(super) fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Returns the memory that the lines take.
    pub(super) fn memory(&self) -> usize {
        self.held
    }

    /// Returns the styles that the next line begins with.
    fn styles_after(&self) -> Styles {
        if self.is_fresh {
            return Styles::default();
        }
        self.chunks.back().map_or(self.styles, |chunk| chunk.styles_before(self.next))
    }

    /// Returns the place of the chunk that would hold this line.
    fn chunk_of(&self, number: u64) -> usize {
        self.chunks.partition_point(|chunk| chunk.first() <= number).saturating_sub(1)
    }

    /// Makes a new chunk for the next line, out of the oldest one if the bound is reached.
    fn open(&mut self, length: usize) {
        let styles = self.styles_after();
        let last = self.seal();
        let size = (last * 2).clamp(FIRST_CHUNK, (self.bound / SHARE).clamp(FIRST_CHUNK, LARGEST_CHUNK)).max(length);
        let mut spare = None;
        while self.held + size > self.bound {
            let Some(oldest) = self.drop_oldest() else { break };
            spare = Some(oldest);
        }
        let spare = spare.and_then(Arc::into_inner);
        let chunk = match spare {
            Some(chunk) if chunk.size() >= size && chunk.size() <= size * 2 => chunk.renewed(self.next, styles),
            _ => Chunk::new(self.next, styles, size),
        };
        self.push(chunk);
    }

    /// Gives back what the newest chunk will not use, and returns its size.
    fn seal(&mut self) -> usize {
        let Some(newest) = self.chunks.back_mut() else { return 0 };
        let size = newest.size();
        // a snapshot shares it only when it is full: it has next to nothing to give back
        if let Some(last) = Arc::get_mut(newest) {
            let before = last.memory();
            last.seal();
            self.held -= before - last.memory();
        }
        size
    }

    fn push(&mut self, chunk: Chunk) {
        self.held += chunk.memory();
        self.chunks.push_back(Arc::new(chunk));
    }

    fn drop_oldest(&mut self) -> Option<Arc<Chunk>> {
        if self.chunks.len() == 1 {
            self.styles = self.styles_after();
        }
        let oldest = self.chunks.pop_front()?;
        self.held -= oldest.memory();
        self.dropped.lines += oldest.count();
        self.dropped.bytes += oldest.bytes();
        Some(oldest)
    }
}

/// Returns how many bytes at the start of `lines` are whole lines and fit into `room`.
fn whole_lines(lines: &[u8], room: usize) -> usize {
    match lines.get(..room) {
        Some(fitting) if fitting.len() < lines.len() => memchr::memrchr(b'\n', fitting).map_or(0, |end| end + 1),
        Some(_) | None => lines.len(),
    }
}

/// Returns the length of the first line, its end included.
fn first_line(lines: &[u8]) -> usize {
    memchr::memchr(b'\n', lines).map_or(lines.len(), |end| end + 1)
}
