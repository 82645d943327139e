//! What the terminal reports while a service has the keyboard: all of it is the service's, but for one key.

use crossterm::event::{Event, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::keys::Action;
use crate::screen::{Button, Motion, Pointer, Typed};

use crate::ui::model::Model;
use crate::ui::msg::Msg;

/// Reads one report; `None` where it means nothing to the service.
///
/// The mouse belongs to the service within its screen only, and where it has asked for it; else it selects.
pub(super) fn read(event: &Event, model: &Model) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let chord = super::chord(*key)?;
            let action = model.dashboard.keymap.action(model.context(), chord);
            let gives_back = action == Some(Action::Detach);
            Some(if gives_back { Msg::Act(Action::Detach) } else { Msg::Typed(Typed::Key(chord)) })
        }
        Event::Paste(text) => Some(Msg::Typed(Typed::Paste(text.clone()))),
        Event::FocusGained => Some(Msg::Typed(Typed::Focus(true))),
        Event::FocusLost => Some(Msg::Typed(Typed::Focus(false))),
        Event::Mouse(mouse) => {
            let area = model.areas()?.log_text();
            let selects = model.selecting.is_some() || !model.mouse_is_theirs;
            if area.contains(Position::new(mouse.column, mouse.row)) && !selects {
                Some(Msg::Typed(Typed::Mouse(pointer(*mouse, area))))
            } else {
                super::pointer(*mouse)
            }
        }
        Event::Key(_) | Event::Resize(..) => None,
    }
}

fn pointer(mouse: MouseEvent, area: Rect) -> Pointer {
    let (button, motion) = match mouse.kind {
        MouseEventKind::Down(button) => (self::button(button), Motion::Press),
        MouseEventKind::Up(button) => (self::button(button), Motion::Release),
        MouseEventKind::Drag(button) => (self::button(button), Motion::Move),
        MouseEventKind::Moved => (Button::None, Motion::Move),
        MouseEventKind::ScrollUp => (Button::WheelUp, Motion::Press),
        MouseEventKind::ScrollDown => (Button::WheelDown, Motion::Press),
        MouseEventKind::ScrollLeft => (Button::WheelLeft, Motion::Press),
        MouseEventKind::ScrollRight => (Button::WheelRight, Motion::Press),
    };
    let held = |modifier| mouse.modifiers.contains(modifier);
    Pointer {
        button,
        motion,
        column: mouse.column - area.x,
        row: mouse.row - area.y,
        shift: held(KeyModifiers::SHIFT),
        alt: held(KeyModifiers::ALT),
        ctrl: held(KeyModifiers::CONTROL),
    }
}

const fn button(button: MouseButton) -> Button {
    match button {
        MouseButton::Left => Button::Left,
        MouseButton::Middle => Button::Middle,
        MouseButton::Right => Button::Right,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::keys::{Chord, Key};
    use crate::ui::fixture::{board, model, moment};
    use crate::ui::model::Attached;

    fn attached() -> Model {
        let mut model = model(board(moment()), 100, 30);
        model.mouse_is_theirs = true;
        model.attached = Some(Attached { service: model.selected, run: model.board.services[0].run });
        model
    }

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Option<Typed> {
        let msg = read(&Event::Key(KeyEvent::new(code, modifiers)), &attached())?;
        let Msg::Typed(typed) = msg else { panic!("{msg:?}") };
        Some(typed)
    }

    #[test]
    fn every_key_goes_to_the_service_also_those_that_mean_something_here() {
        for char in ['q', 'Q', 'x', 'X', '?', '1', ' '] {
            assert_eq!(typed(KeyCode::Char(char), KeyModifiers::NONE), Some(Typed::Key(Chord::from(Key::Char(char)))));
        }
        for char in ['c', 'z', 'q'] {
            let chord = Chord { ctrl: true, ..Chord::from(Key::Char(char)) };
            assert_eq!(typed(KeyCode::Char(char), KeyModifiers::CONTROL), Some(Typed::Key(chord)));
        }
        assert_eq!(typed(KeyCode::Esc, KeyModifiers::NONE), Some(Typed::Key(Chord::from(Key::Esc))));
    }

    #[test]
    fn one_key_gives_the_keyboard_back_however_the_terminal_names_it() {
        for name in [']', '5'] {
            let event = Event::Key(KeyEvent::new(KeyCode::Char(name), KeyModifiers::CONTROL));
            assert!(matches!(read(&event, &attached()), Some(Msg::Act(Action::Detach))), "{name}");
        }
    }

    #[test]
    fn pastes_focus_and_the_mouse_on_the_screen_are_the_services() {
        let msg = |event| read(&event, &attached()).unwrap();
        assert!(matches!(msg(Event::Paste("rm".to_owned())), Msg::Typed(Typed::Paste(text)) if text == "rm"));
        assert!(matches!(msg(Event::FocusLost), Msg::Typed(Typed::Focus(false))));
        let area = attached().areas().unwrap().log_text();
        let mouse = |column, row| {
            let kind = MouseEventKind::Drag(MouseButton::Right);
            Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::ALT })
        };
        let Msg::Typed(Typed::Mouse(pointer)) = msg(mouse(area.x + 3, area.y + 2)) else { panic!("not the mouse") };
        assert_eq!((pointer.column, pointer.row, pointer.button, pointer.alt), (3, 2, Button::Right, true));
        let click = MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: area.x - 1,
            row: area.y,
            modifiers: KeyModifiers::NONE,
        };
        assert!(matches!(msg(Event::Mouse(click)), Msg::Click(_)), "the border is the dashboard's");
    }
}
