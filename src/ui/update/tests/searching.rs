//! Searching the log, filtering it, and choosing names.

use super::*;
use crate::logs::LogBuffer;
use crate::ui::fixture::{cells, find, log, rows};
use crate::ui::pane::Subject;

/// A shop whose log has the focus, after these keys, with everything found that can be.
fn after(log: &LogBuffer, keys: &str) -> Model {
    let mut model = shop();
    press(&mut model, &[KeyCode::Enter]);
    more(&mut model, log, keys);
    model
}

fn more(model: &mut Model, log: &LogBuffer, keys: &str) {
    cells(model, log, moment());
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '<' => KeyCode::Backspace,
            _ => KeyCode::Char(key),
        };
        press(model, &[code]);
        find(model, log, moment());
        cells(model, log, moment());
    }
}

fn current(model: &Model) -> Option<(u64, u32)> {
    model.pane().sought.current.map(|spot| (spot.line, spot.nth))
}

#[test]
fn typing_goes_to_the_newest_match_and_n_to_older_ones() {
    let log = log(40);
    let mut model = after(&log, "/cart/1");
    assert_eq!((current(&model), model.pane().sought.total), (Some((22, 0)), 11));
    more(&mut model, &log, "7");
    assert_eq!((current(&model), model.pane().sought.total), (Some((19, 0)), 1));
    more(&mut model, &log, "<\nn");
    assert_eq!((current(&model), model.pane().sought.position()), (Some((20, 0)), Some(10)));
    more(&mut model, &log, "NN");
    assert_eq!((current(&model), model.pane().sought.turned), (Some((2, 0)), Some("on from the start")));
    assert!(model.prompt.is_none() && matches!(model.log_view().position, Place::At(_)));
}

#[test]
fn esc_in_the_prompt_goes_back_to_where_it_was_and_esc_after_it_ends_the_search() {
    let log = log(40);
    let mut model = after(&log, "/cart");
    assert!(matches!(model.log_view().position, Place::At(_)));
    more(&mut model, &log, "\u{1b}");
    assert_eq!((model.log_view().position, model.pane().sought.is_active()), (Place::Follow, false));
    more(&mut model, &log, "/cart\n\u{1b}");
    assert_eq!((model.pane().sought.is_active(), model.focus), (false, Focus::Log), "the focus stays for one more");
    more(&mut model, &log, "\u{1b}");
    assert_eq!(model.focus, Focus::List);
}

#[test]
fn every_letter_is_typed_and_none_is_obeyed() {
    let log = log(1);
    let mut model = after(&log, "/");
    assert_eq!(type_keys(&mut model, "qxXr?"), []);
    assert_eq!(model.prompt.as_ref().map(|prompt| prompt.line.text()), Some("qxXr?"));
    assert_eq!(ctrl(&mut model, 'c'), ask(Command::Quit), "but the way out stays");
}

#[test]
fn a_bad_pattern_is_told_in_the_prompt_and_the_last_good_one_holds() {
    let log = log(40);
    let mut model = after(&log, "/cart(");
    let problem = |model: &Model| model.prompt.as_ref().and_then(|prompt| prompt.problem.clone());
    assert_eq!((problem(&model).as_deref(), model.pane().sought.total), (Some("unclosed group"), 40));
    more(&mut model, &log, "\n");
    assert!(model.prompt.is_some(), "it cannot be accepted");
    more(&mut model, &log, "<\n");
    assert_eq!((problem(&model), model.pane().sought.total), (None, 40));
}

#[test]
fn a_filter_shows_only_what_matches_or_only_what_does_not() {
    let log = log(40);
    let mut model = after(&log, "&warning");
    assert_eq!(model.pane().sought.kept.iter().copied().collect::<Vec<_>>(), [8, 21, 34]);
    more(&mut model, &log, "\n");
    let screen = rows(&cells(&mut model, &log, moment()));
    assert!(screen[21].contains(" &warning "), "{screen:#?}");
    more(&mut model, &log, "\u{1b}");
    assert!(!model.pane().sought.is_active());
    more(&mut model, &log, "&!warning\n/cart/7\n");
    assert_eq!((model.pane().sought.kept.len(), model.pane().sought.total), (42, 1));
}

#[test]
fn in_the_list_a_search_is_for_names_and_the_keys_keep_to_them() {
    let mut model = shop();
    type_keys(&mut model, "/E");
    assert!(model.listed().is_empty(), "capitals count if there are any");
    press(&mut model, &[KeyCode::Backspace]);
    type_keys(&mut model, "er");
    assert_eq!((model.listed(), model.selected), (ids(&[4, 5]), id(4)));
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!(type_keys(&mut model, "jjx"), ask(Command::Stop(ids(&[5]))));
    type_keys(&mut model, "1");
    assert_eq!(model.selected, id(4));
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!((model.listed().len(), model.selected), (8, id(4)));
}

#[test]
fn another_service_is_searched_for_the_same() {
    let log = log(40);
    let mut model = after(&log, "/cart\n");
    let asked = model.pane().sought.asked;
    type_keys(&mut model, "3");
    assert!(
        model.pane().sought.asked > asked
            && model.pane().sought.hits.is_empty()
            && model.pane().sought.search().is_some()
    );
}

#[test]
fn without_a_search_n_says_how_to_begin_one() {
    let mut model = shop();
    type_keys(&mut model, "n");
    assert!(model.notice.is_some_and(|notice| notice.text.contains("nothing is searched for")));
}

#[test]
fn a_click_on_another_service_ends_the_prompt_and_leaves_that_log_where_it_stands() {
    let log = log(40);
    for (typed, holds) in [("/cart", true), ("/", false), ("/(", false)] {
        let mut model = after(&log, typed);
        let list = model.areas().unwrap().list;
        mouse(&mut model, MouseEventKind::Down(MouseButton::Left), list.x + 3, list.y + 3);
        assert_eq!((model.selected, model.prompt.is_some()), (id(2), false), "{typed}");
        assert_eq!(model.pane().sought.search().is_some(), holds, "{typed}");
        assert_eq!(model.pane().sought.wanted, None, "{typed}: what was gone to is in the other log");
        press(&mut model, &[KeyCode::Backspace]);
        cells(&mut model, &log, moment());
        assert_eq!(model.pane().log_view(Subject::Service(id(2))).unwrap().position, Place::Follow, "{typed}");
    }
}
