//! One line: whatever it holds, its text is harmless, and reading it in parts is reading it.

use fastrand::Rng;
use procdash::logs::{Part, Style, hyperlinks, parts, plain_text, read_line, shown_part, style_after};
use unicode_segmentation::UnicodeSegmentation as _;

/// A character that a terminal would obey, or that changes in which direction others are read.
pub(crate) fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks each line of this output, and the whole as one line.
pub(crate) fn check(rng: &mut Rng, bytes: &[u8]) {
    let begin = rng.usize(..=bytes.len());
    let start = read_line(&bytes[..begin], Style::default()).end;
    for line in bytes.split(|byte| *byte == b'\n').chain([bytes]) {
        let read = read_line(line, start);
        let text = read.text();
        assert!(!text.chars().any(is_harmful), "{text:?}");
        // where a style stands within a character of several parts, what is written over one of them may take the other
        let plain = plain_text(line);
        let is_simple = |text: &str| text.graphemes(true).all(|cluster| cluster.chars().count() == 1);
        if is_simple(&text) && is_simple(&plain) {
            assert_eq!(text, plain, "a style changes the text");
        }
        let plain = plain_text(line);
        for link in hyperlinks(line) {
            assert!(plain.get(link.start..).is_some_and(|rest| rest.starts_with(&link.text)), "{link:?} in {plain:?}");
            assert!(link.target.bytes().all(|byte| byte.is_ascii_graphic()), "{link:?}");
        }
        let sgr = read.to_sgr();
        assert_eq!(
            read_line(sgr.as_bytes(), Style::default()).text(),
            text,
            "written and read again it is another text"
        );
        // a line end breaks off a sequence, so what is no line has no such part
        if !line.contains(&b'\n') {
            let (shown, style) = shown_part(line, start);
            assert_eq!(read_line(shown, style).end, read.end, "a part of the line ends in another style");
        }
        let mut at = 0;
        for (place, part) in parts(line) {
            assert!(place >= at, "parts stand in their order");
            at = place;
            if let Part::Text(text) = part {
                assert!(!text.is_empty() && !text.chars().any(is_harmful), "{text:?}");
            }
        }
    }
    let lines = bytes.split(|byte| *byte == b'\n');
    let simple = lines.fold(start, |style, line| read_line(line, style).end);
    assert_eq!(style_after(bytes, start), simple, "looking at sequences alone gives another style");
}
