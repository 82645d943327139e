//! Looks, when SIGKILL has ended a main process, whether the kernel kills for want of memory.

use super::super::job::Word;
use super::Runner;
use crate::engine::memory_kills;
use crate::process::Exit;
use crate::signal::Signal;

impl Runner<'_> {
    /// Tells what the kernel has counted since the run began; whether anybody here has sent it is for the supervisor to say.
    pub(super) async fn tell_of_sigkill(&self, exit: Exit) {
        if matches!(exit, Exit::Signal { number, .. } if number == Signal::SIGKILL.number()) {
            self.job.tell(Word::Sigkilled { before: self.memory_kills, after: memory_kills() }).await;
        }
    }
}
