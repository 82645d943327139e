//! Which lines of which service tell why one does not run.

use crate::supervisor::status::{ServiceStatus, State};

/// The lines that tell why a service does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastLines<'a> {
    /// Who has printed them, where that is another: one that stands in the way.
    pub of: Option<&'a str>,
    /// What its last run has printed.
    pub lines: &'a [String],
}

impl LastLines<'_> {
    /// Returns what to write above them.
    #[must_use]
    pub fn heading(&self) -> String {
        let noun = if self.lines.len() == 1 { "line" } else { "lines" };
        match self.of {
            None => format!("its last {noun}"),
            Some(name) => format!("the last {noun} of {name}"),
        }
    }
}

/// Returns the lines that tell why a service does not run: its own or, where it waits for one that has failed, that one's.
#[must_use]
pub fn last_lines<'a>(status: &'a ServiceStatus, all: &'a [ServiceStatus]) -> Option<LastLines<'a>> {
    if !may_be_told(status.state) {
        return None;
    }
    if !status.last_lines.is_empty() {
        return Some(LastLines { of: None, lines: &status.last_lines });
    }
    status.blocked_on.iter().find_map(|obstacle| {
        let other = all.iter().find(|other| other.place.is_some() && other.name == obstacle.name)?;
        let lines = &other.last_lines;
        let is_told = may_be_told(other.state) && !lines.is_empty();
        is_told.then_some(LastLines { of: Some(&other.name), lines })
    })
}

/// Whether the last run has failed, or may have, and no later one is under way.
const fn may_be_told(state: State) -> bool {
    match state {
        State::Stopped | State::Blocked | State::Unhealthy | State::Crashed | State::Backoff | State::CrashLoop => true,
        State::Starting
        | State::Running
        | State::Ready
        | State::Stopping
        | State::Done
        | State::Exited
        | State::Stuck => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::blocked::Obstacle;
    use super::*;
    use crate::config::Condition;

    fn status(name: &str, state: State, lines: &[&str]) -> ServiceStatus {
        let last_lines = lines.iter().map(|line| (*line).to_owned()).collect();
        ServiceStatus { state, last_lines, ..ServiceStatus::never_started(name.into()) }
    }

    #[test]
    fn what_has_failed_tells_its_own_lines_until_a_later_run_is_under_way() {
        for &state in State::ALL {
            let api = status("api", state, &["no cart"]);
            let told = last_lines(&api, &[]).map(|told| (told.heading(), told.lines.len()));
            let expected = ["stopped", "blocked", "unhealthy", "crashed", "backoff", "crash-loop"];
            let is_expected = expected.contains(&state.word());
            assert_eq!(told, is_expected.then(|| ("its last line".to_owned(), 1)), "{state:?}");
        }
        assert_eq!(last_lines(&status("api", State::Crashed, &[]), &[]), None);
    }

    #[test]
    fn what_waits_for_one_that_has_failed_tells_the_lines_of_that() {
        let obstacle = |name: &str| Obstacle {
            name: name.into(),
            condition: Condition::Completed,
            is_conflict: false,
            state: State::Crashed,
            end: None,
            through: Arc::from([]),
            needs_a_person: true,
        };
        let all = [status("db", State::Crashed, &[]), status("migrate", State::Crashed, &["no table", "bye"])];
        let mut api = status("api", State::Blocked, &[]);
        api.blocked_on = [obstacle("db"), obstacle("migrate")].into();
        let told = last_lines(&api, &all).map(|told| (told.heading(), told.lines.to_vec()));
        assert_eq!(told, Some(("the last lines of migrate".to_owned(), vec!["no table".to_owned(), "bye".to_owned()])));
        api.last_lines = Arc::from(["its own".to_owned()]);
        assert_eq!(last_lines(&api, &all).and_then(|told| told.of), None);
    }
}
