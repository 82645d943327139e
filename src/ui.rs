//! Shows the board and the logs, and turns keys into commands.

mod clipboard;
mod columns;
mod contended;
mod dashboard;
mod event_loop;
#[cfg(test)]
mod fixture;
mod input;
mod json_line;
mod json_text;
mod layout;
mod line_edit;
mod links;
mod log_rows;
mod log_window;
mod long_line;
mod model;
mod msg;
mod opened_line;
mod palette;
mod pane;
mod panes;
mod ports;
mod reader;
mod report;
mod seeker;
mod selection;
mod sheet;
mod sizes;
mod sought;
mod stamps;
mod still;
mod taker;
pub mod terminal;
pub(crate) mod text;
mod text_file;
mod theme;
mod update;
mod view;
mod widgets;

pub use clipboard::{Offered, Programs, set_programs};
pub use dashboard::{Dashboard, Description};
pub use event_loop::{run, run_on};
pub use input::PAUSE;
pub use still::Still;
pub use theme::Theme;
