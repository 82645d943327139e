//! The command line: arguments, and one file a subcommand.

mod args;
mod check;
mod find;
mod load;
mod plain;

pub use args::{Arguments, FileArguments, Request, UpArguments};
pub use plain::Plain;
