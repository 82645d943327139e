//! The kernel's side: starts, watches, signals and looks; knows processes, not wishes.

pub mod pump;
