//! What services print: a bounded buffer of bytes cut into lines, and the reader that turns a line into styled text.

mod ansi;
mod buffer;
mod lines;

pub use ansi::{Colour, Run, Style, StyledLine, plain_text, read_line};
pub use buffer::{Dropped, Line, LogBuffer};
pub use lines::{Source, Stamp, Tone};
