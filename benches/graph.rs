//! Start and stop of services that depend on each other: `cargo bench --bench graph`.
//!
//! 200 services in ten layers of twenty, each of which needs three of the layer above. First the decisions alone, in
//! thought, also for a thousand services. Then the real program: from its spawn until every service has written its
//! line, and from SIGTERM to its end. Every service appends a line to a file and sleeps.
//!
//! Beside it the part that no supervisor can save: the layers one after the other, by a bare loop of
//! `std::process::Command` that goes on as soon as the whole layer above has written its lines and, for the stop, as
//! soon as the layer below is reaped. It has no guards, no terminals and no look at the process table; and since it
//! waits for whole layers and a service only for three, procdash could be faster than that where spawning is cheap.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::missing_docs_in_private_items,
    missing_docs,
    reason = "a bench may stop at the first surprise, and prints its table"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use procdash::config::{Config, SourceFile, load};
use procdash::supervisor::rehearse;

const ROUNDS: usize = 5;
const LAYERS: usize = 10;
const LINE: &str = "echo up >> lines; exec sleep 1000";

fn main() {
    println!("in thought: all begin and end, median of {ROUNDS} (ms)");
    println!("{:>9} {:>10} {:>10}", "services", "file read", "decided");
    for wide in [20, 100] {
        let (mut read, mut decided) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            let text = procfile(wide);
            let begin = Instant::now();
            let config = config(&text);
            read.push(begin.elapsed());
            let services = config.services;
            let begin = Instant::now();
            let rehearsal = rehearse(services, begin);
            decided.push(begin.elapsed());
            assert_eq!((rehearsal.begun.len(), rehearsal.ended.len()), (LAYERS * wide, LAYERS * wide));
        }
        println!("{:>9} {:>10} {:>10}", LAYERS * wide, median(read), median(decided));
    }
    println!("\nfor real: {} services in {LAYERS} layers, median of {ROUNDS} (ms)", LAYERS * 20);
    println!("{:>9} {:>10} {:>10}", "", "bare", "procdash");
    let stack = Stack::new(20);
    let (mut bare, mut ours) = ((vec![], vec![]), (vec![], vec![]));
    for _ in 0..ROUNDS {
        let (up, down) = stack.bare();
        bare.0.push(up);
        bare.1.push(down);
        let (up, down) = stack.procdash();
        ours.0.push(up);
        ours.1.push(down);
    }
    println!("{:>9} {:>10} {:>10}", "up", median(bare.0), median(ours.0));
    println!("{:>9} {:>10} {:>10}", "down", median(bare.1), median(ours.1));
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort();
    times.get(times.len() / 2).map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1000.0))
}

/// Returns a file with layers this wide, each service with three needs in the layer above.
fn procfile(wide: usize) -> String {
    let mut text = "[processes]\n".to_owned();
    for place in 0..LAYERS * wide {
        let needs: Vec<String> = match (place / wide).checked_sub(1) {
            Some(above) => (0..3).map(|step| format!("\"s{}\"", above * wide + (place + step * 7) % wide)).collect(),
            None => vec![],
        };
        writeln!(text, "s{place} = {{ command = '{LINE}', depends_on = [{}] }}", needs.join(", ")).unwrap();
    }
    text
}

fn config(text: &str) -> Config {
    let path = PathBuf::from("/srv/bench/procfile.toml");
    load(&[SourceFile { path, shown: "procfile.toml".to_owned(), bytes: text.as_bytes().to_vec() }]).unwrap()
}

struct Stack {
    dir: tempfile::TempDir,
    wide: usize,
}

impl Stack {
    fn new(wide: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("procfile.toml"), procfile(wide)).unwrap();
        Self { dir, wide }
    }

    fn wait_for_lines(&self, count: usize) {
        let lines = || fs::read_to_string(self.dir.path().join("lines")).map_or(0, |text| text.lines().count());
        let deadline = Instant::now() + Duration::from_mins(2);
        while lines() < count {
            assert!(Instant::now() < deadline, "{count} services are not up after two minutes");
            thread::park_timeout(Duration::from_micros(200));
        }
    }

    fn bare(&self) -> (Duration, Duration) {
        drop(fs::remove_file(self.dir.path().join("lines")));
        let spawn = || Command::new("sh").args(["-c", LINE]).current_dir(self.dir.path()).spawn().unwrap();
        let begin = Instant::now();
        let mut layers: Vec<Vec<Child>> = Vec::with_capacity(LAYERS);
        for layer in 0..LAYERS {
            layers.push((0..self.wide).map(|_| spawn()).collect());
            self.wait_for_lines((layer + 1) * self.wide);
        }
        let up = begin.elapsed();
        let begin = Instant::now();
        for layer in layers.iter_mut().rev() {
            for child in layer.iter_mut() {
                child.kill().unwrap();
            }
            for child in layer {
                child.wait().unwrap();
            }
        }
        (up, begin.elapsed())
    }

    fn procdash(&self) -> (Duration, Duration) {
        drop(fs::remove_file(self.dir.path().join("lines")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_procdash"));
        command.args(["up", "--no-tui"]).current_dir(self.dir.path()).env("XDG_STATE_HOME", self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let mut child = command.spawn().unwrap();
        self.wait_for_lines(LAYERS * self.wide);
        let up = begin.elapsed();
        let begin = Instant::now();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        #[expect(clippy::disallowed_methods, reason = "the program that this bench has started and not yet reaped")]
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        child.wait().unwrap();
        (up, begin.elapsed())
    }
}
