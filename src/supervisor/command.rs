//! What a person, or another shell, can ask for: imperative, complete, comparable.

use crate::guard::Recipient;
use crate::id::ServiceId;
use crate::process::ProcessId;
use crate::signal::Signal;

/// Which processes of a service a signal is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The main process alone.
    Main,
    /// The process group that the main process leads.
    Group,
    /// Every process of the tree.
    Tree,
    /// This one process of the tree.
    Process(ProcessId),
}

impl From<Recipient> for Target {
    fn from(recipient: Recipient) -> Self {
        match recipient {
            Recipient::Main => Self::Main,
            Recipient::Group => Self::Group,
            Recipient::Tree => Self::Tree,
        }
    }
}

/// A request to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start these, where they do not run.
    Start(Vec<ServiceId>),
    /// Ask these to end, then kill what is left of them.
    Stop(Vec<ServiceId>),
    /// Stop these and start each again once it is seen gone.
    Restart(Vec<ServiceId>),
    /// Kill these with all that they started, now.
    Kill(Vec<ServiceId>),
    /// Start all that start by themselves.
    StartAll,
    /// Send one signal.
    Signal {
        /// Whose processes.
        service: ServiceId,
        /// What to send.
        signal: Signal,
        /// To which of them.
        target: Target,
    },
    /// The log pane has this size in cells; every pty follows it.
    Resize {
        /// Cells across.
        columns: u16,
        /// Cells down.
        rows: u16,
    },
    /// Look at the process table more often: somebody is watching the tree.
    Watch(bool),
    /// Stop everything and end. Asked a second time: skip the grace. A third time: leave at once.
    Quit,
}
