//! What probes change, as sentences.

use super::super::super::readiness::Purpose;
use super::super::super::sample::probe;
use super::*;
use crate::config::Probe;

fn fails(purpose: Purpose) -> News {
    News::Probed { purpose, outcome: Err("connection refused".to_owned()) }
}

fn passes(purpose: Purpose) -> News {
    News::Probed { purpose, outcome: Ok(()) }
}

/// Returns a machine whose program has just begun to run, with what was to be done then.
fn started(change: impl FnOnce(&mut Service)) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::new(change);
    bench.ask(Wish::Start).expect("it rests");
    let effects = bench.learn(News::Started { main: MAIN, guard: 99 });
    (bench, effects)
}

fn with_both(service: &mut Service) {
    service.ready = Some(Probe { retries: Some(2), ..probe() });
    service.health = Some(Probe { retries: Some(2), ..probe() });
}

#[test]
fn it_starts_until_its_probe_passes_and_is_ready_then() {
    let (mut bench, effects) = started(|service| service.ready = Some(probe()));
    assert_eq!(effects, [Effect::Probe(Purpose::Ready)]);
    assert_eq!(bench.state(), State::Starting);
    assert!(!bench.machine.satisfies(crate::config::Condition::Ready));
    assert!(bench.machine.satisfies(crate::config::Condition::Started));
    for _ in 0..100 {
        assert_eq!(bench.learn(fails(Purpose::Ready)), []);
    }
    assert_eq!(bench.state(), State::Starting, "without a limit it is tried on");
    assert_eq!(bench.learn(passes(Purpose::Ready)), [Effect::StopProbing]);
    assert_eq!(bench.state(), State::Ready);
    assert!(bench.machine.satisfies(crate::config::Condition::Ready));
    assert_eq!(bench.learn(fails(Purpose::Ready)), [], "a late answer is no news");
    assert_eq!(bench.state(), State::Ready);
}

#[test]
fn its_health_is_probed_once_it_is_ready_and_too_many_failures_in_a_row_are_a_crash() {
    let (mut bench, _) = started(with_both);
    assert_eq!(bench.learn(fails(Purpose::Health)), [], "nobody has asked for that yet");
    assert_eq!(bench.learn(passes(Purpose::Ready)), [Effect::Probe(Purpose::Health)]);
    assert_eq!(bench.learn(fails(Purpose::Health)), []);
    assert_eq!(bench.learn(passes(Purpose::Health)), []);
    assert_eq!(bench.learn(fails(Purpose::Health)), []);
    assert_eq!(bench.state(), State::Ready);
    assert_eq!(bench.learn(fails(Purpose::Health)), [Effect::Kill]);
    assert_eq!(bench.state(), State::Unhealthy);
    assert_eq!(bench.machine.how_it_ends(), HowItEnded::Forced);
    bench.learn(News::MainExited(Exit::Code(0)));
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Crashed, "whatever it returned");
    let ended = bench.machine.ended().expect("it has ended");
    assert!(!ended.asked);
    assert_eq!(ended.unfit.as_deref(), Some("became unhealthy: connection refused, 2 times in a row"));
}

#[test]
fn what_never_gets_ready_is_killed_and_the_restart_policy_decides_what_follows() {
    let (mut bench, _) = started(|service| {
        with_both(service);
        service.restart.policy = RestartPolicy::OnFailure;
    });
    bench.learn(fails(Purpose::Ready));
    assert_eq!(bench.learn(fails(Purpose::Ready)), [Effect::Kill]);
    bench.gone();
    assert_eq!(bench.state(), State::Backoff);
    assert_eq!(bench.wait(Duration::from_millis(500)), [Effect::Launch]);
    assert_eq!(bench.machine.unfit(), None, "the next run begins afresh");
    assert_eq!(bench.learn(News::Started { main: MAIN, guard: 99 }), [Effect::Probe(Purpose::Ready)]);
    assert_eq!(bench.learn(fails(Purpose::Ready)), []);
}

#[test]
fn without_ready_its_health_is_probed_from_the_start_and_it_counts_as_ready() {
    let (bench, effects) = started(|service| service.health = Some(probe()));
    assert_eq!(effects, [Effect::Probe(Purpose::Health)]);
    assert_eq!(bench.state(), State::Running);
    assert!(bench.machine.satisfies(crate::config::Condition::Ready));
}

#[test]
fn a_stop_ends_the_probing_and_beats_what_the_probes_say() {
    let (mut bench, _) = started(with_both);
    bench.ask(Wish::Stop).expect("it runs");
    for _ in 0..3 {
        assert_eq!(bench.learn(fails(Purpose::Ready)), []);
    }
    assert_eq!(bench.state(), State::Stopping);

    let (mut bench, _) = started(with_both);
    bench.learn(fails(Purpose::Ready));
    bench.learn(fails(Purpose::Ready));
    assert_eq!(bench.state(), State::Unhealthy);
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![]));
    bench.gone();
    assert_eq!(bench.state(), State::Stopped);
    assert_eq!(bench.machine.ended().and_then(|ended| ended.unfit.clone()), None);
}

#[test]
fn a_daemon_is_probed_on_after_its_command_has_ended() {
    let (mut bench, _) = started(|service| {
        with_both(service);
        service.daemon = true;
    });
    bench.learn(News::MainExited(Exit::Code(0)));
    assert_eq!(bench.state(), State::Starting);
    assert_eq!(bench.learn(passes(Purpose::Ready)), [Effect::Probe(Purpose::Health)]);
    assert_eq!(bench.state(), State::Ready);
    assert!(bench.machine.is_daemonised());
}

#[test]
fn what_cannot_be_killed_for_its_health_is_stuck() {
    let (mut bench, _) = started(with_both);
    bench.learn(fails(Purpose::Ready));
    bench.learn(fails(Purpose::Ready));
    bench.learn(News::Resists(vec![survivor()]));
    assert_eq!(bench.state(), State::Stuck);
    bench.gone();
    assert_eq!(bench.state(), State::Crashed);
}
