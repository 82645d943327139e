//! procdash's own log, as tui-logger keeps it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_logger::{TuiLoggerLevelOutput, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

use crate::ui::model::Model;
use crate::ui::msg::Page;
use crate::ui::{layout, sheet};

/// procdash's own log.
pub(crate) struct Diagnostics<'a> {
    /// How it looks, and how big the screen is.
    pub(crate) model: &'a Model,
    /// Where it stands; the logger's own.
    pub(crate) state: &'a TuiWidgetState,
}

/// Moves about in it.
pub(crate) fn turn(state: &TuiWidgetState, page: Page) {
    state.transition(match page {
        Page::Back => TuiWidgetEvent::PrevPageKey,
        Page::Forth => TuiWidgetEvent::NextPageKey,
        Page::End => TuiWidgetEvent::EscapeKey,
    });
}

impl Widget for &Diagnostics<'_> {
    fn render(self, _: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let area = layout::panel(self.model.size, 150, u16::MAX);
        let inner = sheet::frame(area, "procdash's own log", "↑ ↓ scroll · Esc closes", theme, buf);
        let text = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        TuiLoggerWidget::default()
            .output_timestamp(Some("%H:%M:%S".to_owned()))
            .output_level(Some(TuiLoggerLevelOutput::Long))
            .output_separator(' ')
            .output_target(true)
            .output_file(false)
            .output_line(false)
            .style(theme.text)
            .style_error(theme.bad)
            .style_warn(theme.busy)
            .style_info(theme.text)
            .style_debug(theme.quiet)
            .style_trace(theme.quiet)
            .state(self.state)
            .render(text, buf);
        let is_blank = |x| (text.y..text.bottom()).all(|y| buf.cell((x, y)).is_none_or(|cell| cell.symbol() == " "));
        if (text.x..text.right()).all(is_blank) {
            buf.set_stringn(text.x, text.y, "nothing has gone wrong so far", usize::from(text.width), theme.quiet);
        }
    }
}
