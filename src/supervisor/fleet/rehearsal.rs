//! A start and an end of services in thought: nothing runs, whatever is launched is up at once and ends when asked. Pure.

use std::time::Instant;

use super::super::wish::{Effect, News, Wish};
use super::Fleet;
use crate::config::Service;
use crate::id::ServiceId;
use crate::process::{Exit, ProcessId, Verdict};

/// The orders in which services begin and end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Those that begin, each after all that it needs.
    pub begun: Vec<ServiceId>,
    /// Those that are asked to end, each after all that need it.
    pub ended: Vec<ServiceId>,
}

/// Starts all services in thought, ends them again, and returns in which order that goes; who never begins is in neither.
#[must_use]
pub fn rehearse(services: impl IntoIterator<Item = Service>, now: Instant) -> Rehearsal {
    let mut fleet = Fleet::new(services);
    let mut rehearsal = Rehearsal::default();
    let all: Vec<ServiceId> = fleet.ids().collect();
    for wish in [Wish::Start, Wish::Quit] {
        // what has nothing to do in the one or the other is left out
        let _nothing_to_do = fleet.ask(&all, wish, now);
        loop {
            let effects = fleet.take_effects();
            if effects.is_empty() {
                break;
            }
            for (id, effect) in effects {
                follow(&mut fleet, id, &effect, now);
                match effect {
                    Effect::Launch => rehearsal.begun.push(id),
                    Effect::RunStopCommand(_) | Effect::Signal(_) | Effect::Type(_) => rehearsal.ended.push(id),
                    Effect::KillStopCommand(_) | Effect::Kill | Effect::Probe(_) | Effect::StopProbing => {}
                }
            }
            let _nobody_is_shown_it = (fleet.take_changed(), fleet.take_kept());
        }
    }
    rehearsal
}

/// Lets happen what an effect brings about where nothing goes wrong.
fn follow(fleet: &mut Fleet, id: ServiceId, effect: &Effect, now: Instant) {
    let Some(machine) = fleet.machine(id) else { return };
    let (run, ends_by_itself) = (machine.run(), machine.service().oneshot);
    let gone = News::Ended { verdict: Verdict::Gone, last: None };
    let news = match effect {
        Effect::Launch if ends_by_itself => vec![started(), News::MainExited(Exit::Code(0)), gone],
        Effect::Launch => vec![started()],
        Effect::RunStopCommand(_) | Effect::Signal(_) | Effect::Type(_) => vec![gone],
        Effect::Probe(purpose) => vec![News::Probed { purpose: *purpose, outcome: Ok(()) }],
        Effect::KillStopCommand(_) | Effect::Kill | Effect::StopProbing => vec![],
    };
    for news in news {
        fleet.learn(id, run, news, now);
    }
}

fn started() -> News {
    News::Started { main: ProcessId { pid: 1, start: 1 }, guard: 1 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::sample::service;
    use super::*;
    use crate::config::{Condition, Dependency};

    #[test]
    fn a_thousand_services_in_layers_begin_after_what_they_need_and_end_before_it() {
        const WIDE: u32 = 100;
        let needs = |place: u32| {
            let above = (place / WIDE).checked_sub(1).map(|layer| layer * WIDE);
            let need = move |step: u32| above.map(|above| ServiceId::new(above + (place + step * 31) % WIDE));
            (0..3).filter_map(need).map(|service| Dependency { service, condition: Condition::Ready }).collect()
        };
        let services: Vec<Service> = (0..10 * WIDE)
            .map(|place| Service { depends_on: needs(place), ..service(Duration::from_secs(5)) })
            .collect();
        let Rehearsal { begun, ended } = rehearse(services.clone(), Instant::now());
        let order = |list: &[ServiceId]| -> Vec<usize> {
            let mut places = vec![usize::MAX; list.len()];
            list.iter().enumerate().for_each(|(place, id)| places[id.index()] = place);
            places
        };
        assert_eq!((begun.len(), ended.len()), (1000, 1000));
        let (begun, ended) = (order(&begun), order(&ended));
        for (id, service) in services.iter().enumerate() {
            for need in &service.depends_on {
                let need = need.service.index();
                assert!(begun[need] < begun[id] && ended[id] < ended[need], "{id} and {need}");
            }
        }
    }
}
