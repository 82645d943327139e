//! The panel of ports, and the question whether to end the process that has one.

use std::sync::Arc;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::Tone;
use crate::signal::Signal;
use crate::supervisor::{Command, HeldPort, Holder};
use crate::ui::model::{Model, Moment, Notice, Panel, scrolled_to};
use crate::ui::msg::{Effect, Step};
use crate::ui::ports::{HolderView, PortRow, PortsView, What, held_ports, obstacle, rows};
use crate::ui::widgets;

/// Opens the panel on the row of a service.
pub(super) fn open(model: &mut Model, service: ServiceId) -> Vec<Effect> {
    let rows = rows(model);
    // what stands in the way matters most
    let held = rows.iter().position(|row| row.service == service && matches!(row.what, What::Held(_)));
    let row = held.or_else(|| rows.iter().position(|row| row.service == service)).unwrap_or(0);
    let chosen = rows.get(row).map(PortRow::key);
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
        (Action::Kill, Some(PortRow { service, what: What::Held(held), .. })) => free(model, *service, held),
        (Action::Start | Action::Restart, Some(row)) => super::services::start(model, vec![row.service], action),
        (Action::Stop, Some(row)) => vec![Effect::Ask(Command::Stop(vec![row.service]))],
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
            let chosen = rows.get(row).map(PortRow::key);
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
        view.chosen = rows.get(view.row).map(PortRow::key);
        view.top = view.top.min(view.row);
    }
    let Some(Panel::Holder(view)) = model.panels.last() else { return Vec::new() };
    let process = view.process();
    let ports = model.service(view.service).map(held_ports).unwrap_or_default();
    if ports.iter().any(|held| held.process().map(|process| process.id) == process) {
        return Vec::new();
    }
    let who = process.map_or_else(|| view.held.who(), |process| process.pid.to_string());
    let text = format!("port {}: {who} has it no more", view.held.port);
    model.notice = Some(Notice { tone: Tone::Good, text });
    let closed_panel = model.panels.pop();
    closed(model, closed_panel.as_ref())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::{Listener, ProcessId};
    use crate::supervisor::{HolderProcess, PortStatus, State};
    use crate::ui::fixture::{assert_picture, board, cells, id, log, model, moment};
    use crate::ui::msg::Msg;
    use crate::ui::update::update;

    const STRANGER: ProcessId = ProcessId { pid: 4242, start: 7 };

    fn process(moment: Moment) -> HolderProcess {
        HolderProcess {
            id: STRANGER,
            command: "nc -l 8080".into(),
            user: "alice".into(),
            since: moment.now.checked_sub(Duration::from_secs(133)),
            may_be_signalled: true,
        }
    }

    fn held(port: u16, by: Holder) -> PortStatus {
        let held = Arc::new(HeldPort { port, address: Some(([127, 0, 0, 1], port).into()), by });
        PortStatus { expect: port, bump: 0, given: None, moved: None, held: Some(held) }
    }

    /// db and api listen, docs waits for the port of a stranger, storybook for the one of api; web expects one.
    fn shop(moment: Moment, width: u16, height: u16) -> Model {
        let mut board = board(moment);
        let listener = |address: &str, pid| Listener {
            address: address.parse().unwrap(),
            process: ProcessId { pid, start: u64::from(pid) },
        };
        let services = &mut board.services;
        services[0].listeners = Arc::from([listener("127.0.0.1:5432", 41_801)]);
        services[2].listeners = Arc::from([listener("0.0.0.0:3000", 41_900), listener("[::]:3000", 41_900)]);
        services[3].port = Some(PortStatus { expect: 5173, bump: 0, given: Some(5173), moved: None, held: None });
        services[6].port = Some(held(8080, Holder::Stranger(process(moment))));
        let own = Holder::Own { service: id(2), name: "api".into(), process: None };
        services[7].port = Some(held(3000, own));
        services[6].state = State::Blocked;
        services[7].state = State::Blocked;
        model(board, width, height)
    }

    fn act(model: &mut Model, moment: Moment, action: Action) -> Vec<Effect> {
        update(model, Msg::Act(action), moment)
    }

    fn watch(watching: bool) -> Vec<Effect> {
        vec![Effect::Ask(Command::WatchPorts(watching))]
    }

    fn notice(model: &Model) -> &str {
        model.notice.as_ref().map_or("", |notice| &notice.text)
    }

    #[test]
    fn the_panel_is_at_home_on_small_and_on_large_screens() {
        let moment = moment();
        for (name, width, height) in [("ports_80x24", 80, 24), ("ports_200x40", 200, 40)] {
            let mut model = shop(moment, width, height);
            model.selected = id(6);
            assert_eq!(act(&mut model, moment, Action::Ports), watch(true));
            assert_picture(name, &cells(&mut model, &log(40), moment));
        }
    }

    #[test]
    fn before_a_stranger_is_ended_everything_that_is_known_of_it_is_shown() {
        let moment = moment();
        let mut model = shop(moment, 80, 24);
        model.selected = id(6);
        act(&mut model, moment, Action::Why);
        assert_picture("why_port_80x24", &cells(&mut model, &log(40), moment));
        assert_eq!(act(&mut model, moment, Action::Kill), watch(true));
        assert_picture("holder_80x24", &cells(&mut model, &log(40), moment));
        assert_eq!(update(&mut model, Msg::Step(Step::Cancel), moment), watch(false));
        assert!(matches!(model.panels.as_slice(), [Panel::Why { .. }]));
    }

    #[test]
    fn only_the_letter_that_is_offered_sends_a_signal_and_sigkill_needs_another() {
        let moment = moment();
        let mut model = shop(moment, 100, 30);
        model.selected = id(6);
        act(&mut model, moment, Action::Ports);
        assert_eq!(act(&mut model, moment, Action::Kill), watch(true));
        let mut step = |step| update(&mut model, Msg::Step(step), moment);
        for no in [Step::Accept, Step::Type('X'), Step::Type('q'), Step::Down] {
            assert_eq!(step(no), []);
        }
        let sent = |signal| vec![Effect::Ask(Command::SignalHolder { service: id(6), holder: STRANGER, signal })];
        assert_eq!(step(Step::Type('y')), sent(Signal::SIGTERM));
        assert_eq!(step(Step::Type('y')), [], "a key that is held down does not kill");
        assert_eq!(step(Step::Type('X')), sent(Signal::SIGKILL));
    }

    #[test]
    fn a_question_goes_away_with_whom_it_is_about_and_the_panel_below_stays_live() {
        let moment = moment();
        let mut model = shop(moment, 100, 30);
        model.selected = id(6);
        act(&mut model, moment, Action::Ports);
        act(&mut model, moment, Action::Kill);
        let same = model.board.clone();
        assert_eq!(update(&mut model, Msg::Board(same), moment), []);
        assert!(matches!(model.panels.last(), Some(Panel::Holder(_))));
        let mut freed = model.board.clone();
        freed.services[6].port.as_mut().unwrap().held = None;
        assert_eq!(update(&mut model, Msg::Board(freed), moment), [], "the panel still wants to know");
        assert!(matches!(model.panels.as_slice(), [Panel::Ports(_)]));
        assert_eq!(notice(&model), "port 8080: 4242 has it no more");
        assert_eq!(act(&mut model, moment, Action::Back), watch(false));
    }

    #[test]
    fn a_service_of_ours_is_stopped_and_a_foreign_process_that_cannot_be_ended_is_only_named() {
        let moment = moment();
        let mut model = shop(moment, 100, 30);
        model.selected = id(7);
        act(&mut model, moment, Action::Ports);
        assert_eq!(act(&mut model, moment, Action::Kill), [Effect::Ask(Command::Stop(vec![id(2)]))]);
        let unseen = Holder::Unseen { user: "postgres".into() };
        model.board.services[7].port = Some(held(3000, unseen));
        assert_eq!(act(&mut model, moment, Action::Kill), []);
        let told = "port 3000 is held by a process of postgres: `sudo ss -ltnp 'sport = :3000'` names it";
        assert_eq!(notice(&model), told);
        assert!(matches!(model.panels.as_slice(), [Panel::Ports(_)]));
    }

    #[test]
    fn a_key_acts_on_the_service_of_the_row_and_the_row_stays_chosen_while_others_come_and_go() {
        let moment = moment();
        let mut model = shop(moment, 100, 30);
        model.selected = id(0);
        act(&mut model, moment, Action::Ports);
        assert_eq!(act(&mut model, moment, Action::Stop), [Effect::Ask(Command::Stop(vec![id(0)]))]);
        let mut fewer = model.board.clone();
        fewer.services[2].listeners = Arc::from([]);
        update(&mut model, Msg::Board(fewer), moment);
        assert_eq!(act(&mut model, moment, Action::Kill), [Effect::Ask(Command::Kill(vec![id(0)]))]);
        act(&mut model, moment, Action::Bottom);
        assert_eq!(act(&mut model, moment, Action::Start), [Effect::Ask(Command::Start(vec![id(6)]))]);
    }
}
