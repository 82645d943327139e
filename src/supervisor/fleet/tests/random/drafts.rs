//! Services as random as their fleet.

use proptest::prelude::*;

use super::*;

/// Whom a service needs, whether it is a one-shot, whether it has a command, and when it is started again.
type Draft = (Vec<(u8, Condition)>, bool, u8, RestartPolicy);

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
    let one = (needs, any::<bool>(), 0..5_u8, policy);
    prop::collection::vec(one, 1..=8).prop_map(|drafts| {
        let service = |(place, draft): (usize, Draft)| {
            let (needs, oneshot, kind, policy) = draft;
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
            Service { depends_on, ..service }
        };
        drafts.into_iter().enumerate().map(service).collect()
    })
}
