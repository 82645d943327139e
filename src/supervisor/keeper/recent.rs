//! Whose files are open: those that were written to most recently, for descriptors are few.

use std::collections::VecDeque;

use crate::id::ServiceId;

/// The services whose files are open, the least recent first.
#[derive(Debug)]
pub(super) struct Recent {
    most: usize,
    open: VecDeque<ServiceId>,
}

impl Recent {
    /// Allows `most` services to have their files open.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: VecDeque::new() }
    }

    /// Notes who was written to last; returns whose files are to be let go of for that.
    pub(super) fn note(&mut self, service: ServiceId) -> Option<ServiceId> {
        if let Some(place) = self.open.iter().position(|open| *open == service) {
            self.open.remove(place);
        }
        self.open.push_back(service);
        if self.open.len() > self.most { self.open.pop_front() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_written_to_least_recently_is_let_go_of() {
        let [one, two, three] = [0, 1, 2].map(ServiceId::new);
        let mut recent = Recent::new(2);
        assert_eq!([one, two, one].map(|service| recent.note(service)), [None; 3]);
        assert_eq!(recent.note(three), Some(two));
        assert_eq!(recent.note(three), None);
        assert_eq!(recent.note(two), Some(one));
    }
}
