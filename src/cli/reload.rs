//! `procdash reload`, `add`: what the file says now, shown before it is done; and a service that is in no file.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use super::act::tell;
use super::args::{AddArguments, ReloadArguments};
use super::remote::{AT_ONCE, DONE, FAILED, Failure, Place, ask, code_of, print_json};
use crate::control::{ChangedRow, Outcomes, PlanRow, Request};

/// Shows what differs, asks where somebody is there to answer, and makes it so; returns the exit code.
///
/// # Errors
/// When nobody can be asked, the file has problems, or nobody reads what is told.
pub fn reload(words: &ReloadArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let plan: PlanRow = ask(&words.ask, place, &Request::Plan, AT_ONCE)?;
    if words.ask.json && (words.dry_run || !words.yes) {
        print_json(out, &plan)?;
        return Ok(DONE);
    }
    if !words.ask.json {
        for line in lines(&plan) {
            writeln!(out, "{}", place.fit(&line, 0))?;
        }
    }
    if words.dry_run || plan.is_empty() {
        return Ok(DONE);
    }
    if !words.yes && !agrees(out)? {
        return Ok(FAILED);
    }
    // of nobody who was asked it is known what they have seen
    let mark = (!words.yes).then(|| plan.mark.clone());
    let Outcomes { outcomes } = ask(&words.ask, place, &Request::Reload { mark }, None)?;
    tell(&outcomes, words.ask.json, place, out)?;
    Ok(code_of(&outcomes))
}

/// Adds a service and tells what became of it; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn add(words: &AddArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let request = Request::Add { name: words.name.clone(), command: command_line(&words.command) };
    let Outcomes { outcomes } = ask(&words.ask, place, &request, None)?;
    tell(&outcomes, words.ask.json, place, out)?;
    Ok(code_of(&outcomes))
}

/// Returns what a shell reads as these words; one alone is a line for the shell already.
fn command_line(words: &[String]) -> String {
    if let [line] = words {
        return line.clone();
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    let quoted = |word: &String| match word {
        word if !word.is_empty() && word.chars().all(is_plain) => word.clone(),
        word => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Asks on the terminal whether to do it.
fn agrees(out: &mut dyn Write) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(FAILED, "nothing was done: nobody can be asked here; `--yes` does it without asking"));
    }
    write!(out, "do it? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let is_yes = matches!(answer.trim(), "y" | "Y" | "yes");
    if !is_yes {
        writeln!(out, "nothing was done")?;
    }
    Ok(is_yes)
}

/// Says what would be done, a line for each kind.
fn lines(plan: &PlanRow) -> Vec<String> {
    if plan.is_empty() && plan.later.is_empty() {
        return vec![format!("nothing differs · unchanged {}", plan.unchanged)];
    }
    let mut lines = Vec::new();
    let mut list = |word: &str, names: &[String]| {
        if !names.is_empty() {
            lines.push(format!("{word}  {}", names.join(", ")));
        }
    };
    list("added    ", &plan.added);
    list("removed  ", &plan.removed);
    for ChangedRow { service, keys, restarts } in &plan.changed {
        let restart = if *restarts { " · restarts" } else { "" };
        lines.push(format!("changed    {service} ({}){restart}", keys.join(", ")));
    }
    if plan.reordered {
        lines.push("order      another one".to_owned());
    }
    lines.push(format!("unchanged  {}", plan.unchanged));
    if !plan.later.is_empty() {
        lines.push(format!("later      {}: from the next `procdash up` on", plan.later.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_read_otherwise_are_quoted_and_a_line_alone_stays() {
        let line = |words: &[&str]| command_line(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(line(&["sh", "-c", "sleep 5; echo 'hi'"]), r"sh -c 'sleep 5; echo '\''hi'\'''");
        assert_eq!(line(&["bin/work", "--all=1", ""]), "bin/work --all=1 ''");
        assert_eq!(line(&["sleep 5; echo hi"]), "sleep 5; echo hi");
    }

    #[test]
    fn every_kind_of_difference_has_a_line_and_nothing_says_so() {
        let empty = PlanRow {
            added: vec![],
            removed: vec![],
            changed: vec![],
            unchanged: 4,
            reordered: false,
            later: vec![],
            sentence: String::new(),
            mark: String::new(),
        };
        assert_eq!(lines(&empty), ["nothing differs · unchanged 4"]);
        let changed = ChangedRow { service: "api".to_owned(), keys: vec!["command".to_owned()], restarts: true };
        let later = vec!["ui.theme".to_owned()];
        let plan = PlanRow { added: vec!["web".to_owned()], changed: vec![changed], later, ..empty };
        assert_eq!(
            lines(&plan),
            [
                "added      web",
                "changed    api (command) · restarts",
                "unchanged  4",
                "later      ui.theme: from the next `procdash up` on",
            ]
        );
    }
}
