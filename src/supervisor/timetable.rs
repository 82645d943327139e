//! Decides when a schedule starts its service, and what happens when that still runs. Pure: the clock on the wall is
//! passed in.
//!
//! A schedule begins with the service: it is off before the first start and after a stop by request. A time that was
//! missed, since the machine slept, is made up for once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::status::State;
use crate::config::{Overlap, Schedule, When};
use crate::id::RunId;

/// When a schedule starts a service, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRun {
    /// The moment.
    pub at: Instant,
    /// What a clock on the wall shows then.
    pub clock: Arc<str>,
}

/// The schedule of one service and where it stands.
#[derive(Debug)]
pub(crate) struct Timetable {
    schedule: Schedule,
    next: Option<Timestamp>,
    /// Whether a start waits for the end of the present run.
    waits: bool,
    /// The run that the times are counted from.
    run: RunId,
}

/// What is to be done when a time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Start it.
    Start,
    /// Stop it and start it again.
    Restart,
    /// Leave this time out: it still runs.
    Skip,
    /// Start it once more when it has ended.
    Queue,
}

impl Timetable {
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self { schedule, next: None, waits: false, run: RunId::default() }
    }

    /// Comes to a service that has run before: one that was stopped stays stopped, however often it ran.
    pub(crate) fn join(schedule: Schedule, state: State, run: RunId) -> Self {
        let run = if state == State::Stopped { run } else { RunId::default() };
        Self { run, ..Self::new(schedule) }
    }

    /// Takes another schedule; it is on if the one before was.
    pub(crate) fn change(&mut self, schedule: Schedule, wall: &Zoned) {
        self.schedule = schedule;
        self.next = self.next.and_then(|_| self.after(wall));
    }

    pub(crate) const fn overlap(&self) -> Overlap {
        self.schedule.overlap
    }

    /// Returns when it starts the service next; `None` while it is off.
    pub(crate) const fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Whether it starts the service some time.
    pub(crate) const fn is_on(&self) -> bool {
        self.next.is_some() || self.waits
    }

    /// Begins with the project; returns whether the service is to be started at once.
    pub(crate) fn begin(&mut self, wall: &Zoned) -> bool {
        match &self.schedule.when {
            // its times are counted from the start that comes now
            When::Every(_) => true,
            When::Cron(_) => {
                self.next = self.after(wall);
                false
            }
        }
    }

    /// Starts nothing any more, until the service is started by somebody else.
    pub(crate) fn call_off(&mut self) {
        self.next = None;
        self.waits = false;
    }

    /// Takes note of how the service stands; returns whether it is to be started now, since that has waited.
    pub(crate) fn see(&mut self, state: State, run: RunId, wall: &Zoned) -> bool {
        if run != self.run {
            self.run = run;
            self.waits = false;
            self.next = self.after(wall);
        }
        let rests = matches!(state, State::Done | State::Exited | State::Crashed | State::CrashLoop);
        rests && std::mem::take(&mut self.waits)
    }

    /// Decides what is to be done, if its time has come.
    pub(crate) fn decide(&mut self, state: State, wall: &Zoned) -> Option<Deed> {
        let due = self.next.filter(|next| *next <= wall.timestamp());
        if due.is_none() {
            self.follow_the_clock(wall);
            return None;
        }
        self.next = self.after(wall);
        Some(match (state, self.schedule.overlap) {
            (State::Stopped | State::Done | State::Exited | State::Crashed | State::CrashLoop, _)
            // it is on its way up, or begins anew anyway
            | (State::Blocked | State::Backoff | State::Unhealthy | State::Stopping, Overlap::Kill) => Deed::Start,
            // what is stuck can be ended by a person alone
            (_, Overlap::Skip) | (State::Stuck, Overlap::Queue | Overlap::Kill) => Deed::Skip,
            (_, Overlap::Queue) => {
                self.waits = true;
                Deed::Queue
            }
            (State::Starting | State::Running | State::Ready, Overlap::Kill) => Deed::Restart,
        })
    }

    /// Puts the next time where it belongs after the clock was set: an interval does not grow by that.
    fn follow_the_clock(&mut self, wall: &Zoned) {
        if let (Some(next), Some(anew)) = (self.next, self.after(wall)) {
            self.next = Some(next.min(anew));
        }
    }

    fn after(&self, wall: &Zoned) -> Option<Timestamp> {
        match &self.schedule.when {
            When::Every(every) => {
                let every = SignedDuration::try_from(*every).ok()?;
                wall.timestamp().checked_add(every).ok()
            }
            When::Cron(cron) => cron.after(wall).map(|next| next.timestamp()),
        }
    }
}

impl NextRun {
    /// Returns the next time as it is shown: with the day where that is not today.
    pub(crate) fn new(next: Timestamp, now: Instant, wall: &Zoned) -> Self {
        let wait = Duration::try_from(next.duration_since(wall.timestamp())).unwrap_or(Duration::ZERO);
        let at = next.to_zoned(wall.time_zone().clone());
        let is_today = at.date() == wall.date();
        let format = if is_today { "%H:%M:%S" } else { "%a %-d %b, %H:%M:%S" };
        Self { at: now + wait, clock: at.strftime(format).to_string().into() }
    }
}

/// Returns what a clock on the wall shows at a moment, in a zone.
pub(crate) fn clock(moment: Timestamp, zone: &TimeZone) -> String {
    moment.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;
