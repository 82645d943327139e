//! What `up` does about leftovers of an earlier run, before the first service starts and the screen is taken.

use std::io::{self, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;

use crate::cli::{Seen, found_in_words, reaped_in_words};
use crate::config::{Config, OnLeftovers};
use crate::engine::{Found, Scope, find_settled, project_file, reap};

/// Nothing is started: leftovers were in the way, or the person has said so.
const REFUSED: u8 = 1;
/// Something survived.
const SURVIVED: u8 = 3;

/// Deals with leftovers as the settings say.
///
/// # Errors
/// The code to end with, where nothing may be started; what is to be said has been said.
pub(crate) fn settle(config: &Config) -> Result<(), u8> {
    let scope = Scope::Project(project_file(&config.path));
    let found = match find_settled(&scope) {
        Ok(found) if found.leftovers.is_empty() => return Ok(()),
        Ok(found) => found,
        Err(error) => {
            tell(&[format!("procdash: cannot look for what an earlier run has left: {error}")]);
            return Ok(());
        }
    };
    let seen = Seen::look(&found.leftovers);
    match config.settings.on_leftovers {
        OnLeftovers::Kill => kill(&scope, &found, &seen),
        OnLeftovers::Ignore => {
            let pids: Vec<String> = found.leftovers.iter().map(|leftover| leftover.id.pid.to_string()).collect();
            tell(&[format!("left behind by a killed run, and ignored: {}", pids.join(" "))]);
            Ok(())
        }
        OnLeftovers::Ask if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            show(&found, &seen);
            match ask(io::stdin().lines(), &mut io::stderr()) {
                Answer::Kill => finish(&scope, &seen),
                Answer::Leave => Ok(()),
                Answer::Quit => Err(REFUSED),
            }
        }
        // nobody is there to be asked
        OnLeftovers::Ask | OnLeftovers::Fail => refuse(&found, &seen),
    }
}

fn kill(scope: &Scope, found: &Found, seen: &Seen) -> Result<(), u8> {
    show(found, seen);
    finish(scope, seen)
}

/// Kills them; what survives stands in the way of a start.
fn finish(scope: &Scope, seen: &Seen) -> Result<(), u8> {
    match reap(scope) {
        Ok(reaped) => {
            tell(&reaped_in_words(&reaped, seen));
            if reaped.survivors.is_empty() { Ok(()) } else { Err(SURVIVED) }
        }
        Err(error) => {
            tell(&[format!("procdash: cannot look whether they are gone: {error}")]);
            Err(SURVIVED)
        }
    }
}

fn refuse(found: &Found, seen: &Seen) -> Result<(), u8> {
    show(found, seen);
    let advice = "nothing was started; run `procdash reap` to end them, or set `on_leftovers` under [settings]";
    tell(&[advice.to_owned()]);
    Err(REFUSED)
}

fn show(found: &Found, seen: &Seen) {
    tell(&found_in_words(found, seen, &TimeZone::system()));
}

/// Prints to standard error: standard output is for the services' lines.
fn tell(lines: &[String]) {
    let mut output = io::stderr().lock();
    for line in lines {
        let _reader_is_gone = writeln!(output, "{line}");
    }
}

/// What the person wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Kill,
    Leave,
    Quit,
}

/// Asks until an answer is understood; no answer at all is a quit.
fn ask(mut lines: impl Iterator<Item = io::Result<String>>, output: &mut dyn io::Write) -> Answer {
    loop {
        let asked = write!(output, "kill them, leave them, or quit? [K/l/q] ").and_then(|()| output.flush());
        let (Ok(()), Some(Ok(line))) = (asked, lines.next()) else { return Answer::Quit };
        match line.trim().to_lowercase().as_str() {
            "" | "k" | "kill" => return Answer::Kill,
            "l" | "leave" => return Answer::Leave,
            "q" | "quit" => return Answer::Quit,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &[&str]) -> (Answer, usize) {
        let mut asked = Vec::new();
        let answer = ask(typed.iter().map(|line| Ok((*line).to_owned())), &mut asked);
        (answer, String::from_utf8(asked).unwrap().matches('?').count())
    }

    #[test]
    fn enter_kills_and_the_end_of_the_input_quits() {
        assert_eq!(answer(&[""]), (Answer::Kill, 1));
        assert_eq!(answer(&[" K "]), (Answer::Kill, 1));
        assert_eq!(answer(&["l"]), (Answer::Leave, 1));
        assert_eq!(answer(&["quit"]), (Answer::Quit, 1));
        assert_eq!(answer(&[]), (Answer::Quit, 1));
    }

    #[test]
    fn what_is_no_answer_is_asked_again() {
        assert_eq!(answer(&["yes", "?", "l"]), (Answer::Leave, 3));
    }
}
