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
mod check;
mod guard;
mod plain;
mod readme;
mod stop;
mod support;
mod tty;
mod up;
