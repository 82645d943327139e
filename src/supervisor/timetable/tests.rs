//! Times on clocks of the test's own, and a random world in which they come.

use proptest::prelude::*;

use super::super::fleet::Fleet;
use super::super::machine::Machine;
use super::super::sample::service;
use super::super::wish::{Effect, News, Wish};
use super::*;
use crate::config::{Cron, Service};
use crate::id::ServiceId;
use crate::process::{Exit, ProcessId, Verdict};

const EVERY: Duration = Duration::from_mins(10);

fn wall(time: &str) -> Zoned {
    format!("2026-06-15T{time}[Europe/Berlin]").parse().unwrap()
}

fn every(overlap: Overlap) -> Schedule {
    Schedule { when: When::Every(EVERY), overlap }
}

fn cron(text: &str) -> Schedule {
    Schedule { when: When::Cron(Cron::parse(text).unwrap()), overlap: Overlap::Skip }
}

/// Returns the next time as a clock shows it.
fn next(table: &Timetable) -> Option<String> {
    Some(clock(table.next()?, wall("00:00:00").time_zone()))
}

fn run(number: u32) -> RunId {
    (0..number).fold(RunId::default(), |run, _| run.next())
}

#[test]
fn an_interval_is_counted_from_start_to_start() {
    let mut table = Timetable::new(every(Overlap::Skip));
    assert!(table.begin(&wall("12:00:00")), "it is started at once");
    assert_eq!(next(&table), None);
    table.see(State::Starting, run(1), &wall("12:00:01"));
    assert_eq!(next(&table).as_deref(), Some("12:10:01"));
    table.see(State::Done, run(1), &wall("12:04:00"));
    assert_eq!(table.decide(State::Done, &wall("12:10:00")), None);
    assert_eq!(table.decide(State::Done, &wall("12:10:01")), Some(Deed::Start));
    table.see(State::Starting, run(2), &wall("12:10:01"));
    assert_eq!(next(&table).as_deref(), Some("12:20:01"));
    // by hand, in between
    table.see(State::Starting, run(3), &wall("12:15:00"));
    assert_eq!(next(&table).as_deref(), Some("12:25:00"));
}

#[test]
fn a_line_of_cron_waits_for_its_first_time() {
    let mut table = Timetable::new(cron("*/5 * * * *"));
    assert!(!table.begin(&wall("12:01:00")));
    assert_eq!(next(&table).as_deref(), Some("12:05:00"));
    assert_eq!(table.decide(State::Stopped, &wall("12:05:00")), Some(Deed::Start));
    table.see(State::Starting, run(1), &wall("12:05:00"));
    assert_eq!(next(&table).as_deref(), Some("12:10:00"));
}

#[test]
fn what_was_missed_while_the_machine_slept_is_made_up_for_once() {
    for schedule in [cron("*/5 * * * *"), every(Overlap::Skip)] {
        let mut table = Timetable::new(schedule);
        table.see(State::Starting, run(1), &wall("12:00:00"));
        assert_eq!(table.decide(State::Done, &wall("18:02:00")), Some(Deed::Start));
        assert_eq!(table.decide(State::Done, &wall("18:02:01")), None);
        assert!(table.next().unwrap() > wall("18:02:00").timestamp());
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_interval_longer() {
    for schedule in [cron("*/5 * * * *"), every(Overlap::Skip)] {
        let mut table = Timetable::new(schedule);
        table.see(State::Starting, run(1), &wall("12:00:00"));
        assert_eq!(table.decide(State::Done, &wall("09:00:00")), None);
        assert!(table.next().unwrap() <= wall("09:10:00").timestamp());
    }
}

#[test]
fn the_overlap_decides_what_becomes_of_a_run_that_still_runs() {
    let table = [
        (Overlap::Skip, State::Running, Deed::Skip, false),
        (Overlap::Skip, State::Stopping, Deed::Skip, false),
        (Overlap::Queue, State::Running, Deed::Queue, true),
        (Overlap::Kill, State::Running, Deed::Restart, false),
        (Overlap::Kill, State::Stopping, Deed::Start, false),
        (Overlap::Kill, State::Stuck, Deed::Skip, false),
        (Overlap::Queue, State::Crashed, Deed::Start, false),
    ];
    for (overlap, state, deed, waits) in table {
        let mut table = Timetable::new(every(overlap));
        table.see(State::Starting, run(1), &wall("12:00:00"));
        assert_eq!(table.decide(state, &wall("12:10:00")), Some(deed), "{overlap:?} {state:?}");
        assert_eq!(table.see(State::Done, run(1), &wall("12:11:00")), waits, "{overlap:?} {state:?}");
        assert!(!table.see(State::Done, run(1), &wall("12:11:00")), "at most once");
    }
}

#[test]
fn a_stop_calls_it_off_until_the_next_start() {
    let mut table = Timetable::new(every(Overlap::Queue));
    table.see(State::Starting, run(1), &wall("12:00:00"));
    table.decide(State::Running, &wall("12:10:00"));
    table.call_off();
    assert!(!table.is_on());
    assert!(!table.see(State::Stopped, run(1), &wall("12:11:00")));
    assert_eq!(table.decide(State::Stopped, &wall("13:00:00")), None);
    table.see(State::Starting, run(2), &wall("13:00:00"));
    assert_eq!(next(&table).as_deref(), Some("13:10:00"));
}

#[test]
fn the_next_time_is_told_with_its_day_unless_it_is_today() {
    let (now, wall) = (Instant::now(), wall("12:00:00"));
    let told = |hours| NextRun::new(wall.timestamp() + SignedDuration::from_hours(hours), now, &wall);
    assert_eq!(told(2), NextRun { at: now + Duration::from_hours(2), clock: "14:00:00".into() });
    assert_eq!(&*told(12).clock, "Tue 16 Jun, 00:00:00");
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Time passes, in seconds; a machine that sleeps is one for which much of it passes at once.
    Pass(u32),
    SetBack(u32),
    /// The process ends with this code, if there is one.
    End(i32),
    Start,
    Stop,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..1200_u32).prop_map(Step::Pass),
        1 => (1..100_000_u32).prop_map(Step::Pass),
        1 => (1..100_000_u32).prop_map(Step::SetBack),
        6 => (0..2).prop_map(Step::End),
        1 => Just(Step::Start),
        1 => Just(Step::Stop),
    ]
}

/// A job, its schedule, its process.
struct World {
    fleet: Fleet,
    table: Timetable,
    now: Instant,
    wall: Zoned,
    process: Option<RunId>,
    launches: usize,
    allowed: usize,
}

const JOB: ServiceId = ServiceId::new(0);

impl World {
    fn new(schedule: Schedule) -> Self {
        let job = Service { oneshot: true, schedule: Some(schedule.clone()), ..service(Duration::from_secs(5)) };
        let table = Timetable::new(schedule);
        let (now, wall) = (Instant::now(), wall("12:00:00"));
        Self { fleet: Fleet::new([job]), table, now, wall, process: None, launches: 0, allowed: 0 }
    }

    fn machine(&self) -> &Machine {
        self.fleet.machine(JOB).unwrap()
    }

    fn ask(&mut self, wish: Wish) {
        let _may_be_refused = self.fleet.ask(&[JOB], wish, self.now);
        self.allowed += usize::from(matches!(wish, Wish::Start | Wish::Restart));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(seconds) => {
                self.now += Duration::from_secs(seconds.into());
                self.wall = &self.wall + SignedDuration::from_secs(seconds.into());
                self.fleet.tick(self.now);
            }
            Step::SetBack(seconds) => self.wall = &self.wall - SignedDuration::from_secs(seconds.into()),
            Step::End(code) => self.end(code),
            Step::Start => self.ask(Wish::Start),
            Step::Stop => {
                self.table.call_off();
                self.ask(Wish::Stop);
            }
        }
        self.settle();
    }

    fn end(&mut self, code: i32) {
        let Some(run) = self.process.take() else { return };
        let exit = Exit::Code(code);
        self.fleet.learn(JOB, run, News::MainExited(exit), self.now);
        self.fleet.learn(JOB, run, News::Ended { verdict: Verdict::Gone, last: Some(exit) }, self.now);
    }

    /// Does what follows, until nothing more does.
    fn settle(&mut self) {
        loop {
            let (state, run) = (self.machine().state(), self.machine().run());
            let waited = self.table.see(state, run, &self.wall);
            let deed = if waited { Some(Deed::Start) } else { self.table.decide(state, &self.wall) };
            match deed {
                Some(Deed::Start) => self.ask(Wish::Start),
                Some(Deed::Restart) => self.ask(Wish::Restart),
                Some(Deed::Skip | Deed::Queue) | None => {}
            }
            let effects = self.fleet.take_effects();
            if effects.is_empty() && deed.is_none() {
                return;
            }
            for (_, effect) in effects {
                self.carry_out(&effect);
            }
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Launch => {
                assert_eq!(self.process, None, "two runs at once");
                self.launches += 1;
                let run = self.machine().run();
                self.process = Some(run);
                let main = ProcessId { pid: 100, start: 7 };
                self.fleet.learn(JOB, run, News::Started { main, guard: 99 }, self.now);
            }
            Effect::Kill => self.end(1),
            Effect::Signal(_)
            | Effect::RunStopCommand(_)
            | Effect::KillStopCommand(_)
            | Effect::Type(_)
            | Effect::Probe(_)
            | Effect::StopProbing => {}
        }
    }
}

proptest! {
    #[test]
    fn never_are_there_two_runs_at_once_nor_more_than_were_due(
        by_cron in any::<bool>(),
        overlap in prop_oneof![Just(Overlap::Skip), Just(Overlap::Queue), Just(Overlap::Kill)],
        steps in prop::collection::vec(any_step(), 1..80),
    ) {
        let schedule = if by_cron { cron("*/10 * * * *") } else { every(overlap) };
        let mut world = World::new(Schedule { overlap, ..schedule });
        if world.table.begin(&world.wall) {
            world.ask(Wish::Start);
        }
        world.settle();
        for step in steps {
            world.step(step);
            prop_assert!(world.launches <= world.allowed, "{} launches, {} allowed", world.launches, world.allowed);
            if let Some(next) = world.table.next() {
                let most = SignedDuration::try_from(EVERY).unwrap();
                prop_assert!(next > world.wall.timestamp() && next <= world.wall.timestamp() + most);
            }
            let rests = matches!(world.machine().state(), State::Done | State::Crashed);
            prop_assert!(!rests || world.table.is_on() || matches!(step, Step::Stop), "it rests and is never started");
        }
    }
}
