//! A kill and its pace: when to look, when to strike again, and when to name those who are left.

use std::io;
use std::time::{Duration, Instant};

use super::cgroup::Cgroup;
use super::kill_tree::KillTree;
use super::message::{Reply, Report};
use super::own_children::all;
use super::raw;
use crate::engine::{survivor, walk};
use crate::process::ProcessId;

/// How long a kill may take before those who are left are reported.
const KILL_LIMIT: Duration = Duration::from_secs(3);

/// How often a kill is tried again after that.
const RETRY: Duration = Duration::from_secs(1);

/// How long a kill that is asked for once more has before those who are left are named again.
const ANSWER: Duration = Duration::from_millis(100);

/// The pause of a kill that waits for the dying.
const PAUSE: Duration = Duration::from_millis(1);

/// How many processes a report names.
pub(super) const NAMED: usize = 64;

/// A kill that is going on.
#[derive(Debug)]
pub(super) struct Killing {
    tree: KillTree,
    /// When those who are left are named, and tried again.
    next_report: Instant,
    /// Whether it has taken too long already.
    stuck: bool,
    named: Vec<ProcessId>,
    /// Whether to look at all children whatever that takes.
    look_at_all: bool,
}

impl Killing {
    /// Begins; `in_crowd` says that more children than are collected at once have ended.
    pub(super) fn begin(now: Instant, in_crowd: bool) -> Self {
        let mut tree = KillTree::begin(now);
        if in_crowd {
            // before one more of them is collected
            tree.strike_in_crowd(|_everyone| true);
        }
        Self { tree, next_report: now + KILL_LIMIT, stuck: false, named: Vec::new(), look_at_all: false }
    }

    /// Notes that a child was collected.
    pub(super) fn forget(&mut self, child: u32) {
        self.tree.forget(child);
    }

    /// Strikes if it is time to, with a short look if this is `in_crowd`; returns how long nothing has to be done, and what
    /// is to be told: so many were `killed` so far.
    ///
    /// # Errors
    ///
    /// The children cannot be listed any more.
    pub(super) fn go_on(
        &mut self,
        now: Instant,
        in_crowd: bool,
        cgroup: Option<&Cgroup>,
        killed: u64,
    ) -> io::Result<(Duration, Option<Reply>)> {
        if in_crowd && !self.look_at_all {
            self.tree.strike_in_crowd(|_everyone| true);
        } else {
            self.look_at_all = false;
            self.tree.look(now, all)?;
        }
        let mut reply = None;
        if self.next_report <= now {
            self.next_report = now + RETRY;
            reply = self.report(now, killed);
            cgroup.into_iter().for_each(Cgroup::kill);
        }
        Ok((if self.stuck { self.next_report.saturating_duration_since(now) } else { PAUSE }, reply))
    }

    /// Strikes at everyone anew, and says soon who is left, be it the same as before: whoever asks wants an answer.
    pub(super) fn again(&mut self, now: Instant) {
        self.tree.again(now);
        if self.stuck {
            self.named.clear();
            self.next_report = self.next_report.min(now + ANSWER);
        }
    }

    /// Names who is left, if it is not the same as before, and begins again.
    fn report(&mut self, now: Instant, killed: u64) -> Option<Reply> {
        let left = walk(std::process::id());
        if !self.stuck {
            self.stuck = true;
            // what may last for hours must not keep others from a processor
            let _was_never_hurried = raw::relax();
        }
        let forking = self.tree.newest() > 0;
        self.tree.again(now);
        // whoever hides in a crowd is not in the short look
        self.look_at_all = true;
        let ids: Vec<ProcessId> = left.iter().map(|stat| stat.id).collect();
        if ids.is_empty() || ids == self.named {
            return None;
        }
        let count = ids.len();
        self.named = ids;
        let mut survivors: Vec<_> = left.iter().take(NAMED).map(survivor).collect();
        if forking {
            for survivor in &mut survivors {
                survivor.reason = format!("still forking: {count} processes at this moment, {killed} killed so far");
            }
        }
        Some(Reply::News(Report::Stuck(survivors)))
    }
}
