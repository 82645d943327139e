//! A line of JSON in a panel of its own.

use ratatui::layout::Size;
use ratatui::text::{Line, Span};

use crate::ui::model::Model;
use crate::ui::opened_line::{OpenedLine, Part, Role};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::theme::Theme;

const WIDTH: u16 = 100;

/// Returns the cells for its rows on a screen of this size.
pub(crate) fn room(screen: Size) -> usize {
    sheet::room(screen, WIDTH)
}

/// Builds the panel.
pub(crate) fn sheet(model: &Model, opened: &OpenedLine, top: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    // only what can be seen is styled: there may be many thousand rows
    let seen = top..top.saturating_add(usize::from(model.size.height));
    let row = |(place, parts): (usize, &Vec<Part>)| {
        if seen.contains(&place) { styled(parts, theme) } else { Line::default() }
    };
    Sheet {
        title: format!("{} ── line {}", model.name(opened.service), text::count(opened.line + 1)),
        footer: "← older · → newer · ↑ ↓ scroll · Esc closes".to_owned(),
        head: Vec::new(),
        body: opened.rows.iter().enumerate().map(row).collect(),
        chosen: None,
        top,
        width: WIDTH,
        // going from line to line must not move the border
        tall: true,
    }
}

fn styled(parts: &[Part], theme: &Theme) -> Line<'static> {
    let style = |role| match role {
        Role::Key => theme.focus,
        Role::Text => theme.good,
        Role::Plain => theme.busy,
        Role::Quiet => theme.quiet,
    };
    parts.iter().map(|(role, text)| Span::styled(text.clone(), style(*role))).collect()
}
