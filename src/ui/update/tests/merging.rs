//! All logs as one: which they are, and the way to the log of a line.

use super::*;
use crate::ui::fixture::{all_cells, rows, shop_logs};
use crate::ui::pane::Subject;

#[test]
fn zero_shows_all_logs_as_one_and_a_choice_shows_one_again() {
    let mut model = shop();
    type_keys(&mut model, "0");
    assert_eq!((model.subject(), model.merged_services().len()), (Subject::All, 8));
    type_keys(&mut model, "0");
    assert_eq!(model.subject(), Subject::Service(id(0)));
    for choice in ["1", "j", "3"] {
        type_keys(&mut model, "0");
        type_keys(&mut model, choice);
        assert_eq!(model.subject(), Subject::Service(model.selected), "after {choice}");
    }
}

#[test]
fn marks_say_which_logs_are_shown_as_one() {
    let mut model = shop();
    type_keys(&mut model, "0 ");
    let asked = model.pane().sought.asked;
    type_keys(&mut model, "  ");
    assert_eq!((model.subject(), model.merged_services()), (Subject::All, ids(&[0, 1, 2])));
    assert!(model.pane().sought.asked > asked, "what was found among other logs is forgotten");
    type_keys(&mut model, "u");
    assert_eq!(model.merged_services().len(), 8);
    assert_eq!(type_keys(&mut model, "C").len(), 8, "all of them are cleared");
}

#[test]
fn enter_leads_from_the_lowest_line_to_its_own_log_and_a_click_on_a_name_does_too() {
    let logs = shop_logs(6);
    let mut model = shop();
    type_keys(&mut model, "0");
    press(&mut model, &[KeyCode::Enter]);
    all_cells(&mut model, &logs, moment());
    assert_eq!(model.subject(), Subject::All, "the first Enter gives the focus");
    type_keys(&mut model, "kkk");
    let screen = rows(&all_cells(&mut model, &logs, moment()));
    let pointed = screen.iter().find(|row| row.contains('▸')).unwrap().clone();
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!(model.subject(), Subject::Service(model.selected));
    assert!(pointed.contains(model.name(model.selected)), "{pointed}");
    let there = rows(&all_cells(&mut model, &logs, moment()));
    let text = |row: &str| row.split('▸').nth(1).unwrap().trim_end_matches(['│', '┃', ' ']).to_owned();
    let row = there.iter().find(|row| row.contains('▸')).unwrap_or_else(|| panic!("{there:#?}"));
    assert_eq!(text(row), text(&pointed));

    type_keys(&mut model, "0");
    let screen = rows(&all_cells(&mut model, &logs, moment()));
    let names = model.areas().unwrap().log;
    let row = (names.y + 1..names.bottom()).find(|y| screen[usize::from(*y)].contains("│api")).unwrap();
    mouse(&mut model, MouseEventKind::Down(MouseButton::Left), names.x + 20, row);
    assert_eq!(model.subject(), Subject::All, "the text is there to be selected");
    mouse(&mut model, MouseEventKind::Down(MouseButton::Left), names.x + 2, row);
    assert_eq!((model.subject(), model.focus), (Subject::Service(id(2)), Focus::Log));
}

#[test]
fn a_pane_that_shows_all_logs_has_no_say_in_the_size_of_terminals() {
    let mut model = model(board(moment()), 200, 60);
    let single = model.terminal_sizes();
    type_keys(&mut model, "0");
    assert_eq!(model.terminal_sizes(), single);
}
