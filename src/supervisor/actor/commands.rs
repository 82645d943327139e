//! Takes requests: turns them into wishes for machines, and into the end of everything.

use std::time::Instant;

use super::super::asked::{Answer, Asked, Refused, Taken};
use super::super::job::{ORDERS_OF_AN_END, Order};
use super::super::shutdown::Shutdown;
use super::super::status::State;
use super::super::wish::{Refusal, Wish};
use super::super::{Command, Event, Target};
use super::{Actor, Slot};
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
        let about = self.about(&command);
        let refused = self.obey(command);
        let Some(answer) = answer else { return };
        let stands = |id: ServiceId| {
            let machine = &self.slots.get(id.index())?.machine;
            Some(Taken { service: id, run: machine.run(), state: machine.state() })
        };
        let taken = about.into_iter().filter_map(stands).collect();
        // whoever asked may have gone away meanwhile; what was asked for is done all the same
        let _nobody_waits = answer.send(Answer { taken, refused });
    }

    /// Returns the services that a request is about.
    fn about(&self, command: &Command) -> Vec<ServiceId> {
        match command {
            Command::Start(ids) | Command::Stop(ids) | Command::Restart(ids) | Command::Kill(ids) => ids.clone(),
            Command::Signal { service, .. } => vec![*service],
            Command::StartAll => self.all_to_start(),
            Command::Quit => {
                let is_alive =
                    |id: &ServiceId| self.slots.get(id.index()).is_some_and(|slot| slot.machine.state().is_alive());
                self.ids().into_iter().filter(is_alive).collect()
            }
            Command::Resize { .. } | Command::Input { .. } | Command::Watch(_) => vec![],
        }
    }

    fn obey(&mut self, command: Command) -> Vec<Refused> {
        match command {
            Command::Start(ids) => return self.wish_all(&ids, Wish::Start),
            Command::Stop(ids) => return self.wish_all(&ids, Wish::Stop),
            Command::Restart(ids) => return self.wish_all(&ids, Wish::Restart),
            Command::Kill(ids) => return self.wish_all(&ids, Wish::Kill),
            Command::StartAll => return self.wish_all(&self.all_to_start(), Wish::Start),
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
            Command::Quit => self.quit(None),
        }
        vec![]
    }

    pub(super) fn wish_all(&mut self, ids: &[ServiceId], wish: Wish) -> Vec<Refused> {
        let mut refused = Vec::new();
        for &id in ids {
            if let Err(refusal) = self.wish(id, wish) {
                // of several, those that need nothing are not worth a word
                if ids.len() == 1 || refusal == Refusal::Stuck {
                    self.refuse(id, refusal.sentence());
                }
                refused.push(Refused { service: id, refusal });
            }
        }
        refused
    }

    fn wish(&mut self, id: ServiceId, wish: Wish) -> Result<(), Refusal> {
        if self.shutdown.is_some() && matches!(wish, Wish::Start | Wish::Restart) {
            return Err(Refusal::Quitting);
        }
        let Some(slot) = self.slots.get_mut(id.index()) else { return Ok(()) };
        let effects = slot.machine.ask(wish, Instant::now())?;
        self.carry_out(id, effects);
        Ok(())
    }

    pub(super) fn refuse(&self, id: ServiceId, sentence: &str) {
        let Some(slot) = self.slots.get(id.index()) else { return };
        let reason = format!("{} {sentence}", slot.machine.service().name);
        tracing::info!(reason, "refused");
        self.emit(Event::Refused { service: Some(id), reason });
    }

    fn type_into(&self, service: ServiceId, bytes: &[u8]) {
        let Some(slot) = self.slots.get(service.index()) else { return };
        match self.tools.screens.live(service).map(|live| live.type_bytes(bytes)) {
            Some(Ok(())) => {}
            Some(Err(problem)) => self.refuse(service, &problem.to_string()),
            None if slot.machine.service().tty => self.refuse(service, Refusal::NothingAlive.sentence()),
            None => self.refuse(service, "has no terminal to type into: it is set to `tty = false`"),
        }
    }

    /// Returns the services that start by themselves and have something to do.
    fn all_to_start(&self) -> Vec<ServiceId> {
        // a one-shot that is done has nothing left to do; whoever wants it again asks for it by name
        let wanted = |slot: &Slot| slot.machine.service().autostart && slot.machine.state() != State::Done;
        self.ids().into_iter().filter(|id| self.slots.get(id.index()).is_some_and(wanted)).collect()
    }

    fn signal(&mut self, service: ServiceId, signal: Signal, target: Target) -> Result<(), Refusal> {
        let Some(slot) = self.slots.get(service.index()) else { return Ok(()) };
        if !slot.machine.state().is_alive() {
            return Err(Refusal::NothingAlive);
        }
        if slot.machine.guard().is_none() {
            return Err(Refusal::NotUpYet);
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
        if slot.orders.as_ref().is_some_and(|orders| orders.capacity() <= ORDERS_OF_AN_END) {
            return Err(Refusal::TooBusy);
        }
        self.order(service, Order::Signal(signal, to));
        Ok(())
    }

    /// Signals one process that a person has picked from the tree, if it still belongs to it.
    fn signal_one(&self, service: ServiceId, signal: Signal, id: ProcessId) {
        let Some(guard) = self.slots.get(service.index()).and_then(|slot| slot.machine.guard()) else { return };
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
                let now = Instant::now();
                let begun = Shutdown::begin(&self.board.borrow().services, self.shutdown_timeout, exit_code, now);
                self.shutdown = Some(begun);
                let ids = self.ids();
                for id in ids {
                    // what does not run needs no stop
                    let _nothing_alive = self.wish(id, Wish::Quit);
                }
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
        for id in self.ids() {
            let _nothing_alive = self.wish(id, Wish::Kill);
        }
    }
}
