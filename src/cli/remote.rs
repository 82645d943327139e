//! What the subcommands that speak to a running procdash share: finding it, asking it, and the codes to end with.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::args::AskArguments;
use super::find::main_file;
use super::load::LoadError;
use crate::control::{Client, ClientError, FaultKind, Outcome, Request};
use crate::ui::text;

/// What was asked for is done.
pub(super) const DONE: u8 = 0;
/// It could not be done.
pub(super) const FAILED: u8 = 1;
/// The words of the request are wrong.
pub(super) const USAGE: u8 = 2;
/// Something survived.
pub(super) const SURVIVED: u8 = 3;
/// No procdash runs for the project.
pub(super) const NOBODY: u8 = 4;
/// The time was up.
pub(super) const TIMED_OUT: u8 = 124;
/// How long a question that changes nothing may take.
pub(super) const AT_ONCE: Option<Duration> = Some(Duration::from_secs(10));

/// Why a subcommand has nothing to tell.
#[derive(Debug, Error)]
pub enum Failure {
    /// The message for standard error, and the code to end with.
    #[error("{message}")]
    Told {
        /// For a person to read.
        message: String,
        /// For the shell.
        code: u8,
    },
    /// Nobody reads what is told.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self::Told { message: message.into(), code }
    }
}

/// Where and how something is told.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The absolute folder from which the project is looked for.
    pub from: &'a Path,
    /// Whether a person wants colours.
    pub colour: bool,
    /// How wide the terminal is, where there is one.
    pub columns: Option<usize>,
}

impl Place<'_> {
    /// Returns `text` in this colour, where colours are wanted; `code` is the number of an SGR sequence.
    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.trim().is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Returns `text`, which may hold anything, as one line without escape sequences that ends at the terminal's edge.
    pub(super) fn fit(&self, text: &str, taken: usize) -> String {
        let room = self.columns.map_or(usize::MAX, |columns| columns.saturating_sub(taken).max(8));
        text::cut(text, room)
    }
}

/// Connects to the procdash that runs the project.
///
/// # Errors
/// When there is no project, when nothing runs it, or when what runs it cannot be spoken to.
pub(super) fn connect(ask: &AskArguments, place: &Place<'_>) -> Result<Client, Failure> {
    let (file, from) = (ask.file.file.as_deref(), place.from);
    let found = main_file(file, from).ok_or_else(|| LoadError::Missing { from: from.to_owned() });
    let found = found.map_err(|error| Failure::new(USAGE, error.render(place.colour)))?;
    let client = Client::connect(&found.path).map_err(|error| explained(&error))?;
    client.ok_or_else(|| {
        let start = format!("procdash up{}", option(file));
        Failure::new(NOBODY, format!("error: no procdash runs for {}; start it with `{start}`", shown(&found.path)))
    })
}

/// Connects and asks one thing.
///
/// # Errors
/// As [`connect`], and when there is no answer to it.
pub(super) fn ask<T: DeserializeOwned>(
    words: &AskArguments,
    place: &Place<'_>,
    request: &Request,
    patience: Option<Duration>,
) -> Result<T, Failure> {
    connect(words, place)?.ask(request, patience).map_err(|error| explained(&error))
}

/// Returns the message and the code for an error of the connection.
pub(super) fn explained(error: &ClientError) -> Failure {
    let code = match error {
        ClientError::Fault(fault) => match fault.kind {
            FaultKind::Unusable => return Failure::new(USAGE, fault.message.clone()),
            FaultKind::UnknownService => USAGE,
            FaultKind::Malformed | FaultKind::TooLong | FaultKind::Refused | FaultKind::Busy | FaultKind::Ending => {
                FAILED
            }
        },
        ClientError::Place(_)
        | ClientError::Silent(_)
        | ClientError::Foreign(_)
        | ClientError::Version { .. }
        | ClientError::Lost
        | ClientError::Nonsense(_)
        | ClientError::Broken(_) => FAILED,
    };
    Failure::new(code, format!("error: {error}"))
}

/// Returns the code for a whole request.
pub(super) fn code_of(outcomes: &[Outcome]) -> u8 {
    if outcomes.iter().any(|outcome| !outcome.verified) {
        SURVIVED
    } else if outcomes.iter().any(|outcome| outcome.problem.is_some()) {
        FAILED
    } else {
        DONE
    }
}

/// Prints a value as one line of JSON.
pub(super) fn print_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value).map_err(io::Error::other)?;
    writeln!(out, "{line}")
}

/// Returns the option that names the same project in another command.
pub(super) fn option(file: Option<&Path>) -> String {
    file.map_or_else(String::new, |file| format!(" -f {}", shown(file)))
}

fn shown(path: &Path) -> String {
    PathBuf::from(path).display().to_string().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_outcomes_the_worst_gives_the_code() {
        let good = Outcome { verified: true, ..Outcome::default() };
        let failed = Outcome { problem: Some("exited with code 1".to_owned()), ..good.clone() };
        let stuck = Outcome { verified: false, ..failed.clone() };
        assert_eq!(code_of(&[]), 0);
        assert_eq!(code_of(&[good.clone(), good.clone()]), 0);
        assert_eq!(code_of(&[failed.clone(), good.clone()]), 1);
        assert_eq!(code_of(&[good, stuck, failed]), 3);
    }

    #[test]
    fn what_a_process_calls_itself_cannot_touch_the_terminal() {
        let place = Place { from: Path::new("/"), colour: true, columns: Some(20) };
        assert_eq!(place.fit("\x1b[2Jgone\r", 0), "·[2Jgone·");
        assert_eq!(place.fit("a very long command line", 5), "a very long co…");
        assert_eq!(place.paint("31", "stuck"), "\x1b[31mstuck\x1b[0m");
        assert_eq!(place.paint("31", "  "), "  ");
    }
}
