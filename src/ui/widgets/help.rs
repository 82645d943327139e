//! Every key, from the table of actions and the keys as they are bound now.

use ratatui::text::{Line, Span};

use crate::keys::{Action, Context, Group};
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

/// Two columns of keys.
const WIDTH: u16 = 112;
const COLUMN: usize = 54;
/// One column of them.
const ONE_COLUMN: u16 = 54;
const KEYS: usize = 14;

/// Builds the help, in two columns where there is room for them.
pub(crate) fn sheet(model: &Model, top: usize) -> Sheet {
    let room = sheet::room(model.size, WIDTH);
    let columns = if room >= 2 * COLUMN { 2 } else { 1 };
    let width = if columns == 2 { WIDTH } else { ONE_COLUMN };
    let cell = COLUMN.min(sheet::room(model.size, width));
    let groups: Vec<Vec<Line<'static>>> = Group::ALL.iter().map(|&group| rows(model, group, cell)).collect();
    let total: usize = groups.iter().map(Vec::len).sum();
    let mut sides = [Vec::new(), Vec::new()];
    for group in groups {
        let [left, right] = &mut sides;
        // a group stays whole; the right side begins once the left one holds half
        let side =
            if columns == 1 || (right.is_empty() && left.len() + group.len() / 2 < total / 2) { left } else { right };
        side.extend(group);
    }
    let [left, right] = sides.map(|mut side| {
        // the empty line is between groups, not after the last
        side.pop();
        side
    });
    Sheet {
        title: "keys".to_owned(),
        footer: "↑ ↓ scroll · Esc closes".to_owned(),
        head: Vec::new(),
        body: side_by_side(left, right),
        chosen: None,
        top,
        width,
        tall: false,
    }
}

fn side_by_side(left: Vec<Line<'static>>, right: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let line = |_| {
        let mut line = left.next().unwrap_or_default();
        if let Some(other) = right.next() {
            let gap = (COLUMN + 4).saturating_sub(line.width());
            line.spans.push(Span::raw(" ".repeat(gap)));
            line.spans.extend(other.spans);
        }
        line
    };
    (0..rows).map(line).collect()
}

fn rows(model: &Model, group: Group, room: usize) -> Vec<Line<'static>> {
    let theme = &model.dashboard.theme;
    // the style is the words': a line's own would spread over the column beside it
    let mut rows = vec![Line::from(Span::styled(group.title(), theme.title))];
    let mut actions = Action::ALL.iter().copied().filter(|action| action.group() == group).peekable();
    while let Some(action) = actions.next() {
        let keys = keys(model, action);
        let (keys, help) = if action == Action::Select1 {
            // nine rows of the same would hide the rest
            while actions.next_if(|next| next.name().starts_with("select-")).is_some() {}
            ("1 … 9".to_owned(), "choose a service by its place")
        } else {
            (keys, action.help())
        };
        let style = if keys.is_empty() { theme.quiet } else { theme.key };
        let keys = if keys.is_empty() { "not bound".to_owned() } else { keys };
        for (row, part) in text::wrap(help, room.saturating_sub(KEYS + 2)).into_iter().enumerate() {
            let keys = text::left(if row == 0 { &keys } else { "" }, KEYS);
            rows.push(Line::from(vec![Span::styled(format!("  {keys}"), style), Span::styled(part, theme.text)]));
        }
    }
    rows.push(Line::default());
    rows
}

fn keys(model: &Model, action: Action) -> String {
    let context = if action.group() == Group::Copying { Context::Copy } else { model.context() };
    let chords = model.dashboard.keymap.keys(context, action);
    chords.iter().map(|chord| chord.label()).collect::<Vec<_>>().join(" ")
}
