//! Selecting by keys and by the mouse: what is asked for, and what does not happen meanwhile.

use super::*;
use crate::logs::LogBuffer;
use crate::ui::fixture::{all_cells, assert_picture, cells, log, rows, shop_logs};
use crate::ui::log_window::{Lens, Shape};
use crate::ui::pane::Subject;
use crate::ui::selection::{By, Caret, LogGround, Seen};
use crate::ui::taker::{Destination, Taken};

/// A shop that has drawn this log, so that it is known what is seen.
fn seen(log: &LogBuffer) -> Model {
    let mut model = shop();
    model.size = Size::new(100, 30);
    cells(&mut model, log, moment());
    model
}

fn destination(effects: &[Effect]) -> Option<&Destination> {
    match effects {
        [Effect::Take { to, .. }] => Some(to),
        _ => None,
    }
}

#[test]
fn while_text_is_selected_no_key_acts_on_a_service_and_the_pane_stays() {
    let log = log(80);
    let mut model = seen(&log);
    assert_eq!(type_keys(&mut model, "v"), []);
    assert!(matches!(model.log_view().position, Place::At(_)) && model.focus == Focus::Log);
    assert_eq!(type_keys(&mut model, "xXrsUaC1"), []);
    assert_eq!(model.selected, id(0));
    let told = "`select-1` is not for selected text · Esc ends the selection";
    assert_eq!(model.notice.as_ref().map(|notice| notice.text.as_str()), Some(told));
    press(&mut model, &[KeyCode::Esc]);
    assert!(model.selecting.is_none() && model.log_view().position == Place::Follow);
}

#[test]
fn copying_takes_the_selection_along_and_what_came_to_nothing_is_selected_again() {
    let log = log(80);
    let mut model = seen(&log);
    type_keys(&mut model, "Vkk");
    let effects = type_keys(&mut model, "y");
    assert_eq!(destination(&effects), Some(&Destination::Clipboard));
    assert!(model.selecting.is_none());
    let Some(Effect::Take { selecting, .. }) = effects.into_iter().next() else { panic!("nothing was taken") };
    let again = Some(selecting);
    update(&mut model, Msg::Taken(Taken { again: again.clone(), ..Taken::default() }), moment());
    assert!(model.selecting.is_some() && matches!(model.log_view().position, Place::At(_)));
    press(&mut model, &[KeyCode::Esc]);
    let mut elsewhere = model.clone();
    elsewhere.selected = id(1);
    for (model, is_again) in [(&mut elsewhere, false), (&mut model, true)] {
        update(model, Msg::Taken(Taken { again: again.clone(), ..Taken::default() }), moment());
        assert_eq!(model.selecting.is_some(), is_again, "lines of another log are other lines");
    }
    type_keys(&mut model, "W");
    let effects = press(&mut model, &[KeyCode::Char('a'), KeyCode::Enter]);
    assert!(matches!(destination(&effects), Some(Destination::File(target)) if target.path == "a" && !target.replace));
    assert_eq!(destination(&type_keys(&mut model, "y")), Some(&Destination::Clipboard), "without a selection, a line");
}

#[test]
fn a_drag_selects_and_a_click_does_not() {
    let log = log(80);
    let mut model = seen(&log);
    let area = model.text_area().unwrap();
    let left = MouseButton::Left;
    mouse(&mut model, MouseEventKind::Down(left), area.x + 3, area.y + 2);
    mouse(&mut model, MouseEventKind::Drag(left), area.x + 3, area.y + 2);
    assert_eq!(mouse(&mut model, MouseEventKind::Up(left), area.x + 3, area.y + 2), []);
    assert!(model.selecting.is_none() && model.log_view().position == Place::Follow);
    mouse(&mut model, MouseEventKind::Down(left), area.x + 3, area.y + 2);
    mouse(&mut model, MouseEventKind::Drag(left), area.x + 5, area.bottom() + 1);
    assert!(model.selecting.as_ref().is_some_and(|selecting| selecting.pull.is_some_and(|(rows, _)| rows == 2)));
    let effects = mouse(&mut model, MouseEventKind::Up(left), area.x + 5, area.y + 3);
    assert_eq!(destination(&effects), Some(&Destination::Clipboard));
}

#[test]
fn the_cursor_of_a_selection_brings_its_row_into_sight_and_no_further() {
    let log = log(80);
    let mut model = seen(&log);
    type_keys(&mut model, "v");
    let bottom = model.log_view().bottom;
    let top_after = |model: &mut Model, line| {
        if let Some(view) = model.log_view_mut() {
            view.sight = Some(Caret { line, byte: 0 });
        }
        cells(model, &log, moment());
        model.log_view().bottom
    };
    assert_eq!(top_after(&mut model, bottom - 3), bottom, "it is seen already");
    let rows = u64::try_from(model.page().height).unwrap();
    assert!(top_after(&mut model, bottom - rows - 4) < bottom);
    assert!(top_after(&mut model, 2) < rows + 2);
    assert_eq!(top_after(&mut model, bottom), bottom);
}

#[test]
fn what_is_selected_and_what_is_offered_are_pictures() {
    let log = log(80);
    let mut model = seen(&log);
    type_keys(&mut model, "V");
    if let Some(selecting) = &mut model.selecting {
        selecting.settle(
            &LogGround { log: &log, lens: Lens::default() },
            Seen { window: None, search: None, current: None },
        );
    }
    assert_picture("selecting_100x30", &cells(&mut model, &log, moment()));
    press(&mut model, &[KeyCode::Esc]);
    type_keys(&mut model, ":re");
    assert_picture("palette_100x30", &cells(&mut model, &log, moment()));
}

#[test]
fn what_is_pressed_in_another_pane_is_selected_there_and_ends_the_selection_before() {
    let logs = shop_logs(60);
    let mut model = model(board(moment()), 200, 40);
    type_keys(&mut model, "1|3");
    all_cells(&mut model, &logs, moment());
    type_keys(&mut model, "v");
    assert_eq!((model.panes.place(), model.selected), (1, id(2)));
    all_cells(&mut model, &logs, moment());
    let other = model.areas().unwrap().pane(0);
    let left = MouseButton::Left;
    mouse(&mut model, MouseEventKind::Down(left), other.x + 4, other.y + 3);
    assert_eq!((model.panes.place(), model.selected, &model.selecting), (0, id(0), &None));
    assert!(model.panes.all().nth(1).is_some_and(|pane| {
        pane.log_view(Subject::Service(id(2))).is_some_and(|view| view.position == Place::Follow)
    }));
    mouse(&mut model, MouseEventKind::Drag(left), other.x + 8, other.y + 3);
    let Some(selecting) = &model.selecting else { panic!("nothing is selected") };
    let area = model.text_area().unwrap();
    assert_eq!((selecting.by, area.x), (By::Mouse, other.x + 2));
    let screen = rows(&all_cells(&mut model, &logs, moment()));
    assert!(screen[1].contains("db ── pid") && screen[1].matches("selecting").count() == 1, "{screen:#?}");
    let effects = mouse(&mut model, MouseEventKind::Up(left), other.x + 8, other.y + 3);
    assert_eq!(destination(&effects), Some(&Destination::Clipboard));
}

#[test]
fn in_all_logs_as_one_nothing_is_selected_and_the_way_to_where_it_is_is_named() {
    let logs = shop_logs(60);
    let mut model = shop();
    type_keys(&mut model, "0");
    press(&mut model, &[KeyCode::Enter]);
    all_cells(&mut model, &logs, moment());
    let told = "Enter goes to the line in its own log: text is selected there";
    for key in ["v", "V", "y", "Y"] {
        model.notice = None;
        assert_eq!(type_keys(&mut model, key), []);
        assert_eq!(model.notice.take().map(|notice| notice.text).as_deref(), Some(told), "{key}");
    }
    let area = model.text_area().unwrap();
    let left = MouseButton::Left;
    mouse(&mut model, MouseEventKind::Down(left), area.x + 3, area.y + 2);
    assert_eq!(model.notice, None, "a click alone asks for nothing");
    mouse(&mut model, MouseEventKind::Drag(left), area.x + 6, area.y + 2);
    assert_eq!(model.notice.take().map(|notice| notice.text).as_deref(), Some(told));
    assert!(model.selecting.is_none() && model.log_view().position == Place::Follow);
    assert_eq!(mouse(&mut model, MouseEventKind::Up(left), area.x + 6, area.y + 2), []);
}

#[test]
fn lines_are_shown_as_they_were_printed_while_text_is_selected() {
    let log = log(80);
    for by_mouse in [false, true] {
        let mut model = seen(&log);
        type_keys(&mut model, "JF");
        cells(&mut model, &log, moment());
        if by_mouse {
            let area = model.text_area().unwrap();
            let left = MouseButton::Left;
            mouse(&mut model, MouseEventKind::Down(left), area.x + 3, area.y + 2);
            mouse(&mut model, MouseEventKind::Drag(left), area.x + 6, area.y + 2);
        } else {
            type_keys(&mut model, "v");
        }
        assert_eq!(model.log_view().shape, Shape::default());
        assert!(model.notice.as_ref().is_some_and(|notice| notice.text.contains("as they were printed")));
        assert_eq!(model.selecting.is_some(), !by_mouse, "what was under the pointer may be elsewhere now");
    }
}

#[test]
fn a_drag_begins_only_where_text_was_pressed() {
    let log = log(80);
    let mut model = seen(&log);
    let area = model.text_area().unwrap();
    let left = MouseButton::Left;
    mouse(&mut model, MouseEventKind::Down(left), area.x + 3, area.y + 2);
    mouse(&mut model, MouseEventKind::Up(left), area.x + 3, area.y + 2);
    mouse(&mut model, MouseEventKind::Down(left), 3, 4);
    mouse(&mut model, MouseEventKind::Drag(left), area.x + 3, area.y + 5);
    assert!(model.selecting.is_none());
}
