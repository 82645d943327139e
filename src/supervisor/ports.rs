//! Which TCP ports a run has listened on, and which of them its end has freed. Pure.

use std::collections::BTreeSet;

use crate::process::Listener;

/// The ports of a run that comes to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ports {
    /// Those that it was seen to listen on.
    seen: BTreeSet<u16>,
    /// Those that anybody on this machine listened on after its end; `None` while nobody has looked.
    busy: Option<BTreeSet<u16>>,
}

impl Ports {
    /// Adds the ports that the run listens on now.
    pub(crate) fn see(&mut self, listeners: &[Listener]) {
        self.seen.extend(listeners.iter().map(|listener| listener.address.port()));
    }

    /// Takes what a look after its end has found; a look that failed frees nothing.
    pub(crate) fn look_back(&mut self, busy: Option<BTreeSet<u16>>) {
        self.busy = busy;
    }

    /// Returns the ports on which nobody listens any more, ascending.
    ///
    /// A port that somebody else holds by now is not free, whoever had it before.
    pub(crate) fn freed(&self) -> Vec<u16> {
        self.busy.as_ref().map_or_else(Vec::new, |busy| self.seen.difference(busy).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::ProcessId;

    fn listeners(ports: &[u16]) -> Vec<Listener> {
        let process = ProcessId { pid: 7, start: 1 };
        ports.iter().map(|&port| Listener { address: ([127, 0, 0, 1], port).into(), process }).collect()
    }

    fn ports(seen: &[u16], busy: Option<&[u16]>) -> Ports {
        let mut ports = Ports::default();
        ports.see(&listeners(seen));
        ports.look_back(busy.map(|busy| busy.iter().copied().collect()));
        ports
    }

    #[test]
    fn freed_is_what_was_listened_on_and_is_not_any_more() {
        let mut ports = ports(&[5432, 3000, 3000], Some(&[22]));
        ports.see(&listeners(&[80]));
        assert_eq!(ports.freed(), [80, 3000, 5432]);
    }

    #[test]
    fn a_port_that_somebody_holds_is_not_called_freed() {
        assert_eq!(ports(&[3000, 5432], Some(&[3000])).freed(), [5432]);
    }

    #[test]
    fn without_a_look_nothing_is_claimed() {
        assert_eq!(ports(&[3000], None).freed(), Vec::<u16>::new());
    }
}
