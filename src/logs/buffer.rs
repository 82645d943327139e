//! The log of one service: complete lines in a bounded arena, and the unfinished line of each stream behind them.

use memchr::memchr_iter;

use super::arena::Arena;
use super::lines::{Dropped, Line, Source, Stamp, Tone};
use super::tail::{LINE_LIMIT, Overflow, Tail};

/// The least bound: two unfinished lines and a chunk that holds a longest line.
const LEAST_BOUND: usize = 64 * 1024;

/// A bounded buffer of log lines.
///
/// Lines are numbered in the order in which they end; an unfinished line stands behind all complete ones, so its number
/// grows when a line of the other stream ends first. What is kept depends on the bytes, not on how they were cut into
/// calls of `push`.
#[derive(Debug)]
pub struct LogBuffer {
    arena: Arena,
    output: Tail,
    error: Tail,
    /// Whether the unfinished line of the standard error began before that of the output.
    error_began_first: bool,
}

impl LogBuffer {
    /// Makes an empty buffer that keeps at most `bytes` of memory (at least 64 KiB), index included.
    ///
    /// Memory is allocated as lines arrive, so an idle log costs next to nothing.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            arena: Arena::new(bytes.max(LEAST_BOUND)),
            output: Tail::default(),
            error: Tail::default(),
            error_began_first: false,
        }
    }

    /// Appends what was read from `source` (a note is taken as output) at the moment `at`.
    ///
    /// A line longer than 16 KiB is cut into several, unless it redraws itself with carriage returns: then what was
    /// overwritten is dropped and counted.
    pub fn push(&mut self, source: Source, bytes: &[u8], at: Stamp) {
        let source = stream(source);
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes) {
            let Some(line) = bytes.get(start..=end) else { continue };
            start = end + 1;
            if self.tail(source).is_empty() && line.len() <= LINE_LIMIT + 1 {
                self.arena.append(line, source, at);
            } else {
                self.grow(source, line.strip_suffix(b"\n").unwrap_or(line), at);
                self.end_line(source, at);
            }
        }
        if let Some(rest) = bytes.get(start..) {
            self.grow(source, rest, at);
        }
        self.shrink();
    }

    /// Appends a line of procdash's own, after ending unfinished lines.
    pub fn note(&mut self, tone: Tone, text: &str, at: Stamp) {
        self.finish();
        for line in text.lines() {
            let (shown, _) = line.split_at(line.floor_char_boundary(LINE_LIMIT));
            let raw = [shown, "\n"].concat();
            self.arena.append(raw.as_bytes(), Source::Note(tone), at);
        }
        self.shrink();
    }

    /// Ends unfinished lines: nothing more will come from this run.
    pub fn finish(&mut self) {
        for source in self.unfinished().into_iter().flatten() {
            self.keep(source);
        }
        self.shrink();
    }

    /// Forgets every line, also what has arrived of unfinished ones; numbers go on counting.
    pub fn clear(&mut self) {
        self.arena.clear(self.unfinished_count());
        self.output.end();
        self.error.end();
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

    /// Returns the line with this number, if it is kept.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<Line<'_>> {
        let Some(behind) = number.checked_sub(self.arena.next()) else { return self.arena.line(number) };
        let source = self.unfinished().into_iter().flatten().nth(usize::try_from(behind).ok()?)?;
        let tail = self.tail(source);
        Some(Line { number, at: tail.at(), source, bytes: tail.bytes(), complete: false })
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

    /// Appends bytes without a line end to an unfinished line, and cuts it where it becomes too long.
    fn grow(&mut self, source: Source, bytes: &[u8], at: Stamp) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.tail(source).is_empty() {
                let first = self.unfinished_count() == 0;
                self.error_began_first = (source == Source::Error) == first;
            }
            let (arena, tail) = self.parts(source);
            let dropped;
            (rest, dropped) = tail.take(rest, at);
            arena.count_dropped(dropped);
            if rest.is_empty() {
                return;
            }
            match tail.overflow() {
                Overflow::Overwritten(count) => {
                    arena.count_dropped(count);
                    tail.forget(count);
                }
                Overflow::Cut(place) => {
                    let (line, _) = tail.bytes().split_at(place);
                    arena.append(line, source, tail.at());
                    tail.forget(place);
                    tail.begin(at);
                }
            }
        }
    }

    /// Ends the unfinished line of a stream (an empty one that begins at `at`, if there is none) with its line end.
    fn end_line(&mut self, source: Source, at: Stamp) {
        let (_, tail) = self.parts(source);
        if tail.is_empty() {
            tail.begin(at);
        }
        tail.push_line_end();
        self.keep(source);
    }

    /// Turns the unfinished line of a stream into a kept one.
    fn keep(&mut self, source: Source) {
        let (arena, tail) = self.parts(source);
        arena.append(tail.bytes(), source, tail.at());
        tail.end();
    }

    fn shrink(&mut self) {
        self.arena.shrink(self.output.memory() + self.error.memory());
    }

    /// Returns whose lines are unfinished, in the order in which they began.
    fn unfinished(&self) -> [Option<Source>; 2] {
        let output = (!self.output.is_empty()).then_some(Source::Output);
        let error = (!self.error.is_empty()).then_some(Source::Error);
        if self.error_began_first { [error, output] } else { [output, error] }
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
