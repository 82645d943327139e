//! What the entry of a service says while it runs: some of it counts at once, the rest from the next run on.

use std::sync::Arc;

use super::super::status::State;
use super::{Machine, Phase};
use crate::config::Service;

impl Machine {
    /// Returns what its entry says, as the next run will have it.
    pub(crate) fn entry(&self) -> &Arc<Service> {
        self.next.as_ref().unwrap_or(&self.service)
    }

    /// Takes what its entry says now; what the present run was started with stays until the next one.
    pub(crate) fn renew(&mut self, entry: Arc<Service>) {
        if self.state().is_alive() {
            self.service = Arc::new(entry.during(&self.service));
            self.next = Some(entry);
            return;
        }
        let was_up = self.is_target() && matches!(self.phase, Phase::Resting(State::Done));
        self.service = entry;
        if was_up && !self.is_target() {
            self.phase = Phase::Resting(State::Stopped);
        }
    }
}
