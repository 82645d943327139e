//! What the services of a fleet wait for, as it is told.

use std::sync::Arc;

use super::super::blocked::{Obstacle, Turn};
use super::super::machine::Machine;
use super::super::status::State;
use super::{Fleet, Member};
use crate::config::Condition;
use crate::id::ServiceId;

/// How many names of a long way are told, from its begin and from its end.
const WAY: (usize, usize) = (3, 2);

impl Fleet {
    /// Returns what a blocked service waits for, down to those that are not blocked themselves: the roots.
    pub(crate) fn obstacles(&self, id: ServiceId) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.members.len()];
        // each blocked one on the way, with the place here of the one that waits for it
        let mut blocked: Vec<(ServiceId, Option<usize>)> = Vec::new();
        if self.state(id) == State::Blocked {
            blocked.push((id, None));
        }
        let mut next = 0;
        let mut rivals = std::collections::BTreeSet::new();
        // the nearest first, so that each root is told by the shortest way to it
        while let Some(&(id, _)) = blocked.get(next) {
            for need in self.graph.needs(id) {
                let Some(member) = self.members.get(need.service.index()) else { continue };
                let is_met = member.departure.is_none() && member.machine.satisfies(need.condition);
                if is_met || seen.get_mut(need.service.index()).is_none_or(|seen| std::mem::replace(seen, true)) {
                    continue;
                }
                // one that waits for its port alone is a root, too
                if member.machine.state() == State::Blocked && self.held_port(need.service).is_none() {
                    blocked.push((need.service, Some(next)));
                } else {
                    found.push(obstacle(need.condition, member, self.names_to(&blocked, next)));
                }
            }
            if let Some((rival, member)) =
                self.rival(id).and_then(|rival| Some((rival, self.members.get(rival.index())?)))
                && rivals.insert(rival)
            {
                let through = self.names_to(&blocked, next);
                let state = member.machine.state();
                // it goes on by itself only where that one is on its way down
                let needs_a_person = state != State::Stopping && member.departure.is_none();
                let in_the_way = Obstacle {
                    is_conflict: true,
                    needs_a_person,
                    end: None,
                    ..obstacle(Condition::Ready, member, through)
                };
                found.push(in_the_way);
            }
            next += 1;
        }
        found
    }

    /// Returns the names on the way to the blocked one at `place`, without the first, who is asked about.
    fn names_to(&self, blocked: &[(ServiceId, Option<usize>)], place: usize) -> Arc<[Arc<str>]> {
        let mut way = Vec::new();
        let mut at = Some(place);
        while let Some(&(id, Some(before))) = at.and_then(|at| blocked.get(at)) {
            way.push(id);
            at = Some(before);
        }
        way.reverse();
        let name = |id: &ServiceId| self.machine(*id).map(|machine| Arc::from(machine.service().name.as_str()));
        let (first, last) = (way.iter().take(WAY.0), way.iter().skip(way.len() - WAY.1.min(way.len())));
        if way.len() <= WAY.0 + WAY.1 {
            return way.iter().filter_map(name).collect();
        }
        first.filter_map(name).chain([Arc::from("…")]).chain(last.filter_map(name)).collect()
    }

    /// Returns the first of those that a service needs, nearest first, that a person has stopped.
    pub(crate) fn stopped_need(&self, id: ServiceId) -> Option<ServiceId> {
        let mut seen = vec![false; self.members.len()];
        let mut ahead = std::collections::VecDeque::from([id]);
        while let Some(id) = ahead.pop_front() {
            for need in self.graph.needs(id) {
                let Some(member) = self.members.get(need.service.index()) else { continue };
                if member.machine.satisfies(need.condition) && member.departure.is_none() {
                    continue;
                }
                let was_asked = member.machine.ended().is_some_and(|ended| ended.asked);
                if was_asked && member.machine.state() == State::Stopped {
                    return Some(need.service);
                }
                if seen.get_mut(need.service.index()).is_some_and(|seen| !std::mem::replace(seen, true)) {
                    ahead.push_back(need.service);
                }
            }
        }
        None
    }

    /// Whether a service waits for its turn to be stopped.
    pub(crate) fn leaves(&self, id: ServiceId) -> bool {
        self.members.get(id.index()).is_some_and(|member| member.departure.is_some())
    }

    /// Returns where a service stands in the order of a stop.
    pub(crate) fn turn(&self, id: ServiceId) -> Option<Turn> {
        let member = self.members.get(id.index())?;
        let name = |id: ServiceId| Some(Arc::from(self.machine(id)?.service().name.as_str()));
        match (&member.departure, member.kept_for) {
            (Some(departure), _) => name(departure.after.last()?.0).map(Turn::After),
            (None, Some(who)) if member.machine.state().is_alive() => name(who).map(Turn::KeptFor),
            (None, Some(_) | None) => None,
        }
    }
}

fn obstacle(condition: Condition, member: &Member, through: Arc<[Arc<str>]>) -> Obstacle {
    let machine = &member.machine;
    let state = if member.departure.is_some() { State::Stopping } else { machine.state() };
    Obstacle {
        name: machine.service().name.as_str().into(),
        condition,
        is_conflict: false,
        state,
        end: end(machine, state),
        through,
        needs_a_person: match state {
            State::Stopped | State::Done | State::Exited | State::Crashed | State::CrashLoop | State::Stuck => true,
            // whoever has its port does not wait for us to need it
            State::Blocked => machine.port_held().is_some(),
            State::Starting | State::Running | State::Ready | State::Unhealthy | State::Stopping | State::Backoff => {
                false
            }
        },
    }
}

/// Says how the last run ended, or why the present one is not ready, where that is why it is waited for.
fn end(machine: &Machine, state: State) -> Option<Arc<str>> {
    match state {
        State::Crashed | State::CrashLoop | State::Backoff | State::Exited => {
            let ended = machine.ended();
            let exit = || ended.and_then(|ended| ended.exit).map(|exit| exit.to_string());
            let unfit = || ended.and_then(|ended| ended.unfit.as_deref()).map(str::to_owned);
            machine.problem().map(str::to_owned).or_else(unfit).or_else(exit).map(Arc::from)
        }
        State::Stopped => {
            let by_request = machine.ended().is_some_and(|ended| ended.asked);
            by_request.then(|| Arc::from("by request"))
        }
        State::Stuck => machine
            .survivors()
            .first()
            .map(|survivor| format!("{} {}: {}", survivor.id.pid, survivor.command, survivor.reason).into()),
        State::Starting => {
            let error = machine.probing().and_then(|probing| probing.error.as_ref());
            error.map(|error| format!("its last probe: {error}").into())
        }
        State::Blocked => machine.port_held().map(|held| held.sentence().into()),
        State::Unhealthy => machine.unfit().cloned(),
        State::Running | State::Ready | State::Stopping | State::Done => None,
    }
}
