//! Everything that is tried with real processes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking, its helpers too")]

mod guard;
