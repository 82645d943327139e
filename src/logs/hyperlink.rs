//! Text of a line that a service has made a link (OSC 8), and where that leads.

use memchr::memmem;
use unicode_width::UnicodeWidthStr;

use super::ansi::plain_text;
use super::canvas::tab_width;
use super::parts::{Part, parts};

/// A longer target is none.
const LONGEST: usize = 2048;

/// Text that is a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperlink {
    /// The byte of the line's shown text with which it begins.
    pub start: usize,
    /// What is shown of it.
    pub text: String,
    /// Where it leads: printable ASCII and nothing else.
    pub target: String,
}

/// Returns the links that a line holds, from left to right; one that is not closed ends with the line.
#[must_use]
pub fn hyperlinks(line: &[u8]) -> Vec<Hyperlink> {
    // nearly every line has none
    if memmem::find(line, b"]8;").or_else(|| memmem::find(line, b"\xc2\x9d8;")).is_none() {
        return Vec::new();
    }
    let mut text = String::new();
    let (mut column, mut moves) = (0, false);
    let mut found: Vec<Hyperlink> = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let close = |open: &mut Option<(usize, &str)>, text: &str, found: &mut Vec<Hyperlink>| {
        let Some((start, target)) = open.take() else { return };
        let shown = text.get(start..).unwrap_or_default().to_owned();
        if !shown.is_empty() {
            found.push(Hyperlink { start, text: shown, target: target.to_owned() });
        }
    };
    let mut parts = parts(line).peekable();
    while let Some((place, part)) = parts.next() {
        match part {
            Part::Text(shown) => {
                text.push_str(shown);
                column += shown.width();
            }
            Part::Tab => {
                let width = tab_width(column);
                text.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            Part::Style(_) => {}
            Part::Motion(_) => moves = true,
            Part::Nothing => {
                let end = parts.peek().map_or(line.len(), |(next, _)| *next);
                if let Some(target) = line.get(place..end).and_then(target) {
                    close(&mut open, &text, &mut found);
                    open = Some((text.len(), target)).filter(|_| is_fit(target));
                }
            }
        }
    }
    close(&mut open, &text, &mut found);
    if moves { where_they_stand(found, &plain_text(line)) } else { found }
}

/// Returns the target that a sequence opens a link to, empty where it closes one; `None` if it is another sequence.
fn target(sequence: &[u8]) -> Option<&str> {
    let body = sequence.strip_prefix(b"\x1b]8;").or_else(|| sequence.strip_prefix(b"\xc2\x9d8;"))?;
    let ends: [&[u8]; 3] = [b"\x07", b"\x1b\\", b"\xc2\x9c"];
    // without an end it was broken off, and opens nothing
    let body = ends.into_iter().find_map(|end| body.strip_suffix(end))?;
    let parameters = memchr::memchr(b';', body)?;
    str::from_utf8(body.get(parameters + 1..)?).ok()
}

/// Whether a target is one that an address can be written with.
fn is_fit(target: &str) -> bool {
    (1..=LONGEST).contains(&target.len()) && target.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Looks in the shown text for links of a line that writes over itself; what was written over is no link any more.
fn where_they_stand(links: Vec<Hyperlink>, shown: &str) -> Vec<Hyperlink> {
    let mut from = 0;
    let place = |link: Hyperlink| {
        let start = from + shown.get(from..)?.find(&link.text)?;
        from = start + link.text.len();
        Some(Hyperlink { start, ..link })
    };
    links.into_iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(usize, String, String)> {
        hyperlinks(line.as_bytes()).into_iter().map(|link| (link.start, link.text, link.target)).collect()
    }

    fn one(start: usize, text: &str, target: &str) -> Vec<(usize, String, String)> {
        vec![(start, text.to_owned(), target.to_owned())]
    }

    #[test]
    fn links_are_read_in_every_form_and_stand_where_their_text_is_shown() {
        let cases = [
            "see \x1b]8;;https://x.dev/a;b\x1b\\\x1b[1mthe\x1b[m docs\x1b]8;;\x1b\\.",
            "see \x1b]8;id=7:x=y;https://x.dev/a;b\x07the docs\x1b]8;;\x07.",
            "see \u{9d}8;;https://x.dev/a;b\u{9c}the docs\u{9d}8;;\u{9c}.",
            "see \x1b]8;;https://x.dev/a;b\x07the docs",
            "old\rsee \x1b]8;;https://x.dev/a;b\x07the docs\x1b]8;;\x07.",
        ];
        for line in cases {
            assert_eq!(found(line), one(4, "the docs", "https://x.dev/a;b"), "{}", line.escape_debug());
        }
        assert_eq!(found("日\t\x1b]8;;file:///a\x07b\x1b]8;;\x07"), one(9, "b", "file:///a"));
        let two = "\x1b]8;;http://a\x07one\x1b]8;;http://b\x07two\x1b]8;;\x07";
        assert_eq!(found(two), [one(0, "one", "http://a"), one(3, "two", "http://b")].concat());
    }

    #[test]
    fn what_is_broken_off_hidden_or_not_printable_is_no_link() {
        for line in [
            "\x1b]8;;http://a",
            "\x1b]8;;http://a\x18text",
            "\x1b]8;;http://a\x1b[1mtext",
            "\x1b]8;;http://a\x07\x1b]8;;\x07text",
            "\x1b]8;;http://a\u{202e}b\x07text\x1b]8;;\x07",
            "\x1b]8;;http://a\tb\x07text\x1b]8;;\x07",
            "\x1b]8;;http://a b\x07text\x1b]8;;\x07",
            "\x1b]8;http://a\x07text",
            "\x1b]88;;http://a\x07text",
            "\x1b]8;;http://a\x07old\x1b]8;;\x07\rnew",
        ] {
            assert_eq!(found(line), [], "{}", line.escape_debug());
        }
        assert_eq!(found(&format!("\x1b]8;;http://{}\x07text", "a".repeat(LONGEST))), []);
    }
}
