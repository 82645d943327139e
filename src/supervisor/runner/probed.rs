//! Ends the probing of a run with the run.

use super::super::notes;
use super::Runner;

impl Runner<'_> {
    /// Lets nothing be probed any more; what is under way ends meanwhile.
    pub(super) fn stop_probing(&mut self) {
        if let Some(prober) = &mut self.prober {
            prober.stop();
        }
    }

    /// Waits until nothing of a probe is left: it must not meet the next run.
    pub(super) async fn settle_probing(&mut self) {
        self.stop_probing();
        if let Some(prober) = self.prober.take()
            && !prober.has_ended().await
        {
            self.job.note(notes::probe_stays());
        }
    }
}
