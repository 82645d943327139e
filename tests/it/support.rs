//! What the tests stand on: a folder with a procfile, the program in it, its screen, and a look at the process table.

pub(crate) mod listener;
pub(crate) mod modes;
pub(crate) mod processes;
pub(crate) mod program;
pub(crate) mod project;
pub(crate) mod terminal;
pub(crate) mod wait;
