//! Why a service does not have the port that it expects.

use std::time::Instant;

use super::super::status::ServiceStatus;
use super::Cause;
use crate::keys::Action;

/// Says who has the port that a service waits for, what frees it, and which key of the file it is about.
pub(super) fn awaited_port(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let Some(port) = &status.port else { return vec![] };
    let Some(held) = &port.held else {
        let is_all = status.blocked_on.is_empty();
        return is_all.then(|| Cause::fact(format!("it looks whether port {} is free", port.expect))).into_iter().collect();
    };
    let mut causes = vec![Cause::with(held.whole_sentence(now), Action::Ports)];
    if port.bump > 0 {
        let (first, last) = (port.expect.saturating_add(1), port.expect.saturating_add(port.bump));
        causes.push(Cause::fact(format!("of the ports {first} to {last} none is to be had, either ({})", port.key())));
    }
    let advice = if port.bump == 0 { "; a `bump` would let it take the next free one" } else { "" };
    causes.push(Cause::fact(format!("it starts by itself once that port is free ({}){advice}", port.key())));
    causes.push(Cause::fact(held.advice()));
    causes
}

/// Says why a service runs on another port than the file says.
pub(super) fn moved_port(status: &ServiceStatus) -> Option<Cause> {
    let port = status.port.as_ref()?;
    let (given, why) = port.given.zip(port.moved.as_ref())?;
    Some(Cause::fact(format!("it was given port {given}: {why} ({})", port.key())))
}

/// Says who had the address that a run has failed over.
pub(super) fn clash(status: &ServiceStatus, now: Instant) -> Vec<Cause> {
    let Some(clash) = &status.clash else { return vec![] };
    match (&clash.held, clash.port) {
        (Some(held), _) => {
            let text = format!("its output says that an address is in use: {}", held.whole_sentence(now));
            vec![Cause::with(text, Action::Ports), Cause::fact(held.advice())]
        }
        (None, Some(port)) => {
            let text = format!("its output says that port {port} is in use; right after that nobody listened on it");
            vec![Cause::fact(text)]
        }
        (None, None) => vec![Cause::fact("its output says that an address is in use, but not which")],
    }
}
