//! One line as parts in their order: text, tabs, styles, and what moves within the line.

use super::canvas::Erase;
use super::escape::{self, Escape, number, parameters};

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text: no control characters, and nothing that changes the direction of writing.
    Text(&'a str),
    /// A tab.
    Tab,
    /// The parameters of an SGR sequence.
    Style(&'a [u8]),
    /// Something that can write over what is there.
    Motion(Motion),
    /// A control character or a sequence that means nothing within a line.
    Nothing,
}

/// A way to move the cursor within the line, or to erase a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// To this column, counted from 0.
    To(usize),
    /// So many columns to the right.
    Forward(usize),
    /// So many columns to the left.
    Back(usize),
    /// Erases this part; the cursor stays.
    Erase(Erase),
}

/// The parts of a line, each with its place among the line's bytes.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the text ends that `at` stands in.
    text_end: usize,
    /// The rest of it, as far as it was looked at.
    text: &'a str,
}

/// Returns the parts of a line.
#[must_use]
pub fn parts(bytes: &[u8]) -> Parts<'_> {
    Parts { bytes, at: 0, text_end: 0, text: "" }
}

impl<'a> Iterator for Parts<'a> {
    type Item = (usize, Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text_end {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            self.text_end = self.at + text_length(rest);
        }
        let at = self.at;
        let part = if at < self.text_end { self.next_text() } else { self.next_control() };
        Some((at, part))
    }
}

impl<'a> Parts<'a> {
    fn next_text(&mut self) -> Part<'a> {
        if self.text.is_empty() {
            let rest = self.bytes.get(self.at..self.text_end).unwrap_or_default();
            let valid = match str::from_utf8(rest) {
                Ok(text) => text,
                Err(error) if error.valid_up_to() == 0 => {
                    self.at += error.error_len().unwrap_or(rest.len());
                    return Part::Text("\u{fffd}");
                }
                Err(error) => {
                    rest.get(..error.valid_up_to()).and_then(|valid| str::from_utf8(valid).ok()).unwrap_or("")
                }
            };
            self.text = valid;
        }
        let text = self.text;
        if text.is_ascii() {
            self.text = "";
            self.at += text.len();
            return Part::Text(text);
        }
        let (wanted, behind) = text.split_at(text.find(is_unwanted).unwrap_or(text.len()));
        if wanted.is_empty() {
            let mut rest = behind.chars();
            self.at += rest.next().map_or(0, char::len_utf8);
            self.text = rest.as_str();
            return Part::Nothing;
        }
        self.text = behind;
        self.at += wanted.len();
        Part::Text(wanted)
    }

    fn next_control(&mut self) -> Part<'a> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (part, length) = match rest.first() {
            Some(0x1b | 0xc2) => {
                let (escape, length) = escape::read(rest);
                let part = match escape {
                    Escape::Control { parameters, last: b'm' } => Part::Style(parameters),
                    Escape::Control { parameters, last } => {
                        motion(parameters, last).map_or(Part::Nothing, Part::Motion)
                    }
                    Escape::Ignored | Escape::Unfinished => Part::Nothing,
                };
                (part, length)
            }
            Some(b'\r') => (Part::Motion(Motion::To(0)), 1),
            Some(0x08) => (Part::Motion(Motion::Back(1)), 1),
            Some(b'\t') => (Part::Tab, 1),
            Some(_) | None => (Part::Nothing, 1),
        };
        self.at += length;
        part
    }
}

/// Reads a control sequence that moves the cursor within the line or erases a part of it.
fn motion(sequence: &[u8], last: u8) -> Option<Motion> {
    let given = parameters(sequence).next().and_then(number).map(usize::from);
    // a count of 0 means 1, as a count left out does
    let count = given.unwrap_or(1).max(1);
    let motion = match (last, given) {
        (b'C' | b'a', _) => Motion::Forward(count),
        (b'D', _) => Motion::Back(count),
        (b'G' | b'`', _) => Motion::To(count - 1),
        // erasing the screen erases this line too
        (b'K' | b'J', None | Some(0)) => Motion::Erase(Erase::ToEnd),
        (b'K' | b'J', Some(1)) => Motion::Erase(Erase::ToCursor),
        (b'K' | b'J', Some(2)) => Motion::Erase(Erase::All),
        _ => return None,
    };
    Some(motion)
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

/// Returns whether a character acts instead of being shown: a control character, or one that changes the direction of
/// writing.
#[must_use]
pub fn acts(char: char) -> bool {
    char.is_control() || is_unwanted(char)
}

/// Returns whether a character would change the direction of writing or the line: it could make a log read otherwise
/// than it was written.
fn is_unwanted(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
