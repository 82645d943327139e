//! What services print: a bounded buffer of bytes cut into lines, and the reader that turns a line into styled text.

mod ansi;
mod arena;
mod buffer;
mod canvas;
mod carry;
mod chunk;
mod escape;
mod lines;
mod snapshot;
mod style;
mod tail;

pub use ansi::{StyledLine, plain_text, read_line};
pub use buffer::LogBuffer;
pub use snapshot::Snapshot;
pub use lines::{Dropped, Line, Source, Stamp, Tone};
pub use style::{Colour, Run, Style};
