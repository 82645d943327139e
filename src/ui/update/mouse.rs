//! The mouse: a click chooses, the wheel scrolls what is under the pointer.

use ratatui::layout::{Position, Rect};

use crate::keys::Action;

use crate::ui::layout;
use crate::ui::model::{Focus, Model, Moment};
use crate::ui::msg::Effect;
use crate::ui::pane::Subject;
use crate::ui::widgets::hints_line;

/// Rows that one notch of the wheel scrolls.
const NOTCH: usize = 3;

/// Chooses a service, a pane, or a hint.
pub(super) fn click(model: &mut Model, at: Position, moment: Moment) -> Vec<Effect> {
    let Some(areas) = model.areas() else { return Vec::new() };
    // a drag begins where text was pressed, and nowhere else
    let pressed = model.pressed.take();
    if model.attached.is_some() && areas.log_text().contains(at) {
        // it has the keyboard, but has not asked for the mouse
        super::selecting::press(model, at, pressed, moment);
        return Vec::new();
    }
    // what the service that has the keyboard does not see is meant for procdash
    let given_back = super::attach::detach(model);
    if !given_back.is_empty() {
        return given_back.into_iter().chain(click(model, at, moment)).collect();
    }
    if areas.hints.contains(at) {
        let action = hints_line::action_at(model, at.x.saturating_sub(areas.hints.x));
        return action.map(|action| super::act(model, action, moment)).unwrap_or_default();
    }
    if !model.panels.is_empty() || model.is_quitting() {
        return Vec::new();
    }
    if areas.list.contains(at) {
        super::searching::leave(model);
        model.focus = Focus::List;
        let rows = layout::inside(areas.list);
        if rows.contains(at) {
            let place = model.list_top + usize::from(at.y.saturating_sub(rows.y));
            if place < model.listed().len() {
                super::moving::select(model, place);
            }
        }
    } else if let Some(place) = areas.pane_at(at) {
        super::searching::leave(model);
        let pressed = pressed.filter(|_| place == model.panes.place());
        super::splitting::focus(model, place);
        let names = names(model, areas.pane(place));
        let row = usize::from(at.y.saturating_sub(names.y));
        // a name leads to its log; the text beside it is there to be selected
        if names.contains(at)
            && let Some(line) = model.pane().rows.get(row).copied()
        {
            super::merging::jump(model, line);
        } else {
            super::selecting::press(model, at, pressed, moment);
        }
    }
    Vec::new()
}

/// Returns where the names stand in the focused pane, if it shows several logs as one.
fn names(model: &Model, area: Rect) -> Rect {
    let inner = layout::inside(area);
    match model.subject() {
        Subject::All => Rect { width: model.names_width().min(inner.width), ..inner },
        Subject::Service(_) => Rect::default(),
    }
}

/// Scrolls what is under the pointer.
pub(super) fn wheel(model: &mut Model, at: Position, down: bool, moment: Moment) -> Vec<Effect> {
    if model.is_quitting() {
        return Vec::new();
    }
    if !model.panels.is_empty() {
        let action = if down { Action::Down } else { Action::Up };
        return super::panels::act(model, action, moment);
    }
    let Some(areas) = model.areas() else { return Vec::new() };
    if areas.list.contains(at) {
        let rows = usize::from(layout::inside(areas.list).height);
        let last = model.listed().len().saturating_sub(rows);
        let top = model.list_top;
        model.list_top = if down { (top + NOTCH).min(last) } else { top.saturating_sub(NOTCH) };
    } else if let Some(place) = areas.pane_at(at) {
        super::moving::scroll_pane(model, place, down, NOTCH);
    }
    Vec::new()
}
