//! What the command line offers, above it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::ui::model::{Model, scrolled_to};
use crate::ui::palette;
use crate::ui::sheet;
use crate::ui::sought::{Asking, Prompt};
use crate::ui::text;

/// Rows that are offered at once.
const ROWS: usize = 10;
/// The cells of a word and of its keys.
const WORD: usize = 16;
const KEYS: usize = 16;

/// What the command line offers.
pub(crate) struct Palette<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
}

impl Palette<'_> {
    /// Returns what is typed, if it is a command.
    fn prompt(&self) -> Option<&Prompt> {
        self.model.prompt.as_ref().filter(|prompt| prompt.asking == Asking::Command && self.model.panels.is_empty())
    }
}

impl Widget for &Palette<'_> {
    /// Draws it above `area`, which is where the line is typed.
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Some(prompt) = self.prompt() else { return };
        let theme = &self.model.dashboard.theme;
        let (choices, _) = palette::choices(self.model, prompt.line.around().0);
        let rows = choices.len().min(ROWS).min(usize::from(area.y.saturating_sub(3)));
        if rows == 0 {
            return;
        }
        let height = text::cells(rows) + 2;
        let outer = Rect { y: area.y - height, height, ..area };
        let chosen = prompt.chosen.min(choices.len() - 1);
        let count = if choices.len() > rows { format!("{} of {}", chosen + 1, choices.len()) } else { String::new() };
        let inner = sheet::frame(outer, "commands", &count, theme, buf);
        let top = scrolled_to(0, chosen, rows, choices.len());
        let seen = choices.iter().enumerate().skip(top).take(rows);
        for (y, (place, choice)) in (inner.y..inner.bottom()).zip(seen) {
            let room = usize::from(inner.width).saturating_sub(WORD + KEYS + 5);
            let line = Line::from(vec![
                Span::raw(" "),
                Span::styled(text::left(&choice.word, WORD), theme.title),
                Span::raw(" "),
                Span::styled(text::left(&choice.keys, KEYS), theme.key),
                Span::raw(" "),
                Span::styled(text::cut(&choice.help, room), theme.text),
            ]);
            buf.set_line(inner.x, y, &line, inner.width);
            if place == chosen {
                buf.set_style(Rect { y, height: 1, ..inner }, theme.chosen);
            }
        }
        let track = Rect { x: inner.right(), width: 1, ..inner };
        sheet::scrollbar(track, top, rows, choices.len(), theme.focus, buf);
    }
}
