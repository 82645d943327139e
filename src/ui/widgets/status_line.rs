//! What happened last; nothing until something does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::ui::model::Model;
use crate::ui::text;

/// The line above the hints.
pub(crate) struct StatusLine<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
}

impl Widget for &StatusLine<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let room = usize::from(area.width.saturating_sub(2));
        let selected = self.model.selected;
        let problem = self.model.service(selected).and_then(|status| status.problem.as_deref());
        let about = self.model.about(selected);
        let described = about.as_ref().and_then(|about| about.description.as_deref());
        let (line, style) = match (&self.model.notice, problem, described) {
            (Some(notice), _, _) => (notice.text.clone(), theme.tone(notice.tone)),
            (None, Some(problem), _) => (format!("{}: {problem}", self.model.name(selected)), theme.bad),
            (None, None, Some(words)) => (format!("{}: {words}", self.model.name(selected)), theme.quiet),
            (None, None, None) => return,
        };
        buf.set_stringn(area.x + 1, area.y, text::cut(&line, room), room, style);
    }
}
