//! Kills everything below a process that is its reaper, however it hides, hops or is rebuilt.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::own_children::{has_ended, oldest, youngest};
use crate::engine::identity::{Stat, children};
use crate::engine::kill;
use crate::signal::Signal;

/// When looking at children alone is taken to be too slow: a chain of a thousand dies one level at a time.
const PATIENCE: Duration = Duration::from_millis(1);

/// How deep a walk below one child goes; a descriptor is held for each level.
const DEEPEST: u16 = 256;

/// With more children than this, nobody walks below them: so many deaths keep the processors busy as it is, and each brings
/// up the next level.
const FEW: usize = 16;

/// After a look at the children, their list rests for so many times as long as that took.
const REST: u32 = 3;

/// A kill that is going on.
///
/// Works for a process that is the reaper of everything below it. Then every orphan becomes its child, a child that is not
/// reaped keeps its number, and a process that SIGKILL was sent to has no further children; so a finite tree ends.
#[derive(Debug)]
pub(super) struct KillTree {
    began: Instant,
    /// Not before: reading a long list again for each death would cost more than the deaths.
    next_look: Instant,
    /// The children that were struck and are not reaped yet.
    struck: HashMap<u32, Below>,
    /// How many were new in the last round that was not empty.
    newest: usize,
}

/// Whether a child's own children were struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Below {
    NotYet,
    Struck,
}

impl KillTree {
    pub(super) fn begin(now: Instant) -> Self {
        Self { began: now, next_look: now, struck: HashMap::new(), newest: 0 }
    }

    /// How many children were new to the last round: a tree that still forks has some in every round.
    pub(super) fn newest(&self) -> usize {
        self.newest
    }

    /// Strikes at all children that `list` finds, if it is time to.
    ///
    /// They must be unreaped children of this process, which nobody else reaps meanwhile.
    ///
    /// # Errors
    ///
    /// What `list` said.
    pub(super) fn look(&mut self, now: Instant, list: impl FnOnce() -> io::Result<Vec<u32>>) -> io::Result<()> {
        if self.next_look <= now {
            // in a storm most of the time that passes is others'
            let before = processor_time();
            self.strike(&list()?, now);
            self.next_look = now + processor_time().saturating_sub(before) * REST;
        }
        Ok(())
    }

    /// Strikes at living children without a look at all of them; for when there are thousands, of which almost all have
    /// ended and wait to be collected.
    ///
    /// To read the list then takes so long that whoever forks has made others before its end. And where numbers have run
    /// out, each one that is collected is one more for those who fork.
    ///
    /// Only children that are `meant` are hit, and nobody else may reap children of this process meanwhile.
    pub(super) fn strike_in_crowd(&mut self, meant: impl Fn(u32) -> bool) {
        let is_known = |child| self.struck.contains_key(&child);
        let mut found = youngest(is_known);
        found.retain(|&child| meant(child));
        if found.is_empty() {
            found = oldest(is_known);
            found.retain(|&child| meant(child));
        }
        self.strike_at(&found);
    }

    /// Strikes at every one of `children` once, and after a moment at those below them; returns whether any was new.
    ///
    /// `children` must be unreaped children of this process, which nobody else reaps meanwhile.
    pub(super) fn strike(&mut self, children: &[u32], now: Instant) -> bool {
        let any = self.strike_at(children) > 0;
        if now.duration_since(self.began) > PATIENCE {
            self.strike_below(children);
        }
        any
    }

    /// Strikes at every one of `children` once; returns how many were new.
    fn strike_at(&mut self, children: &[u32]) -> usize {
        self.newest = 0;
        // in the order of the list: the kernel looks for the dead from its start, past all who live
        for &child in children {
            if let Entry::Vacant(place) = self.struck.entry(child) {
                // who may not be killed, or is a zombie already, is noticed by still being there
                let _noticed_later = kill::send_to_child(child, Signal::SIGKILL);
                place.insert(Below::NotYet);
                self.newest += 1;
            }
        }
        self.newest
    }

    fn strike_below(&mut self, children: &[u32]) {
        if children.len() > FEW {
            return;
        }
        let own = std::process::id();
        for &child in children {
            if self.struck.insert(child, Below::Struck) == Some(Below::Struck) {
                continue;
            }
            if has_ended(child) == Some(true) {
                continue;
            }
            // held for certain: it is an unreaped child
            if let Ok(Some(held)) = kill::hold(child) {
                strike_children_of(child, &held, own, DEEPEST);
            }
        }
    }

    /// Notes that a child was reaped: its number may come back as another process.
    pub(super) fn forget(&mut self, child: u32) {
        self.struck.remove(&child);
    }

    /// Begins again with everyone who is left.
    pub(super) fn again(&mut self, now: Instant) {
        self.struck.clear();
        self.next_look = now;
    }
}

/// Kills the children of `parent`, of which `held` is a descriptor, and theirs, as far as they certainly belong to it.
fn strike_children_of(parent: u32, held: &OwnedFd, own: u32, depth: u16) {
    if depth == 0 {
        return;
    }
    for child in children(parent) {
        let Ok(Some(child_held)) = kill::hold(child) else { continue };
        let Ok(Some(stat)) = Stat::read(child) else { continue };
        // The number was in the list, but may have a new owner. A child of ours is one of the tree. A child of `parent` is,
        // if that number still means the process we know: it was struck before, so to strike it again is only a question.
        let belongs = stat.parent == own || (stat.parent == parent && kill::send_held(held, Signal::SIGKILL).is_ok());
        if belongs && kill::send_held(&child_held, Signal::SIGKILL).is_ok() && stat.is_alive() {
            strike_children_of(child, &child_held, own, depth - 1);
        }
    }
}

/// Returns how long this thread has had a processor.
fn processor_time() -> Duration {
    let duration = |time: TimeVal| {
        let (seconds, micros) = (u64::try_from(time.tv_sec()), u64::try_from(time.tv_usec()));
        Duration::from_secs(seconds.unwrap_or(0)) + Duration::from_micros(micros.unwrap_or(0))
    };
    let spent = getrusage(UsageWho::RUSAGE_THREAD);
    // never refused for oneself
    spent.map_or(Duration::ZERO, |usage| duration(usage.user_time()) + duration(usage.system_time()))
}
