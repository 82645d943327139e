//! Starts services again whose files have changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::super::machine::Machine;
use super::super::notes;
use super::super::on_change::{Decision, Stand, Watching};
use super::super::wish::Wish;
use super::Actor;
use crate::engine::{Lookout, Sighting};
use crate::id::ServiceId;
use crate::logs::Tone;

/// Who watches files; nobody while no service wants that.
pub(super) struct Watches {
    root: PathBuf,
    /// The folder of the log files.
    own: Option<PathBuf>,
    lookout: Option<Lookout>,
}

impl Watches {
    pub(super) const fn new(root: PathBuf, own: Option<PathBuf>) -> Self {
        Self { root, own, lookout: None }
    }

    /// Waits for what is seen next. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Sighting> {
        match &mut self.lookout {
            Some(lookout) => lookout.next().await,
            None => std::future::pending().await,
        }
    }
}

impl Actor {
    /// Watches what the services of the fleet watch for, and nothing else.
    pub(super) fn watch_files(&mut self) {
        let watch = |(id, machine): (ServiceId, &Machine)| Some((id, machine.service().watch.clone()?));
        let wanted: BTreeMap<_, _> =
            self.fleet.machines().filter(|(id, _)| self.fleet.stays(*id)).filter_map(watch).collect();
        if self.watches.lookout.is_none() && !wanted.is_empty() {
            match Lookout::start(&self.watches.root, self.watches.own.clone()) {
                Ok(lookout) => self.watches.lookout = Some(lookout),
                Err(error) => wanted.keys().for_each(|id| self.is_not_watched(*id, &error.to_string())),
            }
        }
        if let Some(lookout) = &self.watches.lookout {
            lookout.want(wanted);
        }
    }

    /// Takes what was seen of the files.
    pub(super) fn sight(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::Watching { service, folders, missing } => {
                let watching = Watching::On { folders, missing: missing.map(Arc::from) };
                self.change_watch(service, watching);
            }
            Sighting::Changed { service, file } => {
                let slot = self.slots.get_mut(service.index());
                if let Some(on_change) = slot.and_then(|slot| slot.on_change.as_mut()) {
                    on_change.see(file, Instant::now());
                }
            }
            Sighting::Failed { service, reason } => self.is_not_watched(service, &reason),
        }
    }

    fn is_not_watched(&mut self, service: ServiceId, reason: &str) {
        tracing::warn!(%service, reason, "its files are not watched");
        let (tone, note) = notes::not_watched(reason);
        self.tools.logs.note(service, tone, &note);
        self.change_watch(service, Watching::Failed(reason.into()));
    }

    fn change_watch(&mut self, service: ServiceId, watching: Watching) {
        let slot = self.slots.get_mut(service.index());
        if let Some(on_change) = slot.and_then(|slot| slot.on_change.as_mut()) {
            on_change.stands(watching);
            self.publish_all(&[service]);
        }
    }

    /// Returns when something has to be decided about changes.
    pub(super) fn changes_due(&self) -> Option<Instant> {
        self.slots.iter().filter_map(|slot| slot.on_change.as_ref()?.due()).min()
    }

    /// Starts what is to be started because of changes; what is to be done is carried out afterwards.
    pub(super) fn decide_changes(&mut self, now: Instant) {
        for id in self.fleet.ids() {
            let Some(stand) = self.stand(id) else { continue };
            let on_change = self.slots.get_mut(id.index()).and_then(|slot| slot.on_change.as_mut());
            let Some(decision) = on_change.and_then(|on_change| on_change.decide(stand, now)) else { continue };
            match decision {
                _ if self.shutdown.is_some() => {}
                Decision::Restart(what) => self.start_for(id, &what, Wish::Restart, now),
                // who was stopped by a person is not started for the sake of a change
                Decision::Start(_) if self.fleet.stopped_need(id).is_some() => {}
                Decision::Start(what) => self.start_for(id, &what, Wish::Start, now),
                Decision::Pause(file) => {
                    let (tone, note) = notes::watch_paused(&file);
                    self.tools.logs.note(id, tone, &note);
                    self.publish_all(&[id]);
                }
            }
        }
    }

    fn stand(&self, id: ServiceId) -> Option<Stand> {
        let machine = self.fleet.machine(id)?;
        Some(Stand {
            state: machine.state(),
            ending: machine.ending().map(|ending| ending.action),
            leaves: self.fleet.leaves(id),
            started: machine.started(),
            run: machine.run(),
        })
    }

    fn start_for(&mut self, id: ServiceId, what: &str, wish: Wish, now: Instant) {
        let verb = if wish == Wish::Restart { "restarting" } else { "starting" };
        // its state was looked at, so that nothing but a conflict is refused
        let refused = self.fleet.ask(&[id], wish, now).first().map(|refused| refused.refusal);
        let (tone, note) = match refused.map(|refusal| self.sentence(id, refusal)) {
            Some(sentence) => notes::change_is_refused(what, &sentence),
            None => (Tone::Calm, notes::changed(verb, what)),
        };
        self.tools.logs.note(id, tone, &note);
    }

    /// Goes on watching for services that a person has started.
    pub(super) fn resume_watches(&mut self, ids: &[ServiceId]) {
        for id in ids {
            let slot = self.slots.get_mut(id.index());
            if let Some(on_change) = slot.and_then(|slot| slot.on_change.as_mut()) {
                on_change.resume();
            }
        }
    }
}
