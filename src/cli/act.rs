//! `procdash start`, `stop`, `restart` and `kill`: asks, waits until it is done and seen, tells it in a line a service.

use std::io::Write;
use std::time::Duration;

use super::args::ServicesArguments;
use super::remote::{Failure, Place, ask, code_of, print_json};
use crate::control::{Outcome, Outcomes, Request};
use crate::ui::text;

/// What is done to services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Start them.
    Start {
        /// Whether what conflicts with them is stopped first.
        replace: bool,
    },
    /// Stop them.
    Stop,
    /// Stop them and start them again.
    Restart {
        /// Whether what depends on them goes and comes with them.
        with_dependents: bool,
    },
    /// Kill their trees.
    Kill,
    /// Stop them and remove them.
    Remove,
}

/// Does it and tells what became of each service; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn act(act: Act, words: &ServicesArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let services = words.names.clone();
    let request = match act {
        Act::Start { replace } => Request::Start { services, replace },
        Act::Remove => Request::Remove { services },
        Act::Stop => Request::Stop { services },
        Act::Restart { with_dependents } => Request::Restart { services, with_dependents },
        Act::Kill => Request::Kill { services },
    };
    let Outcomes { outcomes } = ask(&words.ask, place, &request, None)?;
    tell(&outcomes, words.ask.json, place, out)?;
    Ok(code_of(&outcomes))
}

/// Tells what became of each service.
pub(super) fn tell(outcomes: &[Outcome], json: bool, place: &Place<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    for outcome in outcomes {
        if json {
            print_json(out, outcome)?;
            continue;
        }
        let line = place.fit(&line(outcome), 0);
        let colour = match outcome {
            Outcome { verified: false, .. } | Outcome { problem: Some(_), .. } => "31",
            Outcome { nothing_to_do: true, .. } => "2",
            Outcome { .. } => "32",
        };
        writeln!(out, "{}", place.paint(colour, &line))?;
        for left in &outcome.survivors {
            let text = format!("  ⚠ {} {} · {} · {}", left.pid, left.command, left.state, left.reason);
            // the reason at its end says what to do, so this line is not cut
            writeln!(out, "{}", text::cut(&text, usize::MAX))?;
        }
    }
    Ok(())
}

/// Says what became of one service.
fn line(outcome: &Outcome) -> String {
    let Outcome { service, members, survivors, killed, .. } = outcome;
    let ended = (members.len() - survivors.len().min(members.len())) as u64;
    let forced = if outcome.how.as_deref() == Some("force") { format!(", {killed} by force") } else { String::new() };
    let did = match outcome.action.as_str() {
        "start" => return started(outcome),
        "restart" if outcome.how.is_none() && outcome.verified => return started(outcome),
        "restart" => format!("restarted · {ended} gone{forced}"),
        "kill" => format!("killed {}", (*killed).max(ended)),
        "remove" => format!("removed · stopped {ended}{forced}"),
        _ => format!("stopped {ended}{forced}"),
    };
    if outcome.action == "remove" && outcome.verified && outcome.problem.is_none() && outcome.how.is_none() {
        return format!("{service}: removed");
    }
    if outcome.nothing_to_do {
        return format!("{service}: does not run");
    }
    if !outcome.verified {
        let problem = outcome.problem.as_deref().unwrap_or("something of it is left");
        return match survivors.len() {
            0 => format!("{service}: {} · {problem}", outcome.state),
            left => format!("{service}: {} · {left} left", outcome.state),
        };
    }
    if let Some(problem) = &outcome.problem {
        return format!("{service}: {problem}");
    }
    if outcome.how.is_none() {
        // it waited for its next start: there was nothing alive to be ended
        return format!("{service}: {}, 0 left", outcome.state);
    }
    let checked = text::brief(Duration::from_millis(outcome.checked_in_ms));
    format!("{service}: {did}, 0 left · checked in {checked}{}", freed(&outcome.ports_freed))
}

fn started(outcome: &Outcome) -> String {
    let service = &outcome.service;
    if let Some(problem) = &outcome.problem {
        return format!("{service}: {problem}");
    }
    match outcome.pid {
        Some(pid) if outcome.nothing_to_do => format!("{service}: runs already · pid {pid}"),
        Some(pid) => format!("{service}: started · pid {pid}"),
        // it was quick
        None => format!("{service}: {}", outcome.state),
    }
}

fn freed(ports: &[u16]) -> String {
    let numbers: Vec<String> = ports.iter().map(u16::to_string).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!(" · port {} free", numbers.concat()),
        _ => format!(" · ports {} free", numbers.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{MemberRow, SurvivorRow};

    fn outcome(action: &str, how: Option<&str>) -> Outcome {
        let member = |pid| MemberRow { pid, command: "x".to_owned() };
        Outcome {
            service: "api".to_owned(),
            action: action.to_owned(),
            members: [1, 2, 3, 4].map(member).to_vec(),
            verified: true,
            checked_in_ms: 14,
            how: how.map(str::to_owned),
            killed: if how == Some("force") { 7 } else { 0 },
            state: "stopped".to_owned(),
            ..Outcome::default()
        }
    }

    #[test]
    fn a_line_says_what_was_done_and_what_is_left() {
        let lines = [
            (outcome("stop", Some("grace")), "api: stopped 4, 0 left · checked in 14 ms"),
            (outcome("stop", Some("force")), "api: stopped 4, 7 by force, 0 left · checked in 14 ms"),
            (outcome("quit", Some("grace")), "api: stopped 4, 0 left · checked in 14 ms"),
            (outcome("kill", Some("force")), "api: killed 7, 0 left · checked in 14 ms"),
            (outcome("restart", Some("grace")), "api: restarted · 4 gone, 0 left · checked in 14 ms"),
            (
                Outcome { ports_freed: vec![3000, 3001], ..outcome("stop", Some("grace")) },
                "api: stopped 4, 0 left · checked in 14 ms · ports 3000 3001 free",
            ),
            (Outcome { members: vec![], ..outcome("stop", None) }, "api: stopped, 0 left"),
            (Outcome { pid: Some(42), ..outcome("start", None) }, "api: started · pid 42"),
            (Outcome { pid: Some(42), ..outcome("restart", None) }, "api: started · pid 42"),
            (Outcome { state: "done".to_owned(), ..outcome("start", None) }, "api: done"),
            (Outcome { nothing_to_do: true, ..outcome("stop", None) }, "api: does not run"),
            (Outcome { nothing_to_do: true, pid: Some(42), ..outcome("start", None) }, "api: runs already · pid 42"),
            (
                Outcome { problem: Some("exited with code 7".to_owned()), ..outcome("start", None) },
                "api: exited with code 7",
            ),
        ];
        for (outcome, said) in lines {
            assert_eq!(line(&outcome), said);
        }
    }

    #[test]
    fn who_is_left_is_named_with_the_reason() {
        let left = SurvivorRow {
            pid: 3,
            command: "dd \x1b[2J".to_owned(),
            state: "disk wait".to_owned(),
            reason: "the disk does not answer".to_owned(),
        };
        let stuck = Outcome {
            survivors: vec![left],
            verified: false,
            state: "stuck".to_owned(),
            problem: Some("something of it could not be killed".to_owned()),
            ..outcome("kill", Some("force"))
        };
        let mut out = Vec::new();
        let place = Place { from: std::path::Path::new("/"), colour: false, columns: Some(80) };
        tell(&[stuck], false, &place, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "api: stuck · 1 left\n  ⚠ 3 dd ·[2J · disk wait · the disk does not answer\n"
        );
    }
}
