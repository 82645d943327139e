//! Decides what runs: wishes and news in, effects out, one owner for the state of every service.

mod actor;
mod address_in_use;
mod asked;
mod blocked;
mod command;
mod course;
mod env_print;
mod environment;
mod event;
mod fleet;
mod graph;
mod handle;
mod held_port;
mod job;
mod keeper;
mod kill_report;
mod last_lines;
mod listed;
mod live;
mod log_store;
mod machine;
mod notes;
mod on_change;
mod outlet;
mod per_service;
mod plan;
mod port_choice;
mod ports;
mod prepare;
mod probing;
mod procfile;
mod readiness;
mod reload;
mod restart;
mod runner;
#[cfg(test)]
mod sample;
mod shutdown;
mod start_up;
mod status;
mod stop_command;
mod stop_plan;
mod stray_kill;
mod timetable;
mod whole;
mod why;
mod wish;

pub use actor::{Options, start};
pub use asked::{Answer, Asked, HasEnded, Refused, Taken};
pub use blocked::{Obstacle, Turn};
pub use command::{Command, Keystrokes, Target};
pub use course::{CommandOutcome, Deed, Ignored, StepOutcome};
pub use event::Event;
pub use fleet::{Rehearsal, rehearse};
pub use handle::Handle;
pub use held_port::{Clash, HeldPort, Holder, HolderProcess, PortStatus};
pub use keeper::Keeper;
pub use live::{AsOf, Live, Look, Screens};
pub use log_store::{LogGuard, LogStore, Tap};
pub use on_change::{Restarted, WatchStatus, Watching};
pub use plan::{PlanRow, plan_below, plan_tree};
pub use procfile::{NewFile, Procfile, Unusable};
pub use readiness::{Probing, Purpose};
pub use reload::{Changed, Plan};
pub use status::{
    Action, Board, EndedRun, Fate, HowItEnded, KillReport, MemberFate, Phase, Rules, ServiceStatus, State, StopStep,
    Stopping, Summary, Usage,
};
pub use stray_kill::StrayKill;
pub use timetable::NextRun;
pub use why::{Cause, LastLines, last_lines, why};
pub use wish::{Refusal, conflict};
