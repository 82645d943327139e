//! The command line: arguments, and one file a subcommand.

mod args;
mod check;
mod find;
mod load;
mod plain;

pub use args::{Arguments, FileArguments, Request, UpArguments};
pub use check::check;
pub use find::{FoundFile, find};
pub use load::{LoadError, load};
pub use plain::Plain;
