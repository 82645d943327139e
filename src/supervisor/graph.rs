//! Who depends on whom: what a service needs before it starts, and who has to be gone before it is stopped. Pure.

use crate::config::{Dependency, Service};
use crate::id::ServiceId;

/// The dependencies of all services, in both directions; there is no circle among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    needs: Vec<Vec<Dependency>>,
    /// The reverse: who depends on a service, and how.
    dependents: Vec<Vec<Dependency>>,
}

impl Graph {
    /// Reads the dependencies of services that are in the order of their ids.
    pub(crate) fn new<'a>(services: impl Iterator<Item = &'a Service>) -> Self {
        let needs: Vec<Vec<Dependency>> = services.map(|service| service.depends_on.clone()).collect();
        let mut dependents = vec![Vec::new(); needs.len()];
        for (id, needs) in (0..).map(ServiceId::new).zip(&needs) {
            for Dependency { service, condition } in needs {
                if let Some(list) = dependents.get_mut(service.index()) {
                    list.push(Dependency { service: id, condition: *condition });
                }
            }
        }
        Self { needs, dependents }
    }

    /// Returns what a service depends on.
    pub(crate) fn needs(&self, id: ServiceId) -> &[Dependency] {
        self.needs.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns how many services there are.
    pub(crate) fn len(&self) -> usize {
        self.needs.len()
    }

    /// Returns who depends on a service directly, and how.
    pub(crate) fn dependents(&self, id: ServiceId) -> &[Dependency] {
        self.dependents.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns all that depend on a service, directly or through others.
    pub(crate) fn all_dependents(&self, id: ServiceId) -> Vec<ServiceId> {
        self.spread(self.dependents(id).iter().map(|dependent| dependent.service))
    }

    /// Returns all that need a service to stay up, with all that depend on those in turn.
    ///
    /// Who only waited for its end is not among them: a migration may run again below a service that is up.
    pub(crate) fn who_needs_up(&self, id: ServiceId) -> Vec<ServiceId> {
        let lasting = self.dependents(id).iter().filter(|dependent| dependent.condition.lasts());
        self.spread(lasting.map(|dependent| dependent.service))
    }

    /// Returns these and all that depend on them, each once.
    fn spread(&self, from: impl Iterator<Item = ServiceId>) -> Vec<ServiceId> {
        let mut seen = vec![false; self.needs.len()];
        let mut found = Vec::new();
        let mut ahead: Vec<ServiceId> = from.collect();
        while let Some(id) = ahead.pop() {
            if seen.get_mut(id.index()).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            found.push(id);
            ahead.extend(self.dependents(id).iter().map(|dependent| dependent.service));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::service;
    use super::*;
    use crate::config::Condition::{Completed, Ready};
    use crate::config::{Condition, Dependency};

    fn graph(needs: &[&[(u32, Condition)]]) -> Graph {
        let services: Vec<Service> = needs
            .iter()
            .map(|needs| {
                let dependency = |&(id, condition)| Dependency { service: ServiceId::new(id), condition };
                Service { depends_on: needs.iter().map(dependency).collect(), ..service(Duration::ZERO) }
            })
            .collect();
        Graph::new(services.iter())
    }

    fn numbers(mut ids: Vec<ServiceId>) -> Vec<usize> {
        ids.sort_unstable();
        ids.into_iter().map(ServiceId::index).collect()
    }

    #[test]
    fn dependents_are_found_through_others_and_each_once() {
        let diamond = graph(&[&[], &[(0, Ready)], &[(0, Ready)], &[(1, Ready), (2, Completed)], &[]]);
        assert_eq!(numbers(diamond.all_dependents(ServiceId::new(0))), [1, 2, 3]);
        assert_eq!(numbers(diamond.all_dependents(ServiceId::new(3))), [0_usize; 0]);
        assert_eq!(diamond.needs(ServiceId::new(3)).len(), 2);
    }

    #[test]
    fn who_waited_for_the_end_of_a_service_does_not_need_it_up() {
        // 0 db, 1 migrate (needs db up), 2 api (needs migrate done)
        let stack = graph(&[&[], &[(0, Ready)], &[(1, Completed)]]);
        assert_eq!(numbers(stack.who_needs_up(ServiceId::new(1))), [0_usize; 0]);
        assert_eq!(numbers(stack.who_needs_up(ServiceId::new(0))), [1, 2]);
    }
}
