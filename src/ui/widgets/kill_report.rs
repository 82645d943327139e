//! What a stop or kill has found: shown by itself only when something is left that needs a person.

use ratatui::text::Line;

use crate::supervisor::KillReport;
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::widgets::why;
use crate::ui::{report, text};

const WIDTH: u16 = 90;

/// Builds the panel, from the newest report of the same run: what was left may be gone by now.
pub(crate) fn sheet(model: &Model, shown: &KillReport, top: usize, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let newest = model.service(shown.service).and_then(|status| status.report.as_deref());
    let found = newest.filter(|report| report.run == shown.run).unwrap_or(shown);
    let (words, style) = match found.survivors.len() {
        0 if found.verified => (format!("Nothing of {} is left.", found.name), theme.good),
        0 => (format!("{} was not seen to be gone; it is not started again before it is.", found.name), theme.bad),
        1 => {
            (format!("1 process could not be ended; {} is not started again before it is gone.", found.name), theme.bad)
        }
        count => {
            let words = "processes could not be ended";
            (format!("{count} {words}; {} is not started again before they are gone.", found.name), theme.bad)
        }
    };
    let mut head: Vec<Line<'static>> =
        text::wrap(&words, room).into_iter().map(|line| Line::styled(line, style)).collect();
    head.push(Line::default());
    Sheet {
        title: format!("{} ── what is left", found.name),
        footer: why::footer(model, found.service, moment),
        head,
        body: report::lines(found, room, theme),
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}
