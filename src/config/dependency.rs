//! What a service needs of another one before it is started.

use serde::{Deserialize, Serialize};

use crate::id::ServiceId;

/// Something that has to be so before a service is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The service that is waited for.
    pub service: ServiceId,
    /// What has to be so with it.
    pub condition: Condition,
}

/// What has to be so with a service before another one is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Its program runs, or has ended well.
    Started,
    /// It can be used: it is up, or it is a one-shot that is done, or a target all of whose needs are met.
    #[default]
    Ready,
    /// It has ended with success.
    Completed,
    /// It has ended by itself, with success or without, and is not started again by itself.
    Exited,
}

impl Condition {
    /// Returns the word for it, as in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Ready => "ready",
            Self::Completed => "completed",
            Self::Exited => "exited",
        }
    }

    /// Whether who waits for this needs the other to stay up afterwards.
    #[must_use]
    pub const fn lasts(self) -> bool {
        match self {
            Self::Started | Self::Ready => true,
            Self::Completed | Self::Exited => false,
        }
    }
}
