//! Joins the floors; the only file, with those below it, that knows all of them.

mod browser;
mod colour;
mod diagnostics;
mod farewell;
mod fault;
mod file;
mod leftovers;
mod remote;
mod requests;
mod screen;
mod up;
mod watched;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{self, Act, Arguments, FileArguments, ReapArguments, Request};
use crate::config::SCHEMA;
use crate::guard;

/// Runs procdash as its arguments say, and returns the code to end with.
#[must_use]
pub fn run() -> ExitCode {
    if guard::requested() {
        return guard::main();
    }
    let arguments = Arguments::parse();
    let Some(request) = arguments.request else { return watched::up(&arguments.up) };
    match request {
        Request::Check(words) => check(&words),
        Request::Up(words) => watched::up(&words),
        Request::Ps(words) => remote::ask(|place, out| cli::ps(&words, place, out)),
        Request::Tree(words) => remote::ask(|place, out| cli::tree(&words, place, out)),
        Request::Logs(words) => remote::ask(|place, out| cli::logs(&words, place, out)),
        Request::Why(words) => remote::ask(|place, out| cli::why(&words, place, out)),
        Request::Graph(words) => remote::ask(|place, out| cli::graph(&words, place, out)),
        Request::Start(words) => {
            let act = Act::Start { replace: words.replace };
            remote::ask(|place, out| cli::act(act, &words.services, place, out))
        }
        Request::Reload(words) => remote::ask(|place, out| cli::reload(&words, place, out)),
        Request::Add(words) => remote::ask(|place, out| cli::add(&words, place, out)),
        Request::Remove(words) => remote::ask(|place, out| cli::act(Act::Remove, &words, place, out)),
        Request::Stop(words) => remote::ask(|place, out| cli::act(Act::Stop, &words, place, out)),
        Request::Restart(words) => {
            let act = Act::Restart { with_dependents: words.with_dependents };
            remote::ask(|place, out| cli::act(act, &words.services, place, out))
        }
        Request::Kill(words) => remote::ask(|place, out| cli::act(Act::Kill, &words, place, out)),
        Request::Signal(words) => remote::ask(|place, out| cli::signal(&words, place, out)),
        Request::Wait(words) => remote::ask(|place, out| cli::wait(&words, place, out)),
        Request::Reap(words) => reap(&words),
        Request::Schema => {
            // a reader that is gone does not want the rest
            io::stdout().lock().write_all(SCHEMA.as_bytes()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Request::Down(words) => remote::ask(|place, out| cli::down(&words, place, out)),
    }
}

fn check(words: &FileArguments) -> ExitCode {
    let colour = io::stdout().is_terminal() && colour::wanted();
    let code = std::env::current_dir()
        .and_then(|from| cli::check(words.file.as_deref(), &from, colour, &mut io::stdout().lock()));
    // a reader that is gone does not want the rest
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn reap(words: &ReapArguments) -> ExitCode {
    let ended = std::env::current_dir()
        .and_then(|from| cli::reap(words, &from, &mut io::stdout().lock(), &mut io::stderr().lock()));
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _reader_is_gone = writeln!(io::stderr(), "procdash: {error}");
            ExitCode::FAILURE
        }
    }
}
