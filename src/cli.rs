//! The command line: arguments, and one file a subcommand.

mod act;
mod args;
mod check;
mod down;
mod find;
mod graph;
mod label;
mod leftovers;
mod load;
mod logs;
mod plain;
mod ps;
mod reap;
mod reload;
mod remote;
mod signal;
mod tree;
mod wait;
mod why;

pub use act::{Act, act};
pub use args::{
    AddArguments, Arguments, AskArguments, FileArguments, GraphArguments, LogsArguments, ReapArguments,
    ReloadArguments, Request, RestartArguments, ServicesArguments, SignalArguments, StartArguments, TreeArguments,
    UpArguments, WaitArguments, WaitFor, Whom, WhyArguments,
};
pub use check::check;
pub use down::down;
pub use find::{FoundFile, find};
pub use graph::graph;
pub use leftovers::{Seen, found_in_words, reaped_in_words};
pub use load::{LoadError, load};
pub use logs::{Since, logs};
pub use plain::Plain;
pub use ps::ps;
pub use reap::reap;
pub use reload::{add, reload};
pub use remote::{Failure, Place};
pub use signal::signal;
pub use tree::tree;
pub use wait::wait;
pub use why::why;
