//! The kernel's side: starts, watches, signals and looks; knows processes, not wishes.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "this floor and the guard above it rest on Linux: /proc, pidfd_open(2), PR_SET_CHILD_SUBREAPER and the children \
     file; another system needs its own identity, kill, snapshot and guard::raw, and weaker promises"
);

mod alarm;
pub mod clipboard;
mod control_group;
mod file_watch;
pub(crate) mod identity;
pub(crate) mod kill;
mod launch;
mod leftover;
mod listeners;
mod log_file;
mod log_folder;
mod marks;
mod memory_kills;
mod port_holders;
mod pty;
mod pump;
mod snapshot;
mod socket_table;
mod tree;
mod verify;
mod watch;

pub use alarm::Alarm;
pub use control_group::{Hierarchy, own_group};
pub use file_watch::FileWatch;
pub use identity::{began, identify, is_held_by_debugger};
pub(crate) use kill::may_signal;
pub use kill::send;
pub use launch::{Io, Launch, LaunchError, explain};
pub use leftover::{Alone, Found, LeftAlone, Leftover, Reaped, Scope, find, find_settled, reap};
pub use listeners::{Listeners, busy_ports};
pub use log_file::{LogFile, Unwritten, file_identity, logs_open_at_once};
pub use log_folder::log_folder;
pub use marks::{FILE, Marks, NAMESPACE, PROJECT, RUN_ID, SERVICE, own_namespace, project_file};
pub use memory_kills::memory_kills;
pub use port_holders::{PortHolder, PortHolders, PortLook, PortProcess};
pub use pty::{Channel, Terminal};
pub use pump::{Bell, Pump, Sink};
pub(crate) use snapshot::walk;
pub use snapshot::{Sampler, members};
pub use verify::look;
pub(crate) use verify::survivor;
pub use watch::{Change, Changes, Folders, Lookout, Sighting, Unwatchable, watch_folders};
