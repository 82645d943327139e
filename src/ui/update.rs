//! What a message changes on the screen, and what it asks for: no clock, no waiting, no input or output.

mod attach;
mod commanding;
mod file;
mod lines;
mod merging;
mod mouse;
mod moving;
mod news;
mod panels;
mod ports;
mod searching;
mod selecting;
mod services;
mod splitting;

use crate::keys::Action;

use super::model::{Focus, Model, Moment, Notice};
use super::msg::{Effect, Msg};
use super::pane::Subject;
use crate::logs::Tone;
use crate::supervisor::Command;

/// Changes the screen by one message and returns what is to be done.
pub(crate) fn update(model: &mut Model, msg: Msg, moment: Moment) -> Vec<Effect> {
    match msg {
        Msg::Act(action) => {
            model.links = None;
            // what only confirmed the key before has been read by now
            model.notice.take_if(|notice| notice.tone == Tone::Calm);
            act(model, action, moment)
        }
        Msg::Step(step) if model.links.is_some() => lines::choose(model, step),
        Msg::Step(step) if model.prompt.is_some() && model.panels.is_empty() => searching::step(model, step, moment),
        Msg::Pasted(text) => {
            searching::paste(model, &text);
            Vec::new()
        }
        Msg::Step(step) => panels::step(model, step, moment),
        Msg::Found(finding) => {
            searching::found(model, &finding);
            Vec::new()
        }
        Msg::File(news) => {
            file::found(model, *news);
            Vec::new()
        }
        Msg::Lines(news) => lines::told(model, news),
        Msg::Typed(typed) => attach::typed(model, typed),
        Msg::Click(_) if model.links.take().is_some() => {
            model.pressed = None;
            Vec::new()
        }
        Msg::Click(at) => mouse::click(model, at, moment),
        Msg::Drag(at) => {
            selecting::drag(model, at);
            Vec::new()
        }
        Msg::Release => selecting::release(model),
        Msg::Taken(taken) => {
            selecting::taken(model, taken);
            Vec::new()
        }
        Msg::Wheel { at, down } => mouse::wheel(model, at, down, moment),
        Msg::Resized(size) => {
            model.size = size;
            lines::reflow(model);
            model.show_selected();
            Vec::new()
        }
        Msg::Board(board) => news::board(model, board),
        Msg::Happened(event) => news::happened(model, event),
        Msg::Missed(count) => notify(model, Tone::Calm, format!("{count} older messages were skipped")),
        Msg::Overloaded => notify(model, Tone::Bad, "too many requests wait already; try again".to_owned()),
        Msg::Suspend => vec![Effect::Suspend],
    }
}

/// Says something on the status line.
fn notify(model: &mut Model, tone: Tone, text: String) -> Vec<Effect> {
    model.notice = Some(Notice { tone, text });
    Vec::new()
}

fn act(model: &mut Model, action: Action, moment: Moment) -> Vec<Effect> {
    if action == Action::Interrupt || (action == Action::QuitNow && model.is_quitting()) {
        return vec![Effect::Ask(Command::Quit)];
    }
    if model.is_quitting() {
        // while everything is being stopped there is one thing left to ask for: hurry
        return Vec::new();
    }
    if !model.panels.is_empty() {
        return panels::act(model, action, moment);
    }
    if model.selecting.is_some() {
        return selecting::act(model, action);
    }
    in_panes(model, action)
}

/// Does what a key means while nothing lies over the panes.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others move, or have a meaning only while text is selected")]
fn in_panes(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Restart
        | Action::Start
        | Action::StartAll
        | Action::Stop
        | Action::Kill
        | Action::Reload
        | Action::Browse => services::act(model, action),
        Action::Mark | Action::UnmarkAll => services::mark(model, action),
        Action::SignalMenu
        | Action::RestartMenu
        | Action::Tree
        | Action::Ports
        | Action::Graph
        | Action::Why
        | Action::Details
        | Action::Diagnostics
        | Action::Help
        | Action::Quit => panels::open(model, action),
        Action::QuitNow | Action::Interrupt => vec![Effect::Ask(Command::Quit)],
        Action::Back if searching::end(model) => Vec::new(),
        Action::Open if model.focus == Focus::Log && model.subject() != Subject::All => lines::act(model, action),
        Action::Open | Action::AllLogs => merging::act(model, action),
        Action::NextPane | Action::PreviousPane | Action::Back | Action::Zoom | Action::Split | Action::ClosePane => {
            splitting::act(model, action)
        }
        Action::Search
        | Action::Filter
        | Action::OlderMatch
        | Action::NewerMatch
        | Action::OlderError
        | Action::NewerError => searching::act(model, action),
        Action::Attach | Action::Detach | Action::Screen => attach::act(model, action),
        Action::Wrap => reshape(model),
        Action::Timestamps | Action::Json | Action::Fold | Action::Links | Action::OlderRun | Action::NewerRun => {
            lines::act(model, action)
        }
        Action::Clear => clear(model),
        Action::Select | Action::SelectLines | Action::CopyLine | Action::CopyWindow => selecting::begin(model, action),
        Action::Palette => commanding::open(model, ""),
        _ => moving::act(model, action),
    }
}

fn reshape(model: &mut Model) -> Vec<Effect> {
    model.wrap = !model.wrap;
    let text = if model.wrap { "long lines are wrapped" } else { "long lines are cut; left and right scroll" };
    notify(model, Tone::Calm, text.to_owned())
}

fn clear(model: &mut Model) -> Vec<Effect> {
    let services = match model.subject() {
        Subject::Service(service) => vec![service],
        Subject::All => model.merged_services(),
    };
    let Some(view) = model.log_view_mut() else { return Vec::new() };
    view.go_to_end();
    let text = match services.as_slice() {
        [service] => format!("{}: log cleared", model.name(*service)),
        several => format!("{} logs cleared", several.len()),
    };
    notify(model, Tone::Calm, text);
    services.into_iter().map(Effect::ClearLog).collect()
}

#[cfg(test)]
mod tests;
