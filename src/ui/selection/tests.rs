//! Selecting in a log: where steps lead, and what is selected then.

use super::*;
use crate::logs::{LogBuffer, Source, Stamp};
use crate::ui::log_window::{Excerpt, Lens, LogView, Page};

fn log(lines: &[&str]) -> LogBuffer {
    let mut log = LogBuffer::new(1 << 20);
    for line in lines {
        log.push(Source::Output, format!("{line}\n").as_bytes(), Stamp(0));
    }
    log
}

fn window(log: &LogBuffer, width: usize, height: usize) -> LogWindow {
    let page = Page { width, height, wrap: true };
    let mut view = LogView::default();
    Excerpt::copy(log, &view, page, Lens::default()).lay_out(&mut view, page, Lens::default())
}

/// Does the moves and returns the cursor.
fn after(log: &LogBuffer, window: &LogWindow, kind: Kind, moves: &[Move]) -> Selecting {
    let mut selecting = Selecting::new(kind, By::Keys, false, Move::Begin);
    for step in moves {
        selecting.note(*step);
    }
    let ground = LogGround { log, lens: Lens::default() };
    selecting.settle(&ground, Seen { window: Some(window), search: None, current: None });
    selecting
}

fn caret(line: u64, byte: usize) -> Caret {
    Caret { line, byte }
}

fn walk(actions: &[Action]) -> Vec<Move> {
    actions.iter().map(|action| Move::Walk(*action)).collect()
}

#[test]
fn a_selection_begins_at_the_last_line_that_is_seen_and_goes_where_the_keys_say() {
    let log = log(&["first line", "second, longer line", "x", "the end of it"]);
    let seen = window(&log, 40, 3);
    let at = |moves: &[Move]| after(&log, &seen, Kind::Characters, moves).cursor;
    assert_eq!(at(&[]), caret(3, 0));
    assert_eq!(at(&walk(&[Action::LineEnd])), caret(3, 12));
    assert_eq!(at(&walk(&[Action::NextWord, Action::WordEnd])), caret(3, 6));
    assert_eq!(at(&walk(&[Action::WordBack])), caret(2, 0));
    assert_eq!(at(&walk(&[Action::WindowTop])), caret(1, 0));
    assert_eq!(at(&walk(&[Action::Top, Action::NextWord, Action::NextWord])), caret(1, 0));
    let wanted = [Move::Walk(Action::LineEnd), Move::Lines(-1), Move::Lines(-1)];
    assert_eq!(at(&wanted), caret(1, 12), "the column is kept across a short line");
}

#[test]
fn what_is_selected_includes_the_character_under_the_cursor_at_either_end() {
    let log = log(&["日本 one", "two three"]);
    let seen = window(&log, 40, 5);
    let moves = [Move::Walk(Action::Top), Move::Walk(Action::OtherEnd), Move::Walk(Action::WordEnd)];
    let selecting = after(&log, &seen, Kind::Characters, &moves);
    assert_eq!(selecting.extent, Some(Extent { from: caret(0, 0), to: caret(1, 3) }));
    let selecting = after(&log, &seen, Kind::Lines, &[Move::Lines(-1)]);
    assert_eq!(selecting.extent, Some(Extent { from: caret(0, 0), to: caret(1, 9) }));
    let selecting = after(&log, &seen, Kind::Words, &[Move::BeginAt(Cell::new(5, 1))]);
    assert_eq!(selecting.extent, Some(Extent { from: caret(1, 4), to: caret(1, 9) }));
}

#[test]
fn cells_of_wrapped_rows_lead_to_their_line_and_back() {
    let log = log(&["abcdefghij日k"]);
    let seen = window(&log, 4, 5);
    let starts: Vec<usize> = seen.rows.iter().map(|row| row.start).collect();
    assert_eq!(starts, [0, 4, 8, 13]);
    let place = |x, y| after(&log, &seen, Kind::Characters, &[Move::To(Cell::new(x, y))]).cursor;
    assert_eq!([place(1, 0), place(0, 1), place(3, 2)], [caret(0, 1), caret(0, 4), caret(0, 10)]);
    assert_eq!(place(90, 90), caret(0, 13), "beside the text is the end of it");
    let extent = Extent { from: caret(0, 2), to: caret(0, 13) };
    let cells: Vec<_> = seen.rows.iter().map(|row| cells_of(row, extent)).collect();
    assert_eq!(cells, [Some(2..4), Some(0..4), Some(0..4), None]);
}

#[test]
fn an_empty_line_within_a_selection_is_seen() {
    let log = log(&["a", "", "b", "c"]);
    let seen = window(&log, 4, 5);
    let extent = Extent { from: caret(0, 0), to: caret(2, 1) };
    let cells: Vec<_> = seen.rows.iter().map(|row| cells_of(row, extent)).collect();
    assert_eq!(cells, [Some(0..1), Some(0..1), Some(0..1), None]);
}

#[test]
fn lines_that_made_room_for_newer_ones_are_not_selected_any_more() {
    let mut log = LogBuffer::new(64 * 1024);
    log.push(Source::Output, b"old\n", Stamp(0));
    let seen = window(&log, 10, 5);
    let mut selecting = after(&log, &seen, Kind::Lines, &[]);
    assert_eq!(selecting.anchor, caret(0, 0));
    log.push(Source::Output, &b"a line of no matter what\n".repeat(20_000), Stamp(0));
    let ground = LogGround { log: &log, lens: Lens::default() };
    selecting.settle(&ground, Seen { window: Some(&seen), search: None, current: None });
    assert_eq!(selecting.anchor, caret(log.first(), 0));
    assert!(log.first() > 0);
}
