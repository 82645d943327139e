//! A search over a full log: the time to its first match and to its end, beside what the memory itself takes:
//! `cargo bench --bench search`.
#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use memchr::memchr;
use procdash::logs::{LogBuffer, Pattern, Question, Snapshot, Source, Stamp, seek};

const ROUNDS: usize = 15;
const SCROLLBACK: usize = 8 << 20;
/// A byte that no line has.
const NOWHERE: u8 = 0xff;

/// What is searched for, and what that is.
const QUESTIONS: &[(&str, &str)] = &[
    ("a word in every line", "status"),
    ("a word, 1 line in 100", "slow"),
    ("a word, oldest line only", "begins"),
    ("a word, no hit", "needle"),
    ("a regex in every line", r"status=\d+ took=\d+ms"),
    ("a regex, 1 line in 100", r"took=\d{3}ms.*slow"),
    ("a regex, no hit", r"\b\d{3,5} [a-z]+ed\b"),
];

fn main() -> Result<()> {
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    for (name, is_coloured) in [("plain", false), ("coloured", true)] {
        let log = log(is_coloured);
        let bytes = bytes(&log.snapshot());
        let size = f64::from(u32::try_from(bytes.len())?) / f64::from(1 << 20);
        let floor = median(rounds, || memchr(NOWHERE, black_box(&bytes)));
        println!("{name} lines, {size:.1} MiB of text in 8 MiB of scrollback, median of {rounds}");
        println!(
            "memchr over the same bytes: {:.2} ms, {:.1} GiB/s",
            millis(floor),
            size / 1024.0 / floor.as_secs_f64()
        );
        println!("{:<26} {:>9} {:>14} {:>10} {:>9}", "searched for", "matches", "first, ms", "whole, ms", "x floor");
        for (what, text) in QUESTIONS {
            let pattern = Pattern::new(text).with_context(|| format!("`{text}` is no pattern"))?;
            let question = Question { search: Some(pattern), filter: None };
            let matches = walk(&log, &question, |_| false);
            let first = median(rounds, || walk(&log, &question, |matches| matches > 0));
            let whole = median(rounds, || walk(&log, &question, |_| false));
            println!(
                "{what:<26} {matches:>9} {:>14} {:>10.2} {:>9.1}",
                if matches == 0 { "-".to_owned() } else { format!("{:.3}", millis(first)) },
                millis(whole),
                whole.as_secs_f64() / floor.as_secs_f64(),
            );
        }
        println!();
    }
    Ok(())
}

/// Walks through the log as the search of a pane does, over a snapshot and the newest line first; returns how many
/// matches were told until `is_enough`.
fn walk(log: &LogBuffer, question: &Question, is_enough: impl Fn(u64) -> bool) -> u64 {
    let mut matches = 0;
    seek(&log.snapshot(), question, 0, |answer| {
        matches += answer.hits.iter().map(|hit| u64::from(hit.count)).sum::<u64>();
        !is_enough(matches)
    });
    matches
}

/// A log that is nearly full: its oldest line, of another kind, is still there.
fn log(is_coloured: bool) -> LogBuffer {
    let mut log = LogBuffer::new(SCROLLBACK);
    log.push(Source::Output, b"here it begins\n", Stamp(0));
    for n in 1_u64.. {
        let (dim, bold, green, cyan, end) =
            if is_coloured { ("\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[36m", "\x1b[0m") } else { ("", "", "", "", "") };
        let (took, note) = if n % 100 == 0 { (214, " slow") } else { (3, "") };
        let line = format!(
            "{dim}12:04:31.{:03}{end} {green}INFO{end} shop::cart: {bold}GET{end} /cart/{n} status={cyan}200{end} took={took}ms{note}\n",
            n % 1000
        );
        if log.memory() + 512 * 1024 > SCROLLBACK {
            break;
        }
        log.push(Source::Output, line.as_bytes(), Stamp(n));
    }
    log
}

/// Returns the text of all lines in one piece.
fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    snapshot.lines_back().flat_map(|line| line.bytes).copied().collect()
}

fn median<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    let once = |_| {
        let begin = Instant::now();
        black_box(run());
        begin.elapsed()
    };
    let mut times: Vec<Duration> = (0..rounds).map(once).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
