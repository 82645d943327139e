//! Puts the processes below a root in order, parents before children, however torn the table is.

use std::collections::{HashMap, HashSet};

/// One process that is known to be below the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number.
    pub(super) pid: u32,
    /// Its parent's number when it was looked at.
    pub(super) parent: u32,
}

/// Returns, for each row of `rows`, its place in the list and its depth below `root`: parents before children, siblings in
/// the order of `rows`.
///
/// A row whose parent is not in the table (it ended while the table was read) stands at depth 0, and so does one member of
/// each ring of parents; no row is lost and none appears twice.
#[must_use]
pub(super) fn members_below(rows: &[Row], root: u32) -> Vec<(usize, u16)> {
    let known: HashSet<u32> = rows.iter().map(|row| row.pid).collect();
    let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut tops = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        if row.parent != root && row.parent != row.pid && known.contains(&row.parent) {
            children.entry(row.parent).or_default().push(place);
        } else {
            tops.push(place);
        }
    }
    // rows in a ring hang below none of the tops: they are tried last, each as a top of its own
    tops.extend(0..rows.len());
    let mut order = Vec::with_capacity(rows.len());
    let mut placed = vec![false; rows.len()];
    for top in tops {
        let mut waiting = vec![(top, 0_u16)];
        while let Some((place, depth)) = waiting.pop() {
            let (Some(row), Some(done)) = (rows.get(place), placed.get_mut(place)) else { continue };
            if std::mem::replace(done, true) {
                continue;
            }
            order.push((place, depth));
            let below = children.get(&row.pid).into_iter().flatten();
            waiting.extend(below.rev().map(|&child| (child, depth.saturating_add(1))));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(rows: &[(u32, u32)]) -> Vec<(u32, u16)> {
        let rows: Vec<Row> = rows.iter().map(|&(pid, parent)| Row { pid, parent }).collect();
        members_below(&rows, 1).into_iter().map(|(place, depth)| (rows[place].pid, depth)).collect()
    }

    #[test]
    fn parents_stand_before_their_children_and_siblings_in_the_order_given() {
        let rows = [(30, 10), (10, 1), (11, 1), (20, 10), (40, 30)];
        assert_eq!(order(&rows), [(10, 0), (30, 1), (40, 2), (20, 1), (11, 0)]);
    }

    #[test]
    fn a_row_whose_parent_has_vanished_stands_at_the_top() {
        assert_eq!(order(&[(10, 1), (20, 99), (21, 20)]), [(10, 0), (20, 0), (21, 1)]);
    }

    #[test]
    fn a_ring_of_parents_is_listed_once() {
        assert_eq!(order(&[(10, 20), (20, 10), (5, 5)]), [(5, 0), (10, 0), (20, 1)]);
    }

    proptest! {
        #[test]
        fn every_row_is_listed_exactly_once(rows in prop::collection::vec((0_u32..20, 0_u32..20), 0..40)) {
            let rows: Vec<Row> = rows.into_iter().map(|(pid, parent)| Row { pid, parent }).collect();
            let mut places: Vec<usize> = members_below(&rows, 1).into_iter().map(|(place, _)| place).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..rows.len()).collect::<Vec<_>>());
        }
    }
}
