//! What a machine makes of probes: a run that can be used, that works no longer, or that never got ready.

use std::sync::Arc;
use std::time::Instant;

use super::super::readiness::{Judgement, Probing, Purpose};
use super::super::status::Action;
use super::super::stop_plan::Step;
use super::super::wish::Effect;
use super::{Machine, Phase};
use crate::config::Probe;

impl Machine {
    /// Returns how the probing of the present run stands, while it runs.
    pub(crate) const fn probing(&self) -> Option<&Probing> {
        match &self.phase {
            Phase::Running { probing, .. } => probing.as_ref(),
            Phase::Resting(_)
            | Phase::Blocked
            | Phase::Waiting { .. }
            | Phase::Starting
            | Phase::Ending(_)
            | Phase::Stuck { .. } => None,
        }
    }

    /// Returns why the probes have ended the present run, as the rest of a sentence that begins with the service.
    pub(crate) fn unfit(&self) -> Option<&Arc<str>> {
        self.unfit.as_ref()
    }

    /// Takes it that the program runs now: it can be used from here on, or is probed for that.
    pub(super) fn is_up(&mut self, now: Instant) -> Vec<Effect> {
        let purpose = if self.service.ready.is_some() { Purpose::Ready } else { Purpose::Health };
        let probing = self.probe(purpose).map(|probe| Probing::begin(purpose, probe, now));
        let effects = probing.iter().map(|_| Effect::Probe(purpose)).collect();
        self.phase = Phase::Running { main_exit: None, probing };
        effects
    }

    /// Takes what has come of a probe; what was not asked for, or not any more, is no news.
    pub(super) fn probed(&mut self, purpose: Purpose, outcome: Result<(), String>, now: Instant) -> Vec<Effect> {
        let service = Arc::clone(&self.service);
        let Phase::Running { probing: slot, .. } = &mut self.phase else { return vec![] };
        let Some(probing) = slot.as_mut().filter(|probing| probing.purpose == purpose) else { return vec![] };
        let probe = match purpose {
            Purpose::Ready => &service.ready,
            Purpose::Health => &service.health,
        };
        let Some(probe) = probe else { return vec![] };
        match probing.take(probe, outcome, now) {
            Judgement::Again => vec![],
            Judgement::Passed => {
                *slot = service.health.as_ref().map(|health| Probing::begin(Purpose::Health, health, now));
                let goes_on = slot.is_some();
                vec![if goes_on { Effect::Probe(Purpose::Health) } else { Effect::StopProbing }]
            }
            Judgement::Failed => {
                let verdict = probing.verdict(now);
                self.unfit = Some(verdict.into());
                self.end(Action::Expel, Step::Killing, now);
                vec![Effect::Kill]
            }
        }
    }

    fn probe(&self, purpose: Purpose) -> Option<&Probe> {
        match purpose {
            Purpose::Ready => self.service.ready.as_ref(),
            Purpose::Health => self.service.health.as_ref(),
        }
    }
}
