//! Asks before everything is stopped.

use ratatui::text::{Line, Span};

use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::theme::sign;

const WIDTH: u16 = 50;

/// Builds the question.
pub(crate) fn sheet(model: &Model, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let alive = model.alive();
    let plural = if alive.len() == 1 { "" } else { "s" };
    let question = format!("Stop {} service{plural} and quit?", alive.len());
    let rows = alive.iter().filter_map(|&service| {
        let status = model.service(service)?;
        let count = status.usage.processes;
        let plural = if count == 1 { " " } else { "s" };
        let lasted =
            status.started.map_or(String::new(), |at| text::duration(moment.now.saturating_duration_since(at)));
        let figures = format!("{count:>4} proc{plural} {lasted:>8}");
        let name = text::left(&status.name, room.saturating_sub(2 + figures.len()));
        Some(Line::from(vec![
            Span::styled(format!("{} ", sign(status.state)), theme.state(status.state)),
            Span::styled(name, theme.text),
            Span::styled(figures, theme.quiet),
        ]))
    });
    Sheet {
        title: "quit".to_owned(),
        footer: "Enter or y quits · Esc or n stays".to_owned(),
        head: vec![Line::styled(question, theme.title), Line::default()],
        body: rows.collect(),
        chosen: None,
        top: 0,
        width: WIDTH,
        tall: false,
    }
}
