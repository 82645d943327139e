//! From a key to the changed screen, and the memory after a flood: `cargo bench --bench key [-- --rounds N]`.
//!
//! The real program on a pty that is drained at once. `2` and `1` choose the other service, which moves the mark in the
//! list and changes the title of the pane; what is timed is from the write of the key to the bytes of that title.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::missing_docs_in_private_items,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::format_collect,
    missing_docs,
    reason = "a bench may stop at the first surprise, and prints its table"
)]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ROUNDS: usize = 300;
const FLOOD: &str = "yes 12:04:31.113 INFO shop::cart: GET /cart/8121 status=200 took=3ms";
const SERVICES: usize = 50;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let asked = words.iter().position(|word| word == "--rounds").map(|place| words[place + 1].parse().unwrap());
    let rounds = asked.unwrap_or(if words.iter().any(|word| word == "--bench") { ROUNDS } else { 3 });
    println!("from a key to the changed screen, {rounds} keys (ms)");
    println!("{:>9} {:>10} {:>8} {:>8} {:>8}", "size", "services", "p50", "p99", "worst");
    for (columns, rows) in [(120, 35), (200, 60)] {
        for (name, command) in [("idle", "exec sleep 1000"), ("flooding", FLOOD)] {
            let mut times = keys(columns, rows, command, rounds);
            times.sort_unstable();
            let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
            println!(
                "{:>9} {name:>10} {:>8.1} {:>8.1} {:>8.1}",
                format!("{columns}x{rows}"),
                at(50),
                at(99),
                times[times.len() - 1].as_secs_f64() * 1e3
            );
        }
    }
    let each = if rounds < ROUNDS { 1 } else { 20 };
    memory(each);
}

fn keys(columns: u16, rows: u16, command: &str, rounds: usize) -> Vec<Duration> {
    let services: String = ["aaaa", "bbbb", "cccc", "dddd"].map(|name| format!("{name} = '{command}'\n")).concat();
    let mut dashboard = Dashboard::start(&services, columns, rows);
    dashboard.wait_for(b"dddd");
    thread::park_timeout(Duration::from_secs(1));
    let mut times = Vec::new();
    for round in 0..rounds {
        // so that keys come at any time of a frame
        thread::park_timeout(Duration::from_millis(40 + (round as u64 * 7) % 17));
        let (key, name): (&[u8], &[u8]) = if round % 2 == 0 { (b"2", b"bbbb") } else { (b"1", b"aaaa") };
        dashboard.drain();
        let begin = Instant::now();
        dashboard.master.write_all(key).unwrap();
        dashboard.wait_for(name);
        times.push(begin.elapsed());
    }
    times
}

fn memory(mebibytes: usize) {
    let line = "12:04:31.113 INFO shop::cart: GET /cart/8121 status=200 took=3ms";
    let command = format!("yes {line} | head -c {}; echo done >> lines; exec sleep 1000", mebibytes << 20);
    let services: String = (0..SERVICES).map(|n| format!("s{n} = '{command}'\n")).collect();
    let mut dashboard = Dashboard::start(&services, 120, 35);
    let deadline = Instant::now() + Duration::from_mins(5);
    let lines = dashboard.folder.path().join("lines");
    while fs::read_to_string(&lines).unwrap_or_default().lines().count() < SERVICES {
        assert!(Instant::now() < deadline, "not every service has printed its flood in five minutes");
        dashboard.drain();
        thread::park_timeout(Duration::from_millis(20));
    }
    let (rss, private) = dashboard.memory();
    println!("\nafter {mebibytes} MiB from each of {SERVICES} services, 8 MiB kept of each:");
    println!("resident {rss} MiB, private {private} MiB, limit of the logs {} MiB", SERVICES * 8.min(mebibytes));
}

struct Dashboard {
    folder: tempfile::TempDir,
    child: Child,
    master: File,
    pieces: Receiver<Vec<u8>>,
}

impl Dashboard {
    #[allow(unsafe_code, reason = "only between fork and exec can a session take a terminal")]
    fn start(services: &str, columns: u16, rows: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("procfile.toml"), format!("[processes]\n{services}")).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).unwrap();
        let end = |slave: &OwnedFd| Stdio::from(slave.try_clone().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_procdash"));
        command.arg("up").current_dir(folder.path()).env("TERM", "xterm-256color").env("HOME", folder.path());
        for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, folder.path());
        }
        command.stdin(end(&slave)).stdout(end(&slave)).stderr(end(&slave));
        // SAFETY: both are single system calls that allocate nothing and take no lock
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        drop(slave);
        let mut reader = File::from(master.try_clone().unwrap());
        // what nobody takes makes the reader wait; the pieces of a second are far fewer
        let (send, pieces) = sync_channel(100_000);
        thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if send.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { folder, child, master: File::from(master), pieces }
    }

    fn drain(&mut self) {
        while self.pieces.try_recv().is_ok() {}
    }

    /// Waits until the terminal is sent these bytes.
    fn wait_for(&mut self, wanted: &[u8]) {
        let mut seen = Vec::new();
        while !seen.windows(wanted.len()).any(|window| window == wanted) {
            seen.extend(self.pieces.recv_timeout(Duration::from_secs(20)).unwrap());
        }
    }

    /// Returns the dashboard's resident and private memory in MiB; it is the child of the process that was started.
    fn memory(&self) -> (u64, u64) {
        let warden = self.child.id();
        let children = fs::read_to_string(format!("/proc/{warden}/task/{warden}/children")).unwrap();
        let pid = children.split_whitespace().next().unwrap();
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
        let sum = |names: &[&str]| -> u64 {
            let lines = rollup.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>() >> 10
        };
        (sum(&["Rss:"]), sum(&["Private_Clean:", "Private_Dirty:"]))
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        // what is still printed must not keep it from ending
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            self.drain();
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}
