//! Turns the bytes of one line into styled text, and drops every escape sequence that is not about the line itself.

use super::canvas::{Canvas, Erase};
use super::escape::{self, Escape, number, parameters};
use super::style::{Run, Style};

/// A line ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyledLine {
    /// Its parts from left to right.
    pub runs: Vec<Run>,
    /// The style at its end, with which the next line begins.
    pub end: Style,
}

impl StyledLine {
    /// Returns the text without any style.
    #[must_use]
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// Returns the text with its style as SGR sequences: nothing else that a terminal obeys, and reset at the end.
    #[must_use]
    pub fn to_sgr(&self) -> String {
        let mut out = String::new();
        let mut is_styled = false;
        for run in &self.runs {
            let is_plain = run.style == Style::default();
            if is_styled || !is_plain {
                run.style.write_sgr(&mut out);
            }
            is_styled = !is_plain;
            out.push_str(&run.text);
        }
        if is_styled {
            Style::default().write_sgr(&mut out);
        }
        out
    }
}

/// Reads one line as a terminal would show it once it is complete.
///
/// Whatever the bytes are, the text holds no control characters and nothing that changes the direction of writing.
#[must_use]
pub fn read_line(bytes: &[u8], start: Style) -> StyledLine {
    let mut canvas = Canvas::default();
    let mut style = start;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (text, behind) = rest.split_at(text_length(rest));
        print(&mut canvas, text, style);
        rest = obey(&mut canvas, &mut style, behind);
    }
    StyledLine { runs: canvas.into_runs(), end: style }
}

/// Returns the text of a line as a terminal would show it, without any style.
#[must_use]
pub fn plain_text(bytes: &[u8]) -> String {
    let mut texts = read_line(bytes, Style::default()).runs.into_iter().map(|run| run.text);
    let mut text = texts.next().unwrap_or_default();
    text.extend(texts);
    text
}

/// Returns how many bytes at the start are text: no C0 control, no DEL and no C1 control.
fn text_length(bytes: &[u8]) -> usize {
    // 0xc2 always begins a character, so what follows tells a C1 control from text
    let is_c1 = |place: usize| matches!(bytes.get(place + 1), Some(0x80..=0x9f));
    let is_special = |(place, byte): (usize, &u8)| match *byte {
        0x20..=0x7e => false,
        0xc2 => is_c1(place),
        byte => byte < 0x80,
    };
    bytes.iter().enumerate().position(is_special).unwrap_or(bytes.len())
}

/// Does what the control character or escape sequence at the start of `bytes` says, and returns what is behind it.
fn obey<'a>(canvas: &mut Canvas, style: &mut Style, bytes: &'a [u8]) -> &'a [u8] {
    let length = match bytes.first() {
        None => 0,
        Some(0x1b | 0xc2) => {
            let (escape, length) = escape::read(bytes);
            match escape {
                Escape::Control { parameters, last: b'm' } => style.apply(parameters),
                Escape::Control { parameters, last } => obey_control(canvas, parameters, last),
                Escape::Ignored | Escape::Unfinished => {}
            }
            length
        }
        Some(control) => {
            match control {
                b'\r' => canvas.move_to(0),
                0x08 => canvas.back(1),
                b'\t' => canvas.tab(),
                _ => {}
            }
            1
        }
    };
    bytes.get(length..).unwrap_or_default()
}

/// Obeys a control sequence that moves the cursor within the line or erases a part of it.
fn obey_control(canvas: &mut Canvas, sequence: &[u8], last: u8) {
    let given = parameters(sequence).next().and_then(number).map(usize::from);
    // a count of 0 means 1, as a count left out does
    let count = given.unwrap_or(1).max(1);
    match (last, given) {
        (b'C' | b'a', _) => canvas.forward(count),
        (b'D', _) => canvas.back(count),
        (b'G' | b'`', _) => canvas.move_to(count - 1),
        // erasing the screen erases this line too
        (b'K' | b'J', None | Some(0)) => canvas.erase(Erase::ToEnd),
        (b'K' | b'J', Some(1)) => canvas.erase(Erase::ToCursor),
        (b'K' | b'J', Some(2)) => canvas.erase(Erase::All),
        _ => {}
    }
}

fn print(canvas: &mut Canvas, text: &[u8], style: Style) {
    if let Ok(text) = str::from_utf8(text) {
        return print_characters(canvas, text, style);
    }
    for chunk in text.utf8_chunks() {
        print_characters(canvas, chunk.valid(), style);
        if !chunk.invalid().is_empty() {
            canvas.print("\u{fffd}", style);
        }
    }
}

fn print_characters(canvas: &mut Canvas, text: &str, style: Style) {
    if text.is_ascii() {
        if !text.is_empty() {
            canvas.print(text, style);
        }
        return;
    }
    text.split(is_unwanted).filter(|piece| !piece.is_empty()).for_each(|piece| canvas.print(piece, style));
}

/// Returns whether a character would change the direction of writing or the line: it could make a log read otherwise
/// than it was written.
fn is_unwanted(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
