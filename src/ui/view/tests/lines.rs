//! Pictures of lines: with times, as JSON, folded, reporting errors, with links.

use ratatui::layout::Size;

use super::*;
use crate::logs::{LogBuffer, Pattern, Source, Stamp, Tone};
use crate::ui::fixture::WALL;
use crate::ui::links::{Choice, in_window};
use crate::ui::log_window::Excerpt;
use crate::ui::model::Model;
use crate::ui::msg::LineNews;
use crate::ui::opened_line::OpenedLine;
use crate::ui::widgets::line_panel;

const JSON: &str = r#"api | {"level":50,"time":1767355471113,"pid":7,"msg":"payment refused","cart":{"id":7,"items":[{"sku":"A-1","price":12.50},{}]},"stack":"Error: refused\n    at pay (/srv/pay.js:7:3)"}"#;

/// Two runs with a trace, a warning on a pipe of its own, JSON and links.
fn lines() -> LogBuffer {
    let mut log = LogBuffer::new(1 << 20);
    let at = |millis: u64| Stamp(u64::try_from(WALL).unwrap() * 1000 + millis);
    log.begin_run("run 1 · npm run dev", at(0));
    log.push(Source::Output, b"INFO  listening on http://localhost:3000/ (0 errors)\n", at(113));
    log.push(Source::Error, b"WARN  slow query\n", at(812));
    log.push(Source::Error, b"only told on the standard error\n", at(815));
    let trace = "TypeError: x is undefined\n    at find (/srv/shop/cart.js:12:9)\n    at serve (/srv/shop/index.js:3:5)\n    at main (/srv/shop/index.js:30:1)\n";
    log.push(Source::Output, trace.as_bytes(), at(61_000));
    log.note(Tone::Bad, "run 1 · exited with code 1 after 01:01", at(61_002));
    log.begin_run("run 2 · npm run dev", at(63_002));
    log.push(Source::Output, format!("{JSON}\n{{\"level\":\"broken\n").as_bytes(), at(63_125));
    log
}

fn screen_of(width: u16, height: u16, actions: &[Action]) -> Buffer {
    let moment = moment();
    let mut model = model(board(moment), width, height);
    for action in actions {
        update(&mut model, Msg::Act(*action), moment);
    }
    model.notice = None;
    cells(&mut model, &lines(), moment)
}

#[test]
fn lines_show_the_time_since_the_start_of_their_own_run_and_what_they_report() {
    let since = [Action::Zoom, Action::Timestamps, Action::Timestamps];
    assert_picture("lines_since_start_80x24", &screen_of(80, 24, &since));
}

#[test]
fn json_is_readable_and_traces_are_folded_where_that_is_asked_for() {
    let shapes = [Action::Open, Action::Json, Action::Fold];
    assert_picture("lines_readable_100x24", &screen_of(100, 24, &shapes));
}

#[test]
fn signs_tell_errors_warnings_and_the_standard_error_apart_without_colours() {
    let rows = rows(&screen_of(80, 24, &[Action::Zoom]));
    let sign = |text: &str| rows.iter().find(|row| row.contains(text)).and_then(|row| row.chars().nth(1));
    let signs = ["listening", "WARN", "only told", "TypeError", "exited with"].map(sign);
    assert_eq!(signs, [' ', '▎', '┊', '▌', '✗'].map(Some));
}

#[test]
fn an_opened_line_is_a_panel_with_an_entry_a_row() {
    let moment = moment();
    let mut model = model(board(moment), 80, 24);
    let opened = OpenedLine::new(id(0), 9, JSON.to_owned(), line_panel::room(model.size)).unwrap();
    update(&mut model, Msg::Lines(LineNews::Opened(Arc::new(opened))), moment);
    assert_picture("lines_opened_80x24", &cells(&mut model, &lines(), moment));
    for (width, height) in [(1, 1), (40, 10), (41, 11), (200, 60)] {
        update(&mut model, Msg::Resized(Size::new(width, height)), moment);
        assert_eq!(super::rows(&cells(&mut model, &lines(), moment)).len(), usize::from(height));
    }
}

fn window(model: &mut Model, log: &LogBuffer) -> crate::ui::log_window::LogWindow {
    let (page, mut view) = (model.page(), model.log_view());
    Excerpt::copy(log, &view, page, model.lens()).lay_out(&mut view, page, model.lens())
}

#[test]
fn every_link_on_the_screen_has_its_letters() {
    let moment = moment();
    let mut model = model(board(moment), 80, 24);
    update(&mut model, Msg::Act(Action::Open), moment);
    let links = in_window(&window(&mut model, &lines()), &[]);
    model.links = Some(Choice { links, typed: String::new() });
    assert_picture("lines_links_80x24", &cells(&mut model, &lines(), moment));
}

#[test]
fn a_search_for_what_is_folded_unfolds_it() {
    let moment = moment();
    let mut model = model(board(moment), 80, 24);
    let log = lines();
    update(&mut model, Msg::Act(Action::Fold), moment);
    assert!(!super::rows(&cells(&mut model, &log, moment)).concat().contains("cart.js"));
    model.pane_mut().sought.question.search = Some(Pattern::new("cart.js").unwrap());
    model.pane_mut().sought.wanted = Some(crate::ui::sought::Wanted::UpTo(u64::MAX));
    model.pane_mut().sought.ask_again();
    find(&mut model, &log, moment);
    assert!(super::rows(&cells(&mut model, &log, moment)).concat().contains("cart.js"));
    update(&mut model, Msg::Act(Action::Open), moment);
    update(&mut model, Msg::Act(Action::Back), moment);
    assert!(!super::rows(&cells(&mut model, &log, moment)).concat().contains("cart.js"));
}

#[test]
fn a_wide_character_at_the_edge_makes_room_for_the_sign_that_the_line_goes_on() {
    let moment = moment();
    let mut model = model(board(moment), 80, 24);
    update(&mut model, Msg::Act(Action::Wrap), moment);
    let mut log = LogBuffer::new(1 << 20);
    for before in ["", "a"] {
        log.push(Source::Output, format!("{before}{}\n", "日".repeat(60)).as_bytes(), Stamp(0));
    }
    let rows = super::rows(&cells(&mut model, &log, moment));
    assert!(rows[2].ends_with("›│") && rows[3].ends_with("›│"), "{rows:#?}");
}
