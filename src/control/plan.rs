//! What a reload would do, in plain words, for scripts and for people. Pure.

use serde::{Deserialize, Serialize};

use crate::supervisor::{Changed, Plan};

/// What a reload would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// Services that come.
    pub added: Vec<String>,
    /// Services that are stopped and go.
    pub removed: Vec<String>,
    /// Services whose entries differ.
    pub changed: Vec<ChangedRow>,
    /// How many are not touched.
    pub unchanged: usize,
    /// Whether those that stay stand in another order.
    pub reordered: bool,
    /// The keys outside of services that differ, and count from the next start of procdash on.
    pub later: Vec<String>,
    /// All of it in one line, for a person.
    pub sentence: String,
    /// Stands for the state of the file that this was made from.
    pub mark: String,
}

/// A service whose entry differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRow {
    /// Which.
    pub service: String,
    /// The keys that differ, of variables each by itself.
    pub keys: Vec<String>,
    /// Whether it runs, and is stopped and started again.
    pub restarts: bool,
}

impl PlanRow {
    /// Tells a plan.
    pub(super) fn new(plan: &Plan, mark: String) -> Self {
        let names = |names: &[std::sync::Arc<str>]| names.iter().map(ToString::to_string).collect();
        let changed = |changed: &Changed| ChangedRow {
            service: changed.name.to_string(),
            keys: changed.keys.iter().map(|change| change.key.clone()).collect(),
            restarts: changed.restarts,
        };
        Self {
            added: names(&plan.added),
            removed: names(&plan.removed),
            changed: plan.changed.iter().map(changed).collect(),
            unchanged: plan.unchanged,
            reordered: plan.is_reordered,
            later: plan.later.iter().map(|key| (*key).to_owned()).collect(),
            sentence: plan.sentence(),
            mark,
        }
    }

    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty() && !self.reordered
    }
}
