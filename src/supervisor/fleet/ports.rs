//! Ports among the services of a fleet: who waits for one, who has one, who wants one.

use std::sync::Arc;
use std::time::Instant;

use super::super::held_port::HeldPort;
use super::super::machine::Machine;
use super::super::port_choice::Others;
use super::Fleet;
use crate::config::Port;
use crate::id::ServiceId;

impl Fleet {
    /// Returns the port that is all that a service waits for.
    ///
    /// One of ours that has it and is on its way down for good is waited for without a word.
    pub(crate) fn awaited_port(&self, id: ServiceId) -> Option<Port> {
        let port = self.machine(id)?.awaited_port().filter(|_| self.is_free(id))?;
        let goes = |(other, machine): (ServiceId, &Machine)| {
            other != id
                && machine.state().is_alive()
                && machine.given_port() == Some(port.expect)
                && !self.contends(other)
        };
        (!self.machines().any(goes)).then_some(port)
    }

    /// Returns who has the port that is all that a service waits for.
    pub(crate) fn held_port(&self, id: ServiceId) -> Option<&Arc<HeldPort>> {
        self.machine(id)?.port_held().filter(|_| self.is_free(id))
    }

    /// Returns what all services but this one have and want; one that conflicts with it wants nothing while it is down.
    pub(crate) fn others(&self, id: ServiceId) -> Others {
        let mut others = Others::default();
        let rivals: Vec<ServiceId> = self.rivals(id).collect();
        let counts = |(other, machine): &(ServiceId, &Machine)| {
            *other != id && !self.has_left(*other) && (machine.state().is_alive() || !rivals.contains(other))
        };
        for (_, machine) in self.machines().filter(counts) {
            others.add(machine.service(), machine.given_port().filter(|_| machine.state().is_alive()));
        }
        others
    }

    /// Starts a service that waits for nothing but its port.
    pub(crate) fn give_port(&mut self, id: ServiceId, port: u16, moved: Option<Arc<str>>, now: Instant) {
        if self.awaited_port(id).is_none() {
            return;
        }
        let Some(member) = self.members.get_mut(id.index()) else { return };
        let effects = member.machine.give_port(port, moved, now);
        self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
        self.agenda.note(id);
        self.settle(now);
    }

    /// Notes who has the port that a service waits for.
    pub(crate) fn hold_back(&mut self, id: ServiceId, held: HeldPort) {
        let Some(member) = self.members.get_mut(id.index()) else { return };
        if member.machine.hold_back(held) {
            self.agenda.note(id);
        }
    }
}
