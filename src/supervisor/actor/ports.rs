//! Looks who has the ports that services wait for: before a start, each second while somebody else has one, and after a
//! run that has failed over an address in use.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::super::address_in_use;
use super::super::held_port::{Clash, HeldPort, Holder, HolderProcess};
use super::super::job::Word;
use super::super::machine::Machine;
use super::super::notes;
use super::super::port_choice::choose;
use super::super::status::State;
use super::super::{Event, Target};
use super::Actor;
use crate::engine::{PortHolder, PortHolders, PortLook, PortProcess, send};
use crate::id::{RunId, ServiceId};
use crate::logs::plain_text;
use crate::process::{Delivery, ProcessId};
use crate::signal::Signal;

/// How often it is looked whether a port has become free, and who has those that a person looks at.
const PACE: Duration = Duration::from_secs(1);
/// So many last lines of a run are read for what they say about an address.
const LAST_LINES: usize = 60;

/// One look, and for whom it was taken.
type Looked = (Vec<(ServiceId, RunId)>, io::Result<PortLook>);

/// When the last look was and whether one is under way.
#[derive(Default)]
pub(super) struct PortWatch {
    holders: PortHolders,
    under_way: Option<JoinHandle<Looked>>,
    last: Option<Instant>,
    watching: bool,
}

impl PortWatch {
    /// Waits for the look that is under way. Cancel-safe; `None` when it failed or none is under way.
    pub(super) async fn finished(&mut self) -> Option<Looked> {
        match &mut self.under_way {
            Some(task) => {
                let looked = task.await;
                self.under_way = None;
                looked.inspect_err(|failure| tracing::error!(%failure, "a look at the ports failed")).ok()
            }
            None => std::future::pending().await,
        }
    }
}

impl Actor {
    /// Looks from now on at all expected ports, or only at those that somebody waits for.
    pub(super) fn watch_ports(&mut self, watching: bool) {
        self.ports.watching = watching;
        self.ports.last = None;
        for slot in self.slots.iter_mut().filter(|_| !watching) {
            slot.published.port_held = None;
        }
        let all: Vec<ServiceId> = self.fleet.ids().collect();
        self.publish_all(&all);
    }

    /// Returns when the next look is due; never while one is under way or nobody wants to know.
    pub(super) fn port_look_due(&self) -> Option<Instant> {
        if self.ports.under_way.is_some() {
            return None;
        }
        let mut is_any = self.ports.watching;
        for id in self.fleet.ids() {
            if self.fleet.awaited_port(id).is_some() {
                if self.fleet.held_port(id).is_none() {
                    return Some(Instant::now());
                }
                is_any = true;
            }
        }
        is_any.then(|| self.ports.last.map_or_else(Instant::now, |last| last + PACE))
    }

    pub(super) fn begin_port_look(&mut self) {
        let watching = self.ports.watching;
        let mut asked = Vec::new();
        let mut ports = BTreeSet::new();
        for (id, machine) in self.fleet.machines() {
            let awaited = self.fleet.awaited_port(id).map(|port| port.expect);
            let wanted = if watching { wanted_port(machine) } else { None };
            let clash = if watching { self.clash(id).and_then(|clash| clash.port) } else { None };
            let of_service: Vec<u16> = awaited.or(wanted).into_iter().chain(clash).collect();
            if !of_service.is_empty() {
                asked.push((id, machine.run()));
                ports.extend(of_service);
            }
        }
        let holders = self.ports.holders.clone();
        self.ports.last = Some(Instant::now());
        self.ports.under_way = Some(tokio::task::spawn_blocking(move || (asked, holders.look(&ports))));
    }

    pub(super) fn take_port_look(&mut self, (asked, look): Looked) {
        let look = look.unwrap_or_else(|error| {
            // the service finds out itself, then
            tracing::warn!(%error, "it cannot be seen who listens on which port");
            PortLook::default()
        });
        let mut seen = Vec::new();
        for (id, run) in asked {
            if self.fleet.machine(id).map(Machine::run) != Some(run) {
                continue;
            }
            if self.fleet.awaited_port(id).is_some() {
                self.settle_port(id, &look);
            } else if self.ports.watching && self.see_ports(id, &look) {
                seen.push(id);
            }
        }
        self.carry_out();
        self.publish_all(&seen);
    }

    /// Notes who has the ports that a service does not wait for, but would want; returns whether that is news.
    fn see_ports(&mut self, id: ServiceId, look: &PortLook) -> bool {
        let others = |port: u16| {
            let held = self.held_port(port, look)?;
            let is_itself = matches!(&held.by, Holder::Own { service, .. } if *service == id);
            (!is_itself).then(|| Arc::new(held))
        };
        let held = self.fleet.machine(id).and_then(wanted_port).and_then(others);
        let clash = self.clash(id).map(|clash| Arc::new(Clash { port: clash.port, held: clash.port.and_then(others) }));
        let Some(slot) = self.slots.get_mut(id.index()) else { return false };
        let is_news = slot.published.port_held != held || slot.published.clash != clash;
        slot.published.port_held = held;
        slot.published.clash = clash;
        is_news
    }

    fn clash(&self, id: ServiceId) -> Option<&Clash> {
        self.slots.get(id.index()).and_then(|slot| slot.published.clash.as_deref())
    }

    /// Gives a service the port that it waits for, or keeps it waiting.
    fn settle_port(&mut self, id: ServiceId, look: &PortLook) {
        let Some(port) = self.fleet.awaited_port(id) else { return };
        let others = self.fleet.others(id);
        let held = self.held_port(port.expect, look).or_else(|| self.claimed_port(id, port.expect));
        match (choose(port, &look.busy, &others), held) {
            (Some(given), _) if given == port.expect => self.fleet.give_port(id, given, None, Instant::now()),
            (Some(given), held) => {
                let why = held.map_or_else(|| format!("port {} is taken", port.expect), |held| held.sentence());
                self.fleet.give_port(id, given, Some(why.into()), Instant::now());
            }
            (None, held) => {
                // without a look nobody is named; the next one tells
                let unknown = || Holder::Unseen { user: "another user".into() };
                let held = held.unwrap_or_else(|| HeldPort { port: port.expect, address: None, by: unknown() });
                let is_news = self.fleet.held_port(id).is_none_or(|known| **known != held);
                if is_news {
                    let (tone, note) = notes::port_held(&held, port);
                    self.tools.logs.note(id, tone, &note);
                    self.refuse(id, &format!("is not started: {}", held.sentence()));
                }
                self.fleet.hold_back(id, held);
            }
        }
    }

    /// Returns who has a port, as a look has seen it.
    fn held_port(&self, port: u16, look: &PortLook) -> Option<HeldPort> {
        let found = look.holders.get(&port)?;
        Some(HeldPort { port, address: Some(found.address), by: self.holder(found) })
    }

    /// Returns the service of ours that was given a port, or cannot do without it.
    fn claimed_port(&self, id: ServiceId, port: u16) -> Option<HeldPort> {
        let others = || self.fleet.machines().filter(|(other, _)| *other != id && !self.fleet.has_left(*other));
        let has = |machine: &Machine| machine.state().is_alive() && machine.given_port() == Some(port);
        let needs =
            |machine: &Machine| machine.service().port.is_some_and(|wanted| wanted.expect == port && wanted.bump == 0);
        let (service, machine) =
            others().find(|(_, machine)| has(machine)).or_else(|| others().find(|(_, machine)| needs(machine)))?;
        let name = machine.service().name.as_str().into();
        Some(HeldPort { port, address: None, by: Holder::Own { service, name, process: None } })
    }

    /// Says whose a process is that listens.
    fn holder(&self, found: &PortHolder) -> Holder {
        let Some(process) = &found.process else { return Holder::Unseen { user: found.user.as_str().into() } };
        let told = told(process);
        if let Some((service, name)) = self.own_service_of(process) {
            return Holder::Own { service, name, process: Some(told) };
        }
        match &process.marks {
            Some(marks) => Holder::Elsewhere {
                process: told,
                service: marks.service.as_str().into(),
                project: marks.project.as_str().into(),
                file: marks.file.display().to_string().escape_debug().to_string().into(),
                is_alive: process.is_run_alive,
            },
            None => Holder::Stranger(told),
        }
    }

    /// Finds the service of this dashboard that a process belongs to: seen in its tree, or by its marks.
    fn own_service_of(&self, process: &PortProcess) -> Option<(ServiceId, Arc<str>)> {
        let own = &self.tools.project.marks;
        let marks = process.marks.as_ref();
        let by_marks = marks.filter(|marks| marks.run.to_string() == own.run_id && marks.namespace == own.namespace);
        let belongs = |slot: &super::Slot| {
            slot.published.members.iter().any(|member| member.id == process.id)
                || by_marks.is_some_and(|marks| *marks.service == *slot.published.name)
        };
        let is_there = |slot: &super::Slot| slot.published.place.is_some();
        let (id, slot) = self.fleet.ids().zip(&self.slots).find(|(_, slot)| is_there(slot) && belongs(slot))?;
        Some((id, Arc::clone(&slot.published.name)))
    }

    /// Looks, after a run that has failed, whether its last lines speak of an address in use, and who has that.
    pub(super) fn look_for_clash(&self, id: ServiceId, printed: &[Vec<u8>]) {
        let Some(machine) = self.fleet.machine(id) else { return };
        let has_failed = matches!(machine.state(), State::Crashed | State::Backoff | State::CrashLoop);
        if !has_failed || machine.problem().is_some() {
            return;
        }
        let last = printed.iter().skip(printed.len().saturating_sub(LAST_LINES));
        let lines: Vec<String> = last.map(|line| plain_text(line)).collect();
        let Some(named) = address_in_use::read(&lines) else { return };
        let port = named.port.or_else(|| wanted_port(machine));
        let (run, words, holders) = (machine.run(), self.word_sender.clone(), self.ports.holders.clone());
        tokio::spawn(async move {
            let asked: BTreeSet<u16> = port.into_iter().collect();
            let look = tokio::task::spawn_blocking(move || holders.look(&asked)).await;
            let look = look.ok().and_then(Result::ok).unwrap_or_default();
            let _nobody_listens = words.send((id, run, Word::AddressInUse { port, look })).await;
        });
    }

    /// Takes what a look after such an end has found.
    pub(super) fn address_in_use(&mut self, id: ServiceId, port: Option<u16>, look: &PortLook) {
        let held = port.and_then(|port| self.held_port(port, look)).map(Arc::new);
        let clash = Clash { port, held };
        let (tone, note) = notes::clash(&clash);
        self.tools.logs.note(id, tone, &note);
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.published.clash = Some(Arc::new(clash));
        }
        self.publish_all(&[id]);
    }

    /// Signals the process that has a port which a service wants: a person was shown it by name, and has said so.
    pub(super) fn signal_holder(&self, service: ServiceId, id: ProcessId, signal: Signal) {
        let slot = self.slots.get(service.index());
        let clash = slot.and_then(|slot| slot.published.clash.as_ref()).and_then(|clash| clash.held.as_ref());
        let watched = slot.and_then(|slot| slot.published.port_held.as_ref());
        let shown = self.fleet.held_port(service).into_iter().chain(watched).chain(clash);
        let meant = shown.into_iter().find(|held| held.to_be_asked_about().is_some_and(|process| process.id == id));
        let Some(port) = meant.map(|held| held.port) else {
            return self.refuse(service, &format!("does not wait for process {} any more", id.pid));
        };
        let (events, holders) = (self.events.clone(), self.ports.holders.clone());
        tokio::task::spawn_blocking(move || {
            // the port may have changed hands since it was shown
            let delivery = match holders.holds(id, port) {
                Ok(true) => send(id, signal),
                Ok(false) => Delivery::Refused(format!("{} does not listen on port {port} any more", id.pid)),
                Err(error) => Delivery::Refused(format!("it cannot be seen whether {} listens: {error}", id.pid)),
            };
            let (delivered, refused) = match delivery {
                Delivery::Sent => (1, vec![]),
                Delivery::AlreadyGone => (0, vec![format!("{}: has ended before", id.pid)]),
                Delivery::Refused(reason) => (0, vec![reason]),
            };
            let target = Target::Process(id);
            let _nobody_listens = events.send(Event::Signalled { service, signal, target, delivered, refused });
        });
    }
}

/// Returns the port that a service would listen on, or does.
fn wanted_port(machine: &Machine) -> Option<u16> {
    let port = machine.service().port.filter(|_| !machine.is_target())?;
    machine.given_port().filter(|_| machine.state().is_alive()).or(Some(port.expect))
}

fn told(process: &PortProcess) -> HolderProcess {
    HolderProcess {
        id: process.id,
        command: process.command.as_str().into(),
        user: process.user.as_str().into(),
        since: process.since,
        may_be_signalled: process.may_be_signalled,
    }
}
