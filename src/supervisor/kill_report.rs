//! What a stop, kill or restart has found: what was asked for, which step did it, and what became of each process.

use std::sync::Arc;
use std::time::Duration;

use super::course::{Ignored, StepOutcome};
use crate::id::{RunId, ServiceId};
use crate::process::{Member, Survivor};
use crate::signal::Signal;

/// What was asked for when a run was brought to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A stop with grace.
    Stop,
    /// A tree-kill.
    Kill,
    /// A stop before a start.
    Restart,
    /// The end of everything.
    Quit,
    /// Nobody asked: the main process ended and left members behind.
    Sweep,
    /// Nobody asked: it did not get ready, or it became unhealthy.
    Expel,
}

impl Action {
    /// Returns what has been done, for reports.
    #[must_use]
    pub const fn past(self) -> &'static str {
        match self {
            Self::Stop | Self::Quit => "stopped",
            Self::Kill | Self::Expel => "killed",
            Self::Restart => "restarted",
            Self::Sweep => "swept",
        }
    }
}

/// Which step of a stop ended the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowItEnded {
    /// The stop command did it.
    Acknowledged,
    /// It ended within its grace.
    InGrace,
    /// The tree was killed.
    Forced,
    /// The main process ended by itself.
    ByItself,
}

/// What a stop, kill or restart has found.
#[derive(Clone, Debug, PartialEq)]
pub struct KillReport {
    /// Whose.
    pub service: ServiceId,
    /// Its name.
    pub name: Arc<str>,
    /// Which run.
    pub run: RunId,
    /// What was asked for.
    pub action: Action,
    /// Which step ended it.
    pub how: HowItEnded,
    /// The signal that was sent first, if any.
    pub signal: Option<Signal>,
    /// The steps that were taken, in order, and what came of each.
    pub steps: Vec<StepOutcome>,
    /// Everyone who was there when it began, and what became of each.
    pub members: Vec<MemberFate>,
    /// How many were killed by SIGKILL, later births included.
    pub killed: u64,
    /// What is left.
    pub survivors: Vec<Survivor>,
    /// Why nothing can be claimed, where the look at the end could not be taken.
    pub unseen: Option<Arc<str>>,
    /// The TCP ports that the tree listened on and that nobody listens on any more, ascending.
    pub freed: Vec<u16>,
    /// Whether the guard's proof and the look at the process table agree that nothing is left.
    pub verified: bool,
    /// From the request to the look.
    pub took: Duration,
    /// Of it, from the last step (the tree-kill, or the last exit) to the look.
    pub checked_in: Duration,
}

/// One process that was there when a stop began.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFate {
    /// As it was seen then.
    pub member: Member,
    /// What became of it.
    pub fate: Fate,
    /// Whether it was alive when the tree-kill came.
    pub killed: bool,
    /// The signal that it was asked to end with, where it was still alive when the tree-kill came.
    pub ignored: Option<Ignored>,
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Seen to be gone.
    Gone,
    /// Still there.
    Alive,
}
