//! The look at the process table at the end of a run.

use std::time::Duration;

use super::Runner;
use crate::engine::look;
use crate::process::{ProcessId, Verdict};

/// How often a look that fails is taken again, and the pause before: with no descriptor free nothing can be looked at until
/// others have ended.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

impl Runner<'_> {
    /// Looks whether everybody who was seen to belong to the run is gone.
    pub(super) async fn look(&self) -> Verdict {
        let ids: Vec<ProcessId> = self.course.ids().chain([self.main]).collect();
        for _ in 1..LOOKS {
            let verdict = look_once(ids.clone()).await;
            if !matches!(verdict, Verdict::Unknown(_)) {
                return verdict;
            }
            tokio::time::sleep(PAUSE).await;
        }
        look_once(ids).await
    }
}

async fn look_once(ids: Vec<ProcessId>) -> Verdict {
    let failed = |error: tokio::task::JoinError| format!("the look at the process table failed: {error}");
    tokio::task::spawn_blocking(move || look(&ids)).await.unwrap_or_else(|error| Verdict::Unknown(failed(error)))
}
