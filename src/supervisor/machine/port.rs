//! The port of a service that expects one: waited for before the start, and then kept for the run.

use std::sync::Arc;
use std::time::Instant;

use super::super::held_port::HeldPort;
use super::super::wish::Effect;
use super::{Machine, Phase};
use crate::config::{Port, Service};

impl Machine {
    /// Returns the port that it waits for, where it is blocked; other obstacles may stand in the way as well.
    pub(crate) fn awaited_port(&self) -> Option<Port> {
        self.service.port.filter(|_| matches!(self.phase, Phase::Blocked) && !self.is_target())
    }

    /// Starts it with this port, where it waits for one; `moved` says why that is not the one that it expects.
    pub(crate) fn give_port(&mut self, port: u16, moved: Option<Arc<str>>, now: Instant) -> Vec<Effect> {
        if self.awaited_port().is_none() {
            return vec![];
        }
        self.port.given = Some(port);
        self.port.moved = moved;
        self.launch(now)
    }

    /// Keeps it waiting: this is who has its port. Returns whether that is news.
    pub(crate) fn hold_back(&mut self, held: HeldPort) -> bool {
        let is_news = self.awaited_port().is_some() && self.port.held.as_deref() != Some(&held);
        if is_news {
            self.port.held = Some(Arc::new(held));
        }
        is_news
    }

    /// Returns the port of the present run, or of the last.
    pub(crate) fn given_port(&self) -> Option<u16> {
        self.service.port.and(self.port.given)
    }

    /// Says why that is not the one that it expects, if it is not.
    pub(crate) fn port_moved(&self) -> Option<&Arc<str>> {
        self.service.port.and(self.port.moved.as_ref())
    }

    /// Returns who has the port that it waits for.
    pub(crate) fn port_held(&self) -> Option<&Arc<HeldPort>> {
        self.port.held.as_ref().filter(|_| matches!(self.phase, Phase::Blocked))
    }

    /// Returns the service as its present run has it: with the port that was given to it.
    pub(crate) fn service_of_run(&self) -> Arc<Service> {
        match (self.service.port, self.port.given) {
            (Some(port), Some(given)) if port.expect != given => {
                let port = Some(Port { expect: given, bump: 0 });
                Arc::new(Service { port, ..Service::clone(&self.service) })
            }
            (Some(_) | None, _) => Arc::clone(&self.service),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::held_port::Holder;
    use super::super::super::sample::service;
    use super::super::super::status::State;
    use super::super::super::wish::Wish;
    use super::*;

    fn machine(port: Port) -> Machine {
        Machine::new(Arc::new(Service { port: Some(port), ..service(Duration::ZERO) }))
    }

    fn held(user: &str) -> HeldPort {
        HeldPort { port: 3000, address: None, by: Holder::Unseen { user: user.into() } }
    }

    #[test]
    fn a_service_that_expects_a_port_starts_only_once_it_is_given_one() {
        let (now, mut machine) = (Instant::now(), machine(Port { expect: 3000, bump: 1 }));
        assert_eq!(machine.give_port(3000, None, now), [], "nobody has asked for a start");
        assert_eq!(machine.ask(Wish::Start, now), Ok(vec![]));
        assert_eq!((machine.state(), machine.unblock(now)), (State::Blocked, vec![]));
        assert!(machine.hold_back(held("root")) && !machine.hold_back(held("root")) && machine.hold_back(held("ann")));
        assert_eq!(machine.port_held().map(|held| held.port), Some(3000));
        assert_eq!(machine.give_port(3001, Some("3000 is taken".into()), now), [Effect::Launch]);
        assert_eq!((machine.state(), machine.port_held()), (State::Starting, None));
        assert_eq!(machine.service_of_run().port, Some(Port { expect: 3001, bump: 0 }));
        assert_eq!(machine.give_port(3002, None, now), [], "it has started already");
        assert_eq!((machine.given_port(), machine.port_moved().is_some()), (Some(3001), true));
    }

    #[test]
    fn a_service_that_is_stopped_while_it_waits_for_its_port_is_not_started_any_more() {
        let (now, mut machine) = (Instant::now(), machine(Port { expect: 3000, bump: 0 }));
        assert_eq!(machine.ask(Wish::Start, now), Ok(vec![]));
        assert!(machine.hold_back(held("root")));
        assert_eq!(machine.ask(Wish::Stop, now), Ok(vec![]));
        assert_eq!((machine.state(), machine.port_held()), (State::Stopped, None));
        assert_eq!(machine.give_port(3000, None, now), []);
        assert!(!machine.hold_back(held("root")));
    }
}
