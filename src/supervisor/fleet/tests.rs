//! What a fleet does, as sentences, each without a process and without a clock.

mod probed;
mod random;
mod stopping;

use std::time::{Duration, Instant};

use super::super::sample::{probe, service};
use super::*;
use crate::config::Condition::{Completed, Exited, Ready, Started};
use crate::config::{Condition, Dependency, RestartPolicy};
use crate::process::{Exit, ProcessId, ProcessState, Survivor, Verdict};
use crate::signal::Signal;

const GRACE: Duration = Duration::from_secs(5);
const MAIN: ProcessId = ProcessId { pid: 100, start: 7 };

/// A fleet with a clock that only moves when told to, and every effect as a word.
struct Bench {
    fleet: Fleet,
    now: Instant,
}

/// Returns a service that needs those at these places.
fn needing(name: &str, needs: &[(u32, Condition)]) -> Service {
    let dependency = |&(id, condition)| Dependency { service: ServiceId::new(id), condition };
    Service { name: name.to_owned(), depends_on: needs.iter().map(dependency).collect(), ..service(GRACE) }
}

fn oneshot(name: &str, needs: &[(u32, Condition)]) -> Service {
    Service { oneshot: true, ..needing(name, needs) }
}

/// db ← migrate (ready), db and migrate ← api, api ← web.
fn stack() -> Bench {
    Bench::new(vec![
        needing("db", &[]),
        oneshot("migrate", &[(0, Ready)]),
        needing("api", &[(0, Ready), (1, Completed)]),
        needing("web", &[(2, Ready)]),
    ])
}

impl Bench {
    fn new(services: Vec<Service>) -> Self {
        Self { fleet: Fleet::new(services), now: Instant::now() }
    }

    fn id(&self, name: &str) -> ServiceId {
        let found = self.fleet.machines().find(|(_, machine)| machine.service().name == name);
        found.expect("there is one of that name").0
    }

    fn ids(&self, names: &str) -> Vec<ServiceId> {
        names.split(' ').map(|name| self.id(name)).collect()
    }

    /// Takes what is to be done, as words such as `launch db`.
    fn done(&mut self) -> Vec<String> {
        let effects = self.fleet.take_effects();
        let word = |(id, effect): (ServiceId, Effect)| {
            let verb = match effect {
                Effect::Launch => "launch",
                Effect::Signal(Signal::SIGTERM) => "stop",
                Effect::Kill => "kill",
                Effect::Probe(_) => "probe",
                Effect::StopProbing => "leave",
                Effect::Signal(_) | Effect::RunStopCommand(_) | Effect::KillStopCommand(_) | Effect::Type(_) => "other",
            };
            format!("{verb} {}", self.fleet.machine(id).expect("it exists").service().name)
        };
        effects.into_iter().map(word).collect()
    }

    fn ask(&mut self, names: &str, wish: Wish) -> Vec<String> {
        let ids = self.ids(names);
        let ids = if wish == Wish::Stop { self.fleet.with_who_needs_them(&ids) } else { ids };
        assert_eq!(self.fleet.ask(&ids, wish, self.now), []);
        self.done()
    }

    fn learn(&mut self, name: &str, news: News) -> Vec<String> {
        let id = self.id(name);
        let run = self.fleet.machine(id).expect("it exists").run();
        self.fleet.learn(id, run, news, self.now);
        self.done()
    }

    fn up(&mut self, name: &str) -> Vec<String> {
        self.learn(name, News::Started { main: MAIN, guard: 9 })
    }

    fn exits(&mut self, name: &str, code: i32) -> Vec<String> {
        assert_eq!(self.learn(name, News::MainExited(Exit::Code(code))), [format!("kill {name}")]);
        self.gone(name)
    }

    fn gone(&mut self, name: &str) -> Vec<String> {
        self.learn(name, News::Ended { verdict: Verdict::Gone, last: None })
    }

    fn resists(&mut self, name: &str) -> Vec<String> {
        let command = "sudo x".to_owned();
        let left = Survivor { id: MAIN, command, state: ProcessState::Sleeping, reason: "refused".to_owned() };
        self.learn(name, News::Resists(vec![left]))
    }

    fn wait(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.fleet.tick(self.now);
        self.done()
    }

    fn state(&self, name: &str) -> State {
        self.fleet.state(self.id(name))
    }

    fn states(&self) -> Vec<&'static str> {
        self.fleet.machines().map(|(_, machine)| machine.state().word()).collect()
    }

    fn obstacles(&self, name: &str) -> Vec<String> {
        self.fleet.obstacles(self.id(name)).iter().map(super::super::blocked::Obstacle::sentence).collect()
    }

    /// Brings the stack up.
    fn all_up(mut self) -> Self {
        self.ask("web", Wish::Start);
        self.up("db");
        self.up("migrate");
        self.exits("migrate", 0);
        self.up("api");
        self.up("web");
        assert_eq!(self.states(), ["running", "done", "running", "running"]);
        self
    }
}

#[test]
fn a_start_brings_up_what_is_needed_each_as_soon_as_its_own_conditions_hold() {
    let mut bench = stack();
    assert_eq!(bench.ask("web", Wish::Start), ["launch db"]);
    assert_eq!(bench.states(), ["starting", "blocked", "blocked", "blocked"]);
    assert_eq!(bench.up("db"), ["launch migrate"]);
    assert_eq!(bench.up("migrate"), [""; 0]);
    assert_eq!(bench.exits("migrate", 0), ["launch api"]);
    assert_eq!(bench.up("api"), ["launch web"]);
    assert_eq!(bench.up("web"), [""; 0]);
    assert_eq!(bench.states(), ["running", "done", "running", "running"]);
}

#[test]
fn what_is_done_or_up_is_not_started_again_for_others() {
    let mut bench = stack().all_up();
    bench.ask("web", Wish::Stop);
    bench.gone("web");
    assert_eq!(bench.ask("web", Wish::Start), ["launch web"]);
}

#[test]
fn each_condition_holds_in_its_states_and_in_no_others() {
    let mut bench = Bench::new(vec![
        oneshot("job", &[]),
        needing("started", &[(0, Started)]),
        needing("ready", &[(0, Ready)]),
        needing("completed", &[(0, Completed)]),
        needing("exited", &[(0, Exited)]),
    ]);
    assert_eq!(bench.ask("started ready completed exited", Wish::Start), ["launch job"]);
    assert_eq!(bench.up("job"), ["launch started"]);
    assert_eq!(bench.exits("job", 3), ["launch exited"]);
    assert_eq!(bench.obstacles("completed"), ["waits for job to complete: job crashed (exited with code 3)"]);
    assert_eq!(bench.ask("job", Wish::Start), ["launch job"]);
    bench.up("job");
    assert_eq!(bench.exits("job", 0), ["launch ready", "launch completed"]);
}

#[test]
fn a_dependency_that_fails_leaves_its_dependents_blocked_with_the_root_until_it_is_up() {
    let mut bench = stack();
    bench.ask("web", Wish::Start);
    bench.up("db");
    bench.up("migrate");
    assert_eq!(bench.exits("migrate", 4), [""; 0]);
    assert_eq!(bench.states(), ["running", "crashed", "blocked", "blocked"]);
    assert_eq!(
        bench.obstacles("web"),
        ["waits for api, which waits for migrate to complete: migrate crashed (exited with code 4)"]
    );
    assert!(bench.fleet.obstacles(bench.id("web"))[0].needs_a_person);
    // whoever wants the last of them gets another try of the first
    assert_eq!(bench.ask("web", Wish::Start), ["launch migrate"]);
    bench.up("migrate");
    assert_eq!(bench.exits("migrate", 0), ["launch api"]);
}

#[test]
fn a_long_way_to_the_root_is_told_by_its_ends() {
    let first = (0..9).map(|place| {
        let needs: Vec<(u32, Condition)> = (place > 0).then(|| (place - 1, Ready)).into_iter().collect();
        needing(&format!("s{place}"), &needs)
    });
    let mut bench = Bench::new(first.collect());
    bench.ask("s8", Wish::Start);
    let through =
        "s7, which waits for s6, which waits for s5, which waits for …, which waits for s2, which waits for s1";
    assert_eq!(bench.obstacles("s8"), [format!("waits for {through}, which waits for s0 to be ready: s0 is starting")]);
}

#[test]
fn a_crash_loop_blocks_and_a_restart_by_policy_waits_for_what_is_down() {
    let policy = |mut service: Service| {
        service.restart.policy = RestartPolicy::OnFailure;
        service
    };
    let mut bench = Bench::new(vec![policy(needing("db", &[])), policy(needing("api", &[(0, Ready)]))]);
    bench.ask("api", Wish::Start);
    bench.up("db");
    bench.up("api");
    bench.exits("db", 1);
    assert_eq!(bench.state("api"), State::Running, "it may cope, and is left alone");
    bench.exits("api", 1);
    bench.now += Duration::from_millis(1);
    for _ in 0..2 {
        assert_eq!(bench.wait(Duration::from_secs(1)), ["launch db"]);
        assert_eq!(bench.state("api"), State::Blocked);
        bench.exits("db", 1);
    }
    assert_eq!(bench.state("db"), State::CrashLoop);
    assert_eq!(bench.wait(Duration::from_hours(1)), [""; 0]);
    assert_eq!(
        bench.obstacles("api"),
        ["waits for db to be ready: db crashed too often in a row (exited with code 1)"]
    );
    assert_eq!(bench.ask("db", Wish::Start), ["launch db"]);
    assert_eq!(bench.up("db"), ["launch api"]);
}

#[test]
fn a_stop_by_hand_stays_a_stop_and_is_named_by_who_waits() {
    let mut bench = stack().all_up();
    assert_eq!(bench.ask("db", Wish::Kill), ["kill db"]);
    bench.gone("db");
    assert_eq!(bench.ask("web", Wish::Kill), ["kill web"]);
    bench.exits("api", 1);
    bench.gone("web");
    let api = bench.id("api");
    // a policy would do the same: it does not bring back what a person has stopped
    bench.fleet.members[api.index()].machine.ask(Wish::Start, bench.now).unwrap();
    bench.fleet.settle(bench.now);
    assert_eq!(bench.states(), ["stopped", "done", "blocked", "stopped"]);
    assert_eq!(bench.obstacles("api"), ["waits for db to be ready: db is stopped (by request)"]);
}

#[test]
fn a_target_is_up_when_what_it_depends_on_is_and_starts_it() {
    let target = Service { command: None, ..needing("all", &[(0, Ready), (1, Ready)]) };
    let mut bench = Bench::new(vec![needing("db", &[]), needing("api", &[]), target, needing("tail", &[(2, Ready)])]);
    assert_eq!(bench.ask("tail", Wish::Start), ["launch db", "launch api"]);
    bench.up("db");
    assert_eq!(bench.states(), ["running", "starting", "blocked", "blocked"]);
    assert_eq!(bench.up("api"), ["launch tail"]);
    assert_eq!(bench.state("all"), State::Done);
    bench.exits("api", 1);
    assert_eq!(bench.state("all"), State::Blocked);
    assert_eq!(bench.obstacles("all"), ["waits for api to be ready: api crashed (exited with code 1)"]);
    assert_eq!(bench.ask("all", Wish::Stop), ["stop tail"]);
    assert_eq!(bench.states(), ["running", "crashed", "stopped", "stopping"]);
}
