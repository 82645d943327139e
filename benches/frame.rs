//! One frame: how long the lines and the screen of a service take to become cells: `cargo bench --bench frame`.
#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use procdash::config::Column;
use procdash::keys::Keymap;
use procdash::logs::{LogBuffer, Source, Stamp};
use procdash::screen::{Background, Screen, Size};
use procdash::ui::{Dashboard, Description, Still, Theme};

const ROUNDS: u32 = 2000;

fn main() -> Result<()> {
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    println!("a frame, median of {rounds}");
    println!("{:>9} {:>12} {:>14} {:>14}", "size", "lines, µs", "screen, µs", "picture, µs");
    for size in [(80, 24), (120, 35), (200, 60)] {
        let log = log();
        let (columns, rows) = size;
        let mut screen = Screen::new(Size::new(columns - 48, rows - 4), Background::Dark);
        screen.push(&drawing(rows));
        let picture = screen.picture(true).context("the emulator has failed")?;
        let mut still = Still::new(dashboard()?, "web", size);
        let lines = median(rounds, || drop(black_box(still.draw(&log, None))));
        let drawn = median(rounds, || drop(black_box(still.draw(&log, Some(&picture)))));
        let taken = median(rounds, || drop(black_box(screen.picture(true))));
        println!("{:>9} {lines:>12.1} {drawn:>14.1} {taken:>14.1}", format!("{columns}x{rows}"));
    }
    Ok(())
}

/// Coloured lines, more than any window shows.
fn log() -> LogBuffer {
    let mut log = LogBuffer::new(8 << 20);
    for n in 0..40_000_u64 {
        let line = format!(
            "\x1b[2m12:04:31.{:03}\x1b[0m \x1b[32mINFO\x1b[0m shop::cart: \x1b[1mGET\x1b[0m /cart/{n} status=\x1b[36m200\x1b[0m\n",
            n % 1000
        );
        log.push(Source::Output, line.as_bytes(), Stamp(n));
    }
    log
}

/// A screen full of colours, as an editor or a monitor draws it.
fn drawing(rows: u16) -> Vec<u8> {
    let row = |row: u16| {
        let cells = (0..20).map(|n| format!("\x1b[{};48;5;{}mcell{n:02} ", 31 + n % 7, 16 + row % 200));
        format!("\x1b[{};1H{}", row + 1, cells.collect::<String>())
    };
    format!("\x1b[?1049h{}", (0..rows).map(row).collect::<String>()).into_bytes()
}

fn dashboard() -> Result<Dashboard> {
    Ok(Dashboard {
        project: "shop".to_owned(),
        services: vec![Description { command: "npm run dev".to_owned(), tty: true, ..Description::default() }],
        columns: vec![Column::State, Column::Cpu, Column::Memory, Column::Uptime],
        keymap: Keymap::new(&[]).map_err(|problems| anyhow::anyhow!("{problems:?}"))?,
        theme: Theme::named("default", false).context("the theme that is always there")?,
        zone: TimeZone::UTC,
        browse: |_| Ok(()),
    })
}

/// Returns microseconds.
fn median(rounds: u32, mut run: impl FnMut()) -> f64 {
    let once = |_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    let mut times: Vec<Duration> = (0..rounds).map(once).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}
