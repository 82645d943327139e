//! Every key, every form of the mouse, and what keeps a paste within its marks.

use super::*;

fn typed(word: &str, modes: Modes) -> String {
    let chord: Chord = word.parse().unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(encode(&Typed::Key(chord), modes)).unwrap()
}

fn plain(word: &str) -> String {
    typed(word, Modes::default())
}

#[test]
fn every_key_is_typed_as_xterm_types_it() {
    let keys = [
        ("a", "a"),
        ("A", "A"),
        ("ä", "ä"),
        ("日", "日"),
        ("space", " "),
        ("enter", "\r"),
        ("alt-enter", "\x1b\r"),
        ("esc", "\x1b"),
        ("alt-esc", "\x1b\x1b"),
        ("tab", "\t"),
        ("shift-tab", "\x1b[Z"),
        ("alt-tab", "\x1b\t"),
        ("backspace", "\x7f"),
        ("ctrl-backspace", "\x08"),
        ("alt-backspace", "\x1b\x7f"),
        ("up", "\x1b[A"),
        ("down", "\x1b[B"),
        ("right", "\x1b[C"),
        ("left", "\x1b[D"),
        ("home", "\x1b[H"),
        ("end", "\x1b[F"),
        ("insert", "\x1b[2~"),
        ("delete", "\x1b[3~"),
        ("pageup", "\x1b[5~"),
        ("pagedown", "\x1b[6~"),
        ("f1", "\x1bOP"),
        ("f2", "\x1bOQ"),
        ("f3", "\x1bOR"),
        ("f4", "\x1bOS"),
        ("f5", "\x1b[15~"),
        ("f6", "\x1b[17~"),
        ("f7", "\x1b[18~"),
        ("f8", "\x1b[19~"),
        ("f9", "\x1b[20~"),
        ("f10", "\x1b[21~"),
        ("f11", "\x1b[23~"),
        ("f12", "\x1b[24~"),
        ("f13", "\x1b[1;2P"),
        ("f16", "\x1b[1;2S"),
        ("f17", "\x1b[15;2~"),
        ("f24", "\x1b[24;2~"),
    ];
    for (word, bytes) in keys {
        assert_eq!(plain(word), bytes, "{word}");
    }
}

#[test]
fn modifiers_are_a_number_for_keys_and_a_byte_for_characters() {
    let keys = [
        ("shift-up", "\x1b[1;2A"),
        ("alt-up", "\x1b[1;3A"),
        ("alt-shift-up", "\x1b[1;4A"),
        ("ctrl-up", "\x1b[1;5A"),
        ("ctrl-shift-up", "\x1b[1;6A"),
        ("ctrl-alt-up", "\x1b[1;7A"),
        ("ctrl-alt-shift-up", "\x1b[1;8A"),
        ("ctrl-home", "\x1b[1;5H"),
        ("shift-f1", "\x1b[1;2P"),
        ("ctrl-f5", "\x1b[15;5~"),
        ("ctrl-delete", "\x1b[3;5~"),
        ("shift-pageup", "\x1b[5;2~"),
        ("ctrl-f13", "\x1b[1;6P"),
        ("ctrl-a", "\x01"),
        ("ctrl-c", "\x03"),
        ("ctrl-h", "\x08"),
        ("ctrl-j", "\n"),
        ("ctrl-m", "\r"),
        ("ctrl-z", "\x1a"),
        ("ctrl-[", "\x1b"),
        ("ctrl-\\", "\x1c"),
        ("ctrl-]", "\x1d"),
        ("ctrl-^", "\x1e"),
        ("ctrl-_", "\x1f"),
        ("ctrl-/", "\x1f"),
        ("ctrl-?", "\x7f"),
        ("ctrl-space", "\0"),
        ("ctrl-@", "\0"),
        ("ctrl-1", "1"),
        ("alt-x", "\x1bx"),
        ("alt-X", "\x1bX"),
        ("alt-ä", "\x1bä"),
        ("ctrl-alt-a", "\x1b\x01"),
    ];
    for (word, bytes) in keys {
        assert_eq!(plain(word), bytes, "{word}");
    }
}

#[test]
fn every_letter_has_its_control_character() {
    for letter in 'a'..='z' {
        let expected = char::from(u8::try_from(letter).unwrap() & 0x1f).to_string();
        assert_eq!(plain(&format!("ctrl-{letter}")), expected);
        assert_eq!(plain(&format!("ctrl-shift-{letter}")), expected);
    }
}

#[test]
fn application_modes_change_arrows_and_enter_and_nothing_with_a_modifier() {
    let modes = Modes { application_cursor: true, enter_ends_line: true, application_keypad: true, ..Modes::default() };
    let keys = [
        ("up", "\x1bOA"),
        ("left", "\x1bOD"),
        ("home", "\x1bOH"),
        ("end", "\x1bOF"),
        ("ctrl-left", "\x1b[1;5D"),
        ("delete", "\x1b[3~"),
        ("f1", "\x1bOP"),
        ("enter", "\r\n"),
        ("a", "a"),
    ];
    for (word, bytes) in keys {
        assert_eq!(typed(word, modes), bytes, "{word}");
    }
}

#[test]
fn a_paste_is_marked_where_that_was_asked_for_and_cannot_close_its_own_mark() {
    let paste = |text: &str, bracketed_paste| {
        let modes = Modes { bracketed_paste, ..Modes::default() };
        String::from_utf8(encode(&Typed::Paste(text.to_owned()), modes)).unwrap()
    };
    assert_eq!(paste("one\ntwo\r\nthree", false), "one\rtwo\rthree");
    assert_eq!(paste("one\ntwo", true), "\x1b[200~one\rtwo\x1b[201~");
    assert_eq!(paste("x\x1b[201~rm -rf\n", true), "\x1b[200~x[201~rm -rf\r\x1b[201~");
}

#[test]
fn focus_is_told_to_who_asked() {
    let asked = Modes { focus: true, ..Modes::default() };
    assert_eq!(encode(&Typed::Focus(true), asked), b"\x1b[I");
    assert_eq!(encode(&Typed::Focus(false), asked), b"\x1b[O");
    assert_eq!(encode(&Typed::Focus(true), Modes::default()), b"");
}

fn report(button: Button, motion: Motion, tracking: Tracking, encoding: MouseEncoding) -> Vec<u8> {
    let pointer = Pointer { button, motion, column: 9, row: 4, shift: false, alt: false, ctrl: true };
    encode(&Typed::Mouse(pointer), Modes { tracking, encoding, ..Modes::default() })
}

#[test]
fn the_mouse_is_reported_in_the_form_that_was_asked_for() {
    let all = |button, motion| {
        [MouseEncoding::Sgr, MouseEncoding::Decimal, MouseEncoding::Bytes, MouseEncoding::Utf8]
            .map(|form| String::from_utf8(report(button, motion, Tracking::Motion, form)).unwrap())
    };
    assert_eq!(all(Button::Left, Motion::Press), ["\x1b[<16;10;5M", "\x1b[48;10;5M", "\x1b[M0*%", "\x1b[M0*%"]);
    assert_eq!(all(Button::Right, Motion::Release), ["\x1b[<18;10;5m", "\x1b[51;10;5M", "\x1b[M3*%", "\x1b[M3*%"]);
    assert_eq!(all(Button::Middle, Motion::Move), ["\x1b[<49;10;5M", "\x1b[81;10;5M", "\x1b[MQ*%", "\x1b[MQ*%"]);
    assert_eq!(all(Button::None, Motion::Move)[0], "\x1b[<51;10;5M");
    assert_eq!(all(Button::WheelDown, Motion::Press)[0], "\x1b[<81;10;5M");
}

#[test]
fn far_cells_are_reported_where_the_form_reaches_them() {
    let far = |encoding| {
        let pointer = Pointer {
            button: Button::Left,
            motion: Motion::Press,
            column: 299,
            row: 0,
            shift: false,
            alt: false,
            ctrl: false,
        };
        encode(&Typed::Mouse(pointer), Modes { tracking: Tracking::Clicks, encoding, ..Modes::default() })
    };
    assert_eq!(far(MouseEncoding::Bytes), b"");
    assert_eq!(far(MouseEncoding::Utf8), "\x1b[M \u{14c}!".as_bytes());
    assert_eq!(far(MouseEncoding::Sgr), b"\x1b[<0;300;1M");
}

#[test]
fn a_service_is_told_of_the_mouse_no_more_than_it_asked_for() {
    let told = |tracking, button, motion| !report(button, motion, tracking, MouseEncoding::Sgr).is_empty();
    let doings = [
        (Button::Left, Motion::Press),
        (Button::WheelUp, Motion::Press),
        (Button::Left, Motion::Release),
        (Button::Left, Motion::Move),
        (Button::None, Motion::Move),
    ];
    let expected = [
        (Tracking::Off, [false; 5]),
        (Tracking::Presses, [true, false, false, false, false]),
        (Tracking::Clicks, [true, true, true, false, false]),
        (Tracking::Drag, [true, true, true, true, false]),
        (Tracking::Motion, [true; 5]),
    ];
    for (tracking, answers) in expected {
        assert_eq!(doings.map(|(button, motion)| told(tracking, button, motion)), answers, "{tracking:?}");
    }
    let click = report(Button::Left, Motion::Press, Tracking::Presses, MouseEncoding::Bytes);
    assert_eq!(click, b"\x1b[M *%", "the oldest mode knows no modifiers");
}

#[test]
fn the_wheel_presses_arrows_on_the_other_screen() {
    let turn = |button, wheel_as_arrows, application_cursor| {
        let pointer =
            Pointer { button, motion: Motion::Press, column: 0, row: 0, shift: false, alt: false, ctrl: false };
        encode(&Typed::Mouse(pointer), Modes { application_cursor, wheel_as_arrows, ..Modes::default() })
    };
    assert_eq!(turn(Button::WheelUp, true, false), b"\x1b[A\x1b[A\x1b[A");
    assert_eq!(turn(Button::WheelDown, true, true), b"\x1bOB\x1bOB\x1bOB");
    assert_eq!(turn(Button::WheelDown, false, false), b"");
    assert_eq!(turn(Button::Left, true, false), b"");
}
