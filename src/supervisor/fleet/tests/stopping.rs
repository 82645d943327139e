//! Who goes down before whom, who is kept, and what comes up again.

use super::super::super::blocked::Turn;
use super::*;

#[test]
fn a_stop_takes_down_who_needs_it_first_and_in_parallel_within_a_level() {
    let mut bench = Bench::new(vec![
        needing("db", &[]),
        needing("api", &[(0, Ready)]),
        needing("worker", &[(0, Ready)]),
        needing("web", &[(1, Ready)]),
        needing("other", &[]),
    ]);
    bench.ask("web worker other", Wish::Start);
    for name in ["db", "api", "worker", "web", "other"] {
        bench.up(name);
    }
    assert_eq!(bench.ask("db", Wish::Stop), ["stop worker", "stop web"]);
    assert_eq!(bench.fleet.turn(bench.id("api")), Some(Turn::After("web".into())));
    assert_eq!(bench.gone("web"), ["stop api"]);
    assert_eq!(bench.gone("worker"), [""; 0]);
    assert_eq!(bench.gone("api"), ["stop db"]);
    bench.gone("db");
    assert_eq!(bench.states(), ["stopped", "stopped", "stopped", "stopped", "running"]);
}

#[test]
fn who_only_waited_for_the_end_of_a_service_stays_up_when_that_is_stopped() {
    let mut bench = stack().all_up();
    bench.ask("migrate", Wish::Start);
    bench.up("migrate");
    assert_eq!(bench.ask("migrate", Wish::Stop), ["stop migrate"]);
    assert_eq!(bench.state("api"), State::Running);
}

#[test]
fn a_stop_gives_up_where_a_dependent_survives_and_says_for_whose_sake() {
    let mut bench = stack().all_up();
    assert_eq!(bench.ask("db", Wish::Stop), ["stop web"]);
    bench.resists("web");
    assert_eq!(bench.states(), ["running", "done", "running", "stuck"]);
    let (db, web, api) = (bench.id("db"), bench.id("web"), bench.id("api"));
    let mut kept = bench.fleet.take_kept();
    kept.sort_unstable();
    assert_eq!(kept, [(db, web), (api, web)]);
    assert_eq!(bench.fleet.turn(db), Some(Turn::KeptFor("web".into())));
    // whoever insists may kill
    assert_eq!(bench.ask("db", Wish::Kill), ["kill db"]);
}

#[test]
fn a_start_calls_back_what_waits_for_its_turn_to_be_stopped() {
    let mut bench = stack().all_up();
    assert_eq!(bench.ask("db", Wish::Stop), ["stop web"]);
    assert_eq!(bench.ask("web", Wish::Start), [""; 0]);
    assert_eq!(bench.gone("web"), ["launch web"]);
    assert_eq!(bench.states(), ["running", "done", "running", "starting"]);
}

#[test]
fn a_restart_alone_leaves_dependents_up() {
    let mut bench = stack().all_up();
    assert_eq!(bench.ask("db", Wish::Restart), ["stop db"]);
    assert_eq!(bench.gone("db"), ["launch db"]);
    assert_eq!(bench.states(), ["starting", "done", "running", "running"]);
}

#[test]
fn a_restart_with_dependents_goes_down_in_reverse_and_comes_up_in_order() {
    let mut bench = stack().all_up();
    let ids = bench.fleet.with_dependents(&bench.ids("db"));
    assert_eq!(bench.fleet.ask(&ids, Wish::Restart, bench.now), []);
    assert_eq!(bench.done(), ["stop web"]);
    assert_eq!(bench.gone("web"), ["stop api"]);
    assert_eq!(bench.state("web"), State::Blocked);
    assert_eq!(bench.gone("api"), ["stop db"]);
    assert_eq!(bench.gone("db"), ["launch db"]);
    assert_eq!(bench.up("db"), ["launch api"]);
    assert_eq!(bench.up("api"), ["launch web"]);
}

#[test]
fn nobody_starts_again_below_a_service_that_is_still_to_be_restarted() {
    let mut bench =
        Bench::new(vec![needing("db", &[]), needing("api", &[(0, Ready)]), needing("worker", &[(0, Ready)])]);
    bench.ask("api worker", Wish::Start);
    for name in ["db", "api", "worker"] {
        bench.up(name);
    }
    let ids = bench.fleet.with_dependents(&bench.ids("db"));
    bench.fleet.ask(&ids, Wish::Restart, bench.now);
    assert_eq!(bench.done(), ["stop api", "stop worker"]);
    assert_eq!(bench.gone("api"), [""; 0]);
    assert_eq!(bench.obstacles("api"), ["waits for db to be ready: db is being stopped"]);
    assert_eq!(bench.gone("worker"), ["stop db"]);
}

#[test]
fn a_quit_goes_in_reverse_and_neither_the_stuck_nor_the_blocked_hold_it_up() {
    let mut bench = stack().all_up();
    let all: Vec<ServiceId> = bench.fleet.ids().collect();
    bench.fleet.ask(&all, Wish::Quit, bench.now);
    assert_eq!(bench.done(), ["stop web"]);
    assert_eq!(bench.resists("web"), ["stop api"]);
    assert_eq!(bench.gone("api"), ["stop db"]);

    let mut bench = stack();
    bench.ask("web", Wish::Start);
    bench.fleet.ask(&all, Wish::Quit, bench.now);
    assert_eq!(bench.done(), ["stop db"]);
    assert_eq!(bench.gone("db"), [""; 0]);
    assert_eq!(bench.states(), ["stopped"; 4]);
}

#[test]
fn a_hurried_end_kills_everything_at_once() {
    let mut bench = stack().all_up();
    let all: Vec<ServiceId> = bench.fleet.ids().collect();
    bench.fleet.ask(&all, Wish::Quit, bench.now);
    bench.done();
    bench.fleet.ask(&all, Wish::Kill, bench.now);
    assert_eq!(bench.done(), ["kill db", "kill api", "kill web"]);
}

#[test]
fn what_waits_its_turn_and_ends_by_itself_is_stopped_and_not_restarted() {
    let mut bench = stack();
    bench.fleet = Fleet::new(vec![
        {
            let mut db = needing("db", &[]);
            db.restart.policy = RestartPolicy::Always;
            db
        },
        needing("api", &[(0, Ready)]),
    ]);
    bench.ask("api", Wish::Start);
    bench.up("db");
    bench.up("api");
    assert_eq!(bench.ask("db", Wish::Stop), ["stop api"]);
    bench.exits("db", 1);
    assert_eq!(bench.state("db"), State::Stopped);
}
