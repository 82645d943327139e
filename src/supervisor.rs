//! Decides what runs: wishes and news in, effects out, one owner for the state of every service.

mod command;
mod event;
mod handle;
mod log_store;
mod status;

pub use command::{Command, Target};
pub use event::Event;
pub use handle::Handle;
pub use log_store::LogStore;
pub use status::{
    Action, Board, EndedRun, Fate, HowItEnded, KillReport, MemberFate, Phase, ServiceStatus, State, Stopping, Summary,
    Usage,
};
