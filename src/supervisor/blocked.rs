//! What stands in the way of a start or of a stop: by name and state, down to the root. Pure.

use std::sync::Arc;

use super::status::State;
use crate::config::Condition;

/// A service that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Its name.
    pub name: Arc<str>,
    /// What has to be so with it.
    pub condition: Condition,
    /// Whether it has to be gone instead: the two conflict.
    pub is_conflict: bool,
    /// What is so.
    pub state: State,
    /// How its last run ended, why it could not be started, or what its last probe has found.
    pub end: Option<Arc<str>>,
    /// The names of those between: each waits for the next, and the last of them for this one. Empty when this one is
    /// waited for directly.
    pub through: Arc<[Arc<str>]>,
    /// Whether it will not become as it has to be by itself.
    pub needs_a_person: bool,
}

impl Obstacle {
    /// Says what is waited for, and how that stands: `waits for db to be ready: db crashed (exited with code 1)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let to = match self.condition {
            Condition::Started => "to be started",
            Condition::Ready => "to be ready",
            Condition::Completed => "to complete",
            Condition::Exited => "to exit",
        };
        let to = if self.is_conflict { "to be gone, since the two conflict" } else { to };
        let name = &self.name;
        let through = self.through.iter().fold(String::new(), |said, between| said + between + ", which waits for ");
        let state = match self.state {
            State::Stopped => "is stopped",
            State::Blocked => "is blocked",
            State::Starting => "is starting",
            State::Running => "runs",
            State::Ready => "is ready",
            State::Unhealthy => "is unhealthy",
            State::Stopping => "is being stopped",
            State::Done => "is done",
            State::Exited => "has exited",
            State::Crashed => "crashed",
            State::Backoff => "crashed and will be started again",
            State::CrashLoop => "crashed too often in a row",
            State::Stuck => "is stuck",
        };
        let end = self.end.as_ref().map_or_else(String::new, |end| format!(" ({end})"));
        format!("waits for {through}{name} {to}: {name} {state}{end}")
    }
}

/// Where a service stands in the order of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is stopped once this one, which depends on it, is gone.
    After(Arc<str>),
    /// It was to be stopped and was not: this one depends on it and is still there.
    KeptFor(Arc<str>),
}

impl Turn {
    /// Says so, as the rest of a sentence that begins with the service.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::After(name) => format!("is to be stopped once {name}, which depends on it, is gone"),
            Self::KeptFor(name) => {
                format!("was not stopped, since {name}, which depends on it, is not gone (kill stops it all the same)")
            }
        }
    }
}
