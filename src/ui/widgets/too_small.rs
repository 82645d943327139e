//! What is said where nothing else fits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::ui::text;
use crate::ui::theme::Theme;

/// Says in the middle of the screen that it is too small.
pub(crate) struct TooSmall<'a> {
    /// How it looks.
    pub(crate) theme: &'a Theme,
}

impl Widget for &TooSmall<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let room = usize::from(area.width);
        let lines = text::wrap("procdash needs 40×10 cells; services go on running", room);
        let lines: Vec<String> = lines.into_iter().map(|line| text::cut(&line, room)).collect();
        let first = area.y + area.height.saturating_sub(text::cells(lines.len())) / 2;
        for (y, line) in (first..area.bottom()).zip(&lines) {
            let x = area.x + text::cells(room.saturating_sub(text::width(line)) / 2);
            buf.set_stringn(x, y, line, room, self.theme.text);
        }
    }
}
