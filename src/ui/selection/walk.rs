//! Where a step of the cursor leads.

use ratatui::layout::Position as Cell;

use super::{Caret, Ground, Kind, Move, Seen, Selecting, row_text, words};
use crate::keys::Action;
use crate::ui::sought::Spot;

/// Does one step.
pub(super) fn go(selecting: &mut Selecting, step: Move, ground: &dyn Ground, seen: Seen<'_>) {
    let place = selecting.cursor;
    let (target, keeps_column) = match step {
        Move::Begin => (begin(ground, seen), false),
        Move::BeginAt(cell) | Move::To(cell) => (at_cell(cell, ground, seen), false),
        Move::Match(spot) => (at_match(spot, ground, seen), false),
        Move::Walk(action) => walk(selecting, action, ground, seen),
        Move::Lines(lines) => (by_lines(place, lines, selecting.column, ground), true),
        Move::Window => (by_window(seen, false, ground), false),
    };
    let Some(target) = target else { return };
    selecting.cursor = target;
    match step {
        Move::Begin | Move::BeginAt(_) => selecting.anchor = target,
        Move::Window => selecting.anchor = by_window(seen, true, ground).unwrap_or(target),
        Move::To(_) | Move::Match(_) | Move::Walk(_) | Move::Lines(_) => {}
    }
    if !keeps_column {
        selecting.column = column(target, ground);
    }
}

fn column(place: Caret, ground: &dyn Ground) -> usize {
    ground.text(place.line).map_or(0, |text| words::column(&text, place.byte))
}

/// Returns where a selection by keys begins.
fn begin(ground: &dyn Ground, seen: Seen<'_>) -> Option<Caret> {
    let is_seen =
        |spot: &Spot| seen.window.is_some_and(|window| window.rows.iter().any(|row| row.place.line == spot.line));
    if let Some(spot) = seen.current.filter(is_seen) {
        return at_match(spot, ground, seen);
    }
    by_window(seen, false, ground).map(|place| Caret { byte: 0, ..place })
}

/// Returns the first or the last place that is seen.
fn by_window(seen: Seen<'_>, top: bool, ground: &dyn Ground) -> Option<Caret> {
    let line = match (seen.window, top) {
        (Some(window), true) => window.rows.iter().map(|row| row.place.line).find(|line| ground.text(*line).is_some()),
        (Some(window), false) => window.rows.last().map(|row| row.place.line),
        (None, true) => ground.first(),
        (None, false) => last_with_text(ground),
    }?;
    Some(Caret { line, byte: if top { 0 } else { ground.text(line).map_or(0, |text| words::last(&text)) } })
}

/// Returns the last line that is not empty: below it a screen has nothing to select.
fn last_with_text(ground: &dyn Ground) -> Option<u64> {
    let mut line = ground.last()?;
    while ground.text(line).is_none_or(|text| text.is_empty()) {
        let Some(before) = ground.before(line) else { break };
        line = before;
    }
    Some(line)
}

/// Returns the place that a cell of the pane's text shows, or the nearest one.
fn at_cell(cell: Cell, ground: &dyn Ground, seen: Seen<'_>) -> Option<Caret> {
    let (row, column) = (usize::from(cell.y), usize::from(cell.x));
    let Some(window) = seen.window else {
        let line = (row as u64).min(ground.last()?);
        return Some(Caret { line, byte: words::at_column(&ground.text(line)?, column) });
    };
    let row = window.rows.get(row).or(window.rows.last())?;
    let line = row.place.line.max(ground.first()?);
    if line != row.place.line {
        return Some(Caret { line, byte: 0 });
    }
    let text = row_text(row);
    Some(Caret { line, byte: row.start + words::at_column(&text, column.saturating_sub(row.lead)) })
}

/// Returns the first character of a match.
fn at_match(spot: Spot, ground: &dyn Ground, seen: Seen<'_>) -> Option<Caret> {
    let text = ground.text(spot.line)?;
    let found = seen.search.and_then(|pattern| pattern.find(text.as_bytes()).nth(spot.nth as usize));
    Some(Caret { line: spot.line, byte: found.map_or(0, |found| words::floor(&text, found.start)) })
}

/// Returns the place so many lines further down, in the wanted column.
fn by_lines(from: Caret, lines: i64, column: usize, ground: &dyn Ground) -> Option<Caret> {
    let mut line = from.line;
    for _ in 0..lines.unsigned_abs() {
        let Some(next) = (if lines > 0 { ground.next(line) } else { ground.before(line) }) else { break };
        line = next;
    }
    Some(Caret { line, byte: words::at_column(&ground.text(line)?, column) })
}

/// Returns where a key leads, and whether the wanted column stays.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other actions move nothing")]
fn walk(selecting: &mut Selecting, action: Action, ground: &dyn Ground, seen: Seen<'_>) -> (Option<Caret>, bool) {
    let place = selecting.cursor;
    let Some(text) = ground.text(place.line) else { return (None, true) };
    let here = |byte| (Some(Caret { byte, ..place }), false);
    match action {
        Action::Left => here(words::before(&text, place.byte)),
        Action::Right => here(words::behind(&text, place.byte).min(words::last(&text))),
        Action::LineStart => here(0),
        Action::LineText => here(words::first_word(&text)),
        Action::LineEnd => here(words::last(&text)),
        Action::NextWord => (forth(place, ground, words::next_word, words::first_word), false),
        Action::WordEnd => (forth(place, ground, words::word_end, first_end), false),
        Action::WordBack => (back(place, &text, ground), false),
        Action::OtherEnd => {
            std::mem::swap(&mut selecting.anchor, &mut selecting.cursor);
            (Some(selecting.cursor), false)
        }
        Action::Top => (ground.first().map(|line| Caret { line, byte: 0 }), false),
        Action::Bottom => (ground.last().map(|line| Caret { line, byte: 0 }), false),
        Action::WindowTop | Action::WindowMiddle | Action::WindowBottom => {
            (in_window(action, ground, seen).map(|line| Caret { line, byte: 0 }), false)
        }
        Action::SelectLines => {
            selecting.kind = Kind::Lines;
            (None, true)
        }
        Action::Select => {
            selecting.kind = Kind::Characters;
            (None, true)
        }
        _ => (None, true),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the third of three")]
fn in_window(action: Action, ground: &dyn Ground, seen: Seen<'_>) -> Option<u64> {
    let rows: Vec<u64> = match seen.window {
        Some(window) => window.rows.iter().map(|row| row.place.line).collect(),
        None => (ground.first()?..=ground.last()?).collect(),
    };
    let line = match action {
        Action::WindowTop => rows.first(),
        Action::WindowMiddle => rows.get(rows.len().saturating_sub(1) / 2),
        _ => rows.last(),
    };
    line.copied().map(|line| line.max(ground.first().unwrap_or(line)))
}

/// Returns where the first word of a line ends.
fn first_end(text: &str) -> usize {
    let begin = words::first_word(text);
    let is_single = words::next_word(text, begin) == Some(words::behind(text, begin));
    if is_single { begin } else { words::word_end(text, begin).unwrap_or(begin) }
}

/// Goes to a place further on: in this line, or in the next one.
fn forth(
    place: Caret,
    ground: &dyn Ground,
    within: fn(&str, usize) -> Option<usize>,
    first: fn(&str) -> usize,
) -> Option<Caret> {
    if let Some(byte) = within(&ground.text(place.line)?, place.byte) {
        return Some(Caret { byte, ..place });
    }
    let Some(line) = ground.next(place.line) else {
        return Some(Caret { byte: words::last(&ground.text(place.line)?), ..place });
    };
    Some(Caret { line, byte: first(&ground.text(line)?) })
}

fn back(place: Caret, text: &str, ground: &dyn Ground) -> Option<Caret> {
    if let Some(byte) = words::word_back(text, place.byte) {
        return Some(Caret { byte, ..place });
    }
    let line = ground.before(place.line)?;
    let text = ground.text(line)?;
    Some(Caret { line, byte: words::word_back(&text, text.len()).unwrap_or(0) })
}
