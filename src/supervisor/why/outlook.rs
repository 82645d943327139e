//! What will start a service again by itself, and what has: its files and its schedule.

use std::time::Instant;

use super::Cause;
use crate::keys::Action;
use crate::process::{brief, lasted};
use crate::supervisor::status::{ServiceStatus, State};
use crate::supervisor::{WatchStatus, Watching};

/// Says what a change of its files has done, and will do.
pub(super) fn of_files(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let Some(WatchStatus { watching, restarted }) = &status.watch else { return vec![] };
    let by_it = restarted.as_ref().filter(|it| status.state.is_alive() && it.run == status.run);
    let mut causes: Vec<Cause> = by_it
        .map(|it| Cause::fact(format!("restarted by a change of {} {} ago", it.what, brief(now - it.at.min(now)))))
        .into_iter()
        .collect();
    match watching {
        Watching::NotYet => {}
        Watching::On { folders, missing } => {
            causes.extend(deed(status.state).map(|deed| {
                let plural = if *folders == 1 { " is" } else { "s are" };
                Cause::fact(format!("a change of its files {deed}: {folders} folder{plural} watched"))
            }));
            causes.extend(
                missing.as_ref().map(|missing| Cause::fact(format!("nothing is there to watch for {missing}"))),
            );
        }
        Watching::Paused(file) => {
            let text = format!("its files are not watched any more, since {file} changes soon after every start");
            causes.push(Cause::with(text, Action::Restart));
        }
        Watching::Failed(reason) => causes.push(Cause::fact(format!("its files are not watched: {reason}"))),
    }
    causes
}

/// Says what a change does in this state.
const fn deed(state: State) -> Option<&'static str> {
    match state {
        State::Starting | State::Running | State::Ready => Some("restarts it"),
        State::Unhealthy | State::Done | State::Exited | State::Crashed | State::Backoff | State::CrashLoop => {
            Some("starts it again")
        }
        State::Stopped | State::Blocked | State::Stopping | State::Stuck => None,
    }
}

/// Says when its schedule starts it.
pub(super) fn of_schedule(status: &ServiceStatus, now: Instant) -> Option<Cause> {
    let next = status.next_run.as_ref()?;
    let left = lasted(next.at.saturating_duration_since(now));
    Some(Cause::with(format!("next run in {left}, at {}", next.clock), Action::Start))
}

/// Whether something but a person starts it again.
pub(super) fn begins_again(status: &ServiceStatus) -> bool {
    let watching = status.watch.as_ref().map(|watch| &watch.watching);
    status.next_run.is_some() || matches!(watching, Some(Watching::NotYet | Watching::On { .. }))
}
