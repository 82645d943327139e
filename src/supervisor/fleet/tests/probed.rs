//! Who waits for a service to be ready, and what it is told meanwhile.

use super::super::super::readiness::Purpose;
use super::*;

fn probed(name: &str) -> Service {
    Service { ready: Some(probe()), ..needing(name, &[]) }
}

fn answers(bench: &mut Bench, name: &str, outcome: Result<(), &str>) -> Vec<String> {
    bench.learn(name, News::Probed { purpose: Purpose::Ready, outcome: outcome.map_err(str::to_owned) })
}

#[test]
fn who_waits_for_a_service_to_be_ready_begins_only_once_its_probe_has_passed() {
    let mut bench = Bench::new(vec![probed("db"), needing("started", &[(0, Started)]), needing("api", &[(0, Ready)])]);
    assert_eq!(bench.ask("started api", Wish::Start), ["launch db"]);
    assert_eq!(bench.up("db"), ["probe db", "launch started"]);
    assert_eq!(bench.obstacles("api"), ["waits for db to be ready: db is starting"]);
    assert_eq!(answers(&mut bench, "db", Err("tcp 5432: connection refused")), [""; 0]);
    assert_eq!(
        bench.obstacles("api"),
        ["waits for db to be ready: db is starting (its last probe: tcp 5432: connection refused)"]
    );
    assert!(!bench.fleet.obstacles(bench.id("api"))[0].needs_a_person);
    assert_eq!(answers(&mut bench, "db", Ok(())), ["leave db", "launch api"]);
    assert_eq!(bench.states(), ["ready", "starting", "starting"]);
}

#[test]
fn who_waits_is_told_when_the_service_never_got_ready() {
    let mut db = probed("db");
    db.ready = Some(crate::config::Probe { retries: Some(1), ..probe() });
    let mut bench = Bench::new(vec![db, needing("api", &[(0, Ready)])]);
    bench.ask("api", Wish::Start);
    bench.up("db");
    assert_eq!(answers(&mut bench, "db", Err("refused")), ["kill db"]);
    assert_eq!(bench.states(), ["unhealthy", "blocked"]);
    bench.gone("db");
    let told = "waits for db to be ready: db crashed (was not ready after under 1 ms: refused)";
    assert_eq!(bench.obstacles("api"), [told]);
    assert!(bench.fleet.obstacles(bench.id("api"))[0].needs_a_person);
}

#[test]
fn a_service_that_is_ready_is_stopped_after_those_that_need_it() {
    let mut bench = Bench::new(vec![probed("db"), needing("api", &[(0, Ready)])]);
    bench.ask("api", Wish::Start);
    bench.up("db");
    answers(&mut bench, "db", Ok(()));
    bench.up("api");
    assert_eq!(bench.ask("db", Wish::Stop), ["stop api"]);
    assert_eq!(bench.states(), ["ready", "stopping"]);
    assert_eq!(bench.gone("api"), ["stop db"]);
}
