//! The log of one service: complete lines in a bounded arena, and the unfinished line of each stream behind them.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::arena::Arena;
use super::arrivals::Arrivals;
use super::carry::Styles;
use super::lines::{Dropped, Line, Source, Stamp, Tone};
use super::runs::Runs;
use super::snapshot::Snapshot;
use super::style::Style;
use super::tail::Tail;

/// The least bound: two unfinished lines and a chunk that holds a longest line.
const LEAST_BOUND: usize = 64 * 1024;
/// The share of the bound that one line may take; of a longer one the newest part is kept.
const LONGEST_SHARE: usize = 4;
/// The most of a line of procdash's own.
const NOTE_LIMIT: usize = 16 * 1024;

/// A bounded buffer of log lines.
///
/// The bytes are kept exactly as they were printed. Lines are numbered in the order in which they end; an unfinished line
/// stands behind all complete ones, so its number grows when another line ends first. Lines and their styles depend on
/// the bytes, not on how they were cut into calls of `push`.
#[derive(Debug)]
pub struct LogBuffer {
    arena: Arena,
    output: Tail,
    error: Tail,
    /// Whether the unfinished line of the standard error began before that of the output.
    error_began_first: bool,
    /// The most bytes that are kept of one line.
    longest: usize,
    runs: Runs,
    revision: u64,
}

impl LogBuffer {
    /// Makes an empty buffer that keeps at most `bytes` of memory (at least 64 KiB), index included.
    ///
    /// Memory is allocated as lines arrive, so an idle log costs next to nothing.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self::among(bytes, Arrivals::default())
    }

    /// The same, as one of several logs whose lines are counted together.
    #[must_use]
    pub fn among(bytes: usize, arrivals: Arrivals) -> Self {
        let bound = bytes.max(LEAST_BOUND);
        Self {
            arena: Arena::new(bound, arrivals),
            output: Tail::default(),
            error: Tail::default(),
            error_began_first: false,
            longest: bound / LONGEST_SHARE,
            runs: Runs::default(),
            revision: 0,
        }
    }

    /// Appends what was read from `source` (a note is taken as output) at the moment `at`.
    ///
    /// Of a line that takes more than a quarter of the bound the oldest part is dropped and counted.
    pub fn push(&mut self, source: Source, bytes: &[u8], at: Stamp) {
        let source = stream(source);
        for part in bytes.chunks(self.longest) {
            self.push_part(source, part, at);
            self.shrink();
        }
    }

    fn push_part(&mut self, source: Source, bytes: &[u8], at: Stamp) {
        let mut rest = bytes;
        if !self.tail(source).is_empty()
            && let Some(end) = memchr(b'\n', rest)
        {
            let (line, behind) = rest.split_at(end);
            self.grow(source, line, at);
            self.end_line(source, at);
            rest = behind.get(1..).unwrap_or_default();
        }
        if let Some(last) = memrchr(b'\n', rest) {
            let (lines, behind) = rest.split_at(last + 1);
            // many lines at once: they are indexed together
            self.arena.append(lines, source, at);
            rest = behind;
        }
        self.grow(source, rest, at);
    }

    /// Appends a line of procdash's own, before unfinished lines: these go on as if it was not there.
    pub fn note(&mut self, tone: Tone, text: &str, at: Stamp) {
        for line in text.lines() {
            let (shown, _) = line.split_at(line.floor_char_boundary(NOTE_LIMIT));
            let raw = [shown, "\n"].concat();
            self.arena.append(raw.as_bytes(), Source::Note(tone), at);
        }
        self.shrink();
    }

    /// Appends the line of procdash's own with which a run begins.
    pub fn begin_run(&mut self, text: &str, at: Stamp) {
        self.runs.begin(self.arena.next(), at);
        self.note(Tone::Calm, text, at);
    }

    /// Returns where runs began, as far as it is of use for the lines that are kept.
    #[must_use]
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Ends unfinished lines: nothing more will come from this run, and the next one inherits no style.
    pub fn finish(&mut self) {
        for source in self.unfinished().into_iter().flatten() {
            self.keep(source);
        }
        self.arena.begin_afresh();
        self.shrink();
    }

    /// Forgets every line, also what has arrived of unfinished ones; numbers go on counting, and styles go on.
    pub fn clear(&mut self) {
        let mut styles = Styles::default();
        for source in [Source::Output, Source::Error] {
            let tail = self.tail(source);
            let mut before = self.styles_of_tail(tail);
            before.pass(source, tail.bytes());
            styles.set(source, before.of(source));
        }
        self.arena.clear(self.unfinished_count());
        self.arena.set_styles(styles);
        (self.output, self.error) = (Tail::default(), Tail::default());
        self.runs.forget_before(self.arena.next());
        self.revision += 1;
    }

    /// Returns a number that rises whenever something changes.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the number of the first line that may still change: an unfinished one, or the next.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.arena.next()
    }

    /// Returns the number of the oldest line that is kept (equal to `end` when empty).
    #[must_use]
    pub fn first(&self) -> u64 {
        self.arena.first()
    }

    /// Returns one past the number of the newest line, unfinished ones included.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.arena.next() + self.unfinished_count()
    }

    /// Returns the number of the first line whose place among all logs is `order` or behind it; without one, of the first
    /// that has not ended.
    #[must_use]
    pub fn number_at(&self, order: u64) -> u64 {
        self.arena.number_at(order)
    }

    /// Returns the places of complete lines before `order`, as ranges without a gap, the last first.
    pub fn orders_back(&self, order: u64) -> impl Iterator<Item = Range<u64>> {
        self.arena.orders_back(order)
    }

    /// Returns the places of complete lines from `order` on, as ranges without a gap.
    pub fn orders(&self, order: u64) -> impl Iterator<Item = Range<u64>> {
        self.arena.orders(order)
    }

    /// Returns the line with this number, if it is kept.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<Line<'_>> {
        if number < self.arena.next() {
            return self.arena.line(number);
        }
        self.unfinished_lines().find(|line| line.number == number)
    }

    /// Returns the lines from this number on.
    pub fn lines(&self, from: u64) -> impl Iterator<Item = Line<'_>> {
        let unfinished = self.unfinished_lines().filter(move |line| line.number >= from);
        self.arena.lines(from).map(|placed| placed.line).chain(unfinished)
    }

    /// Returns the lines from this number on, each with the style that it begins with.
    pub fn styled_lines(&self, from: u64) -> impl Iterator<Item = (Line<'_>, Style)> {
        let mut styles = self.arena.styles_before(from);
        let complete = self.arena.lines(from).map(move |placed| {
            styles = placed.styles.unwrap_or(styles);
            let begin = styles.of(placed.line.source);
            styles.pass(placed.line.source, placed.line.bytes);
            (placed.line, begin)
        });
        let unfinished = self.unfinished_lines().filter(move |line| line.number >= from).map(|line| {
            let styles = self.styles_of_tail(self.tail(line.source));
            (line, styles.of(line.source))
        });
        complete.chain(unfinished)
    }

    /// Returns what is kept now, to be read while the log goes on.
    ///
    /// Nothing is copied but the newest chunk, 256 KiB at most, unless it is full as that of a single long line is, and
    /// the unfinished lines, a quarter of the bound each at most; what is dropped meanwhile takes memory until the
    /// snapshot goes.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut chunks: Vec<_> = self.arena.chunks().map(Arc::clone).collect();
        if let Some(newest) = chunks.last_mut().filter(|newest| !newest.is_full()) {
            // its log writes on in its own copy
            *newest = Arc::new(newest.as_ref().clone());
        }
        Snapshot::new(chunks, self.unfinished_lines())
    }

    /// Returns what was let go of since the last `clear`.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.arena.dropped()
    }

    /// Returns how many bytes of memory the log takes now.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.arena.memory() + self.output.memory() + self.error.memory()
    }

    /// Appends bytes without a line end to an unfinished line.
    fn grow(&mut self, source: Source, bytes: &[u8], at: Stamp) {
        if bytes.is_empty() {
            return;
        }
        if self.tail(source).is_empty() {
            let first = self.unfinished_count() == 0;
            self.error_began_first = (source == Source::Error) == first;
        }
        let longest = self.longest;
        let is_long = self.tail(source).bytes().len() + bytes.len() > longest;
        let styles = if is_long { self.arena.styles_before(self.arena.next()) } else { Styles::default() };
        let (arena, tail) = self.parts(source);
        let lost = tail.take(bytes, (source, at), longest, styles);
        arena.count_dropped(lost);
    }

    /// Ends the unfinished line of a stream with its line end.
    fn end_line(&mut self, source: Source, at: Stamp) {
        let longest = self.longest;
        let (_, tail) = self.parts(source);
        tail.push_line_end(at, longest);
        self.keep(source);
    }

    /// Turns the unfinished line of a stream into a kept one.
    fn keep(&mut self, source: Source) {
        let (arena, tail) = self.parts(source);
        let at = tail.at();
        let (mut bytes, styles) = tail.end();
        arena.append_line(&mut bytes, (source, at), styles);
        tail.reuse(bytes);
    }

    fn shrink(&mut self) {
        self.revision += 1;
        self.arena.shrink(self.output.memory() + self.error.memory());
        self.runs.forget_before(self.arena.first());
    }

    /// Returns the styles at the start of what is kept of an unfinished line.
    fn styles_of_tail(&self, tail: &Tail) -> Styles {
        tail.styles().unwrap_or_else(|| self.arena.styles_before(self.arena.next()))
    }

    /// Returns whose lines are unfinished, in the order in which they began.
    fn unfinished(&self) -> [Option<Source>; 2] {
        let output = (!self.output.is_empty()).then_some(Source::Output);
        let error = (!self.error.is_empty()).then_some(Source::Error);
        if self.error_began_first { [error, output] } else { [output, error] }
    }

    fn unfinished_lines(&self) -> impl Iterator<Item = Line<'_>> {
        (self.arena.next()..).zip(self.unfinished().into_iter().flatten()).map(|(number, source)| {
            let tail = self.tail(source);
            Line { number, at: tail.at(), order: u64::MAX, source, bytes: tail.bytes(), complete: false }
        })
    }

    fn unfinished_count(&self) -> u64 {
        u64::from(!self.output.is_empty()) + u64::from(!self.error.is_empty())
    }

    fn tail(&self, source: Source) -> &Tail {
        match source {
            Source::Output | Source::Note(_) => &self.output,
            Source::Error => &self.error,
        }
    }

    fn parts(&mut self, source: Source) -> (&mut Arena, &mut Tail) {
        match source {
            Source::Output | Source::Note(_) => (&mut self.arena, &mut self.output),
            Source::Error => (&mut self.arena, &mut self.error),
        }
    }
}

/// Returns the stream that `source` writes to: notes have none, they come as whole lines.
fn stream(source: Source) -> Source {
    match source {
        Source::Output | Source::Note(_) => Source::Output,
        Source::Error => Source::Error,
    }
}

#[cfg(test)]
mod tests;
