//! Whole files, and what is said about them.

use std::path::PathBuf;

use super::{Config, SourceFile, load};

mod dependencies;
mod diagnostics;
mod meaning;
mod names;
mod probes;
mod refusals;
mod schema;
mod soup;

fn source(name: &str, text: &str) -> SourceFile {
    SourceFile { path: PathBuf::from("/srv/shop").join(name), shown: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn good(text: &str) -> Config {
    load(&[source("procfile.toml", text)]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn said(text: &str) -> String {
    load(&[source("procfile.toml", text)]).map_or_else(|problems| problems.to_string(), |_| "nothing".to_owned())
}

/// Returns the messages alone, without the lines.
fn messages(text: &str) -> Vec<String> {
    load(&[source("procfile.toml", text)])
        .map_or_else(|problems| problems.iter().map(|problem| problem.message().to_owned()).collect(), |_| Vec::new())
}

/// Returns the messages about one more line in the table of a process.
fn about(line: &str) -> Vec<String> {
    messages(&format!("[processes.web]\ncommand = \"x\"\n{line}\n"))
}
