//! The hostile programs: this program runs itself as each of them, so a fresh machine needs nothing else.

mod attacks;
mod hiding;
pub(crate) mod kit;
mod signals;
mod storms;
mod trees;

use std::path::PathBuf;

use kit::Kit;

/// The case that writes `ready.clean` when it is given the time.
pub(crate) const TIDY: &str = "32 slow to end";

/// A hostile program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Its name, unique.
    pub(crate) name: &'static str,
    /// What it does, for the table.
    pub(crate) about: &'static str,
    run: fn(&Kit),
    /// What to know when it is run.
    pub(crate) needs: Needs,
}

/// What a case needs or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing.
    Nothing,
    /// The service is a daemon: its command ends with success at once, and what it has left is the service.
    Daemon,
    /// So many processes or so much work that only one such case runs at a time, and only where tasks are limited.
    Room,
}

/// Returns all of them, in the order of the table.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = [trees::CASES, signals::CASES, storms::CASES, hiding::CASES, attacks::CASES].concat();
    cases.sort_by_key(|case| case.name);
    cases
}

/// Is the hostile program that `words` name: its case, its token, and what to write when it stands.
pub(crate) fn run(words: &[String]) {
    let [name, token, ready] = words else { return };
    let kit = Kit { name: name.clone(), token: token.clone(), ready: PathBuf::from(ready) };
    kit::begin();
    let helpers = [trees::HELPERS, signals::HELPERS, storms::HELPERS, hiding::HELPERS].concat();
    if let Some((_, helper)) = helpers.iter().find(|(known, _)| known == name) {
        return helper(&kit);
    }
    if let Some(case) = all().into_iter().find(|case| case.name == name) {
        (case.run)(&kit);
    }
}

/// A part of a case that is a program of its own.
type Helper = (&'static str, fn(&Kit));

const fn case(name: &'static str, run: fn(&Kit), about: &'static str) -> Case {
    Case { name, about, run, needs: Needs::Nothing }
}

const fn daemon(name: &'static str, run: fn(&Kit), about: &'static str) -> Case {
    Case { name, about, run, needs: Needs::Daemon }
}

const fn storm(name: &'static str, run: fn(&Kit), about: &'static str) -> Case {
    Case { name, about, run, needs: Needs::Room }
}
