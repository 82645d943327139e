//! Keys about lines: times, forms, errors, runs, links, opened lines.

use std::sync::Arc;

use super::*;
use crate::ui::links::{Choice, Link, Target};
use crate::ui::log_window::Place as Row;
use crate::ui::msg::{LineNews, LineWish};
use crate::ui::opened_line::OpenedLine;

fn told(model: &mut Model, news: LineNews) {
    assert_eq!(update(model, Msg::Lines(news), moment()), []);
}

fn link(label: &str, target: Target) -> Link {
    Link { row: 0, column: 0, width: 5, target, label: label.to_owned() }
}

fn links() -> Vec<Link> {
    let place = Target::Place("src/main.rs:12:3".to_owned());
    vec![link("a", Target::Address("https://x.dev".to_owned())), link("s", place)]
}

#[test]
fn times_go_round_and_the_page_is_as_wide_for_both_kinds() {
    let mut model = shop();
    let widths: Vec<_> = (0..4)
        .map(|_| {
            type_keys(&mut model, "L");
            (model.stamps, model.page().width)
        })
        .collect();
    let wide = shop().page().width;
    let narrow = wide - 13;
    let expected = [(Stamps::Clock, narrow), (Stamps::Elapsed, narrow), (Stamps::Off, wide), (Stamps::Clock, narrow)];
    assert_eq!(widths, expected);
}

#[test]
fn json_and_folds_belong_to_the_log_that_is_shown() {
    let mut model = shop();
    type_keys(&mut model, "JF2");
    assert_eq!((model.log_view().shape.json, model.log_view().shape.folds), (false, false));
    type_keys(&mut model, "1F");
    assert_eq!((model.log_view().shape.json, model.log_view().shape.folds), (true, false));
}

#[test]
fn e_looks_for_errors_and_then_goes_through_them() {
    let mut model = shop();
    type_keys(&mut model, "e");
    assert!(model.pane().sought.search().is_some_and(crate::logs::Pattern::is_trouble));
    let asked = model.pane().sought.asked;
    type_keys(&mut model, "eE");
    assert_eq!(model.pane().sought.asked, asked, "it is the same search");
    press(&mut model, &[KeyCode::Esc]);
    assert!(!model.pane().sought.is_active());
}

#[test]
fn runs_are_gone_to_from_the_top_row() {
    let mut model = shop();
    let run = |line, newer| vec![Effect::Lines(LineWish::Run { line, newer })];
    assert_eq!(type_keys(&mut model, "["), run(0, false));
    told(&mut model, LineNews::Run(7));
    assert_eq!(model.log_view().position, Place::At(Row { line: 7, row: 0 }));
    assert_eq!(type_keys(&mut model, "]").len(), 1);
    type_keys(&mut model, "G");
    assert_eq!(type_keys(&mut model, "]"), [], "behind the end nothing begins");
}

#[test]
fn a_letter_opens_a_link_and_a_capital_one_copies_it() {
    let cases = [
        ("a", vec![Effect::Browse("https://x.dev".to_owned())]),
        ("A", vec![Effect::Copy("https://x.dev".to_owned())]),
        ("s", vec![Effect::Copy("src/main.rs:12:3".to_owned())]),
        ("q", vec![]),
    ];
    for (key, effects) in cases {
        let mut model = shop();
        assert_eq!(type_keys(&mut model, "o"), [Effect::Lines(LineWish::Links)]);
        told(&mut model, LineNews::Links(links()));
        assert_eq!((type_keys(&mut model, key), model.links), (effects, None), "{key}");
    }
}

#[test]
fn labels_of_two_letters_are_typed_one_after_the_other_and_escape_ends_it() {
    let mut model = shop();
    let address = Target::Address("https://x.dev".to_owned());
    told(&mut model, LineNews::Links(vec![link("aa", address.clone()), link("as", address)]));
    assert_eq!(type_keys(&mut model, "a"), []);
    assert_eq!(model.links.as_ref().map(|choice: &Choice| choice.typed.as_str()), Some("a"));
    assert_eq!(type_keys(&mut model, "s").len(), 1);
    told(&mut model, LineNews::Links(links()));
    assert_eq!((press(&mut model, &[KeyCode::Esc]), model.links.is_some()), (vec![], false));
    told(&mut model, LineNews::Links(links()));
    update(&mut model, Msg::Resized(Size::new(100, 30)), moment());
    assert!(model.links.is_none(), "the links are elsewhere now");
}

#[test]
fn enter_in_the_log_opens_a_line_and_left_and_right_go_to_others() {
    let mut model = shop();
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!(press(&mut model, &[KeyCode::Enter]), [Effect::Lines(LineWish::Newest(None))]);
    let text = format!(r#"{{"msg":"{}"}}"#, "x".repeat(200));
    let opened = OpenedLine::new(id(0), 7, text, 40).unwrap();
    told(&mut model, LineNews::Opened(Arc::new(opened.clone())));
    let Some(Panel::Line { opened: shown, .. }) = model.panels.last() else { panic!("no panel") };
    assert!(shown.rows.len() < opened.rows.len(), "it is as wide as the panel");
    let next = |newer| vec![Effect::Lines(LineWish::Next { line: 7, newer })];
    assert_eq!(press(&mut model, &[KeyCode::Left]), next(false));
    assert_eq!(press(&mut model, &[KeyCode::Right]), next(true));
    told(&mut model, LineNews::Opened(Arc::new(opened)));
    assert_eq!(model.panels.len(), 1, "one takes the place of the other");
    press(&mut model, &[KeyCode::Esc]);
    assert!(model.panels.is_empty());
}
