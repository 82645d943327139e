//! Cells with their colours, from our pictures and lines and from what tmux prints of its own; and as text to be stored.

use std::fmt::Write as _;

use procdash::logs::{Colour, Run, Style};
use procdash::screen::Glyph;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The cells of a row: column, text, look. Blank ones at the end are left out.
pub(super) type Row = Vec<(u16, String, Style)>;

/// What is to be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) cursor: Option<(u16, u16)>,
    pub(super) rows: Vec<Row>,
    /// Of streams of lines: all lines, those that have left the screen included.
    pub(super) lines: Vec<Row>,
}

/// Leaves out blanks without any look, which nobody sees.
fn seen(cells: impl Iterator<Item = (u16, String, Style)>) -> Row {
    cells.filter(|(_, text, style)| text.trim() != "" || *style != Style::default()).collect()
}

/// Returns the cells of one of our rows.
pub(super) fn of_glyphs(row: &[Glyph]) -> Row {
    seen(row.iter().map(|glyph| (glyph.column, glyph.text.clone(), glyph.style)))
}

/// Returns the cells of one of our lines.
pub(super) fn of_runs(runs: &[Run]) -> Row {
    let mut cells: Row = Vec::new();
    let mut column = 0;
    for run in runs {
        for char in run.text.chars() {
            put(&mut cells, &mut column, char, run.style);
        }
    }
    seen(cells.into_iter())
}

fn put(cells: &mut Row, column: &mut u16, char: char, style: Style) {
    match (char.width().unwrap_or(0), cells.last_mut()) {
        (0, Some((_, text, _))) => text.push(char),
        (width, _) => {
            cells.push((*column, char.to_string(), style));
            *column += u16::try_from(width).unwrap();
        }
    }
}

/// Reads lines with SGR sequences, as `capture-pane -e` prints them; the style goes on from line to line.
pub(super) fn of_captured(text: &str) -> Vec<Row> {
    let (mut style, mut draws) = (Style::default(), false);
    let mut row = |line: &str| {
        let (mut cells, mut column) = (Row::new(), 0);
        let mut rest = line;
        while let Some(char) = rest.chars().next() {
            let behind = &rest[char.len_utf8()..];
            rest = match char {
                '\u{e}' | '\u{f}' => {
                    draws = char == '\u{e}';
                    behind
                }
                '\u{1b}' if behind.starts_with('[') => {
                    let (numbers, after) = behind[1..].split_once('m').unwrap();
                    sgr(&mut style, numbers);
                    after
                }
                // a link
                '\u{1b}' => behind.split_once("\u{1b}\\").unwrap().1,
                _ => {
                    put(&mut cells, &mut column, if draws { drawn(char) } else { char }, style);
                    behind
                }
            };
        }
        seen(cells.into_iter())
    };
    text.lines().map(&mut row).collect()
}

/// The line drawing set of the VT100, as far as the corpus uses it.
fn drawn(char: char) -> char {
    match char {
        'j' => '┘',
        'k' => '┐',
        'l' => '┌',
        'm' => '└',
        'q' => '─',
        'x' => '│',
        _ => char,
    }
}

fn sgr(style: &mut Style, numbers: &str) {
    let mut parts = numbers.split(';');
    while let Some(part) = parts.next() {
        let mut details = part.split(':').map(|number| number.parse().unwrap_or(0));
        let code: u8 = details.next().unwrap_or(0);
        match code {
            0 => *style = Style::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            3 => style.italic = true,
            4 => style.underline = details.next() != Some(0),
            7 => style.reverse = true,
            8 => style.hidden = true,
            9 => style.strike = true,
            24 => style.underline = false,
            30..=37 => style.fg = Some(Colour::Indexed(code - 30)),
            39 => style.fg = None,
            40..=47 => style.bg = Some(Colour::Indexed(code - 40)),
            49 => style.bg = None,
            90..=97 => style.fg = Some(Colour::Indexed(code - 82)),
            100..=107 => style.bg = Some(Colour::Indexed(code - 92)),
            38 | 48 | 58 => {
                let mut next = || parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
                let colour = if next() == 5 { Colour::Indexed(next()) } else { Colour::Rgb(next(), next(), next()) };
                match code {
                    38 => style.fg = Some(colour),
                    48 => style.bg = Some(colour),
                    // the colour of an underline is not compared: a log does not keep it
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl Shown {
    /// Leaves out empty rows and lines at the end.
    pub(super) fn trimmed(mut self) -> Self {
        for rows in [&mut self.rows, &mut self.lines] {
            while rows.last().is_some_and(Vec::is_empty) {
                rows.pop();
            }
        }
        self
    }

    /// Says where the other one is different.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if self.cursor != other.cursor {
            return Some(format!("the cursor of tmux is at {:?}, ours at {:?}", self.cursor, other.cursor));
        }
        let rows = [("row", &self.rows, &other.rows), ("line", &self.lines, &other.lines)];
        for (what, theirs, ours) in rows {
            for place in 0..theirs.len().max(ours.len()) {
                let empty = Row::new();
                let (theirs, ours) = (theirs.get(place).unwrap_or(&empty), ours.get(place).unwrap_or(&empty));
                if theirs != ours {
                    return Some(format!(
                        "{what} {place} of tmux is\n{}\nand ours\n{}",
                        written(theirs),
                        written(ours)
                    ));
                }
            }
        }
        None
    }

    /// Writes it as it is stored.
    pub(super) fn write(&self) -> String {
        let mut text = match self.cursor {
            Some((column, row)) => format!("cursor {column} {row}\n"),
            None => "cursor hidden\n".to_owned(),
        };
        for row in &self.rows {
            writeln!(text, "row {}", written(row)).unwrap();
        }
        for line in &self.lines {
            writeln!(text, "line {}", written(line)).unwrap();
        }
        text
    }

    /// Reads what is stored.
    pub(super) fn read(text: &str) -> Self {
        let mut shown = Self::default();
        for line in text.lines() {
            match line.split_once(' ').unwrap() {
                ("cursor", place) => {
                    shown.cursor =
                        place.split_once(' ').map(|(column, row)| (column.parse().unwrap(), row.parse().unwrap()));
                }
                ("row", row) => shown.rows.push(parsed(row)),
                (_, line) => shown.lines.push(parsed(line)),
            }
        }
        shown
    }
}

/// Writes a row: `0 plain text ¦ 12 bold fg1 bg#010203 text`, one part for each stretch of one look.
fn written(row: &Row) -> String {
    let mut parts: Vec<(u16, u16, Style, String)> = Vec::new();
    for (column, text, style) in row {
        let end = column + u16::try_from(text.width()).unwrap();
        match parts.last_mut() {
            Some((_, next, look, all)) if next == column && look == style => {
                all.push_str(text);
                *next = end;
            }
            _ => parts.push((*column, end, *style, text.clone())),
        }
    }
    let words = |(column, _, style, text): &(u16, u16, Style, String)| format!("{column}{}|{text}|", look(*style));
    parts.iter().map(words).collect::<Vec<_>>().join(" ")
}

const LOOKS: [&str; 7] = ["bold", "dim", "italic", "underline", "reverse", "hidden", "strike"];

fn look(style: Style) -> String {
    let has = [style.bold, style.dim, style.italic, style.underline, style.reverse, style.hidden, style.strike];
    let names = LOOKS.iter().zip(has).filter(|(_, has)| *has);
    let mut text = names.fold(String::new(), |text, (look, _)| text + "," + look);
    for (name, colour) in [("fg", style.fg), ("bg", style.bg)] {
        match colour {
            Some(Colour::Indexed(index)) => write!(text, ",{name}={index}").unwrap(),
            Some(Colour::Rgb(red, green, blue)) => write!(text, ",{name}={red}/{green}/{blue}").unwrap(),
            None => {}
        }
    }
    text
}

fn parsed(text: &str) -> Row {
    let mut row = Row::new();
    let mut rest = text;
    while let Some((head, behind)) = rest.split_once('|') {
        let (body, after) = match behind.strip_prefix("||") {
            // the sign itself
            Some(after) => ("|", after),
            None => behind.split_once('|').unwrap(),
        };
        let mut words = head.trim().split(',');
        let mut column: u16 = words.next().unwrap().parse().unwrap();
        let mut style = Style::default();
        for word in words {
            match word.split_once('=') {
                Some(("fg", colour)) => style.fg = Some(colour_of(colour)),
                Some((_, colour)) => style.bg = Some(colour_of(colour)),
                None => set(&mut style, word),
            }
        }
        for char in body.chars() {
            put(&mut row, &mut column, char, style);
        }
        rest = after;
    }
    row
}

fn set(style: &mut Style, word: &str) {
    let place = LOOKS.iter().position(|look| *look == word).unwrap();
    let Style { bold, dim, italic, underline, reverse, hidden, strike, .. } = style;
    *[bold, dim, italic, underline, reverse, hidden, strike][place] = true;
}

fn colour_of(text: &str) -> Colour {
    let numbers: Vec<u8> = text.split('/').map(|number| number.parse().unwrap()).collect();
    match numbers[..] {
        [index] => Colour::Indexed(index),
        [red, green, blue] => Colour::Rgb(red, green, blue),
        _ => panic!("{text} is no colour"),
    }
}
