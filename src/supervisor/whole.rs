//! Questions about the board as a whole: who can be named, and who depends on whom.

use super::status::{Board, ServiceStatus};
use crate::config::{Roster, UnknownName};
use crate::id::ServiceId;

impl Board {
    /// Returns who can be named in a command.
    #[must_use]
    pub fn roster(&self) -> Roster<'_> {
        self.listed().map(|(_, status)| (&*status.name, &*status.groups)).collect()
    }

    /// Returns the services that these names mean, each by its own or by that of a group; each of them counts once.
    ///
    /// # Errors
    /// When one of them means none.
    pub fn find_all<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Vec<ServiceId>, UnknownName> {
        let places = self.roster().find_all(names)?;
        let ids: Vec<ServiceId> = self.listed().map(|(id, _)| id).collect();
        Ok(places.into_iter().filter_map(|place| ids.get(place).copied()).collect())
    }

    /// Returns these, and all up that depend on them, directly or through others: whom a restart takes along.
    #[must_use]
    pub fn with_dependents(&self, ids: &[ServiceId]) -> Vec<ServiceId> {
        let all = || (0..).map(ServiceId::new).zip(&self.services);
        let mut found = vec![false; self.services.len()];
        let mut ahead: Vec<ServiceId> = ids.to_vec();
        while let Some(id) = ahead.pop() {
            for (dependent, status) in all() {
                let needs_it = status.needs.iter().any(|need| need.service == id);
                if needs_it && found.get_mut(dependent.index()).is_some_and(|found| !std::mem::replace(found, true)) {
                    ahead.push(dependent);
                }
            }
        }
        let is_taken_along = |(id, status): &(ServiceId, &ServiceStatus)| {
            found.get(id.index()) == Some(&true) && status.state.is_alive() && !ids.contains(id)
        };
        ids.iter().copied().chain(all().filter(is_taken_along).map(|(id, _)| id)).collect()
    }
}
