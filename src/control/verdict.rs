//! Says from the board alone whether a request has come to its end, and what became of it. Pure.

use super::protocol::Until;
use crate::id::RunId;
use crate::supervisor::{ServiceStatus, State, Turn};

/// Where a request about one service stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is on its way.
    Pending,
    /// It is where it should be.
    Reached,
    /// It will not get there; the sentence says why.
    Failed(String),
    /// Something of it could not be killed.
    Survived,
}

/// Judges a stop or a kill of `run`.
///
/// `patient` is whether a service that is stuck gets more time: a kill has just ordered another attempt.
pub(super) fn of_end(status: &ServiceStatus, run: RunId, patient: bool) -> Progress {
    // the next run begins only after the one before was seen to be gone
    if status.run > run {
        return Progress::Reached;
    }
    match status.state {
        State::Stopped
        | State::Blocked
        | State::Done
        | State::Exited
        | State::Crashed
        | State::Backoff
        | State::CrashLoop => Progress::Reached,
        State::Starting | State::Running | State::Ready if matches!(status.turn, Some(Turn::KeptFor(_))) => {
            Progress::Failed(status.turn.as_ref().map_or_else(String::new, Turn::sentence))
        }
        State::Starting | State::Running | State::Ready | State::Unhealthy | State::Stopping => Progress::Pending,
        State::Stuck if patient => Progress::Pending,
        State::Stuck => Progress::Survived,
    }
}

/// Judges a start, or the second half of a restart, that brings up `run`.
pub(super) fn of_start(status: &ServiceStatus, run: RunId) -> Progress {
    if status.run < run {
        return match status.state {
            State::Starting | State::Running | State::Ready if matches!(status.turn, Some(Turn::KeptFor(_))) => {
                Progress::Failed(status.turn.as_ref().map_or_else(String::new, Turn::sentence))
            }
            State::Starting | State::Running | State::Ready | State::Unhealthy | State::Stopping => Progress::Pending,
            State::Blocked => of_blocked(status),
            State::Stuck => Progress::Survived,
            State::Stopped | State::Done | State::Exited | State::Crashed | State::Backoff | State::CrashLoop => {
                Progress::Failed("was stopped before it could start again".to_owned())
            }
        };
    }
    match status.state {
        State::Starting | State::Unhealthy | State::Stopping => Progress::Pending,
        // who needs it waits for its end, so does who has started it
        State::Running if status.rules.is_oneshot => Progress::Pending,
        State::Blocked => of_blocked(status),
        State::Running | State::Ready | State::Done | State::Exited => Progress::Reached,
        State::Crashed | State::Backoff | State::CrashLoop => Progress::Failed(how_it_ended(status)),
        // its schedule starts it
        State::Stopped if status.next_run.is_some() => Progress::Reached,
        State::Stopped => Progress::Failed("was stopped meanwhile".to_owned()),
        State::Stuck => Progress::Survived,
    }
}

/// Judges a wait.
pub(super) fn of_wait(status: &ServiceStatus, until: Until) -> Progress {
    match (until, status.state) {
        (_, State::Stuck) => Progress::Survived,
        (Until::Ready, State::Running) if status.rules.is_oneshot => Progress::Pending,
        (Until::Ready, State::Running | State::Ready | State::Done)
        | (Until::Exited, State::Stopped | State::Done | State::Exited | State::Crashed | State::CrashLoop) => {
            Progress::Reached
        }
        (Until::Ready, State::Blocked) => of_blocked(status),
        (Until::Ready, State::Exited | State::Crashed | State::CrashLoop) => Progress::Failed(how_it_ended(status)),
        // somebody may still start it: whoever does not want to wait for that has a timeout
        (Until::Ready, State::Stopped | State::Starting | State::Unhealthy | State::Stopping | State::Backoff)
        | (
            Until::Exited,
            State::Blocked
            | State::Starting
            | State::Running
            | State::Ready
            | State::Unhealthy
            | State::Stopping
            | State::Backoff,
        ) => Progress::Pending,
    }
}

/// Judges what waits for others, or for its port: in vain, once one of them will not come by itself.
fn of_blocked(status: &ServiceStatus) -> Progress {
    if let Some(held) = status.port.as_ref().and_then(|port| port.held.as_ref()) {
        return Progress::Failed(format!("{}; {}", held.sentence(), held.advice()));
    }
    match status.blocked_on.iter().find(|obstacle| obstacle.needs_a_person) {
        Some(obstacle) => Progress::Failed(obstacle.sentence()),
        None => Progress::Pending,
    }
}

/// Says why a service does not run.
pub(super) fn how_it_ended(status: &ServiceStatus) -> String {
    if let Some(problem) = &status.problem {
        return problem.to_string();
    }
    if let Some(unfit) = status.ended.as_ref().and_then(|ended| ended.unfit.as_deref()) {
        return unfit.to_owned();
    }
    match status.ended.as_ref().and_then(|ended| ended.exit) {
        Some(exit) => exit.to_string(),
        None => "could not be started".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::Exit;
    use crate::supervisor::{EndedRun, Rules};

    fn status(runs: u32, state: State) -> ServiceStatus {
        let run = (0..runs).fold(RunId::default(), |run, _| run.next());
        let ended = Some(EndedRun { exit: Some(Exit::Code(7)), ran: Duration::ZERO, asked: false, unfit: None });
        ServiceStatus { state, run, ended, ..ServiceStatus::never_started("api".into()) }
    }

    fn second() -> RunId {
        RunId::default().next().next()
    }

    #[test]
    fn a_stop_is_over_when_the_run_is_and_not_when_the_next_one_has_begun_to_end() {
        for state in [State::Stopped, State::Crashed, State::Backoff] {
            assert_eq!(of_end(&status(2, state), second(), false), Progress::Reached);
        }
        for state in [State::Starting, State::Running, State::Stopping] {
            assert_eq!(of_end(&status(2, state), second(), false), Progress::Pending);
            assert_eq!(of_end(&status(3, state), second(), false), Progress::Reached);
        }
        assert_eq!(of_end(&status(2, State::Stuck), second(), true), Progress::Pending);
        assert_eq!(of_end(&status(2, State::Stuck), second(), false), Progress::Survived);
    }

    #[test]
    fn a_restart_is_not_over_while_the_old_run_still_runs() {
        for state in [State::Running, State::Stopping] {
            assert_eq!(of_start(&status(1, state), second()), Progress::Pending);
        }
        assert_eq!(of_start(&status(1, State::Stuck), second()), Progress::Survived);
        assert!(matches!(of_start(&status(1, State::Stopped), second()), Progress::Failed(_)));
        assert_eq!(of_start(&status(2, State::Starting), second()), Progress::Pending);
        assert_eq!(of_start(&status(2, State::Running), second()), Progress::Reached);
        assert_eq!(of_start(&status(2, State::Done), second()), Progress::Reached);
        assert_eq!(of_start(&status(2, State::Crashed), second()), Progress::Failed("exited with code 7".to_owned()));
    }

    #[test]
    fn a_one_shot_that_runs_is_not_ready_before_it_is_done() {
        let oneshot = |state| {
            let rest = status(1, state);
            ServiceStatus { rules: Rules { is_oneshot: true, ..rest.rules }, ..rest }
        };
        let first = RunId::default().next();
        for (state, progress) in [
            (State::Running, Progress::Pending),
            (State::Done, Progress::Reached),
            (State::Crashed, Progress::Failed("exited with code 7".to_owned())),
        ] {
            assert_eq!(of_start(&oneshot(state), first), progress);
            assert_eq!(of_wait(&oneshot(state), Until::Ready), progress);
        }
    }

    #[test]
    fn a_wait_ends_early_only_where_nothing_will_come_by_itself() {
        let ready = |state| of_wait(&status(1, state), Until::Ready);
        let exited = |state| of_wait(&status(1, state), Until::Exited);
        assert_eq!((ready(State::Running), exited(State::Running)), (Progress::Reached, Progress::Pending));
        assert_eq!((ready(State::Ready), ready(State::Starting)), (Progress::Reached, Progress::Pending));
        assert_eq!((exited(State::Ready), exited(State::Unhealthy)), (Progress::Pending, Progress::Pending));
        assert_eq!((ready(State::Stopped), exited(State::Stopped)), (Progress::Pending, Progress::Reached));
        assert_eq!((ready(State::Backoff), exited(State::Backoff)), (Progress::Pending, Progress::Pending));
        assert!(matches!((ready(State::Crashed), exited(State::Crashed)), (Progress::Failed(_), Progress::Reached)));
        assert_eq!((ready(State::Stuck), exited(State::Stuck)), (Progress::Survived, Progress::Survived));
    }
}
