//! How long fork storms take to end: trees that make new processes all the time, with and without privileges.
//!
//! Each runs in a pid namespace of its own with few numbers, so that one that gets away ends with it. Give the names of
//! storms or users and a number of rounds to choose.
#![allow(unsafe_code, reason = "a storm is made by fork alone")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that measures and prints")]

use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork, setsid};
use procdash::config::Isolation;
use procdash::engine::{Io, Launch, members, send};
use procdash::guard::{Guards, Report, Request};
use procdash::process::Delivery;
use procdash::signal::Signal;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How a storm is made.
#[derive(Clone, Copy)]
enum Shape {
    /// One process that replaces short-lived workers.
    Master { workers: usize },
    /// Processes that each make one other and end.
    Hopping { lineages: usize, pause: Duration, sessions: bool },
}

const NONE: Duration = Duration::ZERO;
const SHORT: Duration = Duration::from_millis(1);

/// How long a storm rages before it is killed.
const RAGES: Duration = Duration::from_millis(300);

/// How long one rages that is to use up its numbers: its guard has the same share of the processors as each of its sessions,
/// and collects the dead more slowly than they come.
const RAGES_ON: Duration = Duration::from_secs(4);

/// The storms, and how long each rages.
const SHAPES: [(&str, Shape, Duration); 7] = [
    ("master-200", Shape::Master { workers: 200 }, RAGES),
    ("hop-20-1ms", Shape::Hopping { lineages: 20, pause: SHORT, sessions: false }, RAGES),
    ("hop-200-1ms", Shape::Hopping { lineages: 200, pause: SHORT, sessions: false }, RAGES),
    ("hop-20", Shape::Hopping { lineages: 20, pause: NONE, sessions: false }, RAGES),
    ("hop-200", Shape::Hopping { lineages: 200, pause: NONE, sessions: false }, RAGES),
    ("hop-200-setsid", Shape::Hopping { lineages: 200, pause: NONE, sessions: true }, RAGES),
    ("hop-200-setsid-4s", Shape::Hopping { lineages: 200, pause: NONE, sessions: true }, RAGES_ON),
];

/// Who kills, and what helps.
const USERS: [(&str, &str); 3] = [
    ("ordinary user", r#"exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$0" "$@""#),
    ("root, no cgroup", r#"umount -R /sys/fs/cgroup; exec "$0" "$@""#),
    ("root", r#"exec "$0" "$@""#),
];

/// How many numbers a storm's namespace has: far fewer than the machine, which others use as well.
const NUMBERS: usize = 8_192;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    match word(1) {
        "__storm" => rage(storm(word(2)).0),
        "__one" => {
            let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            threads.block_on(end_by_guard(word(2)));
        }
        "__floor" => end_by_kernel(word(2)),
        "__init" => be_init(word(2)),
        _ => measure(&words),
    }
}

/// Finds a storm by its name: how it is made, and how long it rages.
fn storm(name: &str) -> (Shape, Duration) {
    let (_, shape, rages) = SHAPES.iter().find(|(known, _, _)| *known == name).unwrap();
    (*shape, *rages)
}

fn rage(shape: Shape) {
    match shape {
        Shape::Master { workers } => {
            for number in 0.. {
                if number >= workers {
                    wait().unwrap();
                }
                // SAFETY: this process has one thread.
                if let Ok(ForkResult::Child) = unsafe { fork() } {
                    rest(SHORT);
                    // SAFETY: ends this process; nothing of it needs tidying up.
                    unsafe { nix::libc::_exit(0) };
                }
            }
        }
        Shape::Hopping { lineages, pause, sessions } => {
            for _ in 1..lineages {
                // SAFETY: as above.
                if let Ok(ForkResult::Child) = unsafe { fork() } {
                    break;
                }
            }
            loop {
                if sessions {
                    let _leads_one = setsid();
                }
                rest(pause);
                // SAFETY: as above. Where there is no number left it is tried again.
                if let Ok(ForkResult::Parent { .. }) = unsafe { fork() } {
                    // SAFETY: as above.
                    unsafe { nix::libc::_exit(0) };
                }
            }
        }
    }
}

fn rest(pause: Duration) {
    if !pause.is_zero() {
        let millis = PollTimeout::try_from(pause).unwrap();
        let _interrupted = poll(&mut [], millis);
    }
}

fn own_program() -> String {
    std::env::current_exe().unwrap().to_str().unwrap().to_owned()
}

/// Starts a storm below a guard, kills it and prints how long that took, in µs.
async fn end_by_guard(shape: &str) {
    let guards = Guards::with_program(PathBuf::from(env!("CARGO_BIN_EXE_procdash"))).unwrap();
    let argv = [&own_program(), "__storm", shape].map(OsString::from).to_vec();
    let launch = Launch {
        name: "storm".to_owned(),
        argv,
        env: std::env::vars_os().collect(),
        dir: "/".into(),
        io: Io::Pipes,
        isolation: Isolation::None,
    };
    let (mut guard, _channel) = guards.launch(&launch).await.unwrap();
    tokio::time::sleep(storm(shape).1).await;
    let began = Instant::now();
    guard.request(Request::Kill).await.unwrap();
    while !matches!(guard.next().await, Report::Empty { .. }) {}
    let took = began.elapsed();
    assert_eq!(raging(), 0, "survivors");
    println!("{}", took.as_micros());
}

/// Counts the processes of storms in this namespace.
fn raging() -> usize {
    let lines =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.windows(7).any(|word| word == b"__storm")).count()
}

/// Starts a storm below an init of its own, kills that, and prints how long the kernel took.
fn end_by_kernel(shape: &str) {
    let flags = if nix::unistd::geteuid().is_root() { "-pf" } else { "-Urpf" };
    let words = [flags, &own_program(), "__init", shape];
    let mut parent = Command::new("unshare").args(words).stderr(Stdio::null()).spawn().unwrap();
    rest(storm(shape).1);
    // on a busy machine it may not have come up yet
    let mut init = None;
    while init.is_none() && parent.try_wait().unwrap().is_none() {
        init = members(parent.id()).unwrap().first().map(|member| member.id);
    }
    let init = init.unwrap();
    let held: OwnedFd =
        pidfd_open(Pid::from_raw(i32::try_from(init.pid).unwrap()).unwrap(), PidfdFlags::empty()).unwrap();
    let began = Instant::now();
    assert_eq!(send(init, Signal::SIGKILL), Delivery::Sent);
    while poll(&mut [PollFd::new(held.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).is_err() {}
    println!("{}", began.elapsed().as_micros());
    parent.wait().unwrap();
}

/// Is the init of a storm: collects the dead, and ends by being killed.
fn be_init(shape: &str) {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => rage(storm(shape).0),
        ForkResult::Parent { .. } => while wait().is_ok() {},
    }
}

/// Runs one round in a namespace; `None` where that is not permitted.
fn round(user: &str, what: &str, shape: &str) -> Option<Duration> {
    let is_root = nix::unistd::geteuid().is_root();
    let flags: &[&str] = if is_root { &["-pfm"] } else { &["-Urpfm"] };
    let script = format!("echo {NUMBERS} >/proc/sys/kernel/pid_max; {user}");
    let output = Command::new("unshare")
        .args(flags)
        .args(["--mount-proc", "--kill-child", "sh", "-c", &script, &own_program(), what, shape])
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).unwrap().trim().parse().ok().map(Duration::from_micros)
}

/// Whether `name` is asked for: it is named, or none of its kind is.
fn chosen(words: &[String], name: &str, all: &[&str]) -> bool {
    words.iter().any(|word| word == name) || !words.iter().any(|word| all.contains(&word.as_str()))
}

fn measure(words: &[String]) {
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(11);
    let is_root = nix::unistd::geteuid().is_root();
    println!("end of a fork storm, ms ({rounds} rounds)     kernel, median     guard, median     max   ratio");
    for (shape, _, _) in SHAPES {
        if words.iter().any(|word| SHAPES.iter().any(|(name, _, _)| name == word))
            && !words.iter().any(|word| word == shape)
        {
            continue;
        }
        // who is root only in a namespace of his own may do no more than before
        for (user, script) in USERS.iter().filter(|(user, _)| is_root || *user == "root") {
            if !chosen(words, user, USERS.map(|(user, _)| user).as_slice()) {
                continue;
            }
            let series = |what| {
                let mut times: Vec<Duration> = (0..rounds).filter_map(|_| round(script, what, shape)).collect();
                times.sort_unstable();
                times
            };
            let (floor, times) = (series("__floor"), series("__one"));
            let millis = |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
            let (low, middle) = (millis(floor.get(floor.len() / 2)), millis(times.get(times.len() / 2)));
            println!(
                "  {shape:>18} {user:>17} {low:20.1} {middle:17.1} {:7.1} {:7.1}   ({} of {rounds})",
                millis(times.last()),
                middle / low,
                times.len()
            );
        }
    }
}
