//! Carries a run on whose guard was killed: what it has left behind came up to procdash.

use super::Runner;
use crate::logs::Tone;
use crate::process::{Exit, Verdict};
use crate::signal::Signal;

impl Runner<'_> {
    /// The guard was killed: its members have come up to procdash, which ends them itself.
    pub(super) async fn inherit(&mut self, by: Exit) {
        tracing::warn!(service = %self.job.config.name, %by, "the guard is lost, procdash takes its run over");
        self.answer_by = None;
        let mut killed = 0;
        // whether nobody was found although the output was still held
        let mut is_alone = false;
        loop {
            let swept = self.job.tools.guards.sweep_orphans().await;
            killed += swept.killed;
            let verdict = if swept.verdict == Verdict::Gone { self.look().await } else { swept.verdict };
            if verdict == Verdict::Gone {
                // Whoever still holds the output may have escaped both looks; without a guard there is no better proof.
                if self.drain().await || is_alone {
                    break;
                }
                is_alone = true;
                continue;
            }
            is_alone = false;
            self.tell_unfinished(verdict, None, killed).await;
            if !self.wait_before_another_look().await {
                return;
            }
        }
        self.job.tools.logs.note(
            self.job.service,
            Tone::Bad,
            &format!("the guard of this run was {by}; its processes were removed"),
        );
        // whoever was left was killed: by the kernel at the guard's death, or by the sweep
        let last = (killed > 0).then_some(Exit::Signal { number: Signal::SIGKILL.number(), core_dumped: false });
        self.finish(last, killed).await;
    }
}
