//! The lines procdash writes into a service's log: where a run began, how it ended, what comes next. Pure.
//!
//! They carry no sign of their own: whoever shows them puts one in front, by their tone.

use std::time::Duration;

use super::course::{CommandOutcome, Course, Ignored};
use super::held_port::{Clash, HeldPort};
use super::machine::Machine;
use super::status::{EndedRun, Fate, HowItEnded, KillReport, State};
use super::stray_kill::StrayKill;
use crate::config::{CommandLine, Overlap, Port};
use crate::id::RunId;
use crate::logs::Tone;
use crate::process::{Member, Survivor, brief, lasted};
use crate::signal::Signal;

/// Processes that a line names; the rest are counted.
const NAMED: usize = 3;
/// Variables that a line names.
const VARIABLES: usize = 8;

/// Returns the line for a run that begins.
pub(crate) fn begins(run: RunId, command: &CommandLine) -> String {
    format!("run {} · {}", run.number(), one_line(command))
}

/// Returns the line for an entry that differs at a restart.
pub(crate) fn entry_differs(keys: &str) -> (Tone, String) {
    (Tone::Calm, format!("the file says something else now: {keys}; the next run has it"))
}

/// Returns the line for environment files that say something else than at the run before.
pub(crate) fn environment_differs(names: &[String]) -> (Tone, String) {
    let more = names.len().saturating_sub(VARIABLES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = names.iter().take(VARIABLES).map(String::as_str).collect::<Vec<_>>().join(", ");
    (Tone::Calm, format!("its environment files say something else now: {names}{more}"))
}

/// Returns the line for an entry that differs at a reload.
pub(crate) fn entry_changed(keys: &str, waits: bool) -> (Tone, String) {
    let when = if waits { "; what it is started with counts from its next run on" } else { "" };
    (Tone::Calm, format!("the file was read anew: {keys}{when}"))
}

/// Returns the line for a file that cannot be used at a restart.
pub(crate) fn file_is_unusable(problem: &str) -> (Tone, String) {
    (Tone::Bad, format!("the file cannot be used, so the next run has the old values: {problem}"))
}

/// Returns the line for a stop command that begins.
pub(crate) fn stop_command(command: &CommandLine) -> String {
    format!("stop command · {}", one_line(command))
}

/// Returns the line for a stop command that did not do what it is for.
pub(crate) fn stop_command_ended(outcome: &CommandOutcome, lasted: Duration) -> Option<(Tone, String)> {
    let lasted = brief(lasted);
    let note = match outcome {
        CommandOutcome::UnderWay | CommandOutcome::Succeeded => return None,
        CommandOutcome::Failed(exit) => format!("the stop command failed: {exit} after {lasted}"),
        CommandOutcome::NotStarted(problem) => format!("the stop command did not start: {problem}"),
        CommandOutcome::TimedOut => format!("the stop command did not return within {lasted} and was killed"),
        CommandOutcome::CutShort => format!("the stop command was cut short after {lasted}"),
    };
    let tone = if *outcome == CommandOutcome::CutShort { Tone::Calm } else { Tone::Bad };
    Some((tone, note))
}

/// Returns the line for a stop signal.
pub(crate) fn signalled(signal: Signal, grace: Duration) -> (Tone, String) {
    (Tone::Calm, format!("{signal} sent to its process group · the tree is killed after {}", brief(grace)))
}

/// Returns the line for stop keys that nobody will read.
pub(crate) fn keys_failed(problem: &str) -> (Tone, String) {
    (Tone::Bad, format!("the stop keys were not typed: it {problem}"))
}

/// Returns the line that names those who were asked to end and did not, once the tree is killed.
pub(crate) fn ignored(course: &Course) -> Option<(Tone, String)> {
    let ignorers: Vec<(&Member, Ignored)> = course.ignorers().collect();
    let (_, first) = ignorers.first()?;
    let who = |(member, _): &(&Member, Ignored)| format!("{} {}", member.id.pid, shortened(&member.command));
    let names = ignorers.iter().take(NAMED).map(who).collect::<Vec<_>>().join(", ");
    let more = match ignorers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some((
        Tone::Bad,
        format!("{} ignored for {} by {names}{more} · the tree is killed", first.signal, brief(first.during)),
    ))
}

/// Returns the line for one process that could not be killed.
pub(crate) fn survives(survivor: &Survivor) -> (Tone, String) {
    let Survivor { id, command, reason, .. } = survivor;
    (Tone::Bad, format!("still alive: {} {} · {reason}", id.pid, one_line_of(command)))
}

/// Returns the line for a run whose end could not be looked at.
pub(crate) fn unseen(problem: &str) -> (Tone, String) {
    (Tone::Bad, format!("not seen to be gone: {problem}"))
}

/// Returns the beginning of a command line, for a list of several.
fn shortened(command: &str) -> String {
    const LENGTH: usize = 24;
    let line = one_line_of(command);
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn one_line_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn one_line(command: &CommandLine) -> String {
    one_line_of(&command.to_string())
}

/// Returns the line for a service that waits for what will not come by itself.
pub(crate) fn waits(obstacle: &str) -> (Tone, String) {
    (Tone::Bad, format!("not started: {obstacle}"))
}

/// Returns the line for a run that can be used from now on.
pub(crate) fn ready(after: Duration) -> (Tone, String) {
    (Tone::Good, format!("ready after {}", brief(after)))
}

/// Returns the line for a run that its probes end.
pub(crate) fn unfit(why: &str) -> (Tone, String) {
    (Tone::Bad, format!("it {why} · the tree is killed"))
}

/// Returns the line for a probe whose processes do not go.
pub(crate) fn probe_stays() -> (Tone, String) {
    (Tone::Bad, "a probe could not be ended; its guard goes on trying".to_owned())
}

/// Returns the line for a service whose port somebody else has.
pub(crate) fn port_held(held: &HeldPort, port: Port) -> (Tone, String) {
    let last = *port.candidates().end();
    let more = if port.bump == 0 { String::new() } else { format!(", and none up to {last} is to be had") };
    (Tone::Bad, format!("not started: {}{more}; it starts when the port is free", one_line_of(&held.sentence())))
}

/// Returns the line for a run that was given another port than the file says.
pub(crate) fn port_moved(port: u16, why: &str) -> (Tone, String) {
    (Tone::Calm, format!("runs on port {port}: {}", one_line_of(why)))
}

/// Returns the line for a run that has failed over an address in use.
pub(crate) fn clash(clash: &Clash) -> (Tone, String) {
    let note = match (&clash.held, clash.port) {
        (Some(held), _) => one_line_of(&held.sentence()),
        (None, Some(port)) => format!("port {port} was in use; nobody listens on it any more"),
        (None, None) => "an address was in use; its output does not say which".to_owned(),
    };
    (Tone::Bad, note)
}

/// Returns the line for a start because of files: `restarting: src/main.rs and 3 more changed`.
pub(crate) fn changed(verb: &str, what: &str) -> String {
    format!("{verb}: {} changed", one_line_of(what))
}

/// Returns the line for a start because of files that is refused.
pub(crate) fn change_is_refused(what: &str, why: &str) -> (Tone, String) {
    (Tone::Calm, format!("{} changed, but it {why}", one_line_of(what)))
}

/// Returns the line for files that cannot be watched.
pub(crate) fn not_watched(reason: &str) -> (Tone, String) {
    (Tone::Bad, format!("its files are not watched: {reason}"))
}

/// Returns the line for a service that was started too often because of a file.
pub(crate) fn watch_paused(file: &str) -> (Tone, String) {
    let file = one_line_of(file);
    (Tone::Bad, format!("not watched any more: {file} changes soon after every start · r starts it and watches again"))
}

/// Returns the line for a time of the schedule at which nothing is started.
pub(crate) fn left_out(at: &str, why: &str) -> (Tone, String) {
    (Tone::Calm, format!("not started at {at}: {why}"))
}

/// Returns the line for a time of the schedule at which the last run still runs.
pub(crate) fn still_runs(at: &str, overlap: Overlap) -> (Tone, String) {
    match overlap {
        Overlap::Skip => left_out(at, "the last run has not ended (overlap = \"skip\")"),
        Overlap::Queue => {
            (Tone::Calm, format!("due at {at}: starts when the last run has ended (overlap = \"queue\")"))
        }
        Overlap::Kill => (Tone::Calm, format!("due at {at}: the last run is stopped (overlap = \"kill\")")),
    }
}

/// Returns the line for a schedule that was called off.
pub(crate) fn schedule_off() -> (Tone, String) {
    (Tone::Calm, "its schedule is off until it is started".to_owned())
}

/// Returns the line for a run whose command has left its daemon behind.
pub(crate) fn daemonised() -> (Tone, String) {
    (Tone::Calm, "the command exited with code 0 and left its daemon".to_owned())
}

/// Returns the line for a machine whose run is just over, as it rests or waits now.
pub(crate) fn ended(
    run: RunId,
    machine: &Machine,
    (report, stray_kill): (Option<&KillReport>, Option<StrayKill>),
    wait: Duration,
) -> (Tone, String) {
    let Some(ended) = machine.ended() else { return (Tone::Calm, "stopped".to_owned()) };
    let state = machine.state();
    let tone = match state {
        State::Crashed | State::CrashLoop | State::Stuck => Tone::Bad,
        State::Backoff if !ended.asked => Tone::Bad,
        State::Done | State::Exited => Tone::Good,
        State::Stopped
        | State::Blocked
        | State::Starting
        | State::Running
        | State::Ready
        | State::Unhealthy
        | State::Stopping
        | State::Backoff => Tone::Calm,
    };
    let mut parts = vec![format!("run {} · {}", run.number(), how(ended, machine.problem()))];
    if stray_kill == Some(StrayKill::WantOfMemory) {
        parts.push("probably by the kernel, for want of memory".to_owned());
    }
    if let Some(report) = report {
        parts.push(checked(report));
    }
    if state == State::Backoff {
        parts.push(format!("starts again in {} (attempt {})", seconds(wait), machine.attempts()));
    }
    if state == State::CrashLoop {
        parts.push(format!("crash-loop: {} attempts in a row, not started again", machine.attempts()));
    }
    (tone, parts.join(" · "))
}

fn how(ended: &EndedRun, problem: Option<&str>) -> String {
    match (ended.exit, problem) {
        (_, Some(problem)) => format!("not started: {problem}"),
        (Some(_), None) if ended.unfit.is_some() => format!("ended by its probes after {}", lasted(ended.ran)),
        (Some(exit), None) => format!("{exit} after {}", lasted(ended.ran)),
        (None, None) => format!("ended after {}", lasted(ended.ran)),
    }
}

/// Says what became of those who were there.
fn checked(report: &KillReport) -> String {
    let gone = report.members.iter().filter(|member| member.fate == Fate::Gone).count();
    let left = report.survivors.len();
    match report.how {
        HowItEnded::Forced => format!("tree killed, {gone} gone, {left} left"),
        HowItEnded::ByItself if report.killed == 0 => format!("it left {gone} behind, which ended, {left} left"),
        HowItEnded::ByItself => format!("it left {gone} behind, killed {}, {left} left", report.killed),
        HowItEnded::Acknowledged | HowItEnded::InGrace => format!("{gone} gone, {left} left"),
    }
}

fn seconds(wait: Duration) -> String {
    if wait < Duration::from_secs(1) {
        format!("{} ms", wait.as_millis())
    } else {
        format!("{:.0} s", wait.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::course::Deed;
    use super::*;
    use crate::process::{Exit, ProcessId, ProcessState};

    #[test]
    fn a_command_of_many_lines_is_told_in_one() {
        let command = CommandLine::Shell("make  \n\tserve\n".to_owned());
        assert_eq!(begins(RunId::default().next(), &command), "run 1 · make serve");
        let command = CommandLine::Program(vec!["bin/drain".to_owned(), "--now".to_owned()]);
        assert_eq!(stop_command(&command), "stop command · bin/drain --now");
    }

    #[test]
    fn waits_are_told_as_a_person_would() {
        let waits = [500, 1000, 9_600].map(|millis| seconds(Duration::from_millis(millis)));
        assert_eq!(waits, ["500 ms", "1 s", "10 s"]);
    }

    #[test]
    fn a_stop_command_is_worth_a_line_when_it_did_not_do_what_it_is_for() {
        let said = |outcome| stop_command_ended(&outcome, Duration::from_secs(5)).map(|(_, note)| note);
        assert_eq!(said(CommandOutcome::Succeeded), None);
        assert_eq!(
            said(CommandOutcome::Failed(Exit::Code(7))).as_deref(),
            Some("the stop command failed: exited with code 7 after 5.0 s")
        );
        assert_eq!(
            said(CommandOutcome::TimedOut).as_deref(),
            Some("the stop command did not return within 5.0 s and was killed")
        );
    }

    #[test]
    fn those_who_ignore_a_signal_are_named_and_many_are_counted() {
        let member = |pid| Member {
            id: ProcessId { pid, start: 1 },
            parent: 1,
            group: 10,
            depth: 0,
            command: "sh\n -c 'a very long script that nobody would want to read in a list'".to_owned(),
            state: ProcessState::Sleeping,
            cpu_percent: 0.0,
            memory: 0,
        };
        let (mut course, now) = (Course::default(), Instant::now());
        assert_eq!(ignored(&course), None);
        course.look((10..15).map(member).collect());
        course.take(Deed::Signal(Signal::SIGTERM), member(10).id, now);
        course.take(Deed::Kill, member(10).id, now + Duration::from_secs(5));
        let who = "sh -c 'a very long scrip…";
        let expected =
            format!("SIGTERM ignored for 5.0 s by 10 {who}, 11 {who}, 12 {who} and 2 more · the tree is killed");
        assert_eq!(ignored(&course), Some((Tone::Bad, expected)));
    }
}
