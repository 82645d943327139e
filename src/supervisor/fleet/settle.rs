//! Lets services go on: stops whose turn has come, and starts of which nothing stands in the way any more.

use std::collections::BTreeSet;
use std::time::Instant;

use super::super::status::State;
use super::super::wish::Wish;
use super::Fleet;
use crate::id::ServiceId;

/// Whether a stop may begin.
enum Go {
    Now,
    Wait,
    /// Never: this one depends on the service, and stays.
    Kept(ServiceId),
}

impl Fleet {
    /// Lets go on what may go on, until nothing more may.
    ///
    /// Whether a service may go on depends on itself, on those it waits for and on those it conflicts with, so only who
    /// has changed and who waits for one of those is looked at. It ends: there is no circle, so each pass settles at least one more for good.
    pub(super) fn settle(&mut self, now: Instant) {
        loop {
            let mut to_depart: BTreeSet<ServiceId> = BTreeSet::new();
            let mut to_unblock: BTreeSet<ServiceId> = BTreeSet::new();
            for id in self.agenda.take_news() {
                to_depart.insert(id);
                to_depart.extend(self.agenda.take_watchers(id));
                to_unblock.insert(id);
                to_unblock.extend(self.graph.dependents(id).iter().map(|dependent| dependent.service));
                to_unblock.extend(self.rivals(id).collect::<Vec<_>>());
            }
            if to_unblock.is_empty() {
                return;
            }
            for id in to_depart {
                self.depart(id, now);
            }
            for id in to_unblock {
                self.unblock(id, now);
                self.let_leave(id, now);
            }
        }
    }

    /// Begins the stop of a service if its turn has come, and gives it up if that will not come.
    fn depart(&mut self, id: ServiceId, now: Instant) {
        let go = self.may_go(id);
        let Some(member) = self.members.get_mut(id.index()) else { return };
        let Some(departure) = member.departure.take_if(|_| !matches!(go, Go::Wait)) else { return };
        self.agenda.note(id);
        match go {
            Go::Kept(who) => {
                member.kept_for = Some(who);
                self.kept.push((id, who));
            }
            // one that has come to rest by itself meanwhile needs no stop
            Go::Now | Go::Wait => {
                let effects = member.machine.ask(departure.wish, now).unwrap_or_default();
                self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
            }
        }
    }

    /// Says whether the stop of a service may begin, and forgets those of whom nothing is left.
    fn may_go(&mut self, id: ServiceId) -> Go {
        let Some(member) = self.members.get_mut(id.index()) else { return Go::Wait };
        let is_up = member.machine.state().is_up();
        let Some(departure) = &mut member.departure else { return Go::Wait };
        if !is_up {
            return Go::Now;
        }
        let is_quit = departure.wish == Wish::Quit;
        let mut after = std::mem::take(&mut departure.after);
        let go = loop {
            let Some((first, run)) = after.last().copied() else { break Go::Now };
            let Some(other) = self.members.get(first.index()).filter(|other| other.machine.run() == run) else {
                after.pop();
                continue;
            };
            match other.machine.state() {
                State::Stopping | State::Unhealthy => {
                    self.agenda.watch(first, id);
                    break Go::Wait;
                }
                State::Starting | State::Running | State::Ready if other.departure.is_some() => {
                    self.agenda.watch(first, id);
                    break Go::Wait;
                }
                // it was called back, or kept itself
                State::Starting | State::Running | State::Ready => break Go::Kept(other.kept_for.unwrap_or(first)),
                // the end of everything waits for nobody who does not end
                State::Stuck if !is_quit => break Go::Kept(first),
                State::Stuck
                | State::Stopped
                | State::Blocked
                | State::Done
                | State::Exited
                | State::Crashed
                | State::Backoff
                | State::CrashLoop => drop(after.pop()),
            }
        };
        if let Some(departure) = self.members.get_mut(id.index()).and_then(|member| member.departure.as_mut()) {
            departure.after = after;
        }
        go
    }

    /// Starts a service that is blocked no longer, and blocks a target that is up no longer.
    fn unblock(&mut self, id: ServiceId, now: Instant) {
        if self.has_left(id) {
            return;
        }
        let is_free = self.is_free(id);
        let Some(member) = self.members.get_mut(id.index()) else { return };
        let before = member.machine.state();
        if is_free {
            let effects = member.machine.unblock(now);
            self.effects.extend(effects.into_iter().map(|effect| (id, effect)));
        } else {
            member.machine.block_target();
        }
        if member.machine.state() != before {
            self.agenda.note(id);
        }
    }

    /// Whether everything that a service depends on is as it has to be, and is to stay so, and nobody is in its way.
    pub(super) fn is_free(&self, id: ServiceId) -> bool {
        self.rival(id).is_none()
            && self.graph.needs(id).iter().all(|need| {
                let member = self.members.get(need.service.index());
                member.is_some_and(|member| member.departure.is_none() && member.machine.satisfies(need.condition))
            })
    }
}
