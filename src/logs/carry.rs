//! The style that goes on from line to line: found by looking at escape sequences alone, from the last full reset on.

use memchr::{memchr, memchr2, memrchr};

use super::escape::{self, ESCAPE, Escape, number, parameters};
use super::lines::{LINE_END, Source};
use super::style::Style;

/// For each stream of a service, the style with which its next line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Styles {
    output: Style,
    error: Style,
}

impl Styles {
    /// Returns the style of a stream; a note has none.
    pub(super) fn of(&self, source: Source) -> Style {
        match source {
            Source::Output => self.output,
            Source::Error => self.error,
            Source::Note(_) => Style::default(),
        }
    }

    /// Sets the style of a stream.
    pub(super) fn set(&mut self, source: Source, style: Style) {
        match source {
            Source::Output => self.output = style,
            Source::Error => self.error = style,
            Source::Note(_) => {}
        }
    }

    /// Goes on behind what a stream has printed: whole lines, or the beginning of one.
    pub(super) fn pass(&mut self, source: Source, bytes: &[u8]) {
        match source {
            Source::Output => self.output = style_after(bytes, self.output),
            Source::Error => self.error = style_after(bytes, self.error),
            Source::Note(_) => {}
        }
    }
}

/// Returns the style after lines that began with `start`: the same as reading each of them.
#[must_use]
pub fn style_after(bytes: &[u8], start: Style) -> Style {
    match last_reset(bytes) {
        Some(place) => scan(bytes.get(place..).unwrap_or_default(), Style::default()).0,
        None => scan(bytes, start).0,
    }
}

/// Returns where the last sequence stands that takes every attribute away before it does anything else.
///
/// ESC begins a sequence wherever it stands in a line, so looking for it from behind finds what reading from the front
/// would.
pub(super) fn last_reset(bytes: &[u8]) -> Option<usize> {
    let mut before = bytes;
    while let Some(place) = memrchr(ESCAPE, before) {
        if is_reset(bytes.get(place..).unwrap_or_default()) {
            return Some(place);
        }
        before = before.get(..place).unwrap_or_default();
    }
    None
}

fn is_reset(bytes: &[u8]) -> bool {
    let (Escape::Control { parameters: given, last: b'm' }, _) = escape::read(bytes) else { return false };
    parameters(given).next().is_none_or(|first| first.is_empty() || number(first) == Some(0))
}

/// Obeys every SGR sequence, and returns the style and where a sequence stands whose end has not come, if one does.
pub(super) fn scan(bytes: &[u8], start: Style) -> (Style, Option<usize>) {
    let mut style = start;
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr2(ESCAPE, 0xc2, rest)) {
        let place = at + next;
        let rest = bytes.get(place..).unwrap_or_default();
        if let [0xc2, text, ..] = rest
            && !matches!(text, 0x80..=0x9f)
        {
            at = place + 1;
            continue;
        }
        let (escape, length) = escape::read(rest);
        // a sequence does not reach into the next line
        if let Some(end) = rest.get(..length).and_then(|sequence| memchr(LINE_END, sequence)) {
            at = place + end + 1;
            continue;
        }
        match escape {
            Escape::Control { parameters, last: b'm' } => style.apply(parameters),
            Escape::Control { .. } | Escape::Ignored => {}
            Escape::Unfinished => return (style, Some(place)),
        }
        at = place + length;
    }
    (style, None)
}

/// Returns the first place of a line from `place` on that does not stand within a sequence.
pub(super) fn outside_sequence(line: &[u8], place: usize) -> usize {
    // ESC begins a sequence wherever it stands, so what is before the last one does not matter
    let mut at = line.get(..place).and_then(|before| memrchr(ESCAPE, before)).unwrap_or(0);
    while at < place {
        let Some(next) = line.get(at..place).and_then(|rest| memchr2(ESCAPE, 0xc2, rest)) else { break };
        at += next;
        at += match line.get(at..).unwrap_or_default() {
            [0xc2, text, ..] if !matches!(text, 0x80..=0x9f) => 1,
            rest => escape::read(rest).1,
        };
    }
    at.max(place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::read_line;

    /// Lines made of what changes styles, and of what looks like it.
    fn soup() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => "\x1b\\[[0-9;:]{0,8}m".prop_map(String::into_bytes),
            2 => "\x1b[\\[\\]PX^_( 0m]{1,3}".prop_map(String::into_bytes),
            2 => "[a-z]{1,5}".prop_map(String::into_bytes),
            1 => any::<Vec<u8>>(),
            2 => prop::sample::select(vec!["\n", "\r\n", "\x1b[0m", "\x1b[m", "\u{9b}31m", "\u{9d}", "\u{a7}", "\x07", "\x1b\\"])
                .prop_map(|piece| piece.as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn a_sequence_behind_a_torn_character_is_seen() {
        assert!(style_after(b"\xc2\x1b[1m", Style::default()).bold);
    }

    proptest! {
        #[test]
        fn looking_at_sequences_finds_the_style_that_reading_every_line_does(bytes in soup(), start in soup()) {
            let start = read_line(&start, Style::default()).end;
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let last = lines.pop().unwrap_or_default();
            let read = |style, line: &&[u8]| read_line(line, style).end;
            let expected = lines.iter().fold(start, read);
            prop_assert_eq!(style_after(&bytes, start), read(expected, &last));
        }
    }
}
