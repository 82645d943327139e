//! What a guard does from its first instruction to its last.

use std::process::ExitCode;

/// The first argument of a guard.
pub const MARK: &str = "__guard";

/// Returns whether this process was started to be a guard.
#[must_use]
pub fn requested() -> bool {
    std::env::args_os().nth(1).is_some_and(|word| word == MARK)
}

/// Is a guard until nothing is left to guard.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
