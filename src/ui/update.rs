//! What a message changes on the screen, and what it asks for: no clock, no waiting, no input or output.

mod attach;
mod commanding;
mod mouse;
mod moving;
mod news;
mod panels;
mod searching;
mod selecting;
mod services;

use crate::keys::Action;

use super::model::{Focus, Model, Moment, Notice};
use super::msg::{Effect, Msg};
use crate::logs::Tone;
use crate::supervisor::Command;

/// Changes the screen by one message and returns what is to be done.
pub(crate) fn update(model: &mut Model, msg: Msg, moment: Moment) -> Vec<Effect> {
    match msg {
        Msg::Act(action) => {
            // what only confirmed the key before has been read by now
            model.notice.take_if(|notice| notice.tone == Tone::Calm);
            act(model, action, moment)
        }
        Msg::Step(step) if model.prompt.is_some() && model.panels.is_empty() => searching::step(model, step, moment),
        Msg::Pasted(text) => {
            searching::paste(model, &text);
            Vec::new()
        }
        Msg::Step(step) => panels::step(model, step),
        Msg::Found(finding) => {
            searching::found(model, &finding);
            Vec::new()
        }
        Msg::Typed(typed) => attach::typed(model, typed),
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
    act_anywhere(model, action)
}

/// Does what a key means in the panes.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others have a meaning only while text is selected")]
fn act_anywhere(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Restart => services::ask(model, Command::Restart),
        Action::Start => services::ask(model, Command::Start),
        Action::Stop => services::ask(model, Command::Stop),
        Action::Kill => services::ask(model, Command::Kill),
        Action::StartAll => vec![Effect::Ask(Command::StartAll)],
        Action::Mark | Action::UnmarkAll => services::mark(model, action),
        Action::SignalMenu
        | Action::RestartMenu
        | Action::Tree
        | Action::Why
        | Action::Details
        | Action::Diagnostics
        | Action::Help
        | Action::Quit => panels::open(model, action),
        Action::QuitNow | Action::Interrupt => vec![Effect::Ask(Command::Quit)],
        Action::Back if searching::end(model) => Vec::new(),
        Action::Open | Action::NextPane | Action::Back | Action::Zoom => {
            focus(model, action);
            Vec::new()
        }
        Action::Search | Action::Filter | Action::OlderMatch | Action::NewerMatch => searching::act(model, action),
        Action::Attach => attach::attach(model),
        Action::Detach => attach::detach(model),
        Action::Screen => attach::toggle(model),
        Action::Wrap | Action::Timestamps => reshape(model, action),
        Action::Clear => clear(model),
        Action::Select | Action::SelectLines | Action::CopyLine | Action::CopyWindow => selecting::begin(model, action),
        Action::Palette => {
            commanding::open(model, "");
            Vec::new()
        }
        Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::HalfPageUp
        | Action::HalfPageDown
        | Action::Left
        | Action::Right
        | Action::Top
        | Action::Follow
        | Action::Bottom
        | Action::Select1
        | Action::Select2
        | Action::Select3
        | Action::Select4
        | Action::Select5
        | Action::Select6
        | Action::Select7
        | Action::Select8
        | Action::Select9 => moving::act(model, action),
        _ => Vec::new(),
    }
}

fn focus(model: &mut Model, action: Action) {
    if action == Action::Open {
        model.focus = Focus::Log;
    } else if action == Action::NextPane {
        model.focus = if model.focus == Focus::List { Focus::Log } else { Focus::List };
        // the list cannot have the focus while it is not there
        model.zoom = false;
    } else if action == Action::Zoom {
        model.zoom = !model.zoom;
        model.focus = if model.zoom { Focus::Log } else { model.focus };
    } else if model.zoom {
        model.zoom = false;
    } else {
        model.focus = Focus::List;
    }
    model.show_selected();
}

fn reshape(model: &mut Model, action: Action) -> Vec<Effect> {
    let text = if action == Action::Wrap {
        model.wrap = !model.wrap;
        if model.wrap { "long lines are wrapped" } else { "long lines are cut; left and right scroll" }
    } else {
        model.timestamps = !model.timestamps;
        if model.timestamps { "lines show when they arrived" } else { "lines do not show when they arrived" }
    };
    notify(model, Tone::Calm, text.to_owned())
}

fn clear(model: &mut Model) -> Vec<Effect> {
    let service = model.selected;
    let Some(view) = model.log_view_mut() else { return Vec::new() };
    view.go_to_end();
    let text = format!("{}: log cleared", model.name(service));
    notify(model, Tone::Calm, text);
    vec![Effect::ClearLog(service)]
}

#[cfg(test)]
mod tests;
