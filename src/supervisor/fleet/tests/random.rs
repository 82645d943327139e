//! Random graphs, wishes, ends and clocks: after every step the promises hold, and in the end no wish is lost.
//!
//! `PROCDASH_TEST_LONG=1` makes it two million steps.

mod changing;
mod drafts;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;

use self::drafts::any_services;
use super::super::super::sample::service;
use super::*;

/// Steps of one case on the average, and cases of the short and of the long form.
const STEPS: usize = 250;
const CASES: (u32, u32) = (400, 8_000);
/// The most services of a case.
const MOST: usize = 14;

/// What is known of a service's processes, apart from what the machines believe.
#[derive(Clone, Debug, Default)]
struct World {
    running: Option<Running>,
    last: Option<Last>,
    /// Starts since somebody asked for anything to be started, or since a long run.
    starts: u32,
    wish: Option<Wanted>,
}

#[derive(Clone, Debug)]
struct Running {
    run: RunId,
    since: Instant,
    is_up: bool,
    is_asked: bool,
    exit: Option<Exit>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    success: bool,
    by_request: bool,
}

/// What was wished last and has to be so once all is calm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Up,
    Down,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
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

fn any_step() -> impl Strategy<Value = Step> {
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

struct Bench {
    fleet: Fleet,
    services: Vec<Service>,
    world: Vec<World>,
    /// For each stop under way: who had to be gone before.
    order: BTreeMap<ServiceId, Vec<(ServiceId, RunId)>>,
    is_quitting: bool,
    now: Instant,
}

impl Bench {
    fn new(services: Vec<Service>) -> Self {
        let world = vec![World::default(); services.len()];
        let fleet = Fleet::new(services.clone());
        Self { fleet, services, world, order: BTreeMap::new(), is_quitting: false, now: Instant::now() }
    }

    fn ids(&self) -> Vec<ServiceId> {
        self.fleet.ids().collect()
    }

    fn set(&self, bits: u8) -> Vec<ServiceId> {
        self.ids().into_iter().filter(|id| bits & (1 << (id.index() % 8)) != 0).collect()
    }

    /// Whether `above` depends on `below`, by a way of its own to find out.
    fn depends(&self, above: ServiceId, below: ServiceId) -> bool {
        let needs = &self.services[above.index()].depends_on;
        needs.iter().any(|need| need.service == below || self.depends(need.service, below))
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask(wish, bits) => {
                let ids = self.set(bits);
                let ids = if wish == Wish::Stop { self.fleet.with_who_needs_them(&ids) } else { ids };
                self.ask(&ids, wish);
            }
            Step::RestartWithDependents(bits) => {
                let ids = self.fleet.with_dependents(&self.set(bits));
                self.ask(&ids, Wish::Restart);
            }
            Step::Add(need, rival) if self.services.len() < MOST => self.add(need, rival),
            Step::Add(..) => {}
            Step::Remove(bits) => self.remove(bits),
            Step::Happens(who, what) => self.happens(ServiceId::new(u32::from(who) % self.count()), what),
            Step::Stale(who) => {
                let id = ServiceId::new(u32::from(who) % self.count());
                let before = self.fleet.state(id);
                let news = News::Ended { verdict: Verdict::Gone, last: None };
                let old = RunId::default();
                if self.fleet.machine(id).unwrap().run() != old {
                    self.fleet.learn(id, old, news, self.now);
                    assert_eq!(self.fleet.state(id), before);
                }
            }
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds.into());
                self.fleet.tick(self.now);
            }
        }
        self.follow();
    }

    fn count(&self) -> u32 {
        u32::try_from(self.services.len()).unwrap()
    }

    fn ask(&mut self, ids: &[ServiceId], wish: Wish) {
        // a restart that waits for its turn is left as it is by a start
        for &id in ids.iter().filter(|_| wish != Wish::Start) {
            let first = ids.iter().filter(|other| self.depends(**other, id));
            let alive = first.filter_map(|other| Some((*other, self.world[other.index()].running.as_ref()?.run)));
            let before = alive.collect();
            self.order.insert(id, before);
        }
        let refused = self.fleet.ask(ids, wish, self.now);
        let is_refused = |id: ServiceId| refused.iter().any(|refused| refused.service == id);
        for &id in ids.iter().filter(|id| !is_refused(**id)) {
            self.world[id.index()].wish = match wish {
                Wish::Start | Wish::Restart => Some(Wanted::Up),
                Wish::Stop | Wish::Quit => Some(Wanted::Down),
                // a kill hurries a restart and ends anything else
                Wish::Kill => None,
            };
        }
        if matches!(wish, Wish::Start | Wish::Restart) {
            for below in self.ids() {
                self.world[below.index()].starts = 0;
                if !ids.contains(&below) && ids.iter().any(|id| self.depends(*id, below)) {
                    self.world[below.index()].wish = None;
                }
            }
        }
    }

    /// Lets one of the things happen that can happen to a run.
    fn happens(&mut self, id: ServiceId, what: u8) {
        let Some(running) = &mut self.world[id.index()].running else { return };
        let run = running.run;
        let news = match (running.is_up, running.exit, what % 8) {
            (false, _, 0..=5) => {
                running.is_up = true;
                News::Started { main: ProcessId { pid: 7, start: 7 }, guard: 6 }
            }
            (false, _, _) => News::NotStarted("no such program".to_owned()),
            (true, None, 0..=2) => self.exits(id, 0),
            (true, None, 3) => self.exits(id, 1),
            (true, Some(_), 0..=5) => News::Ended { verdict: Verdict::Gone, last: None },
            (true, None, 4..=5) if running.is_asked => News::Ended { verdict: Verdict::Gone, last: None },
            (true, _, 6) if running.is_asked => News::Resists(vec![]),
            (true, _, 7) if running.is_asked => {
                News::Ended { verdict: Verdict::Unknown("no /proc".to_owned()), last: None }
            }
            (true, _, _) => return,
        };
        self.tell(id, run, news);
    }

    fn exits(&mut self, id: ServiceId, code: i32) -> News {
        let exit = Exit::Code(code);
        if let Some(running) = &mut self.world[id.index()].running {
            running.exit = Some(exit);
        }
        News::MainExited(exit)
    }

    fn tell(&mut self, id: ServiceId, run: RunId, news: News) {
        let over = matches!(news, News::NotStarted(_) | News::Ended { verdict: Verdict::Gone, .. });
        let is_end = over || matches!(news, News::MainExited(_));
        self.fleet.learn(id, run, news, self.now);
        let world = &mut self.world[id.index()];
        let asked = self.fleet.machine(id).unwrap().ended().is_some_and(|ended| ended.asked);
        if is_end && !(over && asked) {
            // it has ended by itself: the policy decides now
            world.wish = world.wish.filter(|wish| *wish == Wanted::Down);
        }
        if over && let Some(running) = world.running.take() {
            let long = self.now - running.since >= Duration::from_secs(30);
            world.starts = if long { 0 } else { world.starts };
            world.last = Some(Last { success: running.exit == Some(Exit::Code(0)), by_request: asked });
        }
    }

    /// Does what was decided, and checks each of it.
    fn follow(&mut self) {
        for (id, effect) in self.fleet.take_effects() {
            match effect {
                Effect::Launch => self.launch(id),
                Effect::Signal(_) => {
                    self.check_order(id);
                    self.asked(id);
                }
                Effect::Kill => self.asked(id),
                Effect::RunStopCommand(_) | Effect::KillStopCommand(_) | Effect::Type(_) => panic!("{effect:?}"),
            }
        }
        for (id, _) in self.fleet.take_kept() {
            self.world[id.index()].wish = None;
        }
        for (id, machine) in self.fleet.machines() {
            let is_running = self.world[id.index()].running.is_some();
            assert_eq!(machine.state().is_alive(), is_running, "{id} is {:?}", machine.state());
        }
    }

    fn asked(&mut self, id: ServiceId) {
        self.world[id.index()].running.as_mut().expect("only what runs is ended").is_asked = true;
    }

    fn launch(&mut self, id: ServiceId) {
        let run = self.fleet.machine(id).unwrap().run();
        for need in &self.services[id.index()].depends_on {
            assert!(self.is_met(*need), "{id} begins and {} is not {:?}", need.service, need.condition);
            let departure = &self.fleet.members[need.service.index()].departure;
            assert!(departure.is_none(), "{id} begins and {} is about to be stopped", need.service);
        }
        assert!(self.fleet.stays(id), "{id} begins and was removed");
        for rival in &self.services[id.index()].conflicts {
            assert!(self.world[rival.index()].running.is_none(), "{id} begins beside {rival}");
        }
        let world = &mut self.world[id.index()];
        assert!(world.running.is_none(), "{id} has two runs");
        world.starts += 1;
        assert!(world.starts <= 1 + self.services[id.index()].restart.max, "{id} is started again and again");
        world.running = Some(Running { run, since: self.now, is_up: false, is_asked: false, exit: None });
    }

    /// Whether what is needed is so in the world.
    fn is_met(&self, need: Dependency) -> bool {
        let (service, world) = (&self.services[need.service.index()], &self.world[need.service.index()]);
        if service.command.is_none() {
            return service.depends_on.iter().all(|need| self.is_met(*need));
        }
        let is_up = world.running.as_ref().is_some_and(|running| running.is_up && running.exit.is_none());
        let last = world.last.filter(|last| world.running.is_none() && !last.by_request);
        let has_ended_well = last.is_some_and(|last| last.success);
        match need.condition {
            Condition::Started => is_up || has_ended_well,
            Condition::Ready if service.oneshot => has_ended_well,
            Condition::Ready => is_up,
            Condition::Completed => has_ended_well,
            Condition::Exited => last.is_some(),
        }
    }

    fn check_order(&self, id: ServiceId) {
        for (above, run) in self.order.get(&id).into_iter().flatten() {
            let is_there = self.world[above.index()].running.as_ref().is_some_and(|running| running.run == *run);
            let is_stuck = self.fleet.state(*above) == State::Stuck;
            assert!(!is_there || (self.is_quitting && is_stuck), "{id} is stopped before {above}");
        }
    }

    /// Lets everything come to an end that is on its way, without another failure.
    fn calm_down(&mut self) {
        for _ in 0..40 * self.services.len() {
            for id in self.ids() {
                let Some(running) = self.world[id.index()].running.clone() else { continue };
                let is_oneshot = self.services[id.index()].oneshot;
                let news = match running {
                    Running { is_up: false, .. } => {
                        self.world[id.index()].running.as_mut().unwrap().is_up = true;
                        News::Started { main: ProcessId { pid: 7, start: 7 }, guard: 6 }
                    }
                    Running { exit: Some(_), .. } | Running { is_asked: true, .. } => {
                        News::Ended { verdict: Verdict::Gone, last: None }
                    }
                    Running { exit: None, .. } if is_oneshot => self.exits(id, 0),
                    Running { exit: None, .. } => continue,
                };
                self.tell(id, running.run, news);
                self.follow();
            }
            self.take(Step::Wait(60_000));
        }
    }

    fn check_calm(&self) {
        assert_eq!(self.fleet.deadline(), None, "nothing is due any more");
        for id in self.ids() {
            let (state, wish) = (self.fleet.state(id), self.world[id.index()].wish);
            assert!(self.fleet.members[id.index()].departure.is_none(), "{id} waits to be stopped for ever");
            let is_resting = !state.is_alive() && state != State::Blocked;
            match wish {
                Some(Wanted::Up) => {
                    assert!(matches!(state, State::Running | State::Blocked | State::Done), "{id} is {state:?}");
                }
                Some(Wanted::Down) => assert!(is_resting, "{id} is {state:?}"),
                None => {}
            }
            let obstacles = self.fleet.obstacles(id);
            assert_eq!(obstacles.is_empty(), state != State::Blocked, "{id} is {state:?} on {obstacles:?}");
            // what runs on may be waited for to its end
            let stands = |state: State| matches!(state, State::Running);
            assert!(obstacles.iter().all(|found| found.needs_a_person || stands(found.state)), "{obstacles:?}");
        }
    }

    fn quit(&mut self) {
        self.is_quitting = true;
        self.ask(&self.ids(), Wish::Quit);
        self.follow();
        self.calm_down();
        for id in self.ids() {
            let state = self.fleet.state(id);
            assert!(!state.is_alive() && state != State::Blocked && state != State::Backoff, "{id} is {state:?}");
        }
    }
}

fn config() -> Config {
    let is_long = std::env::var_os("PROCDASH_TEST_LONG").is_some();
    let cases = if is_long { CASES.1 } else { CASES.0 };
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_the_promises_hold_and_no_wish_is_lost(
        services in any_services(),
        steps in prop::collection::vec(any_step(), 0..=2 * STEPS),
    ) {
        let mut bench = Bench::new(services);
        for step in steps {
            bench.take(step);
        }
        bench.calm_down();
        bench.check_calm();
        bench.take(Step::Ask(Wish::Start, u8::MAX));
        bench.quit();
    }
}
