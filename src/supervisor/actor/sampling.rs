//! Looks at the process table now and then: who belongs to which service, and what it uses.

use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use super::Actor;
use crate::engine::Sampler;
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

/// Who belongs to a run, and where they listen.
type Seen = (Vec<Member>, Vec<Listener>);

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
        let mut alive = self.slots.iter().filter(|slot| slot.machine.guard().is_some()).peekable();
        alive.peek()?;
        let unseen = alive.clone().any(|slot| slot.published.members.is_empty());
        let ending = alive.any(|slot| slot.machine.ending().is_some());
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
        let alive: Vec<(ServiceId, RunId, u32)> = self
            .ids()
            .into_iter()
            .zip(&self.slots)
            .filter_map(|(id, slot)| Some((id, slot.machine.run(), slot.machine.guard()?)))
            .collect();
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
            let seen = trees.into_iter().zip(ports).collect();
            (sampler, alive.into_iter().map(|(id, run, _)| (id, run)).collect(), seen)
        }));
    }

    pub(super) fn take_sample(&mut self, (sampler, asked, found): Sample) {
        self.sampling.sampler = Some(sampler);
        let mut seen = Vec::with_capacity(asked.len());
        for ((id, run), (members, listeners)) in asked.into_iter().zip(found) {
            let Some(slot) = self.slots.get_mut(id.index()) else { continue };
            // the run may have ended, or the next begun, while the look was under way
            if slot.machine.run() == run && slot.machine.guard().is_some() {
                slot.published.members = members.into();
                slot.published.listeners = listeners.into();
                seen.push(id);
            }
        }
        self.publish_all(&seen);
    }
}
