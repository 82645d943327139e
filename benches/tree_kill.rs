//! How long it takes to kill a tree and to see it gone, beside the kernel's own teardown; and what guards cost.
#![allow(unsafe_code, reason = "the trees are made by fork alone, so that making them is quick")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that measures and prints")]

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{ForkResult, fork, pause};
use procdash::config::Isolation;
use procdash::engine::{Channel, Io, Launch, Sampler, identify, look, members, send};
use procdash::guard::{Guard, Guards, Report, Request};
use procdash::process::{Delivery, ProcessId, Verdict};
use procdash::signal::Signal;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

const SHAPES: [&str; 3] = ["flat", "binary", "chain"];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    match word(1) {
        "__tree" => grow(word(2), 0, word(3).parse().unwrap()),
        "__dashboard" => runtime().block_on(be_killed(word(2), word(3).parse().unwrap())),
        _ => runtime().block_on(measure()),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Makes the part of a tree of `count` processes that begins with process number `own`, and stays.
#[expect(clippy::zombie_processes, reason = "nobody here outlives anybody")]
fn grow(shape: &str, own: usize, count: usize) {
    if shape == "chain" && own + 1 < count {
        // by exec: what was forked a thousand times over shares so much that the kernel needs seconds to fork it again
        let words = ["__tree", shape, &(count - 1).to_string()];
        Command::new(own_program()).args(words).spawn().unwrap();
        return stay();
    }
    let children = match shape {
        "flat" if own == 0 => 1..count,
        "flat" => 0..0,
        _ => (2 * own + 1).min(count)..(2 * own + 3).min(count),
    };
    for child in children {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.unwrap() {
            return grow(shape, child, count);
        }
    }
    stay();
}

fn stay() {
    rustix::io::write(std::io::stdout(), b".").unwrap();
    loop {
        pause();
    }
}

fn guards() -> Guards {
    Guards::with_program(PathBuf::from(env!("CARGO_BIN_EXE_procdash"))).unwrap()
}

fn launch(words: &[&str]) -> Launch {
    Launch {
        name: "bench".to_owned(),
        argv: words.iter().map(OsString::from).collect(),
        env: std::env::vars_os().collect(),
        dir: "/".into(),
        io: Io::Pipes,
        isolation: Isolation::None,
    }
}

fn own_program() -> String {
    std::env::current_exe().unwrap().to_str().unwrap().to_owned()
}

async fn start_tree(guards: &Guards, shape: &str, count: usize) -> (Guard, Channel) {
    let started = guards.launch(&launch(&[&own_program(), "__tree", shape, &count.to_string()])).await.unwrap();
    let Channel::Pipes { stdout, .. } = &started.1 else { unreachable!("pipes were asked for") };
    let mut present = 0;
    let mut bytes = [0; 4096];
    while present < count {
        match rustix::io::read(stdout, &mut bytes) {
            Ok(more) => present += more,
            Err(_nothing_yet) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
    started
}

/// Kills one tree through its guard; returns the time until the last word, and until the table was looked at too.
async fn kill_by_guard(guards: &Guards, shape: &str, count: usize) -> (Duration, Duration) {
    let (mut guard, _channel) = start_tree(guards, shape, count).await;
    let ids: Vec<ProcessId> = members(guard.id().pid).unwrap().into_iter().map(|member| member.id).collect();
    assert_eq!(ids.len(), count);
    let began = Instant::now();
    guard.request(Request::Kill).await.unwrap();
    while !matches!(guard.next().await, Report::Empty { .. }) {}
    let empty = began.elapsed();
    assert_eq!(look(&ids), Verdict::Gone);
    (empty, began.elapsed())
}

/// Kills the same tree as the kernel does: as the init of a pid namespace. `None` where that is not permitted.
fn kill_by_kernel(shape: &str, count: usize) -> Option<Duration> {
    let flags = if nix::unistd::geteuid().is_root() { "-pf" } else { "-Urpf" };
    let words = [flags, &own_program(), "__tree", shape, &count.to_string()];
    let mut parent = Command::new("unshare").args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut output = parent.stdout.take()?;
    let mut bytes = vec![0; count];
    if output.read_exact(&mut bytes).is_err() {
        parent.wait().unwrap();
        return None;
    }
    let init = members(parent.id()).unwrap().first().unwrap().id;
    let held = hold(init);
    let began = Instant::now();
    assert_eq!(send(init, Signal::SIGKILL), Delivery::Sent);
    wait_for(&held);
    let took = began.elapsed();
    parent.wait().unwrap();
    Some(took)
}

fn hold(id: ProcessId) -> OwnedFd {
    pidfd_open(Pid::from_raw(i32::try_from(id.pid).unwrap()).unwrap(), PidfdFlags::empty()).unwrap()
}

fn wait_for(process: &OwnedFd) {
    // the signal of another child's death interrupts it
    while poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).is_err() {}
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

async fn measure() {
    let guards = guards();
    println!("kill of a tree, median in ms          kernel   guard   ratio   guard+look   ratio");
    let chosen: Vec<String> = std::env::args().filter(|word| SHAPES.contains(&word.as_str())).collect();
    for shape in SHAPES.into_iter().filter(|shape| chosen.is_empty() || chosen.iter().any(|word| word == shape)) {
        for (count, rounds) in [(10, 41), (100, 21), (1000, 7)] {
            let (mut floor, mut empty, mut seen) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..rounds {
                floor.extend(kill_by_kernel(shape, count));
                let (one, other) = kill_by_guard(&guards, shape, count).await;
                empty.push(one);
                seen.push(other);
            }
            let (floor, empty, seen) = (median(&mut floor), median(&mut empty), median(&mut seen));
            let ratios = (empty / floor, seen / floor);
            println!(
                "  {shape:>6} {count:>5}                      {floor:8.2}{empty:8.2}{:8.2}{seen:13.2}{:8.2}",
                ratios.0, ratios.1
            );
        }
    }
    cost_of_looks(&guards).await;
    death_of_the_dashboard();
    cost_of_guards(&guards).await;
}

async fn cost_of_looks(guards: &Guards) {
    println!("looks, µs of processor      first look, one tree   a process   sampler   a process");
    for count in [10, 100, 1000] {
        let (mut guard, _channel) = start_tree(guards, "binary", count).await;
        let root = guard.id().pid;
        // often enough that the kernel's ticks do not show
        let rounds = 20_000 / count;
        let time = |look: &mut dyn FnMut() -> usize| {
            let all = timed(|| (0..rounds).for_each(|_| assert_eq!(look(), count)));
            all.as_secs_f64() * 1e6 / f64::from(u32::try_from(rounds).unwrap())
        };
        let first = time(&mut || members(root).unwrap().len());
        let mut sampler = Sampler::new().unwrap();
        let again = time(&mut || sampler.sample(&[root]).iter().map(Vec::len).sum());
        let each = |time: f64| time / f64::from(u32::try_from(count).unwrap());
        println!("  {count:>6}              {first:18.0}{:12.1}{again:10.0}{:12.1}", each(first), each(again));
        guard.request(Request::Kill).await.unwrap();
        while !matches!(guard.next().await, Report::Empty { .. }) {}
    }
}

/// Returns the processor time that the work took: neighbours cannot make it longer.
fn timed(work: impl FnOnce()) -> Duration {
    let spent = || figure_at("/proc/thread-self/schedstat", 0);
    let before = spent();
    work();
    Duration::from_nanos(spent() - before)
}

fn figure_at(path: &str, place: usize) -> u64 {
    fs::read_to_string(path).unwrap().split_whitespace().nth(place).unwrap().parse().unwrap()
}

fn death_of_the_dashboard() {
    println!("kill -9 of the dashboard until all are gone, median in ms (a guard gives 250 ms)");
    for count in [10, 1000] {
        let mut times: Vec<Duration> = (0..7).map(|_| one_death("binary", count)).collect();
        println!("  binary {count:>5}   {:8.2}", median(&mut times));
    }
}

/// Is a dashboard that says who is below its guard, and waits for its death.
async fn be_killed(shape: &str, count: usize) {
    let started = start_tree(&guards(), shape, count).await;
    let pids: Vec<String> =
        members(started.0.id().pid).unwrap().iter().map(|member| member.id.pid.to_string()).collect();
    println!("{}", pids.join(" "));
    std::future::pending::<()>().await;
}

fn one_death(shape: &str, count: usize) -> Duration {
    let words = ["__dashboard", shape, &count.to_string()];
    let mut dashboard = Command::new(own_program()).args(words).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(dashboard.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let held: Vec<_> = line.split_whitespace().filter_map(|pid| identify(pid.parse().unwrap())).map(hold).collect();
    assert_eq!(held.len(), count);
    dashboard.kill().unwrap();
    let began = Instant::now();
    for one in &held {
        wait_for(one);
    }
    let took = began.elapsed();
    dashboard.wait().unwrap();
    took
}

async fn cost_of_guards(guards: &Guards) {
    println!("guards              start, median ms   plain spawn   all, ms   private kB, median   max   wakes in 3 s");
    for count in [20, 100] {
        let mut plain = Vec::new();
        for _ in 0..count {
            let began = Instant::now();
            let mut child = Command::new("sleep").arg("300").spawn().unwrap();
            plain.push(began.elapsed());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let (mut held, mut times) = (Vec::new(), Vec::new());
        let all = Instant::now();
        for _ in 0..count {
            let began = Instant::now();
            held.push(guards.launch(&launch(&["sleep", "300"])).await.unwrap());
            times.push(began.elapsed());
        }
        let all = all.elapsed().as_secs_f64() * 1000.0;
        let pids: Vec<u32> = held.iter().map(|(guard, _)| guard.id().pid).collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut memory: Vec<u64> = pids.iter().map(|&pid| figure(pid, "smaps_rollup", "Private_")).collect();
        memory.sort_unstable();
        let wakes = || pids.iter().map(|&pid| figure(pid, "status", "voluntary_ctxt_switches")).sum::<u64>();
        let before = wakes();
        tokio::time::sleep(Duration::from_secs(3)).await;
        println!(
            "  {count:>4}              {:16.2}{:14.2}{all:10.1}{:21}{:6}{:15}",
            median(&mut times),
            median(&mut plain),
            memory.get(count / 2).copied().unwrap_or_default(),
            memory.last().copied().unwrap_or_default(),
            wakes() - before
        );
        for (mut guard, _channel) in held {
            guard.request(Request::Kill).await.unwrap();
            while !matches!(guard.next().await, Report::Empty { .. }) {}
        }
    }
}

/// Sums the figures in the lines of a file of a process that begin with `key`.
fn figure(pid: u32, file: &str, key: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with(key));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}
