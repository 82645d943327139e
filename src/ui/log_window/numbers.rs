//! Which lines an excerpt begins and ends with: counted by those that are shown.

use std::collections::VecDeque;

use super::{LogView, Position};

/// Returns how many of `total` lines come before the first that the next frame may need, and before the end of these.
///
/// Every line has at least one row, so as many lines as rows are enough in either direction.
pub(super) fn span(view: &LogView, height: u64, total: u64, before: impl Fn(u64) -> u64) -> (u64, u64) {
    let (up, down) = (view.pending.min(0).unsigned_abs(), view.pending.max(0).unsigned_abs());
    match (view.goal, view.position) {
        (Some(spot), _) => {
            let goal = before(spot.line);
            (goal.saturating_sub(height), goal.saturating_add(height + 1).min(total))
        }
        (None, Position::Follow) => (total.saturating_sub(height + up), total),
        (None, Position::At(place)) => {
            let top = before(place.line);
            let bottom = top.saturating_add(height + down).min(total);
            // after a jump to a place near the end the page is filled from above
            (top.saturating_sub(up).min(bottom.saturating_sub(height)), bottom)
        }
    }
}

/// The numbers of the lines that are shown.
pub(super) struct Numbers<'a> {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) shown: Option<&'a VecDeque<u64>>,
}

impl Numbers<'_> {
    /// Returns how many shown lines come before this one.
    pub(super) fn before(&self, line: u64) -> u64 {
        match self.shown {
            None => line.clamp(self.first, self.end) - self.first,
            Some(shown) => shown.partition_point(|number| *number < line) as u64,
        }
    }

    /// Returns the line that so many shown ones come before.
    pub(super) fn number(&self, before: u64) -> Option<u64> {
        match self.shown {
            None => Some(self.first + before),
            Some(shown) => shown.get(usize::try_from(before).ok()?).copied(),
        }
    }
}
