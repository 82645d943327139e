//! Kills everything below a process that is its reaper, however it hides, hops or is rebuilt.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, waitid};

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

/// A kill that is going on.
///
/// Works for a process that is the reaper of everything below it. Then every orphan becomes its child, a child that is not
/// reaped keeps its number, and a process that SIGKILL was sent to has no further children; so a finite tree ends.
#[derive(Debug)]
pub(super) struct KillTree {
    began: Instant,
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
        Self { began: now, struck: HashMap::new(), newest: 0 }
    }

    /// How many children were new to the last round: a tree that still forks has some in every round.
    pub(super) fn newest(&self) -> usize {
        self.newest
    }

    /// Strikes at every one of `children` once, and after a moment at those below them; returns whether any was new.
    ///
    /// `children` must be unreaped children of this process, which nobody else reaps meanwhile.
    pub(super) fn strike(&mut self, children: &[u32], now: Instant) -> bool {
        self.newest = 0;
        for &child in children {
            if let Entry::Vacant(place) = self.struck.entry(child) {
                // who may not be killed, or is a zombie already, is noticed by still being there
                let _noticed_later = kill::send_to_child(child, Signal::SIGKILL);
                place.insert(Below::NotYet);
                self.newest += 1;
            }
        }
        if now.duration_since(self.began) > PATIENCE {
            self.strike_below(children);
        }
        self.newest > 0
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
            if has_ended(child) {
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
    pub(super) fn again(&mut self) {
        self.struck.clear();
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

fn has_ended(child: u32) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    kill::number(child).is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_))))
}
