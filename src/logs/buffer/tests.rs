use proptest::prelude::*;

use super::{LEAST_BOUND, LogBuffer};
use crate::logs::{Dropped, Line, Source, Stamp, Tone};

const ROOMY: usize = 1024 * 1024;
const LIMIT: usize = 16 * 1024;

fn lines(log: &LogBuffer) -> Vec<Line<'_>> {
    (log.first()..log.end())
        .map(|number| log.line(number).expect("every number between first and end has a line"))
        .collect()
}

fn texts(log: &LogBuffer) -> Vec<String> {
    lines(log).iter().map(|line| String::from_utf8_lossy(line.bytes).into_owned()).collect()
}

fn logged(bytes: &[u8]) -> LogBuffer {
    let mut log = LogBuffer::new(ROOMY);
    log.push(Source::Output, bytes, Stamp(1));
    log
}

#[test]
fn an_empty_log_takes_no_memory() {
    let log = LogBuffer::new(ROOMY);
    assert_eq!((log.first(), log.end(), log.line(0), log.memory()), (0, 0, None, 0));
}

#[test]
fn an_idle_service_takes_little_memory() {
    assert!(logged(b"listening on 3000\n> ").memory() < 8 * 1024);
}

#[test]
fn line_ends_of_a_terminal_are_stripped() {
    assert_eq!(texts(&logged(b"a\nb\r\nc\r\r\n\n\r\nd\re\n")), ["a", "b", "c", "", "", "d\re"]);
}

#[test]
fn a_prompt_is_a_line_while_it_grows() {
    let mut log = logged(b"a\npassword");
    log.push(Source::Output, b": ", Stamp(9));
    let prompt = log.line(1).unwrap();
    assert_eq!((prompt.bytes, prompt.complete, prompt.at), (&b"password: "[..], false, Stamp(1)));
    log.push(Source::Output, b"ok\nx\n", Stamp(9));
    let lines = lines(&log);
    assert_eq!((lines[1].bytes, lines[1].complete, lines[1].at), (&b"password: ok"[..], true, Stamp(1)));
    assert_eq!(lines[2].at, Stamp(9));
}

#[test]
fn two_streams_do_not_tear_each_others_lines() {
    let mut log = logged(b"out");
    log.push(Source::Error, b"err", Stamp(2));
    assert_eq!(texts(&log), ["out", "err"]);
    log.push(Source::Output, b"put 1\noutput 2\nou", Stamp(3));
    assert_eq!(texts(&log), ["output 1", "output 2", "err", "ou"]);
    log.push(Source::Error, b"or\n", Stamp(4));
    let kept = lines(&log);
    assert_eq!((kept[2].bytes, kept[2].source, kept[2].at), (&b"error"[..], Source::Error, Stamp(2)));
    assert_eq!((kept[3].bytes, kept[3].source, kept[3].at), (&b"ou"[..], Source::Output, Stamp(3)));
}

#[test]
fn a_note_ends_unfinished_lines_in_the_order_in_which_they_began() {
    let mut log = LogBuffer::new(ROOMY);
    log.push(Source::Error, b"first", Stamp(1));
    log.push(Source::Output, b"second", Stamp(2));
    log.note(Tone::Bad, "exited with code 1", Stamp(3));
    assert_eq!(texts(&log), ["first", "second", "exited with code 1"]);
    assert!(lines(&log).iter().all(|line| line.complete));
    assert_eq!(log.line(2).unwrap().source, Source::Note(Tone::Bad));
}

#[test]
fn a_cleared_log_goes_on_counting() {
    let mut log = logged(b"a\nb\nunfinished");
    log.clear();
    assert_eq!((log.first(), log.end(), log.line(1), log.line(2)), (3, 3, None, None));
    log.push(Source::Output, b"c\n", Stamp(2));
    assert_eq!((log.line(3).unwrap().bytes, log.end()), (&b"c"[..], 4));
}

#[test]
fn a_line_at_the_limit_stays_whole() {
    let line = "x".repeat(LIMIT);
    assert_eq!(texts(&logged(format!("{line}\r\n{line}\nb\n").as_bytes())), [line.as_str(), &line, "b"]);
}

#[test]
fn a_line_beyond_the_limit_is_cut_without_loss() {
    let line = "0123456789".repeat(5000);
    let log = logged(format!("{line}\nb\n").as_bytes());
    let texts = texts(&log);
    assert_eq!(texts.iter().map(String::len).collect::<Vec<_>>(), [LIMIT, LIMIT, LIMIT, 50_000 - 3 * LIMIT, 1]);
    assert_eq!(texts[..4].concat(), line);
    assert_eq!(log.dropped(), Dropped::default());
}

#[test]
fn a_cut_spares_characters_and_escape_sequences() {
    let before = "x".repeat(LIMIT - 2);
    assert_eq!(texts(&logged(format!("{before}日本\n").as_bytes())), [before.as_str(), "日本"]);
    assert_eq!(texts(&logged(format!("{before}\x1b[31mred\n").as_bytes())), [before.as_str(), "\x1b[31mred"]);
    let whole = "x".repeat(LIMIT - 5) + "\x1b[31m";
    assert_eq!(texts(&logged(format!("{whole}red\n").as_bytes())), [whole.as_str(), "red"]);
}

#[test]
fn a_progress_bar_keeps_its_newest_state_and_stays_one_line() {
    let mut log = LogBuffer::new(ROOMY);
    for step in 0..100_000 {
        log.push(Source::Output, format!("\r{step:>6} of 100000").as_bytes(), Stamp(1));
    }
    let line = log.line(0).unwrap();
    assert!(line.bytes.ends_with(b"\r 99999 of 100000"), "{}", line.bytes.escape_ascii());
    assert_eq!((log.end(), log.dropped().lines), (1, 0));
    assert_eq!(log.dropped().bytes, 1_700_000 - line.bytes.len() as u64);
}

#[test]
fn carriage_returns_alone_take_no_memory_and_are_counted() {
    let log = logged(&b"\r".repeat(100_000));
    assert!(log.memory() < 64 * 1024);
    assert!(log.dropped().bytes > 80_000);
}

#[test]
fn a_flood_without_line_ends_stays_within_the_bound() {
    let mut log = LogBuffer::new(ROOMY);
    for _ in 0..800 {
        log.push(Source::Output, &vec![b'x'; 64 * 1024], Stamp(1));
    }
    assert!(log.memory() <= ROOMY);
    let kept: usize = lines(&log).iter().map(|line| line.bytes.len()).sum();
    assert_eq!(kept as u64 + log.dropped().bytes, 800 * 64 * 1024);
    assert!(kept > ROOMY / 2);
}

#[test]
fn most_of_the_bound_is_used_for_text() {
    let mut log = LogBuffer::new(8 * ROOMY);
    let line = [b"x".repeat(99), b"\n".to_vec()].concat();
    (0..200_000).for_each(|_| log.push(Source::Output, &line, Stamp(1)));
    let kept = (log.end() - log.first()) * 100;
    assert!(log.memory() <= 8 * ROOMY);
    assert!(kept * 100 / log.memory() as u64 > 75, "{kept} of {}", log.memory());
    assert_eq!(log.end(), 200_000);
}

#[test]
fn a_flood_of_empty_lines_stays_within_the_bound() {
    let mut log = LogBuffer::new(ROOMY);
    (0..50).for_each(|_| log.push(Source::Output, &b"\n".repeat(64 * 1024), Stamp(1)));
    assert!(log.memory() <= ROOMY);
    assert_eq!((log.end(), log.dropped().lines), (50 * 64 * 1024, log.first()));
}

/// Pushes that hit every limit: short and long pieces, line ends, carriage returns, both streams.
fn pushes() -> impl Strategy<Value = Vec<(bool, Vec<u8>)>> {
    let piece = prop_oneof![
        8 => prop::collection::vec(prop::sample::select(b"ab\n\r\x1b[m\xe6\x97\xa5".to_vec()), 0..200),
        2 => any::<Vec<u8>>(),
        2 => (0..40_000_usize, prop::sample::select(b"x\r\xa5".to_vec())).prop_map(|(count, byte)| vec![byte; count]),
        1 => (0..3_000_usize).prop_map(|count| b"12%\r".repeat(count)),
        1 => (0..9_000_usize).prop_map(|count| "日".repeat(count).into_bytes()),
    ];
    prop::collection::vec((any::<bool>(), piece), 0..24)
}

fn source(is_error: bool) -> Source {
    if is_error { Source::Error } else { Source::Output }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lines_do_not_depend_on_how_the_bytes_were_cut(pushes in pushes(), size in 1..5_000_usize) {
        let (mut whole, mut cut) = (LogBuffer::new(8 * ROOMY), LogBuffer::new(8 * ROOMY));
        for (is_error, bytes) in &pushes {
            whole.push(source(*is_error), bytes, Stamp(1));
            bytes.chunks(size).for_each(|part| cut.push(source(*is_error), part, Stamp(1)));
        }
        prop_assert_eq!(lines(&whole), lines(&cut));
        prop_assert_eq!(whole.dropped(), cut.dropped());
    }

    #[test]
    fn lines_side_by_side_are_what_was_written(pushes in pushes()) {
        let mut log = LogBuffer::new(8 * ROOMY);
        // without carriage returns nothing may be left out but the line ends
        let written: Vec<u8> = pushes.into_iter().flat_map(|(_, bytes)| bytes).filter(|byte| *byte != b'\r').collect();
        log.push(Source::Output, &written, Stamp(1));
        let kept: Vec<u8> = lines(&log).iter().flat_map(|line| line.bytes.to_vec()).collect();
        prop_assert!(kept.iter().eq(written.iter().filter(|byte| **byte != b'\n')));
        prop_assert_eq!(log.dropped(), Dropped::default());
    }

    #[test]
    fn memory_stays_bounded_and_what_is_lost_is_counted(pushes in pushes(), repeats in 1..6_usize) {
        let mut log = LogBuffer::new(0);
        let mut pushed = 0;
        for (is_error, bytes) in pushes.iter().cycle().take(pushes.len() * repeats) {
            log.push(source(*is_error), bytes, Stamp(1));
            pushed += bytes.len() as u64;
            prop_assert!(log.memory() <= LEAST_BOUND, "{}", log.memory());
        }
        let kept: u64 = (log.first()..log.end()).map(|number| log.line(number).unwrap().bytes.len() as u64).sum();
        let (lines, ends) = (log.end() - log.first(), pushed - kept.min(pushed));
        // kept lines are shown without their ends, which are one byte or a few
        prop_assert!(kept + log.dropped().bytes <= pushed);
        prop_assert!(ends >= log.dropped().bytes);
        prop_assert_eq!(log.dropped().lines + lines, log.end());
    }
}
