//! Start, idle cost and memory of many services: `cargo bench --bench fleet`.
//!
//! Every service appends a line to a file and sleeps; a fleet is up when the file has a line of each. Beside procdash
//! (with its dashboard, on a pty) the same commands are started by a bare loop of `std::process::Command`, and by
//! mprocs where it is on the PATH. Nothing is installed by this.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::missing_docs_in_private_items,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench may stop at the first surprise, prints its table, and computes ratios"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{OpenptyResult, Winsize, openpty};

const ROUNDS: usize = 7;
const SETTLE: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(10);
/// How often the flood is let through each program.
const FLOODS: usize = 3;
/// What it is made of: a piece of coloured lines, 128 times.
const PIECE: usize = 1 << 20;
const COLOURED: &str = "\x1b[2m12:04:31.113\x1b[0m \x1b[32mINFO\x1b[0m shop::cart: \x1b[1mGET\x1b[0m /cart/8121 status=\x1b[36m200\x1b[0m took=3ms\n";

fn main() {
    println!("start: from the spawn of the program to the last service's first line, median of {ROUNDS} (ms)");
    println!("{:>9} {:>10} {:>10} {:>10}", "services", "bare loop", "procdash", "mprocs");
    for count in [1, 20, 100] {
        let fleet = Fleet::new(count);
        let (mut bare, mut ours, mut peers) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            bare.push(fleet.bare());
            ours.push(fleet.run(Program::Procdash).map(|run| run.up).unwrap());
            peers.extend(fleet.run(Program::Mprocs).map(|run| run.up));
        }
        println!("{count:>9} {:>10} {:>10} {:>10}", median(bare), median(ours), median(peers));
    }
    println!("\nidle: over {} s, after {} s", IDLE.as_secs(), SETTLE.as_secs());
    println!(
        "{:>9} {:>9} {:>16} {:>16} {:>18} {:>18} {:>18}",
        "services",
        "program",
        "itself, % core",
        "guards, % core",
        "itself, MB private",
        "a guard, MB priv.",
        "warden, MB priv."
    );
    for count in [1, 20, 100] {
        for program in [Program::Procdash, Program::Mprocs] {
            if let Some(idle) = Fleet::new(count).idle(program) {
                println!(
                    "{count:>9} {:>9} {:>16.2} {:>16.2} {:>18} {:>18} {:>18}",
                    program.name(),
                    idle.own_percent,
                    idle.guards_percent,
                    format!("{:.1} ({:.1} rss)", idle.own_private, idle.own_rss),
                    megabytes(idle.guard_private),
                    megabytes(idle.warden_private)
                );
            }
        }
    }
    flood();
}

/// One service prints 128 MiB of coloured lines into its terminal and says in the file that it has; guards count.
fn flood() {
    println!("\n128 MiB of coloured lines through the whole program, median of {FLOODS} (ms)");
    println!("{:>9} {:>10} {:>10}", "program", "wall", "processor");
    let line = "i=0; while [ $i -lt 128 ]; do cat piece; i=$((i + 1)); done; echo up >> lines; exec sleep 1000";
    let fleet = Fleet::of(1, line);
    fs::write(fleet.dir.path().join("piece"), COLOURED.repeat(PIECE / COLOURED.len())).unwrap();
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..FLOODS {
        ours.extend(fleet.flood(Program::Procdash));
        theirs.extend(fleet.flood(Program::Mprocs));
    }
    for (program, costs) in [(Program::Procdash, ours), (Program::Mprocs, theirs)] {
        let (wall, processor) = costs.into_iter().unzip();
        println!("{:>9} {:>10} {:>10}", program.name(), median(wall), median(processor));
    }
}

fn megabytes(private: Option<f64>) -> String {
    private.map_or_else(|| "-".to_owned(), |mb| format!("{mb:.2}"))
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort();
    times.get(times.len() / 2).map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1000.0))
}

#[derive(Clone, Copy, PartialEq)]
enum Program {
    Procdash,
    Mprocs,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Procdash => "procdash",
            Self::Mprocs => "mprocs",
        }
    }
}

struct Fleet {
    dir: tempfile::TempDir,
    count: usize,
}

/// A fleet that is up.
struct Run {
    child: Child,
    up: Duration,
}

struct Idle {
    /// Of the program, and of its warden where it has one.
    own_percent: f64,
    guards_percent: f64,
    own_private: f64,
    own_rss: f64,
    guard_private: Option<f64>,
    warden_private: Option<f64>,
}

impl Fleet {
    fn new(count: usize) -> Self {
        Self::of(count, Self::line())
    }

    /// Describes `count` services that run this line, in which there are no quotes.
    fn of(count: usize, line: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (mut ours, mut theirs) = ("[processes]\n".to_owned(), "procs:\n".to_owned());
        for place in 0..count {
            writeln!(ours, "s{place} = '{line}'").unwrap();
            writeln!(theirs, "  s{place}:\n    shell: \"{line}\"").unwrap();
        }
        fs::write(dir.path().join("procfile.toml"), ours).unwrap();
        fs::write(dir.path().join("mprocs.yaml"), theirs).unwrap();
        Self { dir, count }
    }

    fn line() -> &'static str {
        "echo up >> lines; exec sleep 1000"
    }

    fn lines(&self) -> PathBuf {
        self.dir.path().join("lines")
    }

    fn wait_until_up(&self) {
        let up = |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.lines().count() >= self.count);
        let deadline = Instant::now() + Duration::from_mins(1);
        while !up(&self.lines()) {
            assert!(Instant::now() < deadline, "{} services are not up after a minute", self.count);
            thread::park_timeout(Duration::from_micros(200));
        }
    }

    fn bare(&self) -> Duration {
        drop(fs::remove_file(self.lines()));
        let begin = Instant::now();
        let mut children: Vec<Child> = (0..self.count)
            .map(|_| Command::new("sh").args(["-c", Self::line()]).current_dir(self.dir.path()).spawn().unwrap())
            .collect();
        self.wait_until_up();
        let took = begin.elapsed();
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        took
    }

    /// Brings the fleet up, reads the time, and ends it.
    fn run(&self, program: Program) -> Option<Run> {
        let mut run = self.up(program)?;
        run.end();
        Some(run)
    }

    /// Returns how long the fleet took to come up, and the processor time of the program and its guards until then.
    fn flood(&self, program: Program) -> Option<(Duration, Duration)> {
        let mut run = self.up(program)?;
        let first = run.child.id();
        let below = if program == Program::Procdash { children(first) } else { vec![] };
        let guards: Vec<u32> = below.iter().flat_map(|&dashboard| children(dashboard)).collect();
        let seconds = [vec![first], below, guards].concat().into_iter().map(cpu).sum();
        run.end();
        Some((run.up, Duration::from_secs_f64(seconds)))
    }

    fn up(&self, program: Program) -> Option<Run> {
        drop(fs::remove_file(self.lines()));
        let size = Winsize { ws_row: 35, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
        let mut command = match program {
            Program::Procdash => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_procdash"));
                command.arg("up");
                command
            }
            Program::Mprocs => Command::new("mprocs"),
        };
        command.current_dir(self.dir.path()).env("TERM", "xterm-256color").env("XDG_STATE_HOME", self.dir.path());
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(Stdio::from(slave));
        let begin = Instant::now();
        let child = command.spawn().ok()?;
        drop(command);
        swallow(master);
        self.wait_until_up();
        Some(Run { child, up: begin.elapsed() })
    }

    fn idle(&self, program: Program) -> Option<Idle> {
        let mut run = self.up(program)?;
        thread::park_timeout(SETTLE);
        // the process that was started is procdash's warden, and the dashboard its only child
        let warden = (program == Program::Procdash).then(|| run.child.id());
        let own = warden.map_or(run.child.id(), |warden| children(warden)[0]);
        let guards: Vec<u32> = if program == Program::Procdash { children(own) } else { vec![] };
        let cpu_of_both = || cpu(own) + warden.map_or(0.0, cpu);
        let before = (cpu_of_both(), guards.iter().map(|&pid| cpu(pid)).sum::<f64>());
        let begin = Instant::now();
        thread::park_timeout(IDLE);
        let seconds = begin.elapsed().as_secs_f64();
        let after = (cpu_of_both(), guards.iter().map(|&pid| cpu(pid)).sum::<f64>());
        let guard_private =
            (!guards.is_empty()).then(|| guards.iter().map(|&pid| memory(pid).0).sum::<f64>() / guards.len() as f64);
        let (own_private, own_rss) = memory(own);
        let warden_private = warden.map(|pid| memory(pid).0);
        run.end();
        Some(Idle {
            own_percent: (after.0 - before.0) / seconds * 100.0,
            guards_percent: (after.1 - before.1) / seconds * 100.0,
            own_private,
            own_rss,
            guard_private,
            warden_private,
        })
    }
}

impl Run {
    /// Ends the fleet: two requests, the second of which skips the grace. mprocs ends its processes on SIGTERM.
    fn end(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the program does not end");
            #[expect(
                clippy::disallowed_methods,
                reason = "the program that this bench has started and not yet reaped"
            )]
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
            thread::park_timeout(Duration::from_millis(200));
        }
    }
}

/// Reads what the program draws, so that it never waits for a reader.
fn swallow(master: OwnedFd) {
    thread::spawn(move || {
        let mut file = fs::File::from(master);
        let mut buffer = [0; 16 * 1024];
        while file.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
}

fn children(pid: u32) -> Vec<u32> {
    fs::read_dir(format!("/proc/{pid}/task"))
        .unwrap()
        .flat_map(|task| fs::read_to_string(task.unwrap().path().join("children")))
        .flat_map(|line| line.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>())
        .collect()
}

/// Processor seconds of a process so far (`proc_pid_stat(5)`, fields 14 and 15).
fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Private and resident memory in MB (`/proc/PID/smaps_rollup`).
fn memory(pid: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let sum = |names: &[&str]| -> f64 {
        text.lines()
            .filter(|line| names.iter().any(|name| line.starts_with(name)))
            .map(|line| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap())
            .sum::<f64>()
            / 1024.0
    };
    (sum(&["Private_"]), sum(&["Rss:"]))
}
