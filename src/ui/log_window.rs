//! The part of a log that is on the screen: copied out under a short lock, laid out after it.

use crate::logs::{Dropped, Line, LogBuffer, Source, Stamp, Style, read_line, shown_part};

use super::log_rows::{Mark, Piece, clip, wrap};
use super::long_line::LongLine;

/// A longer line is laid out only where it is seen, or every frame would pay for the whole.
const LONG: usize = 16 * 1024;

/// Where a pane stands in its log, and what it remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogView {
    /// Where it stands.
    pub(crate) position: Position,
    /// Rows to move by before the next frame: how many rows a line has is only known there.
    pub(crate) pending: i64,
    /// The first column shown of lines that are not wrapped.
    pub(crate) column: usize,
    /// Its top row at the last frame.
    top: Place,
    /// One past the newest line that was on the screen.
    seen: u64,
}

/// Where a pane stands in its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the end, moving with it.
    #[default]
    Follow,
    /// With this row at the top.
    At(Place),
}

/// A row of a log: a line, and which of the rows it is wrapped into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The line's number.
    pub(crate) line: u64,
    /// Its row, counted from 0.
    pub(crate) row: usize,
}

impl LogView {
    /// Stops where it stands, or goes to the end and follows.
    pub(crate) fn toggle_follow(&mut self) {
        self.position = match self.position {
            Position::Follow => Position::At(self.top),
            Position::At(_) => Position::Follow,
        };
        self.pending = 0;
    }

    /// Goes to the oldest line.
    pub(crate) fn go_to_start(&mut self) {
        (self.position, self.pending) = (Position::At(Place::default()), 0);
    }

    /// Goes to the newest line and follows.
    pub(crate) fn go_to_end(&mut self) {
        (self.position, self.pending) = (Position::Follow, 0);
    }
}

/// The room for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Cells across.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// Whether long lines go on in the next row.
    pub(crate) wrap: bool,
}

/// Copies of the lines that the next frame may need.
///
/// Two equal excerpts look the same, so a frame that nothing else asks for can be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    first: u64,
    end: u64,
    dropped: Dropped,
    lines: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    number: u64,
    at: Stamp,
    source: Source,
    /// The style that it begins with.
    style: Style,
    bytes: Vec<u8>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A line, or a part of it.
    Line(Source),
    /// The place of the lines that had to go.
    Dropped(Dropped),
}

/// One row, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which it is.
    pub(crate) place: Place,
    /// When its line arrived.
    pub(crate) at: Stamp,
    /// What it shows.
    pub(crate) content: Content,
    /// Its text.
    pub(crate) pieces: Vec<Piece>,
    /// Whether the line goes on to the right.
    pub(crate) goes_on: bool,
}

/// The part of a log that is on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogWindow {
    /// The rows from the top; never more than the page has.
    pub(crate) rows: Vec<Row>,
    /// The oldest line of the log.
    pub(crate) first: u64,
    /// One past its newest.
    pub(crate) end: u64,
    /// How many lines have come that were not on the screen yet.
    pub(crate) unseen: u64,
}

impl Excerpt {
    /// Copies what `view` may need for its next frame of `page`; the only step that holds the lock.
    pub(crate) fn copy(log: &LogBuffer, view: &LogView, page: Page) -> Self {
        let (first, end) = (log.first(), log.end());
        let height = page.height as u64;
        let (up, down) = (view.pending.min(0).unsigned_abs(), view.pending.max(0).unsigned_abs());
        // every line has at least one row, so as many lines as rows are enough in either direction
        let (from, to) = match view.position {
            Position::Follow => (end.saturating_sub(height + up), end),
            Position::At(place) => {
                let top = place.line.clamp(first, end);
                let bottom = top.saturating_add(height + down).min(end);
                // after a jump to a place near the end the page is filled from above
                (top.saturating_sub(up).min(bottom.saturating_sub(height)), bottom)
            }
        };
        let lines = log.styled_lines(from.max(first)).take_while(|(line, _)| line.number < to);
        let lines = lines.map(|(line, style)| Kept::copy(&line, style)).collect();
        Self { first, end, dropped: log.dropped(), lines }
    }

    /// Lays the lines out on `page`, moves `view` by what was pending, and returns what is on the screen.
    pub(crate) fn lay_out(&self, view: &mut LogView, page: Page) -> LogWindow {
        let (first, end) = (self.first, self.end);
        let reaches_end = self.lines.last().is_none_or(|line| line.number + 1 >= end);
        let layout = Layout::new(self, view.column, page);
        let last_top = layout.rows.saturating_sub(page.height);
        let anchor = match view.position {
            Position::Follow => last_top,
            Position::At(place) => layout.row_at(place).unwrap_or(last_top),
        };
        let moved = anchor.saturating_add_signed(isize::try_from(view.pending).unwrap_or(isize::MAX));
        let top = moved.min(last_top);
        let arrived = reaches_end && view.pending > 0 && moved >= last_top;
        view.top = layout.place(top).unwrap_or_default();
        match view.position {
            _ if arrived => view.position = Position::Follow,
            Position::Follow if view.pending >= 0 || top == last_top => {}
            // a pane at the very top keeps its place by number, so that it stays when lines are dropped
            Position::Follow | Position::At(_) => view.position = Position::At(view.top),
        }
        view.pending = 0;
        let rows = layout.show(top, page);
        let shown = rows.last().map_or(first, |row| row.place.line + 1);
        view.seen = if view.position == Position::Follow { end } else { view.seen.max(shown).min(end) };
        LogWindow { rows, first, end, unseen: end - view.seen }
    }
}

impl Kept {
    fn copy(line: &Line<'_>, style: Style) -> Self {
        let (bytes, style) = shown_part(line.bytes, style);
        Self { number: line.number, at: line.at, source: line.source, style, bytes: bytes.to_vec() }
    }

    fn is_note(&self) -> bool {
        matches!(self.source, Source::Note(_))
    }

    fn long(&self) -> Option<LongLine<'_>> {
        (self.bytes.len() > LONG).then_some(LongLine { bytes: &self.bytes, style: self.style })
    }

    fn pieces(&self) -> Vec<Piece> {
        let read = read_line(&self.bytes, self.style).runs.into_iter().map(Piece::from);
        // a space after the sign of a note
        let space = Piece { text: " ".to_owned(), style: Style::default(), mark: Mark::None };
        self.is_note().then_some(space).into_iter().chain(read).collect()
    }
}

/// Where every row of an excerpt is, and what is in those that had to be laid out to know that.
struct Layout<'a> {
    excerpt: &'a Excerpt,
    column: usize,
    wrap: bool,
    lines: Vec<LaidOut>,
    /// How many rows there are.
    rows: usize,
}

/// The rows of one line, or of the place of the lines that had to go.
struct LaidOut {
    /// Its place in the excerpt; `None` for lines that had to go.
    line: Option<usize>,
    number: u64,
    /// The first of its rows, counted from the first of all.
    start: usize,
    /// What is in them; `None` for a long line, which is read where it is seen.
    rows: Option<Vec<(Vec<Piece>, bool)>>,
}

impl<'a> Layout<'a> {
    fn new(excerpt: &'a Excerpt, column: usize, page: Page) -> Self {
        let mut layout = Self { excerpt, column, wrap: page.wrap, lines: Vec::new(), rows: 0 };
        let starts_log = excerpt.lines.first().is_none_or(|line| line.number == excerpt.first);
        if excerpt.dropped.lines > 0 && starts_log {
            let number = excerpt.first.saturating_sub(1);
            layout.lines.push(LaidOut { line: None, number, start: 0, rows: Some(vec![(Vec::new(), false)]) });
            layout.rows = 1;
        }
        for (place, kept) in excerpt.lines.iter().enumerate() {
            let wraps = page.wrap || kept.is_note();
            let (rows, count) = match kept.long() {
                Some(long) => (None, if wraps { long.rows(page.width) } else { 1 }),
                None if wraps => {
                    let rows: Vec<_> = wrap(kept.pieces(), page.width).into_iter().map(|row| (row, false)).collect();
                    let count = rows.len();
                    (Some(rows), count)
                }
                None => (Some(vec![clip(kept.pieces(), column, page.width)]), 1),
            };
            layout.lines.push(LaidOut { line: Some(place), number: kept.number, start: layout.rows, rows });
            layout.rows += count;
        }
        layout
    }

    /// Returns the first row that is at `place` or behind it.
    fn row_at(&self, place: Place) -> Option<usize> {
        let after = self.lines.partition_point(|line| line.number < place.line);
        let line = self.lines.get(after)?;
        let end = self.lines.get(after + 1).map_or(self.rows, |next| next.start);
        let row = if line.number == place.line { line.start.saturating_add(place.row).min(end) } else { line.start };
        (row < self.rows).then_some(row)
    }

    /// Returns which row of which line this is.
    fn place(&self, row: usize) -> Option<Place> {
        let line = self.lines.get(self.lines.partition_point(|line| line.start <= row).checked_sub(1)?)?;
        Some(Place { line: line.number, row: row - line.start })
    }

    /// Returns a page full of rows from `top` on.
    fn show(mut self, top: usize, page: Page) -> Vec<Row> {
        let bottom = top.saturating_add(page.height).min(self.rows);
        let mut shown = Vec::new();
        let starts: Vec<usize> = self.lines.iter().skip(1).map(|line| line.start).chain([self.rows]).collect();
        for (line, end) in self.lines.iter_mut().zip(starts) {
            let from = top.max(line.start);
            let to = bottom.min(end);
            if from >= to {
                continue;
            }
            let (row, count) = (from - line.start, to - from);
            let kept = line.line.and_then(|place| self.excerpt.lines.get(place));
            let rows: Vec<_> = match (line.rows.take(), kept.and_then(Kept::long)) {
                (Some(rows), _) => rows.into_iter().skip(row).take(count).collect(),
                (None, Some(long)) if self.wrap => {
                    long.wrapped(row, count, page.width).into_iter().map(|row| (row, false)).collect()
                }
                (None, Some(long)) => vec![long.clipped(self.column, page.width)],
                (None, None) => Vec::new(),
            };
            let at = kept.map_or_else(Stamp::default, |kept| kept.at);
            let content = kept.map_or(Content::Dropped(self.excerpt.dropped), |kept| Content::Line(kept.source));
            shown.extend(rows.into_iter().zip(row..).map(|((pieces, goes_on), row)| Row {
                place: Place { line: line.number, row },
                at,
                content,
                pieces,
                goes_on,
            }));
        }
        shown
    }
}

#[cfg(test)]
mod tests;
