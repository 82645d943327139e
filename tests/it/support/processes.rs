//! The oracle: which processes of a test are alive, read from /proc without any help of the program under test.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::wait;

/// A live process whose command line or environment carries a test's token.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) pid: i32,
    pub(crate) command: String,
    /// Whether it is the program under test: the dashboard or one of its guards.
    pub(crate) is_procdash: bool,
}

/// Returns everything alive that carries `token`.
///
/// Every thread is looked at: a process whose main thread has ended is a zombie by its own line in the table, with an
/// empty command line, and lives on in its other threads.
pub(crate) fn alive(token: &str) -> Vec<Found> {
    let mut found: Vec<Found> = numbers(Path::new("/proc")).filter_map(|pid| look(pid, token)).collect();
    found.sort_by_key(|process| process.pid);
    found
}

/// Returns what is alive of the services: everything but the dashboard and its guards.
pub(crate) fn services(token: &str) -> Vec<Found> {
    alive(token).into_iter().filter(|process| !process.is_procdash).collect()
}

/// Waits until nothing that carries `token` is alive, the dashboard and its guards included.
#[track_caller]
pub(crate) fn wait_until_nothing_lives(token: &str) {
    let gone = wait::until(|| alive(token).is_empty().then_some(()));
    assert!(gone.is_some(), "still alive:\n{}", list(&alive(token)));
}

/// Waits until at least `number` processes of the services are alive.
#[track_caller]
pub(crate) fn wait_for_services(token: &str, number: usize) {
    let there = wait::until(|| (services(token).len() >= number).then_some(()));
    assert!(there.is_some(), "expected {number} processes, found\n{}", list(&services(token)));
}

/// Fails, with a list, unless nothing of the services is alive at this moment.
#[track_caller]
pub(crate) fn assert_no_service_lives(token: &str) {
    let left = services(token);
    assert!(left.is_empty(), "still alive:\n{}", list(&left));
}

/// Waits for the dashboard below the process that was started: its child that is the program and no guard.
#[track_caller]
pub(crate) fn dashboard_below(warden: u32) -> Pid {
    let found = wait::until(|| children(warden).find(|&pid| is_program(pid) && !is_guard(pid)));
    Pid::from_raw(found.unwrap_or_else(|| panic!("process {warden} has no dashboard below it")))
}

/// Returns the guards below a dashboard.
pub(crate) fn guards_below(dashboard: Pid) -> Vec<Pid> {
    children(dashboard.as_raw().unsigned_abs()).filter(|&pid| is_guard(pid)).map(Pid::from_raw).collect()
}

/// Returns the children of all threads of a process.
fn children(pid: u32) -> impl Iterator<Item = i32> {
    let tasks = format!("/proc/{pid}/task");
    let lines: Vec<String> = numbers(Path::new(&tasks))
        .filter_map(|thread| fs::read_to_string(format!("{tasks}/{thread}/children")).ok())
        .collect();
    lines.join(" ").split_whitespace().map(|word| word.parse().unwrap()).collect::<Vec<i32>>().into_iter()
}

fn is_program(pid: i32) -> bool {
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
    program.as_deref().and_then(Path::file_name) == Some(OsStr::new("procdash"))
}

fn is_guard(pid: i32) -> bool {
    contains(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default(), "__guard")
}

/// Waits until process `pid` is stopped, or is not any more.
#[track_caller]
pub(crate) fn wait_until_stopped(pid: Pid, stopped: bool) {
    let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let is_stopped = || stat().rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'));
    let seen = wait::until(|| (is_stopped() == stopped).then_some(()));
    assert!(seen.is_some(), "expected stopped: {stopped}, found {}", stat());
}

/// Kills everything that carries `token`; for the end of a test that has failed.
pub(crate) fn kill_all(token: &str) {
    for process in alive(token) {
        let _already_gone = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
    }
}

fn list(processes: &[Found]) -> String {
    processes.iter().fold(String::new(), |mut text, process| {
        writeln!(text, "  {} {}", process.pid, process.command).unwrap();
        text
    })
}

fn look(pid: i32, token: &str) -> Option<Found> {
    let tasks = format!("/proc/{pid}/task");
    numbers(Path::new(&tasks))
        .find_map(|thread| look_at_thread(pid, &Path::new(&tasks).join(thread.to_string()), token))
}

fn look_at_thread(pid: i32, folder: &Path, token: &str) -> Option<Found> {
    let (command, environment) = words_of(folder);
    if !contains(&command, token) && !contains(&environment, token) {
        return None;
    }
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // the name in brackets may hold anything, brackets and spaces included: the state follows the last one
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    if matches!(state, 'Z' | 'X') {
        return None;
    }
    let program = fs::read_link(folder.join("exe"));
    if program.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        // its memory is gone already: it has done the last that it will ever do
        return None;
    }
    let program = program.ok();
    let words: Vec<_> = command.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    Some(Found {
        pid,
        command: words.join(" ").trim_end().to_owned(),
        is_procdash: program.as_deref().and_then(Path::file_name) == Some(OsStr::new("procdash")),
    })
}

/// Returns the words and the environment of a thread's process.
///
/// In the middle of an exec there are neither, for a moment: execve(2) takes the old memory away before it has written
/// these into the new one. Whoever looked just then would miss a live process.
fn words_of(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
    for _ in 0..500 {
        let (command, environment) = (read("cmdline"), read("environ"));
        // one of the kernel has no program, and one that has ended has none any more
        if !command.is_empty() || !environment.is_empty() || fs::read_link(folder.join("exe")).is_err() {
            return (command, environment);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    (read("cmdline"), read("environ"))
}

fn numbers(folder: &Path) -> impl Iterator<Item = i32> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        std::str::from_utf8(name.as_bytes()).ok()?.parse().ok()
    })
}

fn contains(bytes: &[u8], token: &str) -> bool {
    bytes.windows(token.len()).any(|window| window == token.as_bytes())
}

mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_oracle_sees_a_live_process_by_its_words_and_by_its_environment_but_no_zombie() {
        let token = format!("oracle{}", std::process::id());
        let mut by_words = Command::new("sh").args(["-c", "read -r line", &token]).spawn_with_open_input();
        let mut by_environment =
            Command::new("sh").args(["-c", "read -r line"]).env("T", &token).spawn_with_open_input();
        wait_for_services(&token, 2);

        by_words.kill().unwrap();
        by_environment.kill().unwrap();

        // neither was waited for: both stay in the table as zombies
        wait_until_nothing_lives(&token);
        by_words.wait().unwrap();
        by_environment.wait().unwrap();
    }

    trait OpenInput {
        fn spawn_with_open_input(&mut self) -> std::process::Child;
    }

    impl OpenInput for Command {
        fn spawn_with_open_input(&mut self) -> std::process::Child {
            self.stdin(std::process::Stdio::piped()).spawn().unwrap()
        }
    }
}
