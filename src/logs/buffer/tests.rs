//! A buffer that keeps its bound, its order and its count.

use proptest::prelude::*;

use super::{LEAST_BOUND, LogBuffer};
use crate::logs::{Arrivals, Colour, Dropped, Line, Snapshot, Source, Stamp, Style, Tone, read_line};

const ROOMY: usize = 1024 * 1024;

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
fn a_note_tears_neither_lines_nor_sequences() {
    let mut log = LogBuffer::new(ROOMY);
    log.push(Source::Output, b"\x1b[3", Stamp(1));
    log.note(Tone::Calm, "stop command", Stamp(2));
    log.push(Source::Output, b"1mred\nstill red\n", Stamp(3));
    assert_eq!(texts(&log), ["stop command", "\x1b[31mred", "still red"]);
    assert_eq!(log.styled_lines(2).next().unwrap().1.fg, Some(Colour::Indexed(1)));
}

#[test]
fn the_end_of_a_run_ends_unfinished_lines_in_the_order_in_which_they_began_and_every_style() {
    let mut log = LogBuffer::new(ROOMY);
    log.push(Source::Error, b"\x1b[31mfirst", Stamp(1));
    log.push(Source::Output, b"\x1b[1msecond", Stamp(2));
    log.finish();
    log.push(Source::Error, b"next\n", Stamp(3));
    assert_eq!(texts(&log), ["\x1b[31mfirst", "\x1b[1msecond", "next"]);
    assert!(lines(&log).iter().all(|line| line.complete));
    assert!(log.styled_lines(0).all(|(_, style)| style == Style::default()));
}

#[test]
fn a_style_outlives_what_is_cleared_and_what_is_dropped() {
    let bold = Style { bold: true, ..Style::default() };
    let mut log = LogBuffer::new(0);
    log.push(Source::Output, b"\x1b[1mbold\n", Stamp(1));
    (0..9000).for_each(|_| log.push(Source::Output, b"a plain line\n", Stamp(1)));
    assert!(log.first() > 0 && log.styled_lines(0).all(|(_, style)| style == bold));
    log.clear();
    log.push(Source::Output, b"later\n", Stamp(1));
    assert_eq!(
        log.styled_lines(0).map(|(line, style)| (line.bytes, style)).collect::<Vec<_>>(),
        [(&b"later"[..], bold)]
    );
}

#[test]
fn a_note_is_no_part_of_a_run() {
    let mut log = LogBuffer::new(ROOMY);
    log.note(Tone::Bad, "exited with code 1", Stamp(3));
    assert_eq!(log.line(0).unwrap().source, Source::Note(Tone::Bad));
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
fn a_line_of_any_length_is_one_line() {
    let line = "0123456789".repeat(20_000);
    for size in [1000, 300_000] {
        let mut log = LogBuffer::new(ROOMY);
        format!("a\n{line}\r\nb\n").as_bytes().chunks(size).for_each(|part| log.push(Source::Output, part, Stamp(1)));
        assert!(texts(&log) == ["a", &line, "b"], "in pieces of {size}");
        assert_eq!(log.dropped(), Dropped::default());
    }
}

#[test]
fn of_a_line_that_takes_too_much_the_newest_part_is_kept() {
    let mut log = LogBuffer::new(0);
    let line: Vec<u8> = (0..100_000_u32).flat_map(|n| format!("{n}日").into_bytes()).collect();
    log.push(Source::Output, &line, Stamp(1));
    log.push(Source::Output, b"\n", Stamp(2));
    let kept = log.line(0).unwrap();
    assert_eq!((kept.at, log.dropped().bytes), (Stamp(1), (line.len() - kept.bytes.len()) as u64));
    assert!(line.ends_with(kept.bytes) && kept.bytes.len() >= 8 * 1024);
    assert!(str::from_utf8(kept.bytes).is_ok(), "no character is torn");
}

#[test]
fn the_style_of_a_line_whose_beginning_had_to_go_is_known() {
    let mut log = LogBuffer::new(0);
    log.push(Source::Output, b"\x1b[1mbold\n\x1b[31m", Stamp(1));
    (0..1000).for_each(|_| log.push(Source::Output, &[b'x'; 100], Stamp(1)));
    let red = Style { bold: true, fg: Some(Colour::Indexed(1)), ..Style::default() };
    assert_eq!(log.styled_lines(1).next().unwrap().1, red, "unfinished");
    log.push(Source::Output, b"\nnext\n", Stamp(1));
    let styles: Vec<Style> = log.styled_lines(1).map(|(_, style)| style).collect();
    assert_eq!(styles, [red, red]);
}

#[test]
fn a_progress_bar_is_kept_as_it_was_written_and_stays_one_line() {
    let mut log = LogBuffer::new(4 * ROOMY);
    let mut written = String::new();
    for step in 0..20_000 {
        let redrawn = format!("\r{step:>6} of 20000");
        log.push(Source::Output, redrawn.as_bytes(), Stamp(1));
        written.push_str(&redrawn);
    }
    assert!(log.line(0).unwrap().bytes == written.as_bytes());
    assert_eq!((log.end(), log.dropped()), (1, Dropped::default()));
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
    assert!(kept >= ROOMY / 8, "a share of the bound: {kept}");
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

/// What is kept of one stream, line ends included.
fn raw(log: &LogBuffer, stream: Source) -> Vec<u8> {
    let blocks = log.arena.chunks().flat_map(|chunk| chunk.raw_blocks());
    let complete = blocks.filter(|(source, _)| *source == stream).flat_map(|(_, bytes)| bytes.to_vec());
    complete.chain(log.tail(stream).bytes().to_vec()).collect()
}

/// Pushes that hit every limit: short and long pieces, line ends, carriage returns, styles, both streams.
fn pushes() -> impl Strategy<Value = Vec<(bool, Vec<u8>)>> {
    let piece = prop_oneof![
        8 => prop::collection::vec(prop::sample::select(b"ab\n\r\x1b[m\xe6\x97\xa5".to_vec()), 0..200),
        4 => "(\x1b\\[[0-9;]{0,5}m|[a-z]{1,4}|\n){0,40}".prop_map(String::into_bytes),
        2 => any::<Vec<u8>>(),
        2 => (0..40_000_usize, prop::sample::select(b"x\r\xa5".to_vec())).prop_map(|(count, byte)| vec![byte; count]),
        1 => (0..3_000_usize).prop_map(|count| b"12%\r".repeat(count)),
        1 => (0..2_000_usize).prop_map(|count| b"\x1b[32ma plain line\x1b[39m\n".repeat(count)),
        1 => (0..9_000_usize).prop_map(|count| "日".repeat(count).into_bytes()),
    ];
    prop::collection::vec((any::<bool>(), piece), 0..24)
}

fn source(is_error: bool) -> Source {
    if is_error { Source::Error } else { Source::Output }
}

/// Reads everything that a stream printed from its very beginning: each line with the style that it begins with.
fn read_whole(bytes: &[u8]) -> Vec<(Vec<u8>, Style)> {
    let mut style = Style::default();
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines.retain(|line| !line.is_empty());
    let read = |line: &&[u8]| {
        let begin = style;
        let shown = match line.strip_suffix(b"\n") {
            Some(mut shown) => {
                while let Some(shorter) = shown.strip_suffix(b"\r") {
                    shown = shorter;
                }
                shown
            }
            None => line,
        };
        style = read_line(shown, style).end;
        (shown.to_vec(), begin)
    };
    lines.iter().map(read).collect()
}

fn styled(log: &LogBuffer, from: u64, stream: Source) -> Vec<(Vec<u8>, Style)> {
    let own = log.styled_lines(from).filter(|(line, _)| line.source == stream);
    own.map(|(line, style)| (line.bytes.to_vec(), style)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lines_and_styles_are_those_of_the_whole_however_it_was_cut(pushes in pushes(), size in 1..5_000_usize, notes: bool) {
        let (mut log, mut written) = (LogBuffer::new(8 * ROOMY), [Vec::new(), Vec::new()]);
        for (is_error, bytes) in &pushes {
            written[usize::from(*is_error)].extend_from_slice(bytes);
            for (place, part) in bytes.chunks(size).enumerate() {
                log.push(source(*is_error), part, Stamp(place as u64));
                if notes && place % 3 == 1 {
                    log.note(Tone::Calm, "a note", Stamp(1));
                }
            }
        }
        for (stream, written) in [Source::Output, Source::Error].into_iter().zip(&written) {
            let expected = read_whole(written);
            prop_assert!(styled(&log, 0, stream) == expected);
            let half = log.end() / 2;
            let later = styled(&log, half, stream);
            prop_assert!(expected.ends_with(&later), "from the middle");
            prop_assert!(raw(&log, stream) == *written);
        }
        let forward: Vec<_> = lines(&log).iter().map(|line| (line.number, line.bytes.to_vec())).collect();
        let snapshot = log.snapshot();
        let mut back: Vec<_> = snapshot.lines_back().map(|line| (line.number, line.bytes.to_vec())).collect();
        back.reverse();
        prop_assert!(forward == back);
        prop_assert_eq!(log.dropped(), Dropped::default());
    }

    #[test]
    fn what_is_kept_is_the_newest_of_what_was_written_and_the_rest_is_counted(
        pushes in pushes(), repeats in 1..6_usize, size in 1..70_000_usize,
    ) {
        let (mut log, mut written) = (LogBuffer::new(0), [Vec::new(), Vec::new()]);
        for (is_error, bytes) in pushes.iter().cycle().take(pushes.len() * repeats) {
            for part in bytes.chunks(size) {
                log.push(source(*is_error), part, Stamp(1));
                prop_assert!(log.memory() <= LEAST_BOUND, "{}", log.memory());
            }
            written[usize::from(*is_error)].extend_from_slice(bytes);
        }
        let mut kept = 0;
        for (stream, written) in [Source::Output, Source::Error].into_iter().zip(&written) {
            let raw = raw(&log, stream);
            kept += raw.len() as u64;
            // of a line that was too long a part in the middle of the stream may be missing
            if log.dropped().bytes == 0 || written.split(|byte| *byte == b'\n').all(|line| line.len() < log.longest) {
                prop_assert!(written.ends_with(&raw));
            }
        }
        let all: usize = written.iter().map(Vec::len).sum();
        prop_assert_eq!(kept + log.dropped().bytes, all as u64);
        prop_assert_eq!(log.dropped().lines + log.end() - log.first(), log.end());
    }

    #[test]
    fn styles_are_right_after_everything_before_was_dropped(text in "(\x1b\\[[0-9;]{0,5}m|[a-z]{1,9}|\n){1,300}", size in 1..5_000_usize) {
        let mut log = LogBuffer::new(0);
        let written = text.repeat(60_000 / text.len() + 60).into_bytes();
        written.chunks(size).for_each(|part| log.push(Source::Output, part, Stamp(1)));
        let kept = styled(&log, 0, Source::Output);
        prop_assert!(read_whole(&written).ends_with(&kept) || !text.contains('\n'));
    }
}

/// Several logs whose lines are counted together, and what was written to each of them.
struct Logs {
    arrivals: Arrivals,
    logs: Vec<LogBuffer>,
}

impl Logs {
    fn new(count: usize, bytes: usize) -> Self {
        let arrivals = Arrivals::default();
        let logs = (0..count).map(|_| LogBuffer::among(bytes, arrivals.clone())).collect();
        Self { arrivals, logs }
    }

    /// Returns every complete line with its log, by its place among all.
    fn merged(&self) -> Vec<(usize, String)> {
        let lines = self.logs.iter().enumerate().flat_map(|(log, buffer)| {
            buffer.lines(0).filter(|line| line.complete).map(move |line| (line.order, log, line.bytes))
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        lines.dedup_by_key(|line| line.0);
        lines.into_iter().map(|(_, log, bytes)| (log, String::from_utf8_lossy(bytes).into_owned())).collect()
    }
}

#[test]
fn lines_of_several_logs_have_the_order_in_which_their_ends_arrived_also_within_one_millisecond() {
    let mut logs = Logs::new(2, ROOMY);
    for n in 0..1000 {
        logs.logs[n % 2].push(Source::Output, format!("{n}\n").as_bytes(), Stamp(7));
    }
    logs.logs[0].push(Source::Output, b"begun first", Stamp(8));
    logs.logs[1].push(Source::Output, b"whole\n", Stamp(8));
    logs.logs[0].push(Source::Output, b", ended last\n", Stamp(9));
    let mut expected: Vec<_> = (0..1000).map(|n| (n % 2, n.to_string())).collect();
    expected.extend([(1, "whole".to_owned()), (0, "begun first, ended last".to_owned())]);
    assert_eq!(logs.merged(), expected);
    assert_eq!(logs.arrivals.count(), 1002);
}

proptest! {
    #[test]
    fn places_among_all_logs_lead_to_their_lines_and_back(
        writes in prop::collection::vec((0..3_usize, 1..40_usize, 0..3_u64, any::<bool>()), 1..200), bound in 0..2_usize,
    ) {
        let mut logs = Logs::new(3, bound << 20);
        for (log, lines, at, is_error) in &writes {
            let text = format!("{}\n", "x".repeat(97)).repeat(*lines);
            let source = if *is_error { Source::Error } else { Source::Output };
            logs.logs[*log].push(source, text.as_bytes(), Stamp(*at));
        }
        for log in &logs.logs {
            let orders: Vec<u64> = log.lines(0).map(|line| line.order).collect();
            prop_assert!(orders.is_sorted());
            let mut back: Vec<u64> = log.orders_back(u64::MAX).flat_map(Iterator::rev).collect();
            back.reverse();
            prop_assert_eq!(&back, &orders);
            prop_assert_eq!(log.snapshot().lines_back().map(|line| line.order).collect::<Vec<_>>(),
                orders.iter().rev().copied().collect::<Vec<_>>());
            for place in (0..logs.arrivals.count()).step_by(7) {
                let behind = orders.partition_point(|order| *order < place);
                prop_assert_eq!(log.number_at(place), log.first() + behind as u64);
                prop_assert_eq!(log.orders(place).flatten().collect::<Vec<_>>(), &orders[behind..]);
                prop_assert_eq!(log.orders_back(place).map(|range| range.end - range.start).sum::<u64>(), behind as u64);
            }
        }
    }
}

#[test]
fn a_snapshot_shares_the_chunk_of_a_long_line_and_what_comes_later_is_not_in_it() {
    let mut log = LogBuffer::new(1 << 20);
    log.push(Source::Output, b"short\n", Stamp(0));
    let printed = [vec![b'x'; 100_000], b"\n".to_vec()].concat();
    log.push(Source::Output, &printed[..50_000], Stamp(0));
    log.push(Source::Output, &printed[50_000..], Stamp(0));
    let (one, two) = (log.snapshot(), log.snapshot());
    let newest = |snapshot: &Snapshot| snapshot.lines_back().next().map(|line| line.bytes.as_ptr_range());
    assert_eq!(newest(&one), newest(&two), "one copy is enough");
    (0..3).for_each(|_| log.push(Source::Output, b"later\n", Stamp(0)));
    assert_eq!((one.lines_back().count(), log.lines(0).count()), (2, 5));
    assert_eq!(log.line(4).map(|line| line.bytes), Some(&b"later"[..]));
}
