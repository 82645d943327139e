//! Finds lines by what they show: patterns, and a walk over a snapshot from the newest line to the oldest.

use std::ops::Range;

use memchr::memchr;
use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;
use unicode_width::UnicodeWidthStr;

use super::ansi::{plain_text, shown_part};
use super::canvas::{Erase, tab_width};
use super::lines::{Line, Source};
use super::merge::merge_back;
use super::parts::{Motion, Part, parts};
use super::severity::severity;
use super::snapshot::Snapshot;
use super::style::Style;

/// The most memory that a compiled pattern may take.
const LARGEST_PATTERN: usize = 1 << 20;
/// After so many bytes what was found is told, and whether to go on is asked.
const STRIDE: usize = 512 * 1024;
/// As soon as so many lines are to be shown they are told: enough for a screen.
const SCREENFUL: usize = 200;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Pattern {
    matcher: Matcher,
    text: String,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// A regular expression, in which capital letters matter only if there are any.
    Regex(Regex),
    /// What reports an error or a warning.
    Trouble,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadPattern(String);

/// Which lines are shown.
#[derive(Clone, Debug)]
pub struct Filter {
    /// What they have to match.
    pub pattern: Pattern,
    /// Whether it is those that do not match.
    pub inverted: bool,
}

/// What is looked for in a log.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is searched for.
    pub search: Option<Pattern>,
    /// Which lines count; without it all do.
    pub filter: Option<Filter>,
}

/// A line in which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The line's number.
    pub line: u64,
    /// How many matches are in it.
    pub count: u32,
}

/// A part of what was found, the newest line first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The lines with matches.
    pub hits: Vec<Hit>,
    /// The lines that pass the filter; none without a filter.
    pub kept: Vec<u64>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(!has_capitals(text))
            .size_limit(LARGEST_PATTERN)
            .build()
            .map_err(|error| BadPattern(one_line(&error)))?;
        Ok(Self { matcher: Matcher::Regex(regex), text: text.to_owned() })
    }

    /// Returns the pattern that lines with errors and warnings match, once each.
    #[must_use]
    pub fn trouble() -> Self {
        Self { matcher: Matcher::Trouble, text: "errors and warnings".to_owned() }
    }

    /// Whether it is the one of errors and warnings.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(self.matcher, Matcher::Trouble)
    }

    /// Whether lines of this source are looked at: what reports errors is the service, not what is told about it.
    #[must_use]
    pub fn concerns(&self, source: Source) -> bool {
        match source {
            Source::Output | Source::Error => true,
            Source::Note(_) => !self.is_trouble(),
        }
    }

    /// Returns it as it was typed, or what it is about.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns where it matches; matches of nothing are none.
    pub fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        let (regex, trouble) = match &self.matcher {
            Matcher::Regex(regex) => (Some(regex.find_iter(text)), None),
            Matcher::Trouble => (None, severity(text)),
        };
        let found = regex.into_iter().flatten().map(|found| found.range()).filter(|range| !range.is_empty());
        found.chain(trouble.map(|(_, range)| range))
    }

    fn is_match(&self, text: &[u8]) -> bool {
        match &self.matcher {
            Matcher::Regex(regex) => regex.is_match(text),
            Matcher::Trouble => severity(text).is_some(),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.is_trouble() == other.is_trouble()
    }
}

/// Whether a capital letter stands for itself; behind a backslash it is a class.
fn has_capitals(text: &str) -> bool {
    let mut is_escaped = false;
    text.chars().any(|char| {
        let is_plain = !is_escaped;
        is_escaped = is_plain && char == '\\';
        is_plain && char.is_uppercase()
    })
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    // the last line says what it is, those before draw the place
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl Filter {
    fn passes(&self, text: &[u8]) -> bool {
        self.pattern.is_match(text) != self.inverted
    }
}

/// Walks from the newest line down to `from`, and tells what it finds part by part, every line once.
///
/// Ends early when `tell` says that nobody wants to know more; it is asked at least every 512 KiB.
pub fn seek(snapshot: &Snapshot, question: &Question, from: u64, tell: impl FnMut(Answer) -> bool) {
    walk(snapshot.lines_back().take_while(|line| line.number >= from), question, tell);
}

/// The same through the complete lines of several logs as one, down to the place `from` among all lines.
///
/// `number` names a line of the log at a place among these; it has to fall from line to line.
pub fn seek_among(
    snapshots: &[Snapshot],
    question: &Question,
    from: u64,
    number: impl Fn(usize, u64) -> u64,
    tell: impl FnMut(Answer) -> bool,
) {
    let lines = merge_back(snapshots).take_while(|(_, line)| line.order >= from);
    walk(lines.map(|(log, line)| Line { number: number(log, line.order), ..line }), question, tell);
}

fn walk<'a>(lines: impl Iterator<Item = Line<'a>>, question: &Question, mut tell: impl FnMut(Answer) -> bool) {
    let mut scratch = Vec::new();
    let mut answer = Answer::default();
    let (mut passed, mut has_told) = (0, false);
    for line in lines {
        look_at(&line, question, &mut scratch, &mut answer);
        passed += line.bytes.len() + 1;
        let is_enough = !has_told && (!answer.hits.is_empty() || answer.kept.len() >= SCREENFUL);
        if passed >= STRIDE || is_enough {
            (passed, has_told) = (0, has_told || is_enough);
            if !tell(std::mem::take(&mut answer)) {
                return;
            }
        }
    }
    if answer != Answer::default() {
        tell(answer);
    }
}

fn look_at(line: &Line<'_>, question: &Question, scratch: &mut Vec<u8>, answer: &mut Answer) {
    let text = visible(line.bytes, scratch);
    if let Some(filter) = &question.filter {
        if !filter.passes(text) {
            return;
        }
        answer.kept.push(line.number);
    }
    let Some(search) = question.search.as_ref().filter(|search| search.concerns(line.source)) else { return };
    let count = search.find(text).count();
    if count > 0 {
        answer.hits.push(Hit { line: line.number, count: u32::try_from(count).unwrap_or(u32::MAX) });
    }
}

/// Returns the text of a line as it is shown: without styles and whatever else is not seen.
fn visible<'a>(bytes: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let (bytes, _) = shown_part(bytes, Style::default());
    if is_plain(bytes) {
        return bytes;
    }
    if strip_styles(bytes, scratch) {
        return scratch;
    }
    scratch.clear();
    let mut column = 0;
    for (_, part) in parts(bytes) {
        match part {
            Part::Text(text) => {
                column += if text.is_ascii() { text.len() } else { text.width() };
                scratch.extend_from_slice(text.as_bytes());
            }
            Part::Tab => {
                let blanks = tab_width(column);
                column += blanks;
                scratch.resize(scratch.len() + blanks, b' ');
            }
            // at the end of what was written there is nothing to erase
            Part::Style(_) | Part::Motion(Motion::Erase(Erase::ToEnd)) | Part::Nothing => {}
            Part::Motion(_) => {
                *scratch = plain_text(bytes).into_bytes();
                break;
            }
        }
    }
    scratch
}

/// Copies a line without its styles, as most lines need nothing else; returns whether this one needs nothing else.
fn strip_styles(bytes: &[u8], scratch: &mut Vec<u8>) -> bool {
    scratch.clear();
    let mut rest = bytes;
    while let Some(place) = memchr(0x1b, rest) {
        let (before, sequence) = rest.split_at(place);
        scratch.extend_from_slice(before);
        let Some(body) = sequence.strip_prefix(b"\x1b[") else { return false };
        let parameters = body.iter().take_while(|byte| matches!(byte, b'0'..=b';')).count();
        let Some((b'm', behind)) = body.get(parameters..).and_then(<[u8]>::split_first) else { return false };
        rest = behind;
    }
    scratch.extend_from_slice(rest);
    is_plain(scratch)
}

/// Whether every byte is a printable ASCII character, so that the line is its own text.
fn is_plain(bytes: &[u8]) -> bool {
    // without an early end in each block, so that it is looked at many bytes at a time
    bytes.chunks(64).all(|block| block.iter().fold(true, |plain, byte| plain & matches!(byte, 0x20..=0x7e)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::{LogBuffer, Stamp, Tone};

    fn question(search: &str, filter: Option<(&str, bool)>) -> Question {
        let search = (!search.is_empty()).then(|| Pattern::new(search).unwrap());
        let filter = filter.map(|(text, inverted)| Filter { pattern: Pattern::new(text).unwrap(), inverted });
        Question { search, filter }
    }

    fn log(text: &[u8]) -> LogBuffer {
        let mut log = LogBuffer::new(8 << 20);
        log.push(Source::Output, text, Stamp(0));
        log
    }

    fn all(log: &LogBuffer, question: &Question, from: u64) -> Answer {
        let mut all = Answer::default();
        seek(&log.snapshot(), question, from, |part| {
            all.hits.extend(part.hits);
            all.kept.extend(part.kept);
            true
        });
        all
    }

    fn hits(text: &[u8], search: &str) -> Vec<(u64, u32)> {
        all(&log(text), &question(search, None), 0).hits.iter().map(|hit| (hit.line, hit.count)).collect()
    }

    #[test]
    fn the_newest_line_comes_first_and_matches_are_counted() {
        assert_eq!(hits(b"a foo\nnothing\nfoo foo\nunfinished foo", "foo"), [(3, 1), (2, 2), (0, 1)]);
    }

    #[test]
    fn a_colour_in_the_middle_of_a_word_does_not_break_a_match() {
        assert_eq!(hits(b"\x1b[1mne\x1b[31med\x1b[0mle\nn\x1b]0;t\x07eedle\n", "^needle$"), [(1, 1), (0, 1)]);
    }

    #[test]
    fn what_is_not_seen_is_not_found() {
        assert_eq!(hits(b"\x1b[31mred\n 10%\r100%\n\x1b]0;title\x07\n", "31|10%|title"), []);
        assert_eq!(hits(b"wrong\rright\n", "right"), [(0, 1)]);
    }

    #[test]
    fn capitals_matter_if_there_are_any() {
        let text = b"Error error ERROR\n";
        assert_eq!(
            (hits(text, "error"), hits(text, "Error"), hits(text, r"\berror\S*")),
            (vec![(0, 3)], vec![(0, 1)], vec![(0, 3)])
        );
        assert_eq!(hits(text, r"\\Error|E"), [(0, 2)], "a backslash may be escaped itself");
    }

    #[test]
    fn a_bad_pattern_is_told_in_one_line() {
        for text in ["(", "[a", "a{99999999}", r"\p{No}(", "*"] {
            let told = Pattern::new(text).unwrap_err().to_string();
            assert!(!told.is_empty() && told.lines().count() == 1, "{text}: {told}");
        }
    }

    #[test]
    fn errors_are_those_of_the_service_once_a_line() {
        let mut log = log(b"error: a; error: b\n0 errors\n");
        log.note(Tone::Calm, "run 1 · echo ERROR x", Stamp(0));
        log.push(Source::Error, b"\x1b[33mWARN\x1b[0m slow\n", Stamp(0));
        let question = Question { search: Some(Pattern::trouble()), filter: None };
        let found: Vec<_> = all(&log, &question, 0).hits.iter().map(|hit| (hit.line, hit.count)).collect();
        assert_eq!(found, [(3, 1), (0, 1)]);
    }

    #[test]
    fn a_match_of_nothing_is_none() {
        assert_eq!(hits(b"aaa\n\nb\n", "b*"), [(2, 1)]);
    }

    #[test]
    fn a_filter_keeps_what_matches_or_what_does_not_and_the_search_keeps_to_it() {
        let log = log(b"one\ntwo\nthree\nfour\n");
        let found = all(&log, &question("t", Some(("o", true))), 0);
        assert_eq!((found.kept, found.hits), (vec![2], vec![Hit { line: 2, count: 1 }]));
        let found = all(&log, &question("", Some(("o", false))), 1);
        assert_eq!((found.kept, found.hits), (vec![3, 1], vec![]));
    }

    #[test]
    fn a_search_that_nobody_wants_any_more_ends() {
        let log = log(&b"foo\n".repeat(1 << 20));
        let mut told = 0;
        seek(&log.snapshot(), &question("foo", None), 0, |_| {
            told += 1;
            told < 2
        });
        assert_eq!(told, 2);
    }

    proptest! {
        #[test]
        fn the_text_that_is_searched_is_the_text_that_is_shown(
            pieces in prop::collection::vec(prop_oneof![
                4 => "[a-z\t]{1,8}".prop_map(String::into_bytes),
                2 => "\x1b\\[[0-9;]{0,4}[mKCDG]".prop_map(String::into_bytes),
                1 => "[日é\r\u{8}\u{200e}]{1,3}".prop_map(String::into_bytes),
                1 => any::<Vec<u8>>(),
            ], 0..12),
        ) {
            let bytes = pieces.concat();
            let mut scratch = Vec::new();
            prop_assert_eq!(String::from_utf8_lossy(visible(&bytes, &mut scratch)), plain_text(&bytes));
        }
    }
}
