//! What services print: a bounded buffer of bytes cut into lines, and the reader that turns a line into styled text.

mod ansi;
mod arena;
mod arrivals;
mod buffer;
mod canvas;
mod carry;
mod chunk;
mod escape;
mod lines;
mod merge;
mod parts;
mod search;
mod snapshot;
mod style;
mod tail;

pub use ansi::{StyledLine, plain_text, read_from, read_line, shown_part};
pub use arrivals::Arrivals;
pub use buffer::LogBuffer;
pub use canvas::{Erase, tab_width};
pub use carry::style_after;
pub use lines::{Dropped, Line, Source, Stamp, Tone};
pub use parts::{Motion, Part, Parts, parts};
pub use search::{Answer, BadPattern, Filter, Hit, Pattern, Question, seek, seek_among};
pub use snapshot::Snapshot;
pub use style::{Colour, Run, Style};
