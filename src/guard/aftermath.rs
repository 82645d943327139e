//! What is to be done after the end of the dashboard: everything it has started has to be gone, for certain.

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::kill_tree::KillTree;
use super::killing::NAMED;
use super::program::MARK;
use super::raw;
use super::service::{COLLECTED_AT_ONCE, Left};
use crate::engine::identity::{Stat, children_of_single_thread, read_whole};
use crate::engine::{RUN_ID, kill, survivor, walk};
use crate::process::{ProcessId, ProcessState, Survivor};
use crate::signal::Signal;

/// How long the guards have to end their services and themselves: they give a grace of 250 ms.
const GRACE: Duration = Duration::from_millis(500);

/// After what time those who are left are called survivors.
const LIMIT: Duration = Duration::from_secs(3);

/// The pause of a kill that waits for the dying.
const PAUSE: Duration = Duration::from_millis(1);

/// Whose the children of a warden are that it did not get from its dashboard.
#[derive(Clone, Debug)]
pub(super) struct Bystanders {
    /// Those that were there before the dashboard: a script may start something and then become procdash by exec.
    before: Vec<ProcessId>,
    /// Whether strangers' orphans may come here as well: those of the ones above, or everybody's in a container.
    may_come: bool,
}

/// How the dashboard has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// By a signal: nobody has looked after what is left.
    Violent,
    /// By itself: it has left to its guards only what resists, or what its user did not want to wait for.
    Orderly,
}

/// The end of what a dashboard has left to its warden.
#[derive(Debug)]
pub(super) struct Aftermath {
    dashboard: ProcessId,
    death: Death,
    bystanders: Bystanders,
    /// The mark in the environment of everything that the dashboard's services have started and not scrubbed.
    mark: String,
    died: Instant,
    /// The kill, once the guards have had their time.
    killing: Option<KillTree>,
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
    pub(super) fn begin(dashboard: ProcessId, death: Death, bystanders: Bystanders, died: Instant) -> Self {
        let mark = format!("{RUN_ID}={dashboard}");
        Self { dashboard, death, bystanders, mark, died, killing: None, found_nobody: false }
    }

    /// Collects the dead, continues the paused, kills who has had enough time.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        let age = now.duration_since(self.died);
        let collected = self.collect();
        match collected {
            Left::Nothing => return Turn::Gone,
            Left::More if age < LIMIT => {
                if age >= GRACE {
                    self.strike_in_crowd(now);
                }
                return Turn::Wait(Duration::ZERO);
            }
            Left::More | Left::Some => {}
        }
        let mut left = self.inherited(age < GRACE);
        if age >= GRACE {
            left.retain(|stat| self.is_to_end(stat));
        }
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
        if age >= LIMIT {
            let named = named(&left);
            let dead_only = collected == Left::More && named.is_empty();
            return if dead_only { Turn::Wait(Duration::ZERO) } else { Turn::Left(named) };
        }
        if age < GRACE {
            return Turn::Wait(GRACE.saturating_sub(age));
        }
        let killing = self.killing.get_or_insert_with(|| begin(now));
        // they are known already, so nothing can go wrong
        let _infallible = killing.look(now, || Ok(left.iter().map(|stat| stat.id.pid).collect()));
        Turn::Wait(PAUSE)
    }

    /// Strikes at who is found in a short look, where thousands wait to be collected.
    fn strike_in_crowd(&mut self, now: Instant) {
        let own = std::process::id();
        let Ok(Some(me)) = Stat::read(own) else { return };
        let mut killing = self.killing.take().unwrap_or_else(|| begin(now));
        killing.strike_in_crowd(|child| {
            let stat = Stat::read(child).ok().flatten().filter(|stat| stat.parent == own);
            stat.is_some_and(|stat| self.is_ours(&stat, me.session, false) && self.is_to_end(&stat))
        });
        self.killing = Some(killing);
    }

    /// Whether one of ours is to be ended once there was time to end: a guard that works goes on trying to end what resists
    /// it, for as long as that takes.
    fn is_to_end(&self, child: &Stat) -> bool {
        self.death == Death::Violent || is_held(child) || !self.is_guard(child.id.pid)
    }

    /// Returns the children that were left by the dashboard and are not its tools, with those that may turn out to be if
    /// there is still `time` to wait for that.
    fn inherited(&self, time: bool) -> Vec<Stat> {
        let own = std::process::id();
        let Ok(Some(me)) = Stat::read(own) else { return Vec::new() };
        let mut found = children(own);
        found.retain(|stat| stat.parent == own && self.is_ours(stat, me.session, time));
        found
    }

    /// Whether a child was left by the dashboard and is not one of its tools.
    ///
    /// Whoever is in the dashboard's own session was started by it for itself, such as an editor, and is nobody's to kill.
    /// Guards and all below them have sessions of their own, but for a guard that was being started.
    fn is_ours(&self, child: &Stat, own_session: u32, time: bool) -> bool {
        let may_be = child.session != own_session || self.is_guard(child.id.pid);
        if !may_be || self.bystanders.before.contains(&child.id) {
            return false;
        }
        // where strangers may be among them, what cannot be established is left alone
        !self.bystanders.may_come || self.is_guard(child.id.pid) || carries(child.id.pid, &self.mark).unwrap_or(time)
    }

    /// Whether a child is a guard of the dashboard, or about to be one.
    ///
    /// By its words: a guard lets nobody but root look at its program.
    fn is_guard(&self, child: u32) -> bool {
        let words = read_whole(&format!("/proc/{child}/cmdline")).unwrap_or_default();
        let mut words = words.split(|&byte| byte == 0).skip(1);
        words.next() == Some(MARK.as_bytes()) && words.next() == Some(self.dashboard.pid.to_string().as_bytes())
    }

    /// Collects the dead.
    fn collect(&mut self) -> Left {
        for _ in 0..COLLECTED_AT_ONCE {
            match collect_one() {
                Ok(Some((pid, status))) => {
                    if let Some(killing) = self.killing.as_mut().filter(|_| !status.stopped()) {
                        killing.forget(pid);
                    }
                }
                Ok(None) => return Left::Some,
                Err(Errno::CHILD) => return Left::Nothing,
                Err(_interrupted) => {}
            }
        }
        Left::More
    }
}

fn begin(now: Instant) -> KillTree {
    // only root may; without it a kill under load takes longer
    let _best_effort = raw::hurry();
    KillTree::begin(now)
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

/// Whether `mark` stands in the environment of a process; `None` where there is none, as in the middle of an exec.
fn carries(pid: u32, mark: &str) -> Option<bool> {
    let environment = read_whole(&format!("/proc/{pid}/environ")).ok().filter(|environment| !environment.is_empty())?;
    Some(environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes()))
}

/// Whether somebody keeps a process from doing anything.
fn is_held(stat: &Stat) -> bool {
    matches!(stat.state, ProcessState::Stopped | ProcessState::Traced)
}

/// Names those children and everybody below them.
fn named(left: &[Stat]) -> Vec<Survivor> {
    let below = left.iter().flat_map(|stat| walk(stat.id.pid));
    let all = left.iter().copied().chain(below).filter(Stat::is_alive);
    all.take(NAMED).map(|stat| survivor(&stat)).collect()
}
