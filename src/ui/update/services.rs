//! Keys that act on services: the marked ones, or else the chosen one.

use crate::id::ServiceId;
use crate::keys::Action;
use crate::supervisor::Command;

use crate::ui::model::Model;
use crate::ui::msg::Effect;

/// Asks for what the key means for the marked services, or else for the chosen one.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions ask for nothing")]
pub(super) fn act(model: &Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Restart => ask(model, Command::Restart),
        Action::Start => ask(model, Command::Start),
        Action::Stop => ask(model, Command::Stop),
        Action::Kill => ask(model, Command::Kill),
        _ => Vec::new(),
    }
}

fn ask(model: &Model, wish: fn(Vec<ServiceId>) -> Command) -> Vec<Effect> {
    let targets = model.targets();
    if targets.is_empty() { Vec::new() } else { vec![Effect::Ask(wish(targets))] }
}

/// Marks the chosen service and goes on to the next, or takes all marks away.
pub(super) fn mark(model: &mut Model, action: Action) -> Vec<Effect> {
    let service = model.selected;
    let is_merged = model.pane().is_merged;
    if action == Action::UnmarkAll {
        model.marked.clear();
    } else if model.service(service).is_some() {
        if !model.marked.remove(&service) {
            model.marked.insert(service);
        }
        super::moving::select(model, model.listed_place() + 1);
        // marks say which logs are shown as one, so they are set while these are seen
        super::merging::show(model, is_merged);
    }
    super::merging::marks_changed(model);
    Vec::new()
}
