//! Keeps what tells why a run has ended, beside how: the lines that it printed last, and who has sent a SIGKILL.

use std::sync::Arc;

use super::super::last_lines::{shown, telling};
use super::super::machine::Machine;
use super::super::status::State;
use super::super::stray_kill::StrayKill;
use super::Actor;
use crate::id::ServiceId;
use crate::logs::Source;

/// So many last lines of a run are read: of most stack traces all, with the error above or below them.
const LAST_LINES: u64 = 200;

impl Actor {
    /// Keeps the telling ones of the lines that a run has printed last, where it has failed; returns all of those.
    pub(super) fn keep_last_lines(&mut self, id: ServiceId) -> Vec<Vec<u8>> {
        let state = self.fleet.machine(id).map(Machine::state);
        let has_failed = matches!(state, Some(State::Crashed | State::Backoff | State::CrashLoop | State::Unhealthy));
        let printed = if has_failed { self.last_lines(id) } else { vec![] };
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.published.last_lines = telling(&printed).into();
        }
        printed
    }

    /// Forgets them: a later run is up.
    pub(super) fn forget_last_lines(&mut self, id: ServiceId) {
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.published.last_lines = Arc::from([]);
        }
    }

    /// Returns the last lines that the newest run of a service has printed.
    fn last_lines(&self, id: ServiceId) -> Vec<Vec<u8>> {
        let Some(log) = self.tools.logs.lock(id) else { return vec![] };
        let begin = log.runs().before(log.end()).unwrap_or(0);
        let from = begin.max(log.end().saturating_sub(LAST_LINES));
        let printed = log.lines(from).filter(|line| !matches!(line.source, Source::Note(_)));
        printed.map(|line| shown(line.bytes).to_vec()).collect()
    }

    /// Takes in that SIGKILL has ended a main process, unless somebody here has sent that.
    pub(super) fn sigkilled(&mut self, id: ServiceId, counts: (Option<u64>, Option<u64>)) {
        // what is on its way down may have been killed for that
        let is_up = self.fleet.machine(id).is_some_and(|machine| machine.state().is_up());
        if let Some(slot) = self.slots.get_mut(id.index()).filter(|slot| is_up && !slot.published.has_sent_sigkill) {
            slot.published.stray_kill = Some(StrayKill::judge(counts, &mut self.memory_kills_told));
        }
    }
}
