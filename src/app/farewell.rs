//! What stands on the normal screen after the end, and the code to end with. Pure.

use std::sync::Arc;

use crate::process::{Exit, Survivor};
use crate::signal::Signal;
use crate::supervisor::Summary;

/// Something survived.
const SURVIVED: u8 = 3;
/// A service failed.
const FAILED: u8 = 1;

/// What is said at the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Farewell {
    /// The line that says how it went.
    pub(crate) outcome: String,
    /// One line for everything that needs a person.
    pub(crate) warnings: Vec<String>,
}

/// Returns what is to be said: one line when all went well, and one more for each survivor.
pub(crate) fn say(summary: &Summary) -> Farewell {
    let count = summary.survivors.len();
    let mut parts =
        vec![format!("{} stopped", summary.stopped), format!("{count} {}", plural(count, "survivor", "survivors"))];
    parts.extend(by_force(&summary.forced));
    if summary.left_to_guards > 0 {
        parts.push(format!("{} left to the guards, which kill what remains", summary.left_to_guards));
    }
    if !summary.freed.is_empty() {
        let numbers: Vec<String> = summary.freed.iter().map(u16::to_string).collect();
        parts.push(format!("{} {} free", plural(numbers.len(), "port", "ports"), numbers.join(" ")));
    }
    let survivors = summary.survivors.iter().map(|(name, survivor)| format!("⚠ {name}: {}", described(survivor)));
    let unseen =
        summary.unseen.iter().map(|(name, why)| format!("⚠ {name}: not seen to be gone: {why}; look with `ps`"));
    let mut warnings: Vec<String> = survivors.chain(unseen).collect();
    if count > 0 {
        warnings
            .push("guards stay with what is left and go on trying to end it, unless they were lost, too".to_owned());
    }
    Farewell { outcome: parts.join(" · "), warnings }
}

/// Names those who had to be killed: a person may want to know why they do not end by themselves.
fn by_force(forced: &[Arc<str>]) -> Option<String> {
    const NAMED: usize = 4;
    let names: Vec<&str> = forced.iter().take(NAMED).map(|name| &**name).collect();
    let more = match forced.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!forced.is_empty()).then(|| format!("{} by force: {}{more}", forced.len(), names.join(", ")))
}

fn described(survivor: &Survivor) -> String {
    format!("{} {} · {} · {}", survivor.id.pid, survivor.command, survivor.state.word(), survivor.reason)
}

/// Returns what to say of a dashboard that the signal `number` has ended: one line, and one more for each survivor.
pub(crate) fn violent(number: i32, left: &[Survivor]) -> Vec<String> {
    let signal = Signal::from_number(number).map_or_else(|| format!("signal {number}"), |signal| signal.to_string());
    let first = match left.len() {
        0 => format!("procdash was killed by {signal}; everything it started is gone"),
        count => format!("procdash was killed by {signal}; {count} {}", plural(count, "survivor", "survivors")),
    };
    std::iter::once(first).chain(left.iter().map(|survivor| format!("⚠ {}", described(survivor)))).collect()
}

/// Returns the code that a shell is given for this end of the dashboard.
pub(crate) fn final_code(exit: Exit, left: &[Survivor]) -> u8 {
    match exit {
        Exit::Code(code) => u8::try_from(code).unwrap_or(FAILED),
        Exit::Signal { .. } if !left.is_empty() => SURVIVED,
        Exit::Signal { number, .. } => u8::try_from(128 + number).unwrap_or(FAILED),
    }
}

const fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// Returns the code to end with; a failed service counts only where no person watched.
pub(crate) fn exit_code(summary: &Summary, watched: bool) -> u8 {
    if summary.stuck > 0 || summary.left_to_guards > 0 {
        return SURVIVED;
    }
    match summary.exit_code {
        Some(code) => u8::try_from(code).unwrap_or(FAILED),
        None if summary.failed && !watched => FAILED,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{ProcessId, ProcessState};

    fn survivor() -> Survivor {
        Survivor {
            id: ProcessId { pid: 42, start: 1 },
            command: "sudo sleep".to_owned(),
            state: ProcessState::Sleeping,
            reason: "permission denied".to_owned(),
        }
    }

    #[test]
    fn a_clean_end_is_one_line() {
        let mut summary = Summary { stopped: 6, ..Summary::default() };
        assert_eq!(say(&summary), Farewell { outcome: "6 stopped · 0 survivors".to_owned(), warnings: vec![] });
        assert_eq!(exit_code(&summary, true), 0);
        summary.freed = vec![3000, 5432];
        assert_eq!(say(&summary).outcome, "6 stopped · 0 survivors · ports 3000 5432 free");
    }

    #[test]
    fn those_who_had_to_be_killed_are_named_and_many_are_counted() {
        let names =
            |count: usize| ["api", "web", "db", "mail", "css"].iter().take(count).map(|&name| name.into()).collect();
        let said = |forced| say(&Summary { stopped: 6, forced, ..Summary::default() }).outcome;
        assert_eq!(said(names(2)), "6 stopped · 0 survivors · 2 by force: api, web");
        assert_eq!(said(names(5)), "6 stopped · 0 survivors · 5 by force: api, web, db, mail and 1 more");
    }

    #[test]
    fn every_survivor_is_named_and_the_code_says_so() {
        let summary = Summary {
            stopped: 1,
            stuck: 2,
            survivors: vec![("api".into(), survivor())],
            unseen: vec![("web".into(), "no /proc".into())],
            ..Summary::default()
        };
        let said = say(&summary);
        assert_eq!(said.outcome, "1 stopped · 1 survivor");
        assert_eq!(
            said.warnings,
            [
                "⚠ api: 42 sudo sleep · sleeping · permission denied",
                "⚠ web: not seen to be gone: no /proc; look with `ps`",
                "guards stay with what is left and go on trying to end it, unless they were lost, too"
            ]
        );
        assert_eq!(exit_code(&summary, true), 3);
    }

    #[test]
    fn the_deciding_service_gives_its_code_and_a_failure_counts_only_unwatched() {
        let decided = Summary { exit_code: Some(7), failed: true, ..Summary::default() };
        assert_eq!(exit_code(&decided, true), 7);
        let failed = Summary { failed: true, ..Summary::default() };
        assert_eq!((exit_code(&failed, true), exit_code(&failed, false)), (0, 1));
    }

    #[test]
    fn a_violent_end_says_by_what_and_whether_anything_is_left() {
        assert_eq!(violent(9, &[]), ["procdash was killed by SIGKILL; everything it started is gone"]);
        assert_eq!(
            violent(40, &[survivor()]),
            ["procdash was killed by signal 40; 1 survivor", "⚠ 42 sudo sleep · sleeping · permission denied"]
        );
    }

    #[test]
    fn the_final_code_is_the_dashboards_own_or_that_of_a_shell_for_its_signal() {
        let killed = Exit::Signal { number: 9, core_dumped: false };
        assert_eq!((final_code(Exit::Code(5), &[]), final_code(killed, &[])), (5, 137));
        assert_eq!(final_code(killed, &[survivor()]), 3);
    }
}
