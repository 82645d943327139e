//! Keys about single lines: how they are shown, which one is opened, where a run begins, which link is chosen.

use std::sync::Arc;

use crate::keys::Action;
use crate::logs::Tone;

use crate::ui::links::{Choice, Target};
use crate::ui::log_window::Position;
use crate::ui::model::{Model, Panel};
use crate::ui::msg::{Effect, LineNews, LineWish, Step};
use crate::ui::pane::Subject;
use crate::ui::widgets::{hints_line, line_panel};

use super::notify;

/// Does what a key about lines means.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions are not about lines")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action != Action::Timestamps && super::attach::has_no_lines(model) {
        return Vec::new();
    }
    if matches!(action, Action::Fold | Action::OlderRun | Action::NewerRun) && model.subject() == Subject::All {
        let key = hints_line::key(model, Action::Open).unwrap_or_default();
        return notify(model, Tone::Calm, format!("that is for the log of one service · {key} leads there"));
    }
    match action {
        Action::Timestamps => {
            model.stamps = model.stamps.next();
            notify(model, Tone::Calm, model.stamps.words().to_owned())
        }
        Action::Json | Action::Fold => reshape(model, action),
        Action::Open => vec![Effect::Lines(LineWish::Newest(model.pane().sought.current.map(|spot| spot.line)))],
        Action::Links => vec![Effect::Lines(LineWish::Links)],
        Action::OlderRun => to_run(model, false),
        Action::NewerRun => to_run(model, true),
        _ => Vec::new(),
    }
}

fn reshape(model: &mut Model, action: Action) -> Vec<Effect> {
    let is_filtered = model.pane().sought.shown().is_some();
    let Some(view) = model.log_view_mut() else { return Vec::new() };
    let shape = &mut view.shape;
    let text = if action == Action::Json {
        shape.json = !shape.json;
        if shape.json { "lines of JSON are made readable" } else { "lines of JSON are as printed" }
    } else {
        shape.folds = !shape.folds;
        match shape.folds {
            true if is_filtered => "stack traces are folded where all lines are shown",
            true => "stack traces are folded",
            false => "stack traces are shown whole",
        }
    };
    notify(model, Tone::Calm, text.to_owned())
}

fn to_run(model: &Model, newer: bool) -> Vec<Effect> {
    let view = model.log_view();
    let line = match view.position {
        Position::Follow if newer => return Vec::new(),
        // the start of the run that is followed, if it is not on the screen
        Position::Follow | Position::At(_) => view.top.line,
    };
    vec![Effect::Lines(LineWish::Run { line, newer })]
}

/// Takes in what was looked up.
pub(super) fn told(model: &mut Model, news: LineNews) -> Vec<Effect> {
    match news {
        LineNews::Opened(opened) => {
            if matches!(model.panels.last(), Some(Panel::Line { .. })) {
                model.panels.pop();
            }
            model.panels.push(Panel::Line { opened, top: 0 });
            reflow(model);
        }
        LineNews::Run(line) => {
            if let Some(view) = model.log_view_mut() {
                view.go_to_line(line);
            }
        }
        LineNews::Links(links) if links.is_empty() => {
            return notify(model, Tone::Calm, "there is no link on the screen".to_owned());
        }
        LineNews::Links(links) => model.links = Some(Choice { links, typed: String::new() }),
        LineNews::Nothing(text) => return notify(model, Tone::Calm, text),
    }
    Vec::new()
}

/// Lays out opened lines for the present width of the screen; what links were offered are elsewhere now.
pub(super) fn reflow(model: &mut Model) {
    model.links = None;
    let width = line_panel::room(model.size);
    for panel in &mut model.panels {
        if let Panel::Line { opened, .. } = panel
            && let Some(reflowed) = opened.reflowed(width)
        {
            *opened = Arc::new(reflowed);
        }
    }
}

/// Takes a letter of a label; a capital one copies the link instead of opening it.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other key ends the choice")]
pub(super) fn choose(model: &mut Model, step: Step) -> Vec<Effect> {
    let Some(mut choice) = model.links.take() else { return Vec::new() };
    match step {
        Step::Type(letter) => choice.typed.push(letter),
        Step::Erase if choice.typed.pop().is_some() => {}
        _ => return Vec::new(),
    }
    let typed = choice.typed.to_ascii_lowercase();
    if let Some(link) = choice.links.iter().find(|link| link.label == typed) {
        let copies = choice.typed.chars().any(char::is_uppercase);
        return match &link.target {
            Target::Address(address) if !copies => {
                notify(model, Tone::Calm, format!("opening {address}"));
                vec![Effect::Browse(address.clone())]
            }
            Target::Address(text) | Target::Place(text) => {
                notify(model, Tone::Calm, format!("copied {text}"));
                vec![Effect::Copy(text.clone())]
            }
        };
    }
    if choice.links.iter().any(|link| link.label.starts_with(&typed)) {
        model.links = Some(choice);
    }
    Vec::new()
}
