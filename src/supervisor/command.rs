//! What a person, or another shell, can ask for: imperative, complete, comparable.

use std::fmt;
use std::sync::Arc;

use super::procfile::NewFile;
use crate::config::Service;
use crate::guard::Reach;
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

impl From<Reach> for Target {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Main => Self::Main,
            Reach::Group => Self::Group,
            Reach::Tree => Self::Tree,
        }
    }
}

/// What is typed into a terminal: it may be a password, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Keystrokes(pub Vec<u8>);

impl fmt::Debug for Keystrokes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A request to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start these, where they do not run, and what they need.
    Start(Vec<ServiceId>),
    /// Ask these to end, after all that need them up; then kill what is left of them.
    Stop(Vec<ServiceId>),
    /// Stop these and start each again once it is seen gone.
    Restart(Vec<ServiceId>),
    /// Restart these, and all up that depend on them: those go first and come after.
    RestartWithDependents(Vec<ServiceId>),
    /// Kill these with all that they started, now.
    Kill(Vec<ServiceId>),
    /// Stop whatever conflicts with these, after all that need that up, and start these once it is seen gone.
    Replace(Vec<ServiceId>),
    /// Start all that start by themselves.
    StartAll,
    /// Make what is there what the file says now; what is the same there is not touched.
    Reload(NewFile),
    /// Add a service that is in no file, and start it.
    Add(Arc<Service>),
    /// Stop these and remove each once it is seen gone.
    Remove(Vec<ServiceId>),
    /// Send one signal.
    Signal {
        /// Whose processes.
        service: ServiceId,
        /// What to send.
        signal: Signal,
        /// To which of them.
        target: Target,
    },
    /// The terminals of these services have this size in cells from now on, also those of their next runs.
    Resize {
        /// Whose.
        services: Vec<ServiceId>,
        /// Cells across.
        columns: u16,
        /// Cells down.
        rows: u16,
    },
    /// Type into a service's terminal. What it does not read waits in a bounded queue; when that is full, it is refused.
    Input {
        /// Whose.
        service: ServiceId,
        /// As the terminal would send it.
        keystrokes: Keystrokes,
    },
    /// Look at the process table more often: somebody is watching the tree.
    Watch(bool),
    /// Look who has the expected ports: somebody is watching them.
    WatchPorts(bool),
    /// Send one signal to the process that has the port which a service wants, and is none of ours. Only for a person who
    /// was shown that process by name and has confirmed it.
    SignalHolder {
        /// Who wants the port.
        service: ServiceId,
        /// Whom they were shown.
        holder: ProcessId,
        /// What to send.
        signal: Signal,
    },
    /// Stop everything and end. Asked a second time: skip the grace. A third time: leave at once.
    Quit,
}
