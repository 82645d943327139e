//! Asks which of two services that conflict is to run.

use ratatui::text::Line;

use crate::id::ServiceId;
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 66;

/// Builds the question.
pub(crate) fn sheet(model: &Model, services: &[ServiceId]) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let row = |service: &ServiceId| {
        let status = model.service(*service)?;
        let rival = status.conflict.as_deref()?;
        Some(Line::styled(text::cut(&format!("{rival} runs and conflicts with {}", status.name), room), theme.text))
    };
    let names: Vec<&str> = services.iter().map(|service| model.name(*service)).collect();
    let question = format!("Stop what conflicts, and start {}?", names.join(", "));
    Sheet {
        title: "conflict".to_owned(),
        footer: "Enter or y stops it and starts · Esc or n leaves it".to_owned(),
        head: vec![Line::styled(text::cut(&question, room), theme.title), Line::default()],
        body: services.iter().filter_map(row).collect(),
        chosen: None,
        top: 0,
        width: WIDTH,
        tall: false,
    }
}
