//! The end of everything: when it began, how patient it still is, when it is over. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::status::{Phase, ServiceStatus, State, Summary};

/// How the end of everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shutdown {
    since: Instant,
    deadline: Instant,
    hurried: bool,
    /// How many services were alive when it began.
    alive_at_start: usize,
    /// Whether any service had failed when it began.
    failed: bool,
    /// The code to end with, when a service's end decided the end of all.
    exit_code: Option<i32>,
}

impl Shutdown {
    /// Begins the end, which may take `timeout` until everything left is killed.
    pub(crate) fn begin(board: &[ServiceStatus], timeout: Duration, exit_code: Option<i32>, now: Instant) -> Self {
        Self {
            since: now,
            deadline: now + timeout,
            hurried: false,
            alive_at_start: board.iter().filter(|service| service.state.is_alive()).count(),
            failed: board.iter().any(|service| service.state.is_failure()),
            exit_code,
        }
    }

    /// Skips what is left of the grace.
    pub(crate) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Whether the grace has been skipped, by a person or because the time was up.
    pub(crate) fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// Returns when everything left is to be killed, unless that has been ordered already.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.hurried).then_some(self.deadline)
    }

    /// Returns the phase to publish: over once nothing is on its way any more.
    pub(crate) fn phase(&self, board: &[ServiceStatus], now: Instant) -> Phase {
        let on_its_way = |service: &ServiceStatus| service.state.is_alive() && service.state != State::Stuck;
        if board.iter().any(on_its_way) {
            return Phase::Quitting { since: self.since, deadline: self.deadline, hurried: self.hurried };
        }
        Phase::Down(self.summary(board, now))
    }

    /// Returns the end for somebody who does not want to wait: what is alive is left to the guards.
    pub(crate) fn abandon(&self, board: &[ServiceStatus], now: Instant) -> Summary {
        self.summary(board, now)
    }

    fn summary(&self, board: &[ServiceStatus], now: Instant) -> Summary {
        let survivors: Vec<_> = board
            .iter()
            .flat_map(|service| {
                service.survivors.iter().map(|survivor| (Arc::clone(&service.name), survivor.clone()))
            })
            .collect();
        let stuck = board.iter().filter(|service| service.state == State::Stuck).count();
        let alive = board.iter().filter(|service| service.state.is_alive()).count();
        Summary {
            stopped: self.alive_at_start.saturating_sub(alive),
            stuck,
            left_to_guards: alive - stuck,
            survivors,
            took: now.saturating_duration_since(self.since),
            exit_code: self.exit_code,
            failed: self.failed,
        }
    }
}
