//! The line in which a search, a filter or a name is typed, and what has come of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::keys::Action;
use crate::logs::Pattern;
use crate::ui::model::Model;
use crate::ui::sought::{Asking, Prompt};
use crate::ui::text;
use crate::ui::widgets::hints_line;

/// The status line while something is typed or searched for.
pub(crate) struct SearchPrompt<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
}

impl SearchPrompt<'_> {
    /// Whether there is anything to show.
    pub(crate) fn is_wanted(model: &Model) -> bool {
        model.prompt.is_some() || (model.pane().sought.search().is_some() && model.notice.is_none())
    }

    /// Says how many there are, which one was gone to, and that it went on from the other end.
    fn count(&self) -> String {
        let sought = &self.model.pane().sought;
        let more = if sought.is_complete { "" } else { "+" };
        let total = format!("{}{more}", text::count(sought.total));
        let mut parts = vec![match (sought.total, sought.position()) {
            (0, _) if sought.is_complete && sought.search().is_some_and(Pattern::is_trouble) => "none".to_owned(),
            (0, _) if sought.is_complete => "no match".to_owned(),
            (0, _) => "searching…".to_owned(),
            (_, Some(position)) => format!("{} of {total}", text::count(position)),
            (_, None) => format!("{total} matches"),
        }];
        parts.extend(sought.turned.map(str::to_owned));
        parts.join(" · ")
    }

    /// Returns what is searched for as it was asked for.
    fn subject(pattern: &Pattern, room: usize) -> String {
        let sign = if pattern.is_trouble() { "" } else { "/" };
        text::cut(&format!("{sign}{}", pattern.text()), room)
    }

    fn keys(&self) -> String {
        let word = |action, word| hints_line::key(self.model, action).map(|key| format!("{key} {word}"));
        let (older, newer) = if self.model.pane().sought.search().is_some_and(Pattern::is_trouble) {
            (Action::OlderError, Action::NewerError)
        } else {
            (Action::OlderMatch, Action::NewerMatch)
        };
        let words = [word(older, "older"), word(newer, "newer"), word(Action::Back, "ends it")];
        words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    fn typing(&self, prompt: &Prompt, room: usize) -> Line<'static> {
        let theme = &self.model.dashboard.theme;
        let sign = match prompt.asking {
            Asking::Search | Asking::Names => "/",
            Asking::Filter => "&",
        };
        let hint = match prompt.asking {
            Asking::Search => "a regular expression; capitals count if there are any",
            Asking::Filter => "show only matching lines; with ! before it, the others",
            Asking::Names => "a part of a name",
        };
        let result = match (&prompt.problem, prompt.asking) {
            (Some(problem), _) => (problem.clone(), theme.bad),
            (None, _) if prompt.text.is_empty() => (hint.to_owned(), theme.quiet),
            (None, Asking::Search) => (self.count(), theme.quiet),
            (None, Asking::Filter) => (self.lines(), theme.quiet),
            (None, Asking::Names) => (self.services(), theme.quiet),
        };
        // the end of a long pattern is where it is typed
        let most = room.saturating_sub(12).max(8);
        let skipped = prompt.text.chars().count().saturating_sub(most);
        let typed: String = prompt.text.chars().skip(skipped).collect();
        let typed = format!("{sign}{typed}▏");
        let left = room.saturating_sub(text::width(&typed) + 2);
        Line::from(vec![
            Span::styled(typed, theme.title),
            Span::raw("  "),
            Span::styled(text::cut(&result.0, left), result.1),
        ])
    }

    fn lines(&self) -> String {
        let kept = self.model.pane().sought.kept.len() as u64;
        let more = if self.model.pane().sought.is_complete { "" } else { "+" };
        format!("{}{more} line{}", text::count(kept), if kept == 1 { "" } else { "s" })
    }

    fn services(&self) -> String {
        match self.model.listed().len() {
            0 => "no service has that in its name".to_owned(),
            1 => "1 service".to_owned(),
            count => format!("{count} services"),
        }
    }
}

impl Widget for &SearchPrompt<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let room = usize::from(area.width.saturating_sub(2));
        let line = match (&self.model.prompt, self.model.pane().sought.search()) {
            (Some(prompt), _) => self.typing(prompt, room),
            (None, Some(pattern)) => {
                let count = self.count();
                let keys = self.keys();
                let left = room.saturating_sub(text::width(&count) + text::width(&keys) + 5);
                Line::from(vec![
                    Span::styled(SearchPrompt::subject(pattern, left.max(6)), theme.title),
                    Span::styled(format!("  {count}"), theme.text),
                    Span::styled(format!("  {keys}"), theme.quiet),
                ])
            }
            (None, None) => return,
        };
        buf.set_line(area.x + 1, area.y, &line, area.width.saturating_sub(2));
    }
}
