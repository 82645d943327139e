//! Ports in the rows that are told: who listens, and how a service stands with the one that it expects.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::process::Listener;
use crate::supervisor::{HeldPort, Holder, PortStatus, ServiceStatus, State};

/// One port that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerRow {
    /// The address with the port.
    pub address: String,
    /// Who holds it.
    pub pid: u32,
}

/// How a service stands with the port that it expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRow {
    /// The port of the file.
    pub expect: u16,
    /// The port that its present run, or its last, was given.
    pub given: Option<u16>,
    /// Who has the port, where it waits for it.
    pub held_by: Option<HolderRow>,
}

/// Who has a port that a service waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderRow {
    /// The process, where it may be seen.
    pub pid: Option<u32>,
    /// Its command line.
    pub command: Option<String>,
    /// Whom it belongs to.
    pub user: Option<String>,
    /// The service, where a procdash has started it.
    pub service: Option<String>,
    /// The project of that service, where it is another one.
    pub project: Option<String>,
}

impl From<&Listener> for ListenerRow {
    fn from(listener: &Listener) -> Self {
        Self { address: listener.address.to_string(), pid: listener.process.pid }
    }
}

impl From<&PortStatus> for PortRow {
    fn from(port: &PortStatus) -> Self {
        let held_by = port.held.as_deref().map(HolderRow::from);
        Self { expect: port.expect, given: port.given, held_by }
    }
}

/// Returns what a service waits for: the names of others, and its port.
pub(super) fn blocked_on(status: &ServiceStatus) -> Vec<String> {
    let services = status.blocked_on.iter().map(|obstacle| obstacle.name.to_string());
    let port = status.port.as_ref().and_then(|port| port.held.as_ref()).filter(|_| status.state == State::Blocked);
    services.chain(port.map(|held| format!("port {}", held.port))).collect()
}

impl From<&HeldPort> for HolderRow {
    fn from(held: &HeldPort) -> Self {
        let (user, service, project) = match &held.by {
            Holder::Own { name, .. } => (None, Some(name), None),
            Holder::Elsewhere { service, project, .. } => (None, Some(service), Some(project)),
            Holder::Stranger(_) => (None, None, None),
            Holder::Unseen { user } => (Some(user), None, None),
        };
        let process = held.process();
        let text = |text: &Arc<str>| text.to_string();
        Self {
            pid: process.map(|process| process.id.pid),
            command: process.map(|process| text(&process.command)),
            user: process.map(|process| &process.user).or(user).map(text),
            service: service.map(text),
            project: project.map(text),
        }
    }
}
