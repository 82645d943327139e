//! What the dashboard does after the violent death of a guard: the orphans have come to it, and it finishes the job.

use std::time::{Duration, Instant};

use super::children::Children;
use super::kill_tree::KillTree;
use crate::engine::identity::{children as direct_children, children_by_parent};
use crate::engine::survivor;
use crate::process::Verdict;

/// How long the orphans may take to die before they are called survivors.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause after a look at which nobody was found dead.
const PAUSE: Duration = Duration::from_millis(1);

/// What a sweep has come to.
#[derive(Debug, PartialEq, Eq)]
pub struct Swept {
    /// Whether anybody is left.
    pub verdict: Verdict,
    /// How many were collected that SIGKILL had ended.
    pub killed: u64,
}

/// Kills and collects the orphans of dead guards until two looks in a row find nobody.
///
/// Two looks, because the dashboard has other threads that start and collect children meanwhile, and a list of children
/// that is read during a change may lack an entry. The second asks every process for its parent instead.
pub(super) async fn sweep(children: &Children) -> Swept {
    let began = Instant::now();
    let mut kill = KillTree::begin(began);
    let mut killed = 0;
    // how many guards were lost before the first of the empty looks
    let mut empty_since = None;
    loop {
        let list = if empty_since.is_some() { children_by_parent } else { direct_children };
        let round = children.sweep(list, |orphans| {
            // whoever tends the children collects some in between: a number struck before may be another one's by now
            let now = Instant::now();
            kill.again(now);
            kill.strike(orphans, now);
        });
        killed += round.killed;
        if let Some(lost) = empty_since.filter(|_| round.found_nobody) {
            children.swept(lost);
            return Swept { verdict: Verdict::Gone, killed };
        }
        empty_since = round.found_nobody.then_some(round.lost);
        if began.elapsed() > PATIENCE && !round.found_nobody {
            return Swept { verdict: Verdict::Survivors(round.left.iter().map(survivor).collect()), killed };
        }
        if round.killed > 0 && !round.found_nobody {
            // some have died, and what they were the parents of has come: nobody who forks quickly waits for a timer
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
