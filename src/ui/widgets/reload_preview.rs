//! What the file says now and what that would change, before it is done.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::supervisor::Plan;
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 74;
/// Cells of the word before a name.
const WORD: usize = 11;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, plan: &Plan, top: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH).saturating_sub(WORD);
    let mut body: Vec<Line<'static>> = Vec::new();
    let mut row = |word: &str, style: Style, name: &str, rest: &str| {
        let name = text::cut(name, room);
        let left = room.saturating_sub(text::width(&name));
        body.push(Line::from(vec![
            Span::styled(text::left(word, WORD), style),
            Span::styled(name, theme.text),
            Span::styled(text::cut(rest, left), theme.quiet),
        ]));
    };
    for name in &plan.added {
        row("added", theme.good, name, "");
    }
    for name in &plan.removed {
        row("removed", theme.bad, name, " · stopped, and seen gone");
    }
    for changed in &plan.changed {
        let restart = if changed.restarts { " · restarts" } else { "" };
        row("changed", theme.busy, &changed.name, &format!(" ({}){restart}", changed.key_list()));
    }
    if plan.is_reordered {
        row("order", theme.quiet, "another one", "");
    }
    row("unchanged", theme.quiet, &plan.unchanged.to_string(), " · not touched");
    if !plan.later.is_empty() {
        row("later", theme.quiet, &plan.later.join(", "), " · from the next `procdash up` on");
    }
    Sheet {
        title: "the file says something else now".to_owned(),
        footer: "Enter or y takes it · Esc or n leaves all as it is".to_owned(),
        head: Vec::new(),
        body,
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}
