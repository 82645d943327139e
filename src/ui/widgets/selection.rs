//! What is selected, laid over the rows of the pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::screen::Picture;
use crate::ui::log_window::LogWindow;
use crate::ui::model::Model;
use crate::ui::selection::{Extent, cells_of, words};
use crate::ui::text;

/// What is selected.
pub(crate) struct Selection<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
    /// The pane's lines.
    pub(crate) window: &'a LogWindow,
    /// Its screen, where that is shown instead.
    pub(crate) picture: Option<&'a Picture>,
}

impl Selection<'_> {
    /// Returns the row and the columns of each part, counted from the start of the text.
    fn parts(&self, extent: Extent) -> Vec<(u16, std::ops::Range<usize>)> {
        let Some(picture) = self.picture else {
            let rows = (0..).zip(&self.window.rows);
            return rows.filter_map(|(y, row)| Some((y, cells_of(row, extent)?))).collect();
        };
        let lines = picture.lines();
        let part = |(y, line): (u16, &String)| {
            let range = extent.within(u64::from(y), line.len())?;
            let columns = words::column(line, range.start)..words::column(line, range.end);
            Some((y, if line.is_empty() { 0..1 } else { columns }))
        };
        (0..).zip(&lines).filter_map(part).collect()
    }
}

impl Widget for &Selection<'_> {
    /// Lays it over `area`, where the text is.
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Some(extent) = self.model.selecting.as_ref().and_then(|selecting| selecting.extent) else { return };
        for (row, columns) in self.parts(extent) {
            let (from, to) = (text::cells(columns.start).min(area.width), text::cells(columns.end).min(area.width));
            let part =
                Rect { x: area.x + from, y: area.y.saturating_add(row), width: to.saturating_sub(from), height: 1 };
            buf.set_style(part.intersection(area), self.model.dashboard.theme.selected);
        }
    }
}
