//! What lies over the panes: opening it, moving about in it, and doing what it offers.

use crate::id::ServiceId;
use crate::keys::Action;
use crate::signal::Signal;
use crate::supervisor::{Command, Target};

use crate::ui::model::{Model, Moment, Panel, SignalMenu, TreeView, scrolled_to};
use crate::ui::msg::{Effect, LineWish, Page, Step};
use crate::ui::widgets::{self, graph, restart_menu};

/// Opens the panel of `action`.
#[expect(clippy::wildcard_enum_match_arm, reason = "what opens nothing else asks before it quits")]
pub(super) fn open(model: &mut Model, action: Action) -> Vec<Effect> {
    let service = model.selected;
    if model.service(service).is_none() && !matches!(action, Action::Help | Action::Diagnostics | Action::Quit) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    let panel = match action {
        Action::SignalMenu => {
            // a daemon has left its main process behind, so nobody would be there
            let has_main = model.service(service).is_some_and(|status| status.main.is_some());
            signal_menu(service, if has_main { Target::Main } else { Target::Tree })
        }
        Action::RestartMenu => Panel::Restarts { chosen: 0 },
        Action::Tree => {
            effects.push(Effect::Ask(Command::Watch(true)));
            let chosen = model.members(service).first().map(|member| member.id);
            Panel::Tree(TreeView { service, chosen, row: 0, top: 0 })
        }
        Action::Ports => return super::ports::open(model, service),
        Action::Graph => {
            let chosen = graph::rows(model).iter().position(|row| row.service == service).unwrap_or(0);
            Panel::Graph { chosen, top: 0 }
        }
        Action::Why => Panel::Why { service, top: 0 },
        Action::Details => Panel::Details { service, top: 0 },
        Action::Diagnostics => Panel::Diagnostics,
        Action::Help => Panel::Help { top: 0 },
        // with nothing alive there is nothing to ask about
        _ if model.alive().is_empty() => return vec![Effect::Ask(Command::Quit)],
        _ => Panel::Quit,
    };
    model.panels.push(panel);
    effects
}

fn signal_menu(service: ServiceId, target: Target) -> Panel {
    Panel::Signals(SignalMenu { service, target, filter: String::new(), chosen: 0 })
}

/// Closes the panel on top.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    match model.panels.pop() {
        Some(Panel::Tree(_)) => vec![Effect::Ask(Command::Watch(false))],
        closed => super::ports::closed(model, closed.as_ref()),
    }
}

/// Closes every panel.
pub(super) fn close_all(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while !model.panels.is_empty() {
        effects.extend(close(model));
    }
    effects
}

/// Does what a key with a meaning of its own means in the panel on top.
pub(super) fn act(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    if action == Action::QuitNow {
        return vec![Effect::Ask(Command::Quit)];
    }
    let Some(same) = model.panels.last().map_or(Some(Action::Open), Panel::opener) else {
        return by_wheel(model, action, moment);
    };
    // the key that opened it closes it, and `q` leaves what is on top before it leaves procdash
    if action == same || matches!(action, Action::Back | Action::Quit) {
        return close(model);
    }
    if action == Action::Help {
        return open(model, action);
    }
    match model.panels.last() {
        Some(Panel::Tree(_)) => in_tree(model, action, moment),
        Some(Panel::Ports(_)) => super::ports::act(model, action, moment),
        Some(Panel::Graph { .. }) => in_graph(model, action, moment),
        Some(Panel::Diagnostics) => in_diagnostics(action),
        Some(Panel::Line { opened, .. }) if matches!(action, Action::Left | Action::Right) => {
            let (line, newer) = (opened.line, action == Action::Right);
            vec![Effect::Lines(LineWish::Next { line, newer })]
        }
        Some(Panel::Why { service, .. } | Panel::Details { service, .. }) => about(model, *service, action, moment),
        Some(Panel::Report { report, .. }) => about(model, report.service, action, moment),
        _ => {
            scroll_text(model, action, moment);
            Vec::new()
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions mean nothing here")]
fn by_wheel(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    match action {
        Action::Up => step(model, Step::Up, moment),
        Action::Down => step(model, Step::Down, moment),
        _ => Vec::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions mean nothing here")]
fn in_diagnostics(action: Action) -> Vec<Effect> {
    match action {
        Action::Up | Action::PageUp | Action::HalfPageUp | Action::Top => vec![Effect::Diagnostics(Page::Back)],
        Action::Down | Action::PageDown | Action::HalfPageDown => vec![Effect::Diagnostics(Page::Forth)],
        Action::Bottom | Action::Follow => vec![Effect::Diagnostics(Page::End)],
        _ => Vec::new(),
    }
}

/// Returns where a move leads from `row`, in a list of `total` rows of which `rows` are seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions move nothing")]
pub(super) fn moved(action: Action, row: usize, rows: usize, total: usize) -> usize {
    let target = match action {
        Action::Up => row.saturating_sub(1),
        Action::Down => row + 1,
        Action::PageUp => row.saturating_sub(rows),
        Action::PageDown => row + rows,
        Action::HalfPageUp => row.saturating_sub(rows / 2),
        Action::HalfPageDown => row + rows / 2,
        Action::Top => 0,
        Action::Bottom => usize::MAX,
        _ => row,
    };
    target.min(total.saturating_sub(1))
}

pub(super) fn scroll_text(model: &mut Model, action: Action, moment: Moment) {
    let Some(sheet) = widgets::top_sheet(model, moment) else { return };
    let rows = sheet.rows(model.size).max(1);
    let tops = (sheet.body.len() + 1).saturating_sub(rows).max(1);
    match model.panels.last_mut() {
        Some(
            Panel::Why { top, .. }
            | Panel::Details { top, .. }
            | Panel::Report { top, .. }
            | Panel::Line { top, .. }
            | Panel::Problems { top, .. }
            | Panel::Reload { top, .. }
            | Panel::Help { top },
        ) => *top = moved(action, *top, rows, tops),
        Some(
            Panel::Signals(_)
            | Panel::Restarts { .. }
            | Panel::Tree(_)
            | Panel::Ports(_)
            | Panel::Holder(_)
            | Panel::Graph { .. }
            | Panel::Conflict { .. }
            | Panel::Quit
            | Panel::Diagnostics,
        )
        | None => {}
    }
}

/// Does what a key means in a panel about one service: it scrolls, or does something about the service's state.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions scroll, or mean nothing here")]
fn about(model: &mut Model, service: ServiceId, action: Action, moment: Moment) -> Vec<Effect> {
    if action == Action::Kill
        && let Some(effects) = super::ports::free_first(model, service)
    {
        return effects;
    }
    let services = vec![service];
    let command = match action {
        Action::Why | Action::Details => {
            // beside the others it would only hide them
            model.panels.pop();
            model.panels.push(match action {
                Action::Why => Panel::Why { service, top: 0 },
                _ => Panel::Details { service, top: 0 },
            });
            return Vec::new();
        }
        Action::Ports => {
            model.panels.pop();
            return super::ports::open(model, service);
        }
        Action::Start | Action::Restart => return super::services::start(model, services, action),
        Action::Stop => Command::Stop(services),
        Action::Kill => Command::Kill(services),
        _ => {
            scroll_text(model, action, moment);
            return Vec::new();
        }
    };
    vec![Effect::Ask(command)]
}

/// Does what a key means in the picture of the plan: it moves, or acts on the chosen service.
fn in_graph(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    let rows = graph::rows(model);
    let seen = widgets::top_sheet(model, moment).map_or(1, |sheet| sheet.rows(model.size));
    let Some(Panel::Graph { chosen, top }) = model.panels.last_mut() else { return Vec::new() };
    let Some(service) = rows.get(*chosen).map(|row| row.service) else { return Vec::new() };
    if action == Action::Open {
        model.panels.pop();
        let place = model.listed().iter().position(|listed| *listed == service);
        return place.map_or_else(Vec::new, |place| {
            super::moving::select(model, place);
            Vec::new()
        });
    }
    if matches!(action, Action::Start | Action::Stop | Action::Restart | Action::Kill) {
        return about(model, service, action, moment);
    }
    if matches!(action, Action::Why | Action::Details) {
        // over the picture, which is what one comes back to
        let is_why = action == Action::Why;
        model.panels.push(if is_why { Panel::Why { service, top: 0 } } else { Panel::Details { service, top: 0 } });
        return Vec::new();
    }
    *chosen = moved(action, *chosen, seen, rows.len());
    *top = scrolled_to(*top, *chosen, seen, rows.len());
    Vec::new()
}

fn in_tree(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    let rows = widgets::top_sheet(model, moment).map_or(1, |sheet| sheet.rows(model.size));
    let Some(Panel::Tree(view)) = model.panels.last() else { return Vec::new() };
    let (service, chosen) = (view.service, view.chosen);
    match (action, chosen) {
        (Action::SignalMenu, Some(id)) => {
            model.panels.push(signal_menu(service, Target::Process(id)));
            Vec::new()
        }
        (Action::Kill, Some(id)) => {
            let target = Target::Process(id);
            vec![Effect::Ask(Command::Signal { service, signal: Signal::SIGKILL, target })]
        }
        _ => {
            let members = model.members(service);
            let row = moved(action, view.row, rows, members.len());
            let chosen = members.get(row).map(|member| member.id);
            let top = scrolled_to(view.top, row, rows, members.len());
            if let Some(Panel::Tree(view)) = model.panels.last_mut() {
                *view = TreeView { service, chosen, row, top };
            }
            Vec::new()
        }
    }
}

/// Keeps the tree view on its process while rows come and go; where that has ended, on the one in its place.
pub(super) fn keep_process_chosen(model: &mut Model) {
    let board = &model.board;
    for panel in &mut model.panels {
        let Panel::Tree(view) = panel else { continue };
        let members = board.services.get(view.service.index()).map_or(&[][..], |status| &status.members);
        let place = members.iter().position(|member| Some(member.id) == view.chosen);
        view.row = place.unwrap_or(view.row).min(members.len().saturating_sub(1));
        view.chosen = members.get(view.row).map(|member| member.id);
        view.top = view.top.min(view.row);
    }
}

/// Does what a key means in a menu.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps and panels mean nothing here")]
pub(super) fn step(model: &mut Model, step: Step, moment: Moment) -> Vec<Effect> {
    if step == Step::Cancel {
        return close(model);
    }
    match model.panels.last() {
        Some(Panel::Signals(_)) => in_signals(model, step),
        Some(Panel::Restarts { .. }) => in_restarts(model, step),
        Some(Panel::Holder(_)) => super::ports::answer(model, step),
        Some(Panel::Reload { .. } | Panel::Conflict { .. }) => super::file::answer(model, step, moment),
        Some(Panel::Quit) => match step {
            Step::Accept | Step::Type('y' | 'Y' | 'q' | 'Q') => {
                model.panels.pop();
                vec![Effect::Ask(Command::Quit)]
            }
            Step::Type('n' | 'N') => close(model),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps move nothing")]
fn stepped(step: Step, row: usize, total: usize) -> usize {
    let action = match step {
        Step::Up => Action::Up,
        Step::Down => Action::Down,
        Step::PageUp => Action::PageUp,
        Step::PageDown => Action::PageDown,
        Step::First => Action::Top,
        Step::Last => Action::Bottom,
        _ => return row.min(total.saturating_sub(1)),
    };
    moved(action, row, 10, total)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps move, or mean nothing here")]
fn in_signals(model: &mut Model, step: Step) -> Vec<Effect> {
    let Some(Panel::Signals(menu)) = model.panels.last_mut() else { return Vec::new() };
    match step {
        Step::Accept => {
            let Some(&signal) = menu.matching().get(menu.chosen) else { return Vec::new() };
            let command = Command::Signal { service: menu.service, signal, target: menu.target };
            model.panels.pop();
            return vec![Effect::Ask(command)];
        }
        Step::Switch => menu.target = next_target(menu.target, false),
        Step::SwitchBack => menu.target = next_target(menu.target, true),
        Step::Type(letter) if menu.filter.len() < 20 => menu.filter.push(letter),
        Step::Erase => menu.filter.truncate(menu.filter.char_indices().next_back().map_or(0, |(start, _)| start)),
        _ => {
            menu.chosen = stepped(step, menu.chosen, menu.matching().len());
            return Vec::new();
        }
    }
    if matches!(step, Step::Type(_) | Step::Erase) {
        menu.chosen = 0;
    }
    Vec::new()
}

const fn next_target(target: Target, back: bool) -> Target {
    match (target, back) {
        (Target::Main, false) | (Target::Tree, true) => Target::Group,
        (Target::Group, false) | (Target::Main, true) => Target::Tree,
        (Target::Tree, false) | (Target::Group, true) => Target::Main,
        // the menu was opened for this one
        (Target::Process(id), _) => Target::Process(id),
    }
}

fn in_restarts(model: &mut Model, step: Step) -> Vec<Effect> {
    let choices = restart_menu::choices(model);
    let Some(Panel::Restarts { chosen }) = model.panels.last_mut() else { return Vec::new() };
    let by_letter = choices.iter().position(|choice| step == Step::Type(choice.letter));
    *chosen = by_letter.unwrap_or_else(|| stepped(step, *chosen, choices.len()));
    if step != Step::Accept && by_letter.is_none() {
        return Vec::new();
    }
    let Some(choice) = choices.into_iter().nth(*chosen) else { return Vec::new() };
    model.panels.pop();
    vec![Effect::Ask(choice.command)]
}
