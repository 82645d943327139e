//! What a random test is made of: services that depend on each other, and things that happen to them.

use std::time::Duration;

use proptest::prelude::*;

use super::super::super::super::sample::{probe, service};
use super::super::super::super::wish::Wish;
use crate::config::{Condition, Dependency, Probe, RestartPolicy, Service};
use crate::id::ServiceId;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Somebody wishes something for the services in this set of bits.
    Ask(Wish, u8),
    RestartWithDependents(u8),
    /// The world moves on for this service, in one of the ways that are possible.
    Happens(u8, u8),
    /// News about a run that is long over.
    Stale(u8),
    /// A service comes that needs some of those that are there, and conflicts with one of them.
    Add(u8, u8),
    /// Those in this set of bits go, with all that depend on them.
    Remove(u8),
    Wait(u32),
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let wish = prop_oneof![Just(Wish::Start), Just(Wish::Stop), Just(Wish::Restart), Just(Wish::Kill)];
    prop_oneof![
        4 => (wish, 0..8_u8).prop_map(|(wish, one)| Step::Ask(wish, 1 << one)),
        1 => (Just(Wish::Stop), any::<u8>()).prop_map(|(wish, set)| Step::Ask(wish, set)),
        2 => any::<u8>().prop_map(|set| Step::Ask(Wish::Start, set)),
        1 => any::<u8>().prop_map(|set| Step::Ask(Wish::Restart, set)),
        1 => (0..8_u8).prop_map(|one| Step::RestartWithDependents(1 << one)),
        20 => (any::<u8>(), any::<u8>()).prop_map(|(who, what)| Step::Happens(who, what)),
        1 => any::<u8>().prop_map(Step::Stale),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(need, rival)| Step::Add(need, rival)),
        1 => (0..8_u8).prop_map(|one| Step::Remove(1 << one)),
        3 => (0..40_000_u32).prop_map(Step::Wait),
    ]
}

/// Whom a service needs, whether it is a one-shot, whether it has a command, when it is started again, and which probes
/// it has, unless it is a one-shot.
type Draft = (Vec<(u8, Condition)>, bool, u8, RestartPolicy, u8);

/// Returns up to eight services, each of which depends on some of those before it.
pub(super) fn any_services() -> impl Strategy<Value = Vec<Service>> {
    let condition = prop_oneof![
        4 => Just(Condition::Ready),
        1 => Just(Condition::Started),
        2 => Just(Condition::Completed),
        1 => Just(Condition::Exited),
    ];
    let policy = prop_oneof![Just(RestartPolicy::No), Just(RestartPolicy::OnFailure), Just(RestartPolicy::Always)];
    let needs = prop::collection::vec((any::<u8>(), condition), 0..4);
    let one = (needs, any::<bool>(), 0..5_u8, policy, any::<u8>());
    prop::collection::vec(one, 1..=8).prop_map(|drafts| {
        let service = |(place, draft): (usize, Draft)| {
            let (needs, oneshot, kind, policy, probes) = draft;
            let mut depends_on: Vec<Dependency> = Vec::new();
            for (pick, condition) in needs.into_iter().filter(|_| place > 0) {
                let id = ServiceId::new(u32::try_from(usize::from(pick) % place).unwrap());
                if depends_on.iter().all(|known| known.service != id) {
                    depends_on.push(Dependency { service: id, condition });
                }
            }
            let mut service = service(Duration::from_secs(5));
            service.name = format!("s{place}");
            service.command = service.command.filter(|_| kind > 0 || depends_on.is_empty());
            service.oneshot = oneshot;
            service.restart.policy = policy;
            let has = |bit: u8| (probes & bit != 0 && !oneshot && service.command.is_some()).then(probe);
            service.ready = has(1).map(|probe| Probe { retries: (probes & 4 != 0).then_some(2), ..probe });
            service.health = has(2).map(|probe| Probe { retries: Some(2), ..probe });
            Service { depends_on, ..service }
        };
        drafts.into_iter().enumerate().map(service).collect()
    })
}
