//! `procdash down`: stops everything, and returns when the running procdash has ended.

use std::io::Write;

use super::act::tell;
use super::args::AskArguments;
use super::remote::{FAILED, Failure, Place, code_of, connect, explained};
use crate::control::{Outcomes, Request};

/// Stops everything and tells what became of each service; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn down(words: &AskArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut client = connect(words, place)?;
    let (pid, project) = (client.hello().pid, client.hello().project.clone());
    let Outcomes { outcomes } = client.ask(&Request::Quit, None).map_err(|error| explained(&error))?;
    tell(&outcomes, words.json, place, out)?;
    // only then is the place free for the next `up`
    if !client.wait_for_end() {
        let message = format!("error: everything was stopped, but procdash itself (pid {pid}) has not ended");
        return Err(Failure::new(FAILED, message));
    }
    if !words.json {
        let nothing = if outcomes.is_empty() { "nothing ran; " } else { "" };
        writeln!(out, "{}", place.paint("2", &place.fit(&format!("{project}: {nothing}procdash has ended"), 0)))?;
    }
    Ok(code_of(&outcomes))
}
