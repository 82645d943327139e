//! All machines together: what a wish for one service means for those around it. Pure, as each machine is.
//!
//! A start brings up what is needed; each service begins as soon as its own conditions hold. A stop takes down who
//! needs the service, each as soon as those above it are gone. Nothing here waits: both are looked at after every step.

mod agenda;
mod change;
mod obstacles;
mod ports;
mod rehearsal;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use self::agenda::Agenda;
use self::change::Stay;
pub use self::rehearsal::{Rehearsal, rehearse};
use super::asked::Refused;
use super::graph::Graph;
use super::machine::Machine;
use super::status::State;
use super::wish::{Effect, News, Refusal, Wish};
use crate::config::Service;
use crate::id::{RunId, ServiceId};

/// The machines of all services, and the order among them.
#[derive(Debug)]
pub(crate) struct Fleet {
    members: Vec<Member>,
    graph: Graph,
    /// What is to be done, in order, until somebody takes it.
    effects: Vec<(ServiceId, Effect)>,
    agenda: Agenda,
    /// Who was not stopped for whose sake since somebody asked.
    kept: Vec<(ServiceId, ServiceId)>,
    /// Who was removed since somebody asked.
    left: Vec<ServiceId>,
}

#[derive(Debug)]
struct Member {
    machine: Machine,
    departure: Option<Departure>,
    /// For whose sake it was not stopped when that was asked for last.
    kept_for: Option<ServiceId>,
    stay: Stay,
}

/// A stop that waits for its turn: those that depend on the service go first.
#[derive(Debug)]
struct Departure {
    wish: Wish,
    /// Those that have to be gone before, each with the run that has to be over; who is gone is taken out.
    after: Vec<(ServiceId, RunId)>,
}

impl Fleet {
    pub(crate) fn new(services: impl IntoIterator<Item = Service>) -> Self {
        let services: Vec<Arc<Service>> = services.into_iter().map(Arc::new).collect();
        let graph = Graph::new(services.iter().map(Arc::as_ref));
        let agenda = Agenda::new(graph.len());
        let members = services.into_iter().map(Member::new).collect();
        Self { members, graph, effects: vec![], agenda, kept: vec![], left: vec![] }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ServiceId> + Clone + use<> {
        (0..).take(self.members.len()).map(ServiceId::new)
    }

    pub(crate) fn machine(&self, id: ServiceId) -> Option<&Machine> {
        self.members.get(id.index()).map(|member| &member.machine)
    }

    pub(crate) fn machines(&self) -> impl Iterator<Item = (ServiceId, &Machine)> + Clone {
        self.ids().zip(self.members.iter().map(|member| &member.machine))
    }

    fn state(&self, id: ServiceId) -> State {
        self.machine(id).map_or(State::Stopped, Machine::state)
    }

    /// Takes what is to be done, in order; the machines already stand as if it was.
    pub(crate) fn take_effects(&mut self) -> Vec<(ServiceId, Effect)> {
        std::mem::take(&mut self.effects)
    }

    /// Takes those who were not stopped, each with the one for whose sake.
    pub(crate) fn take_kept(&mut self) -> Vec<(ServiceId, ServiceId)> {
        std::mem::take(&mut self.kept)
    }

    /// Takes those who may look different since the last time.
    pub(crate) fn take_changed(&mut self) -> Vec<ServiceId> {
        let mut changed = self.agenda.take_changed();
        if !changed.is_empty() {
            // of those that conflict it is told who runs
            let rivals: Vec<ServiceId> = changed.iter().flat_map(|id| self.rivals(*id)).collect();
            changed.extend(rivals);
            // what is told of those who wait is about those they wait for
            let waits = |member: &Member| member.departure.is_some() || member.machine.state() == State::Blocked;
            changed.extend(self.ids().zip(&self.members).filter(|(_, member)| waits(member)).map(|(id, _)| id));
        }
        changed.into_iter().collect()
    }

    /// Returns these and those who need them up and are up themselves: all that a stop of these ends.
    pub(crate) fn with_who_needs_them(&self, ids: &[ServiceId]) -> Vec<ServiceId> {
        self.with(ids, |id| self.graph.who_needs_up(id))
    }

    /// Returns these and all up that depend on them.
    pub(crate) fn with_dependents(&self, ids: &[ServiceId]) -> Vec<ServiceId> {
        self.with(ids, |id| self.graph.all_dependents(id))
    }

    fn with(&self, ids: &[ServiceId], others: impl Fn(ServiceId) -> Vec<ServiceId>) -> Vec<ServiceId> {
        let mut more: Vec<ServiceId> = ids.iter().flat_map(|id| others(*id)).collect();
        more.retain(|id| self.state(*id).is_alive() && !ids.contains(id));
        more.sort_unstable();
        more.dedup();
        ids.iter().copied().chain(more).collect()
    }

    /// Takes one wish for several services at once; returns what could not be granted.
    ///
    /// Of those that end, each ends after all of the others that depend on it. Whoever is to go along must be among
    /// them: see [`Fleet::with_who_needs_them`] and [`Fleet::with_dependents`].
    pub(crate) fn ask(&mut self, ids: &[ServiceId], wish: Wish, now: Instant) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut granted = Vec::with_capacity(ids.len());
        let together: BTreeSet<ServiceId> = ids.iter().copied().collect();
        for &service in ids {
            match self.ask_one(&together, service, wish, now) {
                Ok(()) => granted.push(service),
                Err(refusal) => refused.push(Refused { service, refusal }),
            }
        }
        if matches!(wish, Wish::Start | Wish::Restart) {
            self.start_needs_of(granted, now);
        }
        self.settle(now);
        refused
    }

    fn ask_one(
        &mut self,
        together: &BTreeSet<ServiceId>,
        id: ServiceId,
        wish: Wish,
        now: Instant,
    ) -> Result<(), Refusal> {
        let is_up = self.state(id).is_up();
        let after = match wish {
            Wish::Stop | Wish::Quit | Wish::Restart if is_up => Some(self.to_go_before(together, id)),
            Wish::Stop | Wish::Quit | Wish::Restart | Wish::Start | Wish::Kill => None,
        };
        self.refuse_start(id, wish)?;
        let Some(member) = self.members.get_mut(id.index()) else { return Ok(()) };
        let is_quitting = member.departure.as_ref().is_some_and(|departure| departure.wish == Wish::Quit);
        if is_quitting && matches!(wish, Wish::Start | Wish::Restart) {
            return Err(Refusal::Quitting);
        }
        member.kept_for = None;
        let before = member.departure.take();
        self.agenda.note(id);
        match (wish, after) {
            (_, Some(after)) => member.departure = Some(Departure { wish, after }),
            // it was to be stopped and is not: that is what was asked for; and a restart that waits for its turn stays
            (Wish::Start, None) if before.is_some() => {
                member.departure = before.filter(|departure| departure.wish == Wish::Restart);
            }
            (_, None) => {
                let effects = member.machine.ask(wish, now)?;
                self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
            }
        }
        Ok(())
    }

    /// Says why a service must not be started now, if that is wished.
    fn refuse_start(&self, id: ServiceId, wish: Wish) -> Result<(), Refusal> {
        if !matches!(wish, Wish::Start | Wish::Restart) {
            return Ok(());
        }
        if !self.stays(id) {
            return Err(Refusal::Leaving);
        }
        // who runs or waits has been let in before
        match self.contender(id).filter(|_| !self.contends(id)) {
            Some(_) => Err(Refusal::Conflict),
            None => Ok(()),
        }
    }

    /// Returns those among `together` that are alive and depend on `id`, with the runs that have to be over.
    fn to_go_before(&self, together: &BTreeSet<ServiceId>, id: ServiceId) -> Vec<(ServiceId, RunId)> {
        if together.len() == 1 {
            return vec![];
        }
        let mut before = self.graph.all_dependents(id);
        before.retain(|dependent| together.contains(dependent));
        let alive = before.into_iter().filter_map(|dependent| Some((dependent, self.machine(dependent)?)));
        alive.filter(|(_, machine)| machine.state().is_alive()).map(|(id, machine)| (id, machine.run())).collect()
    }

    /// Starts what these need and do not have, with what that needs in turn; each is looked at once for all of them.
    fn start_needs_of(&mut self, ids: Vec<ServiceId>, now: Instant) {
        let mut seen = vec![false; self.members.len()];
        for id in &ids {
            if let Some(seen) = seen.get_mut(id.index()) {
                *seen = true;
            }
        }
        let mut ahead = ids;
        while let Some(id) = ahead.pop() {
            for need in self.graph.needs(id) {
                let Some(member) = self.members.get_mut(need.service.index()) else { continue };
                if member.departure.as_ref().is_some_and(|departure| departure.wish == Wish::Stop) {
                    member.departure = None;
                    self.agenda.note(need.service);
                }
                if member.stay != Stay::Stays
                    || member.machine.satisfies(need.condition)
                    || seen.get_mut(need.service.index()).is_none_or(|seen| std::mem::replace(seen, true))
                {
                    continue;
                }
                match member.machine.state() {
                    State::Blocked => ahead.push(need.service),
                    State::Stopped
                    | State::Done
                    | State::Exited
                    | State::Crashed
                    | State::CrashLoop
                    | State::Unhealthy
                    | State::Stopping => {
                        // what is refused shows as what is waited for
                        if let Ok(effects) = member.machine.ask(Wish::Start, now) {
                            self.effects.extend(effects.into_iter().map(|effect| (need.service, effect)));
                            self.agenda.note(need.service);
                            ahead.push(need.service);
                        }
                    }
                    // on its way up by itself, or in nobody's hands
                    State::Starting | State::Running | State::Ready | State::Backoff | State::Stuck => {}
                }
            }
        }
    }

    /// Takes news about a run.
    pub(crate) fn learn(&mut self, id: ServiceId, run: RunId, news: News, now: Instant) {
        let Some(member) = self.members.get_mut(id.index()) else { return };
        let effects = member.machine.learn(run, news, now);
        self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
        self.agenda.note(id);
        self.settle(now);
    }

    /// Returns when `tick` has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.members.iter().filter_map(|member| member.machine.deadline()).min()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        for (id, member) in (0..).map(ServiceId::new).zip(&mut self.members) {
            if member.machine.deadline().is_some_and(|deadline| deadline <= now) {
                let effects = member.machine.tick(now);
                self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
                self.agenda.note(id);
            }
        }
        self.settle(now);
    }
}
