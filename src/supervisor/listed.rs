//! Which services are there, and in which order they are shown. Pure.

use super::status::{Board, ServiceStatus};
use crate::id::ServiceId;

impl Board {
    /// Returns the services that are there, in the order in which they are shown.
    pub fn listed(&self) -> impl Iterator<Item = (ServiceId, &ServiceStatus)> + Clone {
        let all = (0..).map(ServiceId::new).zip(&self.services);
        let mut listed: Vec<_> = all.filter(|(_, status)| status.place.is_some()).collect();
        // those of one place stay in the order of their numbers
        listed.sort_by_key(|(_, status)| status.place);
        listed.into_iter()
    }

    /// Finds the service of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ServiceId> {
        self.listed().find(|(_, status)| &*status.name == name).map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::Phase;
    use super::*;

    #[test]
    fn services_stand_at_their_places_and_who_was_removed_is_not_found() {
        let status = |name: &str, place| ServiceStatus { place, ..ServiceStatus::never_started(name.into()) };
        let services =
            vec![status("old", None), status("web", Some(1)), status("api", Some(0)), status("old", Some(2))];
        let board = Board { services, phase: Phase::Up };
        let names: Vec<&str> = board.listed().map(|(_, status)| &*status.name).collect();
        assert_eq!(names, ["api", "web", "old"]);
        assert_eq!((board.find("old"), board.find("db")), (Some(ServiceId::new(3)), None));
    }
}
