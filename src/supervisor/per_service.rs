//! Something for each service: services come while others read, so it grows, and what is in it never moves.

use std::fmt;
use std::sync::OnceLock;

/// The first block has room for so many; each further one has twice the room of the one before.
const FIRST: usize = 32;
/// Enough blocks for more services than there are numbers for.
const BLOCKS: usize = 28;

/// One value for each service, by its place; only one at a time may add.
pub(crate) struct PerService<T> {
    blocks: [OnceLock<Box<[OnceLock<T>]>>; BLOCKS],
}

impl<T> PerService<T> {
    /// Takes the values of the first services.
    pub(crate) fn new(values: impl IntoIterator<Item = T>) -> Self {
        let all = Self { blocks: [const { OnceLock::new() }; BLOCKS] };
        for (place, value) in values.into_iter().enumerate() {
            all.put(place, value);
        }
        all
    }

    /// Puts the value of a new service at its place, unless there is one.
    pub(crate) fn put(&self, place: usize, value: T) {
        let (block, size, rest) = find(place);
        let Some(block) = self.blocks.get(block) else { return };
        let empty = || (0..size).map(|_| OnceLock::new()).collect();
        if let Some(slot) = block.get_or_init(empty).get(rest) {
            // whoever is there stays
            let _taken = slot.set(value);
        }
    }

    /// Returns the value at a place.
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        let (block, _, rest) = find(place);
        self.blocks.get(block)?.get()?.get(rest)?.get()
    }
}

/// Returns which block a place is in, how large that is, and where in it.
fn find(place: usize) -> (usize, usize, usize) {
    let doubled = (place / FIRST + 1).ilog2();
    let size = FIRST << doubled;
    (doubled as usize, size, place + FIRST - size)
}

impl<T> fmt::Debug for PerService<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerService").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_at_its_place_and_stays_there_while_more_come() {
        let all = PerService::new(0..3);
        let first = all.get(0).unwrap();
        for place in 3..5_000 {
            assert!(all.get(place).is_none());
            all.put(place, place);
        }
        all.put(7, 0);
        assert!((0..5_000).all(|place| all.get(place) == Some(&place)) && all.get(5_000).is_none());
        assert!(std::ptr::eq(first, all.get(0).unwrap()));
        assert!(all.get(usize::MAX / 2).is_none());
    }
}
