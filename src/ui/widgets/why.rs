//! Why a service is in its state, what can be done about it, and how its last end went.

use ratatui::text::{Line, Span};

use crate::id::ServiceId;
use crate::keys::Action;
use crate::supervisor::{Cause, ServiceStatus, State, why};
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::theme::sign;
use crate::ui::widgets::{hints_line, ports_panel};
use crate::ui::{ports, report, text};

const WIDTH: u16 = 90;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, service: ServiceId, top: usize, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let mut body = Vec::new();
    if let Some(status) = model.service(service) {
        let style = theme.state(status.state);
        body.push(Line::styled(format!("{} {}", sign(status.state), status.state.word()), style));
        for cause in why(status, moment.now) {
            for (row, part) in text::wrap(&cause.text, room.saturating_sub(2)).into_iter().enumerate() {
                let dot = if row == 0 { "· " } else { "  " };
                body.push(Line::from(vec![Span::styled(dot, theme.quiet), Span::styled(part, theme.text)]));
            }
        }
        if let Some(found) = status.report.as_ref().filter(|found| found.run == status.run) {
            body.push(Line::default());
            body.push(Line::styled("how it went", theme.title));
            body.extend(report::course(found, room, theme));
        }
    }
    Sheet {
        title: format!("{} ── why", model.name(service)),
        footer: footer(model, service, moment),
        head: Vec::new(),
        body,
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}

/// Returns the keys that do something about the state of a service, and the one that closes its panel.
pub(crate) fn footer(model: &Model, service: ServiceId, moment: Moment) -> String {
    let status = model.service(service);
    let causes = status.map_or_else(Vec::new, |status| why(status, moment.now));
    let mut remedies: Vec<Action> = causes.iter().filter_map(|Cause { remedy, .. }| *remedy).collect();
    remedies.dedup();
    let held = status.and_then(ports::obstacle);
    let freeing = held.as_deref().and_then(ports_panel::freeing);
    let free = freeing.and_then(|what| Some(format!("{} {what} · ", hints_line::key(model, Action::Kill)?)));
    let hint = |action| Some(format!("{} {} · ", hints_line::key(model, action)?, remedy_word(action, status?)));
    let hints: String = free.into_iter().chain(remedies.into_iter().filter_map(hint)).collect();
    format!("{hints}Esc closes")
}

/// Says what a remedy does in this state.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only five of the actions are remedies; the others say what they are"
)]
fn remedy_word(action: Action, status: &ServiceStatus) -> &'static str {
    match action {
        Action::Kill if status.state == State::Stuck => "tries again",
        Action::Kill => "kills its tree",
        Action::Start if status.state == State::Backoff => "starts it now",
        Action::Start if status.state == State::Blocked => "starts what it needs",
        Action::Start => "starts it",
        Action::Restart => "restarts it",
        Action::Ports => "shows all ports",
        _ => action.help(),
    }
}
