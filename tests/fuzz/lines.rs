//! The log: nothing is lost, nothing depends on how the output was cut, and colours and search agree with the simple way.

use fastrand::Rng;
use procdash::logs::{
    Answer, Filter, LogBuffer, Pattern, Question, Source, Stamp, Style, Tone, plain_text, read_line, seek, shown_part,
};
use regex::bytes::RegexBuilder;

use crate::bytes::chunks;

const ROOM: usize = 8 << 20;
const SMALL: usize = 64 << 10;

/// Checks all of it with this output.
pub(crate) fn check(rng: &mut Rng, bytes: &[u8]) {
    let mut whole = LogBuffer::new(ROOM);
    whole.push(Source::Output, bytes, Stamp(1));
    let mut cut = LogBuffer::new(ROOM);
    for chunk in chunks(rng, bytes) {
        cut.push(Source::Output, chunk, Stamp(1));
    }
    assert!(kept(&whole, Source::Output) == printed_lines(bytes), "what is kept is not what was printed");
    same(&whole, &cut);
    colours_agree(rng, &whole);
    finds_what_reading_finds(rng, &whole);
    two_streams(rng, bytes);
    small(rng, bytes);
}

/// Returns the lines of a stream that are kept.
fn kept(log: &LogBuffer, source: Source) -> Vec<&[u8]> {
    let lines = log.lines(log.first()).filter(|line| line.source == source);
    lines.map(|line| without_end(line.bytes)).collect()
}

/// Returns the lines that these bytes are.
fn printed_lines(bytes: &[u8]) -> Vec<&[u8]> {
    raw_lines(bytes).map(without_end).collect()
}

fn raw_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// A terminal puts a carriage return before each line end, and both are no part of the line.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    &line[..line.len() - line.iter().rev().take_while(|byte| **byte == b'\r').count()]
}

/// Both logs hold the same lines, as far as both still have them.
fn same(one: &LogBuffer, other: &LogBuffer) {
    assert_eq!(one.end(), other.end());
    let from = one.first().max(other.first());
    let lines = |log: &LogBuffer| -> Vec<(u64, Source, Vec<u8>, bool, Style)> {
        log.styled_lines(from)
            .map(|(line, style)| (line.number, line.source, line.bytes.to_vec(), line.complete, style))
            .collect()
    };
    let (lines, others) = (lines(one), lines(other));
    assert_eq!(lines.len(), others.len());
    for (line, other) in lines.iter().zip(&others) {
        assert!(line == other, "a line depends on how it was cut:\n{line:?}\n{other:?}");
    }
}

/// The style at any line is the one that reading from the beginning gives.
fn colours_agree(rng: &mut Rng, log: &LogBuffer) {
    let mut styles = Vec::new();
    let mut style = Style::default();
    for line in log.lines(log.first()) {
        styles.push(style);
        style = read_line(line.bytes, style).end;
    }
    for _ in 0..4 {
        let from = log.first() + rng.u64(..=log.end() - log.first());
        for (line, style) in log.styled_lines(from).take(40) {
            let expected = styles[usize::try_from(line.number - log.first()).unwrap()];
            assert_eq!(style, expected, "at line {} from {from}", line.number);
        }
    }
}

fn pattern(rng: &mut Rng, log: &LogBuffer) -> String {
    const FIXED: &[&str] = &[
        "a",
        "e.*o",
        "^$",
        r"\bINFO\b",
        "[^ -~]",
        r"\d+",
        "ERR|err",
        "(?i)Error",
        "日",
        r"\s+$",
        "x*",
        "^.",
        "=>",
        r"\\",
    ];
    if rng.bool() {
        return FIXED[rng.usize(..FIXED.len())].to_owned();
    }
    let number = log.first() + rng.u64(..=log.end() - log.first());
    let text = log.line(number).map(|line| plain_text(shown_part(line.bytes, Style::default()).0)).unwrap_or_default();
    let from = rng.usize(..=text.chars().count());
    regex::escape(&text.chars().skip(from).take(rng.usize(..12)).collect::<String>())
}

/// The search finds in each line what a plain search of its shown text finds.
fn finds_what_reading_finds(rng: &mut Rng, log: &LogBuffer) {
    let (searched, filtered) = (pattern(rng, log), pattern(rng, log));
    let inverted = rng.bool();
    let (Ok(search), Ok(filter)) = (Pattern::new(&searched), Pattern::new(&filtered)) else { return };
    let filter = rng.bool().then_some(Filter { pattern: filter, inverted });
    let has_filter = filter.is_some();
    let question = Question { search: Some(search), filter };
    let from = if rng.bool() { 0 } else { rng.u64(..=log.end()) };
    let mut found = Answer::default();
    seek(&log.snapshot(), &question, from, |part| {
        found.hits.extend(part.hits);
        found.kept.extend(part.kept);
        true
    });

    let simple = |text: &str| {
        // the rule of the prompt in other words: a letter that stands for itself and is a capital one
        let bare = text.replace(r"\\", "").replace(r"\B", "").replace(r"\D", "").replace(r"\S", "").replace(r"\W", "");
        RegexBuilder::new(text).case_insensitive(!bare.chars().any(char::is_uppercase)).build().unwrap()
    };
    let (searching, filtering) = (simple(&searched), simple(&filtered));
    let (mut hits, mut kept) = (Vec::new(), Vec::new());
    for line in log.lines(from) {
        let text = plain_text(shown_part(line.bytes, Style::default()).0).into_bytes();
        if has_filter {
            if filtering.is_match(&text) == inverted {
                continue;
            }
            kept.push(line.number);
        }
        let count = searching.find_iter(&text).filter(|found| !found.is_empty()).count();
        if count > 0 {
            hits.push((line.number, u32::try_from(count).unwrap()));
        }
    }
    hits.reverse();
    kept.reverse();
    let found_hits: Vec<(u64, u32)> = found.hits.iter().map(|hit| (hit.line, hit.count)).collect();
    assert_eq!(found_hits, hits, "`{searched}` behind `{filtered}` ({has_filter}, {inverted})");
    assert_eq!(found.kept, kept, "`{filtered}` ({inverted})");
}

/// Output and errors in turns, with notes, ends and clears between them: cut in two ways, the same log.
fn two_streams(rng: &mut Rng, bytes: &[u8]) {
    let (mut whole, mut cut) = (LogBuffer::new(ROOM), LogBuffer::new(ROOM));
    let mut printed = [Vec::new(), Vec::new()];
    let mut is_ended = false;
    for part in chunks(rng, bytes) {
        let source = if rng.bool() { Source::Output } else { Source::Error };
        whole.push(source, part, Stamp(2));
        for piece in chunks(rng, part) {
            cut.push(source, piece, Stamp(2));
        }
        printed[usize::from(source == Source::Error)].extend_from_slice(part);
        match rng.u8(..60) {
            0 => {
                for log in [&mut whole, &mut cut] {
                    log.note(Tone::Calm, "a note\nof two lines", Stamp(3));
                }
            }
            1 => {
                is_ended = true;
                whole.finish();
                cut.finish();
            }
            2 => {
                printed = [Vec::new(), Vec::new()];
                whole.clear();
                cut.clear();
            }
            _ => {}
        }
    }
    same(&whole, &cut);
    if !is_ended {
        assert!(kept(&whole, Source::Output) == printed_lines(&printed[0]));
        assert!(kept(&whole, Source::Error) == printed_lines(&printed[1]));
    }
}

/// A log that is too small for what is printed keeps the newest, counts the rest, and stays within its bound.
fn small(rng: &mut Rng, bytes: &[u8]) {
    let (mut whole, mut cut) = (LogBuffer::new(SMALL), LogBuffer::new(SMALL));
    whole.push(Source::Output, bytes, Stamp(4));
    for chunk in chunks(rng, bytes) {
        cut.push(Source::Output, chunk, Stamp(4));
        assert!(cut.memory() <= SMALL, "{} bytes in a log of {SMALL}", cut.memory());
    }
    same(&whole, &cut);
    for log in [&whole, &cut] {
        assert!(log.memory() <= SMALL, "{} bytes in a log of {SMALL}", log.memory());
        let raw: Vec<&[u8]> = raw_lines(bytes).collect();
        assert_eq!(raw.len() as u64, log.end());
        let (gone, still) = raw.split_at(usize::try_from(log.first()).unwrap());
        let kept = kept(log, Source::Output);
        assert_eq!(kept.len(), still.len());
        let mut lost: usize = gone.iter().map(|line| line.len()).sum();
        for (line, raw) in kept.iter().zip(still) {
            assert!(without_end(raw).ends_with(line), "the end of a long line is kept");
            lost += without_end(raw).len() - line.len();
        }
        assert_eq!(log.dropped().bytes, lost as u64, "bytes are lost without being counted");
        assert_eq!(log.dropped().lines, log.first());
    }
}
