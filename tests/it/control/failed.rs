//! Why something does not run: what it printed last, and who has killed it, in the words of `why` and on its panel.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::talk::{json, said, up, wait_for_state};
use crate::support::processes::wait_until_nothing_lives;
use crate::support::project::Project;
use crate::support::terminal::Screen;

/// What Python prints when nobody catches an error, in the colours that it has on a terminal.
const TRACEBACK: &str = "\
connecting to the broker
Traceback (most recent call last):
  File \"/srv/worker.py\", line 40, in <module>
    main()
    ~~~~^^
  File \"/srv/worker.py\", line 12, in main
    broker.connect(timeout=3)
    ~~~~~~~~~~~~~~^^^^^^^^^^^
\x1b[1;35mConnectionRefusedError\x1b[0m: \x1b[35m[Errno 111] no broker\x1b[0m
";

/// What is told of that.
const TOLD: [&str; 4] = [
    "Traceback (most recent call last):",
    "  File \"/srv/worker.py\", line 12, in main",
    "    broker.connect(timeout=3)",
    "ConnectionRefusedError: [Errno 111] no broker",
];

const SHOP: &str = r#"
[processes.worker]
command = "cat traceback; exit 1"
restart = "on-failure"
restart_delay = "50ms"
max_restarts = 2
ready = { log = "found" }

[processes.mailer]
command = "exec sleep 1000"
depends_on = ["worker"]

[processes.web]
command = "echo at work; exec sleep 1000"
ready = { log = "at work" }

# without a screen procdash ends once nothing runs
[processes.other]
command = "exec sleep 1000"
"#;

fn shop() -> Project {
    let project = Project::new(SHOP);
    project.write("traceback", TRACEBACK.as_bytes());
    project
}

#[test]
fn why_ends_with_the_lines_that_tell_why_the_last_run_failed() {
    let project = shop();
    let program = up(&project);
    wait_for_state(&project, "worker", "crash-loop");
    let why = said(&project, &["why", "worker"]);
    let lines: Vec<&str> = why.lines().collect();
    assert!(why.contains("it ended 3 times in a row and waits for you (max_restarts = 2)"), "{why}");
    let (last, heading) = (&lines[lines.len() - 4..], lines[lines.len() - 5]);
    assert_eq!(heading, "  its last lines", "{why}");
    assert_eq!(last, TOLD.map(|line| format!("    {line}")), "{why}");

    let reasons = json(&project, &["why", "worker", "--json"]);
    assert_eq!((&reasons["last_lines"], &reasons["last_lines_of"]), (&serde_json::json!(TOLD), &().into()));
    // who waits for it tells the same
    wait_for_state(&project, "mailer", "blocked");
    let reasons = json(&project, &["why", "mailer", "--json"]);
    assert_eq!((&reasons["last_lines"], &reasons["last_lines_of"]), (&serde_json::json!(TOLD), &"worker".into()));
    assert!(said(&project, &["why", "mailer"]).contains("the last lines of worker"));
    // what runs has nothing of the kind to tell
    let reasons = json(&project, &["why", "web", "--json"]);
    assert_eq!(reasons["last_lines"], serde_json::json!([]));
    program.signal(Signal::SIGTERM);
    program.finish();
}

#[test]
fn the_panel_shows_the_last_lines_until_it_is_started_again() {
    let project = shop();
    let mut screen = Screen::spawn(&project, &["up"], 120, 35);
    screen.wait_for_state("worker", "crash-loop");
    screen.keys("w").wait_for("its last lines");
    screen.wait_for("▎ ConnectionRefusedError: [Errno 111] no broker");
    screen.wait_for("broker.connect(timeout=3)");
    screen.keys("w").wait_without("its last lines");
    // a file without an end is read for as long as it runs
    std::fs::remove_file(project.path("traceback")).unwrap();
    nix::unistd::mkfifo(&project.path("traceback"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    screen.keys("s").wait_for_state("worker", "starting");
    screen.keys("w").wait_for("not ready for");
    screen.wait_without("its last lines");
    screen.keys("w").keys("q").keys("y");
    screen.exit_code();
    wait_until_nothing_lives(project.token());
}

/// Waits until a service has crashed, and returns why.
#[track_caller]
fn why_it_crashed(project: &Project, name: &str) -> String {
    wait_for_state(project, name, "crashed");
    said(project, &["why", name])
}

#[test]
fn a_sigkill_is_called_a_strangers_unless_somebody_has_sent_it_through_procdash() {
    let project = shop();
    let program = up(&project);
    let main = wait_for_state(&project, "web", "ready")["pid"].as_i64().expect("a main process");
    kill(Pid::from_raw(i32::try_from(main).unwrap()), Signal::SIGKILL).unwrap();
    let why = why_it_crashed(&project, "web");
    assert!(why.contains("it was killed by SIGKILL after") && why.contains("nobody here sent it"), "{why}");
    assert!(why.ends_with("  its last line\n    at work\n"), "{why}");

    said(&project, &["start", "web"]);
    said(&project, &["signal", "KILL", "web"]);
    let why = why_it_crashed(&project, "web");
    assert!(why.contains("it was killed by SIGKILL after") && !why.contains("nobody here sent it"), "{why}");
    program.signal(Signal::SIGTERM);
    program.finish();
}
