//! Keys that act on services: the marked ones, or else the chosen one.

use crate::id::ServiceId;
use crate::keys::Action;
use crate::supervisor::Command;

use crate::ui::model::Model;
use crate::ui::msg::Effect;

/// Asks for `wish` to happen to the marked services, or else to the chosen one.
pub(super) fn ask(model: &Model, wish: fn(Vec<ServiceId>) -> Command) -> Vec<Effect> {
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
