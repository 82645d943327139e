//! What is wrong with the project's file, as `procdash check` shows it.

use ratatui::text::Line;

use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 100;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, problems: &str, top: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let row = |line: &str| {
        let style = if line.starts_with("error") { theme.bad } else { theme.text };
        Line::styled(text::cut(line, room), style)
    };
    Sheet {
        title: "the file has problems, so nothing changes".to_owned(),
        footer: "↑ ↓ scroll · Esc closes".to_owned(),
        head: Vec::new(),
        body: problems.lines().map(row).collect(),
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}
