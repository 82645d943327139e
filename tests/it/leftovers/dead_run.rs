//! A run whose procdash is killed, all of it at once, and who stays behind.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::processes::{alive, services};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::wait;

/// Runs the project's services until this many processes have another one of the services above them, kills procdash, and
/// returns those: they stay, whereas a guard's own child dies with it.
#[track_caller]
pub(super) fn leave_behind(project: &Project, staying: usize) -> Vec<i32> {
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    let below = || {
        let all: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
        all.iter().filter(|pid| all.contains(&parent(**pid))).count()
    };
    let there = wait::until(|| (below() == staying).then_some(()));
    assert!(there.is_some(), "not {staying} are below another: {:?}", services(project.token()));
    kill_procdash(project.token());
    drop(program);
    let left = wait::until(|| Some(services(project.token())).filter(|left| left.len() == staying));
    let left = left.unwrap_or_else(|| panic!("not {staying} stay: {:?}", services(project.token())));
    left.iter().map(|process| process.pid).collect()
}

/// Kills every procdash of a test at once: none of them can end the tree of another any more.
///
/// Each is stopped first, and seen to be, so that none sees the death of one before its own: a stop takes effect when a
/// thread runs next, and one above continues those below. The lowest is killed first: the death of one above would continue
/// a group that is stopped and has nobody else to continue it.
#[track_caller]
pub(super) fn kill_procdash(token: &str) {
    let mut pids = procdashes(token);
    assert!(pids.len() > 1, "no dashboard with guards: {pids:?}");
    // by their places, for numbers begin anew after the highest
    pids.sort_by_key(|pid| depth(*pid));
    let stopped = wait::until(|| {
        for &pid in pids.iter().filter(|pid| !is_stopped(**pid)) {
            let _already_gone = kill(Pid::from_raw(pid), Signal::SIGSTOP);
        }
        pids.iter().all(|pid| is_stopped(*pid)).then_some(())
    });
    assert!(stopped.is_some(), "not every procdash of {pids:?} stops");
    for &pid in pids.iter().rev() {
        let _already_gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let gone = wait::until(|| pids.iter().all(|pid| !runs(*pid)).then_some(()));
    assert!(gone.is_some(), "a procdash of {pids:?} lives");
}

/// Returns what runs procdash with this token: the dashboards and all that is above and below them. Guards carry nothing.
pub(super) fn procdashes(token: &str) -> Vec<i32> {
    let mut found: Vec<i32> = alive(token).iter().filter(|one| one.is_procdash).map(|one| one.pid).collect();
    let table: Vec<(i32, i32)> = everybody().filter(|pid| is_procdash(*pid)).map(|pid| (pid, parent(pid))).collect();
    loop {
        let more: Vec<i32> = table
            .iter()
            .filter(|(pid, parent)| !found.contains(pid) && found.contains(parent))
            .map(|(pid, _)| *pid)
            .chain(table.iter().filter(|(pid, _)| found.contains(pid)).map(|(_, parent)| *parent))
            .filter(|pid| is_procdash(*pid) && !found.contains(pid))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
        found.sort_unstable();
        found.dedup();
    }
}

fn everybody() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

pub(super) fn is_procdash(pid: i32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|link| link == Path::new(env!("CARGO_BIN_EXE_procdash")))
}

/// Returns the fields of `/proc/PID/stat` from the third on.
pub(super) fn stat(pid: i32) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned).collect())
}

pub(super) fn parent(pid: i32) -> i32 {
    stat(pid).and_then(|fields| fields[1].parse().ok()).unwrap_or(0)
}

/// Returns how many processes are above this one.
fn depth(pid: i32) -> usize {
    std::iter::successors(Some(pid), |pid| Some(parent(*pid)).filter(|parent| *parent > 0)).count()
}

/// Whether none of a process's threads runs any more.
fn is_stopped(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut lines = threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
    lines.all(|line| line.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X'])))
}

pub(super) fn start(pid: i32) -> u64 {
    stat(pid).unwrap()[19].parse().unwrap()
}

/// Returns the state of the first thread of a process.
pub(super) fn state(pid: i32) -> Option<String> {
    Some(stat(pid)?.swap_remove(0))
}

pub(super) fn runs(pid: i32) -> bool {
    stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"))
}

#[track_caller]
pub(super) fn assert_all_run(pids: &[i32]) {
    let gone: Vec<&i32> = pids.iter().filter(|pid| !runs(**pid)).collect();
    assert!(gone.is_empty(), "{gone:?} of {pids:?} were ended");
}

#[track_caller]
pub(super) fn assert_none_runs(pids: &[i32]) {
    let left: Vec<&i32> = pids.iter().filter(|pid| runs(**pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?} are alive");
}

/// A variable of the environment of a process.
pub(super) fn variable(pid: i32, name: &str) -> String {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let prefix = format!("{name}=");
    let found = environment.split(|byte| *byte == 0).find_map(|one| one.strip_prefix(prefix.as_bytes()));
    String::from_utf8(found.unwrap().to_vec()).unwrap()
}

/// A process with marks of its own making, and no other environment; ends with this.
pub(super) struct Impostor(Child);

impl Impostor {
    fn new(change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new("sleep");
        command.arg("1000").env_clear().stdin(Stdio::null());
        change(&mut command);
        Self(command.spawn().unwrap())
    }

    /// One that carries the marks of `pid` but for these.
    pub(super) fn of(pid: i32, changed: &[(&str, &str)]) -> Self {
        let names = ["PROCDASH_RUN_ID", "PROCDASH_SERVICE", "PROCDASH_PROJECT", "PROCDASH_FILE", "PROCDASH_NAMESPACE"];
        Self::new(|command| {
            command.envs(names.map(|name| (name, variable(pid, name)))).envs(changed.iter().copied());
        })
    }

    pub(super) fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}
