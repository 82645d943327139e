//! Selecting text by keys and by the mouse, and taking it to a clipboard or a file.

use std::time::Duration;

use ratatui::layout::Position as Cell;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::logs::Tone;
use crate::ui::log_window::{Position, Shape};
use crate::ui::model::{Focus, Model, Moment, Notice};
use crate::ui::msg::Effect;
use crate::ui::pane::Subject;
use crate::ui::selection::{By, Kind, Move, Pressed, Selecting};
use crate::ui::taker::{Destination, Taken};
use crate::ui::widgets::hints_line;

/// Clicks that follow each other as quickly as this on the same cell are one double or triple click.
const CLICKS: Duration = Duration::from_millis(400);

/// Begins a selection, or copies at once what a key means.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others select lines from the same place")]
pub(super) fn begin(model: &mut Model, action: Action) -> Vec<Effect> {
    let (kind, first) = match action {
        Action::Select => (Kind::Characters, Move::Begin),
        Action::CopyWindow => (Kind::Lines, Move::Window),
        _ => (Kind::Lines, Move::Begin),
    };
    if is_refused(model) {
        return Vec::new();
    }
    let selecting = Selecting::new(kind, By::Keys, model.shows_screen(), first).belonging_to(here(model));
    if matches!(action, Action::CopyLine | Action::CopyWindow) {
        return vec![Effect::Take { selecting: Box::new(selecting), to: Destination::Clipboard }];
    }
    model.focus = Focus::Log;
    model.notice = None;
    if show_as_printed(model) {
        let text = "lines are shown as they were printed: that is what is copied".to_owned();
        model.notice = Some(Notice { tone: Tone::Calm, text });
    }
    start(model, selecting);
    Vec::new()
}

/// Says where text can be selected if it cannot be here: lines of several logs are no text of their own.
fn is_refused(model: &mut Model) -> bool {
    let is_refused = model.subject() == Subject::All;
    if is_refused {
        let key = hints_line::key(model, Action::Open).unwrap_or_default();
        let text = format!("{key} goes to the line in its own log: text is selected there");
        model.notice = Some(Notice { tone: Tone::Calm, text });
    }
    is_refused
}

/// Ends what makes lines readable or short in the pane; returns whether they were shown otherwise than as printed.
fn show_as_printed(model: &mut Model) -> bool {
    let is_screen = model.shows_screen();
    let Some(view) = model.log_view_mut().filter(|_| !is_screen) else { return false };
    std::mem::take(&mut view.shape) != Shape::default()
}

/// Returns which pane has the focus, and which service it shows.
fn here(model: &Model) -> (u64, ServiceId) {
    (model.pane().number, model.selected)
}

/// Begins, and keeps the pane where it stands until the end.
fn start(model: &mut Model, selecting: Selecting) {
    let Some(view) = model.log_view_mut() else { return };
    let follows = view.position == Position::Follow;
    view.hold();
    let followed = follows || model.selecting.as_ref().is_some_and(|old| old.follows);
    model.selecting = Some(selecting.with_followed(followed));
}

/// Ends the selection and returns it; a pane that followed goes on with that.
pub(super) fn end(model: &mut Model) -> Option<Selecting> {
    let selecting = model.selecting.take()?;
    if let Some(view) = model.log_view_mut().filter(|_| selecting.follows) {
        view.go_to_end();
    }
    Some(selecting)
}

/// Does what a key means while text is selected.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is left does not belong here, and says so")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let rows = i64::try_from(model.page().height.saturating_sub(1).max(1)).unwrap_or(1);
    let lines = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -rows,
        Action::PageDown => rows,
        Action::HalfPageUp => -(rows / 2).max(1),
        Action::HalfPageDown => (rows / 2).max(1),
        _ => 0,
    };
    match action {
        _ if lines != 0 => note(model, Move::Lines(lines)),
        Action::Left
        | Action::Right
        | Action::Top
        | Action::Bottom
        | Action::NextWord
        | Action::WordBack
        | Action::WordEnd
        | Action::LineStart
        | Action::LineText
        | Action::LineEnd
        | Action::WindowTop
        | Action::WindowMiddle
        | Action::WindowBottom
        | Action::OtherEnd
        | Action::Select
        | Action::SelectLines => note(model, Move::Walk(action)),
        Action::Copy | Action::CopyLine | Action::CopyWindow => return take(model, Destination::Clipboard),
        Action::Write => return super::commanding::open(model, "write "),
        Action::Back => {
            end(model);
        }
        Action::Search | Action::OlderMatch | Action::NewerMatch => return super::searching::act(model, action),
        Action::Palette | Action::Help | Action::Quit | Action::QuitNow | Action::Interrupt | Action::Zoom => {
            return super::in_panes(model, action);
        }
        other => {
            let key = hints_line::key(model, Action::Back).unwrap_or_default();
            let text = format!("`{other}` is not for selected text · {key} ends the selection");
            model.notice = Some(Notice { tone: Tone::Calm, text });
        }
    }
    Vec::new()
}

fn note(model: &mut Model, step: Move) {
    if let Some(selecting) = &mut model.selecting {
        selecting.by = By::Keys;
        selecting.note(step);
    }
}

/// Takes what is selected to where it is wanted.
pub(super) fn take(model: &mut Model, to: Destination) -> Vec<Effect> {
    let taken = end(model).map(|selecting| Effect::Take { selecting: Box::new(selecting), to });
    taken.into_iter().collect()
}

/// Says what has come of it; what came to nothing stays selected.
pub(super) fn taken(model: &mut Model, taken: Taken) {
    model.notice = taken.notice.or(model.notice.take());
    let is_possible = model.selecting.is_none() && model.subject() != Subject::All;
    let Some(again) = taken.again.filter(|again| {
        // not in another log, where the same numbers are other lines
        is_possible && again.of == here(model) && model.shows_screen() == again.on_screen
    }) else {
        return;
    };
    // by keys from here on: the button of a mouse is up
    start(model, again.by_keys());
}

/// Notes where the button went down: a drag begins there. A second and a third time on the same cell take more than
/// the time before, which is `last`.
pub(super) fn press(model: &mut Model, at: Cell, last: Option<Pressed>, moment: Moment) {
    if model.selecting.as_ref().is_some_and(|selecting| selecting.by == By::Mouse) {
        // the end of that drag was not reported
        end(model);
    }
    let Some(cell) = cell(model, at).filter(|(_, beyond)| *beyond == 0).map(|(cell, _)| cell) else {
        return;
    };
    let again = last.filter(|last| last.cell == cell && moment.now.duration_since(last.when) < CLICKS);
    let clicks = again.map_or(1, |last| last.clicks % 3 + 1);
    model.pressed = Some(Pressed { cell, when: moment.now, clicks });
    match (clicks, &mut model.selecting) {
        (1, Some(selecting)) => selecting.note(Move::To(cell)),
        (1, None) => {}
        _ => by_mouse(model, cell, clicks),
    }
}

fn by_mouse(model: &mut Model, cell: Cell, clicks: u8) {
    let kind = match clicks {
        1 => Kind::Characters,
        2 => Kind::Words,
        _ => Kind::Lines,
    };
    if is_refused(model) {
        model.pressed = None;
        return;
    }
    model.notice = None;
    if show_as_printed(model) {
        // what was under the pointer is elsewhere now
        model.pressed = None;
        let text = "lines are as they were printed now: that is what can be selected".to_owned();
        model.notice = Some(Notice { tone: Tone::Calm, text });
        return;
    }
    let selecting =
        Selecting::new(kind, By::Mouse, model.shows_screen(), Move::BeginAt(cell)).belonging_to(here(model));
    start(model, selecting);
}

/// Selects up to where the pointer is; beyond the pane's edge it scrolls.
pub(super) fn drag(model: &mut Model, at: Cell) {
    let Some(pressed) = model.pressed else { return };
    let Some((cell, beyond)) = cell(model, at) else { return };
    let is_by_mouse = model.selecting.as_ref().is_some_and(|selecting| selecting.by == By::Mouse);
    if !is_by_mouse {
        // a hand that trembles has not dragged
        if cell == pressed.cell && beyond == 0 {
            return;
        }
        by_mouse(model, pressed.cell, pressed.clicks);
    }
    if let Some(selecting) = &mut model.selecting {
        selecting.note(Move::To(cell));
        selecting.pull = (beyond != 0).then_some((beyond, cell));
    }
}

/// Copies what was selected with the button held.
pub(super) fn release(model: &mut Model) -> Vec<Effect> {
    if model.selecting.as_ref().is_some_and(|selecting| selecting.by == By::Mouse) {
        return take(model, Destination::Clipboard);
    }
    Vec::new()
}

/// Returns the cell of the pane's text that is under the pointer or nearest to it, and by how many rows it is beyond.
fn cell(model: &Model, at: Cell) -> Option<(Cell, i64)> {
    let area = model.text_area()?;
    if area.is_empty() {
        return None;
    }
    let beyond = match at.y {
        y if y < area.y => i64::from(y) - i64::from(area.y),
        y if y >= area.bottom() => i64::from(y) - i64::from(area.bottom()) + 1,
        _ => 0,
    };
    let x = at.x.clamp(area.x, area.right() - 1) - area.x;
    let y = at.y.clamp(area.y, area.bottom() - 1) - area.y;
    Some((Cell::new(x, y), beyond))
}
