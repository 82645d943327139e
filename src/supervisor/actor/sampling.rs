//! Looks at the process table now and then: who belongs to which service, and what it uses.

use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use super::super::job::Order;
use super::Actor;
use crate::engine::{Sampler, is_held_by_debugger};
use crate::id::{RunId, ServiceId};
use crate::process::{Listener, Member};

/// How often while nobody looks closely.
const CALM: Duration = Duration::from_secs(1);
/// How often while somebody watches a tree, or something is being stopped.
const CLOSE: Duration = Duration::from_millis(250);
/// How soon after a start, so that a new service does not stay without figures for long.
const SOON: Duration = Duration::from_millis(100);

/// One look: who was asked about, and what was there.
type Sample = (Sampler, Vec<(ServiceId, RunId)>, Vec<Seen>);

/// What a look has found of one run.
pub(super) struct Seen {
    members: Vec<Member>,
    listeners: Vec<Listener>,
    /// Whether a debugger held the guard.
    guard_is_held: bool,
}

/// When the last look was and whether one is under way.
pub(super) struct Sampling {
    /// Away while a look is under way.
    sampler: Option<Sampler>,
    under_way: Option<JoinHandle<Sample>>,
    last: Option<Instant>,
    watching: bool,
}

impl Sampling {
    pub(super) const fn new(sampler: Sampler) -> Self {
        Self { sampler: Some(sampler), under_way: None, last: None, watching: false }
    }

    pub(super) fn watch(&mut self, watching: bool) {
        self.watching = watching;
    }

    /// Waits for the look that is under way. Cancel-safe; `None` when it failed or none is under way.
    pub(super) async fn finished(&mut self) -> Option<Sample> {
        match &mut self.under_way {
            Some(task) => {
                let sample = task.await;
                self.under_way = None;
                sample.map_err(|failure| self.begin_anew(&failure)).ok()
            }
            None => std::future::pending().await,
        }
    }
}

impl Sampling {
    /// Replaces a sampler that was lost in a look that failed.
    fn begin_anew(&mut self, failure: &JoinError) {
        tracing::error!(%failure, "a look at the process table failed");
        self.sampler = Sampler::new().ok();
    }
}

impl Actor {
    /// Returns when the next look is due; never while one is under way or nothing is alive.
    pub(super) fn sample_due(&self) -> Option<Instant> {
        self.sampling.sampler.as_ref()?;
        let machines = self.fleet.machines().zip(&self.slots);
        let mut alive = machines.filter(|((_, machine), _)| machine.guard().is_some()).peekable();
        alive.peek()?;
        let unseen = alive.clone().any(|(_, slot)| slot.published.members.is_empty());
        let ending = alive.any(|((_, machine), _)| machine.ending().is_some());
        let pace = if unseen {
            SOON
        } else if ending || self.sampling.watching {
            CLOSE
        } else {
            CALM
        };
        Some(self.sampling.last.map_or_else(Instant::now, |last| last + pace))
    }

    pub(super) fn begin_sample(&mut self) {
        let machines = self.fleet.machines();
        let alive: Vec<(ServiceId, RunId, u32)> =
            machines.filter_map(|(id, machine)| Some((id, machine.run(), machine.guard()?))).collect();
        let Some(mut sampler) = self.sampling.sampler.take() else { return };
        let listeners = self.tools.listeners.clone();
        self.sampling.last = Some(Instant::now());
        self.sampling.under_way = Some(tokio::task::spawn_blocking(move || {
            let guards: Vec<u32> = alive.iter().map(|&(_, _, guard)| guard).collect();
            let trees = sampler.sample(&guards);
            let ids: Vec<_> = trees.iter().map(|tree| tree.iter().map(|member| member.id).collect()).collect();
            let ports = listeners.of_all(&ids).unwrap_or_else(|error| {
                // nothing is shown then; the figures are
                tracing::debug!(%error, "the list of sockets cannot be read");
                vec![Vec::new(); trees.len()]
            });
            let found = trees.into_iter().zip(ports).zip(guards.into_iter().map(is_held_by_debugger));
            let seen =
                found.map(|((members, listeners), guard_is_held)| Seen { members, listeners, guard_is_held }).collect();
            (sampler, alive.into_iter().map(|(id, run, _)| (id, run)).collect(), seen)
        }));
    }

    pub(super) fn take_sample(&mut self, (sampler, asked, found): Sample) {
        self.sampling.sampler = Some(sampler);
        let mut seen = Vec::with_capacity(asked.len());
        let mut held = Vec::new();
        for ((id, run), Seen { members, listeners, guard_is_held }) in asked.into_iter().zip(found) {
            let (Some(slot), Some(machine)) = (self.slots.get_mut(id.index()), self.fleet.machine(id)) else {
                continue;
            };
            // the run may have ended, or the next begun, while the look was under way
            if machine.run() == run && machine.guard().is_some() {
                slot.published.members = members.into();
                slot.published.listeners = listeners.into();
                seen.push(id);
                // whoever traces a process lets it go on after each of its stops: in two looks in a row it is held
                if std::mem::replace(&mut slot.published.guard_is_held, guard_is_held) && guard_is_held {
                    held.push(id);
                }
            }
        }
        self.publish_all(&seen);
        for id in held {
            tracing::warn!(%id, "its guard is held by a debugger and is replaced");
            self.order(id, Order::GiveGuardUp);
        }
    }
}
