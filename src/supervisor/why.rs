//! Why a service is in the state it is in, and what can be done about it. Pure.

mod last_lines;
mod outlook;
mod port;

use std::time::Instant;

pub use self::last_lines::{LastLines, last_lines};
use self::port::{awaited_port, clash, moved_port};
use super::status::{EndedRun, HowItEnded, KillReport, ServiceStatus, State, StopStep, Stopping};
use super::stray_kill::StrayKill;
use crate::config::RestartPolicy;
use crate::keys::Action;
use crate::process::{Exit, Member, brief, lasted, seconds_left};
use crate::signal::Signal;

/// Processes that are named one by one; the rest are counted.
const NAMED: usize = 8;

/// One reason, the nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// For a person to read, without the service's name.
    pub text: String,
    /// What acts on it: a key in the dashboard, the command of the same name in a shell.
    pub remedy: Option<Action>,
}

impl Cause {
    fn fact(text: impl Into<String>) -> Self {
        Self { text: text.into(), remedy: None }
    }

    fn with(text: impl Into<String>, remedy: Action) -> Self {
        Self { text: text.into(), remedy: Some(remedy) }
    }
}

/// Returns why a service is in its state.
#[must_use]
pub fn why(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let mut causes = of_state(status, now);
    causes.extend(outlook::of_files(status, now));
    causes.extend(outlook::of_schedule(status, now));
    causes
}

fn of_state(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    match status.state {
        State::Stopped => stopped(status),
        State::Blocked => blocked(status, now),
        State::Starting => vec![starting(status, now)],
        State::Running | State::Ready => running(status, now),
        State::Unhealthy => vec![Cause::fact(unfit(status))],
        State::Stopping => stopping(status, now),
        State::Done if status.rules.is_target => vec![Cause::fact("what it depends on is up")],
        State::Done => {
            let again = if outlook::begins_again(status) { "" } else { " and does not run again by itself" };
            let text = format!("a one-shot: it {}{again}", end(status));
            vec![Cause::with(text, Action::Start)]
        }
        State::Exited => vec![Cause::with(format!("it {}, which counts as a success", end(status)), Action::Start)],
        State::Crashed => crashed(status, now),
        State::Backoff => backoff(status, now),
        State::CrashLoop => crash_loop(status, now),
        State::Stuck => stuck(status),
    }
}

fn stopped(status: &ServiceStatus) -> Vec<Cause> {
    let text = match &status.ended {
        None if status.rules.autostart => "it was not started yet".to_owned(),
        None => "it was not started yet, and does not start by itself (autostart = false)".to_owned(),
        Some(ended) if ended.asked => {
            let how = status.report.as_deref().filter(|report| report.run == status.run).map_or("", asked_end);
            format!("it was stopped by request after {}{how}", lasted(ended.ran))
        }
        Some(_) => format!("its restart was called off by request; before that it {}", end(status)),
    };
    vec![Cause::with(text, Action::Start)]
}

/// Says which step of a stop did it, as the rest of a sentence.
const fn asked_end(report: &KillReport) -> &'static str {
    match report.how {
        HowItEnded::Acknowledged => ": its stop command ended it",
        HowItEnded::InGrace => ": it ended within its grace",
        HowItEnded::Forced => ": its tree had to be killed",
        HowItEnded::ByItself => "",
    }
}

fn blocked(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for obstacle in status.blocked_on.iter().take(NAMED) {
        let text = format!("it {}", obstacle.sentence());
        // what has failed is tried again with whoever needs it
        let is_tried_again = obstacle.needs_a_person && !matches!(obstacle.state, State::Stuck | State::Blocked);
        causes.push(if is_tried_again { Cause::with(text, Action::Start) } else { Cause::fact(text) });
    }
    if let Some(more @ 1..) = status.blocked_on.len().checked_sub(NAMED) {
        causes.push(Cause::fact(format!("and for {more} more")));
    }
    causes.extend(awaited_port(status, now));
    if status.ended.is_some() {
        causes.push(Cause::fact(format!("before that {}", last_end(status))));
    }
    causes
}

fn starting(status: &ServiceStatus, now: Instant) -> Cause {
    if let Some(sentence) = status.probing.as_ref().and_then(|probing| probing.sentence(now)) {
        return Cause::with(sentence, Action::Kill);
    }
    let since = status.started.map_or_else(String::new, |at| format!(" for {}", lasted(now - at.min(now))));
    Cause::with(format!("it has been starting{since}: its program does not run yet"), Action::Kill)
}

fn unfit(status: &ServiceStatus) -> String {
    let why = status.problem.as_deref().unwrap_or("does not pass its probes");
    format!("it {why}; its tree is being killed")
}

fn running(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let since = status.started.map_or_else(String::new, |at| format!(" for {}", lasted(now - at.min(now))));
    let mut causes = vec![match status.main {
        Some(main) => Cause::fact(format!("it has run{since}, pid {}", main.pid)),
        None => Cause::fact(format!("its command has ended and left a daemon, which has run{since}")),
    }];
    causes.extend(status.probing.as_ref().and_then(|probing| probing.sentence(now)).map(Cause::fact));
    causes.extend(status.turn.as_ref().map(|turn| Cause::with(format!("it {}", turn.sentence()), Action::Kill)));
    causes.extend(moved_port(status));
    if status.restarts > 0 {
        let times = times(status.restarts);
        causes.push(Cause::fact(format!("it was restarted by itself {times} in a row; last time it {}", end(status))));
    }
    causes
}

fn stopping(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    use super::status::Action as Asked;
    let Some(stop) = status.stopping else { return vec![Cause::fact("it is on its way down")] };
    let asked = match stop.action {
        Asked::Stop => "it was asked to stop",
        Asked::Kill => "its tree is being killed by request",
        Asked::Restart => "it is being stopped for a restart",
        Asked::Quit => "everything is being stopped",
        Asked::Expel => "its probes have failed, and its tree is being killed",
        Asked::Sweep => "its main process has ended, and what it left behind is being killed",
    };
    let again = if stop.again { "; then it starts again" } else { "" };
    let mut causes = vec![Cause::fact(format!("{asked}{again}")), step(stop, now)];
    causes.extend(status.members.iter().take(NAMED).map(|member| Cause::fact(still_alive(member))));
    if let Some(more @ 1..) = status.members.len().checked_sub(NAMED) {
        causes.push(Cause::fact(format!("and {more} more are still alive")));
    }
    causes
}

/// Says where a stop stands and what comes next.
fn step(stop: Stopping, now: Instant) -> Cause {
    let ago = brief(now - stop.step_since.min(now));
    let left = stop.deadline.map_or(0, |at| seconds_left(at.saturating_duration_since(now)));
    match stop.step {
        StopStep::StopCommand => Cause::with(
            format!("its stop command has run for {ago}; in {left} s it is asked by its signal"),
            Action::Kill,
        ),
        StopStep::Signal(signal) => {
            Cause::with(format!("{signal} was sent {ago} ago; in {left} s its tree is killed"), Action::Kill)
        }
        StopStep::Keys => {
            Cause::with(format!("its stop keys were typed {ago} ago; in {left} s its tree is killed"), Action::Kill)
        }
        StopStep::Kill => Cause::fact(format!("SIGKILL was sent to its whole tree {ago} ago")),
    }
}

fn still_alive(member: &Member) -> String {
    format!("still alive, {}: {} {}", member.state.word(), member.id.pid, member.command)
}

fn crashed(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let mut causes = vec![Cause::with(last_end(status), Action::Restart)];
    causes.extend(clash(status, now));
    causes.extend(left_behind(status));
    causes.push(Cause::fact(match status.rules.restart {
        RestartPolicy::No => "it is not restarted by itself (restart = \"no\")",
        RestartPolicy::OnFailure | RestartPolicy::Always => "it is not restarted by itself any more",
    }));
    causes
}

fn backoff(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let left = status.next_start.map_or(0, |at| seconds_left(at.saturating_duration_since(now)));
    let (attempt, most) = (status.restarts, status.rules.max_restarts);
    let policy = policy(status.rules.restart);
    let text = format!("it starts again in {left} s: attempt {attempt} of {most} (restart = \"{policy}\")");
    let mut causes = vec![Cause::with(text, Action::Start), Cause::fact(last_end(status))];
    causes.extend(clash(status, now));
    causes.extend(left_behind(status));
    causes
}

fn crash_loop(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let runs = times(status.restarts + 1);
    let text = format!("it ended {runs} in a row and waits for you (max_restarts = {})", status.rules.max_restarts);
    let mut causes = vec![Cause::with(text, Action::Start), Cause::fact(last_end(status))];
    causes.extend(clash(status, now));
    causes.extend(left_behind(status));
    causes
}

fn stuck(status: &ServiceStatus) -> Vec<Cause> {
    let mut causes: Vec<Cause> = match &status.problem {
        Some(problem) if status.survivors.is_empty() => {
            vec![Cause::with(format!("it could not be seen to be gone: {problem}"), Action::Kill)]
        }
        Some(_) | None => Vec::new(),
    };
    causes.extend(status.survivors.iter().take(NAMED).map(|survivor| {
        let (pid, command, state) = (survivor.id.pid, &survivor.command, survivor.state.word());
        Cause::with(format!("{pid} {command} ({state}): {}", survivor.reason), Action::Kill)
    }));
    if let Some(more @ 1..) = status.survivors.len().checked_sub(NAMED) {
        causes.push(Cause::with(format!("and {more} more could not be killed"), Action::Kill));
    }
    causes.push(Cause::fact("until that is gone it is not started again, so that two runs never meet"));
    causes
}

/// Says how the last run ended, with what that usually means.
fn last_end(status: &ServiceStatus) -> String {
    if let Some(problem) = &status.problem {
        return format!("it could not be started: {problem}");
    }
    if let Some(unfit) = status.ended.as_ref().and_then(|ended| ended.unfit.as_deref()) {
        return format!("it {unfit}; its tree was killed");
    }
    let meaning = status.ended.as_ref().and_then(|ended| ended.exit).and_then(|exit| meaning(exit, status.stray_kill));
    let meaning = meaning.map_or_else(String::new, |meaning| format!(": {meaning}"));
    format!("it {}{meaning}", end(status))
}

/// Says how the last run ended: `exited with code 1 after 02:13`.
fn end(status: &ServiceStatus) -> String {
    match &status.ended {
        Some(EndedRun { unfit: Some(unfit), .. }) => unfit.to_string(),
        Some(EndedRun { exit: Some(exit), ran, .. }) => match exit {
            Exit::Code(_) => format!("{exit} after {}", lasted(*ran)),
            Exit::Signal { .. } => format!("was {exit} after {}", lasted(*ran)),
        },
        Some(EndedRun { exit: None, .. }) => "could not be started".to_owned(),
        None => "ended".to_owned(),
    }
}

/// Says what an end usually means, where that is more than its number says.
fn meaning(exit: Exit, stray_kill: Option<StrayKill>) -> Option<String> {
    match exit {
        Exit::Code(126) => Some("a shell says so when a program cannot be executed".to_owned()),
        Exit::Code(127) => Some("a shell says so when it does not find a program".to_owned()),
        Exit::Code(code @ 129..=192) => Signal::from_number(code - 128)
            .map(|signal| format!("a shell says so when {signal} ended a program ({})", signal.meaning())),
        Exit::Code(_) => None,
        Exit::Signal { number, .. } if number == Signal::SIGKILL.number() => {
            stray_kill.map(|kill| kill.sentence().to_owned())
        }
        Exit::Signal { number, .. } => Signal::from_number(number).map(|signal| signal.meaning().to_owned()),
    }
}

/// Says what the last run left behind when it ended by itself.
fn left_behind(status: &ServiceStatus) -> Option<Cause> {
    let report = status.report.as_ref().filter(|report| report.run == status.run)?;
    let count = report.members.len();
    (report.how == HowItEnded::ByItself && count > 0).then(|| {
        let (noun, verb) = if count == 1 { ("process", "was") } else { ("processes", "were") };
        Cause::fact(format!("it left {count} {noun} behind, which {verb} killed"))
    })
}

const fn policy(policy: RestartPolicy) -> &'static str {
    match policy {
        RestartPolicy::No => "no",
        RestartPolicy::OnFailure => "on-failure",
        RestartPolicy::Always => "always",
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests;
