//! What the dashboard does after the violent death of a guard: the orphans have come to it, and it finishes the job.

use std::time::{Duration, Instant};

use super::children::Children;
use super::kill_tree::KillTree;
use crate::engine::survivor;
use crate::process::Verdict;

/// How long the orphans may take to die before they are called survivors.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// Kills and collects the orphans of dead guards until two looks in a row find nobody.
///
/// Two looks, because the dashboard has other threads that start and collect children meanwhile, and a list of children
/// that is read during a change may lack an entry.
pub(super) async fn sweep(children: &Children) -> Verdict {
    let began = Instant::now();
    let mut kill = KillTree::begin(began);
    let mut empty_looks = 0;
    loop {
        let round = children.sweep(|orphans| {
            kill.strike(orphans, Instant::now());
        });
        for pid in round.collected {
            kill.forget(pid);
        }
        empty_looks = if round.found.is_empty() { empty_looks + 1 } else { 0 };
        if empty_looks == 2 {
            children.swept();
            return Verdict::Gone;
        }
        if began.elapsed() > PATIENCE {
            return Verdict::Survivors(round.found.iter().map(survivor).collect());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
