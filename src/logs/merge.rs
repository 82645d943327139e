//! The lines of several logs as one, by the arrival of their ends.

use std::collections::BinaryHeap;
use std::iter::Peekable;

use super::lines::Line;
use super::snapshot::Snapshot;

/// Returns the complete lines of all these logs, the newest first, each with the place of its log among them.
pub(super) fn merge_back(logs: &[Snapshot]) -> impl Iterator<Item = (usize, Line<'_>)> {
    Merge::new(logs.iter().map(|log| log.lines_back().filter(|line| line.complete).peekable()).collect())
}

/// Several logs, of which the one with the newest line is known.
struct Merge<I: Iterator> {
    logs: Vec<Peekable<I>>,
    /// The place of the next line of each log that has one, and which log that is.
    next: BinaryHeap<(u64, usize)>,
}

impl<'a, I: Iterator<Item = Line<'a>>> Merge<I> {
    fn new(mut logs: Vec<Peekable<I>>) -> Self {
        let order = |(log, lines): (usize, &mut Peekable<I>)| lines.peek().map(|line| (line.order, log));
        let next = logs.iter_mut().enumerate().filter_map(order).collect();
        Self { logs, next }
    }
}

impl<'a, I: Iterator<Item = Line<'a>>> Iterator for Merge<I> {
    type Item = (usize, Line<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut newest = self.next.peek_mut()?;
        let (_, log) = *newest;
        let lines = self.logs.get_mut(log)?;
        let line = lines.next()?;
        match lines.peek() {
            Some(next) => *newest = (next.order, log),
            None => drop(std::collections::binary_heap::PeekMut::pop(newest)),
        }
        Some((log, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Arrivals, LogBuffer, Source, Stamp};

    #[test]
    fn the_newest_of_all_lines_comes_first_and_what_has_not_ended_is_left_out() {
        let arrivals = Arrivals::default();
        let mut logs = [(); 3].map(|()| LogBuffer::among(1 << 20, arrivals.clone()));
        for n in 0..30_usize {
            logs[n * n % 3].push(Source::Output, format!("{n}\n").as_bytes(), Stamp(1));
        }
        logs[2].push(Source::Output, b"unfinished", Stamp(1));
        let snapshots: Vec<_> = logs.iter().map(LogBuffer::snapshot).collect();
        let merged: Vec<_> =
            merge_back(&snapshots).map(|(log, line)| (log, String::from_utf8_lossy(line.bytes).into_owned())).collect();
        let expected: Vec<_> = (0..30_usize).rev().map(|n| (n * n % 3, n.to_string())).collect();
        assert_eq!(merged, expected);
    }
}
