//! Runs the real program from outside: on a terminal with a readable screen, and as a plain command.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and the tests have to send signals from outside"
)]

mod architecture;
mod attach;
mod bystanders;
mod check;
mod control;
mod corpus;
mod guard;
mod isolated;
mod kept;
mod leftovers;
mod lines;
mod plain;
mod ports;
mod readme;
mod schedule;
mod search;
mod stack;
mod stop;
mod support;
mod take;
mod terminal_back;
mod told;
mod tty;
mod up;
mod warden;
mod watch;
