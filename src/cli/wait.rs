//! `procdash wait`: returns when services are as they should be.

use std::io::Write;

use super::args::{WaitArguments, WaitFor};
use super::ps::state_colour;
use super::remote::{DONE, FAILED, Failure, Place, SURVIVED, TIMED_OUT, ask, print_json};
use crate::control::{ExitRow, Request, Until, Waited, WaitedRow};
use crate::supervisor::State;
use crate::ui::text;

/// Waits and tells how each service stands; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn wait(words: &WaitArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let until = match words.until {
        WaitFor::Ready => Until::Ready,
        WaitFor::Exited => Until::Exited,
    };
    let timeout_ms = words.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let request = Request::Wait { services: words.names.clone(), until, timeout_ms };
    let waited: Waited = ask(&words.ask, place, &request, None)?;
    if words.ask.json {
        print_json(out, &waited)?;
    } else {
        for row in &waited.services {
            let name = place.paint("1", &place.fit(&row.service, 0));
            let state = place.paint(state_colour(&row.state), &row.state);
            writeln!(out, "{name}: {state}{}", text::cut(&note(row, waited.timed_out), usize::MAX))?;
        }
    }
    Ok(code_of(&waited))
}

fn note(row: &WaitedRow, timed_out: bool) -> String {
    let exit = row.exit.as_ref().map(|exit| match exit {
        ExitRow::Code(code) => format!(" · exit {code}"),
        ExitRow::Signal(name) => format!(" · {name}"),
    });
    let state = State::ALL.iter().find(|state| state.word() == row.state);
    let rests = state.is_none_or(|state| !state.is_alive() || *state == State::Stuck);
    match &row.problem {
        Some(problem) => format!(" · {problem}"),
        None if timed_out && !row.reached => " · the time is up".to_owned(),
        None => exit.filter(|_| rests).unwrap_or_default(),
    }
}

fn code_of(waited: &Waited) -> u8 {
    let is_stuck = |row: &WaitedRow| row.problem.is_some() && row.state == State::Stuck.word();
    if waited.services.iter().any(is_stuck) {
        SURVIVED
    } else if waited.services.iter().any(|row| row.problem.is_some()) {
        FAILED
    } else if waited.timed_out {
        TIMED_OUT
    } else {
        DONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_why_the_wait_is_over() {
        let row = |state: &str, problem: Option<&str>| WaitedRow {
            service: "api".to_owned(),
            state: state.to_owned(),
            reached: problem.is_none(),
            problem: problem.map(str::to_owned),
            exit: None,
        };
        let code = |timed_out, services: &[WaitedRow]| code_of(&Waited { timed_out, services: services.to_vec() });
        assert_eq!(code(false, &[row("running", None)]), 0);
        assert_eq!(code(false, &[row("running", None), row("crashed", Some("exited with code 1"))]), 1);
        assert_eq!(code(false, &[row("stuck", Some("is stuck"))]), 3);
        assert_eq!(code(true, &[row("stopped", None)]), 124);
    }
}
