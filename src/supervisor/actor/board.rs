//! Publishes how every service stands.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::super::fleet::Fleet;
use super::super::held_port::{Clash, HeldPort, PortStatus};
use super::super::machine::Machine;
use super::super::notes;
use super::super::on_change::OnChange;
use super::super::status::{Phase, Rules, ServiceStatus, State, StopStep, Stopping, Usage};
use super::super::stop_plan::Step;
use super::super::stray_kill::StrayKill;
use super::super::timetable::Timetable;
use super::super::{Event, KillReport};
use super::{Actor, Slot};
use crate::engine::busy_ports;
use crate::id::ServiceId;
use crate::process::{Listener, Member};

/// What is published of a service beside its machine's state.
pub(super) struct Published {
    pub(super) name: Arc<str>,
    /// Where it stands in lists; `None` once it was removed.
    pub(super) place: Option<usize>,
    /// Whether it is in no file.
    pub(super) is_extra: bool,
    pub(super) members: Arc<[Member]>,
    pub(super) listeners: Arc<[Listener]>,
    pub(super) report: Option<Arc<KillReport>>,
    /// What was last said in its log about what it waits for in vain.
    pub(super) waits: Option<String>,
    /// Whether a debugger held the guard at the last look.
    pub(super) guard_is_held: bool,
    /// Who has the port that it expects, while a person looks at the ports.
    pub(super) port_held: Option<Arc<HeldPort>>,
    /// What its last run has printed about an address in use.
    pub(super) clash: Option<Arc<Clash>>,
    /// What its last run, which failed, has printed last, as far as it tells why.
    pub(super) last_lines: Arc<[String]>,
    /// What is known of a SIGKILL that has ended its last run.
    pub(super) stray_kill: Option<StrayKill>,
    /// Whether somebody here has sent a SIGKILL into its present run.
    pub(super) has_sent_sigkill: bool,
    /// What the present run is seen under in a browser.
    pub(super) address: Option<Arc<str>>,
}

impl Published {
    pub(super) fn new(name: &str, place: usize) -> Self {
        Self {
            name: name.into(),
            place: Some(place),
            is_extra: false,
            members: Arc::from([]),
            listeners: Arc::from([]),
            report: None,
            waits: None,
            guard_is_held: false,
            port_held: None,
            clash: None,
            last_lines: Arc::from([]),
            stray_kill: None,
            has_sent_sigkill: false,
            address: None,
        }
    }

    pub(super) fn forget_tree(&mut self) {
        self.members = Arc::from([]);
        self.listeners = Arc::from([]);
        self.guard_is_held = false;
    }

    fn usage(&self) -> Usage {
        Usage {
            // a `sum` of nothing is -0.0, and is shown so
            cpu_percent: self.members.iter().fold(0.0, |sum, member| sum + member.cpu_percent),
            memory: self.members.iter().map(|member| member.memory).sum(),
            processes: self.members.len(),
        }
    }
}

impl Slot {
    /// Returns how the service stands; `None` where `fleet` does not know it.
    pub(super) fn status(&self, fleet: &Fleet, id: ServiceId) -> Option<ServiceStatus> {
        let machine = fleet.machine(id)?;
        Some(ServiceStatus {
            name: Arc::clone(&self.published.name),
            state: machine.state(),
            run: machine.run(),
            main: machine.main(),
            guard: machine.guard(),
            started: machine.state().is_alive().then(|| machine.started()).flatten(),
            ended: machine.ended().cloned(),
            restarts: machine.attempts(),
            next_start: machine.next_start(),
            stopping: stopping(machine),
            probing: machine.probing().cloned(),
            blocked_on: fleet.obstacles(id).into(),
            watch: self.on_change.as_ref().map(OnChange::status),
            next_run: self.next_run(),
            turn: fleet.turn(id),
            usage: self.published.usage(),
            members: Arc::clone(&self.published.members),
            listeners: Arc::clone(&self.published.listeners),
            survivors: machine.survivors().into(),
            report: self.published.report.clone(),
            problem: problem(machine),
            port: self.port(fleet, id, machine),
            clash: self.published.clash.clone(),
            last_lines: Arc::clone(&self.published.last_lines),
            stray_kill: self.published.stray_kill,
            rules: rules(machine),
            place: self.published.place,
            leaves: self.published.place.is_some() && !fleet.stays(id),
            is_extra: self.published.is_extra,
            entry: Some(Arc::clone(machine.entry())),
            conflict: fleet.contender_name(id),
            groups: Arc::clone(&machine.service().groups),
            // whoever was removed has no place in the plan
            needs: self.published.place.map_or(&[][..], |_| &machine.service().depends_on).into(),
            address: self.published.address.clone().filter(|_| machine.state().is_alive()),
        })
    }
}

fn problem(machine: &Machine) -> Option<Arc<str>> {
    let unfit = || machine.unfit().filter(|_| machine.state() == State::Unhealthy).cloned();
    machine.problem().map(Arc::from).or_else(unfit)
}

impl Slot {
    fn port(&self, fleet: &Fleet, id: ServiceId, machine: &Machine) -> Option<PortStatus> {
        let port = machine.service().port.filter(|_| !machine.is_target())?;
        Some(PortStatus {
            expect: port.expect,
            bump: port.bump,
            given: machine.given_port(),
            moved: machine.port_moved().cloned(),
            held: fleet.held_port(id).or(self.published.port_held.as_ref()).cloned(),
        })
    }
}

fn stopping(machine: &Machine) -> Option<Stopping> {
    machine.ending().map(|ending| Stopping {
        action: ending.action,
        step: match ending.step {
            Step::Command { .. } => StopStep::StopCommand,
            Step::Asked { signal, .. } => signal.map_or(StopStep::Keys, StopStep::Signal),
            Step::Killing => StopStep::Kill,
        },
        signal: match ending.step {
            Step::Asked { signal, .. } => signal,
            Step::Command { .. } => None,
            Step::Killing => ending.signal,
        },
        since: ending.since,
        step_since: ending.step_since,
        deadline: ending.step.deadline(),
        again: ending.again,
    })
}

fn rules(machine: &Machine) -> Rules {
    let service = machine.service();
    let (restart, max_restarts) = (service.restart.policy, service.restart.max);
    Rules {
        autostart: service.autostart,
        restart,
        max_restarts,
        is_target: machine.is_target(),
        is_oneshot: service.oneshot,
    }
}

impl Actor {
    /// Publishes how these services stand now, all at once: every publication wakes whoever shows the board.
    pub(super) fn publish_all(&mut self, ids: &[ServiceId]) {
        let status = |id: ServiceId| self.slots.get(id.index())?.status(&self.fleet, id);
        let statuses = ids.iter().filter_map(|&id| Some((id, status(id)?)));
        let mut changes = Vec::new();
        self.board.send_modify(|board| {
            for (service, status) in statuses {
                let to = status.state;
                if service.index() == board.services.len() {
                    board.services.push(status);
                    continue;
                }
                let Some(place) = board.services.get_mut(service.index()) else { continue };
                let from = std::mem::replace(place, status).state;
                if from != to {
                    changes.push(Event::Changed { service, from, to });
                }
            }
        });
        for change in changes {
            self.emit(change);
        }
    }

    /// Writes into the logs of those that wait in vain what they wait for, once for each new reason.
    pub(super) fn note_waits(&mut self, ids: &[ServiceId]) {
        for &id in ids {
            let vain = self.fleet.obstacles(id).into_iter().find(|obstacle| obstacle.needs_a_person);
            let text = vain.map(|obstacle| obstacle.sentence());
            let Some(slot) = self.slots.get_mut(id.index()).filter(|slot| slot.published.waits != text) else {
                continue;
            };
            if let Some(text) = &text {
                let (tone, note) = notes::waits(text);
                self.tools.logs.note(id, tone, &note);
            }
            slot.published.waits = text;
        }
    }

    /// Publishes what the program as a whole is doing; returns whether it is over.
    pub(super) fn publish_phase(&mut self) -> bool {
        if self.options.end_when_idle && self.shutdown.is_none() && self.is_idle() {
            self.quit(None);
        }
        let Some(shutdown) = &self.shutdown else { return false };
        let phase = if self.abandoned {
            Phase::Down(shutdown.abandon(&self.board.borrow().services, Instant::now()))
        } else {
            shutdown.phase(&self.board.borrow().services, Instant::now())
        };
        let phase = recheck(phase, busy_ports);
        self.board.send_if_modified(|board| {
            let differs = board.phase != phase;
            board.phase = phase;
            differs
        });
        matches!(self.board.borrow().phase, Phase::Down(_))
    }

    /// Whether nothing runs and nothing will by itself.
    fn is_idle(&self) -> bool {
        let mut machines = self.fleet.machines().zip(&self.slots);
        machines.all(|((id, machine), slot)| {
            let waits_for_a_change = !matches!(machine.state(), State::Stopped | State::Blocked)
                && slot.on_change.as_ref().is_some_and(OnChange::is_on);
            let waits_for_its_time = slot.timetable.as_ref().is_some_and(Timetable::is_on);
            // a port may become free by itself
            let waits_for_its_port = self.fleet.awaited_port(id).is_some();
            let rests = !machine.state().is_alive() && machine.next_start().is_none();
            rests && !waits_for_a_change && !waits_for_its_time && !waits_for_its_port
        })
    }
}

/// Takes out of the last words what has been taken since by somebody else: a port is called free only if it is.
fn recheck(phase: Phase, busy: impl FnOnce() -> io::Result<BTreeSet<u16>>) -> Phase {
    match phase {
        Phase::Down(mut summary) if !summary.freed.is_empty() => {
            match busy() {
                Ok(busy) => summary.freed.retain(|port| !busy.contains(port)),
                Err(_unknown) => summary.freed.clear(),
            }
            Phase::Down(summary)
        }
        Phase::Up | Phase::Quitting { .. } | Phase::Down(_) => phase,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::status::Summary;
    use super::*;

    fn told(busy: io::Result<BTreeSet<u16>>) -> Vec<u16> {
        let summary = Summary { freed: vec![80, 3000], ..Summary::default() };
        match recheck(Phase::Down(summary), || busy) {
            Phase::Down(summary) => summary.freed,
            other @ (Phase::Up | Phase::Quitting { .. }) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_port_that_somebody_has_taken_before_the_end_is_not_called_free() {
        assert_eq!(told(Ok(BTreeSet::from([22, 3000]))), [80]);
        assert_eq!(told(Ok(BTreeSet::new())), [80, 3000]);
        assert!(told(Err(io::ErrorKind::Other.into())).is_empty());
    }
}
