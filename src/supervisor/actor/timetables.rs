//! Starts services when their schedules say so.

use std::time::Instant;

use jiff::{Timestamp, Zoned};

use super::super::machine::Machine;
use super::super::notes;
use super::super::status::State;
use super::super::timetable::{Deed, NextRun, Timetable, clock};
use super::super::wish::Wish;
use super::{Actor, Slot};
use crate::config::Schedule;
use crate::id::ServiceId;

impl Slot {
    /// Takes another schedule, or none any more, of a service that stands like this.
    pub(super) fn change_schedule(&mut self, schedule: Option<Schedule>, machine: &Machine) {
        self.timetable = schedule.map(|schedule| match self.timetable.take() {
            Some(mut table) => {
                table.change(schedule, &Zoned::now());
                table
            }
            None => Timetable::join(schedule, machine.state(), machine.run()),
        });
    }

    /// Returns when the schedule starts the service next, as it is shown.
    pub(super) fn next_run(&self) -> Option<NextRun> {
        let next = self.timetable.as_ref()?.next()?;
        Some(NextRun::new(next, Instant::now(), &Zoned::now()))
    }
}

impl Actor {
    /// Begins the schedules of services that are started with the project; returns who is to be started at once.
    pub(super) fn begin_timetables(&mut self, ids: Vec<ServiceId>) -> Vec<ServiceId> {
        let wall = Zoned::now();
        let starts = |slot: &mut Slot| slot.timetable.as_mut().is_none_or(|table| table.begin(&wall));
        let (now, later): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| self.slots.get_mut(id.index()).is_none_or(starts));
        self.publish_all(&later);
        self.set_alarm();
        now
    }

    /// Calls the schedules of these off; returns those of whom there is more to stop than that.
    pub(super) fn call_off(&mut self, ids: &[ServiceId]) -> Vec<ServiceId> {
        let mut rest = Vec::with_capacity(ids.len());
        for &id in ids {
            let table = self.slots.get_mut(id.index()).and_then(|slot| slot.timetable.as_mut());
            let is_off = table.filter(|table| table.is_on()).map(Timetable::call_off).is_some();
            if is_off {
                let (tone, note) = notes::schedule_off();
                self.tools.logs.note(id, tone, &note);
                self.publish_all(&[id]);
            }
            if !is_off || self.fleet.machine(id).is_some_and(|machine| machine.state() != State::Stopped) {
                rest.push(id);
            }
        }
        self.set_alarm();
        rest
    }

    /// Takes note of runs that have begun, and starts those that have waited for the end of one.
    pub(super) fn keep_timetables(&mut self) {
        if self.slots.iter().all(|slot| slot.timetable.is_none()) {
            return;
        }
        let (now, wall) = (Instant::now(), Zoned::now());
        for id in self.fleet.ids() {
            let Some(machine) = self.fleet.machine(id) else { continue };
            let (state, run) = (machine.state(), machine.run());
            let Some(table) = self.slots.get_mut(id.index()).and_then(|slot| slot.timetable.as_mut()) else { continue };
            if table.see(state, run, &wall) && self.shutdown.is_none() {
                // a refusal shows as a service that does not run
                let _refused = self.fleet.ask(&[id], Wish::Start, now);
            }
        }
        self.set_alarm();
    }

    /// Does what is due: the alarm clock has rung, or the clock on the wall was set.
    pub(super) fn keep_time(&mut self) {
        let (now, wall) = (Instant::now(), Zoned::now());
        let mut timed = Vec::new();
        for id in self.fleet.ids() {
            let Some(state) = self.fleet.machine(id).map(Machine::state) else { continue };
            let Some(table) = self.slots.get_mut(id.index()).and_then(|slot| slot.timetable.as_mut()) else { continue };
            timed.push(id);
            let due = table.next();
            let overlap = table.overlap();
            let Some(deed) = table.decide(state, &wall).filter(|_| self.shutdown.is_none()) else { continue };
            let at = due.map_or_else(String::new, |due| clock(due, wall.time_zone()));
            match deed {
                Deed::Start if let Some(need) = self.fleet.stopped_need(id) => {
                    let name = self.fleet.machine(need).map_or("", |machine| &machine.service().name);
                    let (tone, note) = notes::left_out(&at, &format!("it needs {name}, which was stopped"));
                    self.tools.logs.note(id, tone, &note);
                }
                Deed::Start => {
                    for refused in self.fleet.ask(&[id], Wish::Start, now) {
                        let (tone, note) = notes::left_out(&at, &self.sentence(id, refused.refusal));
                        self.tools.logs.note(id, tone, &note);
                    }
                }
                Deed::Restart | Deed::Skip | Deed::Queue => {
                    let (tone, note) = notes::still_runs(&at, overlap);
                    self.tools.logs.note(id, tone, &note);
                    if deed == Deed::Restart {
                        drop(self.fleet.ask(&[id], Wish::Restart, now));
                    }
                }
            }
        }
        self.carry_out();
        self.publish_all(&timed);
    }

    fn set_alarm(&mut self) {
        let next = |slot: &Slot| slot.timetable.as_ref()?.next();
        let next: Option<Timestamp> = self.slots.iter().filter_map(next).min().filter(|_| self.shutdown.is_none());
        if let Err(error) = self.alarm.set(next) {
            tracing::error!(%error, "schedules start nothing: there is no alarm clock");
        }
    }
}
