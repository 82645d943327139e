//! The requests that change something: the command each stands for, and what is to be waited for. Pure.

use std::time::Duration;

use super::rows::{MemberRow, Outcome, SurvivorRow, millis};
use super::verdict::{self, Progress};
use crate::id::{RunId, ServiceId};
use crate::supervisor::{Answer, Command, KillReport, Refusal, ServiceStatus, State, Taken, conflict};

/// What is done to services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Start,
    StartReplacing,
    Remove,
    Reload,
    Stop,
    Restart,
    RestartWithDependents,
    Kill,
    StartAll,
    Quit,
}

/// What is expected of one service after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) service: ServiceId,
    aim: Aim,
    /// The run whose end is part of what was asked for.
    ends: Option<RunId>,
    /// Whether it goes for good.
    leaves: bool,
    /// Why nothing was done, where nothing was.
    refused: Option<Refusal>,
    /// Whether it was stuck before, and another attempt was ordered.
    tried_again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// This run is to be over.
    Gone(RunId),
    /// This run is to be up.
    Up(RunId),
}

impl Act {
    /// Returns what the supervisor is asked for.
    ///
    /// A reload and an addition carry more than numbers: for those it is nothing.
    pub(super) fn command(self, ids: &[ServiceId]) -> Command {
        match self {
            Self::Start | Self::Reload => Command::Start(ids.to_vec()),
            Self::StartReplacing => Command::Replace(ids.to_vec()),
            Self::Remove => Command::Remove(ids.to_vec()),
            Self::Stop => Command::Stop(ids.to_vec()),
            Self::Restart => Command::Restart(ids.to_vec()),
            Self::RestartWithDependents => Command::RestartWithDependents(ids.to_vec()),
            Self::Kill => Command::Kill(ids.to_vec()),
            Self::StartAll => Command::StartAll,
            Self::Quit => Command::Quit,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Start | Self::StartReplacing | Self::StartAll | Self::Reload => "start",
            Self::Remove => "remove",
            Self::Stop => "stop",
            Self::Restart | Self::RestartWithDependents => "restart",
            Self::Kill => "kill",
            Self::Quit => "quit",
        }
    }

    /// Returns what is to be waited for, by how the request was taken.
    pub(super) fn expect(self, answer: &Answer) -> Vec<Expected> {
        let expected = |taken: &Taken| {
            let refused = answer.refused.iter().find(|refused| refused.service == taken.service);
            let restarts = matches!(self, Self::Restart | Self::RestartWithDependents | Self::Reload);
            let goes = matches!(self, Self::Stop | Self::Kill | Self::Quit | Self::Remove) || taken.leaves;
            let (aim, ends) = match taken.state {
                _ if goes => (Aim::Gone(taken.run), Some(taken.run)),
                // what waits for others begins with the number after
                State::Blocked => (Aim::Up(taken.run.next()), None),
                // what is on its way down comes up again with the number after
                State::Unhealthy | State::Stopping => (Aim::Up(taken.run.next()), restarts.then_some(taken.run)),
                State::Stopped
                | State::Starting
                | State::Running
                | State::Ready
                | State::Done
                | State::Exited
                | State::Crashed
                | State::Backoff
                | State::CrashLoop
                | State::Stuck => (Aim::Up(taken.run), None),
            };
            Expected {
                service: taken.service,
                aim,
                ends,
                leaves: taken.leaves,
                refused: refused.map(|refused| refused.refusal),
                tried_again: self == Self::Kill && taken.state == State::Stuck,
            }
        };
        answer.taken.iter().map(expected).collect()
    }
}

impl Expected {
    /// Says how it stands.
    pub(super) fn judge(&self, status: &ServiceStatus, patient: bool) -> Progress {
        match (self.refused, self.aim) {
            (Some(Refusal::Stuck), _) => Progress::Survived,
            (Some(Refusal::Conflict), _) if status.conflict.is_some() => {
                Progress::Failed(conflict(status.conflict.as_deref().unwrap_or_default()))
            }
            (
                Some(
                    refusal @ (Refusal::Quitting
                    | Refusal::NotUpYet
                    | Refusal::TooBusy
                    | Refusal::Conflict
                    | Refusal::Leaving
                    | Refusal::Needed),
                ),
                _,
            ) => Progress::Failed(refusal.sentence().to_owned()),
            (None | Some(Refusal::NothingAlive | Refusal::AlreadyUp), Aim::Gone(run)) => {
                verdict::of_end(status, run, patient && self.tried_again)
            }
            (None | Some(Refusal::NothingAlive | Refusal::AlreadyUp), Aim::Up(run)) => verdict::of_start(status, run),
        }
    }

    /// Returns what is done to this service.
    const fn word(&self, act: Act) -> &'static str {
        match (self.leaves, self.ends) {
            (true, _) => "remove",
            (false, Some(_)) if matches!(act, Act::Reload) => "restart",
            (false, Some(_) | None) => act.word(),
        }
    }

    /// Returns what the end that was asked for has found.
    fn report<'a>(&self, status: &'a ServiceStatus) -> Option<&'a KillReport> {
        let report = status.report.as_deref()?;
        (self.refused.is_none() && self.ends == Some(report.run)).then_some(report)
    }
}

/// Says what became of a request about one service.
pub(super) fn outcome_of(
    act: Act,
    expected: &Expected,
    status: &ServiceStatus,
    progress: Progress,
    elapsed: Duration,
) -> Outcome {
    let outcome = Outcome {
        service: status.name.to_string(),
        action: expected.word(act).to_owned(),
        verified: progress != Progress::Survived,
        state: status.state.word().to_owned(),
        pid: status.main.map(|main| main.pid),
        nothing_to_do: matches!(expected.refused, Some(Refusal::NothingAlive | Refusal::AlreadyUp)),
        ..Outcome::default()
    };
    let outcome = match expected.report(status) {
        Some(report) => outcome.with_report(report),
        None => outcome,
    };
    let outcome = Outcome { elapsed_ms: millis(elapsed), ..outcome };
    match progress {
        Progress::Reached | Progress::Pending => outcome,
        Progress::Failed(problem) => Outcome { problem: Some(problem), ..outcome },
        Progress::Survived => survived(outcome, status),
    }
}

/// Says that procdash has ended before it had seen the end of a service: its guard goes on alone.
pub(super) fn left_to_its_guard(act: Act, status: &ServiceStatus) -> Outcome {
    Outcome {
        service: status.name.to_string(),
        action: act.word().to_owned(),
        state: status.state.word().to_owned(),
        problem: Some("is left to its guard, which kills what remains".to_owned()),
        ..Outcome::default()
    }
}

/// Fills in what is left of a service that is stuck, as it is known at this moment.
fn survived(outcome: Outcome, status: &ServiceStatus) -> Outcome {
    let members = status.members.iter().map(|member| MemberRow { pid: member.id.pid, command: member.command.clone() });
    let members = if outcome.members.is_empty() { members.collect() } else { outcome.members };
    let problem = status.problem.as_deref().unwrap_or("something of it could not be killed");
    Outcome {
        members,
        survivors: status.survivors.iter().map(SurvivorRow::from).collect(),
        problem: Some(problem.to_owned()),
        ..outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::Refused;

    const API: ServiceId = ServiceId::new(0);

    fn first() -> RunId {
        RunId::default().next()
    }

    fn status(run: RunId, state: State) -> ServiceStatus {
        ServiceStatus { state, run, ..ServiceStatus::never_started("api".into()) }
    }

    fn expected(act: Act, state: State, refusal: Option<Refusal>) -> Expected {
        let refused = refusal.map(|refusal| Refused { service: API, refusal }).into_iter().collect();
        let answer = Answer { taken: vec![Taken { service: API, run: first(), state, leaves: false }], refused };
        act.expect(&answer)[0]
    }

    #[test]
    fn a_restart_of_what_runs_waits_for_the_next_run_and_of_what_rests_for_the_one_just_begun() {
        let running = expected(Act::Restart, State::Stopping, None);
        assert_eq!(running.judge(&status(first(), State::Stopping), false), Progress::Pending);
        assert_eq!(running.judge(&status(first().next(), State::Running), false), Progress::Reached);
        let resting = expected(Act::Restart, State::Starting, None);
        assert_eq!(resting.judge(&status(first(), State::Running), false), Progress::Reached);
    }

    #[test]
    fn what_needs_nothing_is_done_and_says_so() {
        let stop = expected(Act::Stop, State::Stopped, Some(Refusal::NothingAlive));
        let rests = status(first(), State::Stopped);
        let progress = stop.judge(&rests, false);
        let outcome = outcome_of(Act::Stop, &stop, &rests, progress, Duration::ZERO);
        assert!(outcome.nothing_to_do && outcome.verified && outcome.problem.is_none());
        let start = expected(Act::Start, State::Starting, Some(Refusal::AlreadyUp));
        assert_eq!(start.judge(&status(first(), State::Starting), false), Progress::Pending, "it is not up yet");
        assert_eq!(start.judge(&status(first(), State::Running), false), Progress::Reached);
    }

    #[test]
    fn a_kill_of_what_is_stuck_gets_another_attempt_and_a_stop_does_not() {
        let stuck = status(first(), State::Stuck);
        let kill = expected(Act::Kill, State::Stuck, None);
        assert_eq!(kill.judge(&stuck, true), Progress::Pending);
        assert_eq!(kill.judge(&stuck, false), Progress::Survived);
        assert_eq!(expected(Act::Stop, State::Stuck, None).judge(&stuck, true), Progress::Survived);
        let outcome = outcome_of(Act::Kill, &kill, &stuck, Progress::Survived, Duration::ZERO);
        assert!(!outcome.verified && outcome.problem.is_some());
    }

    #[test]
    fn a_start_that_is_refused_does_not_wait() {
        let down = status(first(), State::Stopped);
        let quitting = expected(Act::Start, State::Stopped, Some(Refusal::Quitting));
        assert!(matches!(quitting.judge(&down, false), Progress::Failed(reason) if reason.contains("being stopped")));
        let stuck = expected(Act::Start, State::Stuck, Some(Refusal::Stuck));
        assert_eq!(stuck.judge(&status(first(), State::Stuck), false), Progress::Survived);
    }
}
