//! The letters over the links on the screen, by which one is chosen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::widgets::Widget;

use crate::ui::links::Choice;
use crate::ui::text;
use crate::ui::theme::Theme;

/// The letters over the links on the screen.
pub(crate) struct LinkHints<'a> {
    /// The links.
    pub(crate) choice: &'a Choice,
    /// The colours.
    pub(crate) theme: &'a Theme,
}

impl Widget for &LinkHints<'_> {
    /// Draws them over the rows of the log, which begin at the left of `area`.
    fn render(self, area: Rect, buf: &mut Buffer) {
        let label = self.theme.mark.add_modifier(Modifier::REVERSED | Modifier::BOLD);
        let typed = self.choice.typed.to_ascii_lowercase();
        for link in self.choice.links.iter().filter(|link| link.label.starts_with(&typed)) {
            let (x, y) =
                (area.x.saturating_add(text::cells(link.column)), area.y.saturating_add(text::cells(link.row)));
            if x >= area.right() || y >= area.bottom() {
                continue;
            }
            let room = area.right() - x;
            let link_area = Rect { x, y, width: text::cells(link.width).min(room), height: 1 };
            buf.set_style(link_area, self.theme.text.add_modifier(Modifier::UNDERLINED));
            buf.set_stringn(x, y, link.label.to_uppercase(), usize::from(room), label);
        }
    }
}
