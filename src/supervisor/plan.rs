//! The plan as a tree: below each service what it needs, each of those in full where it comes first. Pure.

use crate::config::{Condition, Dependency};
use crate::id::ServiceId;

/// A service at its place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Which.
    pub service: ServiceId,
    /// What is drawn before its name.
    pub branch: String,
    /// What the one above needs of it; nobody is above a root.
    pub condition: Option<Condition>,
    /// Whether what it needs stands further up already.
    pub is_cut: bool,
    /// What is drawn there for those below.
    below: String,
}

impl PlanRow {
    fn root(service: ServiceId) -> Self {
        Self { service, branch: String::new(), condition: None, is_cut: false, below: String::new() }
    }

    fn need(&self, need: Dependency, is_last: bool) -> Self {
        let (own, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        Self {
            service: need.service,
            branch: format!("{}{own}", self.below),
            condition: Some(need.condition),
            is_cut: false,
            below: format!("{}{below}", self.below),
        }
    }
}

/// Returns the whole plan of services, those that nobody needs in the order of `listed`; `needs` are in that of the ids.
#[must_use]
pub fn plan_tree<N: AsRef<[Dependency]>>(needs: &[N], listed: impl Iterator<Item = ServiceId>) -> Vec<PlanRow> {
    let mut is_needed = vec![false; needs.len()];
    for need in needs.iter().flat_map(AsRef::as_ref) {
        if let Some(is_needed) = is_needed.get_mut(need.service.index()) {
            *is_needed = true;
        }
    }
    draw(needs, listed.filter(|id| is_needed.get(id.index()) == Some(&false)).collect())
}

/// Returns the part of the plan below one service, itself first.
#[must_use]
pub fn plan_below<N: AsRef<[Dependency]>>(needs: &[N], root: ServiceId) -> Vec<PlanRow> {
    draw(needs, vec![root])
}

fn draw<N: AsRef<[Dependency]>>(needs: &[N], roots: Vec<ServiceId>) -> Vec<PlanRow> {
    let mut shown = vec![false; needs.len()];
    let mut rows = Vec::new();
    // the next one to be shown is the last; kept by hand, since a long chain must not exhaust the stack
    let mut ahead: Vec<PlanRow> = roots.into_iter().rev().map(PlanRow::root).collect();
    while let Some(mut row) = ahead.pop() {
        let own = needs.get(row.service.index()).map_or(&[][..], AsRef::as_ref);
        let is_repeated = shown.get_mut(row.service.index()).is_none_or(|shown| std::mem::replace(shown, true));
        row.is_cut = is_repeated && !own.is_empty();
        if !is_repeated {
            let last = own.len().saturating_sub(1);
            ahead.extend(own.iter().enumerate().map(|(number, need)| row.need(*need, number == last)).rev());
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[PlanRow]) -> Vec<String> {
        let cut = |row: &PlanRow| if row.is_cut { " …" } else { "" };
        rows.iter().map(|row| format!("{}{}{}", row.branch, row.service.index(), cut(row))).collect()
    }

    #[test]
    fn each_service_stands_in_full_once_below_whoever_needs_it_first() {
        let need = |service| Dependency { service: ServiceId::new(service), condition: Condition::Ready };
        // 0 needs 1 and 2, both need 3, which needs 4; 5 is alone
        let needs = [vec![need(1), need(2)], vec![need(3)], vec![need(3)], vec![need(4)], vec![], vec![]];
        assert_eq!(
            drawn(&plan_tree(&needs, (0..6).map(ServiceId::new))),
            ["0", "├─ 1", "│  └─ 3", "│     └─ 4", "└─ 2", "   └─ 3 …", "5"]
        );
        assert_eq!(drawn(&plan_below(&needs, ServiceId::new(2))), ["2", "└─ 3", "   └─ 4"]);
    }
}
