//! Dividing the panes, going from one to the next, and who shows what.

use super::*;
use crate::ui::pane::Subject;

fn large() -> Model {
    model(board(moment()), 200, 60)
}

fn shown(model: &Model) -> Vec<Subject> {
    model.shown_panes().map(|(_, subject)| subject).collect()
}

fn services(places: &[u32]) -> Vec<Subject> {
    places.iter().map(|&place| Subject::Service(id(place))).collect()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn the_list_chooses_for_the_new_pane_and_the_others_stay_with_what_they_show() {
    let mut model = large();
    type_keys(&mut model, "3|");
    assert_eq!(shown(&model), services(&[2, 2]));
    type_keys(&mut model, "5");
    assert_eq!((shown(&model), model.focus), (services(&[2, 4]), Focus::List));
    type_keys(&mut model, "|jr");
    assert_eq!(shown(&model), services(&[2, 4, 5]));
    assert_eq!(type_keys(&mut model, "x"), ask(Command::Stop(ids(&[5]))));
}

#[test]
fn tab_goes_through_the_panes_and_back_to_the_list_which_follows() {
    let mut model = large();
    type_keys(&mut model, "1|2|3");
    let stops = [(Focus::List, 2), (Focus::Log, 0), (Focus::Log, 1), (Focus::Log, 2), (Focus::List, 2)];
    let at = |model: &Model| (model.focus, model.panes.place());
    assert_eq!(at(&model), stops[0]);
    for (stop, service) in stops.iter().skip(1).zip([0, 1, 2, 2]) {
        press(&mut model, &[KeyCode::Tab]);
        assert_eq!((at(&model), model.selected), (*stop, id(service)));
    }
    for stop in [(Focus::Log, 2), (Focus::Log, 1), (Focus::Log, 0), (Focus::List, 0)] {
        press(&mut model, &[KeyCode::BackTab]);
        assert_eq!(at(&model), stop);
    }
}

#[test]
fn a_pane_is_closed_but_not_the_last_and_a_fifth_is_refused() {
    let mut model = large();
    type_keys(&mut model, "1|2|3|4|");
    assert_eq!((shown(&model), notice(&model)), (services(&[0, 1, 2, 3]), "there are 4 panes already · \\ closes one"));
    type_keys(&mut model, "\\\\");
    assert_eq!((shown(&model), model.selected), (services(&[0, 1]), id(1)));
    type_keys(&mut model, "\\\\");
    assert_eq!((shown(&model), notice(&model)), (services(&[0]), "this is the only pane · | divides it"));
}

#[test]
fn where_there_is_no_room_for_another_pane_nothing_changes_and_it_is_said() {
    let mut model = model(board(moment()), 60, 16);
    type_keys(&mut model, "|||||");
    let areas = model.areas().unwrap();
    assert!((0..model.panes.count()).all(|place| areas.pane(place).height >= 5));
    assert!(notice(&model).starts_with("no room for another pane"), "{}", notice(&model));
}

#[test]
fn a_click_gives_a_pane_the_focus_and_the_wheel_scrolls_without() {
    let mut model = large();
    type_keys(&mut model, "1|2");
    let left = model.areas().unwrap().pane(0);
    let positions = |model: &Model| -> Vec<i64> {
        model.shown_panes().map(|(pane, subject)| pane.log_view(subject).unwrap().pending).collect()
    };
    mouse(&mut model, MouseEventKind::ScrollUp, left.x + 5, left.y + 5);
    assert_eq!((positions(&model), model.panes.place()), (vec![-3, 0], 1));
    mouse(&mut model, MouseEventKind::Down(MouseButton::Left), left.x + 5, left.y + 5);
    assert_eq!((model.focus, model.panes.place(), model.selected), (Focus::Log, 0, id(0)));
}

#[test]
fn every_pane_searches_for_itself() {
    let mut model = large();
    type_keys(&mut model, "1|2");
    press(&mut model, &[KeyCode::Enter]);
    type_keys(&mut model, "/needle");
    press(&mut model, &[KeyCode::Enter, KeyCode::BackTab]);
    assert!(!model.pane().sought.is_active());
    let asked: Vec<u64> = model.panes.all().map(|pane| pane.sought.asked).collect();
    assert_ne!(asked[0], asked[1], "answers find their pane");
    press(&mut model, &[KeyCode::Tab]);
    assert!(model.pane().sought.is_active());
}

#[test]
fn a_terminal_has_the_size_of_the_pane_that_shows_it_and_the_others_that_of_a_single_one() {
    let mut model = large();
    let single = model.terminal_sizes().unwrap()[0];
    assert!(model.terminal_sizes().unwrap().iter().all(|size| *size == single));
    type_keys(&mut model, "1|2|");
    let sizes = model.terminal_sizes().unwrap();
    let text = |place| {
        let area = model.areas().unwrap().pane(place);
        Size::new(area.width - 3, area.height - 2)
    };
    assert_eq!((sizes[0], sizes[1], sizes[2]), (text(0), text(2), single));
    assert_ne!(text(1), text(2), "both show the second service, and the focused one counts");
    type_keys(&mut model, "3|4");
    press(&mut model, &[KeyCode::BackTab, KeyCode::BackTab]);
    let sizes = model.terminal_sizes().unwrap();
    assert_eq!(sizes[1].height, model.areas().unwrap().pane(1).height - 2);
    type_keys(&mut model, "z");
    let zoomed = model.terminal_sizes().unwrap();
    assert_eq!((zoomed[0], zoomed[1]), (single, single), "hidden behind another");
    assert!(zoomed[2].width > single.width);
}
