//! What services print: a bounded buffer of bytes cut into lines, the reader that turns a line into styled text, and what
//! the files are about in which it is kept.

mod ansi;
mod arena;
mod arrivals;
mod buffer;
mod canvas;
mod carry;
mod chunk;
mod escape;
mod hyperlink;
mod kept;
mod level;
mod lines;
mod merge;
mod parts;
mod runs;
mod search;
mod severity;
mod snapshot;
mod style;
mod tail;
pub(crate) mod trace;

pub use ansi::{StyledLine, plain_text, read_from, read_line, shown_part};
pub use arrivals::Arrivals;
pub use buffer::LogBuffer;
pub use canvas::{Erase, tab_width};
pub use carry::style_after;
pub use hyperlink::{Hyperlink, hyperlinks};
pub use kept::{
    Happening, LEAST_PAUSE, Record, Rotation, Step, Timeline, file_stem, log_name, project_folder, records_name,
    rotated_name,
};
pub use level::{Level, level};
pub use lines::{Dropped, Line, Source, Stamp, Tone};
pub use parts::{Motion, Part, Parts, acts, parts};
pub use runs::Runs;
pub use search::{Answer, BadPattern, Filter, Hit, Pattern, Question, seek, seek_among};
pub use severity::{Severity, severity};
pub use snapshot::Snapshot;
pub use style::{Colour, Run, Style};
