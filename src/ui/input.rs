//! From what the terminal reports to what it means: keys through the live keymap, the mouse as places.

mod attached;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use crate::keys::{Action, Chord, Key};

use super::line_edit::Edit;
use super::model::{Model, Panel};
use super::msg::{Msg, Step};

/// What stands for a request to pause that came as a signal: a key that no terminal reports.
pub const PAUSE: Event = Event::Key(KeyEvent::new(KeyCode::Pause, KeyModifiers::NONE));

/// Reads one report of the terminal; `None` where it means nothing here.
///
/// Pasted text is such a report where no line is typed: letters in it must not start or stop anything.
pub(crate) fn read(event: &Event, model: &Model) -> Option<Msg> {
    if let Event::Resize(width, height) = event {
        return Some(Msg::Resized(Size::new(*width, *height)));
    }
    if *event == PAUSE {
        return Some(Msg::Suspend);
    }
    if model.attached.is_some() {
        return attached::read(event, model);
    }
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => press(chord(*key)?, model),
        Event::Mouse(mouse) => pointer(*mouse),
        Event::Paste(text) if model.prompt.is_some() => Some(Msg::Pasted(text.clone())),
        Event::Resize(..) | Event::Key(_) | Event::Paste(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn press(chord: Chord, model: &Model) -> Option<Msg> {
    let action = model.dashboard.keymap.action(model.context(), chord);
    if action == Some(Action::Interrupt) {
        return Some(Msg::Act(Action::Interrupt));
    }
    if model.links.is_some() && model.panels.is_empty() && !model.is_quitting() {
        return step(chord, action, true).map(Msg::Step);
    }
    if model.prompt.is_some() && model.panels.is_empty() && !model.is_quitting() {
        return edit(chord).map(Step::Edit).or_else(|| step(chord, action, true)).map(Msg::Step);
    }
    let in_menu = model.panels.last().is_some_and(|panel| panel.opener().is_none());
    if in_menu && !model.is_quitting() {
        let types = matches!(model.panels.last(), Some(Panel::Signals(_)));
        return step(chord, action, types).map(Msg::Step);
    }
    let suspend = Chord { ctrl: true, ..Chord::from(Key::Char('z')) };
    match action {
        Some(action) => Some(Msg::Act(action)),
        None if chord == suspend => Some(Msg::Suspend),
        None => None,
    }
}

/// Reads a key that edits a line, as in a shell.
fn edit(chord: Chord) -> Option<Edit> {
    Some(match (chord.key, chord.ctrl, chord.alt) {
        (Key::Left, ..) => Edit::Left,
        (Key::Right, ..) => Edit::Right,
        (Key::Home, ..) | (Key::Char('a'), true, false) => Edit::Start,
        (Key::End, ..) | (Key::Char('e'), true, false) => Edit::End,
        (Key::Delete, ..) | (Key::Char('d'), true, false) => Edit::Delete,
        (Key::Char('w'), true, false) | (Key::Backspace, _, true) => Edit::EraseWord,
        (Key::Char('u'), true, false) => Edit::EraseAll,
        (Key::Char('k'), true, false) => Edit::DeleteAll,
        _ => return None,
    })
}

/// Reads a key in a menu: arrows and their like always, letters as letters where they are typed.
fn step(chord: Chord, action: Option<Action>, types: bool) -> Option<Step> {
    let step = match chord.key {
        Key::Up => Step::Up,
        Key::Down => Step::Down,
        Key::PageUp => Step::PageUp,
        Key::PageDown => Step::PageDown,
        Key::Home => Step::First,
        Key::End => Step::Last,
        Key::Enter => Step::Accept,
        Key::Esc => Step::Cancel,
        Key::Left => Step::SwitchBack,
        Key::Tab if chord.shift => Step::SwitchBack,
        Key::Tab | Key::Right => Step::Switch,
        Key::Backspace => Step::Erase,
        // as everywhere in a terminal: one word back would be too much for so few letters
        Key::Char('h') if chord.ctrl => Step::Erase,
        Key::Char('n') if chord.ctrl => Step::Down,
        Key::Char('p') if chord.ctrl => Step::Up,
        Key::Char(_) if chord.ctrl || chord.alt => return None,
        Key::Char(letter) => match action {
            Some(Action::Up) if !types => Step::Up,
            Some(Action::Down) if !types => Step::Down,
            Some(Action::Back) if !types => Step::Cancel,
            _ => Step::Type(letter),
        },
        Key::Function(_) | Key::Delete | Key::Insert => return None,
    };
    Some(step)
}

/// Turns a key of the terminal library into one of ours.
#[expect(clippy::wildcard_enum_match_arm, reason = "the keys that nobody has stay unknown")]
fn chord(event: KeyEvent) -> Option<Chord> {
    let key = match event.code {
        KeyCode::Char(char) => Key::Char(if event.modifiers == KeyModifiers::CONTROL { sign(char) } else { char }),
        KeyCode::F(number) => Key::Function(number),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    // for a character the terminal has applied Shift already
    let shifted = event.modifiers.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
    Some(Chord { key, ctrl, alt, shift: shifted && !matches!(key, Key::Char(_)) })
}

/// Returns the sign that Control makes of the same byte: a terminal cannot tell `ctrl-5` from `ctrl-]`.
const fn sign(char: char) -> char {
    match char {
        '4' => '\\',
        '5' => ']',
        '6' => '^',
        '7' => '_',
        _ => char,
    }
}

fn pointer(event: MouseEvent) -> Option<Msg> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(at)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Msg::Drag(at)),
        MouseEventKind::Up(MouseButton::Left) => Some(Msg::Release),
        MouseEventKind::ScrollUp => Some(Msg::Wheel { at, down: false }),
        MouseEventKind::ScrollDown => Some(Msg::Wheel { at, down: true }),
        MouseEventKind::Down(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => None,
    }
}
