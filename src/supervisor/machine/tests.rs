//! The machine's behaviour as sentences, each run without a process and without a clock.

mod probed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::course::CommandOutcome;
use super::super::sample::service;
use super::super::status::{Action, HowItEnded, State};
use super::super::wish::{Effect, News, Refusal, Wish};
use super::Machine;
use crate::config::{CommandLine, RestartPolicy, Service};
use crate::id::RunId;
use crate::process::{Exit, ProcessId, ProcessState, Survivor, Verdict};
use crate::signal::Signal;

const GRACE: Duration = Duration::from_secs(5);
const MAIN: ProcessId = ProcessId { pid: 100, start: 7 };

/// A machine with a clock that only moves when told to.
struct Bench {
    machine: Machine,
    now: Instant,
}

impl Bench {
    fn new(change: impl FnOnce(&mut Service)) -> Self {
        let mut service = service(GRACE);
        change(&mut service);
        Self { machine: Machine::new(Arc::new(service)), now: Instant::now() }
    }

    fn running(change: impl FnOnce(&mut Service)) -> Self {
        let mut bench = Self::new(change);
        assert_eq!(bench.ask(Wish::Start), Ok(vec![Effect::Launch]));
        assert_eq!(bench.learn(News::Started { main: MAIN, guard: 99 }), []);
        assert_eq!(bench.machine.state(), State::Running);
        bench
    }

    fn ask(&mut self, wish: Wish) -> Result<Vec<Effect>, Refusal> {
        self.machine.ask(wish, self.now)
    }

    fn learn(&mut self, news: News) -> Vec<Effect> {
        self.machine.learn(self.machine.run(), news, self.now)
    }

    fn wait(&mut self, time: Duration) -> Vec<Effect> {
        self.now += time;
        self.machine.tick(self.now)
    }

    fn gone(&mut self) -> Vec<Effect> {
        self.learn(News::Ended { verdict: Verdict::Gone, last: None })
    }

    fn crash(&mut self) -> Vec<Effect> {
        assert_eq!(self.learn(News::MainExited(Exit::Code(1))), [Effect::Kill]);
        self.gone()
    }

    fn state(&self) -> State {
        self.machine.state()
    }
}

fn survivor() -> Survivor {
    Survivor { id: MAIN, command: "sudo x".to_owned(), state: ProcessState::Sleeping, reason: "refused".to_owned() }
}

#[test]
fn a_stop_asks_waits_for_the_grace_and_then_kills() {
    let mut bench = Bench::running(|_| {});
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![Effect::Signal(Signal::SIGTERM)]));
    assert_eq!(bench.state(), State::Stopping);
    assert_eq!(bench.wait(GRACE.checked_sub(Duration::from_millis(1)).expect("the grace is longer")), []);
    assert_eq!(bench.wait(Duration::from_millis(1)), [Effect::Kill]);
    assert_eq!(bench.machine.how_it_ends(), HowItEnded::Forced);
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn stopped_is_reached_through_a_look_and_not_through_the_exit_of_the_main_process() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Stop).expect("it runs");
    assert_eq!(bench.learn(News::MainExited(Exit::Code(0))), []);
    assert_eq!(bench.state(), State::Stopping);
    assert_eq!(bench.machine.how_it_ends(), HowItEnded::InGrace);
    bench.gone();
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn a_restart_starts_again_only_after_the_tree_is_verified_gone() {
    let mut bench = Bench::running(|_| {});
    let first = bench.machine.run();
    assert_eq!(bench.ask(Wish::Restart), Ok(vec![Effect::Signal(Signal::SIGTERM)]));
    assert_eq!(bench.learn(News::MainExited(Exit::Code(0))), []);
    assert_eq!(bench.machine.run(), first);
    assert_eq!(bench.gone(), [Effect::Launch]);
    assert_eq!(bench.machine.run(), first.next());
    assert_eq!(bench.state(), State::Starting);
}

#[test]
fn a_start_while_it_stops_means_that_it_runs_afterwards_and_a_stop_takes_that_back() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Stop).expect("it runs");
    assert_eq!(bench.ask(Wish::Start), Ok(vec![]));
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![]));
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Stopped);

    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Stop).expect("it runs");
    assert_eq!(bench.ask(Wish::Restart), Ok(vec![]));
    assert_eq!(bench.gone(), [Effect::Launch]);
}

#[test]
fn a_kill_during_a_restart_hurries_it_and_a_kill_of_a_running_service_is_final() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Restart).expect("it runs");
    assert_eq!(bench.ask(Wish::Kill), Ok(vec![Effect::Kill]));
    assert_eq!(bench.gone(), [Effect::Launch]);

    let mut bench = Bench::running(|service| service.restart.policy = RestartPolicy::Always);
    assert_eq!(bench.ask(Wish::Kill), Ok(vec![Effect::Kill]));
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn a_stop_while_it_starts_is_not_lost() {
    let mut bench = Bench::new(|_| {});
    bench.ask(Wish::Start).expect("it rests");
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![Effect::Signal(Signal::SIGTERM)]));
    assert_eq!(bench.learn(News::Started { main: MAIN, guard: 99 }), []);
    assert_eq!(bench.state(), State::Stopping);
    bench.gone();
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn what_a_crashed_main_process_leaves_behind_is_killed_before_the_crash_is_final() {
    let mut bench = Bench::running(|_| {});
    assert_eq!(bench.learn(News::MainExited(Exit::Code(3))), [Effect::Kill]);
    assert_eq!(bench.state(), State::Stopping);
    assert_eq!(bench.machine.how_it_ends(), HowItEnded::ByItself);
    bench.gone();
    assert_eq!(bench.state(), State::Crashed);
    let ended = bench.machine.ended().expect("it has ended");
    assert_eq!((ended.exit, ended.asked), (Some(Exit::Code(3)), false));
}

#[test]
fn the_restart_policy_waits_doubles_and_gives_up_as_a_crash_loop() {
    let mut bench = Bench::running(|service| service.restart.policy = RestartPolicy::OnFailure);
    for delay in [500, 1000] {
        assert_eq!(bench.crash(), []);
        assert_eq!(bench.state(), State::Backoff);
        assert_eq!(bench.wait(Duration::from_millis(delay - 1)), []);
        assert_eq!(bench.wait(Duration::from_millis(1)), [Effect::Launch]);
        bench.learn(News::Started { main: MAIN, guard: 99 });
    }
    assert_eq!(bench.crash(), []);
    assert_eq!(bench.state(), State::CrashLoop);
    assert_eq!(bench.wait(Duration::from_hours(1)), []);
    assert_eq!(bench.ask(Wish::Start), Ok(vec![Effect::Launch]));
    assert_eq!(bench.machine.attempts(), 0);
}

#[test]
fn a_manual_stop_beats_the_restart_policy_at_every_moment() {
    let always = |service: &mut Service| service.restart.policy = RestartPolicy::Always;
    let mut bench = Bench::running(always);
    bench.crash();
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![]));
    assert_eq!(bench.state(), State::Stopped);
    assert_eq!(bench.wait(Duration::from_mins(1)), []);

    let mut bench = Bench::running(always);
    bench.learn(News::MainExited(Exit::Code(1)));
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![]));
    bench.gone();
    assert_eq!(bench.state(), State::Stopped);

    let mut bench = Bench::running(always);
    bench.ask(Wish::Stop).expect("it runs");
    bench.learn(News::MainExited(Exit::Code(1)));
    bench.gone();
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn survivors_make_it_stuck_refuse_a_start_and_are_killed_again_on_request() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Kill).expect("it runs");
    assert_eq!(bench.learn(News::Resists(vec![survivor()])), []);
    assert_eq!(bench.state(), State::Stuck);
    assert_eq!(bench.machine.survivors(), [survivor()]);
    assert_eq!(bench.ask(Wish::Start), Err(Refusal::Stuck));
    assert_eq!(bench.ask(Wish::Restart), Err(Refusal::Stuck));
    assert_eq!(bench.ask(Wish::Kill), Ok(vec![Effect::Kill]));
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn a_look_that_contradicts_the_guard_or_could_not_be_taken_is_never_stopped() {
    for verdict in [Verdict::Survivors(vec![survivor()]), Verdict::Unknown("no /proc".to_owned())] {
        let mut bench = Bench::running(|_| {});
        bench.ask(Wish::Stop).expect("it runs");
        bench.learn(News::Ended { verdict, last: None });
        assert_eq!(bench.state(), State::Stuck);
    }
}

#[test]
fn what_was_not_seen_to_be_gone_is_stopped_once_a_later_look_sees_it() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Stop).expect("it runs");
    bench.learn(News::Ended { verdict: Verdict::Unknown("no /proc".to_owned()), last: None });
    bench.learn(News::Ended { verdict: Verdict::Survivors(vec![survivor()]), last: None });
    assert_eq!(bench.state(), State::Stuck);
    assert_eq!(bench.gone(), []);
    assert_eq!((bench.state(), bench.machine.problem()), (State::Stopped, None));
}

#[test]
fn a_daemon_lives_on_after_its_command_and_its_own_end_is_the_services_end() {
    let mut bench = Bench::running(|service| service.daemon = true);
    assert_eq!(bench.learn(News::MainExited(Exit::Code(0))), []);
    assert_eq!(bench.state(), State::Running);
    let killed = Exit::Signal { number: 9, core_dumped: false };
    bench.learn(News::Ended { verdict: Verdict::Gone, last: Some(killed) });
    assert_eq!(bench.state(), State::Crashed);
    assert_eq!(bench.machine.ended().and_then(|ended| ended.exit), Some(killed));
}

#[test]
fn a_daemons_command_that_fails_is_a_crash() {
    let mut bench = Bench::running(|service| service.daemon = true);
    bench.crash();
    assert_eq!(bench.state(), State::Crashed);
}

#[test]
fn the_stop_command_comes_first_then_the_signal_with_a_grace_of_its_own() {
    let command = CommandLine::Shell("drain".to_owned());
    let drains = |service: &mut Service| service.stop.command = Some(CommandLine::Shell("drain".to_owned()));
    let mut bench = Bench::running(drains);
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![Effect::RunStopCommand(command.clone())]));
    assert_eq!(bench.learn(News::StopCommandEnded { succeeded: true }), [Effect::Signal(Signal::SIGTERM)]);
    assert_eq!(bench.machine.how_it_ends(), HowItEnded::Acknowledged);
    assert_eq!(bench.wait(GRACE), [Effect::Kill]);

    let mut bench = Bench::running(drains);
    bench.ask(Wish::Stop).expect("it runs");
    assert_eq!(bench.wait(GRACE), [Effect::KillStopCommand(CommandOutcome::TimedOut), Effect::Signal(Signal::SIGTERM)]);
    assert_eq!(bench.wait(GRACE), [Effect::Kill]);

    let mut bench = Bench::running(drains);
    bench.ask(Wish::Stop).expect("it runs");
    assert_eq!(bench.ask(Wish::Kill), Ok(vec![Effect::KillStopCommand(CommandOutcome::CutShort), Effect::Kill]));
}

#[test]
fn keys_are_typed_instead_of_a_signal() {
    let mut bench = Bench::running(|service| service.stop.keys = Some("q".to_owned()));
    assert_eq!(bench.ask(Wish::Stop), Ok(vec![Effect::Type("q".to_owned())]));
    assert_eq!(bench.wait(GRACE), [Effect::Kill]);
}

#[test]
fn what_could_not_be_started_is_a_crash_with_its_reason_and_never_has_an_exit() {
    let mut bench = Bench::new(|_| {});
    bench.ask(Wish::Start).expect("it rests");
    bench.learn(News::NotStarted("no such program".to_owned()));
    assert_eq!(bench.state(), State::Crashed);
    assert_eq!(bench.machine.problem(), Some("no such program"));
    assert_eq!(bench.machine.ended().and_then(|ended| ended.exit), None);
}

#[test]
fn news_about_an_old_run_changes_nothing() {
    let mut bench = Bench::running(|_| {});
    let news = News::Ended { verdict: Verdict::Gone, last: None };
    assert_eq!(bench.machine.learn(RunId::default(), news, bench.now), []);
    assert_eq!(bench.state(), State::Running);
}

#[test]
fn a_quit_takes_a_pending_restart_back_and_refuses_new_starts() {
    let mut bench = Bench::running(|_| {});
    bench.ask(Wish::Restart).expect("it runs");
    assert_eq!(bench.ask(Wish::Quit), Ok(vec![]));
    assert_eq!(bench.ask(Wish::Start), Err(Refusal::Quitting));
    assert_eq!(bench.machine.ending().map(|ending| ending.action), Some(Action::Quit));
    assert_eq!(bench.gone(), []);
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn what_rests_has_nothing_to_stop_and_what_runs_is_not_started_twice() {
    let mut bench = Bench::new(|_| {});
    assert_eq!(bench.ask(Wish::Stop), Err(Refusal::NothingAlive));
    assert_eq!(bench.ask(Wish::Kill), Err(Refusal::NothingAlive));
    let mut bench = Bench::running(|_| {});
    assert_eq!(bench.ask(Wish::Start), Err(Refusal::AlreadyUp));
}
