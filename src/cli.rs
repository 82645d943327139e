//! The command line: arguments, and one file a subcommand.

mod args;
mod plain;

pub use args::{Arguments, FileArguments, Request, UpArguments};
pub use plain::Plain;
mod tmp_load; pub use tmp_load::*;
