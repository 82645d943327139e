//! From a key, a paste or the mouse to the bytes that a service expects of its terminal, which is an xterm.

use super::modes::{Modes, MouseEncoding, Tracking};
use crate::keys::{Chord, Key};

/// The number of arrows that one notch of the wheel presses where there is nothing to scroll.
const NOTCH: usize = 3;

/// Something that was typed, as the terminal around procdash has reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A key.
    Key(Chord),
    /// Pasted text.
    Paste(String),
    /// The mouse.
    Mouse(Pointer),
    /// The keyboard has become the service's own, or is not any more.
    Focus(bool),
}

/// What the mouse did, in cells of the service's screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// With what.
    pub button: Button,
    /// What happened.
    pub motion: Motion,
    /// Counted from 0.
    pub column: u16,
    /// Counted from 0.
    pub row: u16,
    /// Shift was down.
    pub shift: bool,
    /// Alt was down.
    pub alt: bool,
    /// Control was down.
    pub ctrl: bool,
}

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The left one.
    Left,
    /// The middle one.
    Middle,
    /// The right one.
    Right,
    /// None: the mouse moved.
    None,
    /// The wheel, away from the user.
    WheelUp,
    /// The wheel, towards the user.
    WheelDown,
    /// The wheel, to the left.
    WheelLeft,
    /// The wheel, to the right.
    WheelRight,
}

/// What happened to a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// It went down; a wheel turned.
    Press,
    /// It came up.
    Release,
    /// The mouse moved, with the button down or with none.
    Move,
}

/// Returns what the service reads; nothing where it has not asked for such reports.
#[must_use]
pub fn encode(typed: &Typed, modes: Modes) -> Vec<u8> {
    match typed {
        Typed::Key(chord) => key(*chord, modes),
        Typed::Paste(text) => paste(text, modes),
        Typed::Mouse(pointer) => mouse(pointer, modes),
        Typed::Focus(_) if !modes.focus => Vec::new(),
        Typed::Focus(true) => b"\x1b[I".to_vec(),
        Typed::Focus(false) => b"\x1b[O".to_vec(),
    }
}

/// The form of a key that is no character.
enum Form {
    /// `CSI letter`, or `SS3 letter` in application mode.
    Cursor(char),
    /// `SS3 letter` always: the first four function keys.
    Function(char),
    /// `CSI number ~`.
    Number(u8),
}

fn key(chord: Chord, modes: Modes) -> Vec<u8> {
    let form = match chord.key {
        Key::Char(char) => return character(char, chord),
        Key::Enter if modes.enter_ends_line => return escaped(b"\r\n", chord.alt),
        Key::Enter => return escaped(b"\r", chord.alt),
        Key::Esc => return escaped(b"\x1b", chord.alt),
        Key::Tab if chord.shift => return escaped(b"\x1b[Z", chord.alt),
        Key::Tab => return escaped(b"\t", chord.alt),
        Key::Backspace => return escaped(if chord.ctrl { b"\x08" } else { b"\x7f" }, chord.alt),
        Key::Up => Form::Cursor('A'),
        Key::Down => Form::Cursor('B'),
        Key::Right => Form::Cursor('C'),
        Key::Left => Form::Cursor('D'),
        Key::End => Form::Cursor('F'),
        Key::Home => Form::Cursor('H'),
        Key::Insert => Form::Number(2),
        Key::Delete => Form::Number(3),
        Key::PageUp => Form::Number(5),
        Key::PageDown => Form::Number(6),
        // the upper twelve are the lower ones with Shift, on keyboards as in terminfo
        Key::Function(number @ 13..) => {
            return key(Chord { key: Key::Function(number - 12), shift: true, ..chord }, modes);
        }
        Key::Function(number) => match function(number) {
            Some(form) => form,
            None => return Vec::new(),
        },
    };
    let modifiers = 1 + u8::from(chord.shift) + 2 * u8::from(chord.alt) + 4 * u8::from(chord.ctrl);
    let text = match (form, modifiers) {
        (Form::Cursor(letter), 1) if modes.application_cursor => format!("\x1bO{letter}"),
        (Form::Cursor(letter), 1) => format!("\x1b[{letter}"),
        (Form::Function(letter), 1) => format!("\x1bO{letter}"),
        (Form::Cursor(letter) | Form::Function(letter), modifiers) => format!("\x1b[1;{modifiers}{letter}"),
        (Form::Number(number), 1) => format!("\x1b[{number}~"),
        (Form::Number(number), modifiers) => format!("\x1b[{number};{modifiers}~"),
    };
    text.into_bytes()
}

const fn function(number: u8) -> Option<Form> {
    Some(match number {
        1 => Form::Function('P'),
        2 => Form::Function('Q'),
        3 => Form::Function('R'),
        4 => Form::Function('S'),
        5 => Form::Number(15),
        6..=10 => Form::Number(number + 11),
        11 | 12 => Form::Number(number + 12),
        _ => return None,
    })
}

fn character(char: char, chord: Chord) -> Vec<u8> {
    if let Some(control) = chord.ctrl.then(|| control(char)).flatten() {
        return escaped(&[control], chord.alt);
    }
    escaped(char.encode_utf8(&mut [0; 4]).as_bytes(), chord.alt)
}

/// Returns the control character of a key with Control; `None` where Control says nothing.
const fn control(char: char) -> Option<u8> {
    Some(match char {
        ' ' | '@' | '2' | '`' => 0x00,
        'a'..='z' => char as u8 - b'a' + 1,
        'A'..='Z' => char as u8 - b'A' + 1,
        '[' | '3' | '{' => 0x1b,
        '\\' | '4' | '|' => 0x1c,
        ']' | '5' | '}' => 0x1d,
        '^' | '6' | '~' => 0x1e,
        '_' | '7' | '/' | '-' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

/// Puts ESC before it, which is what Alt means.
fn escaped(bytes: &[u8], alt: bool) -> Vec<u8> {
    let mut typed = if alt { vec![0x1b] } else { Vec::new() };
    typed.extend_from_slice(bytes);
    typed
}

/// Ends of lines become Enter; with marks around it, the text cannot hold the closing one.
fn paste(text: &str, modes: Modes) -> Vec<u8> {
    let typed = text.replace("\r\n", "\r").replace('\n', "\r");
    if !modes.bracketed_paste {
        return typed.into_bytes();
    }
    format!("\x1b[200~{}\x1b[201~", typed.replace('\x1b', "")).into_bytes()
}

fn mouse(pointer: &Pointer, modes: Modes) -> Vec<u8> {
    let is_wheel =
        matches!(pointer.button, Button::WheelUp | Button::WheelDown | Button::WheelLeft | Button::WheelRight);
    let wanted = match modes.tracking {
        Tracking::Off => return wheel_as_arrows(pointer, modes),
        Tracking::Presses => pointer.motion == Motion::Press && !is_wheel,
        Tracking::Clicks => pointer.motion != Motion::Move,
        Tracking::Drag => pointer.motion != Motion::Move || pointer.button != Button::None,
        Tracking::Motion => true,
    };
    if !wanted {
        return Vec::new();
    }
    let mut code: u16 = match pointer.button {
        Button::Left => 0,
        Button::Middle => 1,
        Button::Right => 2,
        Button::None => 3,
        Button::WheelUp => 64,
        Button::WheelDown => 65,
        Button::WheelLeft => 66,
        Button::WheelRight => 67,
    };
    if pointer.motion == Motion::Release && modes.encoding != MouseEncoding::Sgr {
        code = 3;
    }
    if pointer.motion == Motion::Move {
        code += 32;
    }
    if modes.tracking != Tracking::Presses {
        code += 4 * u16::from(pointer.shift) + 8 * u16::from(pointer.alt) + 16 * u16::from(pointer.ctrl);
    }
    let (column, row) = (pointer.column.saturating_add(1), pointer.row.saturating_add(1));
    match modes.encoding {
        MouseEncoding::Sgr => {
            let end = if pointer.motion == Motion::Release { 'm' } else { 'M' };
            format!("\x1b[<{code};{column};{row}{end}").into_bytes()
        }
        MouseEncoding::Decimal => format!("\x1b[{};{column};{row}M", code + 32).into_bytes(),
        MouseEncoding::Utf8 => packed([code, column, row], 2015),
        MouseEncoding::Bytes => packed([code, column, row], 223),
    }
}

/// Writes numbers as one character each; nothing where one is too large for that.
fn packed(numbers: [u16; 3], largest: u16) -> Vec<u8> {
    let mut report = b"\x1b[M".to_vec();
    for number in numbers {
        if number > largest {
            return Vec::new();
        }
        match (u8::try_from(number + 32), char::from_u32(u32::from(number) + 32)) {
            (Ok(byte), _) if largest <= 223 => report.push(byte),
            (_, Some(char)) => report.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            (_, None) => return Vec::new(),
        }
    }
    report
}

fn wheel_as_arrows(pointer: &Pointer, modes: Modes) -> Vec<u8> {
    let arrow = match pointer.button {
        Button::WheelUp if modes.wheel_as_arrows => Key::Up,
        Button::WheelDown if modes.wheel_as_arrows => Key::Down,
        Button::WheelUp
        | Button::WheelDown
        | Button::WheelLeft
        | Button::WheelRight
        | Button::Left
        | Button::Middle
        | Button::Right
        | Button::None => return Vec::new(),
    };
    key(Chord::from(arrow), modes).repeat(NOTCH)
}

#[cfg(test)]
mod tests;
