//! What is to be done after a violent death of the dashboard: everything it has started has to be gone, for certain.

use std::fs;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::kill_tree::KillTree;
use super::raw;
use crate::engine::identity::{Stat, children_of_single_thread, read_whole};
use crate::engine::{kill, survivor, walk};
use crate::process::{ProcessId, ProcessState, Survivor};
use crate::signal::Signal;

/// How long the guards have to end their services and themselves: they give a grace of 250 ms.
const GRACE: Duration = Duration::from_millis(600);

/// After what time those who are left are called survivors.
const LIMIT: Duration = Duration::from_secs(3);

/// The pause of a kill that waits for the dying.
const PAUSE: Duration = Duration::from_millis(1);

/// How many processes are named.
const NAMED: usize = 64;

/// Whose the children of a warden are that it did not get from its dashboard.
#[derive(Clone, Debug)]
pub(super) struct Bystanders {
    /// Those that were there before the dashboard: a script may start something and then become procdash by exec.
    before: Vec<ProcessId>,
    /// Whether strangers' orphans may come here as well: those of the ones above, or everybody's in a container.
    may_come: bool,
}

/// The end of what a dashboard has left to its warden.
#[derive(Debug)]
pub(super) struct Aftermath {
    bystanders: Bystanders,
    /// The mark in the environment of everything that the dashboard's services have started and not scrubbed.
    mark: String,
    died: Instant,
    /// The kill, once the guards have had their time.
    killing: Option<KillTree>,
    /// Not before: reading a long list again for each death would cost more than the deaths.
    next_look: Instant,
    /// Whether the last look has found nobody.
    found_nobody: bool,
}

/// How it stands.
#[derive(Debug)]
pub(super) enum Turn {
    /// Everything is gone.
    Gone,
    /// It is to go on after a death or this time.
    Wait(Duration),
    /// These cannot be killed.
    Left(Vec<Survivor>),
}

impl Bystanders {
    /// Notes who is there now, before there is a dashboard.
    pub(super) fn look() -> Self {
        let own = std::process::id();
        let before: Vec<ProcessId> = children(own).iter().map(|stat| stat.id).collect();
        let may_come = own == 1 || !before.is_empty();
        Self { before, may_come }
    }
}

impl Aftermath {
    /// Begins with the death of `dashboard`.
    pub(super) fn begin(dashboard: ProcessId, bystanders: Bystanders, died: Instant) -> Self {
        let mark = format!("PROCDASH_RUN_ID={dashboard}");
        Self { bystanders, mark, died, killing: None, next_look: died, found_nobody: false }
    }

    /// Collects the dead, continues the paused, kills who has had enough time.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        if !self.collect() {
            return Turn::Gone;
        }
        let left = self.inherited();
        if left.is_empty() {
            // A list that is read while it changes may lack an entry, and tools keep the kernel's own answer from coming.
            if self.found_nobody {
                return Turn::Gone;
            }
            self.found_nobody = true;
            return Turn::Wait(PAUSE);
        }
        self.found_nobody = false;
        for stat in left.iter().filter(|stat| stat.state == ProcessState::Stopped) {
            // a guard that its service has paused: it noticed the end while there was a dashboard
            let _noticed_later = kill::send_to_child(stat.id.pid, Signal::SIGCONT);
        }
        let age = now.duration_since(self.died);
        if age >= LIMIT {
            return Turn::Left(named(&left));
        }
        if age < GRACE {
            return Turn::Wait(GRACE.saturating_sub(age));
        }
        let killing = self.killing.get_or_insert_with(|| {
            // only root may; without it a kill under load takes longer
            let _best_effort = raw::hurry();
            KillTree::begin(now)
        });
        if self.next_look <= now {
            let numbers: Vec<u32> = left.iter().map(|stat| stat.id.pid).collect();
            killing.strike(&numbers, now);
            self.next_look = now + now.elapsed() * 3;
        }
        Turn::Wait(PAUSE)
    }

    /// Returns the children that were left by the dashboard and are not its tools.
    fn inherited(&self) -> Vec<Stat> {
        let own = std::process::id();
        let Ok(Some(me)) = Stat::read(own) else { return Vec::new() };
        let mut found = children(own);
        found.retain(|stat| stat.parent == own && self.is_ours(stat, me.session));
        found
    }

    /// Whether a child was left by the dashboard and is not one of its tools.
    ///
    /// Whoever is in the dashboard's own session was started by it for itself, such as an editor, and is nobody's to kill.
    /// Guards and all below them have sessions of their own, but for a guard that was being started.
    fn is_ours(&self, child: &Stat, own_session: u32) -> bool {
        let may_be = child.session != own_session || is_this_program(child.id.pid);
        if !may_be || self.bystanders.before.contains(&child.id) {
            return false;
        }
        // where strangers may be among them, what cannot be established is left alone
        !self.bystanders.may_come || is_this_program(child.id.pid) || carries(child.id.pid, &self.mark)
    }

    /// Collects the dead; returns whether there is any child left.
    fn collect(&mut self) -> bool {
        loop {
            match collect_one() {
                Ok(Some((pid, status))) => {
                    if let Some(killing) = self.killing.as_mut().filter(|_| !status.stopped()) {
                        killing.forget(pid);
                    }
                }
                Ok(None) => return true,
                Err(Errno::CHILD) => return false,
                Err(_interrupted) => {}
            }
        }
    }
}

/// Collects one child that has ended, or learns of one that has stopped.
pub(super) fn collect_one() -> rustix::io::Result<Option<(u32, WaitStatus)>> {
    // threads that clone made without SIGCHLD are children too
    let all = WaitOptions::from_bits_retain(nix::libc::__WALL.unsigned_abs());
    let found = wait(WaitOptions::NOHANG | WaitOptions::UNTRACED | all)?;
    Ok(found.map(|(pid, status)| (pid.as_raw_nonzero().get().unsigned_abs(), status)))
}

fn children(own: u32) -> Vec<Stat> {
    children_of_single_thread(own).into_iter().filter_map(|pid| Stat::read(pid).ok()?).collect()
}

/// Whether `mark` stands in the environment of a process.
fn carries(pid: u32, mark: &str) -> bool {
    let environment = read_whole(&format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
}

fn is_this_program(pid: u32) -> bool {
    match (fs::read_link(format!("/proc/{pid}/exe")), fs::read_link("/proc/self/exe")) {
        (Ok(theirs), Ok(own)) => theirs == own,
        (Err(_ended), _) | (_, Err(_ended)) => false,
    }
}

/// Names those children and everybody below them.
fn named(left: &[Stat]) -> Vec<Survivor> {
    let below = left.iter().flat_map(|stat| walk(stat.id.pid));
    let all = left.iter().copied().chain(below).filter(Stat::is_alive);
    all.take(NAMED).map(|stat| survivor(&stat)).collect()
}
