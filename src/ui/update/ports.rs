//! The panel of ports, and the question whether to end the process that has one.

use std::sync::Arc;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::Tone;
use crate::signal::Signal;
use crate::supervisor::{Command, HeldPort, Holder};
use crate::ui::model::{Model, Moment, Notice, Panel, scrolled_to};
use crate::ui::msg::{Effect, Step};
use crate::ui::ports::{HolderView, PortsView, What, held_ports, obstacle, rows};
use crate::ui::widgets;

/// Opens the panel on the row of a service.
pub(super) fn open(model: &mut Model, service: ServiceId) -> Vec<Effect> {
    let rows = rows(model);
    // what stands in the way matters most
    let held = rows.iter().position(|row| row.service == service && matches!(row.what, What::Held(_)));
    let row = held.or_else(|| rows.iter().position(|row| row.service == service)).unwrap_or(0);
    let chosen = rows.get(row).map(super::super::ports::PortRow::key);
    model.panels.push(Panel::Ports(PortsView { chosen, row, top: 0 }));
    vec![Effect::Ask(Command::WatchPorts(true))]
}

/// Returns what is to be asked for when a panel has just been closed.
pub(super) fn closed(model: &Model, panel: Option<&Panel>) -> Vec<Effect> {
    let watched = |panel: &Panel| matches!(panel, Panel::Ports(_) | Panel::Holder(_));
    let is_over = panel.is_some_and(watched) && !model.panels.iter().any(watched);
    if is_over { vec![Effect::Ask(Command::WatchPorts(false))] } else { Vec::new() }
}

/// Does what a key means in the panel.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions move, or mean nothing here")]
pub(super) fn act(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    let seen = widgets::top_sheet(model, moment).map_or(1, |sheet| sheet.rows(model.size));
    let rows = rows(model);
    let Some(Panel::Ports(view)) = model.panels.last() else { return Vec::new() };
    let (place, top) = (view.row, view.top);
    let chosen = rows.get(place);
    match (action, chosen) {
        (Action::Kill, Some(row)) if matches!(row.what, What::Held(_)) => match &row.what {
            What::Held(held) => free(model, row.service, held),
            What::Listens(_) | What::Expected => Vec::new(),
        },
        (Action::Start, Some(row)) => vec![Effect::Ask(Command::Start(vec![row.service]))],
        (Action::Stop, Some(row)) => vec![Effect::Ask(Command::Stop(vec![row.service]))],
        (Action::Restart, Some(row)) => vec![Effect::Ask(Command::Restart(vec![row.service]))],
        (Action::Kill, Some(row)) => vec![Effect::Ask(Command::Kill(vec![row.service]))],
        (Action::Why | Action::Details, Some(row)) => {
            let service = row.service;
            let closed_panel = model.panels.pop();
            let effects = closed(model, closed_panel.as_ref());
            model.panels.push(match action {
                Action::Why => Panel::Why { service, top: 0 },
                _ => Panel::Details { service, top: 0 },
            });
            effects
        }
        _ => {
            let row = super::panels::moved(action, place, seen, rows.len());
            let chosen = rows.get(row).map(super::super::ports::PortRow::key);
            let top = scrolled_to(top, row, seen, rows.len());
            if let Some(Panel::Ports(view)) = model.panels.last_mut() {
                *view = PortsView { chosen, row, top };
            }
            Vec::new()
        }
    }
}

/// Frees a port as far as that is ours to do: a service of ours is stopped, about anybody else a person is asked.
pub(super) fn free(model: &mut Model, service: ServiceId, held: &Arc<HeldPort>) -> Vec<Effect> {
    match &held.by {
        Holder::Own { service: owner, .. } => vec![Effect::Ask(Command::Stop(vec![*owner]))],
        Holder::Elsewhere { .. } | Holder::Stranger(_) if held.to_be_asked_about().is_some() => {
            let view = HolderView { service, held: Arc::clone(held), sent: None };
            model.panels.push(Panel::Holder(view));
            vec![Effect::Ask(Command::WatchPorts(true))]
        }
        Holder::Elsewhere { .. } | Holder::Stranger(_) | Holder::Unseen { .. } => {
            let text = format!("{}: {}", held.sentence(), held.advice());
            model.notice = Some(Notice { tone: Tone::Bad, text });
            Vec::new()
        }
    }
}

/// Does the same for the port that keeps a service from running; nothing where it runs, or something else keeps it.
pub(super) fn free_first(model: &mut Model, service: ServiceId) -> Option<Vec<Effect>> {
    let held = obstacle(model.service(service)?)?;
    Some(free(model, service, &held))
}

/// Does what a key means while it is asked about a process: only one letter says yes, and a second signal is another one.
pub(super) fn answer(model: &mut Model, step: Step) -> Vec<Effect> {
    let Some(Panel::Holder(view)) = model.panels.last_mut() else { return Vec::new() };
    let signal = match (view.sent, step) {
        (None, Step::Type('y' | 'Y')) => Signal::SIGTERM,
        (Some(_), Step::Type('X')) => Signal::SIGKILL,
        _ => return Vec::new(),
    };
    let Some(holder) = view.process() else { return Vec::new() };
    view.sent = Some(signal);
    vec![Effect::Ask(Command::SignalHolder { service: view.service, holder, signal })]
}

/// Keeps the panel on its row while rows come and go, and closes a question about somebody who has the port no more.
pub(super) fn follow_board(model: &mut Model) -> Vec<Effect> {
    let rows = rows(model);
    for panel in &mut model.panels {
        let Panel::Ports(view) = panel else { continue };
        let place = rows.iter().position(|row| Some(row.key()) == view.chosen);
        view.row = place.unwrap_or(view.row).min(rows.len().saturating_sub(1));
        view.chosen = rows.get(view.row).map(super::super::ports::PortRow::key);
        view.top = view.top.min(view.row);
    }
    let Some(Panel::Holder(view)) = model.panels.last() else { return Vec::new() };
    let process = view.process();
    let ports = model.service(view.service).map(held_ports).unwrap_or_default();
    if ports.iter().any(|held| held.process().map(|process| process.id) == process) {
        return Vec::new();
    }
    let text = format!("port {}: {} has it no more", view.held.port, view.held.who());
    model.notice = Some(Notice { tone: Tone::Good, text });
    let closed_panel = model.panels.pop();
    closed(model, closed_panel.as_ref())
}
