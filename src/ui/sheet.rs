//! A panel as data: a title, rows and a footer; every panel is one, so that all look and scroll alike.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect, Size};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::layout;
use super::model::scrolled_to;
use super::text;
use super::theme::Theme;

/// A panel as data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    /// In the upper border.
    pub(crate) title: String,
    /// In the lower border: what can be done here.
    pub(crate) footer: String,
    /// Rows that do not scroll.
    pub(crate) head: Vec<Line<'static>>,
    /// Rows that do.
    pub(crate) body: Vec<Line<'static>>,
    /// The chosen row of the body.
    pub(crate) chosen: Option<usize>,
    /// Rows of the body scrolled past.
    pub(crate) top: usize,
    /// The inner width it wants.
    pub(crate) width: u16,
    /// Whether it is as high as the screen, however few rows there are: rows may come and go.
    pub(crate) tall: bool,
}

/// Returns the cells a panel that wants `width` gets for its text.
pub(crate) fn room(screen: Size, width: u16) -> usize {
    usize::from(layout::panel(screen, width, 1).width.saturating_sub(4))
}

impl Sheet {
    /// Returns where it lies.
    pub(crate) fn area(&self, screen: Size) -> Rect {
        let height = if self.tall { u16::MAX } else { text::cells(self.head.len() + self.body.len()) };
        layout::panel(screen, self.width, height)
    }

    /// Returns how many rows of the body are seen.
    pub(crate) fn rows(&self, screen: Size) -> usize {
        usize::from(layout::inside(self.area(screen)).height).saturating_sub(self.head.len())
    }

    /// Draws it over what is there.
    pub(crate) fn draw(&self, screen: Size, theme: &Theme, buf: &mut Buffer) {
        let inner = frame(self.area(screen), &self.title, &self.footer, theme, buf);
        let text = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let rows = self.rows(screen);
        let total = self.body.len();
        let top = match self.chosen {
            Some(chosen) => scrolled_to(self.top, chosen, rows, total),
            None => self.top.min(total.saturating_sub(rows)),
        };
        let body = self.body.iter().enumerate().skip(top).take(rows);
        let lines = self.head.iter().map(|line| (None, line)).chain(body.map(|(row, line)| (Some(row), line)));
        for (y, (row, line)) in (text.y..text.bottom()).zip(lines) {
            buf.set_line(text.x, y, line, text.width);
            if row.is_some() && row == self.chosen {
                buf.set_style(Rect { y, height: 1, ..inner }, theme.chosen);
            }
        }
        let track = Rect { y: inner.y + text::cells(self.head.len()).min(inner.height), ..inner };
        let track = Rect { height: inner.bottom().saturating_sub(track.y), x: inner.right(), width: 1, ..track };
        scrollbar(track, top, rows, total, theme.focus, buf);
    }
}

/// Clears `area` and draws a border with a title and a footer; returns the inside.
pub(crate) fn frame(area: Rect, title: &str, footer: &str, theme: &Theme, buf: &mut Buffer) -> Rect {
    hide_half_characters(area, buf);
    Clear.render(area, buf);
    let room = usize::from(area.width).saturating_sub(6);
    let mut block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.focus).style(theme.text);
    if !title.is_empty() {
        block = block.title(Line::styled(format!(" {} ", text::cut(title, room)), theme.title));
    }
    if !footer.is_empty() {
        let footer = Line::styled(format!(" {} ", text::cut(footer, room)), theme.quiet);
        block = block.title_bottom(footer.alignment(Alignment::Right));
    }
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

/// Takes away wide characters that reach from the left into `area`: they would hide its border.
fn hide_half_characters(area: Rect, buf: &mut Buffer) {
    let Some(x) = area.x.checked_sub(1) else { return };
    for y in area.y..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| text::width(cell.symbol()) > 1) {
            cell.set_symbol(" ");
        }
    }
}

/// Draws on a border which part of `total` rows is seen; nothing where all of them are.
#[allow(clippy::too_many_arguments, reason = "four numbers and where they are drawn")]
pub(crate) fn scrollbar(track: Rect, top: usize, rows: usize, total: usize, style: Style, buf: &mut Buffer) {
    let height = usize::from(track.height);
    if total <= rows || height == 0 || rows == 0 {
        return;
    }
    let length = (height * rows / total).clamp(1, height);
    let hidden = total - rows;
    // rounded so that only the very first and the very last row put the thumb at an end
    let start = (top.min(hidden) * (height - length)).div_ceil(hidden).min(height - length);
    for y in (track.y..track.bottom()).skip(start).take(length) {
        if let Some(cell) = buf.cell_mut((track.x, y)) {
            cell.set_symbol("┃").set_style(style);
        }
    }
}
