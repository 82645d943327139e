//! The command line: arguments, and one file a subcommand.

mod args;
mod check;
mod find;
mod leftovers;
mod load;
mod plain;
mod reap;

pub use args::{Arguments, FileArguments, ReapArguments, Request, UpArguments};
pub use check::check;
pub use find::{FoundFile, find};
pub use leftovers::{Seen, found_in_words, reaped_in_words};
pub use load::{LoadError, load};
pub use plain::Plain;
pub use reap::reap;
