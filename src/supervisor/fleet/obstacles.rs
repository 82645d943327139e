//! What the services of a fleet wait for, as it is told.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::blocked::{Obstacle, Turn};
use super::super::machine::Machine;
use super::super::status::State;
use super::{Fleet, Member};
use crate::config::Dependency;
use crate::id::ServiceId;

impl Fleet {
    /// Returns what a blocked service waits for, down to those that are not blocked themselves: the roots.
    pub(crate) fn obstacles(&self, id: ServiceId) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut ahead: VecDeque<(ServiceId, Vec<Arc<str>>)> = VecDeque::new();
        if self.state(id) == State::Blocked {
            ahead.push_back((id, vec![]));
        }
        // the nearest first, so that each root is told by the shortest way to it
        while let Some((id, through)) = ahead.pop_front() {
            for need in self.graph.needs(id) {
                let Some(member) = self.members.get(need.service.index()) else { continue };
                let is_met = member.departure.is_none() && member.machine.satisfies(need.condition);
                if is_met || !seen.insert(need.service) {
                    continue;
                }
                if member.machine.state() == State::Blocked {
                    let name = Arc::from(member.machine.service().name.as_str());
                    ahead.push_back((need.service, through.iter().cloned().chain([name]).collect()));
                } else {
                    found.push(obstacle(*need, member, &through));
                }
            }
        }
        found
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

fn obstacle(need: Dependency, member: &Member, through: &[Arc<str>]) -> Obstacle {
    let machine = &member.machine;
    let state = if member.departure.is_some() { State::Stopping } else { machine.state() };
    Obstacle {
        name: machine.service().name.as_str().into(),
        condition: need.condition,
        state,
        end: end(machine, state),
        through: through.into(),
        needs_a_person: match state {
            State::Stopped | State::Done | State::Exited | State::Crashed | State::CrashLoop | State::Stuck => true,
            State::Blocked | State::Starting | State::Running | State::Stopping | State::Backoff => false,
        },
    }
}

/// Says how the last run ended, where that is why it is waited for.
fn end(machine: &Machine, state: State) -> Option<Arc<str>> {
    match state {
        State::Crashed | State::CrashLoop | State::Backoff | State::Exited => {
            let exit = || machine.ended().and_then(|ended| ended.exit).map(|exit| exit.to_string());
            machine.problem().map(str::to_owned).or_else(exit).map(Arc::from)
        }
        State::Stopped => {
            let by_request = machine.ended().is_some_and(|ended| ended.asked);
            by_request.then(|| Arc::from("by request"))
        }
        State::Stuck => machine
            .survivors()
            .first()
            .map(|survivor| format!("{} {}: {}", survivor.id.pid, survivor.command, survivor.reason).into()),
        State::Blocked | State::Starting | State::Running | State::Stopping | State::Done => None,
    }
}
