//! Joins the floors; the only file, with those below it, that knows all of them.

mod diagnostics;
mod farewell;
mod screen;
mod up;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Arguments, Request};
use crate::guard;

/// Runs procdash as its arguments say, and returns the code to end with.
#[must_use]
pub fn run() -> ExitCode {
    if guard::requested() {
        return guard::main();
    }
    let arguments = Arguments::parse();
    match arguments.request {
        Some(Request::Check(file)) => crate::cli::check(&file),
        Some(Request::Up(words)) => up::up(&words),
        None => up::up(&arguments.up),
    }
}
