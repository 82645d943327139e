//! Feeds made-up output into the logs, the colours, the search, the emulator and the panes, and compares what must agree.
//!
//! `cargo test` runs it for a few seconds, with a fixed seed and with a new one. For long:
//!
//! ```sh
//! cargo test --release --test fuzz -- --seconds 1800 [--seed N]
//! cargo test --release --test fuzz -- --seed N --case M      # one case again; PROCDASH_FUZZ_DUMP=FILE keeps its bytes
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that stops at the first surprise and says what it was"
)]

mod bytes;
mod lines;
mod memory;
mod options;
mod panes;
mod rules;
mod screens;
mod watchdog;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;

use bytes::Kitchen;
use options::Options;
use watchdog::Watchdog;

/// What one case may hold beyond what was held before it: logs of 8 MiB, their copies, and the pictures.
const PEAK: usize = 128 << 20;
/// What all cases together may leave behind: tables that are made once.
const LEFT: usize = 8 << 20;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let kitchen = Kitchen::new();
    let watchdog = Watchdog::start();
    if let Some(case) = options.case {
        watchdog.begins(options.seeds[0], case);
        cook(&kitchen, options.seeds[0], case);
        println!("case {case} of seed {} is well", options.seeds[0]);
        return ExitCode::SUCCESS;
    }
    let share = options.time / u32::try_from(options.seeds.len()).unwrap();
    for seed in options.seeds {
        let ran = run(&kitchen, &watchdog, seed, share);
        println!(
            "fuzz: seed {seed}: {} cases, {} MiB in {:.1} s; at most {} MiB held, {} KiB left; nothing wrong",
            ran.cases,
            ran.bytes >> 20,
            ran.took.as_secs_f64(),
            memory::highest() >> 20,
            ran.left >> 10,
        );
    }
    ExitCode::SUCCESS
}

struct Ran {
    cases: u64,
    bytes: u64,
    took: Duration,
    left: usize,
}

fn run(kitchen: &Kitchen, watchdog: &Watchdog, seed: u64, time: Duration) -> Ran {
    println!("fuzz: seed {seed}, {} s", time.as_secs_f64());
    let begin = Instant::now();
    let mut ran = Ran { cases: 0, bytes: 0, took: Duration::ZERO, left: 0 };
    let mut first_left = None;
    let mut told = begin;
    while begin.elapsed() < time {
        watchdog.begins(seed, ran.cases);
        let before = memory::held();
        memory::begin();
        ran.bytes += cook(kitchen, seed, ran.cases);
        let grown = memory::highest_since().saturating_sub(before);
        assert!(grown <= PEAK, "case {} of seed {seed} took {grown} bytes", ran.cases);
        ran.cases += 1;
        if ran.cases == 50 {
            first_left = Some(memory::held());
        }
        if let Some(first) = first_left {
            ran.left = memory::held().saturating_sub(first);
            assert!(ran.left <= LEFT, "after case {} of seed {seed} {} bytes are left", ran.cases, ran.left);
        }
        if told.elapsed() > Duration::from_mins(1) {
            told = Instant::now();
            println!("fuzz: {} s, {} cases, {} MiB", begin.elapsed().as_secs(), ran.cases, ran.bytes >> 20);
        }
    }
    ran.took = begin.elapsed();
    ran
}

/// Runs one case, which the seed and its number make what it is; returns how many bytes it was about.
fn cook(kitchen: &Kitchen, seed: u64, case: u64) -> u64 {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ case);
    let bytes = kitchen.dish(&mut rng);
    if let Some(path) = std::env::var_os("PROCDASH_FUZZ_DUMP") {
        std::fs::write(path, &bytes).unwrap();
    }
    match rng.u8(..8) {
        0..3 => lines::check(&mut rng, &bytes),
        3..6 => screens::check(&mut rng, &bytes),
        6 => rules::check(&mut rng, &bytes),
        _ => panes::check(&mut rng, &bytes),
    }
    bytes.len() as u64
}
