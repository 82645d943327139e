//! What can lie over the panes, each with its own state.

use std::sync::Arc;

use crate::id::ServiceId;
use crate::keys::Action;
use crate::process::ProcessId;
use crate::signal::Signal;
use crate::supervisor::{KillReport, NewFile, Plan, Target};

use crate::ui::opened_line::OpenedLine;
use crate::ui::ports::{HolderView, PortsView};

/// Something that lies over the panes.
#[derive(Clone, Debug)]
pub(crate) enum Panel {
    /// Which signal, and to whom.
    Signals(SignalMenu),
    /// Which services to restart.
    Restarts {
        /// The chosen row.
        chosen: usize,
    },
    /// The processes of a service, live.
    Tree(TreeView),
    /// The ports of all services, live.
    Ports(PortsView),
    /// Whether to end the process that has a port.
    Holder(HolderView),
    /// Who depends on whom.
    Graph {
        /// The chosen row.
        chosen: usize,
        /// Rows scrolled past.
        top: usize,
    },
    /// All that is known of a service.
    Details {
        /// Which.
        service: ServiceId,
        /// Rows scrolled past.
        top: usize,
    },
    /// Why a service is in its state.
    Why {
        /// Which.
        service: ServiceId,
        /// Rows scrolled past.
        top: usize,
    },
    /// What a kill has found.
    Report {
        /// It.
        report: Arc<KillReport>,
        /// Rows scrolled past.
        top: usize,
    },
    /// A line of JSON.
    Line {
        /// It.
        opened: Arc<OpenedLine>,
        /// Rows scrolled past.
        top: usize,
    },
    /// What the file says now, and whether to take it.
    Reload {
        /// It, as it was read.
        file: NewFile,
        /// What it would change.
        plan: Box<Plan>,
        /// Rows scrolled past.
        top: usize,
    },
    /// What is wrong with the file.
    Problems {
        /// All of it.
        text: Arc<str>,
        /// Rows scrolled past.
        top: usize,
    },
    /// Whether to stop what conflicts with these, and to start them.
    Conflict {
        /// Which.
        services: Vec<ServiceId>,
    },
    /// Whether to quit.
    Quit,
    /// Every key.
    Help {
        /// Rows scrolled past.
        top: usize,
    },
    /// procdash's own log.
    Diagnostics,
}

impl Panel {
    /// Returns the action whose key opens it and closes it; none for a menu and for a question, which take steps instead.
    pub(crate) const fn opener(&self) -> Option<Action> {
        match self {
            Self::Tree(_) => Some(Action::Tree),
            Self::Ports(_) => Some(Action::Ports),
            Self::Graph { .. } => Some(Action::Graph),
            Self::Why { .. } => Some(Action::Why),
            Self::Details { .. } => Some(Action::Details),
            Self::Help { .. } => Some(Action::Help),
            Self::Diagnostics => Some(Action::Diagnostics),
            Self::Report { .. } | Self::Line { .. } | Self::Problems { .. } => Some(Action::Open),
            Self::Signals(_)
            | Self::Restarts { .. }
            | Self::Reload { .. }
            | Self::Conflict { .. }
            | Self::Quit
            | Self::Holder(_) => None,
        }
    }
}

/// The state of the signal menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignalMenu {
    /// Whose processes.
    pub(crate) service: ServiceId,
    /// To which of them.
    pub(crate) target: Target,
    /// What was typed.
    pub(crate) filter: String,
    /// The chosen row among those that match.
    pub(crate) chosen: usize,
}

impl SignalMenu {
    /// Returns the signals that match what was typed: by number, by name, or by a word of the meaning.
    pub(crate) fn matching(&self) -> Vec<Signal> {
        let typed = self.filter.to_ascii_uppercase();
        let bare = typed.strip_prefix("SIG").unwrap_or(&typed);
        let matches = |signal: &Signal| {
            let name = signal.name().trim_start_matches("SIG");
            name.contains(bare)
                || signal.number().to_string() == typed
                || signal.meaning().to_ascii_uppercase().contains(&typed)
        };
        let mut found: Vec<Signal> = Signal::ALL.iter().copied().filter(matches).collect();
        // a name that begins with it is what was meant
        found.sort_by_key(|signal| {
            let name = signal.name().trim_start_matches("SIG");
            !bare.is_empty() && !name.starts_with(bare) && signal.number().to_string() != typed
        });
        found
    }
}

/// The state of the tree view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeView {
    /// Whose.
    pub(crate) service: ServiceId,
    /// The chosen process: by who it is, because rows come and go under it.
    pub(crate) chosen: Option<ProcessId>,
    /// Its row when it was last seen, for when it is gone.
    pub(crate) row: usize,
    /// Rows scrolled past.
    pub(crate) top: usize,
}
