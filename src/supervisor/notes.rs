//! The lines procdash writes into a service's log: where a run began, how it ended, what comes next. Pure.
//!
//! They carry no sign of their own: whoever shows them puts one in front, by their tone.

use std::time::Duration;

use super::machine::Machine;
use super::status::{EndedRun, Fate, HowItEnded, KillReport, State};
use crate::config::CommandLine;
use crate::id::RunId;
use crate::logs::Tone;

/// Returns the line for a run that begins.
pub(crate) fn begins(run: RunId, command: &CommandLine) -> (Tone, String) {
    (Tone::Calm, format!("run {} · {}", run.number(), one_line(command)))
}

/// Returns the line for a stop command that begins.
pub(crate) fn stop_command(command: &CommandLine) -> String {
    format!("stop command · {}", one_line(command))
}

fn one_line(command: &CommandLine) -> String {
    command.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the line for a run whose command has left its daemon behind.
pub(crate) fn daemonised() -> (Tone, String) {
    (Tone::Calm, "the command exited with code 0 and left its daemon".to_owned())
}

/// Returns the line for a machine whose run is just over, as it rests or waits now.
pub(crate) fn ended(machine: &Machine, report: Option<&KillReport>, wait: Duration) -> (Tone, String) {
    let Some(ended) = machine.ended() else { return (Tone::Calm, "stopped".to_owned()) };
    let state = machine.state();
    let tone = match state {
        State::Crashed | State::CrashLoop | State::Stuck => Tone::Bad,
        State::Backoff if !ended.asked => Tone::Bad,
        State::Done | State::Exited => Tone::Good,
        State::Stopped | State::Starting | State::Running | State::Stopping | State::Backoff => Tone::Calm,
    };
    let mut parts = vec![how(ended, machine.problem())];
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
        (Some(exit), None) => format!("{exit} after {}", clock(ended.ran)),
        (None, None) => format!("ended after {}", clock(ended.ran)),
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

/// Returns `02:13`, or `1:02:13` from an hour on.
fn clock(ran: Duration) -> String {
    let seconds = ran.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_many_lines_is_told_in_one() {
        let command = CommandLine::Shell("make  \n\tserve\n".to_owned());
        assert_eq!(begins(RunId::default().next(), &command), (Tone::Calm, "run 1 · make serve".to_owned()));
        let command = CommandLine::Program(vec!["bin/drain".to_owned(), "--now".to_owned()]);
        assert_eq!(stop_command(&command), "stop command · bin/drain --now");
    }

    #[test]
    fn times_are_told_as_a_person_would() {
        let clocks = [0, 59, 133, 3599, 3600, 90_061].map(|secs| clock(Duration::from_secs(secs)));
        assert_eq!(clocks, ["00:00", "00:59", "02:13", "59:59", "1:00:00", "25:01:01"]);
        let waits = [500, 1000, 9_600].map(|millis| seconds(Duration::from_millis(millis)));
        assert_eq!(waits, ["500 ms", "1 s", "10 s"]);
    }
}
