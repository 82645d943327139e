//! Decides what follows the end of a run that nobody asked for: rest, wait and try again, or give up.

use std::time::Duration;

use super::status::State;
use crate::config::{Restart, RestartPolicy};
use crate::process::Exit;

/// What a run's end is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndOfRun<'a> {
    /// How it ended; `None` when it never began.
    pub(crate) exit: Option<Exit>,
    /// How long it ran.
    pub(crate) ran: Duration,
    /// Attempts made in a row before this run.
    pub(crate) attempts: u32,
    /// Whether exit 0 means done.
    pub(crate) oneshot: bool,
    /// Codes that are no failure.
    pub(crate) success_exit_codes: &'a [i32],
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the service rests in this state.
    Rest(State),
    /// Another attempt after a wait.
    Again {
        /// How long to wait.
        delay: Duration,
        /// Attempts in a row, this one included.
        attempts: u32,
    },
}

/// Whether an exit counts as a success. A signal counts by the code that a shell gives it, 128 and its number.
pub(crate) fn is_success(exit: Exit, success_exit_codes: &[i32]) -> bool {
    match exit {
        Exit::Code(code) => success_exit_codes.contains(&code),
        Exit::Signal { number, core_dumped } => !core_dumped && success_exit_codes.contains(&(128 + number)),
    }
}

/// Decides what follows the end of a run that nobody asked for.
pub(crate) fn decide(restart: &Restart, end: &EndOfRun<'_>) -> Next {
    let success = end.exit.is_some_and(|exit| is_success(exit, end.success_exit_codes));
    if success && end.oneshot {
        return Next::Rest(State::Done);
    }
    let wanted = match restart.policy {
        RestartPolicy::No => false,
        RestartPolicy::OnFailure => !success,
        RestartPolicy::Always => true,
    };
    if !wanted {
        return Next::Rest(if success { State::Exited } else { State::Crashed });
    }
    let before = if end.ran >= restart.reset_after { 0 } else { end.attempts };
    if before >= restart.max {
        return Next::Rest(State::CrashLoop);
    }
    Next::Again { delay: delay(restart, before), attempts: before + 1 }
}

/// The wait before attempt `before + 1`: doubled once for each attempt before it, up to the longest.
fn delay(restart: &Restart, before: u32) -> Duration {
    let factor = 2_u32.checked_pow(before).unwrap_or(u32::MAX);
    restart.delay.saturating_mul(factor).min(restart.delay_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(policy: RestartPolicy) -> Restart {
        Restart {
            policy,
            delay: Duration::from_millis(500),
            delay_max: Duration::from_secs(10),
            reset_after: Duration::from_secs(30),
            max: 5,
        }
    }

    fn end(exit: Exit, ran: u64, attempts: u32) -> EndOfRun<'static> {
        EndOfRun {
            exit: Some(exit),
            ran: Duration::from_secs(ran),
            attempts,
            oneshot: false,
            success_exit_codes: &[0, 130, 143],
        }
    }

    const fn killed(number: i32) -> Exit {
        Exit::Signal { number, core_dumped: false }
    }

    #[test]
    fn without_a_policy_the_exit_decides_between_exited_and_crashed() {
        let no = policy(RestartPolicy::No);
        for (exit, state) in [
            (Exit::Code(0), State::Exited),
            (Exit::Code(130), State::Exited),
            (Exit::Code(1), State::Crashed),
            (killed(15), State::Exited),
            (killed(9), State::Crashed),
            (Exit::Signal { number: 2, core_dumped: true }, State::Crashed),
        ] {
            assert_eq!(decide(&no, &end(exit, 1, 0)), Next::Rest(state), "{exit:?}");
        }
    }

    #[test]
    fn a_oneshot_that_succeeds_is_done_whatever_the_policy() {
        let done = EndOfRun { oneshot: true, ..end(Exit::Code(0), 1, 0) };
        assert_eq!(decide(&policy(RestartPolicy::Always), &done), Next::Rest(State::Done));
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let always = Restart { max: 100, ..policy(RestartPolicy::Always) };
        let waits: Vec<u128> = (0..7)
            .map(|attempts| match decide(&always, &end(Exit::Code(1), 1, attempts)) {
                Next::Again { delay, .. } => delay.as_millis(),
                Next::Rest(state) => panic!("rests as {state:?}"),
            })
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(
            decide(&always, &end(Exit::Code(1), 1, 99)),
            Next::Again { delay: Duration::from_secs(10), attempts: 100 }
        );
    }

    #[test]
    fn too_many_attempts_in_a_row_are_a_crash_loop_and_a_long_run_starts_the_count_again() {
        let on_failure = policy(RestartPolicy::OnFailure);
        assert_eq!(decide(&on_failure, &end(Exit::Code(1), 1, 5)), Next::Rest(State::CrashLoop));
        assert_eq!(
            decide(&on_failure, &end(Exit::Code(1), 30, 5)),
            Next::Again { delay: Duration::from_millis(500), attempts: 1 }
        );
    }

    #[test]
    fn on_failure_leaves_a_success_alone_and_always_does_not() {
        assert_eq!(decide(&policy(RestartPolicy::OnFailure), &end(Exit::Code(0), 1, 0)), Next::Rest(State::Exited));
        assert!(matches!(decide(&policy(RestartPolicy::Always), &end(Exit::Code(0), 1, 0)), Next::Again { .. }));
    }

    #[test]
    fn a_run_that_never_began_is_a_failure() {
        let never = EndOfRun { exit: None, ..end(Exit::Code(0), 0, 0) };
        assert_eq!(decide(&policy(RestartPolicy::No), &never), Next::Rest(State::Crashed));
    }
}
