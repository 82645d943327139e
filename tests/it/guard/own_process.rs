//! Processes for the tests: each test is a dashboard of its own, and its services are found by a word.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use procdash::config::Isolation;
use procdash::engine::{Channel, Io, Launch};
use procdash::guard::{Guard, Guards, Report};
use procdash::process::Exit;

/// Set for a test that runs in a process of its own.
pub(super) const INNER: &str = "PROCDASH_TEST_INNER";

/// Runs a test in a process of its own: a dashboard is the reaper of everything in its process, of other tests too.
pub(super) fn alone<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    if std::env::var_os(INNER).is_some() {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test());
        return;
    }
    let ended = inner().output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// The command that runs the present test, and no other, as a dashboard of its own.
pub(super) fn inner() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([std::thread::current().name().unwrap(), "--exact", "--nocapture"]).env(INNER, "1");
    command
}

pub(super) fn guards() -> Guards {
    Guards::with_program(PathBuf::from(env!("CARGO_BIN_EXE_procdash"))).unwrap()
}

/// A word for command lines by which the processes of one test are found, whatever else they do.
pub(super) fn token() -> String {
    let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    // sleep(1) adds its arguments up: the word may stand there
    format!("0.000{:07}{moment:09}", std::process::id())
}

/// Counts who has `token` in the command line and is not dead.
pub(super) fn alive(token: &str) -> usize {
    let numbers =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|pid| has_token(*pid, token)).count()
}

/// Waits until so many have `token`, and all but `shells` of them are sleeps: on the way there, as many may be there for
/// a moment, some of them shells that are about to end.
pub(super) fn until_settled(token: &str, count: usize, shells: usize) {
    let sleeps = || {
        let numbers = procdash::engine::members(std::process::id()).unwrap();
        numbers.iter().filter(|member| member.command.starts_with("sleep") && has_token(member.id.pid, token)).count()
    };
    until("all are there", || alive(token) == count && sleeps() == count - shells);
}

fn has_token(pid: u32, token: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    pid != std::process::id()
        && String::from_utf8_lossy(&line).contains(token)
        && !matches!(state, None | Some('Z' | 'X'))
}

pub(super) fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
    }
}

pub(super) fn launch(script: &str, token: &str, io: Io) -> Launch {
    let word = |word: &str| OsString::from(word);
    Launch {
        name: "case".to_owned(),
        argv: vec![word("sh"), word("-c"), word(script), word(token), word(script)],
        env: vec![(word("PATH"), std::env::var_os("PATH").unwrap())],
        dir: std::env::temp_dir(),
        io,
        isolation: Isolation::None,
    }
}

pub(super) const TERMINAL: Io = Io::Terminal { columns: 80, rows: 24 };

pub(super) async fn next(guard: &mut Guard) -> Report {
    tokio::time::timeout(Duration::from_secs(20), guard.next()).await.expect("the guard has something to say")
}

/// Waits for the guard's last word.
pub(super) async fn empty(guard: &mut Guard) -> (Option<Exit>, u64) {
    loop {
        match next(guard).await {
            Report::Empty { last, killed } => return (last, killed),
            Report::MainExited(_) | Report::Signalled { .. } => {}
            other @ (Report::Stuck(_) | Report::Lost(_)) => panic!("{other:?}"),
        }
    }
}

pub(super) fn read_all(channel: Channel) -> String {
    let descriptor = match channel {
        Channel::Terminal(terminal) => terminal.reader().unwrap(),
        Channel::Pipes { stdout, .. } => stdout,
    };
    let mut text = Vec::new();
    let mut bytes = [0; 4096];
    // the program has ended: what it wrote is there, and then the end, as 0 or as an error of the terminal
    while let Ok(count @ 1..) = rustix::io::read(&descriptor, &mut bytes) {
        text.extend(bytes.iter().take(count));
    }
    String::from_utf8(text).unwrap()
}

pub(super) async fn wait_for_output(channel: &Channel) {
    let Channel::Pipes { stdout, .. } = channel else { panic!("not a pipe") };
    let mut bytes = [0; 64];
    while rustix::io::read(stdout, &mut bytes).is_err() {
        tokio::task::yield_now().await;
    }
}

/// Says why a test does not run on this machine.
#[expect(clippy::print_stderr, reason = "whoever runs the tests has to know")]
pub(crate) fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}
