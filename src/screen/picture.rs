//! What is to be seen of an emulator: cells that hold nothing but printable characters.

use alacritty_terminal::Term;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape as Shape};
use unicode_width::UnicodeWidthStr;

use super::emulator::Answers;
use crate::logs::{Colour, Style, acts};

/// What is to be seen of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The rows from the top; each is as wide as the screen, cells after the last glyph left out.
    pub rows: Vec<Vec<Glyph>>,
    /// Where the cursor is, unless it is hidden.
    pub cursor: Option<Cursor>,
    /// How the service has titled itself; without characters that act instead of being shown.
    pub title: String,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// The column of its left half.
    pub column: u16,
    /// A character with its marks: as wide as the cell says, and never one that acts instead of being shown.
    pub text: String,
    /// One cell, or two.
    pub width: u16,
    /// How it looks.
    pub style: Style,
}

/// Where the cursor is and how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Counted from 0.
    pub column: u16,
    /// Counted from 0.
    pub row: u16,
    /// How it looks.
    pub shape: CursorShape,
    /// Whether it blinks.
    pub blinks: bool,
}

/// How a cursor looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorShape {
    /// As the terminal's owner likes it.
    #[default]
    Own,
    /// A filled cell.
    Block,
    /// A line below.
    Underline,
    /// A line before.
    Bar,
}

impl Picture {
    /// Returns the rows as text, without the spaces at their ends.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |row: &Vec<Glyph>| {
            let mut text = String::new();
            let mut column = 0;
            for glyph in row {
                text.extend(std::iter::repeat_n(' ', usize::from(glyph.column.saturating_sub(column))));
                text.push_str(&glyph.text);
                column = glyph.column + glyph.width;
            }
            text.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

/// Copies what is to be seen.
pub(super) fn take(term: &Term<Answers>, title: &str) -> Picture {
    let rows = (0..i32::try_from(term.screen_lines()).unwrap_or(0)).map(|line| row(term, Line(line))).collect();
    Picture { rows, cursor: cursor(term), title: title.to_owned() }
}

fn row(term: &Term<Answers>, line: Line) -> Vec<Glyph> {
    let row = &term.grid()[line];
    let has_right_half =
        |column: usize| column + 1 < term.columns() && row[Column(column + 1)].flags.contains(Flags::WIDE_CHAR_SPACER);
    let mut free = 0;
    let mut glyphs = Vec::new();
    for column in 0..term.columns() {
        let Some(glyph) = glyph(&row[Column(column)], column) else { continue };
        // the emulator may leave one half of a wide character behind
        if column >= free && (glyph.width == 1 || has_right_half(column)) {
            free = column + usize::from(glyph.width);
            glyphs.push(glyph);
        }
    }
    glyphs
}

/// Reads a cell; `None` for one that is empty, and for the right half of a wide one.
fn glyph(cell: &Cell, column: usize) -> Option<Glyph> {
    let flags = cell.flags;
    if flags.intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER) {
        return None;
    }
    let style = style(cell);
    // a tab stands in its cell as itself
    let char = if acts(cell.c) { ' ' } else { cell.c };
    if char == ' ' && style == Style::default() {
        return None;
    }
    let width = if flags.contains(Flags::WIDE_CHAR) { 2 } else { 1 };
    Some(Glyph { column: u16::try_from(column).ok()?, text: text(char, cell, width), width, style })
}

/// Returns the text of a cell: exactly as wide as the emulator takes it to be, or blank.
fn text(char: char, cell: &Cell, width: u16) -> String {
    let fits = |text: &str| text.width() == usize::from(width);
    let mut text = String::from(char);
    if let Some(marks) = cell.zerowidth() {
        let bare = text.len();
        text.extend(marks.iter().filter(|mark| !acts(**mark)));
        // marks that widen what they stand on would move all that follows
        if !fits(&text) {
            text.truncate(bare);
        }
    }
    if fits(&text) { text } else { " ".repeat(usize::from(width)) }
}

fn style(cell: &Cell) -> Style {
    let has = |flag| cell.flags.contains(flag);
    Style {
        fg: colour(cell.fg),
        bg: colour(cell.bg),
        bold: has(Flags::BOLD),
        dim: has(Flags::DIM),
        italic: has(Flags::ITALIC),
        underline: cell.flags.intersects(Flags::ALL_UNDERLINES),
        reverse: has(Flags::INVERSE),
        hidden: has(Flags::HIDDEN),
        strike: has(Flags::STRIKEOUT),
    }
}

fn colour(colour: Color) -> Option<Colour> {
    match colour {
        Color::Named(named) if (named as usize) < 16 => u8::try_from(named as usize).ok().map(Colour::Indexed),
        // the emulator's own names beyond those never come from a sequence; the rest is the terminal's default
        Color::Named(_) => None,
        Color::Indexed(index) => Some(Colour::Indexed(index)),
        Color::Spec(rgb) => Some(Colour::Rgb(rgb.r, rgb.g, rgb.b)),
    }
}

fn cursor(term: &Term<Answers>) -> Option<Cursor> {
    if !term.mode().contains(TermMode::SHOW_CURSOR) {
        return None;
    }
    let point = term.grid().cursor.point;
    let style = term.cursor_style();
    let shape = match style.shape {
        Shape::Block => CursorShape::Block,
        Shape::Underline => CursorShape::Underline,
        Shape::Beam => CursorShape::Bar,
        Shape::HollowBlock | Shape::Hidden => CursorShape::Own,
    };
    Some(Cursor {
        column: u16::try_from(point.column.0).ok()?,
        row: u16::try_from(point.line.0).ok()?,
        shape,
        blinks: style.blinking,
    })
}
