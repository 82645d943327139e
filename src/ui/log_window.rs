//! The part of a log that is on the screen: copied out under a short lock, laid out after it.

use unicode_segmentation::UnicodeSegmentation;

use crate::logs::{Dropped, LogBuffer, Run, Source, Stamp, Style, read_line};

use super::text;

/// How far back the beginning of a colour is looked for.
const LOOK_BACK_LINES: u64 = 200;
/// The same in bytes, for logs of long lines.
const LOOK_BACK_BYTES: usize = 64 * 1024;
/// More of one line than this is not laid out; nobody reads that far, and every frame would pay for it.
const LONGEST: usize = 32 * 1024;

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
    before: Vec<Kept>,
    lines: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    number: u64,
    at: Stamp,
    source: Source,
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
    pub(crate) runs: Vec<Run>,
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
                let bottom = top.saturating_add(height + down + place.row as u64).min(end);
                // after a jump to a place near the end the page is filled from above
                (top.saturating_sub(up).min(bottom.saturating_sub(height)), bottom)
            }
        };
        let from = from.max(first);
        let lines = (from..to).filter_map(|number| Kept::copy(log, number)).collect();
        Self { first, end, dropped: log.dropped(), before: look_back(log, from), lines }
    }
}

impl Kept {
    fn copy(log: &LogBuffer, number: u64) -> Option<Self> {
        let line = log.line(number)?;
        let bytes = line.bytes.get(..LONGEST).unwrap_or(line.bytes).to_vec();
        Some(Self { number, at: line.at, source: line.source, bytes })
    }
}

/// Copies the lines before `from` that say which colours hold there, oldest first.
fn look_back(log: &LogBuffer, from: u64) -> Vec<Kept> {
    let mut kept = Vec::new();
    let mut bytes = 0;
    for number in (log.first().max(from.saturating_sub(LOOK_BACK_LINES))..from).rev() {
        let Some(line) = Kept::copy(log, number) else { break };
        bytes += line.bytes.len();
        let settles = matches!(line.source, Source::Note(_)) || resets(&line.bytes);
        if !line.bytes.contains(&0x1b) && !settles {
            continue;
        }
        kept.push(line);
        // what came before a full reset cannot matter
        if settles || bytes > LOOK_BACK_BYTES {
            break;
        }
    }
    kept.reverse();
    kept
}

/// Whether a line holds a full reset of its style.
fn resets(bytes: &[u8]) -> bool {
    [b"\x1b[0m".as_slice(), b"\x1b[m"].iter().any(|reset| memchr::memmem::find(bytes, reset).is_some())
}

/// The style that goes on from line to line, for each pipe of its own.
#[derive(Default)]
struct Carry {
    output: Style,
    error: Style,
}

impl Carry {
    fn read(&mut self, line: &Kept) -> Vec<Run> {
        let style = match line.source {
            Source::Output => &mut self.output,
            Source::Error => &mut self.error,
            Source::Note(_) => {
                // a note stands between two runs of the service: the next one starts afresh
                *self = Self::default();
                return read_line(&line.bytes, Style::default()).runs;
            }
        };
        let read = read_line(&line.bytes, *style);
        *style = read.end;
        read.runs
    }
}

impl Excerpt {
    /// Lays the lines out on `page`, moves `view` by what was pending, and returns what is on the screen.
    pub(crate) fn lay_out(&self, view: &mut LogView, page: Page) -> LogWindow {
        let (first, end) = (self.first, self.end);
        let reaches_end = self.lines.last().is_none_or(|line| line.number + 1 >= end);
        let mut rows = self.rows(view, page);
        let last_top = rows.len().saturating_sub(page.height);
        let anchor = match view.position {
            Position::Follow => last_top,
            Position::At(place) => rows.iter().position(|row| row.place >= place).unwrap_or(last_top),
        };
        let moved = anchor.saturating_add_signed(isize::try_from(view.pending).unwrap_or(isize::MAX));
        let top = moved.min(last_top);
        let arrived = reaches_end && view.pending > 0 && moved >= last_top;
        view.top = rows.get(top).map(|row| row.place).unwrap_or_default();
        match view.position {
            _ if arrived => view.position = Position::Follow,
            Position::Follow if view.pending >= 0 || top == last_top => {}
            // a pane at the very top keeps its place by number, so that it stays when lines are dropped
            Position::Follow | Position::At(_) => view.position = Position::At(view.top),
        }
        view.pending = 0;
        rows.drain(..top.min(rows.len()));
        rows.truncate(page.height);
        let shown = rows.last().map_or(first, |row| row.place.line + 1);
        view.seen = if view.position == Position::Follow { end } else { view.seen.max(shown).min(end) };
        LogWindow { rows, first, end, unseen: end - view.seen }
    }

    fn rows(&self, view: &LogView, page: Page) -> Vec<Row> {
        let mut carry = Carry::default();
        for line in &self.before {
            carry.read(line);
        }
        let mut rows = Vec::with_capacity(self.lines.len() + 1);
        let starts_log = self.lines.first().is_none_or(|line| line.number == self.first);
        if self.dropped.lines > 0 && starts_log {
            let place = Place { line: self.first.saturating_sub(1), row: 0 };
            let content = Content::Dropped(self.dropped);
            rows.push(Row { place, at: Stamp::default(), content, runs: Vec::new(), goes_on: false });
        }
        for line in &self.lines {
            let mut runs = carry.read(line);
            let is_note = matches!(line.source, Source::Note(_));
            if is_note {
                // a space after its sign
                runs.insert(0, Run { text: " ".to_owned(), style: Style::default() });
            }
            let (parts, goes_on) = if page.wrap || is_note {
                (wrap(runs, page.width), false)
            } else {
                let (part, goes_on) = clip(runs, view.column, page.width);
                (vec![part], goes_on)
            };
            rows.extend(parts.into_iter().enumerate().map(|(row, runs)| Row {
                place: Place { line: line.number, row },
                at: line.at,
                content: Content::Line(line.source),
                runs,
                goes_on,
            }));
        }
        rows
    }
}

/// Breaks a line wherever a row is full, as a terminal does.
fn wrap(runs: Vec<Run>, width: usize) -> Vec<Vec<Run>> {
    let width = width.max(1);
    let mut rows = vec![Vec::new()];
    let mut taken = 0;
    for run in runs {
        let mut part = String::new();
        for grapheme in run.text.graphemes(true) {
            let cells = text::grapheme_width(grapheme);
            if taken + cells > width && taken > 0 {
                add(&mut rows, std::mem::take(&mut part), run.style);
                rows.push(Vec::new());
                taken = 0;
            }
            taken += cells;
            part.push_str(grapheme);
        }
        add(&mut rows, part, run.style);
    }
    rows
}

fn add(rows: &mut [Vec<Run>], text: String, style: Style) {
    if let (false, Some(row)) = (text.is_empty(), rows.last_mut()) {
        row.push(Run { text, style });
    }
}

/// Cuts a line to the columns from `start` on; a wide character cut in half becomes a space.
fn clip(runs: Vec<Run>, start: usize, width: usize) -> (Vec<Run>, bool) {
    let mut kept = Vec::new();
    let mut column = 0;
    for run in runs {
        let mut part = String::new();
        for grapheme in run.text.graphemes(true) {
            let (from, to) = (column, column + text::grapheme_width(grapheme));
            column = to;
            if to > start + width {
                kept.push(Run { text: part, style: run.style });
                return (kept, true);
            }
            if from >= start {
                part.push_str(grapheme);
            } else if to > start {
                part.push(' ');
            }
        }
        kept.push(Run { text: part, style: run.style });
    }
    (kept, false)
}

#[cfg(test)]
mod tests;
