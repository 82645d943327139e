//! Every state has its reason, as a sentence.

use std::sync::Arc;
use std::time::Duration;

use super::super::blocked::{Obstacle, Turn};
use super::super::readiness::{Probing, Purpose};
use super::super::status::{Action as Asked, Rules};
use super::super::{NextRun, Restarted, WatchStatus, Watching};
use super::*;
use crate::config::Condition;
use crate::id::RunId;
use crate::process::{ProcessId, ProcessState, Survivor};

fn status(state: State) -> ServiceStatus {
    ServiceStatus { state, run: RunId::default().next(), ..ServiceStatus::never_started("api".into()) }
}

fn ended(state: State, exit: Option<Exit>, asked: bool) -> ServiceStatus {
    ServiceStatus { ended: Some(EndedRun { exit, ran: Duration::from_secs(133), asked, unfit: None }), ..status(state) }
}

fn texts(status: &ServiceStatus, now: Instant) -> Vec<String> {
    why(status, now).into_iter().map(|cause| cause.text).collect()
}

fn said(status: &ServiceStatus) -> Vec<String> {
    texts(status, Instant::now())
}

#[test]
fn what_rests_says_who_decided_that() {
    let mut never = status(State::Stopped);
    assert_eq!(why(&never, Instant::now()), [Cause::with("it was not started yet", Action::Start)]);
    never.rules.autostart = false;
    assert_eq!(said(&never), ["it was not started yet, and does not start by itself (autostart = false)"]);
    let by_request = ended(State::Stopped, Some(Exit::Code(0)), true);
    assert_eq!(said(&by_request), ["it was stopped by request after 02:13"]);
    let called_off = ended(State::Stopped, Some(Exit::Code(1)), false);
    assert_eq!(
        said(&called_off),
        ["its restart was called off by request; before that it exited with code 1 after 02:13"]
    );
    assert_eq!(
        said(&ended(State::Done, Some(Exit::Code(0)), false)),
        ["a one-shot: it exited with code 0 after 02:13 and does not run again by itself"]
    );
}

#[test]
fn what_runs_says_since_when_and_how_often_it_had_to_be_restarted() {
    let now = Instant::now() + Duration::from_secs(1 << 20);
    let mut running = ServiceStatus {
        main: Some(ProcessId { pid: 42, start: 1 }),
        started: now.checked_sub(Duration::from_secs(133)),
        ..ended(State::Running, Some(Exit::Code(1)), false)
    };
    assert_eq!(texts(&running, now), ["it has run for 02:13, pid 42"]);
    running.restarts = 2;
    assert_eq!(
        texts(&running, now)[1],
        "it was restarted by itself 2 times in a row; last time it exited with code 1 after 02:13"
    );
    running.main = None;
    assert_eq!(texts(&running, now)[0], "its command has ended and left a daemon, which has run for 02:13");
}

#[test]
fn a_stop_says_its_step_what_comes_next_and_who_is_still_alive() {
    let now = Instant::now() + Duration::from_secs(1 << 20);
    let since = now.checked_sub(Duration::from_secs(2)).unwrap();
    let member = Member {
        id: ProcessId { pid: 42, start: 1 },
        parent: 1,
        group: 42,
        depth: 0,
        command: "node server.js".to_owned(),
        state: ProcessState::Sleeping,
        cpu_percent: 0.0,
        memory: 0,
    };
    let stop = Stopping {
        action: Asked::Restart,
        step: StopStep::Signal(Signal::SIGTERM),
        signal: Some(Signal::SIGTERM),
        since,
        step_since: since,
        deadline: Some(now + Duration::from_millis(2500)),
        again: true,
    };
    let mut stopping =
        ServiceStatus { stopping: Some(stop), members: Arc::from(vec![member; 10]), ..status(State::Stopping) };
    let causes = why(&stopping, now);
    let texts: Vec<&str> = causes.iter().map(|cause| cause.text.as_str()).collect();
    assert_eq!(
        texts[..3],
        [
            "it is being stopped for a restart; then it starts again",
            "SIGTERM was sent 2.0 s ago; in 3 s its tree is killed",
            "still alive, sleeping: 42 node server.js"
        ]
    );
    assert_eq!((texts.len(), texts[10]), (11, "and 2 more are still alive"));
    assert_eq!(causes[1].remedy, Some(Action::Kill));
    for (step, words) in [
        (StopStep::StopCommand, "its stop command has run for 2.0 s; in 3 s it is asked by its signal"),
        (StopStep::Keys, "its stop keys were typed 2.0 s ago; in 3 s its tree is killed"),
        (StopStep::Kill, "SIGKILL was sent to its whole tree 2.0 s ago"),
    ] {
        stopping.stopping = Some(Stopping { step, ..stop });
        assert_eq!(why(&stopping, now)[1].text, words);
    }
}

#[test]
fn a_crash_says_how_it_ended_and_what_that_usually_means() {
    let signal = |signal: Signal, core_dumped| Exit::Signal { number: signal.number(), core_dumped };
    for (exit, words) in [
        (Exit::Code(1), "it exited with code 1 after 02:13"),
        (Exit::Code(127), "it exited with code 127 after 02:13: a shell says so when it does not find a program"),
        (
            Exit::Code(139),
            "it exited with code 139 after 02:13: a shell says so when SIGSEGV ended a program (an invalid memory \
             reference)",
        ),
        (
            signal(Signal::SIGSEGV, true),
            "it was killed by SIGSEGV (core dumped) after 02:13: an invalid memory reference",
        ),
        (signal(Signal::SIGKILL, false), "it was killed by SIGKILL after 02:13"),
    ] {
        let crashed = ended(State::Crashed, Some(exit), false);
        assert_eq!(said(&crashed), [words, "it is not restarted by itself (restart = \"no\")"]);
    }
    let never = ServiceStatus { problem: Some("no such program".into()), ..ended(State::Crashed, None, false) };
    assert_eq!(said(&never)[0], "it could not be started: no such program");
}

#[test]
fn a_sigkill_that_nobody_here_sent_says_what_the_kernel_tells_and_no_more() {
    let killed = Some(Exit::Signal { number: Signal::SIGKILL.number(), core_dumped: false });
    for (kill, words) in [
        (StrayKill::WantOfMemory, "want of memory during the run, so probably this one"),
        (StrayKill::NotForMemory, "perhaps another program did it"),
        (StrayKill::Unknown, "perhaps the kernel, for want of memory (see `dmesg`)"),
    ] {
        let crashed = ServiceStatus { stray_kill: Some(kill), ..ended(State::Crashed, killed, false) };
        let text = &said(&crashed)[0];
        assert!(text.starts_with("it was killed by SIGKILL after 02:13: nobody here sent it"), "{text}");
        assert!(text.ends_with(words), "{text}");
        let failed = ServiceStatus { stray_kill: Some(kill), ..ended(State::Crashed, Some(Exit::Code(1)), false) };
        assert_eq!(said(&failed)[0], "it exited with code 1 after 02:13");
    }
}

#[test]
fn what_waits_for_another_attempt_or_has_given_up_counts_them() {
    let now = Instant::now();
    let rules = Rules {
        autostart: true,
        restart: RestartPolicy::OnFailure,
        max_restarts: 5,
        is_target: false,
        is_oneshot: false,
    };
    let waiting = ServiceStatus {
        next_start: Some(now + Duration::from_millis(3500)),
        restarts: 2,
        rules,
        ..ended(State::Backoff, Some(Exit::Code(1)), false)
    };
    assert_eq!(
        texts(&waiting, now),
        ["it starts again in 4 s: attempt 2 of 5 (restart = \"on-failure\")", "it exited with code 1 after 02:13"]
    );
    let given_up = ServiceStatus { restarts: 5, rules, ..ended(State::CrashLoop, Some(Exit::Code(1)), false) };
    assert_eq!(said(&given_up)[0], "it ended 6 times in a row and waits for you (max_restarts = 5)");
}

#[test]
fn what_is_stuck_names_every_survivor_with_its_reason_and_the_key_that_tries_again() {
    let survivor = Survivor {
        id: ProcessId { pid: 42, start: 1 },
        command: "sudo sleep".to_owned(),
        state: ProcessState::Sleeping,
        reason: "permission denied".to_owned(),
    };
    let stuck = ServiceStatus { survivors: Arc::from([survivor]), ..status(State::Stuck) };
    let causes = why(&stuck, Instant::now());
    assert_eq!(causes[0], Cause::with("42 sudo sleep (sleeping): permission denied", Action::Kill));
    assert_eq!(causes.len(), 2);

    let unseen = ServiceStatus { problem: Some("its supervision failed".into()), ..status(State::Stuck) };
    assert_eq!(said(&unseen)[0], "it could not be seen to be gone: its supervision failed");
}

fn obstacle(state: State, through: &[&str]) -> Obstacle {
    Obstacle {
        name: "db".into(),
        condition: Condition::Ready,
        state,
        end: None,
        through: through.iter().map(|&name| name.into()).collect(),
        is_conflict: false,
        needs_a_person: state == State::Stopped,
    }
}

#[test]
fn what_is_blocked_names_what_it_waits_for_down_to_the_root() {
    let mut blocked = status(State::Blocked);
    blocked.blocked_on = [obstacle(State::Stopped, &["migrate"]), obstacle(State::Starting, &[])].into();
    assert_eq!(
        why(&blocked, Instant::now()),
        [
            Cause::with("it waits for migrate, which waits for db to be ready: db is stopped", Action::Start),
            Cause::fact("it waits for db to be ready: db is starting"),
        ]
    );
    blocked.blocked_on = vec![obstacle(State::Starting, &[]); NAMED + 2].into();
    assert_eq!(said(&blocked).last().map(String::as_str), Some("and for 2 more"));
}

#[test]
fn a_target_that_is_up_and_a_service_that_waits_its_turn_say_so() {
    let mut target = status(State::Done);
    target.rules.is_target = true;
    assert_eq!(said(&target), ["what it depends on is up"]);
    let mut runs = status(State::Running);
    runs.turn = Some(Turn::After("web".into()));
    assert_eq!(said(&runs)[1], "it is to be stopped once web, which depends on it, is gone");
    runs.turn = Some(Turn::KeptFor("web".into()));
    assert!(said(&runs)[1].starts_with("it was not stopped, since web, which depends on it, is not gone"));
}

#[test]
fn what_is_not_ready_says_what_its_probe_has_found_and_what_was_given_up_why() {
    let now = Instant::now();
    let probe = super::super::sample::probe();
    let mut probing = Probing::begin(Purpose::Ready, &probe, now);
    let starts = |probing: &Probing| ServiceStatus { probing: Some(probing.clone()), ..status(State::Starting) };
    let later = now + Duration::from_secs(12);
    assert_eq!(texts(&starts(&probing), later), ["not ready for 12.0 s: waits for tcp 5432"]);
    probing.take(&probe, Err("tcp 5432: connection refused".to_owned()), later);
    let said_now = texts(&starts(&probing), later);
    assert_eq!(said_now, ["not ready for 12.0 s: tcp 5432: connection refused (attempt 1, next in 500 ms)"]);

    let killed = Some(Exit::Signal { number: 9, core_dumped: false });
    let mut given_up = ended(State::Crashed, killed, false);
    given_up.ended.as_mut().unwrap().unfit = Some("was not ready after 30.0 s: connection refused".into());
    assert_eq!(said(&given_up)[0], "it was not ready after 30.0 s: connection refused; its tree was killed");
    let unhealthy = ServiceStatus { problem: Some("became unhealthy: 503".into()), ..status(State::Unhealthy) };
    assert_eq!(said(&unhealthy), ["it became unhealthy: 503; its tree is being killed"]);
}

#[test]
fn what_starts_again_by_a_change_or_by_the_clock_says_so() {
    let now = Instant::now() + Duration::from_secs(1 << 20);
    let watch = |watching, restarted| Some(WatchStatus { watching, restarted });
    let on = || Watching::On { folders: 2, missing: None };
    let mut api = ended(State::Running, Some(Exit::Code(1)), false);
    let restarted =
        Restarted { what: "src/main.rs".into(), at: now.checked_sub(Duration::from_secs(5)).unwrap(), run: api.run };
    api.watch = watch(on(), Some(restarted));
    let watched = "a change of its files restarts it: 2 folders are watched";
    assert_eq!(texts(&api, now)[1..], ["restarted by a change of src/main.rs 5.0 s ago", watched]);
    // a later run was started by somebody else
    api.run = api.run.next();
    assert_eq!(texts(&api, now)[1..], [watched]);

    api.watch = watch(Watching::Paused("out/x".into()), None);
    let paused = "its files are not watched any more, since out/x changes soon after every start";
    assert_eq!(why(&api, now)[1..], [Cause::with(paused, Action::Restart)]);
    api.watch = watch(Watching::Failed("no room".into()), None);
    assert_eq!(texts(&api, now)[1..], ["its files are not watched: no room"]);
    api.watch = watch(Watching::On { folders: 1, missing: Some("scr/*".into()) }, None);
    assert_eq!(texts(&api, now)[2..], ["nothing is there to watch for scr/*"]);

    let job = ServiceStatus {
        next_run: Some(NextRun { at: now + Duration::from_secs(252), clock: "12:05:00".into() }),
        ..ended(State::Done, Some(Exit::Code(0)), false)
    };
    let said = ["a one-shot: it exited with code 0 after 02:13", "next run in 04:12, at 12:05:00"];
    assert_eq!(texts(&job, now), said);
    let crashed = ServiceStatus { watch: watch(on(), None), ..ended(State::Crashed, Some(Exit::Code(1)), false) };
    assert_eq!(texts(&crashed, now)[2..], ["a change of its files starts it again: 2 folders are watched"]);
}
