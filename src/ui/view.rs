//! The frame: from the screen as data to cells. Drawing cannot change what it draws.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_logger::TuiWidgetState;

use crate::screen::Picture;

use super::contended;
use super::log_window::LogWindow;
use super::model::{Model, Moment, Panel};
use super::widgets::diagnostics::Diagnostics;
use super::widgets::hints_line::HintsLine;
use super::widgets::log_pane::LogPane;
use super::widgets::search_prompt::SearchPrompt;
use super::widgets::service_list::ServiceList;
use super::widgets::status_line::StatusLine;
use super::widgets::title_bar::TitleBar;
use super::widgets::too_small::TooSmall;
use super::widgets::{self, quit_monitor};

/// What a pane shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    /// Its lines.
    pub(crate) window: &'a LogWindow,
    /// The screen of its service, where that is shown instead.
    pub(crate) picture: Option<&'a Picture>,
}

/// One frame.
pub(crate) struct Scene<'a> {
    /// The screen as data.
    pub(crate) model: &'a Model,
    /// What the panes show, in their order.
    pub(crate) contents: &'a [Contents<'a>],
    /// The time.
    pub(crate) moment: Moment,
    /// Where procdash's own log stands.
    pub(crate) diagnostics: &'a TuiWidgetState,
}

impl Widget for &Scene<'_> {
    /// Draws the frame; `area` must have the size that the model knows.
    fn render(self, area: Rect, buf: &mut Buffer) {
        let (model, moment) = (self.model, self.moment);
        let theme = &model.dashboard.theme;
        let Some(areas) = model.areas() else {
            TooSmall { theme }.render(area, buf);
            return;
        };
        if !areas.list.is_empty() {
            TitleBar { model, moment }.render(areas.title, buf);
            ServiceList { model, moment }.render(areas.list, buf);
        }
        for (place, (pane, contents)) in model.panes.all().zip(self.contents).enumerate() {
            let area = areas.pane(place);
            if !area.is_empty() {
                LogPane { model, pane, window: contents.window, picture: contents.picture, moment }.render(area, buf);
            }
        }
        if SearchPrompt::is_wanted(model) {
            SearchPrompt { model }.render(areas.status, buf);
        } else {
            StatusLine { model }.render(areas.status, buf);
        }
        HintsLine { model }.render(areas.hints, buf);
        if !model.panels.is_empty() || model.is_quitting() {
            buf.set_style(area, theme.behind());
        }
        for panel in &model.panels {
            match (widgets::sheet(model, panel, moment), panel) {
                (Some(sheet), _) => sheet.draw(model.size, theme, buf),
                (None, Panel::Diagnostics) => Diagnostics { model, state: self.diagnostics }.render(area, buf),
                (None, _) => {}
            }
        }
        if let Some(sheet) = quit_monitor::sheet(model, moment) {
            sheet.draw(model.size, theme, buf);
        }
        contended::settle(area, buf);
    }
}

#[cfg(test)]
mod tests;
