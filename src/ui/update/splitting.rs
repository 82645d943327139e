//! Keys that divide the panes and go from one to the next.

use crate::keys::Action;
use crate::logs::Tone;

use crate::ui::model::{Focus, Model, Notice};
use crate::ui::msg::Effect;
use crate::ui::panes::MOST;
use crate::ui::widgets::hints_line;

/// Divides the focused pane, closes it, or goes to another.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions go from pane to pane")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Split => split(model),
        Action::ClosePane => close(model),
        Action::Zoom => zoom(model),
        Action::Back => back(model),
        _ => walk(model, action == Action::PreviousPane),
    }
    Vec::new()
}

fn split(model: &mut Model) {
    let Some(areas) = model.areas() else { return };
    if model.panes.count() == MOST {
        let key = hints_line::key(model, Action::ClosePane).unwrap_or_default();
        return say(model, format!("there are {MOST} panes already · {key} closes one"));
    }
    let before = (model.panes.clone(), model.zoom);
    model.zoom = false;
    let selected = model.selected;
    model.pane_mut().service = selected;
    model.panes.split();
    let count = model.panes.count();
    let all_fit = model.areas().is_some_and(|areas| (0..count).all(|place| !areas.pane(place).is_empty()));
    if all_fit {
        model.show_selected();
        return;
    }
    (model.panes, model.zoom) = before;
    let size = areas.log;
    say(model, format!("no room for another pane: this one has {} columns and {} rows", size.width, size.height));
}

fn close(model: &mut Model) {
    if model.panes.count() == 1 {
        let key = hints_line::key(model, Action::Split).unwrap_or_default();
        return say(model, format!("this is the only pane · {key} divides it"));
    }
    model.panes.close();
    model.zoom = false;
    follow_pane(model);
}

/// Gives the focus to the pane at this place.
pub(super) fn focus(model: &mut Model, place: usize) {
    if place != model.panes.place() {
        let selected = model.selected;
        model.pane_mut().service = selected;
        model.panes.focus(place);
        follow_pane(model);
    }
    model.focus = Focus::Log;
}

/// Chooses in the list what the focused pane shows.
fn follow_pane(model: &mut Model) {
    if !model.pane().is_merged {
        model.selected = model.pane().service;
    }
    model.notice = None;
    model.show_selected();
}

/// Goes from the list through the panes and back to the list.
fn walk(model: &mut Model, backwards: bool) {
    let (count, place) = (model.panes.count(), model.panes.place());
    // the list is the first stop
    let stops = count + 1;
    let here = if model.focus == Focus::List { 0 } else { place + 1 };
    let next = if backwards { here + stops - 1 } else { here + 1 } % stops;
    // neither the list nor another pane can have the focus while it is not there
    model.zoom = false;
    match next.checked_sub(1) {
        Some(place) => focus(model, place),
        None => model.focus = Focus::List,
    }
    model.show_selected();
}

/// Gives the focus back to the list, or the screen to all panes.
fn back(model: &mut Model) {
    if model.zoom {
        model.zoom = false;
    } else {
        model.focus = Focus::List;
    }
    model.show_selected();
}

fn zoom(model: &mut Model) {
    model.zoom = !model.zoom;
    model.focus = if model.zoom { Focus::Log } else { model.focus };
    model.show_selected();
}

fn say(model: &mut Model, text: String) {
    model.notice = Some(Notice { tone: Tone::Calm, text });
}
