//! Why a service is in its state, as it is told: the causes, and the lines that its last run has printed last.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::supervisor::{Cause, LastLines, ServiceStatus, last_lines, why};

/// Why a service is in its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// Which.
    pub service: String,
    /// The word of its state.
    pub state: String,
    /// The nearest first.
    pub causes: Vec<CauseRow>,
    /// Of what its last run has printed last, the lines that tell why it failed.
    #[serde(default)]
    pub last_lines: Vec<String>,
    /// Who has printed those, where that is another: one that it waits for.
    #[serde(default)]
    pub last_lines_of: Option<String>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRow {
    /// For a person to read.
    pub text: String,
    /// The name of the action that acts on it, as in the table of keys.
    pub remedy: Option<String>,
}

impl Reasons {
    /// Returns why a service is as it is, given all that there are.
    pub(in crate::control) fn new(status: &ServiceStatus, all: &[ServiceStatus], now: Instant) -> Self {
        let cause =
            |cause: Cause| CauseRow { text: cause.text, remedy: cause.remedy.map(|action| action.name().to_owned()) };
        let last = last_lines(status, all);
        Self {
            service: status.name.to_string(),
            state: status.state.word().to_owned(),
            causes: why(status, now).into_iter().map(cause).collect(),
            last_lines: last.map_or_else(Vec::new, |last| last.lines.to_vec()),
            last_lines_of: last.and_then(|last| last.of).map(str::to_owned),
        }
    }

    /// Returns the lines that tell why, with whose they are.
    #[must_use]
    pub fn last_lines(&self) -> LastLines<'_> {
        LastLines { of: self.last_lines_of.as_deref(), lines: &self.last_lines }
    }
}
