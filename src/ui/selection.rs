//! Text that is being selected: two places in a log or on a screen, and the moves that are still to be done.

mod ground;
mod text;
mod walk;
pub(crate) mod words;

use std::ops::Range;
use std::time::Instant;

use ratatui::layout::Position as Cell;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::Pattern;

use super::log_window::{LogWindow, Row};
use super::sought::Spot;
use super::text::cells;

pub(crate) use ground::{Ground, LogGround, ScreenGround};
pub(crate) use text::{Store, whole};

/// More moves than a person makes between two frames.
const MOST_MOVES: usize = 1024;

/// A place in the text: a line, and a byte of its text as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caret {
    /// The line's number; of a screen, its row.
    pub(crate) line: u64,
    /// The first byte of a character.
    pub(crate) byte: usize,
}

/// What a selection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Characters.
    Characters,
    /// Whole words.
    Words,
    /// Whole lines.
    Lines,
}

impl Kind {
    /// Says what is being done.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Characters | Self::Words => "selecting",
            Self::Lines => "selecting lines",
        }
    }
}

/// Who selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The keys: a cursor is shown.
    Keys,
    /// The mouse, while its button is held.
    Mouse,
}

/// What is selected: from a caret up to one that is not selected any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first byte.
    pub(crate) from: Caret,
    /// The first byte behind it.
    pub(crate) to: Caret,
}

/// A step of the cursor. Where it leads is only known where the lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// To the match that was gone to, if it is seen, else to the last line that is; the selection begins there.
    Begin,
    /// To this cell of the pane's text; the selection begins there.
    BeginAt(Cell),
    /// To this cell.
    To(Cell),
    /// To a match.
    Match(Spot),
    /// As a key says.
    Walk(Action),
    /// By so many lines down, or up.
    Lines(i64),
    /// To the ends of all lines that are seen.
    Window,
}

/// Text that is being selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selecting {
    /// The number of its pane, and whose text it is.
    pub(crate) of: (u64, ServiceId),
    /// Whether it is on a screen rather than in lines.
    pub(crate) on_screen: bool,
    /// What it is made of.
    pub(crate) kind: Kind,
    /// Who selects.
    pub(crate) by: By,
    /// Where it began.
    pub(crate) anchor: Caret,
    /// Where it is now.
    pub(crate) cursor: Caret,
    /// Whether the pane followed before: it does again at the end.
    pub(crate) follows: bool,
    /// The pointer is beyond the edge by so many rows; the nearest cell is selected while the pane scrolls.
    pub(crate) pull: Option<(i64, Cell)>,
    /// What is selected, as of the last move that was done.
    pub(crate) extent: Option<Extent>,
    /// The column that moves up and down lead to, where the line is long enough.
    column: usize,
    moves: Vec<Move>,
}

/// Where the mouse button went down last, and how often in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// The cell of the pane's text.
    pub(crate) cell: Cell,
    /// When.
    pub(crate) when: Instant,
    /// Once, twice or three times.
    pub(crate) clicks: u8,
}

/// What is on the screen: where a cell leads to, and where the match is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// The rows of the last frame; none for a screen, whose rows are its lines.
    pub(crate) window: Option<&'a LogWindow>,
    /// What is searched for.
    pub(crate) search: Option<&'a Pattern>,
    /// The match that was gone to.
    pub(crate) current: Option<Spot>,
}

impl Selecting {
    /// Begins with `moves`.
    pub(crate) fn new(kind: Kind, by: By, on_screen: bool, first: Move) -> Self {
        let place = Caret::default();
        let moves = vec![first];
        let (anchor, cursor) = (place, place);
        let of = (0, ServiceId::new(0));
        Self { of, on_screen, kind, by, anchor, cursor, follows: false, pull: None, extent: None, column: 0, moves }
    }

    /// Returns it with the knowledge whether the pane followed before.
    pub(crate) fn with_followed(self, follows: bool) -> Self {
        Self { follows, ..self }
    }

    /// Returns it as one in this pane, of this service's text.
    pub(crate) fn belonging_to(self, of: (u64, ServiceId)) -> Self {
        Self { of, ..self }
    }

    /// Returns it as done by keys from here on.
    pub(crate) fn by_keys(self) -> Self {
        Self { by: By::Keys, ..self }
    }

    /// Notes a move, to be done where the lines are.
    pub(crate) fn note(&mut self, step: Move) {
        if self.moves.len() < MOST_MOVES {
            self.moves.push(step);
        }
    }

    /// Does the moves that were noted; returns whether the cursor may have moved.
    pub(crate) fn settle(&mut self, ground: &dyn Ground, seen: Seen<'_>) -> bool {
        let moves = std::mem::take(&mut self.moves);
        let first = ground.first();
        for step in &moves {
            walk::go(self, *step, ground, seen);
        }
        // what had to make room for newer lines cannot be selected any more
        for place in [&mut self.anchor, &mut self.cursor] {
            if first.is_some_and(|first| place.line < first) {
                *place = Caret { line: first.unwrap_or_default(), byte: 0 };
            }
        }
        self.extent = self.reach(ground);
        !moves.is_empty()
    }

    /// Returns what is selected.
    fn reach(&self, ground: &dyn Ground) -> Option<Extent> {
        let (from, to) = (self.anchor.min(self.cursor), self.anchor.max(self.cursor));
        let (start, end) = (ground.text(from.line)?, ground.text(to.line)?);
        let (from_byte, to_byte) = match self.kind {
            Kind::Characters => (words::floor(&start, from.byte), words::behind(&end, to.byte)),
            Kind::Words => (words::around(&start, from.byte).start, words::around(&end, to.byte).end),
            Kind::Lines => (0, end.len()),
        };
        Some(Extent {
            from: Caret { line: from.line, byte: from_byte },
            to: Caret { line: to.line, byte: to_byte.min(end.len()) },
        })
    }
}

impl Extent {
    /// Returns the selected bytes of a line whose text has `length` of them; `None` if it is not touched.
    pub(crate) fn within(&self, line: u64, length: usize) -> Option<Range<usize>> {
        if !(self.from.line..=self.to.line).contains(&line) {
            return None;
        }
        let start = if line == self.from.line { self.from.byte.min(length) } else { 0 };
        let end = if line == self.to.line { self.to.byte.min(length) } else { length };
        Some(start..end.max(start))
    }
}

/// Returns the text of a row as it belongs to its line: without what procdash puts before it.
pub(crate) fn row_text(row: &Row) -> String {
    let text: String = row.pieces.iter().map(|piece| piece.text.as_str()).collect();
    text.get(row.lead..).unwrap_or_default().to_owned()
}

/// Returns the cells of a row, counted from the start of the row, that show these bytes of its line.
///
/// A row without text that lies within the selection has one cell, so that it can be seen.
pub(crate) fn cells_of(row: &Row, extent: Extent) -> Option<Range<usize>> {
    let text = row_text(row);
    let selected = extent.within(row.place.line, usize::MAX)?;
    let end = row.start + text.len();
    if text.is_empty() {
        let is_within = selected.contains(&row.start) || selected.start == row.start;
        return is_within.then_some(row.lead..row.lead + 1);
    }
    let (from, to) = (selected.start.max(row.start), selected.end.min(end));
    if from >= to {
        return None;
    }
    let column = |byte: usize| row.lead + words::column(&text, byte - row.start);
    Some(column(from)..column(to))
}

impl LogWindow {
    /// Returns the cell of a place, counted from the start of the text, if it is seen.
    pub(crate) fn cell_of(&self, caret: Caret) -> Option<Cell> {
        let is_there = |row: &Row| row.place.line == caret.line && row.start <= caret.byte;
        let at = self.rows.iter().rposition(is_there)?;
        let row = self.rows.get(at)?;
        let text = row_text(row);
        let inside = caret.byte - row.start;
        let is_seen = inside < text.len() || (inside == 0 && text.is_empty());
        let x = row.lead + words::column(&text, inside);
        is_seen.then_some(Cell::new(cells(x), cells(at)))
    }
}

/// Returns the cell of a place on a screen.
pub(crate) fn cursor_cell(caret: Caret, lines: &[String]) -> Option<Cell> {
    let line = lines.get(usize::try_from(caret.line).ok()?)?;
    Some(Cell::new(cells(words::column(line, caret.byte)), u16::try_from(caret.line).ok()?))
}

#[cfg(test)]
mod tests;
