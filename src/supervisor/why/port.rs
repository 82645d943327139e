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
        return is_all
            .then(|| Cause::fact(format!("it looks whether port {} is free", port.expect)))
            .into_iter()
            .collect();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::super::held_port::{Clash, Holder, PortStatus};
    use super::super::super::sample::{held, holder as process};
    use super::super::super::status::State;
    use super::super::why;
    use super::*;

    fn texts(status: &ServiceStatus, now: Instant) -> Vec<String> {
        why(status, now).into_iter().map(|cause| cause.text).collect()
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(1 << 20)
    }

    #[test]
    fn a_service_that_waits_for_its_port_names_who_has_it_and_the_key_of_the_file() {
        let now = far();
        let port = PortStatus {
            expect: 3000,
            bump: 0,
            given: None,
            moved: None,
            held: Some(Arc::new(held(Holder::Stranger(process(now))))),
        };
        let never = ServiceStatus::never_started("web".into());
        let mut status = ServiceStatus { state: State::Blocked, port: Some(port), ..never };
        let lead = "port 3000 is held by 4242 nc -l 3000 of alice, which has run for 02:13 and listens on 127.0.0.1:3000; it is \
                    no service of procdash";
        assert_eq!(
            texts(&status, now),
            [
                lead,
                "it starts by itself once that port is free (port = 3000); a `bump` would let it take the next free one",
                "`kill 4242` ends it",
            ]
        );
        assert_eq!(why(&status, now)[0].remedy, Some(Action::Ports));
        status.port.as_mut().unwrap().bump = 10;
        assert_eq!(
            texts(&status, now)[1..3],
            [
                "of the ports 3001 to 3010 none is to be had, either (port = { expect = 3000, bump = 10 })",
                "it starts by itself once that port is free (port = { expect = 3000, bump = 10 })",
            ]
        );
        status.port.as_mut().unwrap().held = None;
        assert_eq!(texts(&status, now), ["it looks whether port 3000 is free"]);
    }

    #[test]
    fn a_service_that_has_moved_says_from_where_and_why() {
        let moved = Some("port 3000 is held by 4242 nc -l 3000".into());
        let port = PortStatus { expect: 3000, bump: 10, given: Some(3001), moved, held: None };
        let never = ServiceStatus::never_started("web".into());
        let status = ServiceStatus { state: State::Running, port: Some(port), ..never };
        let said = "it was given port 3001: port 3000 is held by 4242 nc -l 3000 (port = { expect = 3000, bump = 10 })";
        assert_eq!(texts(&status, far())[1..], [said]);
    }

    #[test]
    fn a_crash_over_an_address_says_which_and_who_had_it() {
        let now = far();
        let crashed = |port, by: Option<Holder>| {
            let clash = Clash { port, held: by.map(|by| Arc::new(held(by))) };
            let never = ServiceStatus::never_started("web".into());
            let status = ServiceStatus { state: State::Crashed, clash: Some(Arc::new(clash)), ..never };
            texts(&status, now)[1].clone()
        };
        let named = crashed(Some(3000), Some(Holder::Stranger(process(now))));
        assert!(
            named.starts_with("its output says that an address is in use: port 3000 is held by 4242 nc"),
            "{named}"
        );
        let nobody = "its output says that port 3000 is in use; right after that nobody listened on it";
        assert_eq!(crashed(Some(3000), None), nobody);
        assert_eq!(crashed(None, None), "its output says that an address is in use, but not which");
    }
}
