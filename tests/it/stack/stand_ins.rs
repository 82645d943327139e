//! A stack of stand-ins: groups, replicas, the order up and down, and each killed in turn.

use nix::sys::signal::Signal;

use super::{assert_before, is, names, order, row, run, runs, said, shoot, wait_for, wait_for_lines};
use crate::support::processes::wait_until_nothing_lives;
use crate::support::program::Program;
use crate::support::project::Project;

/// Notes in a file when it comes up and when it goes down.
const STAND_IN: &str = "\
trap 'echo \"down $1 $REPLICA\" >> order; exit 0' TERM
echo \"up $1 $REPLICA\" >> order
echo at work
sleep 1000 &
wait
";

const STACK: &str = r#"
[processes.web]
command = "sh stand-in web"
depends_on = ["api"]
open = "http://localhost:${WEB_PORT:-8080}/"

[processes.worker]
command = "sh stand-in worker"
groups = ["backend"]
restart = "on-failure"
restart_delay = "50ms"
depends_on = { data = "started", migrate = "completed" }

[processes.api]
command = "sh stand-in api"
groups = ["backend"]
replicas = 2
restart = "always"
restart_delay = "50ms"
depends_on = { db = "started", migrate = "completed" }

[processes.migrate]
command = "echo up migrate >> order"
oneshot = true
depends_on = ["db"]

# "started" would say nothing about which of two lines is written first
[processes.db]
command = "sh stand-in db"
groups = ["data"]
ready = { log = "at work" }

[processes.cache]
command = "sh stand-in cache"
groups = ["data", "backend"]
"#;

#[track_caller]
fn all_up(procfile: &str) -> (Project, Program) {
    let project = Project::new(procfile);
    project.write("stand-in", STAND_IN.as_bytes());
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    for name in ["web", "worker", "api.1", "api.2", "db", "cache"] {
        wait_for(&project, name, runs);
    }
    wait_for_lines(&project, "up", &["web", "worker", "api 1", "api 2", "db", "cache", "migrate"]);
    (project, program)
}

#[track_caller]
fn down(project: &Project, program: Program) {
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn groups_and_replicas_come_up_in_order_and_go_down_in_reverse() {
    let (project, program) = all_up(STACK);
    let up = order(&project, "up");
    for (first, second) in [("db", "migrate"), ("migrate", "api 1"), ("migrate", "api 2"), ("migrate", "worker")] {
        assert_before(&up, first, second);
    }
    down(&project, program);
    let gone = order(&project, "down");
    for (first, second) in [("web", "api 1"), ("web", "api 2"), ("api 1", "db"), ("api 2", "db"), ("worker", "cache")] {
        assert_before(&gone, first, second);
    }
}

#[test]
fn a_group_or_a_process_with_replicas_stands_for_all_of_its_services_in_every_command() {
    let (project, program) = all_up(STACK);
    assert_eq!(names(&project, &["ps", "api"]), ["api.1", "api.2"]);
    assert_eq!(names(&project, &["ps", "backend", "web"]), ["worker", "api.1", "api.2", "cache", "web"]);
    let unknown = run(&project, &["ps", "bakend"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("did you mean `backend`?"), "{unknown:?}");

    let tree = said(&project, &["tree", "data"]);
    assert!(tree.contains("db  ready") && tree.contains("cache  running") && !tree.contains("web"), "{tree}");
    let told = said(&project, &["signal", "WINCH", "api"]);
    assert!(told.contains("api.1: SIGWINCH") && told.contains("api.2: SIGWINCH"), "{told}");
    assert_eq!(run(&project, &["why", "api"]).code, 2);

    let stopped = said(&project, &["stop", "backend"]);
    for name in ["worker", "api.1", "api.2", "cache", "web"] {
        assert!(stopped.contains(&format!("{name}: stopped")), "{name}: {stopped}");
    }
    assert_eq!(row(&project, "db").unwrap()["state"], "ready");
    said(&project, &["start", "web", "api"]);
    said(&project, &["wait", "api", "--timeout", "30s"]);
    assert!(said(&project, &["kill", "api"]).contains("api.2: killed"));
    down(&project, program);

    // only what is named, and what that needs
    let program = Program::start(project.procdash(&["up", "--no-tui", "data"]));
    for (name, state) in [("db", "ready"), ("cache", "running"), ("worker", "stopped"), ("api.1", "stopped")] {
        wait_for(&project, name, is(state));
    }
    down(&project, program);
}

#[test]
fn each_of_the_stack_is_killed_in_turn_and_what_must_follow_follows() {
    let (project, program) = all_up(STACK);
    // a replica and the worker come again by themselves, and alone: what they need is there
    for name in ["api.2", "worker"] {
        let others = row(&project, "api.1").unwrap();
        let run = shoot(&project, name);
        wait_for(&project, name, |row| row["run"] == run + 1 && row["state"] == "running");
        assert_eq!(row(&project, "api.1").unwrap()["pid"], others["pid"]);
    }
    // web stays down, and nobody else is touched
    shoot(&project, "web");
    let web = wait_for(&project, "web", is("crashed"));
    assert_eq!(web["cpu_percent"].to_string(), "0.0", "of nobody");
    let why = said(&project, &["why", "web"]);
    assert!(why.contains("was killed by SIGKILL") && why.contains("procdash restart web"), "{why}");

    // without what they need those above go on; one that ends then waits, and says for whom
    for name in ["db", "cache"] {
        shoot(&project, name);
        wait_for(&project, name, is("crashed"));
    }
    assert_eq!(row(&project, "api.2").unwrap()["state"], "running");
    shoot(&project, "api.2");
    assert_eq!(wait_for(&project, "api.2", is("blocked"))["blocked_on"], serde_json::json!(["db"]));
    shoot(&project, "worker");
    assert_eq!(wait_for(&project, "worker", is("blocked"))["blocked_on"], serde_json::json!(["db", "cache"]));
    let why = said(&project, &["why", "worker"]);
    assert!(why.contains("it waits for cache to be started: cache crashed (killed by SIGKILL)"), "{why}");

    // whoever is started brings back what it needs, and with that the others that wait for it
    said(&project, &["start", "worker"]);
    wait_for(&project, "api.2", runs);
    said(&project, &["start", "web"]);
    assert_eq!(row(&project, "migrate").unwrap()["run"], 1, "what is done is not done again");
    down(&project, program);
}
