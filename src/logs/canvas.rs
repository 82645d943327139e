//! A line while it is drawn: text that only grows, or cells once something was overwritten.

use std::mem;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::parts::Motion;
use super::style::{Run, Style};

/// How far cursor moves and tabs reach; no terminal is that wide, and a line of one escape must not become a long one.
const WIDEST: usize = 1024;
const TAB: usize = 8;

/// A line while it is drawn.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    paper: Paper,
    column: usize,
}

#[derive(Debug)]
enum Paper {
    /// As most lines are: everything was written behind what was there; `width` columns of it.
    Text { runs: Vec<Run>, width: usize },
    /// Something was written over something else, or erased.
    Cells(Vec<Cell>),
}

#[derive(Clone, Debug)]
struct Cell {
    glyph: Glyph,
    style: Style,
}

#[derive(Clone, Debug)]
enum Glyph {
    One(char),
    /// A character with marks upon it, or several that are shown as one.
    Cluster(String),
    /// The right half of the wide glyph before it.
    Half,
}

/// Which part of the line is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erase {
    /// From the cursor on.
    ToEnd,
    /// Up to the cursor, its own cell included.
    ToCursor,
    /// The whole line.
    All,
}

/// Returns how many columns a tab takes behind `column` columns of text.
///
/// A terminal does not move beyond its last column, but words run together would be hard to read: one blank is left.
#[must_use]
pub fn tab_width(column: usize) -> usize {
    if column < WIDEST { TAB - column % TAB } else { 1 }
}

impl Default for Paper {
    fn default() -> Self {
        Self::Text { runs: Vec::new(), width: 0 }
    }
}

impl Canvas {
    /// Makes the rest of a line: `column` columns of it are left out.
    pub(super) fn behind(column: usize) -> Self {
        Self { paper: Paper::Text { runs: Vec::new(), width: column }, column }
    }

    /// Moves the cursor, or erases.
    pub(super) fn obey(&mut self, motion: Motion) {
        match motion {
            Motion::To(column) => self.move_to(column),
            Motion::Forward(columns) => self.move_to(self.column + columns),
            Motion::Back(columns) => self.column = self.column.saturating_sub(columns),
            Motion::Erase(part) => self.erase(part),
        }
    }

    /// Writes text without control characters at the cursor.
    pub(super) fn print(&mut self, text: &str, style: Style) {
        match &mut self.paper {
            Paper::Text { runs, width } if *width == self.column => {
                match runs.last() {
                    // what was measured apart must not grow together, or its cells would not be those that were counted
                    Some(last) if grows_together(&last.text, text) => runs.push(Run { text: text.to_owned(), style }),
                    Some(_) | None => push_run(runs, text, style),
                }
                *width += if text.is_ascii() { text.len() } else { text.width() };
                self.column = *width;
            }
            Paper::Text { .. } | Paper::Cells(_) => {
                let mut cells = self.take_cells();
                overwrite(&mut cells, &mut self.column, text, style);
                self.paper = Paper::Cells(cells);
            }
        }
    }

    /// Moves the cursor to a column, counted from 0.
    fn move_to(&mut self, column: usize) {
        self.column = column.min(self.column.max(WIDEST));
    }

    /// Moves the cursor to the next multiple of 8.
    pub(super) fn tab(&mut self) {
        const BLANKS: &str = "        ";
        let width = tab_width(self.column);
        match &self.paper {
            Paper::Text { width: end, .. } if *end == self.column => {
                self.print(BLANKS.get(..width).unwrap_or(BLANKS), Style::default());
            }
            Paper::Text { .. } | Paper::Cells(_) => self.move_to(self.column + TAB - self.column % TAB),
        }
    }

    /// Erases a part of the line; the cursor stays.
    fn erase(&mut self, part: Erase) {
        if let Paper::Text { runs, width } = &mut self.paper {
            if part == Erase::ToEnd && self.column >= *width {
                return;
            }
            if part == Erase::All || (part == Erase::ToEnd && self.column == 0) {
                runs.clear();
                *width = 0;
                return;
            }
        }
        let mut cells = self.take_cells();
        match part {
            Erase::All => cells.clear(),
            Erase::ToEnd => {
                break_glyph(&mut cells, self.column);
                cells.truncate(self.column);
            }
            Erase::ToCursor => {
                break_glyph(&mut cells, self.column + 1);
                cells.iter_mut().take(self.column + 1).for_each(|cell| *cell = Cell::blank());
            }
        }
        self.paper = Paper::Cells(cells);
    }

    /// Returns the line as it looks in the end.
    pub(super) fn into_runs(self) -> Vec<Run> {
        match self.paper {
            Paper::Text { runs, .. } => runs,
            Paper::Cells(cells) => {
                let mut runs = Vec::new();
                for cell in cells {
                    match cell.glyph {
                        Glyph::One(char) => push_run(&mut runs, char.encode_utf8(&mut [0; 4]), cell.style),
                        Glyph::Cluster(cluster) => push_run(&mut runs, &cluster, cell.style),
                        Glyph::Half => {}
                    }
                }
                runs
            }
        }
    }

    /// Takes the line as cells; the caller puts them back.
    fn take_cells(&mut self) -> Vec<Cell> {
        match mem::take(&mut self.paper) {
            Paper::Cells(cells) => cells,
            Paper::Text { runs, width } => {
                let mut cells = Vec::with_capacity(width);
                let mut column = 0;
                for run in runs {
                    overwrite(&mut cells, &mut column, &run.text, run.style);
                }
                cells
            }
        }
    }
}

impl Cell {
    fn blank() -> Self {
        Self { glyph: Glyph::One(' '), style: Style::default() }
    }
}

/// Returns whether the end of one text and the beginning of another make one character.
fn grows_together(text: &str, next: &str) -> bool {
    let (Some(last), Some(first)) = (text.chars().next_back(), next.chars().next()) else { return false };
    !(last.is_ascii() && first.is_ascii()) && String::from_iter([last, first]).graphemes(true).count() == 1
}

fn push_run(runs: &mut Vec<Run>, text: &str, style: Style) {
    match runs.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => runs.push(Run { text: text.to_owned(), style }),
    }
}

/// Writes text into cells from `column` on, and moves that behind it.
fn overwrite(cells: &mut Vec<Cell>, column: &mut usize, text: &str, style: Style) {
    if text.is_ascii() {
        for char in text.chars() {
            put(cells, *column, Glyph::One(char), style);
            *column += 1;
        }
        return;
    }
    for cluster in text.graphemes(true) {
        let mut chars = cluster.chars();
        let glyph = match (chars.next(), chars.next()) {
            (Some(char), None) => Glyph::One(char),
            _ => Glyph::Cluster(cluster.to_owned()),
        };
        match cluster.width() {
            0 => join(cells, *column, cluster),
            1 => {
                put(cells, *column, glyph, style);
                *column += 1;
            }
            _ => {
                put(cells, *column, glyph, style);
                put_half(cells, *column + 1, style);
                *column += 2;
            }
        }
    }
}

/// Puts a glyph into a cell, and blanks what is left of a wide glyph that was there.
fn put(cells: &mut Vec<Cell>, column: usize, glyph: Glyph, style: Style) {
    break_glyph(cells, column);
    break_glyph(cells, column + 1);
    set(cells, column, Cell { glyph, style });
}

/// Puts the right half of the glyph at `column - 1`.
fn put_half(cells: &mut Vec<Cell>, column: usize, style: Style) {
    break_glyph(cells, column + 1);
    set(cells, column, Cell { glyph: Glyph::Half, style });
}

fn set(cells: &mut Vec<Cell>, column: usize, cell: Cell) {
    if cells.len() < column {
        cells.resize(column, Cell::blank());
    }
    match cells.get_mut(column) {
        Some(place) => *place = cell,
        None => cells.push(cell),
    }
}

/// Blanks both halves of a wide glyph, if the border before `column` goes through one.
fn break_glyph(cells: &mut [Cell], column: usize) {
    if !cells.get(column).is_some_and(|cell| matches!(cell.glyph, Glyph::Half)) {
        return;
    }
    for place in [column.checked_sub(1), Some(column)].into_iter().flatten() {
        if let Some(cell) = cells.get_mut(place) {
            *cell = Cell::blank();
        }
    }
}

/// Puts marks that take no column upon the glyph before the cursor; without one they are not shown.
fn join(cells: &mut [Cell], column: usize, marks: &str) {
    let Some(before) = column.checked_sub(1) else { return };
    let is_half = |place| cells.get(place).is_some_and(|cell: &Cell| matches!(cell.glyph, Glyph::Half));
    let place = if is_half(before) { before.saturating_sub(1) } else { before };
    let Some(cell) = cells.get_mut(place) else { return };
    match &mut cell.glyph {
        Glyph::One(char) => cell.glyph = Glyph::Cluster([char.encode_utf8(&mut [0; 4]), marks].concat()),
        Glyph::Cluster(cluster) => cluster.push_str(marks),
        Glyph::Half => {}
    }
}
