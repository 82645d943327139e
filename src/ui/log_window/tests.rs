//! Following, scrolling, wrapping, and colours that began before the window.

use super::*;
use crate::logs::{Colour, Tone};
use crate::ui::log_rows::Mark;

const PAGE: super::Page = super::Page { width: 10, height: 4, wrap: true };

fn filled(lines: std::ops::Range<u64>) -> LogBuffer {
    let mut log = LogBuffer::new(1 << 20);
    more(&mut log, lines);
    log
}

fn more(log: &mut LogBuffer, lines: std::ops::Range<u64>) {
    for n in lines {
        log.push(Source::Output, format!("line {n}\n").as_bytes(), Stamp(n));
    }
}

fn look(log: &LogBuffer, view: &mut LogView, page: super::Page) -> LogWindow {
    Excerpt::copy(log, view, page, Lens::default()).lay_out(view, page, Lens::default())
}

fn texts(window: &LogWindow) -> Vec<String> {
    window.rows.iter().map(|row| row.pieces.iter().map(|piece| piece.text.as_str()).collect()).collect()
}

fn scroll(log: &LogBuffer, view: &mut LogView, rows: i64) -> Vec<String> {
    view.pending = rows;
    texts(&look(log, view, PAGE))
}

#[test]
fn a_pane_that_follows_shows_the_newest_lines() {
    let (mut log, mut view) = (filled(0..9), LogView::default());
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["line 5", "line 6", "line 7", "line 8"]);
    more(&mut log, 9..20);
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["line 16", "line 17", "line 18", "line 19"]);
}

#[test]
fn scrolling_back_stays_there_and_counts_what_is_new() {
    let (mut log, mut view) = (filled(0..9), LogView::default());
    look(&log, &mut view, PAGE);
    assert_eq!(scroll(&log, &mut view, -2), ["line 3", "line 4", "line 5", "line 6"]);
    more(&mut log, 9..20);
    let window = look(&log, &mut view, PAGE);
    assert_eq!(texts(&window), ["line 3", "line 4", "line 5", "line 6"]);
    assert_eq!(window.unseen, 11);
}

#[test]
fn scrolling_past_either_end_stops_there_and_the_end_is_followed_again() {
    let (mut log, mut view) = (filled(0..9), LogView::default());
    assert_eq!(scroll(&log, &mut view, -100), ["line 0", "line 1", "line 2", "line 3"]);
    assert_eq!(scroll(&log, &mut view, 3), ["line 3", "line 4", "line 5", "line 6"]);
    assert_eq!(scroll(&log, &mut view, i64::MAX), ["line 5", "line 6", "line 7", "line 8"]);
    more(&mut log, 9..10);
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["line 6", "line 7", "line 8", "line 9"]);
}

#[test]
fn a_log_that_fits_cannot_be_scrolled() {
    let (log, mut view) = (filled(0..3), LogView::default());
    assert_eq!(scroll(&log, &mut view, -5), ["line 0", "line 1", "line 2"]);
    assert_eq!(view.position, Position::Follow);
}

#[test]
fn follow_can_be_paused_where_it_is() {
    let (mut log, mut view) = (filled(0..9), LogView::default());
    look(&log, &mut view, PAGE);
    view.toggle_follow();
    more(&mut log, 9..12);
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["line 5", "line 6", "line 7", "line 8"]);
    view.toggle_follow();
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["line 8", "line 9", "line 10", "line 11"]);
}

#[test]
fn long_lines_go_on_in_the_next_row_and_are_scrolled_by_rows() {
    let mut log = LogBuffer::new(1 << 20);
    log.push(Source::Output, "0123456789abcdefghijKLM\n日本語日本語\nend\n".as_bytes(), Stamp(0));
    let mut view = LogView::default();
    assert_eq!(texts(&look(&log, &mut view, PAGE)), ["KLM", "日本語日本", "語", "end"]);
    assert_eq!(scroll(&log, &mut view, -1), ["abcdefghij", "KLM", "日本語日本", "語"]);
    assert_eq!(view.position, Position::At(Place { line: 0, row: 1 }));
}

#[test]
fn lines_that_are_cut_are_scrolled_sideways() {
    let page = super::Page { wrap: false, ..PAGE };
    let mut log = LogBuffer::new(1 << 20);
    log.push(Source::Output, "0123456789abcdefgh\n日本語日本語日\nend\n".as_bytes(), Stamp(0));
    let mut view = LogView { column: 3, ..LogView::default() };
    let window = look(&log, &mut view, page);
    assert_eq!(texts(&window), ["3456789abc", " 語日本語", ""]);
    assert_eq!(window.rows.iter().map(|row| row.goes_on).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn a_colour_that_began_far_above_the_window_goes_on_in_it_whatever_is_noted_meanwhile() {
    let red = Style { fg: Some(Colour::Indexed(1)), ..Style::default() };
    let mut log = LogBuffer::new(1 << 20);
    log.push(Source::Output, b"\x1b[0mplain\n\x1b[31mred\n", Stamp(0));
    more(&mut log, 0..5000);
    log.note(Tone::Calm, "stop command", Stamp(0));
    more(&mut log, 0..4);
    let window = look(&log, &mut LogView::default(), PAGE);
    assert!(window.rows.iter().all(|row| row.pieces[0].style == red));
    log.finish();
    log.note(Tone::Calm, "run 2", Stamp(0));
    more(&mut log, 0..4);
    let window = look(&log, &mut LogView::default(), PAGE);
    assert!(window.rows.iter().all(|row| row.pieces[0].style == Style::default()), "a new run starts afresh");
}

#[test]
fn a_line_of_a_megabyte_is_one_line_that_can_be_read_to_its_end() {
    let mut log = LogBuffer::new(8 << 20);
    let numbers = (0..150_000).map(|n| format!("{n:06} ")).collect::<Vec<_>>().concat();
    log.push(Source::Output, format!("before\n{numbers}\nafter\n").as_bytes(), Stamp(0));
    let page = super::Page { width: 70, height: 4, wrap: true };
    let mut view = LogView::default();
    assert_eq!(
        texts(&look(&log, &mut view, page))[2..],
        ["149990 149991 149992 149993 149994 149995 149996 149997 149998 149999 ", "after"]
    );
    view.pending = -10_000;
    assert!(texts(&look(&log, &mut view, page))[0].starts_with("049970 049971 "));
    view.pending = 5_000;
    assert!(texts(&look(&log, &mut view, page))[0].starts_with("099970 099971 "));
    view.go_to_start();
    assert!(texts(&look(&log, &mut view, page))[1].starts_with("000000 000001 "));
    let page = super::Page { wrap: false, ..page };
    view.column = 7 * 149_995;
    assert_eq!(texts(&look(&log, &mut view, page))[1], "149995 149996 149997 149998 149999 ");
}

#[test]
fn of_a_line_that_was_redrawn_for_hours_the_last_state_is_shown() {
    let mut log = LogBuffer::new(8 << 20);
    for step in 0..100_000 {
        log.push(Source::Output, format!("\r\x1b[3{}m{step:>6}", step % 8).as_bytes(), Stamp(1));
    }
    let window = look(&log, &mut LogView::default(), PAGE);
    assert_eq!(texts(&window), [" 99999"]);
    assert_eq!(window.rows[0].pieces[0].style.fg, Some(Colour::Indexed(7)));
}

#[test]
fn the_start_of_a_log_says_what_had_to_go() {
    let mut log = LogBuffer::new(64 * 1024);
    more(&mut log, 0..100_000);
    let mut view = LogView::default();
    view.go_to_start();
    let window = look(&log, &mut view, PAGE);
    assert!(matches!(window.rows[0].content, Content::Dropped(dropped) if dropped.lines == log.first()));
    assert_eq!(window.rows[1].place.line, log.first());
    // a pane at the start keeps to the start while more has to go
    more(&mut log, 0..50_000);
    assert_eq!(look(&log, &mut view, PAGE).rows[1].place.line, log.first());
}

#[test]
fn a_cleared_log_is_empty_and_an_excerpt_of_the_same_lines_is_equal() {
    let mut log = filled(0..9);
    let view = LogView::default();
    assert_eq!(Excerpt::copy(&log, &view, PAGE, Lens::default()), Excerpt::copy(&log, &view, PAGE, Lens::default()));
    log.clear();
    assert!(look(&log, &mut LogView::default(), PAGE).rows.is_empty());
}

#[test]
fn a_page_without_room_is_no_problem() {
    let (log, mut view) = (filled(0..9), LogView::default());
    for (width, height) in [(0, 0), (0, 3), (3, 0), (1, 1)] {
        let window = look(&log, &mut view, super::Page { width, height, wrap: true });
        assert!(window.rows.len() <= height);
    }
}

#[test]
fn only_lines_that_pass_a_filter_are_shown_followed_and_counted() {
    let (mut log, mut view) = (filled(0..100), LogView::default());
    let mut shown: VecDeque<u64> = (0..100).filter(|n| n % 10 == 3).collect();
    let look = |log: &LogBuffer, view: &mut LogView, shown: &VecDeque<u64>| {
        let lens = Lens { shown: Some(shown), ..Lens::default() };
        Excerpt::copy(log, view, PAGE, lens).lay_out(view, PAGE, lens)
    };
    assert_eq!(texts(&look(&log, &mut view, &shown)), ["line 63", "line 73", "line 83", "line 93"]);
    view.pending = -3;
    let window = look(&log, &mut view, &shown);
    assert_eq!((texts(&window)[0].as_str(), window.above, window.below, window.total), ("line 33", 3, 7, 10));
    more(&mut log, 100..200);
    shown.extend([103, 113]);
    let window = look(&log, &mut view, &shown);
    assert_eq!((texts(&window)[0].as_str(), window.unseen), ("line 33", 2));
    view.go_to_start();
    assert_eq!(texts(&look(&log, &mut view, &shown))[0], "line 3");
    assert!(look(&log, &mut view, &VecDeque::new()).rows.is_empty());
}

#[test]
fn going_to_a_match_shows_it_and_moves_no_more_than_that_needs() {
    let (log, mut view) = (filled(0..100), LogView::default());
    let pattern = Pattern::new("line").unwrap();
    let go = |view: &mut LogView, line| {
        let spot = Spot { line, nth: 0 };
        view.go_to(spot);
        let lens = Lens { search: Some(&pattern), current: Some(spot), ..Lens::default() };
        let window = Excerpt::copy(&log, view, PAGE, lens).lay_out(view, PAGE, lens);
        let row = window.rows.iter().position(|row| row.pieces.iter().any(|piece| piece.mark == Mark::Current));
        (texts(&window)[0].clone(), row)
    };
    look(&log, &mut view, PAGE);
    assert_eq!(go(&mut view, 98), ("line 96".to_owned(), Some(2)), "it is on the screen already");
    assert_eq!(go(&mut view, 50), ("line 49".to_owned(), Some(1)));
    assert_eq!(go(&mut view, 51), ("line 49".to_owned(), Some(2)));
    assert_eq!(go(&mut view, 0), ("line 0".to_owned(), Some(0)));
    assert_eq!(go(&mut view, 99), ("line 96".to_owned(), Some(3)));
}

#[test]
fn a_match_deep_in_a_long_line_is_gone_to() {
    let mut log = LogBuffer::new(8 << 20);
    let text = format!("{}needle{}\n", "x".repeat(300_000), "y".repeat(300_000));
    log.push(Source::Output, text.as_bytes(), Stamp(0));
    let pattern = Pattern::new("needle").unwrap();
    let page = super::Page { width: 70, height: 5, wrap: true };
    let mut view = LogView::default();
    let spot = Spot { line: 0, nth: 0 };
    view.go_to(spot);
    let lens = Lens { search: Some(&pattern), current: Some(spot), ..Lens::default() };
    let window = Excerpt::copy(&log, &view, page, lens).lay_out(&mut view, page, lens);
    let marked: String = window
        .rows
        .iter()
        .flat_map(|row| &row.pieces)
        .filter(|piece| piece.mark != Mark::None)
        .map(|piece| piece.text.as_str())
        .collect();
    assert_eq!(marked, "needle");
}
