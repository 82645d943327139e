//! Keys that choose a service or move about in its log.

use crate::id::ServiceId;
use crate::keys::Action;

use crate::ui::layout;
use crate::ui::log_window::Position;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Effect;

/// Columns that one press of left or right scrolls.
const SIDEWAYS: usize = 8;

/// The keys that choose a service by its place.
const PLACES: &[Action] = &[
    Action::Select1,
    Action::Select2,
    Action::Select3,
    Action::Select4,
    Action::Select5,
    Action::Select6,
    Action::Select7,
    Action::Select8,
    Action::Select9,
];

/// Chooses the service at this row of the list, or at the last one.
pub(super) fn select(model: &mut Model, place: usize) {
    let listed = model.listed();
    if let Some(service) = listed.get(place).or(listed.last()) {
        choose(model, *service);
    }
}

/// Chooses a service.
pub(super) fn choose(model: &mut Model, service: ServiceId) {
    super::merging::show(model, false);
    if model.selected != service {
        super::selecting::end(model);
        model.selected = service;
        // whoever moves on has read it, and now wants to know about this one
        model.notice = None;
        model.pane_mut().sought.ask_elsewhere();
    }
    model.show_selected();
}

/// Moves in the pane that has the focus.
#[expect(clippy::wildcard_enum_match_arm, reason = "what moves by no rows jumps")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(place) = PLACES.iter().position(|&key| key == action) {
        if place < model.listed().len() {
            select(model, place);
        }
        return Vec::new();
    }
    let page = model.page().height.saturating_sub(1).max(1);
    let half = (page / 2).max(1);
    let in_list = model.focus == Focus::List;
    match action {
        Action::Up if in_list => step(model, false, 1),
        Action::Down if in_list => step(model, true, 1),
        Action::PageUp if in_list => step(model, false, list_rows(model)),
        Action::PageDown if in_list => step(model, true, list_rows(model)),
        Action::Up => scroll(model, false, 1),
        Action::Down => scroll(model, true, 1),
        Action::PageUp => scroll(model, false, page),
        Action::PageDown => scroll(model, true, page),
        // half a page always moves the log: reading on must not need another pane
        Action::HalfPageUp => scroll(model, false, half),
        Action::HalfPageDown => scroll(model, true, half),
        _ => jump(model, action),
    }
    Vec::new()
}

fn list_rows(model: &Model) -> usize {
    model.areas().map_or(1, |areas| usize::from(layout::inside(areas.list).height)).max(1)
}

fn step(model: &mut Model, down: bool, by: usize) {
    let place = model.listed_place();
    select(model, if down { place.saturating_add(by) } else { place.saturating_sub(by) });
}

/// Moves the log by so many rows at the next frame.
pub(super) fn scroll(model: &mut Model, down: bool, rows: usize) {
    scroll_pane(model, model.panes.place(), down, rows);
}

/// Moves the lines of the pane at this place by so many rows at the next frame.
pub(super) fn scroll_pane(model: &mut Model, place: usize, down: bool, rows: usize) {
    if place == model.panes.place() && super::attach::has_no_lines(model) {
        return;
    }
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let Some(subject) = model.shown_panes().nth(place).map(|(_, subject)| subject) else { return };
    let Some(view) = model.panes.all_mut().nth(place).and_then(|pane| pane.log_view_mut(subject)) else { return };
    let follows = view.position == Position::Follow && view.pending >= 0;
    // a pane that follows is at the end already
    if !(down && follows) {
        view.pending = view.pending.saturating_add(if down { rows } else { -rows });
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions mean nothing here")]
fn jump(model: &mut Model, action: Action) {
    if super::attach::has_no_lines(model) {
        return;
    }
    let wrap = model.wrap;
    let Some(view) = model.log_view_mut() else { return };
    match action {
        Action::Top => view.go_to_start(),
        Action::Bottom => view.go_to_end(),
        Action::Follow => view.toggle_follow(),
        Action::Left => view.column = view.column.saturating_sub(SIDEWAYS),
        Action::Right if !wrap => view.column = view.column.saturating_add(SIDEWAYS),
        _ => {}
    }
}
