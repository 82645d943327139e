//! What a stop or kill has found: shown by itself only when something is left that needs a person.

use ratatui::text::Line;

use crate::supervisor::KillReport;
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::{report, text};

const WIDTH: u16 = 90;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, found: &KillReport, top: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let mut head = Vec::new();
    if !found.survivors.is_empty() {
        let count = found.survivors.len();
        let words = if count == 1 {
            format!("1 process could not be ended; {} is not started again before it is gone.", found.name)
        } else {
            format!("{count} processes could not be ended; {} is not started again before they are gone.", found.name)
        };
        head.extend(text::wrap(&words, room).into_iter().map(|line| Line::styled(line, theme.bad)));
        head.push(Line::default());
    }
    Sheet {
        title: format!("{} ── what is left", found.name),
        footer: "Esc closes".to_owned(),
        head,
        body: report::lines(found, room, theme),
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}
