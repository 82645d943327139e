//! Services that come, change and go while others run, and those of which only one may run at a time.

use std::sync::Arc;
use std::time::Instant;

use super::super::graph::Graph;
use super::super::machine::Machine;
use super::super::status::State;
use super::super::wish::Wish;
use super::{Fleet, Member};
use crate::config::Service;
use crate::id::ServiceId;

/// Whether a service is to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// It is.
    Stays,
    /// It is removed once nothing of it is alive.
    Leaves,
    /// It was removed; its number is never used again.
    Left,
}

impl Fleet {
    /// Gives services what their entries say now; a number that is the next one is a new service's.
    pub(crate) fn renew(&mut self, entries: impl IntoIterator<Item = (ServiceId, Arc<Service>)>, now: Instant) {
        for (id, entry) in entries {
            self.agenda.note(id);
            if id.index() == self.members.len() {
                self.members.push(Member::new(entry));
                self.agenda.join();
            } else if let Some(member) = self.members.get_mut(id.index()) {
                member.machine.renew(entry);
            }
        }
        self.link();
        self.settle(now);
    }

    /// Stops these for good: once nothing of one is alive, it is there no more.
    ///
    /// Whoever stays must not need any of them.
    pub(crate) fn remove(&mut self, ids: &[ServiceId], now: Instant) {
        for &id in ids {
            if let Some(member) = self.members.get_mut(id.index()).filter(|member| member.stay == Stay::Stays) {
                member.stay = Stay::Leaves;
                self.agenda.note(id);
            }
        }
        // those above it that leave already go first; what does not run needs no end
        let all = self.with_dependents(ids);
        let _nothing_alive = self.ask(&all, Wish::Stop, now);
    }

    /// Lets those stay after all that are on their way out.
    pub(crate) fn keep(&mut self, ids: &[ServiceId]) {
        for &id in ids {
            if let Some(member) = self.members.get_mut(id.index()).filter(|member| member.stay == Stay::Leaves) {
                member.stay = Stay::Stays;
                self.agenda.note(id);
            }
        }
    }

    /// Takes those that have left since somebody asked.
    pub(crate) fn take_left(&mut self) -> Vec<ServiceId> {
        std::mem::take(&mut self.left)
    }

    /// Whether a service was removed.
    pub(crate) fn has_left(&self, id: ServiceId) -> bool {
        self.members.get(id.index()).is_some_and(|member| member.stay == Stay::Left)
    }

    /// Whether a service is to stay.
    pub(crate) fn stays(&self, id: ServiceId) -> bool {
        self.members.get(id.index()).is_some_and(|member| member.stay == Stay::Stays)
    }

    /// Returns who depends on a service and stays.
    pub(crate) fn who_stays_and_needs(&self, id: ServiceId) -> Option<ServiceId> {
        self.graph.all_dependents(id).into_iter().find(|dependent| self.stays(*dependent))
    }

    fn link(&mut self) {
        self.graph = Graph::new(self.members.iter().map(|member| member.machine.service().as_ref()));
    }

    /// Lets go of one that was to be removed and of which nothing is alive.
    pub(super) fn let_leave(&mut self, id: ServiceId, now: Instant) {
        let leaving = self.members.get_mut(id.index()).filter(|member| member.stay == Stay::Leaves);
        let Some(member) = leaving else { return };
        if matches!(member.machine.state(), State::Blocked | State::Backoff) {
            // it was kept for others when it was to be stopped, has ended since, and must not begin again
            let _rests_now = member.machine.ask(Wish::Stop, now);
        }
        if !member.machine.state().is_alive() && member.departure.is_none() {
            // its place in the order stays: those above it may still be on their way down
            member.stay = Stay::Left;
            self.agenda.note(id);
            self.left.push(id);
        }
    }

    /// Returns one that is alive and must not be while this one is.
    pub(super) fn rival(&self, id: ServiceId) -> Option<ServiceId> {
        self.rivals(id).find(|other| self.state(*other).is_alive())
    }

    /// Returns one that runs or wants to, so that a wish for this one would not come true.
    pub(crate) fn contender(&self, id: ServiceId) -> Option<ServiceId> {
        self.rivals(id).find(|other| self.contends(*other))
    }

    /// Returns all that run or want to, and must not while this one does.
    pub(crate) fn contenders(&self, id: ServiceId) -> Vec<ServiceId> {
        self.rivals(id).filter(|other| self.contends(*other)).collect()
    }

    /// Returns its name.
    pub(crate) fn contender_name(&self, id: ServiceId) -> Option<Arc<str>> {
        let contender = self.contender(id)?;
        Some(self.machine(contender)?.service().name.as_str().into())
    }

    pub(super) fn rivals(&self, id: ServiceId) -> impl Iterator<Item = ServiceId> + '_ {
        self.machine(id).into_iter().flat_map(|machine| machine.service().conflicts.iter().copied())
    }

    /// Whether a service runs or wants to.
    pub(super) fn contends(&self, id: ServiceId) -> bool {
        let Some(member) = self.members.get(id.index()) else { return false };
        let leaves = member.departure.as_ref().is_some_and(|departure| departure.wish != Wish::Restart);
        match member.machine.state() {
            State::Starting | State::Running | State::Ready => !leaves,
            State::Blocked | State::Backoff | State::Stuck => true,
            State::Unhealthy | State::Stopping => member.machine.ending().is_some_and(|ending| ending.again),
            State::Stopped | State::Done | State::Exited | State::Crashed | State::CrashLoop => false,
        }
    }
}

impl Member {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { machine: Machine::new(service), departure: None, kept_for: None, stay: Stay::Stays }
    }
}
