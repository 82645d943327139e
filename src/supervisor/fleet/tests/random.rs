//! Random graphs, wishes, ends and clocks: after every step the promises hold, and in the end no wish is lost.
//!
//! `PROCDASH_TEST_LONG=1` makes it two million steps.

mod calm;
mod changing;
mod drafts;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;

use self::drafts::{Step, any_services, any_step};
use super::super::super::readiness::Purpose;
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
#[expect(clippy::struct_excessive_bools, reason = "each was learned by itself")]
struct Running {
    run: RunId,
    since: Instant,
    is_up: bool,
    is_asked: bool,
    /// What it is to be probed for.
    probed: Option<Purpose>,
    is_ready: bool,
    /// Whether its probes have ended it.
    is_unfit: bool,
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
                let old = RunId::default();
                if self.fleet.machine(id).unwrap().run() != old {
                    let passed = News::Probed { purpose: Purpose::Ready, outcome: Ok(()) };
                    for news in [News::Ended { verdict: Verdict::Gone, last: None }, passed] {
                        self.fleet.learn(id, old, news, self.now);
                        assert_eq!(self.fleet.state(id), before);
                    }
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
                // one that was refused may still be needed by one that was not
                let is_asked = ids.contains(&below) && !is_refused(below);
                if !is_asked && ids.iter().any(|id| self.depends(*id, below)) {
                    self.world[below.index()].wish = None;
                }
            }
        }
    }

    /// Lets one of the things happen that can happen to a run.
    fn happens(&mut self, id: ServiceId, what: u8) {
        let Some(running) = &mut self.world[id.index()].running else { return };
        let run = running.run;
        if let (Some(purpose), false, None, 12..) = (running.probed, running.is_asked, running.exit, what % 16) {
            return self.is_probed(id, purpose, what % 16 > 13);
        }
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

    /// Lets a probe pass or fail; one for something else that comes too late is no news.
    fn is_probed(&mut self, id: ServiceId, purpose: Purpose, passes: bool) {
        let running = self.world[id.index()].running.as_mut().expect("only what runs is probed");
        running.is_ready |= passes && purpose == Purpose::Ready;
        let run = running.run;
        let outcome = || if passes { Ok(()) } else { Err("connection refused".to_owned()) };
        if purpose == Purpose::Health {
            let before = self.fleet.state(id);
            self.fleet.learn(id, run, News::Probed { purpose: Purpose::Ready, outcome: outcome() }, self.now);
            assert_eq!(self.fleet.state(id), before);
        }
        self.tell(id, run, News::Probed { purpose, outcome: outcome() });
        let is_unfit = self.fleet.state(id) == State::Unhealthy;
        self.world[id.index()].running.as_mut().expect("it is being ended at the most").is_unfit = is_unfit;
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
            let success = running.exit == Some(Exit::Code(0)) && !running.is_unfit;
            world.last = Some(Last { success, by_request: asked });
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
                Effect::Probe(purpose) => self.probe(id, Some(purpose)),
                Effect::StopProbing => self.probe(id, None),
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

    fn probe(&mut self, id: ServiceId, purpose: Option<Purpose>) {
        let running = self.world[id.index()].running.as_mut().expect("only what runs is probed");
        assert!(running.is_up && running.exit.is_none(), "{id} is probed and does not run");
        running.probed = purpose;
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
        world.running = Some(Running {
            run,
            since: self.now,
            is_up: false,
            is_asked: false,
            probed: None,
            is_ready: self.services[id.index()].ready.is_none(),
            is_unfit: false,
            exit: None,
        });
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
            Condition::Ready => {
                is_up && world.running.as_ref().is_some_and(|running| running.is_ready && !running.is_unfit)
            }
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
