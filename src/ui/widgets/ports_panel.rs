//! The ports of all services, live: who listens where, and who has those that are wanted.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::keys::Action;
use crate::supervisor::{HeldPort, Holder};
use crate::ui::model::Model;
use crate::ui::ports::{PortRow, PortsView, What, rows};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::widgets::hints_line;

const WIDTH: u16 = 150;
/// The most of a service's name.
const LONGEST_NAME: usize = 24;
/// The same where there is little room.
const SHORT_NAME: usize = 12;
/// An IPv4 address; longer ones are cut.
const ADDRESS: usize = 15;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, view: &PortsView) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let rows = rows(model);
    let names = rows.iter().map(|row| text::width(model.name(row.service))).max().unwrap_or(0);
    let names = names.clamp(7, if room < 90 { SHORT_NAME } else { LONGEST_NAME });
    let service = text::left("service", names);
    let head = format!("{:>7}  {}  {service}  {:>7}  command", "port", text::left("address", ADDRESS), "pid");
    let body = if rows.is_empty() {
        vec![Line::styled("no service listens, and none expects a port", theme.quiet)]
    } else {
        rows.iter().map(|row| line(model, row, names, room)).collect()
    };
    Sheet {
        title: format!("ports ── {}", counted(&rows)),
        footer: footer(model, rows.get(view.row)),
        head: vec![Line::styled(text::cut(&head, room), theme.quiet)],
        body,
        chosen: (!rows.is_empty()).then_some(view.row),
        top: view.top,
        width: WIDTH,
        tall: true,
    }
}

/// Says how many there are: `3 listening · 1 held by others`.
fn counted(rows: &[PortRow]) -> String {
    let count = |wanted: fn(&What) -> bool| rows.iter().filter(|row| wanted(&row.what)).count();
    let listening = count(|what| matches!(what, What::Listens(_)));
    let held = count(|what| matches!(what, What::Held(_)));
    let held = if held == 0 { String::new() } else { format!(" · {held} not to be had") };
    format!("{listening} listening{held}")
}

fn line(model: &Model, row: &PortRow, names: usize, room: usize) -> Line<'static> {
    let theme = &model.dashboard.theme;
    let (sign, style, address, pid, rest, rest_style) = match &row.what {
        What::Listens(listener) => {
            let member = model.members(row.service).iter().find(|member| member.id == listener.process);
            let command = member.map_or_else(String::new, |member| member.command.clone());
            let ip = listener.address.ip().to_string();
            ("●", theme.good, ip, Some(listener.process.pid), command, theme.text)
        }
        What::Held(held) => {
            let ip = held.address.map_or_else(String::new, |address| address.ip().to_string());
            let pid = held.process().map(|process| process.id.pid);
            ("✗", theme.bad, ip, pid, held_by(held), theme.bad)
        }
        What::Expected => {
            let is_alive = model.service(row.service).is_some_and(|status| status.state.is_alive());
            let rest = if is_alive { "does not listen yet" } else { "expected, and free" };
            ("○", theme.quiet, String::new(), None, rest.to_owned(), theme.quiet)
        }
    };
    let pid = pid.map_or_else(String::new, |pid| pid.to_string());
    let figures = format!("  {}  ", text::left(&address, ADDRESS));
    let name = text::left(model.name(row.service), names);
    let taken = 7 + text::width(&figures) + names + 2 + 7 + 2;
    let rest = text::cut(&rest, room.saturating_sub(taken));
    Line::from(vec![
        Span::styled(format!("{sign} "), style),
        Span::styled(text::right(&row.port.to_string(), 5), theme.text),
        Span::styled(figures, theme.quiet),
        Span::styled(name, theme.text),
        Span::styled(format!("  {pid:>7}  "), Style::new().patch(theme.quiet)),
        Span::styled(rest, rest_style),
    ])
}

/// Says who has it, without the number, which has a column of its own.
fn held_by(held: &HeldPort) -> String {
    match &held.by {
        Holder::Own { name, process: None, .. } => format!("kept for {name}"),
        Holder::Own { name, .. } => format!("held by {name}"),
        Holder::Elsewhere { service, project, process, .. } => {
            format!("held by {service} of {project}: {}", process.command)
        }
        Holder::Stranger(process) => format!("held by {} of {}", process.command, process.user),
        Holder::Unseen { user } => format!("held by a process of {user}"),
    }
}

/// Returns what the keys do about the chosen row.
fn footer(model: &Model, row: Option<&PortRow>) -> String {
    let key = |action| hints_line::key(model, action);
    let hint = |action, what: &str| key(action).map(|key| format!("{key} {what} · "));
    let hints = match row.map(|row| &row.what) {
        Some(What::Listens(_)) => {
            vec![
                hint(Action::Restart, "restarts it"),
                hint(Action::Stop, "stops it"),
                hint(Action::Kill, "kills its tree"),
            ]
        }
        Some(What::Held(held)) => {
            vec![freeing(held).and_then(|what| hint(Action::Kill, &what)), hint(Action::Why, "why")]
        }
        Some(What::Expected) => vec![hint(Action::Start, "starts it"), hint(Action::Why, "why")],
        None => vec![],
    };
    format!("{}Esc back", hints.into_iter().flatten().collect::<String>())
}

/// Says what frees a port, if a key can: `stops api`.
pub(crate) fn freeing(held: &HeldPort) -> Option<String> {
    match &held.by {
        Holder::Own { name, .. } => Some(format!("stops {name}")),
        Holder::Elsewhere { .. } | Holder::Stranger(_) | Holder::Unseen { .. } => {
            held.to_be_asked_about().map(|process| format!("ends {}, after a question", process.id.pid))
        }
    }
}
