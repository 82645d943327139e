//! Decides when changed files start a service again, and when to leave it alone. Pure.
//!
//! Many changes at once are one start: it comes when the files have been quiet for a while, or at the latest after ten
//! such whiles. A service that writes into what it watches would be started for ever, so that is noticed and paused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::status::{Action, State};
use crate::id::RunId;

/// How many times as long as the quiet a start is put off at most.
const PATIENCE: u32 = 10;
/// A change this soon after a start may come from the service itself.
const SOON: Duration = Duration::from_secs(5);
/// How many starts in a row may follow such changes.
const MOST_IN_A_ROW: u32 = 5;
/// Names that are counted; beyond that it is "many".
const MOST_NAMES: usize = 10_000;

/// How the watch of a service stands, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchStatus {
    /// What is watched.
    pub watching: Watching,
    /// The last start because of a change.
    pub restarted: Option<Restarted>,
}

/// What is watched for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watching {
    /// The folders are being looked up.
    NotYet,
    /// Changes start it again.
    On {
        /// How many folders are watched.
        folders: usize,
        /// A pattern of which not even the beginning is there.
        missing: Option<Arc<str>>,
    },
    /// Changes are left alone until a person starts it: it was started too often because of this file.
    Paused(Arc<str>),
    /// Nothing can be watched; why, and what to do.
    Failed(Arc<str>),
}

/// A start because of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restarted {
    /// What has changed.
    pub what: Arc<str>,
    /// When that was decided.
    pub at: Instant,
    /// The run that began then.
    pub run: RunId,
}

/// What is known of the changes that one service watches for.
#[derive(Debug)]
pub(crate) struct OnChange {
    debounce: Duration,
    watching: Watching,
    /// The file for which it was started too often, until a person starts it.
    paused: Option<Arc<str>>,
    pending: Option<Pending>,
    /// Starts in a row that came soon after one another.
    in_a_row: u32,
    /// How often each file was among the changes of that row.
    suspects: BTreeMap<Arc<str>, u32>,
    restarted: Option<Restarted>,
}

/// Changes that nothing was done about yet.
#[derive(Debug)]
struct Pending {
    first: Instant,
    last: Instant,
    /// The file that was told first.
    file: Option<Arc<str>>,
    names: BTreeSet<Arc<str>>,
    /// Whether there are changes without a name, or too many with one.
    is_more: bool,
}

/// How a service stands when its files have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    /// Its state.
    pub(crate) state: State,
    /// What its run is being ended for, where it is.
    pub(crate) ending: Option<Action>,
    /// Whether it waits for its turn to be stopped.
    pub(crate) leaves: bool,
    /// When its present or last run began.
    pub(crate) started: Option<Instant>,
    /// The number of that run.
    pub(crate) run: RunId,
}

/// What is to be done about changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Stop it and start it again.
    Restart(String),
    /// Start it: it has ended.
    Start(String),
    /// Do nothing, now and later: it was started too often because of this file.
    Pause(Arc<str>),
}

impl OnChange {
    pub(crate) const fn new(debounce: Duration) -> Self {
        Self {
            debounce,
            watching: Watching::NotYet,
            paused: None,
            pending: None,
            in_a_row: 0,
            suspects: BTreeMap::new(),
            restarted: None,
        }
    }

    /// Notes how the watch stands.
    pub(crate) fn stands(&mut self, watching: Watching) {
        self.watching = watching;
    }

    /// Notes a change; a file without a name is one of too many.
    pub(crate) fn see(&mut self, file: Option<Arc<str>>, now: Instant) {
        if self.paused.is_some() {
            return;
        }
        let pending = self.pending.get_or_insert_with(|| Pending {
            first: now,
            last: now,
            file: None,
            names: BTreeSet::new(),
            is_more: false,
        });
        pending.last = now;
        match file {
            Some(file) if pending.names.len() < MOST_NAMES => {
                pending.file.get_or_insert_with(|| Arc::clone(&file));
                pending.names.insert(file);
            }
            Some(_) | None => pending.is_more = true,
        }
    }

    /// Returns when something has to be decided.
    pub(crate) fn due(&self) -> Option<Instant> {
        let pending = self.pending.as_ref()?;
        Some((pending.last + self.debounce).min(pending.first + self.debounce * PATIENCE))
    }

    /// Decides about the changes, if their time has come.
    pub(crate) fn decide(&mut self, stand: Stand, now: Instant) -> Option<Decision> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        let pending = self.pending.take()?;
        // what has changed before it began is nothing new to it
        if stand.started.is_some_and(|started| pending.last <= started) {
            return None;
        }
        let is_up = match stand.state {
            State::Starting | State::Running | State::Ready if stand.leaves => return None,
            State::Starting | State::Running | State::Ready => true,
            // it ends by itself just now; whatever else ends it has said what comes after
            State::Stopping if stand.ending == Some(Action::Sweep) => false,
            State::Unhealthy | State::Done | State::Exited | State::Crashed | State::Backoff | State::CrashLoop => {
                false
            }
            // who stopped it does not want it, and what has not begun yet will find the new files
            State::Stopped | State::Blocked | State::Stopping | State::Stuck => return None,
        };
        let soon = stand.started.is_some_and(|started| pending.first.saturating_duration_since(started) < SOON);
        if let Some(file) = self.count(&pending, soon) {
            self.paused = Some(Arc::clone(&file));
            return Some(Decision::Pause(file));
        }
        let what = pending.what();
        self.restarted = Some(Restarted { what: what.as_str().into(), at: now, run: stand.run.next() });
        Some(if is_up { Decision::Restart(what) } else { Decision::Start(what) })
    }

    /// Counts a start; returns the file that most of the last ones were about, if there were too many.
    fn count(&mut self, pending: &Pending, soon: bool) -> Option<Arc<str>> {
        if !soon {
            self.begin_anew();
        }
        for name in pending.names.iter().take(MOST_NAMES.saturating_sub(self.suspects.len())) {
            *self.suspects.entry(Arc::clone(name)).or_default() += 1;
        }
        if self.in_a_row >= MOST_IN_A_ROW {
            let most = self.suspects.iter().max_by_key(|(_, count)| **count);
            return Some(most.map_or_else(|| Arc::from("too many files to name"), |(file, _)| Arc::clone(file)));
        }
        self.in_a_row += 1;
        None
    }

    /// Forgets how often it was started: a person has started it, or it ran for a while.
    fn begin_anew(&mut self) {
        self.in_a_row = 0;
        self.suspects.clear();
    }

    /// Goes on, after a person has started it.
    pub(crate) fn resume(&mut self) {
        self.paused = None;
        self.pending = None;
        self.begin_anew();
    }

    /// Whether a change would be acted on.
    pub(crate) const fn is_on(&self) -> bool {
        self.paused.is_none() && matches!(self.watching, Watching::NotYet | Watching::On { .. })
    }

    /// Returns how it stands.
    pub(crate) fn status(&self) -> WatchStatus {
        let watching = self.paused.clone().map_or_else(|| self.watching.clone(), Watching::Paused);
        WatchStatus { watching, restarted: self.restarted.clone() }
    }
}

impl Pending {
    /// Says what has changed: `src/main.rs and 3 more`.
    fn what(&self) -> String {
        let others = self.names.len().saturating_sub(1);
        match &self.file {
            Some(file) if self.is_more => format!("{file} and many more"),
            Some(file) if others > 0 => format!("{file} and {others} more"),
            Some(file) => file.to_string(),
            None => "many files".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
