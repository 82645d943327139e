//! The steps that bring a run to its end: the stop command, the signal or the keys, the tree-kill.

use std::time::Instant;

use super::wish::Effect;
use crate::config::Stop;
use crate::signal::Signal;

/// Where a stop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The stop command runs, at most until then.
    Command {
        /// When its time is up.
        deadline: Instant,
    },
    /// The service was asked to end, and has until then.
    Asked {
        /// With this signal; `None` when keys were typed.
        signal: Option<Signal>,
        /// When the tree is killed.
        deadline: Instant,
    },
    /// The tree-kill was ordered; there is no step after it.
    Killing,
}

impl Step {
    /// Returns when the next step is due.
    pub(crate) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Command { deadline } | Self::Asked { deadline, .. } => Some(deadline),
            Self::Killing => None,
        }
    }

    /// Returns the first step of a stop with grace, and what is to be done for it.
    pub(crate) fn first(stop: &Stop, now: Instant) -> (Self, Effect) {
        match &stop.command {
            Some(command) => {
                let deadline = now + stop.grace_period;
                (Self::Command { deadline }, Effect::RunStopCommand(command.clone()))
            }
            None => Self::ask(stop, now),
        }
    }

    /// Returns the step in which the service itself is asked to end.
    pub(crate) fn ask(stop: &Stop, now: Instant) -> (Self, Effect) {
        let deadline = now + stop.grace_period;
        match &stop.keys {
            Some(keys) => (Self::Asked { signal: None, deadline }, Effect::Type(keys.clone())),
            None => (Self::Asked { signal: Some(stop.signal), deadline }, Effect::Signal(stop.signal)),
        }
    }
}
