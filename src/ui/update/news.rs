//! What the supervisor tells: a new board, and what has happened.

use std::sync::Arc;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::Tone;
use crate::supervisor::{Board, Command, Event, KillReport, ServiceStatus, State, Target};

use crate::ui::model::{Model, Notice, Panel};
use crate::ui::msg::Effect;
use crate::ui::report;
use crate::ui::text;
use crate::ui::widgets::{hints_line, quit_monitor};

/// Puts a new board in place of the old one.
pub(super) fn board(model: &mut Model, board: Board) -> Vec<Effect> {
    let was_quitting = model.is_quitting();
    let lived = model.alive();
    let place = model.listed_place();
    model.board = board;
    let mut effects = let_go(model, place);
    let services = model.board.services.len();
    model.panes.all_mut().for_each(|pane| pane.make_room(services));
    super::attach::follow_board(model);
    model.show_selected();
    if model.is_quitting() && !was_quitting {
        // from the board before: what ended at once belongs to the picture too
        model.quitting = lived;
        (model.prompt, model.selecting) = (None, None);
        model.quitting_rows = 0;
        effects.extend(super::panels::close_all(model));
        quit_monitor::keep_rows(model);
        return effects;
    }
    quit_monitor::keep_rows(model);
    super::panels::keep_process_chosen(model);
    effects.extend(super::ports::follow_board(model));
    effects
}

/// Lets go of services that were removed: of the marks, the panes and the panels on them.
fn let_go(model: &mut Model, place: usize) -> Vec<Effect> {
    let is_there =
        |model: &Model, service: ServiceId| model.service(service).is_none_or(|status| status.place.is_some());
    if !is_there(model, model.selected) {
        super::moving::select(model, place);
    }
    let gone: Vec<ServiceId> = model.marked.iter().copied().filter(|id| !is_there(model, *id)).collect();
    model.marked.retain(|id| !gone.contains(id));
    let (board, selected) = (&model.board, model.selected);
    let is_gone = |id: ServiceId| board.services.get(id.index()).is_some_and(|status| status.place.is_none());
    for pane in model.panes.all_mut().filter(|pane| is_gone(pane.service)) {
        pane.service = selected;
    }
    let about = |panel: &Panel| match panel {
        Panel::Signals(menu) => Some(menu.service),
        Panel::Tree(view) => Some(view.service),
        Panel::Details { service, .. } | Panel::Why { service, .. } => Some(*service),
        Panel::Ports(_)
        | Panel::Holder(_)
        | Panel::Graph { .. }
        | Panel::Report { .. }
        | Panel::Restarts { .. }
        | Panel::Line { .. }
        | Panel::Reload { .. }
        | Panel::Problems { .. }
        | Panel::Conflict { .. }
        | Panel::Quit
        | Panel::Help { .. }
        | Panel::Diagnostics => None,
    };
    let trees = |panels: &[Panel]| panels.iter().filter(|panel| matches!(panel, Panel::Tree(_))).count();
    let before = trees(&model.panels);
    model.panels.retain(|panel| about(panel).is_none_or(|service| !is_gone(service)));
    if trees(&model.panels) < before { vec![Effect::Ask(Command::Watch(false))] } else { Vec::new() }
}

/// Says on the status line what has happened, if a person wants to know it.
pub(super) fn happened(model: &mut Model, event: Event) -> Vec<Effect> {
    let notice = match event {
        // a service that ended well must not push aside what somebody has asked for and may not have read yet
        Event::Changed { to: State::Done | State::Exited, .. } if is_unread(model) => None,
        Event::Changed { service, from, to } => changed(model, service, from, to),
        Event::Verified(found) => verified(model, found),
        Event::Signalled { service, signal, target, delivered, refused } => {
            let name = model.name(service);
            let what = format!("{name}: {signal} to {}", target_word(target));
            Some(match refused.first() {
                None if delivered == 0 => Notice { tone: Tone::Bad, text: format!("{what}: nobody was there") },
                None => Notice { tone: Tone::Good, text: format!("{what}: {}", processes(delivered)) },
                Some(reason) => {
                    let text = format!("{what}: sent to {delivered}, {} refused: {reason}", refused.len());
                    Notice { tone: Tone::Bad, text }
                }
            })
        }
        Event::Added { service } => Some(Notice { tone: Tone::Good, text: format!("{}: added", model.name(service)) }),
        Event::Removed { service } => {
            let text = format!("{}: removed; nothing of it is left", model.name(service));
            Some(Notice { tone: Tone::Good, text })
        }
        Event::Keeping { tone, sentence } => Some(Notice { tone, text: sentence }),
        Event::Refused { service, reason } => {
            let name = service.map(|service| model.name(service)).filter(|name| !reason.starts_with(name));
            let text = name.map_or_else(|| reason.clone(), |name| format!("{name}: {reason}"));
            Some(Notice { tone: Tone::Bad, text })
        }
    };
    if notice.is_some() {
        model.notice = notice;
    }
    Vec::new()
}

fn processes(count: usize) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}

fn target_word(target: Target) -> String {
    match target {
        Target::Main => "the main process".to_owned(),
        Target::Group => "its group".to_owned(),
        Target::Tree => "its tree".to_owned(),
        Target::Process(id) => format!("pid {}", id.pid),
    }
}

/// Whether the status line says something that matters more than news without trouble.
fn is_unread(model: &Model) -> bool {
    model.notice.as_ref().is_some_and(|notice| notice.tone != Tone::Calm)
}

/// Returns what to say about a change: only ends, for the list already shows the rest.
fn changed(model: &Model, service: ServiceId, from: State, to: State) -> Option<Notice> {
    let status = model.service(service)?;
    let name = &status.name;
    let end = || status.ended.as_ref().map_or_else(|| to.word().to_owned(), report::how_it_ended);
    let problem = || status.problem.as_deref().map_or_else(end, str::to_owned);
    let key = hints_line::key(model, Action::Restart);
    let (tone, text) = match to {
        State::Done | State::Exited => (Tone::Good, format!("{name}: {}", end())),
        State::Crashed => {
            let hint = key.map_or_else(String::new, |key| format!(" · {key} restarts it"));
            (Tone::Bad, format!("{name}: {}{hint}", problem()))
        }
        State::Backoff => (Tone::Bad, format!("{name}: {}; it will be started again", problem())),
        State::CrashLoop => {
            let key = key.unwrap_or_else(|| "you".to_owned());
            (Tone::Bad, format!("{name}: {}; {} times in a row, so it waits for {key}", problem(), status.restarts + 1))
        }
        State::Stuck => (Tone::Bad, stuck(model, status)),
        State::Stopped if from == State::Backoff => (Tone::Good, format!("{name}: is not started again")),
        // of an unhealthy one more is told in a moment, when it is gone
        State::Stopped
        | State::Blocked
        | State::Starting
        | State::Running
        | State::Ready
        | State::Unhealthy
        | State::Stopping => return None,
    };
    Some(Notice { tone, text })
}

/// Names the first of those that could not be killed, and the keys that lead on.
fn stuck(model: &Model, status: &ServiceStatus) -> String {
    let what = match &*status.survivors {
        [] => "could not be seen to be gone".to_owned(),
        [one] => format!("{} {} could not be killed", one.id.pid, text::cut(&one.command, 30)),
        [first, rest @ ..] => {
            let who = text::cut(&first.command, 20);
            format!("{} {who} and {} more could not be killed", first.id.pid, rest.len())
        }
    };
    let hint = |action, what| hints_line::key(model, action).map(|key| format!(" · {key} {what}"));
    let hints = [hint(Action::Why, "says why"), hint(Action::Kill, "tries again")];
    format!("{}: {what}{}", status.name, hints.into_iter().flatten().collect::<String>())
}

fn verified(model: &mut Model, found: Arc<KillReport>) -> Option<Notice> {
    let notice = report::one_line(&found);
    // seen to be gone since
    model.withheld.take_if(|older| older.service == found.service);
    if !found.verified {
        model.withheld = Some(found);
        show_withheld(model);
    }
    notice
}

/// Shows what is left of a service, for that needs a person. Not while keys go to a service, whose screen it would cover;
/// and a panel that is open already is not pushed aside.
pub(super) fn show_withheld(model: &mut Model) {
    if model.attached.is_some() {
        return;
    }
    if let Some(report) = model.withheld.take()
        && model.panels.is_empty()
        && !model.is_quitting()
    {
        model.panels.push(Panel::Report { report, top: 0 });
    }
}
