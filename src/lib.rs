//! A terminal dashboard for the processes of local development: what it stops is seen to be gone.
//!
//! The modules below stand in order, lowest floor first; a file names only what stands above it in this list.
//! `ARCHITECTURE.md` has the picture and the reasons.

// values: no tokio, no nix, no ratatui, no clock, no input or output
pub mod config;
pub mod id;
pub mod keys;
pub mod logs;
pub mod process;
pub mod screen;
pub mod signal;
// the kernel's side: knows processes, not wishes
pub mod engine;
pub mod guard;
// decides
pub mod supervisor;
// lets another shell ask
pub mod control;
// shows
pub mod ui;
// the program
pub mod app;
pub mod cli;
