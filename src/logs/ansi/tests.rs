//! Lines as a terminal would show them, and sequences that must not get through.

use proptest::prelude::*;

use super::{REDRAWN, StyledLine, plain_text, read_line, shown_part};
use crate::logs::{Colour, Style};

const PLAIN: Style = Style {
    fg: None,
    bg: None,
    bold: false,
    dim: false,
    italic: false,
    underline: false,
    reverse: false,
    hidden: false,
    strike: false,
};

/// What is printed, and the text that a terminal shows.
const TEXTS: &[(&[u8], &str)] = &[
    (b"", ""),
    (b"plain", "plain"),
    // overwriting
    (b"10%\r20%\r100%", "100%"),
    (b"abcdef\rxy", "xycdef"),
    (b"text\r", "text"),
    (b"\r\r\rtext", "text"),
    (b"abc\x08\x08X", "aXc"),
    (b"\x08\x08a", "a"),
    (b"abcdef\r\x1b[Kxy", "xy"),
    (b"abcdef\r\x1b[2Kxy", "xy"),
    (b"\x1b[2K\rdone", "done"),
    (b"abc\x1b[2Kd", "   d"),
    (b"abcdef\x1b[3D\x1b[K", "abc"),
    (b"abcdef\x1b[3D\x1b[1K", "    ef"),
    (b"abcdef\x1b[3D\x1b[J!", "abc!"),
    (b"abc\x1b[K", "abc"),
    // cursor columns
    (b"abc\x1b[1GX", "Xbc"),
    (b"abc\x1b[GX", "Xbc"),
    (b"abc\x1b[0GX", "Xbc"),
    (b"a\x1b[5Gb", "a   b"),
    (b"a\x1b[3Cb", "a   b"),
    (b"a\x1b[Cb", "a b"),
    (b"abc\x1b[2DX", "aXc"),
    (b"abc\x1b[99DX", "Xbc"),
    // tabs
    (b"\tx", "        x"),
    (b"ab\tx", "ab      x"),
    (b"12345678\tx", "12345678        x"),
    ("日本\tx".as_bytes(), "日本    x"),
    (b"abcdefghij\r\tX", "abcdefghXj"),
    // wide and combining characters
    ("日本\rx".as_bytes(), "x 本"),
    ("a日本\r\x1b[2Cx".as_bytes(), "a x本"),
    ("abcd\r日".as_bytes(), "日cd"),
    ("abcd\r\x1b[1C日".as_bytes(), "a日d"),
    ("日本\r\x1b[C日".as_bytes(), " 日 "),
    ("e\u{301}x\rab".as_bytes(), "ab"),
    ("ab\re\u{301}".as_bytes(), "e\u{301}b"),
    ("xx\r\u{1f468}\u{200d}\u{1f469}!".as_bytes(), "\u{1f468}\u{200d}\u{1f469}!"),
    ("日x\x1b[1D\x1b[K".as_bytes(), "日"),
    ("日本\x1b[1D\x1b[K".as_bytes(), "日 "),
    // what means nothing within a line
    (b"\x1b]0;title\x07text", "text"),
    (b"\x1b]0;title\x1b\\text", "text"),
    ("\x1b]0;title\u{9c}text".as_bytes(), "text"),
    (b"\x1b]52;c;aGk=\x07", ""),
    (b"a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
    (b"kept\x1b]0;no end", "kept"),
    (b"\x1b]0;broken off\x1b[1mtext", "text"),
    (b"\x1b]0;broken off\x18text", "text"),
    (b"\x1bPq#0;2~\x1b\\text", "text"),
    (b"\x1b_application\x1b\\text", "text"),
    (b"\x1b^private\x1b\\text", "text"),
    (b"\x1bXstart\x1b\\text", "text"),
    (b"\x1b[?25l\x1b[?1049h\x1b[2;5H\x1b[>4;2m\x1b[!ptext", "text"),
    (b"\x1b[6n\x1b[c\x1b[5 qtext", "text"),
    (b"\x1b(B\x1b)0\x1b#8\x1b=\x1b>\x1b7\x1b8\x1bM\x1bctext", "text"),
    (b"te\x00\x01\x07\x0b\x0c\x0e\x0f\x7fxt", "text"),
    (b"text\x1b", "text"),
    (b"text\x1b[", "text"),
    (b"text\x1b[12;", "text"),
    (b"\x1b\x1b\x1b[mtext", "text"),
    (b"\x1b[12\x07text", "text"),
    (b"a\nb", "ab"),
    // C1 controls are sequences too
    ("\u{9b}31mtext".as_bytes(), "text"),
    ("\u{9d}0;title\x07text".as_bytes(), "text"),
    ("te\u{85}\u{8d}xt".as_bytes(), "text"),
    // what would make a log read otherwise than it was written
    ("a\u{202e}b\u{202c}\u{2066}c\u{2069}\u{200e}\u{200f}\u{2028}d".as_bytes(), "abcd"),
    // bytes that are not text
    (b"a\xffb", "a\u{fffd}b"),
    (b"a\xc2", "a\u{fffd}"),
    (b"\xe6\x97", "\u{fffd}"),
    (b"\xe6\x97\x1b[1m\xa5", "\u{fffd}\u{fffd}"),
    (b"ab\r\xff", "\u{fffd}b"),
    ("äöü €".as_bytes(), "äöü €"),
];

/// What is printed, and what is left of it with colours.
const COLOURS: &[(&str, &str)] = &[
    ("\x1b[31mred\x1b[0m plain", "\x1b[0;31mred\x1b[0m plain"),
    ("\x1b[31mred\x1b[m plain", "\x1b[0;31mred\x1b[0m plain"),
    ("\x1b[31mred", "\x1b[0;31mred\x1b[0m"),
    ("\x1b[1;2;3;4;7;8;9mall", "\x1b[0;1;2;3;4;7;8;9mall\x1b[0m"),
    ("\x1b[1;2;3;4;7;8;9m\x1b[22;23;24;27;28;29mnone", "none"),
    ("\x1b[1m\x1b[;31mred", "\x1b[0;31mred\x1b[0m"),
    ("\x1b[97;107mbright", "\x1b[0;97;107mbright\x1b[0m"),
    ("\x1b[31;42mx\x1b[39;49my", "\x1b[0;31;42mx\x1b[0my"),
    ("\x1b[38;5;208;1mx", "\x1b[0;1;38;5;208mx\x1b[0m"),
    ("\x1b[38:5:208mx", "\x1b[0;38;5;208mx\x1b[0m"),
    ("\x1b[38;5;3mx", "\x1b[0;33mx\x1b[0m"),
    ("\x1b[48;2;1;2;3;4mx", "\x1b[0;4;48;2;1;2;3mx\x1b[0m"),
    ("\x1b[48:2:1:2:3mx", "\x1b[0;48;2;1;2;3mx\x1b[0m"),
    ("\x1b[38:2::1:2:3;1mx", "\x1b[0;1;38;2;1;2;3mx\x1b[0m"),
    ("\x1b[38;2;300;2;3mx", "x"),
    ("\x1b[38;5mx", "x"),
    ("\x1b[58;2;1;2;3mx", "x"),
    ("\x1b[58:5:1;4mx", "\x1b[0;4mx\x1b[0m"),
    ("\x1b[4:3mx\x1b[4:0my", "\x1b[0;4mx\x1b[0my"),
    ("\x1b[21mx", "\x1b[0;4mx\x1b[0m"),
    ("\x1b[5;6;10;53;99999999999mx", "x"),
    ("\x1b[?1m\x1b[>1m\x1b[1 mx", "x"),
    ("\x1b[31mabc\r\x1b[32mx", "\x1b[0;32mx\x1b[0;31mbc\x1b[0m"),
    ("\x1b[31ma\tb", "\x1b[0;31ma\x1b[0m       \x1b[0;31mb\x1b[0m"),
    ("\x1b[31ma\x1b[32m\x1b[31mb", "\x1b[0;31mab\x1b[0m"),
    ("\x1b]0;t\x07\x1b[1mx\x1b[2H", "\x1b[0;1mx\x1b[0m"),
];

#[test]
fn a_line_reads_as_a_terminal_shows_it() {
    for (bytes, expected) in TEXTS {
        assert_eq!(plain_text(bytes), *expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn colours_are_kept_and_nothing_else_that_a_terminal_obeys() {
    for (text, expected) in COLOURS {
        assert_eq!(read_line(text.as_bytes(), PLAIN).to_sgr(), *expected, "{}", text.escape_debug());
    }
}

#[test]
fn a_style_goes_on_in_the_next_line() {
    let first = read_line(b"a\x1b[1;31mb", PLAIN);
    let second = read_line(b"c", first.end);
    assert_eq!(second.end, Style { bold: true, fg: Some(Colour::Indexed(1)), ..PLAIN });
    assert_eq!(second.to_sgr(), "\x1b[0;1;31mc\x1b[0m");
}

#[test]
fn a_cursor_sent_far_away_does_not_make_a_long_line() {
    assert_eq!(plain_text(b"\x1b[60000Gx\x1b[60000Cy").chars().count(), 1025 + 1);
    assert!(plain_text(&b"\t".repeat(16 * 1024)).len() < 18 * 1024);
}

#[test]
fn a_long_line_is_not_cut_within_a_title_however_it_looks_inside() {
    let redraws = "\r 10%".repeat(REDRAWN);
    let lines = [
        format!("\x1b[1m\x1b]0;{redraws}\u{9b}31m\x07text"),
        format!("\x1b[1m\x1b]0;{redraws}\u{9b}31m"),
        format!("\x1b[1m\u{9d}0;\r\u{9b}31m{}", "x".repeat(2 * REDRAWN)),
        format!("\x1b[1mab\x1b]0;\r\u{9b}31m\x07{}", "x".repeat(2 * REDRAWN)),
        format!("\x1b[1m\x1b]0;{redraws}\x07old\rnew{}", "\rnew".repeat(REDRAWN)),
    ];
    for line in lines {
        let (shown, style) = shown_part(line.as_bytes(), PLAIN);
        let whole = read_line(line.as_bytes(), PLAIN);
        assert_eq!(read_line(shown, style), whole, "{}", line.get(..20).unwrap().escape_debug());
    }
}

fn is_forbidden(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Pieces that lines are made of, hostile ones more often than any bytes.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        "[a-z ]{1,8}".prop_map(String::into_bytes),
        "\\PC{1,4}".prop_map(String::into_bytes),
        "\x1b\\[[0-9;:]{0,6}[@-~]".prop_map(String::into_bytes),
        "\x1b[\\[\\]PX^_( ]".prop_map(String::into_bytes),
        prop::sample::select(vec!["\r", "\x08", "\t", "日", "e\u{301}", "\u{9b}", "\u{202e}", "\x1b\\", "\x07"])
            .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_control_character_leaves_the_reader(bytes in soup()) {
        let line = read_line(&bytes, PLAIN);
        prop_assert!(!line.text().chars().any(is_forbidden), "{:?}", line);
        prop_assert!(line.runs.iter().all(|run| !run.text.is_empty()));
    }

    #[test]
    fn what_is_written_for_a_terminal_reads_back_the_same(bytes in soup()) {
        let line = read_line(&bytes, PLAIN);
        // what was printed in two pieces comes back in one
        let styled = |line: &StyledLine| -> Vec<(char, Style)> {
            line.runs.iter().flat_map(|run| run.text.chars().map(|each| (each, run.style))).collect()
        };
        prop_assert_eq!(styled(&read_line(line.to_sgr().as_bytes(), PLAIN)), styled(&line));
    }
}
