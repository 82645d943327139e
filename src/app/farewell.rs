//! What stands on the normal screen after the end, and the code to end with. Pure.

use crate::supervisor::Summary;

/// Something survived.
const SURVIVED: u8 = 3;
/// A service failed.
const FAILED: u8 = 1;

/// Returns the lines to print: one when all went well, and one more for each survivor.
pub(crate) fn lines(summary: &Summary) -> Vec<String> {
    let count = summary.survivors.len();
    let left = match summary.left_to_guards {
        0 => String::new(),
        left => format!(" · {left} left to the guards, which kill what remains"),
    };
    let free = match summary.freed.as_slice() {
        [] => String::new(),
        ports => format!(" · {} {} free", plural(ports.len(), "port", "ports"), ports_in_words(ports)),
    };
    let first = format!("{} stopped · {count} {}{left}{free}", summary.stopped, plural(count, "survivor", "survivors"));
    let survivors = summary.survivors.iter().map(|(name, survivor)| {
        format!("⚠ {name}: {} {} · {} · {}", survivor.id.pid, survivor.command, survivor.state.word(), survivor.reason)
    });
    let unseen = (summary.stuck > 0 && count == 0)
        .then(|| format!("⚠ {} could not be seen to be gone; look with `ps`", summary.stuck));
    std::iter::once(first).chain(survivors).chain(unseen).collect()
}

fn ports_in_words(ports: &[u16]) -> String {
    let words: Vec<String> = ports.iter().map(u16::to_string).collect();
    words.join(" ")
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
    use crate::process::{ProcessId, ProcessState, Survivor};

    #[test]
    fn a_clean_end_is_one_line() {
        let summary = Summary { stopped: 6, ..Summary::default() };
        assert_eq!(lines(&summary), ["6 stopped · 0 survivors"]);
        assert_eq!(exit_code(&summary, true), 0);
    }

    #[test]
    fn the_ports_that_are_free_again_are_named() {
        let summary = Summary { stopped: 6, freed: vec![3000, 5432], ..Summary::default() };
        assert_eq!(lines(&summary), ["6 stopped · 0 survivors · ports 3000 5432 free"]);
        let one = Summary { stopped: 1, freed: vec![80], ..Summary::default() };
        assert_eq!(lines(&one), ["1 stopped · 0 survivors · port 80 free"]);
    }

    #[test]
    fn every_survivor_is_named_and_the_code_says_so() {
        let survivor = Survivor {
            id: ProcessId { pid: 42, start: 1 },
            command: "sudo sleep".to_owned(),
            state: ProcessState::Sleeping,
            reason: "permission denied".to_owned(),
        };
        let summary = Summary { stopped: 1, stuck: 1, survivors: vec![("api".into(), survivor)], ..Summary::default() };
        assert_eq!(lines(&summary), ["1 stopped · 1 survivor", "⚠ api: 42 sudo sleep · sleeping · permission denied"]);
        assert_eq!(exit_code(&summary, true), 3);
    }

    #[test]
    fn the_deciding_service_gives_its_code_and_a_failure_counts_only_unwatched() {
        let decided = Summary { exit_code: Some(7), failed: true, ..Summary::default() };
        assert_eq!(exit_code(&decided, true), 7);
        let failed = Summary { failed: true, ..Summary::default() };
        assert_eq!((exit_code(&failed, true), exit_code(&failed, false)), (0, 1));
    }
}
