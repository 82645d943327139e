//! Why a service is in its state, what can be done about it, and how its last end went.

use ratatui::text::{Line, Span};

use crate::config::Dependency;
use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::{Severity, severity};
use crate::supervisor::{Cause, LastLines, PlanRow, ServiceStatus, State, last_lines, plan_below, why};
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::theme::{Theme, sign};
use crate::ui::widgets::{graph, hints_line, ports_panel};
use crate::ui::{ports, report, text};

const WIDTH: u16 = 90;
/// The most cells of a printed line's indentation.
const INDENT: usize = 8;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, service: ServiceId, top: usize, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let mut body = Vec::new();
    if let Some(status) = model.service(service) {
        let style = theme.state(status.state);
        body.push(Line::styled(format!("{} {}", sign(status.state), status.state.word()), style));
        for cause in why(status, moment.now) {
            body.extend(reason(model, status, &cause, room));
        }
        if let Some(last) = last_lines(status, &model.board.services) {
            body.push(Line::default());
            body.push(Line::styled(last.heading(), theme.title));
            body.extend(printed(&last, room, theme));
        }
        // a service that waits for its port alone is in nobody's way but its own
        if status.state == State::Blocked && !status.blocked_on.is_empty() {
            body.push(Line::default());
            body.push(Line::styled("the way there", theme.title));
            body.extend(graph::lines(model, &way(model, service, status), room));
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

/// Writes a cause, with the key that acts on it where it ends.
fn reason(model: &Model, status: &ServiceStatus, cause: &Cause, room: usize) -> Vec<Line<'static>> {
    let theme = &model.dashboard.theme;
    let key = cause.remedy.and_then(|action| Some((hints_line::key(model, action)?, remedy_word(action, status))));
    let parts = text::wrap(&cause.text, room.saturating_sub(2));
    let last = parts.last().map_or(0, |part| text::width(part));
    let mut lines: Vec<Line<'static>> = Vec::with_capacity(parts.len() + 1);
    for (row, part) in parts.into_iter().enumerate() {
        let dot = if row == 0 { "· " } else { "  " };
        lines.push(Line::from(vec![Span::styled(dot, theme.quiet), Span::styled(part, theme.text)]));
    }
    if let Some((key, word)) = key {
        let hint = [Span::styled(format!("  {key}"), theme.key), Span::styled(format!(" {word}"), theme.quiet)];
        let width: usize = hint.iter().map(|span| text::width(&span.content)).sum();
        match lines.last_mut() {
            Some(line) if 2 + last + width <= room => line.extend(hint),
            Some(_) | None => lines.push(Line::from(hint.to_vec())),
        }
    }
    lines
}

/// Writes the lines that a run has printed last, with the marks that they have in the log.
fn printed(last: &LastLines<'_>, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in last.lines {
        let text = line.trim_start();
        let indent = text::width(line).saturating_sub(text::width(text)).min(INDENT);
        let (sign, style) = match severity(line.as_bytes()) {
            Some((Severity::Error, _)) => ("▎ ", theme.bad),
            Some((Severity::Warning, _)) => ("▎ ", theme.busy),
            None => ("  ", theme.quiet),
        };
        for (row, part) in in_two_rows(text, room.saturating_sub(2 + indent)).into_iter().enumerate() {
            let (sign, style) = if row == 0 { (sign, style) } else { ("┊ ", theme.quiet) };
            let part = format!("{}{part}", " ".repeat(indent));
            lines.push(Line::from(vec![Span::styled(sign, style), Span::styled(part, theme.text)]));
        }
    }
    lines
}

/// Breaks a line into two rows at most; the second says where something is left out.
fn in_two_rows(line: &str, room: usize) -> Vec<String> {
    let mut rows = text::wrap(&text::cut(line, usize::MAX), room).into_iter();
    let first = rows.next();
    let rest = rows.collect::<Vec<_>>().join(" ");
    let second = Some(rest).filter(|rest| !rest.is_empty()).map(|rest| text::cut(&rest, room));
    first.into_iter().chain(second).collect()
}

/// Returns what a blocked service waits for, down to the roots, and nothing that is as it has to be.
fn way(model: &Model, service: ServiceId, status: &ServiceStatus) -> Vec<PlanRow> {
    let is_in_the_way = |need: &Dependency| {
        model.service(need.service).is_some_and(|needed| {
            needed.state == State::Blocked || status.blocked_on.iter().any(|found| found.name == needed.name)
        })
    };
    let all = model.board.services.iter();
    let needs: Vec<Vec<Dependency>> = all
        .map(|status| {
            let is_blocked = status.state == State::Blocked;
            status.needs.iter().filter(|need| is_blocked && is_in_the_way(need)).copied().collect()
        })
        .collect();
    plan_below(&needs, service)
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
