//! Changes on a clock of the test's own.

use super::*;

const DEBOUNCE: Duration = Duration::from_millis(300);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn watch() -> OnChange {
    OnChange::new(DEBOUNCE)
}

/// A service in this state that began at `started`.
fn stand(state: State, started: Instant) -> Stand {
    Stand { state, ending: None, leaves: false, started: Some(started), run: RunId::default() }
}

fn see(watch: &mut OnChange, file: &str, at: Instant) {
    watch.see(Some(file.into()), at);
}

/// Decides as soon as that is due.
fn decide(watch: &mut OnChange, stand: Stand) -> Option<Decision> {
    watch.due().and_then(|due| watch.decide(stand, due))
}

#[test]
fn a_storm_is_one_restart_once_the_files_are_quiet() {
    let began = Instant::now();
    let at = began + ms(60_000);
    let mut watch = watch();
    assert_eq!(watch.due(), None);
    for (file, after) in [("src/main.rs", 0), ("src/a.rs", 10), ("src/main.rs", 20), ("src/b.rs", 100)] {
        see(&mut watch, file, at + ms(after));
    }
    assert_eq!(watch.due(), Some(at + ms(400)));
    let running = stand(State::Running, began);
    assert_eq!(watch.decide(running, at + ms(399)), None);
    let restart = Decision::Restart("src/main.rs and 2 more".to_owned());
    assert_eq!(watch.decide(running, at + ms(400)), Some(restart));
    assert_eq!(watch.due(), None, "once");
    assert_eq!(watch.status().restarted.unwrap().run, RunId::default().next());
}

#[test]
fn changes_without_an_end_do_not_put_it_off_for_ever() {
    let began = Instant::now();
    let at = began + ms(60_000);
    let mut watch = watch();
    for step in 0..40 {
        see(&mut watch, "log", at + ms(step * 100));
    }
    assert_eq!(watch.due(), Some(at + DEBOUNCE * 10));
}

#[test]
fn the_state_decides_whether_a_change_starts_it() {
    let began = Instant::now();
    let table = [
        (State::Starting, Some("restart")),
        (State::Running, Some("restart")),
        (State::Ready, Some("restart")),
        (State::Unhealthy, Some("start")),
        (State::Done, Some("start")),
        (State::Exited, Some("start")),
        (State::Crashed, Some("start")),
        (State::Backoff, Some("start")),
        (State::CrashLoop, Some("start")),
        (State::Stopped, None),
        (State::Blocked, None),
        (State::Stopping, None),
        (State::Stuck, None),
    ];
    assert_eq!(table.len(), State::ALL.len());
    for (state, expected) in table {
        let mut watch = watch();
        see(&mut watch, "x", began + ms(60_000));
        let decided = match decide(&mut watch, stand(state, began)) {
            Some(Decision::Restart(_)) => Some("restart"),
            Some(Decision::Start(_)) => Some("start"),
            Some(Decision::Pause(_)) => Some("pause"),
            None => None,
        };
        assert_eq!(decided, expected, "{state:?}");
        assert_eq!(watch.due(), None, "{state:?}");
    }
}

#[test]
fn what_ends_by_itself_starts_again_and_what_is_to_be_stopped_does_not() {
    let began = Instant::now();
    let at = began + ms(60_000);
    let mut watch = watch();
    see(&mut watch, "x", at);
    let swept = Stand { ending: Some(Action::Sweep), ..stand(State::Stopping, began) };
    assert_eq!(decide(&mut watch, swept), Some(Decision::Start("x".to_owned())));
    see(&mut watch, "x", at);
    let leaves = Stand { leaves: true, ..stand(State::Running, began) };
    assert_eq!(decide(&mut watch, leaves), None);
}

#[test]
fn what_has_changed_before_it_began_is_nothing_new() {
    let at = Instant::now() + ms(60_000);
    let mut watch = watch();
    see(&mut watch, "state", at);
    assert_eq!(decide(&mut watch, stand(State::Running, at + ms(1))), None);
    see(&mut watch, "state", at);
    assert!(decide(&mut watch, stand(State::Running, at.checked_sub(ms(1)).unwrap())).is_some());
}

/// Restarts it again and again, each time `after` its start; returns how often, and what it ended with.
fn again_and_again(watch: &mut OnChange, after: Duration) -> (u32, Option<Decision>) {
    let mut began = Instant::now();
    for count in 0..50 {
        see(watch, "out/cache", began + after);
        see(watch, &format!("out/{count}"), began + after);
        match decide(watch, stand(State::Running, began)) {
            Some(Decision::Restart(_)) => began += after + DEBOUNCE + ms(10),
            other => return (count, other),
        }
    }
    (50, None)
}

#[test]
fn a_service_that_writes_what_it_watches_is_left_alone_and_the_file_is_named() {
    let mut watch = watch();
    let paused = Some(Decision::Pause("out/cache".into()));
    assert_eq!(again_and_again(&mut watch, ms(1000)), (5, paused.clone()));
    assert_eq!(watch.status().watching, Watching::Paused("out/cache".into()));
    assert!(!watch.is_on());
    see(&mut watch, "out/cache", Instant::now());
    assert_eq!(watch.due(), None, "it is paused");
    watch.resume();
    assert!(watch.is_on());
    assert_eq!(again_and_again(&mut watch, ms(1000)), (5, paused));
}

#[test]
fn changes_that_come_later_are_a_persons() {
    assert_eq!(again_and_again(&mut watch(), ms(5000)).0, 50);
}

#[test]
fn too_many_to_be_named_are_told_as_that() {
    let began = Instant::now();
    let at = began + ms(60_000);
    let mut watch = watch();
    watch.see(None, at);
    assert_eq!(decide(&mut watch, stand(State::Running, began)), Some(Decision::Restart("many files".to_owned())));
    watch.see(Some("a".into()), at);
    watch.see(None, at);
    let many = Decision::Restart("a and many more".to_owned());
    assert_eq!(decide(&mut watch, stand(State::Running, began)), Some(many));
}
