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
            .flat_map(|service| service.survivors.iter().map(|survivor| (Arc::clone(&service.name), survivor.clone())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;
    use crate::process::{ProcessId, ProcessState, Survivor};
    use crate::supervisor::Usage;

    fn status(state: State) -> ServiceStatus {
        ServiceStatus {
            name: "api".into(),
            state,
            run: RunId::default(),
            main: None,
            guard: None,
            started: None,
            ended: None,
            restarts: 0,
            next_start: None,
            stopping: None,
            usage: Usage::default(),
            members: Arc::from([]),
            survivors: Arc::from([]),
            report: None,
            problem: None,
        }
    }

    fn begin(states: &[State]) -> (Shutdown, Instant) {
        let now = Instant::now();
        let board: Vec<_> = states.iter().copied().map(status).collect();
        (Shutdown::begin(&board, Duration::from_secs(30), None, now), now)
    }

    #[test]
    fn it_is_over_once_nothing_is_on_its_way() {
        let (shutdown, now) = begin(&[State::Running, State::Running, State::Crashed]);
        let waiting = shutdown.phase(&[status(State::Stopping), status(State::Stopped)], now);
        assert!(matches!(waiting, Phase::Quitting { hurried: false, .. }), "{waiting:?}");
        let over = shutdown.phase(&[status(State::Stopped), status(State::Stopped), status(State::Crashed)], now);
        let Phase::Down(summary) = over else { panic!("still {over:?}") };
        assert_eq!((summary.stopped, summary.stuck, summary.failed), (2, 0, true));
    }

    #[test]
    fn what_is_stuck_does_not_hold_it_up_and_is_named() {
        let (shutdown, now) = begin(&[State::Running, State::Running]);
        let survivor = Survivor {
            id: ProcessId { pid: 42, start: 1 },
            command: "x".to_owned(),
            state: ProcessState::Uninterruptible,
            reason: "y".to_owned(),
        };
        let stuck = ServiceStatus { survivors: Arc::from([survivor.clone()]), ..status(State::Stuck) };
        let Phase::Down(summary) = shutdown.phase(&[stuck, status(State::Stopped)], now) else {
            panic!("still waiting");
        };
        assert_eq!((summary.stopped, summary.stuck), (1, 1));
        assert_eq!(summary.survivors, [("api".into(), survivor)]);
    }

    #[test]
    fn the_time_is_up_once() {
        let (mut shutdown, now) = begin(&[State::Running]);
        assert_eq!(shutdown.deadline(), Some(now + Duration::from_secs(30)));
        shutdown.hurry();
        assert_eq!(shutdown.deadline(), None);
        assert!(shutdown.is_hurried());
    }

    #[test]
    fn leaving_at_once_tells_how_many_are_left_to_the_guards() {
        let (shutdown, now) = begin(&[State::Running, State::Running]);
        let summary = shutdown.abandon(&[status(State::Stopping), status(State::Stopped)], now);
        assert_eq!((summary.stopped, summary.left_to_guards), (1, 1));
    }
}
