//! A client of the socket that can say anything, and one of the subcommands.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::program::{Finished, Program};
use crate::support::project::Project;
use crate::support::wait::{self, PATIENCE};

/// Runs a subcommand of the project to its end.
#[track_caller]
pub(super) fn run(project: &Project, arguments: &[&str]) -> Finished {
    Program::run(project.procdash(arguments))
}

/// Runs a subcommand that has to succeed, and returns what it printed.
#[track_caller]
pub(super) fn said(project: &Project, arguments: &[&str]) -> String {
    let ended = run(project, arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
    ended.out
}

/// Runs a subcommand that has to print one line of JSON.
#[track_caller]
pub(crate) fn json(project: &Project, arguments: &[&str]) -> Value {
    let out = said(project, arguments);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in {out}"))
}

/// Starts `procdash up --no-tui` and waits until its socket answers.
#[track_caller]
pub(super) fn up(project: &Project) -> Program {
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    wait_for_answers(project);
    program
}

/// Waits until the project's procdash answers.
#[track_caller]
pub(super) fn wait_for_answers(project: &Project) {
    let answers = wait::until(|| (run(project, &["ps"]).code == 0).then_some(()));
    assert!(answers.is_some(), "nobody answers: {:?}", run(project, &["ps"]));
}

/// Waits until `ps --json` shows service `name` in `state`; returns its row.
#[track_caller]
pub(crate) fn wait_for_state(project: &Project, name: &str, state: &str) -> Value {
    let row = || {
        let board = json(project, &["ps", "--json"]);
        board["services"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    };
    let seen = wait::until(|| Some(row()).filter(|row| row["state"] == state));
    seen.unwrap_or_else(|| panic!("`{name}` does not become `{state}`: {}", row()))
}

/// Returns the folder of the project's socket.
pub(super) fn folder(project: &Project) -> PathBuf {
    project.path("procdash")
}

/// Returns the project's socket, if there is one.
pub(super) fn socket(project: &Project) -> Option<PathBuf> {
    let entries = fs::read_dir(folder(project)).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "sock"))
}

/// A connection to the project's socket.
pub(super) struct Talk {
    pub(super) stream: BufReader<UnixStream>,
}

impl Talk {
    /// Connects and hears the first line.
    #[track_caller]
    pub(super) fn begin(project: &Project) -> (Self, Value) {
        let mut talk = Self::silently(project);
        let hello = talk.hear().expect("a first line");
        (talk, hello)
    }

    /// Connects and does not listen.
    #[track_caller]
    pub(super) fn silently(project: &Project) -> Self {
        let stream = UnixStream::connect(socket(project).expect("a socket")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Says a line.
    pub(super) fn say(&mut self, line: &str) {
        self.stream.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Hears a line; `None` once the connection is closed.
    pub(super) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }
}
