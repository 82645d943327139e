//! The part of a log that is on the screen: copied out under a short lock, laid out after it.

use std::collections::VecDeque;

use crate::logs::{
    Dropped, Line, LogBuffer, Pattern, Runs, Severity, Source, Stamp, Style, plain_text, read_line, severity,
    shown_part,
};

use super::json_line;
use super::log_rows::{Piece, mark};
use super::long_line::LongLine;
use super::selection::Caret;
use super::sought::Spot;
use folding::Wanted;
use layout::Layout;
use numbers::{Numbers, span};

mod folding;
mod layout;
mod merged;
mod numbers;

pub(crate) use merged::{firsts, number_of, order_of, service_of};

/// A longer line is laid out only where it is seen, or every frame would pay for the whole.
const LONG: usize = 16 * 1024;
/// So much of a line is looked at for its level: loggers write it near the start.
const LEVEL_WITHIN: usize = 2 * 1024;

/// Where a pane stands in its log, and what it remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogView {
    /// Where it stands.
    pub(crate) position: Position,
    /// Rows to move by before the next frame: how many rows a line has is only known there.
    pub(crate) pending: i64,
    /// The first column shown of lines that are not wrapped.
    pub(crate) column: usize,
    /// The match to go to at the next frame: which row it is in is only known there.
    pub(crate) goal: Option<Spot>,
    /// The place among the lines of all logs to go to at the next frame.
    arrival: Option<u64>,
    /// The line that it was sent to from the view of all logs.
    pub(crate) pointed: Option<u64>,
    /// How its lines are shown.
    pub(crate) shape: Shape,
    /// A place that must be on the screen at the next frame: the cursor of a selection.
    pub(crate) sight: Option<Caret>,
    /// The line of its bottom row at the last frame.
    pub(crate) bottom: u64,
    /// Its top row at the last frame.
    pub(crate) top: Place,
    /// One past the newest line that was on the screen.
    seen: u64,
}

/// How lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether lines of JSON are made readable.
    pub(crate) json: bool,
    /// Whether the frames of stack traces are folded.
    pub(crate) folds: bool,
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

    /// Stays where it stands.
    pub(crate) fn hold(&mut self) {
        if self.position == Position::Follow {
            self.position = Position::At(self.top);
        }
    }

    /// Goes to the oldest line.
    pub(crate) fn go_to_start(&mut self) {
        (self.position, self.pending) = (Position::At(Place::default()), 0);
        self.goal = None;
    }

    /// Goes to the newest line and follows.
    pub(crate) fn go_to_end(&mut self) {
        (self.position, self.pending) = (Position::Follow, 0);
        (self.goal, self.pointed) = (None, None);
    }

    /// Goes to the line at this place among the lines of all logs, and points at it.
    pub(crate) fn go_to_arrival(&mut self, order: u64) {
        (self.arrival, self.pending) = (Some(order), 0);
    }

    /// Turns a place among the lines of all logs into one of this log.
    pub(crate) fn find_arrival(&mut self, log: &LogBuffer) {
        if let Some(order) = self.arrival.take() {
            let line = log.number_at(order);
            (self.goal, self.pointed) = (Some(Spot { line, nth: 0 }), Some(line));
        }
    }

    /// Whether a line was on the screen at the last frame.
    pub(crate) fn showed(&self, line: u64) -> bool {
        (self.top.line..=self.bottom).contains(&line)
    }

    /// Goes to where this line is at the top.
    pub(crate) fn go_to_line(&mut self, line: u64) {
        (self.position, self.pending, self.goal) = (Position::At(Place { line, row: 0 }), 0, None);
    }

    /// Goes to a match.
    pub(crate) fn go_to(&mut self, spot: Spot) {
        (self.goal, self.pending) = (Some(spot), 0);
    }
}

/// What of a log is shown, and what is found in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lens<'a> {
    /// The lines that are shown, if not all are.
    pub(crate) shown: Option<&'a VecDeque<u64>>,
    /// What is searched for.
    pub(crate) search: Option<&'a Pattern>,
    /// The match that was gone to.
    pub(crate) current: Option<Spot>,
    /// How lines are shown.
    pub(crate) shape: Shape,
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
    /// How many lines there are to be shown in all.
    total: u64,
    /// How many of them come before the first that was not on the screen yet.
    seen: u64,
    lines: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    number: u64,
    /// How many lines it stands for: more than one are folded.
    span: u64,
    /// How many lines that are shown come before it.
    before: u64,
    at: Stamp,
    /// When its run began, if that is known.
    began: Option<Stamp>,
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
    /// So many frames of a stack trace.
    Folded(u64),
}

/// One row, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which it is.
    pub(crate) place: Place,
    /// When its line arrived.
    pub(crate) at: Stamp,
    /// When the run of its line began.
    pub(crate) began: Option<Stamp>,
    /// What the line reports, in its first row.
    pub(crate) severity: Option<Severity>,
    /// What it shows.
    pub(crate) content: Content,
    /// The byte of the line's text with which it begins.
    pub(crate) start: usize,
    /// How many blanks stand before that text.
    pub(crate) lead: usize,
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
    /// How many lines come before the top row's, of those that are shown.
    pub(crate) above: u64,
    /// How many there are up to the bottom row's.
    pub(crate) below: u64,
    /// How many there are in all.
    pub(crate) total: u64,
}

impl Excerpt {
    /// Copies what `view` may need for its next frame of `page`; the only step that holds the lock.
    pub(crate) fn copy(log: &LogBuffer, view: &LogView, page: Page, lens: Lens<'_>) -> Self {
        let (first, end, shown) = (log.first(), log.end(), lens.shown);
        let lines = Numbers { first, end, shown };
        let total = lines.before(end);
        let (from, to) = span(view, page.height as u64, total, |line| lines.before(line));
        let runs = log.runs();
        let kept = match shown {
            None if lens.shape.folds => {
                let height = page.height as u64;
                let (up, down) = (view.pending.min(0).unsigned_abs(), view.pending.max(0).unsigned_abs());
                let (line, above, below) = match (view.goal, view.position) {
                    (Some(spot), _) => (spot.line, height, height + 1),
                    (None, Position::Follow) => (end, height + up, 0),
                    (None, Position::At(place)) => (place.line, height + up, height + down),
                };
                let open = [lens.current.map(|spot| spot.line), view.pointed];
                folding::copy(log, Wanted { line, above, below }, open)
            }
            None => log
                .styled_lines(first + from)
                .zip(from..to)
                .map(|(line, before)| Kept::copy(line, before, runs))
                .collect(),
            Some(_) => (from..to)
                .filter_map(|before| Some((lines.number(before)?, before)))
                .filter_map(|(number, before)| Some((log.styled_lines(number).next()?, before)))
                .map(|(line, before)| Kept::copy(line, before, runs))
                .collect(),
        };
        Self { first, end, dropped: log.dropped(), total, seen: lines.before(view.seen), lines: kept }
    }

    /// Lays the lines out on `page`, moves `view` by what was pending, and returns what is on the screen.
    pub(crate) fn lay_out(&self, view: &mut LogView, page: Page, lens: Lens<'_>) -> LogWindow {
        let (first, end) = (self.first, self.end);
        let reaches_end = self.lines.last().is_none_or(|line| line.before + line.span >= self.total);
        let layout = Layout::new(self, view.column, page, lens);
        let last_top = layout.rows.saturating_sub(page.height);
        let anchor = match (view.goal.take(), view.position) {
            (Some(spot), _) => {
                view.position = Position::At(Place::default());
                layout.top_for(spot, view.top, page.height).unwrap_or(last_top)
            }
            (None, Position::Follow) => last_top,
            (None, Position::At(place)) if let Some(sight) = view.sight => {
                view.position = Position::At(Place::default());
                layout.top_with(sight, place, page.height).unwrap_or(last_top)
            }
            (None, Position::At(place)) => layout.row_at(place).unwrap_or(last_top),
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
        (view.pending, view.sight) = (0, None);
        let rows = layout.show(top, page, lens);
        let shown = rows.last().map_or(first, |row| row.place.line + row.span());
        view.bottom = shown.saturating_sub(1);
        view.seen = if view.position == Position::Follow { end } else { view.seen.max(shown).min(end) };
        let before = |row: Option<&Row>, or| {
            let line = row.and_then(|row| self.lines.iter().find(|line| line.number == row.place.line));
            line.map_or(or, |line| line.before)
        };
        let above = before(rows.first(), 0);
        let below = before(rows.last(), 0) + rows.last().map_or(0, Row::span);
        let seen = if view.position == Position::Follow { self.total } else { self.seen.max(below) };
        LogWindow { rows, first, end, unseen: self.total.saturating_sub(seen), above, below, total: self.total }
    }
}

impl Row {
    /// Returns how many lines it stands for.
    const fn span(&self) -> u64 {
        match self.content {
            Content::Folded(count) => count,
            Content::Line(_) | Content::Dropped(_) => 1,
        }
    }
}

impl Kept {
    fn copy((line, style): (Line<'_>, Style), before: u64, runs: &Runs) -> Self {
        let (bytes, style) = shown_part(line.bytes, style);
        let (number, at, source, began) = (line.number, line.at, line.source, runs.began(line.number));
        Self { number, span: 1, before, at, began, source, style, bytes: bytes.to_vec() }
    }

    /// Returns what its rows show.
    fn content(&self) -> Content {
        if self.span > 1 { Content::Folded(self.span) } else { Content::Line(self.source) }
    }

    /// Returns what the line reports.
    fn severity(&self) -> Option<Severity> {
        if self.is_note() {
            return None;
        }
        let start = self.bytes.get(..LEVEL_WITHIN).unwrap_or(&self.bytes);
        severity(plain_text(start).as_bytes()).map(|(severity, _)| severity)
    }

    /// Returns how many blanks stand before its text.
    fn lead(&self) -> usize {
        usize::from(self.is_note())
    }

    fn is_note(&self) -> bool {
        matches!(self.source, Source::Note(_))
    }

    fn long(&self) -> Option<LongLine<'_>> {
        (self.bytes.len() > LONG).then_some(LongLine { bytes: &self.bytes, style: self.style })
    }

    fn pieces(&self, lens: Lens<'_>) -> Vec<Piece> {
        let read: Vec<Piece> = read_line(&self.bytes, self.style).runs.into_iter().map(Piece::from).collect();
        let current = lens.current.filter(|spot| spot.line == self.number).map(|spot| spot.nth);
        if lens.shape.json
            && let Some(readable) =
                json_line::readable(&read.iter().map(|piece| piece.text.as_str()).collect::<String>())
        {
            return mark(readable, lens.search, current);
        }
        let read = mark(read, lens.search.filter(|search| search.concerns(self.source)), current);
        // a space after the sign of a note
        let space = Piece { text: " ".to_owned(), ..Piece::default() };
        self.is_note().then_some(space).into_iter().chain(read).collect()
    }
}

#[cfg(test)]
mod tests;
