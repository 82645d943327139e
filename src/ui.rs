//! Shows the board and the logs, and turns keys into commands.

mod columns;
mod contended;
mod dashboard;
mod event_loop;
#[cfg(test)]
mod fixture;
mod input;
mod layout;
mod log_rows;
mod log_window;
mod long_line;
mod model;
mod msg;
mod pane;
mod panes;
mod reader;
mod report;
mod seeker;
mod sheet;
mod sizes;
mod sought;
pub mod terminal;
pub(crate) mod text;
mod theme;
mod update;
mod view;
mod widgets;

pub use dashboard::{Dashboard, Description};
pub use event_loop::{run, run_on};
pub use input::PAUSE;
pub use theme::Theme;
