//! Keys that act on services: the marked ones, or else the chosen one.

use crate::keys::Action;
use crate::supervisor::Command;

use crate::ui::model::Model;
use crate::ui::msg::Effect;

/// Asks for a start, stop, restart or kill.
pub(super) fn ask(model: &Model, action: Action) -> Vec<Effect> {
    if action == Action::StartAll {
        return vec![Effect::Ask(Command::StartAll)];
    }
    let targets = model.targets();
    if targets.is_empty() {
        return Vec::new();
    }
    let command = match action {
        Action::Start => Command::Start(targets),
        Action::Stop => Command::Stop(targets),
        Action::Restart => Command::Restart(targets),
        _ => Command::Kill(targets),
    };
    vec![Effect::Ask(command)]
}

/// Marks the chosen service and goes on to the next, or takes all marks away.
pub(super) fn mark(model: &mut Model, action: Action) -> Vec<Effect> {
    let service = model.selected;
    if action == Action::UnmarkAll {
        model.marked.clear();
    } else if model.service(service).is_some() {
        if !model.marked.remove(&service) {
            model.marked.insert(service);
        }
        super::moving::select(model, service.index() + 1);
    }
    Vec::new()
}
