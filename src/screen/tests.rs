//! What is seen, what is answered, what is let go of, and what a hostile stream cannot do.

mod corpus;

use proptest::prelude::*;

use super::*;
use crate::logs::{Colour, Style};

fn screen(columns: u16, rows: u16) -> Screen {
    Screen::new(Size::new(columns, rows), Background::Dark)
}

fn shown(columns: u16, rows: u16, bytes: &[u8]) -> Picture {
    let mut screen = screen(columns, rows);
    screen.push(bytes);
    screen.picture(true).unwrap()
}

fn text(picture: &Picture) -> Vec<String> {
    let mut lines = picture.lines();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn the_corpus_is_shown_as_tmux_shows_it_however_it_is_cut() {
    for (name, stream, expected, cursor) in corpus::STREAMS {
        for piece in [stream.len(), 1, 3] {
            let mut screen = screen(20, 6);
            for part in stream.as_bytes().chunks(piece) {
                screen.push(part);
            }
            let picture = screen.picture(true).unwrap();
            assert_eq!(text(&picture), *expected, "{name}");
            let at = picture.cursor.unwrap();
            assert_eq!((at.column, at.row), *cursor, "the cursor of {name}");
        }
    }
}

#[test]
fn colours_and_attributes_are_kept_cell_by_cell() {
    let picture = shown(20, 3, b"\x1b[1;31mA\x1b[0;48;5;200mB\x1b[38;2;1;2;3;7mC\x1b[0;4;9mD");
    let styles: Vec<Style> = picture.rows[0].iter().map(|glyph| glyph.style).collect();
    let plain = Style::default();
    let expected = [
        Style { fg: Some(Colour::Indexed(1)), bold: true, ..plain },
        Style { bg: Some(Colour::Indexed(200)), ..plain },
        Style { fg: Some(Colour::Rgb(1, 2, 3)), bg: Some(Colour::Indexed(200)), reverse: true, ..plain },
        Style { underline: true, strike: true, ..plain },
    ];
    assert_eq!(styles, expected);
}

#[test]
fn the_cursor_has_the_shape_that_was_asked_for_and_can_be_hidden() {
    let cursor = |bytes: &[u8]| shown(20, 3, bytes).cursor.map(|cursor| (cursor.shape, cursor.blinks));
    assert_eq!(cursor(b""), Some((CursorShape::Own, false)));
    assert_eq!(cursor(b"\x1b[5 q"), Some((CursorShape::Bar, true)));
    assert_eq!(cursor(b"\x1b[4 q"), Some((CursorShape::Underline, false)));
    assert_eq!(cursor(b"\x1b[5 q\x1b[0 q"), Some((CursorShape::Own, false)));
    assert_eq!(cursor(b"\x1b[?25l"), None);
}

#[test]
fn questions_are_answered_at_the_place_where_they_were_asked() {
    let answers = |bytes: &[u8]| String::from_utf8(screen(20, 6).push(bytes)).unwrap();
    assert_eq!(answers(b"\x1b[3;5H\x1b[6nlater"), "\x1b[3;5R");
    assert_eq!(answers(b"ab\x1b[?6ncd\x1b[6n"), "\x1b[?1;3R\x1b[1;5R");
    assert_eq!(answers(b"\x1b[5n"), "\x1b[0n");
    assert_eq!(answers(b"\x1b[c"), "\x1b[?6c");
    assert!(answers(b"\x1b[>c").starts_with("\x1b[>0;"));
    assert_eq!(answers(b"\x1b[=c"), "\x1bP!|00000000\x1b\\");
    assert!(answers(b"\x1b[>q").starts_with("\x1bP>|procdash "));
    assert_eq!(answers(b"\x1b]11;?\x07"), "\x1b]11;rgb:1c1c/1c1c/1c1c\x07");
    assert_eq!(answers(b"\x1b]10;?\x1b\\"), "\x1b]10;rgb:e4e4/e4e4/e4e4\x1b\\");
    assert_eq!(answers(b"\x1b]4;1;?\x07"), "\x1b]4;1;rgb:cdcd/0000/0000\x07");
    assert_eq!(answers(b"\x1b]11;#123456\x07\x1b]11;?\x07"), "\x1b]11;rgb:1212/3434/5656\x07");
    assert_eq!(answers(b"\x1b[18t"), "\x1b[8;6;20t");
    assert_eq!(answers(b"\x1b[?2004h\x1b[?2004$p\x1b[?9999$p"), "\x1b[?2004;1$y\x1b[?9999;0$y");
    assert_eq!(answers(b"\x1bP+q544e\x1b\\"), "\x1bP0+r\x1b\\");
    assert_eq!(answers(b"\x1b[5 q\x1bP$q q\x1b\\"), "\x1bP1$r5 q\x1b\\");
    assert_eq!(answers(b"\x1b[2;4r\x1bP$qr\x1b\\"), "\x1bP1$r2;4r\x1b\\");
    assert_eq!(answers(b"\x1bP$qm\x1b\\\x1bP$q*x\x1b\\"), "\x1bP1$r0m\x1b\\\x1bP0$r\x1b\\");
    assert_eq!(answers(b"\x1b]52;c;?\x07\x1b[?u"), "", "the clipboard is nobody's business");
    let light = Screen::new(Size::new(20, 6), Background::Light).push(b"\x1b]11;?\x07");
    assert_eq!(light, b"\x1b]11;rgb:e4e4/e4e4/e4e4\x07");
}

#[test]
fn a_question_that_arrives_in_pieces_is_answered_once() {
    let mut screen = screen(20, 6);
    let answers: Vec<Vec<u8>> = b"\x1b[6n".chunks(1).map(|piece| screen.push(piece)).collect();
    assert_eq!(answers.concat(), b"\x1b[1;1R");
}

#[test]
fn a_flood_of_questions_gets_a_bounded_answer() {
    let answer = screen(20, 6).push(&b"\x1b[6n".repeat(10_000));
    assert!(!answer.is_empty() && answer.len() <= emulator::ANSWERS, "{}", answer.len());
}

#[test]
fn the_older_ways_to_the_other_screen_work_too() {
    for (on, off) in [("\x1b[?47h", "\x1b[?47l"), ("\x1b[?1047h", "\x1b[?1047l")] {
        let mut screen = screen(20, 3);
        screen.push(format!("before{on}\x1b[Hother").as_bytes());
        assert!(screen.is_in_use());
        assert_eq!(text(&screen.picture(true).unwrap()), ["other"]);
        screen.push(off.as_bytes());
        assert!(!screen.is_in_use());
        assert_eq!(text(&screen.picture(true).unwrap()), ["before"]);
    }
}

#[test]
fn the_modes_are_what_was_asked_for() {
    let mut screen = screen(20, 6);
    assert_eq!(screen.modes(), Modes::default());
    screen.push(b"\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[?1002h\x1b[?1006h\x1b[20h\x1b[?1049h");
    let all = Modes {
        application_cursor: true,
        application_keypad: true,
        bracketed_paste: true,
        enter_ends_line: true,
        focus: true,
        tracking: Tracking::Drag,
        encoding: MouseEncoding::Sgr,
        wheel_as_arrows: true,
    };
    assert_eq!(screen.modes(), all);
    screen.push(b"\x1bc\x1b[?9h\x1b[?1015h");
    let oldest = Modes { tracking: Tracking::Presses, encoding: MouseEncoding::Decimal, ..Modes::default() };
    assert_eq!(screen.modes(), oldest);
}

#[test]
fn the_title_is_kept_short_and_clean() {
    let long = [b"\x1b]2;a\x07\x1b]0;b\xc2\x85c ".as_slice(), &[b'o'; 500], b"\x07"].concat();
    let title = shown(20, 6, &long).title;
    assert!(title.starts_with("bc ooo") && title.chars().count() == 80, "{title:?}");
}

#[test]
fn a_new_size_lets_text_flow_and_one_cell_is_survived() {
    let mut screen = screen(10, 4);
    screen.push("0123456789abc日日日".as_bytes());
    screen.resize(Size::new(20, 4));
    assert_eq!(text(&screen.picture(true).unwrap()), ["0123456789abc日日日"]);
    for (columns, rows) in [(1, 1), (0, 0), (2, 1), (3, 2), (u16::MAX, u16::MAX), (7, 3), (1, 400)] {
        screen.resize(Size::new(columns, rows));
        screen.push("日x日\x1b[9;9Hy\r\n".as_bytes());
        assert!(screen.picture(true).is_some(), "{columns}x{rows}");
    }
}

#[test]
fn the_other_screen_of_another_size_is_drawn_anew_by_its_service() {
    let mut screen = screen(10, 4);
    screen.push(b"\x1b[?1049h\x1b[4;10Hx");
    screen.resize(Size::new(20, 6));
    screen.push(b"\x1b[2J\x1b[6;20Hy\x1b[H");
    let picture = screen.picture(true).unwrap();
    assert_eq!(picture.rows[5].last().map(|glyph| glyph.column), Some(19));
}

#[test]
fn an_unfinished_update_is_seen_only_by_who_cannot_wait() {
    let mut screen = screen(20, 3);
    screen.push(b"old\x1b[?2026h\r\x1b[2Knew");
    assert!(screen.unfinished_update().is_some());
    screen.modes();
    assert_eq!(text(&screen.picture(false).unwrap()), ["old"]);
    assert_eq!(text(&screen.picture(true).unwrap()), ["new"]);
    screen.push(b"er\x1b[?2026l");
    assert!(screen.unfinished_update().is_none());
    assert_eq!(text(&screen.picture(false).unwrap()), ["newer"]);
}

#[test]
fn what_endless_strings_and_marks_hold_is_let_go_of() {
    let mut screen = screen(20, 3);
    for opener in ["\x1b]0;", "\x1bPq", "\x1b_G", "\x1b^", "\x1bX"] {
        screen.push(opener.as_bytes());
        for _ in 0..64 {
            screen.push(&[b'z'; 4096]);
        }
        screen.push(b"\x1b\\");
    }
    screen.push(b"ok");
    screen.push("\u{301}".repeat(100_000).as_bytes());
    let picture = screen.picture(true).unwrap();
    assert_eq!(text(&picture).len(), 1);
    assert!(picture.rows[0][1].text.len() < 40, "{} bytes in one cell", picture.rows[0][1].text.len());
}

#[test]
fn one_sequence_cannot_ask_for_more_than_a_few_screens_of_work() {
    let picture = shown(20, 3, &b"x\x1b[65535b".repeat(100));
    assert_eq!(text(&picture), vec!["x".repeat(20); 3]);
}

#[test]
fn a_panic_costs_the_screen_and_nothing_else() {
    let mut screen = screen(20, 3);
    screen.push(b"text");
    assert!(screen.picture(true).is_some());
    std::panic::set_hook(Box::new(|_| {}));
    assert_eq!(screen.try_to(|_| assert!(!is_contained(), "the hook has to see that it is contained")), None);
    let _own_hook = std::panic::take_hook();
    assert!(screen.has_failed() && !is_contained());
    assert_eq!(screen.push(b"\x1b[6n"), b"");
    assert_eq!(screen.picture(true), None);
    assert!(!screen.is_in_use());
}

/// A flood of coloured lines, in which one colour reaches over many.
fn flood(lines: usize) -> Vec<u8> {
    let mut bytes = b"\x1b[?2004hbegin\r\n".to_vec();
    for n in 0..lines {
        let colour = if n % 50 == 7 { "\x1b[1;3".to_owned() + &(n % 8).to_string() + "m" } else { String::new() };
        let end = if n % 97 == 0 { "\x1b[0m" } else { "" };
        bytes.extend_from_slice(format!("{colour}line {n} of the flood\x1b[K{end}\r\n").as_bytes());
    }
    bytes
}

#[test]
fn a_flood_that_nobody_looks_at_leaves_the_screen_that_drawing_all_of_it_leaves() {
    let flood = flood(20_000);
    let mut all = screen(40, 10);
    for piece in flood.chunks(100) {
        all.push(piece);
        all.draw(true);
    }
    let expected = all.picture(true).unwrap();
    for size in [64 * 1024, 4096, 777, 100, 17] {
        let mut screen = screen(40, 10);
        for piece in flood.chunks(size) {
            screen.push(piece);
        }
        assert!(screen.emulator.is_none(), "nothing had to be drawn, in pieces of {size}");
        assert_eq!(screen.picture(true).unwrap(), expected, "in pieces of {size}");
        assert!(screen.modes().bracketed_paste);
    }
}

#[test]
fn a_flood_that_begins_at_the_top_leaves_nothing_of_what_stood_below() {
    let mut screen = screen(40, 10);
    screen.push("x".repeat(400).as_bytes());
    screen.push(b"\x1b[H");
    screen.push("y\r\n".repeat(100_000).as_bytes());
    assert_eq!(text(&screen.picture(true).unwrap()), vec!["y"; 9]);
}

#[test]
fn a_torn_character_takes_nothing_with_it() {
    for cut in 1..8 {
        let bytes = b"a\xc2q\xe6\x97b\xe6\x97\xa5";
        let mut screen = screen(20, 3);
        screen.push(&bytes[..cut]);
        assert!(screen.picture(true).is_some());
        screen.push(&bytes[cut..]);
        assert_eq!(text(&screen.picture(true).unwrap()), ["a\u{fffd}q\u{fffd}b日"], "cut at {cut}");
    }
}

#[test]
fn whether_it_draws_a_screen_does_not_depend_on_how_its_output_was_cut() {
    let pages = b"\x1b[H\x1b[2Jpage\x1b[H\x1b[Jpage\x1b[2J\x1b[Hpage".repeat(3);
    let back = [&b"\x1b[3A\x1b[2K\x1b[3B"[..], &b"line\r\n".repeat(13), b"\x1b[?25h"].concat();
    for (bytes, draws) in [(pages, false), (back, false)] {
        for size in [bytes.len(), 1, 2, 5] {
            let mut screen = screen(20, 6);
            bytes.chunks(size).for_each(|piece| drop(screen.push(piece)));
            assert_eq!(screen.is_in_use(), draws, "in pieces of {size}");
        }
    }
}

#[test]
fn what_turns_the_direction_of_writing_is_not_shown() {
    let picture = shown(20, 3, "a\u{202e}b\u{2066}\u{200f}c\u{2028}d\x1b]0;e\u{202e}f\x07".as_bytes());
    assert!(text(&picture)[0].starts_with("abc"), "{picture:?}");
    assert!(picture.rows.iter().flatten().all(|glyph| !glyph.text.chars().any(crate::logs::acts)));
    assert_eq!(picture.title, "ef");
}

#[test]
fn a_flood_within_a_region_is_drawn_whole() {
    let mut stream = b"\x1b[2J\x1b[1;1Hstays\x1b[2;4r\x1b[4;1H".to_vec();
    stream.extend(flood(5000));
    let mut screen = screen(40, 6);
    for piece in stream.chunks(4096) {
        screen.push(piece);
    }
    assert_eq!(text(&screen.picture(true).unwrap())[0], "stays");
}

proptest! {
    #[test]
    fn whatever_is_printed_only_printable_characters_are_seen_and_every_row_fits(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[a-z\\x{300}日👩\\x{200d}❤\\x{fe0f}🇩\\x{ff9e}\\t\\r\\n\\x{8}]{0,20}".prop_map(String::into_bytes),
                "\\x1b\\[[?>]?[0-9;]{0,6}[@-~]".prop_map(String::into_bytes),
                "\\x1b[ -~]{1,3}".prop_map(String::into_bytes),
            ],
            0..60,
        ),
        columns in 0_u16..30,
        rows in 0_u16..10,
    ) {
        let mut screen = screen(columns, rows);
        for (n, piece) in pieces.iter().enumerate() {
            screen.push(piece);
            if n % 7 == 3 {
                screen.resize(Size::new(columns + u16::try_from(n % 5).unwrap(), rows));
            }
        }
        prop_assert!(!screen.has_failed());
        let wide = screen.size.columns;
        let picture = screen.picture(true).unwrap();
        for row in &picture.rows {
            let mut column = 0;
            for glyph in row {
                prop_assert!(!glyph.text.chars().any(char::is_control), "{glyph:?}");
                prop_assert!(glyph.column >= column && glyph.column + glyph.width <= wide, "{glyph:?}");
                prop_assert_eq!(unicode_width::UnicodeWidthStr::width(glyph.text.as_str()), usize::from(glyph.width));
                column = glyph.column + glyph.width;
            }
        }
    }

    #[test]
    fn drawing_now_and_drawing_later_is_the_same(
        pieces in prop::collection::vec("(\\x1b\\[[?]?[0-9]{0,2}(;[0-9]{0,2})?[@-~]|[a-z ]{0,9}|\\r\\n){0,6}", 0..50),
    ) {
        let (mut now, mut later) = (screen(20, 6), screen(20, 6));
        for piece in &pieces {
            let answers = (now.push(piece.as_bytes()), later.push(piece.as_bytes()));
            now.draw(true);
            prop_assert_eq!(answers.0, answers.1);
        }
        prop_assert_eq!(now.picture(true), later.picture(true));
    }
}
