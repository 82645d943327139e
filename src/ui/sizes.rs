//! When services are told how large their terminals are: each change once it has settled, so that a window that is
//! dragged, or a walk through the list, costs each of them one signal and not many.

use std::time::{Duration, Instant};

use ratatui::layout::Size;

use crate::id::ServiceId;
use crate::supervisor::Command;

/// So long nothing may have changed.
const SETTLES: Duration = Duration::from_millis(80);

/// What the services were told, and what they will be told.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    told: Vec<Size>,
    wanted: Vec<Size>,
    /// When what is wanted was first wanted, unless it was told.
    since: Option<Instant>,
}

impl Sizes {
    /// Whether nobody was told anything yet.
    pub(crate) fn is_unknown(&self) -> bool {
        self.told.is_empty()
    }

    /// Returns when to tell what is wanted now.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + SETTLES)
    }

    /// Forgets what is wanted and was not told: there is no room for any of them now.
    pub(crate) fn withdraw(&mut self) {
        self.wanted.clone_from(&self.told);
        self.since = None;
    }

    /// Takes in the size that each service is to have, and returns what to say now.
    pub(crate) fn tell(&mut self, wanted: Vec<Size>, now: Instant) -> Vec<Command> {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.since = (self.wanted != self.told).then_some(now);
        }
        // services wait for their first size
        let is_due = self.is_unknown() || self.due().is_some_and(|due| due <= now);
        if self.since.is_none() || !is_due {
            return Vec::new();
        }
        self.since = None;
        let mut groups: Vec<(Size, Vec<ServiceId>)> = Vec::new();
        for (place, size) in self.wanted.iter().enumerate().filter(|(place, size)| self.told.get(*place) != Some(size))
        {
            let service = ServiceId::new(u32::try_from(place).unwrap_or(u32::MAX));
            match groups.iter_mut().find(|(of, _)| of == size) {
                Some((_, services)) => services.push(service),
                None => groups.push((*size, vec![service])),
            }
        }
        self.told.clone_from(&self.wanted);
        let resize = |(size, services): (Size, _)| Command::Resize { services, columns: size.width, rows: size.height };
        groups.into_iter().map(resize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(services: &[u32], columns: u16) -> Command {
        let services = services.iter().copied().map(ServiceId::new).collect();
        Command::Resize { services, columns, rows: 10 }
    }

    fn sizes(columns: &[u16]) -> Vec<Size> {
        columns.iter().map(|&columns| Size::new(columns, 10)).collect()
    }

    #[test]
    fn the_first_size_is_told_at_once_and_a_change_when_it_has_settled() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut told = Sizes::default();
        assert_eq!(told.tell(sizes(&[80, 80, 80]), at(0)), [resize(&[0, 1, 2], 80)]);
        assert_eq!((told.tell(sizes(&[80, 80, 80]), at(500)), told.due()), (vec![], None));
        assert_eq!(told.tell(sizes(&[40, 80, 80]), at(1000)), []);
        assert_eq!(told.tell(sizes(&[41, 80, 41]), at(1060)), []);
        assert_eq!(told.tell(sizes(&[41, 80, 41]), at(1100)), [], "it was another one 40 ms ago");
        assert_eq!(told.due(), Some(at(1140)));
        assert_eq!(told.tell(sizes(&[41, 80, 41]), at(1140)), [resize(&[0, 2], 41)]);
    }

    #[test]
    fn who_is_passed_on_a_walk_through_the_list_is_told_nothing() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut told = Sizes::default();
        told.tell(sizes(&[40, 80, 80]), at(0));
        assert_eq!(told.tell(sizes(&[80, 40, 80]), at(1000)), []);
        assert_eq!(told.tell(sizes(&[80, 80, 40]), at(1050)), []);
        assert_eq!(told.tell(sizes(&[80, 80, 40]), at(1200)), [resize(&[0], 80), resize(&[2], 40)]);
        assert_eq!(told.tell(sizes(&[80, 40, 80]), at(2000)), []);
        assert_eq!(told.tell(sizes(&[80, 80, 40]), at(2020)), [], "and back");
        assert_eq!((told.tell(sizes(&[80, 80, 40]), at(3000)), told.due()), (vec![], None));
    }
}
