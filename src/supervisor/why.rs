//! Why a service is in the state it is in, and what can be done about it. Pure.

use std::time::Instant;

use super::status::ServiceStatus;
use crate::keys::Action;

/// One reason, the nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// For a person to read, without the service's name.
    pub text: String,
    /// What acts on it: a key in the dashboard, the command of the same name in a shell.
    pub remedy: Option<Action>,
}

/// Returns why a service is in its state.
#[must_use]
pub fn why(status: &ServiceStatus, _now: Instant) -> Vec<Cause> {
    let problem = status.problem.as_deref().map(str::to_owned);
    vec![Cause { text: problem.unwrap_or_else(|| format!("it is {}", status.state.word())), remedy: None }]
}
