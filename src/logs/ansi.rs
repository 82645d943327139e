//! Turns the bytes of one line into styled text, and drops every other escape sequence.

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

/// Text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The text: no control characters, tabs already turned into spaces.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// A line ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyledLine {
    /// Its parts from left to right.
    pub runs: Vec<Run>,
    /// The style at its end, with which the next line begins.
    pub end: Style,
}

/// Reads one line as a terminal would show it once it is complete.
#[must_use]
pub fn read_line(_bytes: &[u8], _start: Style) -> StyledLine {
    unimplemented!()
}

/// Returns the text of a line as a terminal would show it, without any style.
#[must_use]
pub fn plain_text(_bytes: &[u8]) -> String {
    unimplemented!()
}
