//! A request on its way to the supervisor, and the answer that whoever waits for one gets.

use tokio::sync::oneshot;

use super::command::Command;
use super::status::State;
use super::wish::Refusal;
use crate::id::{RunId, ServiceId};

/// A request, with the way back where somebody waits for the answer.
#[derive(Debug)]
pub struct Asked {
    /// What is asked for.
    pub command: Command,
    /// Where the answer goes.
    pub(super) answer: Option<oneshot::Sender<Answer>>,
}

impl Asked {
    /// Returns a request whose answer arrives at the second half.
    pub(super) fn with_answer(command: Command) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        (Self { command, answer: Some(answer) }, answered)
    }
}

impl From<Command> for Asked {
    /// Makes a request that nobody waits for: what becomes of it is seen in the events and on the board.
    fn from(command: Command) -> Self {
        Self { command, answer: None }
    }
}

/// How a request was taken; its effects were on the board before this was sent, its outcome is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Where each service that the request is about stood then; of a quit, those that had to be stopped.
    pub taken: Vec<Taken>,
    /// What could not be granted.
    pub refused: Vec<Refused>,
}

/// Where a service stood once a request was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub service: ServiceId,
    /// Its run at that moment: the one that a stop ends, or that a start has begun.
    pub run: RunId,
    /// Its state then.
    pub state: State,
    /// Whether it goes for good.
    pub leaves: bool,
}

/// A wish that was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub service: ServiceId,
    /// Why not.
    pub refusal: Refusal,
}

/// The supervisor has ended and takes no requests any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("procdash has ended")]
pub struct HasEnded;
