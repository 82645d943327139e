//! What a run has left behind whose dashboard and guards were killed together: found by its marks, and ended.

mod rules;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use self::rules::{Alone, Scope};
use self::rules::{Asked, Judgement, Mark, Row, judge};
use super::identity::{Stat, read_whole};
use super::kill::{hold, send};
use super::marks::{Marks, own_namespace};
use super::verify::survivor;
use crate::process::{Delivery, ProcessId, Survivor};
use crate::signal::Signal;

/// How long guards that are at work are waited for: each ends its tree within a second of its dashboard's death.
const GUARDS_END: Duration = Duration::from_secs(2);
/// How long leftovers may take to die before they are called survivors.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// How many deaths are waited for at once; the first of them ends the pause.
const WATCHED: usize = 256;
/// How many looks in a row have to find nobody: one may miss a child whose parent ended while it was read.
const LOOKS: usize = 2;
/// How often a process is looked at that is in the middle of an exec, and the longest pause between.
const EXEC_LOOKS: u32 = 100;
const EXEC_PAUSE: Duration = Duration::from_millis(1);

/// A process that a dead run has left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Who it is.
    pub id: ProcessId,
    /// Its command line.
    pub command: String,
    /// Whose it was.
    pub marks: Marks,
    /// Whether a procdash above it is at work, and ends it or knows why not.
    pub is_guarded: bool,
}

/// A process below a leftover that is not known to be one, and therefore not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Who it is.
    pub id: ProcessId,
    /// Its command line.
    pub command: String,
    /// The leftover above it.
    pub below: u32,
    /// Why it is left alone.
    pub why: Alone,
}

/// What a look has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The leftovers, by number.
    pub leftovers: Vec<Leftover>,
    /// Those below them that stay as they are.
    pub alone: Vec<LeftAlone>,
}

/// What has become of leftovers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Those that were killed and are seen to be gone.
    pub killed: Vec<Leftover>,
    /// Those that are still alive, each with the reason.
    pub survivors: Vec<(Leftover, Survivor)>,
}

/// Looks for leftovers, and waits up to two seconds while guards of a dead dashboard are still ending them.
///
/// # Errors
/// The process table cannot be read.
pub fn find_settled(scope: &Scope) -> io::Result<Found> {
    let until = Instant::now() + GUARDS_END;
    let mut before: Option<usize> = None;
    loop {
        let found = find(scope)?;
        let count = found.leftovers.len();
        let is_shrinking = before.is_some_and(|before| count < before);
        let is_guarded = found.leftovers.iter().any(|leftover| leftover.is_guarded);
        if count == 0 || !(is_guarded || is_shrinking) || Instant::now() >= until {
            return Ok(found);
        }
        before = Some(count);
        pause(&found.leftovers);
    }
}

/// Kills leftovers, look by look, until two looks in a row find none; gives up after five seconds.
///
/// Whoever is below a procdash that is at work is waited for and not killed.
///
/// # Errors
/// The process table cannot be read.
pub fn reap(scope: &Scope) -> io::Result<Reaped> {
    let until = Instant::now() + PATIENCE;
    let mut sent: Vec<Leftover> = Vec::new();
    let mut refused: Vec<(ProcessId, String)> = Vec::new();
    let mut empty = 0;
    let left = loop {
        let found = find(scope)?;
        for leftover in found.leftovers.iter().filter(|leftover| !leftover.is_guarded) {
            match send(leftover.id, Signal::SIGKILL) {
                Delivery::Sent if sent.iter().all(|known| known.id != leftover.id) => sent.push(leftover.clone()),
                Delivery::Sent | Delivery::AlreadyGone => {}
                Delivery::Refused(why) => refused.push((leftover.id, why)),
            }
        }
        empty = if found.leftovers.is_empty() { empty + 1 } else { 0 };
        if empty == LOOKS || Instant::now() >= until {
            break found.leftovers;
        }
        pause(&found.leftovers);
    };
    let is_left: HashSet<ProcessId> = left.iter().map(|leftover| leftover.id).collect();
    sent.retain(|leftover| !is_left.contains(&leftover.id));
    let survivors = left.into_iter().filter_map(|leftover| survives(leftover, &refused)).collect();
    Ok(Reaped { killed: sent, survivors })
}

/// Says why somebody is still alive; `None` if it has ended meanwhile.
fn survives(leftover: Leftover, refused: &[(ProcessId, String)]) -> Option<(Leftover, Survivor)> {
    let stat = alive(leftover.id)?;
    let mut survivor = survivor(&stat);
    if leftover.is_guarded {
        "a procdash above it still runs and has not ended it".clone_into(&mut survivor.reason);
    } else if let Some((_, why)) = refused.iter().find(|(id, _)| *id == leftover.id) {
        survivor.reason = format!("{why}; {}", survivor.reason);
    }
    Some((leftover, survivor))
}

/// Waits until one of these has ended, or for a moment.
fn pause(leftovers: &[Leftover]) {
    if leftovers.is_empty() {
        return;
    }
    wait_for_deaths(leftovers.iter().map(|leftover| leftover.id.pid), PAUSE);
}

/// Waits until one of these processes has died, but not for longer than this.
fn wait_for_deaths(pids: impl Iterator<Item = u32>, longest: Duration) {
    let held: Vec<OwnedFd> = pids.take(WATCHED).filter_map(|pid| hold(pid).ok().flatten()).collect();
    let mut watched: Vec<PollFd<'_>> = held.iter().map(|held| PollFd::new(held.as_fd(), PollFlags::POLLIN)).collect();
    let most = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
    // an interrupted wait only makes the next look earlier
    let _looked_at_next = poll(&mut watched, most);
}

/// Looks once at the process table for what dead runs of `scope` have left.
///
/// # Errors
/// The process table cannot be read.
pub fn find(scope: &Scope) -> io::Result<Found> {
    let numbers = numbers()?;
    let marked = |pid: &u32| matches!(mark(*pid), Mark::Carried(marks) if scope.covers(&marks));
    // almost always nobody is, and the rest of the table need not be read
    if !numbers.iter().any(marked) {
        return Ok(Found::default());
    }
    let own = std::process::id();
    let names = Names::new();
    let rows: Vec<Row> = numbers.into_iter().filter_map(|pid| row(pid, &names)).collect();
    let asked = Asked { scope, own, namespace: own_namespace() };
    // after the environments were read: who is dead now was not born meanwhile
    let judgement = judge(&rows, &asked, may_live);
    Ok(described(&rows, judgement))
}

fn described(rows: &[Row], judgement: Judgement) -> Found {
    let mut found = Found::default();
    for (place, is_guarded) in judgement.leftovers {
        let Some(Row { id, mark: Mark::Carried(marks), .. }) = rows.get(place) else { continue };
        let Some(stat) = alive(*id) else { continue };
        let command = survivor(&stat).command;
        found.leftovers.push(Leftover { id: *id, command, marks: marks.clone(), is_guarded });
    }
    for (place, below, why) in judgement.alone {
        let Some(stat) = rows.get(place).and_then(|row| alive(row.id)) else { continue };
        found.alone.push(LeftAlone { id: stat.id, command: survivor(&stat).command, below, why });
    }
    found
}

/// Lists everybody's number.
pub(super) fn numbers() -> io::Result<Vec<u32>> {
    let mut numbers: Vec<u32> =
        fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Returns what is known of a process, if it is alive.
fn row(pid: u32, names: &Names) -> Option<Row> {
    let stat = Stat::read(pid).ok()??;
    let mark = mark(pid);
    let is_procdash = names.is_procdash(pid);
    // the number may have gone to another process meanwhile, which is not whose environment was read
    let is_the_same = alive(stat.id).is_some();
    is_the_same.then_some(Row { id: stat.id, parent: stat.parent, is_procdash, mark })
}

/// Whether a dashboard lives; also where one has its number that cannot be looked at, as of another user.
pub(super) fn may_live(run: ProcessId) -> bool {
    match Stat::read(run.pid) {
        Ok(Some(stat)) => stat.id == run && stat.is_alive(),
        Ok(None) | Err(_) => !matches!(hold(run.pid), Ok(None)),
    }
}

fn alive(id: ProcessId) -> Option<Stat> {
    Stat::read(id.pid).ok().flatten().filter(|stat| stat.id == id && stat.is_alive())
}

/// Returns the marks that a process carries; none where its environment cannot be read.
pub(super) fn marks_of(pid: u32) -> Option<Marks> {
    match mark(pid) {
        Mark::Carried(marks) => Some(marks),
        Mark::Missing | Mark::Unreadable => None,
    }
}

fn mark(pid: u32) -> Mark {
    match environment(pid) {
        Ok(environment) => Marks::read(&environment).map_or(Mark::Missing, Mark::Carried),
        Err(_forbidden_or_gone) => Mark::Unreadable,
    }
}

/// Whether a process is in the middle of an exec: it has a program already, and no words and no environment yet.
///
/// execve(2) takes the old memory away before it writes these into the new one; one of the kernel has no program.
fn is_amid_exec(pid: u32) -> bool {
    let has_no_words = matches!(read_whole(&format!("/proc/{pid}/cmdline")), Ok(words) if words.is_empty());
    has_no_words && fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

/// Reads the environment that a process was started with.
fn environment(pid: u32) -> io::Result<Vec<u8>> {
    let mut whole = read_whole(&format!("/proc/{pid}/environ"));
    for _ in 0..EXEC_LOOKS {
        if !matches!(&whole, Ok(bytes) if bytes.is_empty()) || !is_amid_exec(pid) {
            break;
        }
        // or for its end
        wait_for_deaths([pid].into_iter(), EXEC_PAUSE);
        whole = read_whole(&format!("/proc/{pid}/environ"));
    }
    let is_hidden = match &whole {
        Ok(bytes) => bytes.is_empty(),
        Err(error) => error.kind() != io::ErrorKind::PermissionDenied,
    };
    // a process whose first thread has ended shows its environment in the others only
    let is_headless = || matches!(Stat::read(pid), Ok(Some(stat)) if stat.threads > 1 && stat.is_headless());
    if is_hidden && is_headless() {
        let threads = fs::read_dir(format!("/proc/{pid}/task"))?.flatten();
        let read = |thread: fs::DirEntry| read_whole(thread.path().join("environ").to_str()?).ok();
        return threads
            .filter_map(read)
            .find(|bytes| !bytes.is_empty())
            .ok_or_else(|| io::Error::other("no thread shows the environment"));
    }
    whole
}

/// What a program is called that is procdash.
struct Names {
    own: Option<std::ffi::OsString>,
}

impl Names {
    fn new() -> Self {
        let own = fs::read_link("/proc/self/exe").ok();
        Self { own: own.as_deref().and_then(name_of_program).map(OsStr::to_owned) }
    }

    /// Whether a process runs procdash; `false` where its program is not to be known.
    fn is_procdash(&self, pid: u32) -> bool {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
        let name = program.as_deref().and_then(name_of_program);
        name.is_some_and(|name| name == "procdash" || Some(name) == self.own.as_deref())
    }
}

/// Returns the name of a program, also of one that was replaced since, as by a build.
fn name_of_program(link: &Path) -> Option<&OsStr> {
    let name = link.file_name()?;
    Some(name.to_str().and_then(|name| name.strip_suffix(" (deleted)")).map_or(name, OsStr::new))
}
