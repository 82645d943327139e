//! Which port a service is given: the one that it expects, or one behind it that nobody has or wants. Pure.

use std::collections::BTreeSet;

use crate::config::{Port, Service};

/// What the other services of the project have and want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Others {
    /// The ports that were given to runs that are alive, whether they listen already or not.
    pub(crate) given: BTreeSet<u16>,
    /// The ports that they expect.
    expected: BTreeSet<u16>,
    /// Of these, the ports of those that cannot move.
    fixed: BTreeSet<u16>,
}

impl Others {
    /// Adds a service, with the port of its run if that is alive.
    pub(crate) fn add(&mut self, service: &Service, given: Option<u16>) {
        self.given.extend(given);
        let Some(port) = service.port.filter(|_| service.command.is_some()) else { return };
        self.expected.insert(port.expect);
        if port.bump == 0 {
            self.fixed.insert(port.expect);
        }
    }

    /// Whether a service that can move leaves the port it expects to one that cannot.
    pub(crate) fn has_claim(&self, port: Port) -> bool {
        port.bump > 0 && self.fixed.contains(&port.expect)
    }
}

/// Chooses the port of a service's next run; `None` when none of those that it may have is to be had.
///
/// `busy` are the ports on which anybody listens. A port that another service expects is never taken instead of the own
/// one; services that expect the same port and may all move share the first come, first served.
pub(crate) fn choose(port: Port, busy: &BTreeSet<u16>, others: &Others) -> Option<u16> {
    port.candidates().find(|candidate| {
        let is_theirs =
            if *candidate == port.expect { others.has_claim(port) } else { others.expected.contains(candidate) };
        !is_theirs && !busy.contains(candidate) && !others.given.contains(candidate)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::service;
    use super::*;

    fn wants(expect: u16, bump: u16) -> Service {
        Service { port: Some(Port { expect, bump }), ..service(Duration::ZERO) }
    }

    fn chosen((expect, bump): (u16, u16), busy: &[u16], others: &[(Service, Option<u16>)]) -> Option<u16> {
        let mut all = Others::default();
        for (service, given) in others {
            all.add(service, *given);
        }
        choose(Port { expect, bump }, &busy.iter().copied().collect(), &all)
    }

    #[test]
    fn a_free_port_is_given_as_it_is_expected() {
        assert_eq!(chosen((3000, 0), &[80, 3001], &[]), Some(3000));
        assert_eq!(chosen((3000, 10), &[], &[(wants(4000, 0), Some(4000))]), Some(3000));
    }

    #[test]
    fn a_port_that_somebody_has_is_left_for_the_next_free_one_where_that_is_allowed() {
        assert_eq!(chosen((3000, 0), &[3000], &[]), None);
        assert_eq!(chosen((3000, 2), &[3000, 3001], &[]), Some(3002));
        assert_eq!(chosen((3000, 2), &[3000, 3001, 3002], &[]), None);
        assert_eq!(chosen((65_535, 10), &[65_535], &[]), None);
    }

    #[test]
    fn a_port_that_another_service_has_or_expects_is_never_taken_instead() {
        assert_eq!(chosen((3000, 3), &[3000], &[(wants(3001, 0), None), (wants(80, 0), Some(3002))]), Some(3003));
        assert_eq!(chosen((3000, 1), &[3000], &[(wants(3001, 5), None)]), None);
    }

    #[test]
    fn of_those_that_expect_the_same_port_the_one_that_cannot_move_has_it() {
        assert_eq!(chosen((3000, 5), &[], &[(wants(3000, 0), None)]), Some(3001));
        assert_eq!(chosen((3000, 0), &[], &[(wants(3000, 5), None)]), Some(3000));
    }

    #[test]
    fn of_those_that_may_all_move_the_first_has_the_port() {
        assert_eq!(chosen((3000, 5), &[], &[(wants(3000, 5), None)]), Some(3000));
        assert_eq!(chosen((3000, 5), &[], &[(wants(3000, 5), Some(3000))]), Some(3001));
    }

    #[test]
    fn a_name_without_a_command_wants_nothing() {
        let target = Service { command: None, ..wants(3001, 0) };
        assert_eq!(chosen((3000, 1), &[3000], &[(target, None)]), Some(3001));
    }
}
