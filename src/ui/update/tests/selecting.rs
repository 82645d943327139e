//! Selecting by keys and by the mouse: what is asked for, and what does not happen meanwhile.

use super::*;
use crate::logs::LogBuffer;
use crate::ui::fixture::{assert_picture, cells, log};
use crate::ui::log_window::Lens;
use crate::ui::selection::{Caret, LogGround, Seen};
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
    update(&mut model, Msg::Taken(Taken { again: Some(selecting), ..Taken::default() }), moment());
    assert!(model.selecting.is_some() && matches!(model.log_view().position, Place::At(_)));
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
