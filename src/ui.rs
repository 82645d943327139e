//! Shows the board and the logs, and turns keys into commands.

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
mod links;
mod log_rows;
mod log_window;
mod long_line;
mod model;
mod msg;
mod opened_line;
mod osc52;
mod pane;
mod panes;
mod reader;
mod report;
mod seeker;
mod sheet;
mod sizes;
mod sought;
mod stamps;
mod still;
pub mod terminal;
pub(crate) mod text;
mod theme;
mod trace;
mod update;
mod view;
mod widgets;

pub use dashboard::{Dashboard, Description};
pub use event_loop::{run, run_on};
pub use input::PAUSE;
pub use still::Still;
pub use theme::Theme;
