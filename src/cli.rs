//! The command line: arguments, and one file a subcommand.

mod check;
mod find;
mod load;

pub use check::check;
pub use find::{FoundFile, find};
pub use load::{LoadError, load};
