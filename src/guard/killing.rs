//! A kill and its pace: when to look, when to strike again, and when to name those who are left.

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::cgroup::Cgroup;
use super::kill_tree::KillTree;
use super::message::{Reply, Report};
use super::program::raise_limit;
use super::raw;
use crate::engine::identity::{children_by_parent, numbers, read_whole};
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
    /// Not before: reading a long list again for each death would cost more than the deaths.
    next_look: Instant,
    /// When those who are left are named, and tried again.
    next_report: Instant,
    /// Whether it has taken too long already.
    stuck: bool,
    named: Vec<ProcessId>,
}

impl Killing {
    pub(super) fn begin(now: Instant) -> Self {
        let tree = KillTree::begin(now);
        Self { tree, next_look: now, next_report: now + KILL_LIMIT, stuck: false, named: Vec::new() }
    }

    /// Notes that a child was collected.
    pub(super) fn forget(&mut self, child: u32) {
        self.tree.forget(child);
    }

    /// Strikes if it is time to; returns how long nothing has to be done, and what is to be told: so many
    /// were `killed` so far.
    ///
    /// # Errors
    ///
    /// The children cannot be listed any more.
    pub(super) fn go_on(
        &mut self,
        now: Instant,
        cgroup: Option<&Cgroup>,
        killed: u64,
    ) -> io::Result<(Duration, Option<Reply>)> {
        if self.next_look <= now {
            self.tree.strike(&own_children()?, now);
            self.next_look = now + now.elapsed() * 3;
        }
        let mut reply = None;
        if self.next_report <= now {
            self.next_report = now + RETRY;
            reply = self.report(killed);
            cgroup.into_iter().for_each(Cgroup::kill);
        }
        Ok((if self.stuck { self.next_report.saturating_duration_since(now) } else { PAUSE }, reply))
    }

    /// Strikes at everyone anew, and says soon who is left, be it the same as before: whoever asks wants an answer.
    pub(super) fn again(&mut self, now: Instant) {
        self.tree.again();
        self.next_look = now;
        if self.stuck {
            self.named.clear();
            self.next_report = self.next_report.min(now + ANSWER);
        }
    }

    /// Names who is left, if it is not the same as before, and begins again.
    fn report(&mut self, killed: u64) -> Option<Reply> {
        let left = walk(std::process::id());
        if !self.stuck {
            self.stuck = true;
            // what may last for hours must not keep others from a processor
            let _was_never_hurried = raw::relax();
        }
        let forking = self.tree.newest() > 0;
        self.tree.again();
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

/// Lists the guard's children: exact, for nobody but the guard collects them, and it does not do so meanwhile.
fn own_children() -> io::Result<Vec<u32>> {
    let read = || read_whole("/proc/thread-self/children");
    let out_of_descriptors = |error: &io::Error| error.raw_os_error() == Some(Errno::MFILE.raw_os_error());
    let listed = match read() {
        Err(error) if out_of_descriptors(&error) => Ok(raise_limit().and_then(|()| read())?),
        other => other,
    };
    Ok(match listed {
        Ok(bytes) => numbers(&bytes).collect(),
        Err(_not_supported) => children_by_parent(std::process::id()),
    })
}
