//! Compares the way of a service's output into its log with the same output read into nothing, and times its parts.
#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

use std::env;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::pty::openpty;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::pipe;
use procdash::config::{Config, SourceFile, load};
use procdash::engine::{Pump, Sink};
use procdash::id::{RunId, ServiceId};
use procdash::logs::{LogBuffer, Pattern, Question, Source, Stamp, Style, read_line, seek};
use procdash::screen::{Background, Screen, Size};
use procdash::supervisor::{Keeper, LogStore};

/// Set in the child, which writes the flood and does nothing else.
const CHILD: &str = "PROCDASH_BENCH_FLOOD";
const FLOOD: usize = 128 * 1024 * 1024;
const ROUNDS: usize = 9;
/// A pipe is drained in an instant, so one run says little.
const SHORT_ROUNDS: usize = 25;
const SCROLLBACK: usize = 8 * 1024 * 1024;
const BUFFER: usize = 64 * 1024;
const SERVICE: ServiceId = ServiceId::new(0);
const COLOURED: &[u8] = b"\x1b[2m12:04:31.113\x1b[0m \x1b[32mINFO\x1b[0m shop::cart: \x1b[1mGET\x1b[0m /cart/8121 status=\x1b[36m200\x1b[0m took=3ms\n";

fn main() -> Result<()> {
    if env::var_os(CHILD).is_some() {
        return write_flood().context("writing the flood");
    }
    if env::args().all(|argument| argument != "--bench") {
        println!("measures only when run by `cargo bench`");
        return Ok(());
    }
    println!(
        "{:<28} {:>10} {:>10} {:>7} {:>10} {:>10}",
        "128 MiB, coloured", "into log", "into none", "ratio", "cpu log", "cpu none"
    );
    let folder = tempfile::tempdir()?;
    let project = project(folder.path())?;
    let pty = || openpty(None, None).map(|pty| (pty.master, pty.slave)).map_err(Into::into);
    let pipe = || pipe().map_err(Into::into);
    compare("from a pty", ROUNDS, pty, |descriptor| into_log(descriptor, true, None))?;
    compare("from a pty, kept in files", ROUNDS, pty, |descriptor| into_log(descriptor, true, Some(&project)))?;
    compare("from a pty, no screen", ROUNDS, pty, |descriptor| into_log(descriptor, false, None))?;
    compare("from a pipe", SHORT_ROUNDS, pipe, |descriptor| into_log(descriptor, false, None))?;
    let kept = |descriptor| into_log(descriptor, false, Some(&project));
    compare("from a pipe, kept in files", SHORT_ROUNDS, pipe, kept)?;
    println!();
    time_push();
    time_screen();
    time_search();
    time_read_line();
    Ok(())
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: Duration,
    processor: Duration,
}

/// Measures both ways in turns, so that a busy moment of the machine meets both.
fn compare(
    name: &str,
    rounds: usize,
    open: impl Fn() -> Result<(OwnedFd, OwnedFd)>,
    into_log: impl Fn(OwnedFd) -> Result<u64>,
) -> Result<()> {
    let (mut logged, mut discarded) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        logged.push(measure(&open, &into_log)?);
        discarded.push(measure(&open, into_nothing)?);
    }
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall).collect());
    let processor = |costs: &[Cost]| median(costs.iter().map(|cost| cost.processor).collect());
    println!(
        "{name:<28} {:>8.0} ms {:>7.0} ms {:>7.2} {:>7.0} ms {:>7.0} ms",
        millis(wall(&logged)),
        millis(wall(&discarded)),
        wall(&discarded).as_secs_f64() / wall(&logged).as_secs_f64(),
        millis(processor(&logged)),
        millis(processor(&discarded)),
    );
    Ok(())
}

fn measure(open: impl Fn() -> Result<(OwnedFd, OwnedFd)>, drain: impl Fn(OwnedFd) -> Result<u64>) -> Result<Cost> {
    let (reader, writer) = open()?;
    let used = processor_time()?;
    let begin = Instant::now();
    let mut child = Command::new(env::current_exe()?).env(CHILD, "1").stdout(Stdio::from(writer)).spawn()?;
    let bytes = drain(reader)?;
    let cost = Cost { wall: begin.elapsed(), processor: processor_time()?.saturating_sub(used) };
    child.wait()?;
    anyhow::ensure!(bytes >= FLOOD as u64, "only {bytes} bytes arrived");
    Ok(cost)
}

/// A project that keeps its logs in `folder`, as by default in three files of 10 MiB.
fn project(folder: &Path) -> Result<Config> {
    let text = "[settings.logs]\ndir = \"logs\"\n[processes]\nflood = \"true\"\n";
    let path = folder.join("procfile.toml");
    let source = SourceFile { path, shown: "procfile.toml".to_owned(), bytes: text.as_bytes().to_vec() };
    load(&[source]).map_err(|problems| anyhow::anyhow!("{problems}"))
}

/// The real way: the pump's thread, a lock, the bounded log, for a terminal the screen that nobody looks at, and the
/// files if there are any.
fn into_log(descriptor: OwnedFd, has_screen: bool, project: Option<&Config>) -> Result<u64> {
    let log = Arc::new(Mutex::new(LogBuffer::new(SCROLLBACK)));
    let (done, finished) = sync_channel(1);
    let pump = Pump::start()?;
    let screen = has_screen.then(|| Screen::new(Size::new(77, 32), Background::Dark));
    let keep = |project| Keeper::start(project, LogStore::new(1, SCROLLBACK), pump.bell());
    let keeper = project.map(keep).transpose()?;
    let logger = Logger { log: Arc::clone(&log), screen, keeper: keeper.clone(), bytes: 0, done };
    pump.attach(descriptor, Box::new(logger))?;
    let bytes = finished.recv()?;
    if let Some(keeper) = keeper {
        // what was read is not yet kept
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(keeper.end(SERVICE, RunId::default(), None));
    }
    let kept = log.lock().unwrap_or_else(PoisonError::into_inner).memory();
    anyhow::ensure!(kept <= SCROLLBACK, "the log takes {kept} bytes");
    Ok(bytes)
}

struct Logger {
    log: Arc<Mutex<LogBuffer>>,
    keeper: Option<Keeper>,
    screen: Option<Screen>,
    bytes: u64,
    done: SyncSender<u64>,
}

impl Sink for Logger {
    fn has_room(&mut self) -> bool {
        self.keeper.as_ref().is_none_or(|keeper| keeper.has_room(SERVICE))
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if let Some(keeper) = &self.keeper {
            keeper.keep(SERVICE, bytes);
        }
        if let Some(screen) = &mut self.screen {
            black_box(screen.push(bytes));
        }
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(Source::Output, bytes, Stamp(self.bytes));
    }

    fn closed(&mut self) {
        // the receiver waits for exactly this message
        self.done.send(self.bytes).unwrap_or_default();
    }
}

/// The floor: a loop that reads and forgets.
fn into_nothing(descriptor: OwnedFd) -> Result<u64> {
    let mut source = File::from(descriptor.as_fd().try_clone_to_owned()?);
    drop(descriptor);
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes += black_box(count) as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // the end of a pty
            Err(_) => return Ok(bytes),
        }
    }
}

fn write_flood() -> io::Result<()> {
    let lines = COLOURED.repeat(BUFFER / COLOURED.len());
    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    for _ in 0..=FLOOD / lines.len() {
        out.write_all(&lines)?;
    }
    Ok(())
}

fn time_push() {
    for (name, line) in [("100-byte lines", vec![b'x'; 99]), ("10-byte lines", vec![b'x'; 9])] {
        let block = [line.as_slice(), b"\n"].concat().repeat(BUFFER / (line.len() + 1));
        let mut log = LogBuffer::new(SCROLLBACK);
        let took = best_of(ROUNDS, || (0..4096).for_each(|at| log.push(Source::Output, black_box(&block), Stamp(at))));
        let speed = 4096.0 * f64::from(u32::try_from(block.len()).unwrap_or(u32::MAX)) / took.as_secs_f64() / 1e9;
        println!("push, {name:<22} {speed:>8.2} GB/s");
    }
}

/// The screen that nobody looks at, in pieces and with ends of lines as a terminal gives them.
fn time_screen() {
    let line = [COLOURED.strip_suffix(b"\n").unwrap_or(COLOURED), b"\r\n"].concat();
    let flood = line.repeat(BUFFER / line.len());
    let mut screen = Screen::new(Size::new(77, 32), Background::Dark);
    let took = best_of(ROUNDS, || {
        for _ in 0..FLOOD / flood.len() {
            flood.chunks(4095).for_each(|piece| drop(black_box(screen.push(black_box(piece)))));
        }
    });
    println!("screen, 128 MiB coloured       {:>8.0} ms", millis(took));
}

/// A full log of coloured lines, searched for what is not there: the worst that a search can meet.
fn time_search() {
    let mut log = LogBuffer::new(SCROLLBACK);
    (0..256).for_each(|at| log.push(Source::Output, &COLOURED.repeat(BUFFER / COLOURED.len()), Stamp(at)));
    let copied = best_of(ROUNDS, || drop(black_box(log.snapshot())));
    println!("snapshot of 8 MiB              {:>8.3} ms", millis(copied));
    // the floor: the same bytes, in one piece, looked through for a byte string
    let bytes = COLOURED.repeat(SCROLLBACK / COLOURED.len());
    let floor = best_of(ROUNDS, || {
        black_box(memchr::memmem::find(black_box(&bytes), b"needle"));
    });
    println!("memmem, needle                 {:>8.2} ms for 8 MiB", millis(floor));
    for text in ["needle", "shop::.*took=4ms", r"\b\d{3,5} [a-z]+ed\b"] {
        let Ok(pattern) = Pattern::new(text) else { continue };
        let question = Question { search: Some(pattern), filter: None };
        let took = best_of(ROUNDS, || seek(&log.snapshot(), &question, 0, |_| true));
        println!("search, {text:<22} {:>8.2} ms for 8 MiB, to the first match if the oldest line is it", millis(took));
    }
}

fn time_read_line() {
    let coloured = COLOURED.repeat(2).into_iter().filter(|byte| *byte != b'\n').collect::<Vec<_>>();
    let progress = b"\r\x1b[32m=========>\x1b[0m 45% of 812 packages".repeat(5);
    let lines: [(&str, &[u8]); 4] = [
        ("plain", &[b'x'; 200]),
        ("coloured", &coloured),
        ("progress bar", &progress),
        ("overwritten", b"abcdefghijklmnopqrstuvwxyz\rABC"),
    ];
    for (name, line) in lines {
        let took = best_of(ROUNDS, || {
            for _ in 0..100_000 {
                black_box(read_line(black_box(line), Style::default()));
            }
        });
        println!("read_line, {:<17} {:>8.0} ns for {} bytes", name, took.as_secs_f64() * 1e9 / 1e5, line.len());
    }
}

fn best_of(rounds: usize, mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..rounds).map(once).min().unwrap_or_default()
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Returns the processor time of this process, that of its children left out.
fn processor_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}
