//! The subcommands that ask a running procdash: gives them the terminal, and the shell their code.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use super::colour;
use crate::cli::{Failure, Place};

/// Runs a subcommand that asks a running procdash, and returns the code to end with.
pub(crate) fn ask(subcommand: impl FnOnce(&Place<'_>, &mut dyn Write) -> Result<u8, Failure>) -> ExitCode {
    let from = match std::env::current_dir() {
        Ok(from) => from,
        Err(error) => return refuse(2, &format!("error: the current folder is gone: {error}")),
    };
    let out = io::stdout();
    let columns = out.is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    let columns = columns.map(|(columns, _)| usize::from(columns));
    let place = Place { from: &from, colour: out.is_terminal() && colour::wanted(), columns };
    match subcommand(&place, &mut out.lock()) {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Told { message, code }) => refuse(code, &message),
        // a reader that is gone does not want the rest
        Err(Failure::Output(_)) => ExitCode::FAILURE,
    }
}

fn refuse(code: u8, message: &str) -> ExitCode {
    let _reader_is_gone = writeln!(io::stderr(), "{}", message.trim_end());
    ExitCode::from(code)
}
