//! One frame of a dashboard with one service, without a terminal and without anything that runs: for the fuzzer and the
//! benches.

use std::time::Instant;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use ratatui::widgets::Widget as _;
use tui_logger::TuiWidgetState;

use crate::logs::LogBuffer;
use crate::screen::Picture;
use crate::supervisor::{Board, Phase, ServiceStatus};

use super::dashboard::Dashboard;
use super::log_window::{Excerpt, LogView};
use super::model::{Model, Moment};
use super::view::{Contents, Scene};

/// A dashboard that draws frames on request.
pub struct Still {
    model: Model,
    view: LogView,
    diagnostics: TuiWidgetState,
}

impl Still {
    /// Makes a dashboard of this size whose one service has this name.
    #[must_use]
    pub fn new(dashboard: Dashboard, service: &str, (columns, rows): (u16, u16)) -> Self {
        let board = Board { services: vec![ServiceStatus::never_started(service.into())], phase: Phase::Up };
        let model = Model::new(dashboard, board, Size::new(columns, rows));
        Self { model, view: LogView::default(), diagnostics: TuiWidgetState::new() }
    }

    /// Changes whether long lines go on in the next row, and from which column on they are shown otherwise.
    pub fn wrap(&mut self, wraps: bool, column: usize) {
        self.model.wrap = wraps;
        self.view.column = column;
    }

    /// Moves by so many rows at the next frame; up where it is negative.
    pub fn scroll(&mut self, rows: i64) {
        self.view.pending = rows;
    }

    /// Draws the frame of this log, or of the picture that is shown instead.
    #[must_use]
    pub fn draw(&mut self, log: &LogBuffer, picture: Option<&Picture>) -> Buffer {
        let (page, lens) = (self.model.page(), self.model.lens());
        let window = Excerpt::copy(log, &self.view, page, lens).lay_out(&mut self.view, page, lens);
        let moment = Moment { now: Instant::now(), wall: Timestamp::UNIX_EPOCH };
        let contents = [Contents { window: &window, picture }];
        let scene = Scene { model: &self.model, contents: &contents, moment, diagnostics: &self.diagnostics };
        let mut buffer =
            Buffer::empty(ratatui::layout::Rect::from((ratatui::layout::Position::ORIGIN, self.model.size)));
        scene.render(buffer.area, &mut buffer);
        buffer
    }
}

impl std::fmt::Debug for Still {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Still").field("size", &self.model.size).finish_non_exhaustive()
    }
}
