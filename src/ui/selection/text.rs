//! From what is selected to text for a clipboard or a file: the lines as they are shown, without what wraps them.

use std::collections::VecDeque;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::Extent;
use super::ground::text_of;
use crate::logs::{Line, Part, Snapshot, Source, Style, parts, shown_part, tab_width};

/// Lines to take text from, shared with the log or copied.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// A log at one moment, and which of its lines are shown if not all are.
    Log(Snapshot, Option<VecDeque<u64>>),
    /// The rows of a screen.
    Rows(Vec<String>),
}

/// Text that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The text; lines are separated by a line feed, and there is none at the end.
    pub(crate) text: String,
    /// How many lines it has.
    pub(crate) lines: u64,
    /// Whether it would have been more than was allowed; there is no text then.
    pub(crate) is_too_much: bool,
}

impl Store {
    /// Takes the text of `extent`, at most `most` bytes of it.
    pub(crate) fn take(&self, extent: Extent, most: usize) -> Taken {
        let mut taken = Taken::default();
        match self {
            Self::Rows(rows) => {
                for (number, row) in (0..).zip(rows) {
                    if let Some(range) = extent.within(number, row.len()) {
                        taken.add(row.get(range).unwrap_or_default(), most);
                    }
                }
            }
            Self::Log(snapshot, shown) => {
                let is_shown =
                    |line: &Line<'_>| shown.as_ref().is_none_or(|all| all.binary_search(&line.number).is_ok());
                let back = snapshot.lines_back().skip_while(|line| line.number > extent.to.line);
                let lines: Vec<Line<'_>> =
                    back.take_while(|line| line.number >= extent.from.line).filter(is_shown).collect();
                for line in lines.into_iter().rev() {
                    let range = extent.within(line.number, usize::MAX).unwrap_or_default();
                    taken.add(&source_text(line.bytes, range), most);
                    if taken.is_too_much {
                        break;
                    }
                }
            }
        }
        taken
    }
}

impl Taken {
    fn add(&mut self, line: &str, most: usize) {
        let line = line.trim_end();
        if self.is_too_much || self.text.len() + line.len() + 1 > most {
            (self.is_too_much, self.text) = (true, String::new());
            return;
        }
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
    }
}

/// Returns a part of a line's text, in bytes of what is shown, with its tabs as they were printed.
///
/// Where something was drawn over, tabs have become blanks: what they stood for is not there any more.
fn source_text(bytes: &[u8], range: Range<usize>) -> String {
    let (bytes, _) = shown_part(bytes, Style::default());
    if parts(bytes).any(|(_, part)| matches!(part, Part::Motion(_))) {
        let text = text_of(bytes);
        return text.get(range.start.min(text.len())..range.end.min(text.len())).unwrap_or_default().to_owned();
    }
    let (mut out, mut at, mut column) = (String::new(), 0, 0);
    for (_, part) in parts(bytes) {
        match part {
            Part::Text(text) => {
                let inside = |place: usize| text.floor_char_boundary(place.saturating_sub(at).min(text.len()));
                out.push_str(text.get(inside(range.start)..inside(range.end)).unwrap_or_default());
                at += text.len();
                column += if text.is_ascii() { text.len() } else { text.width() };
            }
            Part::Tab => {
                let blanks = tab_width(column);
                if range.start < at + blanks && at < range.end {
                    out.push('\t');
                }
                at += blanks;
                column += blanks;
            }
            Part::Style(_) | Part::Motion(_) | Part::Nothing => {}
        }
    }
    out
}

/// Returns the whole log: as text like that of a selection, or the bytes as they were printed, without procdash's notes.
pub(crate) fn whole(snapshot: &Snapshot, raw: bool) -> (Vec<u8>, u64) {
    let lines: Vec<Line<'_>> = snapshot.lines_back().collect();
    let (mut out, mut count) = (Vec::new(), 0);
    for line in lines.into_iter().rev() {
        if raw && matches!(line.source, Source::Note(_)) {
            continue;
        }
        count += 1;
        if raw {
            out.extend_from_slice(line.bytes);
        } else {
            out.extend_from_slice(source_text(line.bytes, 0..usize::MAX).trim_end().as_bytes());
        }
        if line.complete || !raw {
            out.push(b'\n');
        }
    }
    (out, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{LogBuffer, Stamp, Tone};
    use crate::ui::selection::Caret;

    fn snapshot(bytes: &[u8]) -> Snapshot {
        let mut log = LogBuffer::new(1 << 20);
        log.push(Source::Output, bytes, Stamp(0));
        log.note(Tone::Calm, "a note", Stamp(0));
        log.snapshot()
    }

    fn extent(from: (u64, usize), to: (u64, usize)) -> Extent {
        Extent { from: Caret { line: from.0, byte: from.1 }, to: Caret { line: to.0, byte: to.1 } }
    }

    fn taken(bytes: &[u8], extent: Extent) -> String {
        Store::Log(snapshot(bytes), None).take(extent, 1 << 20).text
    }

    #[test]
    fn text_is_what_is_seen_without_colours_redraws_and_blanks_at_the_ends() {
        let bytes = b"\x1b[31mred\x1b[0m line  \n10%\r55%\r100% done\r\nlast\n".as_slice();
        assert_eq!(taken(bytes, extent((0, 0), (2, 4))), "red line\n100% done\nlast");
        assert_eq!(taken(bytes, extent((0, 4), (1, 4))), "line\n100%");
    }

    #[test]
    fn tabs_stay_tabs_and_wide_characters_stay_whole() {
        let bytes = "a\tb\t日本\n".as_bytes();
        assert_eq!(taken(bytes, extent((0, 0), (0, 99))), "a\tb\t日本");
        assert_eq!(taken(bytes, extent((0, 8), (0, 19))), "b\t日");
        assert_eq!(taken(bytes, extent((0, 4), (0, 9))), "\tb", "half of a tab is the tab");
        assert_eq!(taken(b"abc\tx\ra\n", extent((0, 0), (0, 99))), "abc     x", "drawn over, it is blanks");
    }

    #[test]
    fn only_lines_that_are_shown_are_taken_and_too_much_is_not_taken_by_half() {
        let store = |shown| Store::Log(snapshot(b"one\ntwo\nthree\n"), shown);
        let all = extent((0, 0), (2, 99));
        assert_eq!(store(Some([0, 2].into())).take(all, 100).text, "one\nthree");
        let taken = store(None).take(all, 8);
        assert_eq!((taken.is_too_much, taken.text.as_str()), (true, ""));
        assert_eq!(store(None).take(all, 14).lines, 3);
    }

    #[test]
    fn the_whole_log_is_text_or_the_very_bytes() {
        let bytes = b"\x1b[31mred\x1b[0m\r\nunfinished";
        assert_eq!(whole(&snapshot(bytes), true), (b"\x1b[31mred\x1b[0m\nunfinished".to_vec(), 2));
        assert_eq!(whole(&snapshot(bytes), false), (b"red\na note\nunfinished\n".to_vec(), 3));
    }
}
