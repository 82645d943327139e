//! The ports of all services as rows: who listens where, who expects which, and who stands in the way. Pure.

use std::net::IpAddr;
use std::sync::Arc;

use crate::id::ServiceId;
use crate::process::{Listener, ProcessId};
use crate::signal::Signal;
use crate::supervisor::{HeldPort, ServiceStatus};

use super::model::Model;

/// The state of the panel of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortsView {
    /// The chosen row: by what it is about, because rows come and go under it.
    pub(crate) chosen: Option<Key>,
    /// Its place when it was last seen, for when it is gone.
    pub(crate) row: usize,
    /// Rows scrolled past.
    pub(crate) top: usize,
}

/// The state of the question whether to end the process that has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HolderView {
    /// Who wants the port.
    pub(crate) service: ServiceId,
    /// Who has it, as the person was shown.
    pub(crate) held: Arc<HeldPort>,
    /// The signal that was sent last.
    pub(crate) sent: Option<Signal>,
}

impl HolderView {
    /// Returns the process that is asked about.
    pub(crate) fn process(&self) -> Option<ProcessId> {
        self.held.process().map(|process| process.id)
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortRow {
    /// The port.
    pub(crate) port: u16,
    /// Whose row it is: who listens, or wants to.
    pub(crate) service: ServiceId,
    /// What it says.
    pub(crate) what: What,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The service listens.
    Listens(Listener),
    /// It wants the port, and this one has it.
    Held(Arc<HeldPort>),
    /// It expects the port, and nobody listens there.
    Expected,
}

/// What tells a row from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    port: u16,
    service: ServiceId,
    address: Option<IpAddr>,
}

impl PortRow {
    /// Returns what tells it from the others.
    pub(crate) fn key(&self) -> Key {
        let address = match &self.what {
            What::Listens(listener) => Some(listener.address.ip()),
            What::Held(_) | What::Expected => None,
        };
        Key { port: self.port, service: self.service, address }
    }
}

/// Returns the rows of all services, by port.
pub(crate) fn rows(model: &Model) -> Vec<PortRow> {
    let mut rows: Vec<PortRow> = model.services().flat_map(|(id, status)| rows_of(id, status)).collect();
    rows.sort_by_key(PortRow::key);
    rows
}

fn rows_of(service: ServiceId, status: &ServiceStatus) -> Vec<PortRow> {
    let listens = |listener: &Listener| {
        let what = What::Listens(*listener);
        PortRow { port: listener.address.port(), service, what }
    };
    let mut rows: Vec<PortRow> = status.listeners.iter().map(listens).collect();
    let held = held_ports(status);
    rows.extend(held.iter().map(|held| PortRow { port: held.port, service, what: What::Held(Arc::clone(held)) }));
    let wanted = wanted_port(status);
    rows.extend(wanted.filter(|port| rows.iter().all(|row| row.port != *port)).map(|port| PortRow {
        port,
        service,
        what: What::Expected,
    }));
    rows
}

/// Returns the ports that a service wants and somebody else has.
pub(crate) fn held_ports(status: &ServiceStatus) -> Vec<Arc<HeldPort>> {
    let waited_for = status.port.as_ref().and_then(|port| port.held.as_ref());
    let failed_over = status.clash.as_ref().and_then(|clash| clash.held.as_ref());
    let failed_over = failed_over.filter(|held| waited_for.is_none_or(|other| other.port != held.port));
    waited_for.into_iter().chain(failed_over).cloned().collect()
}

/// Returns the port that keeps a service from running.
pub(crate) fn obstacle(status: &ServiceStatus) -> Option<Arc<HeldPort>> {
    if status.state.is_alive() { None } else { held_ports(status).into_iter().next() }
}

/// Returns the port that a service would listen on, or is to.
pub(crate) fn wanted_port(status: &ServiceStatus) -> Option<u16> {
    let port = status.port.as_ref()?;
    port.given.filter(|_| status.state.is_alive()).or(Some(port.expect))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::{Clash, Holder, PortStatus, State};
    use crate::ui::fixture::{board, id, model, moment};

    fn expects(expect: u16, given: Option<u16>, held: Option<Arc<HeldPort>>) -> PortStatus {
        PortStatus { expect, bump: 0, given, moved: None, held }
    }

    fn held(port: u16) -> Arc<HeldPort> {
        Arc::new(HeldPort { port, address: None, by: Holder::Unseen { user: "root".into() } })
    }

    fn told(model: &Model) -> Vec<(u16, usize, &'static str)> {
        let word = |what: &What| match what {
            What::Listens(_) => "listens",
            What::Held(_) => "held",
            What::Expected => "expected",
        };
        rows(model).iter().map(|row| (row.port, row.service.index(), word(&row.what))).collect()
    }

    #[test]
    fn a_port_is_one_row_whether_somebody_listens_or_expects_to_and_another_for_who_waits_for_it() {
        let mut model = model(board(moment()), 100, 30);
        let services = &mut model.board.services;
        let process = services[2].members[2].id;
        services[2].listeners = Arc::from([Listener { address: ([127, 0, 0, 1], 3000).into(), process }]);
        services[2].port = Some(expects(3000, Some(3000), None));
        services[3].port = Some(expects(2000, Some(2001), None));
        services[6].port = Some(expects(3000, None, Some(held(3000))));
        services[4].clash = Some(Arc::new(Clash { port: Some(80), held: Some(held(80)) }));
        assert_eq!(told(&model), [(80, 4, "held"), (2001, 3, "expected"), (3000, 2, "listens"), (3000, 6, "held")]);
        model.board.services[3].state = State::Stopped;
        assert_eq!(told(&model)[1], (2000, 3, "expected"), "a run that is over has no port");
        assert_eq!(rows(&model)[0].service, id(4));
    }
}
