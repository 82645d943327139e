//! Traces in a log, folded and not.

use super::*;
use crate::logs::Stamp;
use crate::ui::log_window::{Excerpt, Lens, LogView, Page, Shape};

/// Lines, a trace of so many frames, lines.
fn log(before: u64, frames: u64, after: u64) -> LogBuffer {
    let mut log = LogBuffer::new(8 << 20);
    let mut print = |text: &str| log.push(Source::Output, text.as_bytes(), Stamp(0));
    (0..before).for_each(|n| print(&format!("before {n}\n")));
    (0..frames).for_each(|n| print(&format!("\tat shop.Cart.find{n}(Cart.java:{n})\n")));
    (0..after).for_each(|n| print(&format!("after {n}\n")));
    log
}

/// Returns which line each row is, and how many it stands for.
fn folded(log: &LogBuffer, line: u64, above: u64, below: u64, open: Option<u64>) -> Vec<(u64, u64)> {
    copy(log, Wanted { line, above, below }, [open, None]).iter().map(|kept| (kept.number, kept.span)).collect()
}

#[test]
fn the_frames_of_a_trace_are_one_row_wherever_one_looks_from() {
    let log = log(10, 30, 10);
    let around = [(9, 1), (10, 30), (40, 1)];
    let has_all = |line| {
        let rows = folded(&log, line, 5, 5, None);
        around.iter().all(|row| rows.contains(row))
    };
    assert!([8, 10, 12, 25, 39, 41].into_iter().all(has_all));
}

#[test]
fn as_many_rows_are_found_as_are_wanted_however_many_lines_are_folded() {
    let log = log(100, 3000, 100);
    let rows = folded(&log, log.end(), 150, 0, None);
    assert!(rows.len() >= 150 && rows.contains(&(100, 3000)), "{}", rows.len());
    let rows = folded(&log, 0, 0, 150, None);
    assert!(rows.len() >= 150 && rows.contains(&(100, 3000)), "{}", rows.len());
}

#[test]
fn a_trace_without_end_is_folded_part_by_part_and_always_the_same() {
    let log = log(1, 20_000, 1);
    let spans: Vec<_> = folded(&log, 9000, 20, 20, None).into_iter().filter(|(_, span)| *span > 1).collect();
    assert!(spans.iter().all(|(line, span)| line / 4096 == (line + span - 1) / 4096), "{spans:?}");
    assert!(spans.contains(&(8192, 4096)), "{spans:?}");
}

#[test]
fn the_trace_with_the_match_that_was_gone_to_is_open() {
    let log = log(5, 10, 5);
    assert_eq!(folded(&log, 5, 5, 20, Some(9)).len(), 20);
    assert_eq!(folded(&log, 5, 5, 20, Some(3)).len(), 11);
}

#[test]
fn a_few_frames_are_not_worth_a_fold() {
    assert_eq!(folded(&log(3, 2, 3), 0, 0, 20, None).len(), 8);
}

#[test]
fn scrolling_by_rows_passes_every_row_once_and_the_counters_count_lines() {
    let log = log(20, 300, 20);
    let shape = crate::ui::log_window::Shape { folds: true, json: false };
    let lens = crate::ui::log_window::Lens { shape, ..Default::default() };
    let page = crate::ui::log_window::Page { width: 80, height: 6, wrap: true };
    let mut view = crate::ui::log_window::LogView::default();
    let mut look = |pending: i64| {
        view.pending = pending;
        crate::ui::log_window::Excerpt::copy(&log, &view, page, lens).lay_out(&mut view, page, lens)
    };
    let bottom = look(0);
    assert_eq!((bottom.below, bottom.total), (340, 340));
    // 41 rows in all, of which 6 are seen
    let tops: Vec<u64> = (0..36).map(|_| look(-1).rows[0].place.line).collect();
    let expected: Vec<u64> = (320..334).rev().chain([20]).chain((0..20).rev()).chain([0]).collect();
    assert_eq!(tops, expected);
    let middle = look(16);
    assert_eq!((middle.above, middle.below), (16, 321), "the fold counts as the lines that it stands for");
    let end = look(100);
    assert_eq!((end.below, end.unseen), (340, 0));
}

#[test]
fn the_trace_with_the_line_that_was_pointed_at_is_open() {
    let log = log(5, 10, 5);
    let mut view = LogView { shape: Shape { folds: true, ..Shape::default() }, ..LogView::default() };
    let page = Page { width: 80, height: 8, wrap: true };
    let lens = Lens { shape: view.shape, ..Lens::default() };
    let shown = |view: &mut LogView| {
        view.find_arrival(&log);
        let window = Excerpt::copy(&log, view, page, lens).lay_out(view, page, lens);
        window.rows.iter().map(|row| row.place.line).collect::<Vec<_>>()
    };
    assert!(!shown(&mut view).contains(&9));
    view.go_to_arrival(9);
    assert!(shown(&mut view).contains(&9), "{:?}", shown(&mut view));
    assert!(shown(&mut view).contains(&9), "and stays so");
}
