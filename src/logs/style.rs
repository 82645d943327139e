//! How text looks: the attributes of a terminal, read from SGR sequences and written as such.

use std::fmt::Write;

use super::escape::{number, parameters};

/// A colour as the service chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// One of the terminal's palette: 0 to 7, their bright twins 8 to 15, the cube and greys up to 255.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How text looks (SGR, ECMA-48 8.3.117).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent attribute of the standard")]
pub struct Style {
    /// Foreground; `None` is the terminal's own.
    pub fg: Option<Colour>,
    /// Background; `None` is the terminal's own.
    pub bg: Option<Colour>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Foreground and background swapped.
    pub reverse: bool,
    /// Not shown.
    pub hidden: bool,
    /// Crossed out.
    pub strike: bool,
}

impl Style {
    /// Changes the style as an SGR sequence with these parameters does; unknown ones are passed over.
    pub(super) fn apply(&mut self, sequence: &[u8]) {
        let mut parts = parameters(sequence);
        while let Some(part) = parts.next() {
            if part.contains(&b':') {
                self.apply_detailed(part);
                continue;
            }
            match number(part).unwrap_or(0) {
                38 => self.fg = colour(&mut parts).or(self.fg),
                48 => self.bg = colour(&mut parts).or(self.bg),
                // the colour of the underline is not kept, but its numbers must not be taken for attributes
                58 => drop(colour(&mut parts)),
                code => self.apply_code(code),
            }
        }
    }

    fn apply_code(&mut self, code: u16) {
        match code {
            0 => *self = Self::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            // 21 is a double underline (ECMA-48), not the end of bold
            4 | 21 => self.underline = true,
            7 => self.reverse = true,
            8 => self.hidden = true,
            9 => self.strike = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.reverse = false,
            28 => self.hidden = false,
            29 => self.strike = false,
            39 => self.fg = None,
            49 => self.bg = None,
            _ => {
                self.fg = palette(code, 30, 90).or(self.fg);
                self.bg = palette(code, 40, 100).or(self.bg);
            }
        }
    }

    /// Applies a parameter with details of its own, as `4:3` or `38:2::1:2:3`.
    fn apply_detailed(&mut self, part: &[u8]) {
        let mut details = part.split(|byte| *byte == b':');
        match details.next().and_then(number) {
            Some(4) => self.underline = details.next().and_then(number) != Some(0),
            Some(38) => self.fg = detailed_colour(part).or(self.fg),
            Some(48) => self.bg = detailed_colour(part).or(self.bg),
            _ => {}
        }
    }

    /// Writes the SGR sequence that leads from any style to this one.
    pub(super) fn write_sgr(&self, out: &mut String) {
        out.push_str("\x1b[0");
        let attributes = [
            (self.bold, ";1"),
            (self.dim, ";2"),
            (self.italic, ";3"),
            (self.underline, ";4"),
            (self.reverse, ";7"),
            (self.hidden, ";8"),
            (self.strike, ";9"),
        ];
        out.extend(attributes.into_iter().filter_map(|(is_set, code)| is_set.then_some(code)));
        write_colour(self.fg, 30, out);
        write_colour(self.bg, 40, out);
        out.push('m');
    }
}

fn palette(code: u16, dark: u16, bright: u16) -> Option<Colour> {
    let index = match code.checked_sub(bright) {
        Some(place @ 0..8) => place + 8,
        _ => code.checked_sub(dark).filter(|place| *place < 8)?,
    };
    u8::try_from(index).ok().map(Colour::Indexed)
}

/// Reads a colour from the parameters behind a 38 or 48, as `5;n` or `2;r;g;b`.
fn colour<'a>(parts: &mut impl Iterator<Item = &'a [u8]>) -> Option<Colour> {
    let mut next = || number(parts.next()?);
    match next()? {
        5 => u8::try_from(next()?).ok().map(Colour::Indexed),
        2 => {
            // all three are read before one is judged, or the others would be taken for attributes
            let (red, green, blue) = (next(), next(), next());
            rgb(red, green, blue)
        }
        _ => None,
    }
}

/// Reads a colour as `38:5:n`, `38:2:r:g:b` or `38:2:space:r:g:b`.
fn detailed_colour(part: &[u8]) -> Option<Colour> {
    let details = || part.split(|byte| *byte == b':').skip(1);
    let mut numbers = details().map(number);
    match numbers.next()?? {
        5 => u8::try_from(numbers.next()??).ok().map(Colour::Indexed),
        2 => {
            if details().count() > 4 {
                // the colour space, mostly empty
                numbers.next();
            }
            rgb(numbers.next()?, numbers.next()?, numbers.next()?)
        }
        _ => None,
    }
}

fn rgb(red: Option<u16>, green: Option<u16>, blue: Option<u16>) -> Option<Colour> {
    let byte = |value: Option<u16>| u8::try_from(value.unwrap_or(0)).ok();
    Some(Colour::Rgb(byte(red)?, byte(green)?, byte(blue)?))
}

fn write_colour(colour: Option<Colour>, dark: u8, out: &mut String) {
    let written = match colour {
        None => Ok(()),
        Some(Colour::Indexed(index @ 0..8)) => write!(out, ";{}", dark + index),
        Some(Colour::Indexed(index @ 8..16)) => write!(out, ";{}", dark + 60 + index - 8),
        Some(Colour::Indexed(index)) => write!(out, ";{};5;{index}", dark + 8),
        Some(Colour::Rgb(red, green, blue)) => write!(out, ";{};2;{red};{green};{blue}", dark + 8),
    };
    written.expect("writing to a string does not fail");
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The text: no control characters, tabs already turned into spaces.
    pub text: String,
    /// How it looks.
    pub style: Style,
}
