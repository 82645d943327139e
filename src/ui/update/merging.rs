//! All logs as one: showing them, and going from one of their lines to the service that printed it.

use crate::keys::Action;

use crate::ui::log_window::{order_of, service_of};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Effect;
use crate::ui::pane::Subject;

/// Shows all logs as one, or the chosen service again; or goes to a line's own log.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::AllLogs {
        show(model, !model.pane().is_merged);
    } else {
        open(model);
    }
    Vec::new()
}

/// Shows all logs as one in the focused pane, or the chosen service.
pub(super) fn show(model: &mut Model, is_merged: bool) {
    let pane = model.pane_mut();
    if pane.is_merged != is_merged {
        pane.is_merged = is_merged;
        pane.sought.ask_elsewhere();
        model.notice = None;
    }
}

/// Looks anew in every pane that shows several logs: other ones are marked.
pub(super) fn marks_changed(model: &mut Model) {
    model.panes.all_mut().filter(|pane| pane.is_merged).for_each(|pane| pane.sought.ask_again());
}

/// Goes from the line that is pointed at to its place in the log of its service.
fn open(model: &mut Model) {
    if model.focus == Focus::Log
        && let Some(line) = model.pointed_at()
    {
        jump(model, line);
    }
    model.focus = Focus::Log;
}

/// Goes to this line of all logs in the log of its service.
pub(super) fn jump(model: &mut Model, line: u64) {
    let service = service_of(line);
    if model.service(service).is_none() {
        return;
    }
    show(model, false);
    super::moving::choose(model, service);
    if let Some(view) = model.pane_mut().log_view_mut(Subject::Service(service)) {
        view.go_to_arrival(order_of(line));
    }
}
