//! The end of everything: when it began, how patient it still is, when it is over. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::status::{Action, HowItEnded, Phase, ServiceStatus, State, Summary};
use crate::id::RunId;

/// How long it may take from the order to kill what is left until it is seen to be gone, or named as stuck.
const LAST_WAIT: Duration = Duration::from_secs(20);

/// How the end of everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shutdown {
    since: Instant,
    /// When what is left is killed.
    deadline: Instant,
    /// When nothing is waited for any more, once the grace was skipped.
    leave_at: Option<Instant>,
    /// The run of each service that was alive when it began.
    alive_at_start: Vec<Option<RunId>>,
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
            leave_at: None,
            alive_at_start: board.iter().map(|service| service.state.is_alive().then_some(service.run)).collect(),
            failed: board.iter().any(|service| service.state.is_failure()),
            exit_code,
        }
    }

    /// Skips what is left of the grace.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.leave_at = self.leave_at.or(Some(now + LAST_WAIT));
    }

    /// Whether the grace has been skipped, by a person or because the time was up.
    pub(crate) fn is_hurried(&self) -> bool {
        self.leave_at.is_some()
    }

    /// Returns when everything left is to be killed or, once that was ordered, to be left to the guards.
    pub(crate) fn deadline(&self) -> Instant {
        self.leave_at.unwrap_or(self.deadline)
    }

    /// Returns the phase to publish: over once nothing is on its way any more.
    pub(crate) fn phase(&self, board: &[ServiceStatus], now: Instant) -> Phase {
        let on_its_way = |service: &ServiceStatus| service.state.is_alive() && service.state != State::Stuck;
        if board.iter().any(on_its_way) {
            return Phase::Quitting { since: self.since, deadline: self.deadline, hurried: self.is_hurried() };
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
        let unseen = |service: &&ServiceStatus| service.state == State::Stuck && service.survivors.is_empty();
        let reason = |service: &ServiceStatus| service.problem.clone().unwrap_or_else(|| Arc::from("nobody looked"));
        let by_force = |service: &&ServiceStatus| {
            let report = service.report.as_ref().filter(|_| !service.state.is_alive());
            report.is_some_and(|report| report.action == Action::Quit && report.how == HowItEnded::Forced)
        };
        let stuck = board.iter().filter(|service| service.state == State::Stuck).count();
        let alive = board.iter().filter(|service| service.state.is_alive()).count();
        Summary {
            stopped: self.alive_at_start.iter().flatten().count().saturating_sub(alive),
            stuck,
            left_to_guards: alive - stuck,
            survivors,
            unseen: board.iter().filter(unseen).map(|service| (Arc::clone(&service.name), reason(service))).collect(),
            forced: board.iter().filter(by_force).map(|service| Arc::clone(&service.name)).collect(),
            freed: self.freed(board),
            took: now.saturating_duration_since(self.since),
            exit_code: self.exit_code,
            failed: self.failed,
        }
    }

    /// Returns the ports that the end of these runs has freed, ascending.
    fn freed(&self, board: &[ServiceStatus]) -> Vec<u16> {
        let reports = board.iter().zip(&self.alive_at_start).filter_map(|(service, run)| {
            // an earlier stop's report says nothing about this end
            service.report.as_ref().filter(|report| Some(report.run) == *run)
        });
        let ports: BTreeSet<u16> = reports.flat_map(|report| report.freed.iter().copied()).collect();
        ports.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::KillReport;
    use super::*;
    use crate::id::ServiceId;
    use crate::process::{ProcessId, ProcessState, Survivor};

    fn status(state: State) -> ServiceStatus {
        ServiceStatus { state, ..ServiceStatus::never_started("api".into()) }
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
    fn the_time_is_up_twice_for_the_grace_and_for_the_kill() {
        let (mut shutdown, now) = begin(&[State::Running]);
        assert_eq!(shutdown.deadline(), now + Duration::from_secs(30));
        assert!(!shutdown.is_hurried());
        shutdown.hurry(now);
        assert!(shutdown.is_hurried());
        shutdown.hurry(now + Duration::from_secs(5));
        assert_eq!(shutdown.deadline(), now + LAST_WAIT);
    }

    #[test]
    fn leaving_at_once_tells_how_many_are_left_to_the_guards() {
        let (shutdown, now) = begin(&[State::Running, State::Running]);
        let summary = shutdown.abandon(&[status(State::Stopping), status(State::Stopped)], now);
        assert_eq!((summary.stopped, summary.left_to_guards), (1, 1));
    }

    fn reported(run: RunId, freed: &[u16]) -> ServiceStatus {
        let report = KillReport {
            service: ServiceId::new(0),
            name: "api".into(),
            run,
            action: Action::Quit,
            how: HowItEnded::InGrace,
            signal: None,
            steps: vec![],
            members: vec![],
            killed: 0,
            survivors: vec![],
            unseen: None,
            freed: freed.to_vec(),
            verified: true,
            took: Duration::ZERO,
            checked_in: Duration::ZERO,
        };
        ServiceStatus { run, report: Some(Arc::new(report)), ..status(State::Stopped) }
    }

    #[test]
    fn the_ports_of_the_runs_that_it_has_ended_are_told_once_each_and_no_others() {
        let now = Instant::now();
        let first = RunId::default().next();
        let alive = ServiceStatus { run: first, ..status(State::Running) };
        let stopped_before = reported(first, &[9000]);
        let began = [alive.clone(), alive, stopped_before.clone()];
        let shutdown = Shutdown::begin(&began, Duration::from_secs(30), None, now);
        let over = [reported(first, &[5432, 3000]), reported(first, &[3000]), stopped_before];
        let Phase::Down(summary) = shutdown.phase(&over, now) else { panic!("not over") };
        assert_eq!(summary.freed, [3000, 5432]);
    }
}
