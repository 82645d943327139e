//! What has happened: past tense, for everyone who listens.

use std::sync::Arc;

use super::command::Target;
use super::status::{KillReport, State};
use crate::id::ServiceId;
use crate::logs::Tone;
use crate::signal::Signal;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A service went from one state to another.
    Changed {
        /// Which.
        service: ServiceId,
        /// From here.
        from: State,
        /// To here.
        to: State,
    },
    /// A stop, kill or restart has ended and was looked at.
    Verified(Arc<KillReport>),
    /// A signal was sent.
    Signalled {
        /// To whose processes.
        service: ServiceId,
        /// What.
        signal: Signal,
        /// To which of them.
        target: Target,
        /// How many processes the kernel took it for.
        delivered: usize,
        /// Those that were not signalled, each with its reason.
        refused: Vec<String>,
    },
    /// What services print cannot be kept in files, or can again.
    Keeping {
        /// Which of the two.
        tone: Tone,
        /// For a person to read.
        sentence: String,
    },
    /// There is another service.
    Added {
        /// Which.
        service: ServiceId,
    },
    /// A service was removed: nothing of it is left.
    Removed {
        /// Which.
        service: ServiceId,
    },
    /// A request could not be carried out; the sentence says why and what to do.
    Refused {
        /// Whose request, where it was about one service.
        service: Option<ServiceId>,
        /// For a person to read.
        reason: String,
    },
}
