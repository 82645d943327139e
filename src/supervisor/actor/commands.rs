//! Takes requests: turns them into wishes for machines, and into the end of everything.

use std::time::Instant;

use super::super::asked::{Answer, Asked, Refused, Taken};
use super::super::blocked::Turn;
use super::super::job::{ORDERS_OF_AN_END, Order};
use super::super::machine::Machine;
use super::super::shutdown::Shutdown;
use super::super::status::State;
use super::super::wish::{Refusal, Wish};
use super::super::{Command, Event, Target};
use super::Actor;
use crate::engine::{members, send};
use crate::guard::Reach;
use crate::id::ServiceId;
use crate::process::{Delivery, ProcessId};
use crate::signal::Signal;

impl Actor {
    /// Does what was asked for, and says how it was taken to whoever waits for that.
    pub(super) fn answer(&mut self, asked: Asked) {
        let Asked { command, answer } = asked;
        tracing::debug!(?command, "asked");
        // what is planned from the board is planned from how all stand now
        self.publish_changes();
        let about = self.about(&command);
        let refused = self.obey(command);
        // who gets the answer reads the board next
        self.publish_changes();
        let Some(answer) = answer else { return };
        let stands = |id: ServiceId| {
            let machine = self.fleet.machine(id)?;
            // what waits for its turn to be stopped is on its way down for whoever has asked
            let leaves = matches!(self.fleet.turn(id), Some(Turn::After(_)));
            let state = if leaves { State::Stopping } else { machine.state() };
            Some(Taken { service: id, run: machine.run(), state, leaves: !self.fleet.stays(id) })
        };
        let taken = about.into_iter().filter_map(stands).collect();
        // whoever asked may have gone away meanwhile; what was asked for is done all the same
        let _nobody_waits = answer.send(Answer { taken, refused });
    }

    /// Returns the services that a request is about.
    pub(super) fn about(&self, command: &Command) -> Vec<ServiceId> {
        match command {
            Command::Start(ids)
            | Command::Replace(ids)
            | Command::Restart(ids)
            | Command::Kill(ids)
            | Command::Remove(ids) => ids.clone(),
            Command::Reload(file) => {
                let plan = self.plan(file);
                [plan.leaving.clone(), plan.restarting(), plan.starting()].concat()
            }
            Command::Add(_) => vec![self.next_id()],
            Command::Stop(ids) => self.fleet.with_who_needs_them(ids),
            Command::RestartWithDependents(ids) => self.fleet.with_dependents(ids),
            Command::Signal { service, .. } | Command::SignalHolder { service, .. } => vec![*service],
            Command::StartAll => self.all_to_start(),
            Command::Quit => {
                let alive = self.fleet.machines().filter(|(_, machine)| machine.state().is_alive());
                alive.map(|(id, _)| id).collect()
            }
            Command::Resize { .. } | Command::Input { .. } | Command::Watch(_) | Command::WatchPorts(_) => vec![],
        }
    }

    fn obey(&mut self, command: Command) -> Vec<Refused> {
        match command {
            Command::Start(ids) => return self.wish_by_hand(&ids, Wish::Start),
            Command::Replace(ids) => return self.replace(&ids),
            Command::Reload(file) => return self.reload(&file),
            Command::Add(service) => return self.add(&service),
            Command::Remove(ids) => return self.remove(&ids),
            Command::Stop(ids) => {
                let ids = self.call_off(&self.fleet.with_who_needs_them(&ids));
                return self.wish_all(&ids, Wish::Stop);
            }
            Command::Restart(ids) => return self.wish_by_hand(&ids, Wish::Restart),
            Command::RestartWithDependents(ids) => {
                return self.wish_by_hand(&self.fleet.with_dependents(&ids), Wish::Restart);
            }
            Command::Kill(ids) => {
                let ids = self.call_off(&ids);
                return self.wish_all(&ids, Wish::Kill);
            }
            Command::StartAll => {
                let ids = self.begin_timetables(self.all_to_start());
                return self.wish_by_hand(&ids, Wish::Start);
            }
            Command::Signal { service, signal, target } => {
                if let Err(refusal) = self.signal(service, signal, target) {
                    self.refuse(service, refusal.sentence());
                    return vec![Refused { service, refusal }];
                }
            }
            Command::Resize { services, columns, rows } => {
                for size in services.iter().filter_map(|id| self.tools.sizes.get(id.index())) {
                    size.send_if_modified(|size| std::mem::replace(size, (columns, rows)) != (columns, rows));
                }
                self.start_the_first();
            }
            Command::Input { service, keystrokes } => self.type_into(service, &keystrokes.0),
            Command::Watch(watching) => self.sampling.watch(watching),
            Command::WatchPorts(watching) => self.watch_ports(watching),
            Command::SignalHolder { service, holder, signal } => self.signal_holder(service, holder, signal),
            Command::Quit => self.quit(None),
        }
        vec![]
    }

    /// Does what a person wants; whoever starts a service wants its files watched.
    fn wish_by_hand(&mut self, ids: &[ServiceId], wish: Wish) -> Vec<Refused> {
        self.resume_watches(ids);
        self.wish_all(ids, wish)
    }

    pub(super) fn wish_all(&mut self, ids: &[ServiceId], wish: Wish) -> Vec<Refused> {
        let refused = if self.shutdown.is_some() && matches!(wish, Wish::Start | Wish::Restart) {
            ids.iter().map(|&service| Refused { service, refusal: Refusal::Quitting }).collect()
        } else {
            self.fleet.ask(ids, wish, Instant::now())
        };
        self.carry_out();
        for &Refused { service, refusal } in &refused {
            // of several, those that need nothing are not worth a word
            if ids.len() == 1 || matches!(refusal, Refusal::Stuck | Refusal::Conflict) {
                self.refuse(service, &self.sentence(service, refusal));
            }
        }
        refused
    }

    /// Stops what conflicts with these, and starts these as soon as nothing of it is left.
    fn replace(&mut self, ids: &[ServiceId]) -> Vec<Refused> {
        let staying = ids.iter().filter(|id| self.fleet.stays(**id));
        let rivals = staying.flat_map(|id| self.fleet.contenders(*id)).collect::<Vec<_>>();
        if self.shutdown.is_none() {
            let rivals = self.call_off(&self.fleet.with_who_needs_them(&rivals));
            // what has come to rest meanwhile needs no end
            let _at_rest = self.fleet.ask(&rivals, Wish::Stop, Instant::now());
        }
        self.wish_by_hand(ids, Wish::Start)
    }

    /// Says why a wish is not granted, with who is in its way where that is known.
    pub(super) fn sentence(&self, id: ServiceId, refusal: Refusal) -> String {
        let rival = self.fleet.contender_name(id).filter(|_| refusal == Refusal::Conflict);
        rival.map_or_else(|| refusal.sentence().to_owned(), |rival| super::super::wish::conflict(&rival))
    }

    pub(super) fn refuse(&self, id: ServiceId, sentence: &str) {
        let Some(machine) = self.fleet.machine(id) else { return };
        let reason = format!("{} {sentence}", machine.service().name);
        tracing::info!(reason, "refused");
        self.emit(Event::Refused { service: Some(id), reason });
    }

    fn type_into(&self, service: ServiceId, bytes: &[u8]) {
        let Some(machine) = self.fleet.machine(service) else { return };
        match self.tools.screens.live(service).map(|live| live.type_bytes(bytes)) {
            Some(Ok(())) => {}
            Some(Err(problem)) => self.refuse(service, &problem.to_string()),
            None if machine.service().tty => self.refuse(service, Refusal::NothingAlive.sentence()),
            None => self.refuse(service, "has no terminal to type into: it is set to `tty = false`"),
        }
    }

    /// Returns the services that start by themselves and have something to do.
    fn all_to_start(&self) -> Vec<ServiceId> {
        // a one-shot that is done has nothing left to do; whoever wants it again asks for it by name
        let wanted = |machine: &Machine| machine.service().autostart && machine.state() != State::Done;
        let all = self.fleet.machines().filter(|(id, machine)| wanted(machine) && self.fleet.stays(*id));
        all.map(|(id, _)| id).collect()
    }

    fn signal(&mut self, service: ServiceId, signal: Signal, target: Target) -> Result<(), Refusal> {
        let Some(machine) = self.fleet.machine(service) else { return Ok(()) };
        if !machine.state().is_alive() {
            return Err(Refusal::NothingAlive);
        }
        if machine.guard().is_none() {
            return Err(Refusal::NotUpYet);
        }
        if let Some(slot) = self.slots.get_mut(service.index()).filter(|_| signal == Signal::SIGKILL) {
            slot.published.has_sent_sigkill = true;
        }
        let to = match target {
            Target::Main => Reach::Main,
            Target::Group => Reach::Group,
            Target::Tree => Reach::Tree,
            Target::Process(id) => {
                self.signal_one(service, signal, id);
                return Ok(());
            }
        };
        // the rest of the room belongs to the steps of an end
        let orders = self.slots.get(service.index()).and_then(|slot| slot.orders.as_ref());
        if orders.is_some_and(|orders| orders.capacity() <= ORDERS_OF_AN_END) {
            return Err(Refusal::TooBusy);
        }
        self.order(service, Order::Signal(signal, to));
        Ok(())
    }

    /// Signals one process that a person has picked from the tree, if it still belongs to it.
    fn signal_one(&self, service: ServiceId, signal: Signal, id: ProcessId) {
        let Some(guard) = self.fleet.machine(service).and_then(Machine::guard) else { return };
        let events = self.events.clone();
        tokio::task::spawn_blocking(move || {
            let belongs = members(guard).unwrap_or_default().iter().any(|member| member.id == id);
            let delivery = if belongs { send(id, signal) } else { Delivery::AlreadyGone };
            let (delivered, refused) = match delivery {
                Delivery::Sent => (1, vec![]),
                Delivery::AlreadyGone => (0, vec![format!("{}: has ended before", id.pid)]),
                Delivery::Refused(reason) => (0, vec![format!("{}: {reason}", id.pid)]),
            };
            let target = Target::Process(id);
            let _nobody_listens = events.send(Event::Signalled { service, signal, target, delivered, refused });
        });
    }

    /// Begins the end of everything; asked again: skips the grace; a third time: leaves at once.
    pub(super) fn quit(&mut self, exit_code: Option<i32>) {
        match &mut self.shutdown {
            None => {
                self.publish_changes();
                let now = Instant::now();
                let begun = Shutdown::begin(&self.board.borrow().services, self.shutdown_timeout, exit_code, now);
                self.shutdown = Some(begun);
                self.end_all(Wish::Quit);
            }
            Some(shutdown) if shutdown.is_hurried() => self.abandoned = true,
            Some(_) => self.hurry(),
        }
    }

    /// Kills what has not ended yet.
    pub(super) fn hurry(&mut self) {
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.hurry(Instant::now());
        }
        self.end_all(Wish::Kill);
    }

    fn end_all(&mut self, wish: Wish) {
        let all: Vec<ServiceId> = self.fleet.ids().collect();
        // what does not run needs no end
        let _nothing_alive = self.fleet.ask(&all, wish, Instant::now());
        self.carry_out();
    }
}
