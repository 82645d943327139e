//! Takes another state of the project's file, and services that come and go by a person's wish.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::super::asked::{Asked, Refused};
use super::super::on_change::OnChange;
use super::super::procfile::{NewFile, Unusable};
use super::super::reload::{Plan, key_list};
use super::super::wish::{Refusal, Wish};
use super::super::{Command, Event, notes};
use super::{Actor, Slot};
use crate::config::{Service, Takes, changes};
use crate::id::ServiceId;
use crate::logs::LogBuffer;

/// How long a restart waits for the file to be read: a disk that hangs must not keep a service from being restarted.
const FILE_ANSWERS: Duration = Duration::from_millis(500);

/// A request that has waited for the file, and what came of reading it.
pub(super) type Reread = (Asked, Result<NewFile, Unusable>);

impl Actor {
    /// Takes a request: a restart when the file has been read anew, anything else now.
    pub(super) fn take(&mut self, asked: Asked) {
        let is_restart = matches!(asked.command, Command::Restart(_) | Command::RestartWithDependents(_));
        let procfile = self.options.procfile.clone().filter(|_| is_restart && self.shutdown.is_none());
        let Some(procfile) = procfile else { return self.answer(asked) };
        // what is asked after it waits, too: requests are taken in order
        self.is_reading = true;
        let done = self.reread_sender.clone();
        tokio::spawn(async move {
            let late = |_| {
                let first = "it could not be read in time".to_owned();
                Err(Unusable { whole: first.clone(), first })
            };
            let read = timeout(FILE_ANSWERS, procfile.read()).await.unwrap_or_else(late);
            // the supervisor is gone only when the program ends
            let _nobody_listens = done.send((asked, read)).await;
        });
    }

    /// Takes a restart once the file was read: with what the entries say now, or with the old ones and a word about it.
    pub(super) fn take_reread(&mut self, (asked, read): Reread) {
        self.is_reading = false;
        for id in self.about(&asked.command) {
            self.refresh(id, &read);
        }
        self.answer(asked);
    }

    fn refresh(&mut self, id: ServiceId, read: &Result<NewFile, Unusable>) {
        let Some(machine) = self.fleet.machine(id) else { return };
        let is_extra = self.slots.get(id.index()).is_none_or(|slot| slot.published.is_extra);
        let old = Arc::clone(machine.entry());
        let file = match read {
            Ok(file) => file,
            Err(unusable) if !is_extra => {
                let (tone, note) = notes::file_is_unusable(&unusable.first);
                return self.tools.logs.note(id, tone, &note);
            }
            Err(_) => return,
        };
        let Some(service) = file.0.services.iter().find(|service| service.name == old.name && !is_extra) else {
            return;
        };
        // who depends on whom is a matter of the whole file, which only a reload takes
        let (depends_on, conflicts) = (old.depends_on.clone(), old.conflicts.clone());
        let entry = Service { depends_on, conflicts, ..service.clone() };
        let keys = changes(&old, &entry);
        if !keys.is_empty() {
            let (tone, note) = notes::entry_differs(&key_list(&keys));
            self.tools.logs.note(id, tone, &note);
            self.take_entries(&[(id, Arc::new(entry))]);
        }
    }

    /// Returns what a state of the file would change.
    pub(super) fn plan(&self, file: &NewFile) -> Plan {
        let procfile = self.options.procfile.as_ref();
        procfile.map_or_else(Plan::default, |procfile| procfile.plan(&self.board.borrow(), file))
    }

    /// Makes what is there what the file says.
    pub(super) fn reload(&mut self, file: &NewFile) -> Vec<Refused> {
        let plan = self.plan(file);
        if self.shutdown.is_some() || plan.entries.is_empty() {
            let reason = "the file is not taken: everything is being stopped".to_owned();
            self.emit(Event::Refused { service: None, reason });
            let all = plan.restarting().into_iter().chain(plan.leaving.clone());
            return all.map(|service| Refused { service, refusal: Refusal::Quitting }).collect();
        }
        for changed in &plan.changed {
            let waits = changed.keys.iter().any(|change| change.takes == Takes::Restart) && !changed.restarts;
            let (tone, note) = notes::entry_changed(&changed.key_list(), waits);
            self.tools.logs.note(changed.service, tone, &note);
        }
        for (place, (id, entry)) in plan.entries.iter().enumerate() {
            self.join(*id, entry, place);
            if let Some(slot) = self.slots.get_mut(id.index()) {
                (slot.published.place, slot.published.is_extra) = (Some(place), false);
            }
        }
        self.place_extras(plan.entries.len());
        self.fleet.keep(&plan.back);
        self.take_entries(&plan.entries);
        self.fleet.remove(&plan.leaving, Instant::now());
        self.publish_everything();
        self.carry_out();
        for &service in &plan.new {
            self.emit(Event::Added { service });
        }
        let mut refused = self.wish_all(&plan.restarting(), Wish::Restart);
        let starting = self.begin_timetables(plan.starting());
        refused.extend(self.wish_all(&starting, Wish::Start));
        refused
    }

    /// Puts those that are in no file behind those that are, in the order in which they came.
    fn place_extras(&mut self, first: usize) {
        let extras = self.slots.iter_mut().filter(|slot| slot.published.is_extra && slot.published.place.is_some());
        for (place, slot) in (first..).zip(extras) {
            slot.published.place = Some(place);
        }
    }

    /// Adds a service that is in no file, and starts it.
    pub(super) fn add(&mut self, service: &Arc<Service>) -> Vec<Refused> {
        let is_taken = self.board.borrow().roster().find(&service.name).is_ok();
        if self.shutdown.is_some() || is_taken {
            let why = if is_taken { "there is one of that name" } else { "everything is being stopped" };
            let reason = format!("{} is not added: {why}", service.name);
            self.emit(Event::Refused { service: None, reason });
            return vec![];
        }
        let id = self.next_id();
        self.join(id, service, usize::MAX);
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.published.is_extra = true;
        }
        self.take_entries(&[(id, Arc::clone(service))]);
        self.publish_everything();
        self.emit(Event::Added { service: id });
        self.wish_all(&[id], Wish::Start)
    }

    /// Stops services and removes them, if nobody who stays needs them.
    pub(super) fn remove(&mut self, ids: &[ServiceId]) -> Vec<Refused> {
        let needed = |id: &&ServiceId| {
            let who = self.fleet.who_stays_and_needs(**id)?;
            Some((**id, who)).filter(|(_, who)| !ids.contains(who))
        };
        if let Some((service, who)) = ids.iter().find_map(|id| needed(&id)) {
            let name = self.fleet.machine(who).map_or("another", |machine| machine.service().name.as_str());
            self.refuse(service, &format!("is not removed: {name} depends on it"));
            // all or none: half of what was asked for is not what was asked for
            return ids.iter().map(|&service| Refused { service, refusal: Refusal::Needed }).collect();
        }
        self.fleet.remove(ids, Instant::now());
        self.carry_out();
        vec![]
    }

    /// Returns the number that the next service gets.
    pub(super) fn next_id(&self) -> ServiceId {
        ServiceId::new(u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
    }

    /// Makes room for a service, if there is none yet.
    fn join(&mut self, id: ServiceId, entry: &Service, place: usize) {
        let name = entry.name.as_str();
        if id.index() != self.slots.len() {
            return;
        }
        // a terminal of its own has the size of the others until somebody says how it is shown
        let size = self.tools.size(ServiceId::new(0));
        self.tools.sizes.put(id.index(), watch::Sender::new(size));
        self.tools.screens.join(id);
        self.tools.logs.join(id, name);
        self.tools.keeper.join(id, name);
        self.slots.push(Slot::new(entry, place));
    }

    /// Gives services what their entries say now, with what they watch and at which times they are started.
    fn take_entries(&mut self, entries: &[(ServiceId, Arc<Service>)]) {
        let known = |id: &ServiceId| self.fleet.machine(*id).map(|machine| Arc::clone(machine.service()));
        let before: Vec<Option<Arc<Service>>> = entries.iter().map(|(id, _)| known(id)).collect();
        self.fleet.renew(entries.iter().cloned(), Instant::now());
        for ((id, _), old) in entries.iter().zip(before) {
            let slot = self.slots.get_mut(id.index());
            let (Some(slot), Some(machine), Some(old)) = (slot, self.fleet.machine(*id), old) else { continue };
            let new = machine.service();
            if old.watch != new.watch {
                slot.on_change = new.watch.as_ref().map(|watch| OnChange::new(watch.debounce));
            }
            if old.schedule != new.schedule {
                slot.change_schedule(new.schedule.clone(), machine);
            }
        }
        self.watch_files();
    }

    fn publish_everything(&mut self) {
        let all: Vec<ServiceId> = self.fleet.ids().collect();
        self.publish_all(&all);
    }

    /// Takes those off the lists of whom nothing is left and nothing is to come.
    pub(super) fn let_leave(&mut self) {
        let left = self.fleet.take_left();
        if left.is_empty() {
            return;
        }
        for id in left {
            if let Some(slot) = self.slots.get_mut(id.index()) {
                slot.published.place = None;
                (slot.on_change, slot.timetable, slot.environment) = (None, None, None);
                // its number is not given again: nobody can see its lines any more
                self.tools.logs.write(id, LogBuffer::clear);
                self.publish_all(&[id]);
                self.emit(Event::Removed { service: id });
            }
        }
        self.watch_files();
    }
}
