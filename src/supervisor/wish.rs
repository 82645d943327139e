//! What the machine of one service is told and what it answers: wishes and news in, effects out.

use super::course::CommandOutcome;
use super::readiness::Purpose;
use crate::config::CommandLine;
use crate::process::{Exit, ProcessId, Survivor, Verdict};
use crate::signal::Signal;

/// What somebody wants of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It shall run.
    Start,
    /// It shall end, with grace.
    Stop,
    /// It shall end and run again.
    Restart,
    /// Its tree shall be dead now.
    Kill,
    /// It shall end because everything ends.
    Quit,
}

/// What was learnt about one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// The main process runs.
    Started {
        /// Who it is.
        main: ProcessId,
        /// The guard above it.
        guard: u32,
    },
    /// It could not be started, and nothing of it is alive; the sentence says why and what to do.
    NotStarted(String),
    /// A probe has come to its end.
    Probed {
        /// What it was for.
        purpose: Purpose,
        /// Why it failed, where it did.
        outcome: Result<(), String>,
    },
    /// The main process has ended; members may be left.
    MainExited(Exit),
    /// The stop command has ended.
    StopCommandEnded {
        /// Whether it returned 0.
        succeeded: bool,
    },
    /// The tree resists: the guard has killed what it could and goes on trying.
    Resists(Vec<Survivor>),
    /// The run is over and was looked at.
    Ended {
        /// What the look said.
        verdict: Verdict,
        /// The end of the last process that the guard collected: a daemon's, where the command left one.
        last: Option<Exit>,
    },
}

/// What is to be done for one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Start the run whose number the machine now shows.
    Launch,
    /// Probe it for this from now on, and for nothing else.
    Probe(Purpose),
    /// Probe it no more.
    StopProbing,
    /// Run the stop command.
    RunStopCommand(CommandLine),
    /// End the stop command; this is then its outcome.
    KillStopCommand(CommandOutcome),
    /// Send the signal that asks to end.
    Signal(Signal),
    /// Type this into its terminal.
    Type(String),
    /// Kill the tree.
    Kill,
}

/// Why a wish cannot be granted, for a person to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Survivors of the last run stand in the way.
    Stuck,
    /// There is nothing to stop or kill.
    NothingAlive,
    /// It runs already.
    AlreadyUp,
    /// Everything is being stopped.
    Quitting,
    /// Its start is under way, and nothing of it can be signalled yet.
    NotUpYet,
    /// More is waiting for it than it can take.
    TooBusy,
    /// One that conflicts with it runs, or wants to.
    Conflict,
    /// It is being removed, or was.
    Leaving,
    /// One that stays depends on it.
    Needed,
}

impl Refusal {
    /// Returns the sentence, to be put behind the service's name.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Stuck => "is stuck: what is left of its last run must go first (kill tries again)",
            Self::NothingAlive => "does not run",
            Self::AlreadyUp => "runs already",
            Self::Quitting => "is not started: everything is being stopped",
            Self::NotUpYet => "is not up yet",
            Self::TooBusy => "is too busy to be signalled; try again",
            Self::Conflict => "conflicts with another that runs: stop that one first, or start it with --replace",
            Self::Leaving => "is being removed",
            Self::Needed => "is not removed: another depends on it, or on one named with it",
        }
    }
}

/// Says that a service conflicts with one that runs, or wants to; to be put behind the service's name.
#[must_use]
pub fn conflict(rival: &str) -> String {
    format!("conflicts with {rival}, which runs: stop that first, or start it with --replace")
}
