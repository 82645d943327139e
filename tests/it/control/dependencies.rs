//! A stack of small stand-ins: it comes up in order and goes down in reverse, and each is killed in turn.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::talk::{json, run, said, up, wait_for_state};
use crate::support::processes::{assert_no_service_lives, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::wait;

/// Notes in a file when it comes up and when it goes down.
const STAND_IN: &str = "\
echo \"up $1\" >> order
trap 'echo \"down $1\" >> order; exit 0' TERM
sleep 1000 &
wait
";

/// In the file each stands before what it depends on.
const STACK: &str = r#"
[processes.stack]
depends_on = ["web", "worker"]

[processes.web]
command = "sh stand-in web"
depends_on = ["api"]

[processes.worker]
command = "sh stand-in worker"
depends_on = { db = "started", migrate = "completed" }

[processes.api]
command = "sh stand-in api"
depends_on = { db = "ready", migrate = "completed" }
restart = "always"
restart_delay = "50ms"

[processes.migrate]
command = "test ! -e broken"
oneshot = true
depends_on = ["db"]

[processes.db]
command = "sh stand-in db"

[processes.other]
command = "sh stand-in other"
"#;

fn project() -> Project {
    let project = Project::new(STACK);
    project.write("stand-in", STAND_IN.as_bytes());
    project
}

/// Starts the stack and waits until all of it is up, and able to say when it goes.
#[track_caller]
fn all_up(project: &Project) -> Program {
    let program = up(project);
    wait_for_state(project, "stack", "done");
    wait_for_line(project, "up", &["web", "worker", "api", "db", "other"]);
    program
}

/// Returns the names in the lines that begin with `word`, in order.
fn order(project: &Project, word: &str) -> Vec<String> {
    let text = fs::read_to_string(project.path("order")).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ').map(str::to_owned)).collect()
}

#[track_caller]
fn wait_for_line(project: &Project, word: &str, names: &[&str]) {
    let all = || names.iter().all(|name| order(project, word).iter().any(|seen| seen == name)).then_some(());
    assert!(wait::until(all).is_some(), "{word} {names:?}: {:?}", order(project, word));
}

#[track_caller]
fn assert_before(order: &[String], first: &str, second: &str) {
    let place = |name: &str| order.iter().position(|seen| seen == name).unwrap_or_else(|| panic!("{name}: {order:?}"));
    assert!(place(first) < place(second), "{first} before {second}: {order:?}");
}

/// Kills the main process of a service that runs.
#[track_caller]
fn shoot(project: &Project, name: &str) {
    let row = wait_for_state(project, name, "running");
    let pid = i32::try_from(row["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

fn row(project: &Project, name: &str) -> Value {
    let board = json(project, &["ps", "--json"]);
    board["services"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
}

#[test]
fn a_stack_comes_up_in_order_and_goes_down_in_reverse() {
    let project = project();
    let program = all_up(&project);
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    let begun: Vec<String> = ended
        .out
        .lines()
        .filter_map(|line| line.split_once('|').filter(|(_, text)| text.contains("run 1 ·")))
        .map(|(name, _)| name.trim().to_owned())
        .collect();
    for (first, second) in
        [("db", "migrate"), ("migrate", "api"), ("migrate", "worker"), ("api", "web"), ("db", "worker")]
    {
        assert_before(&begun, first, second);
    }
    let gone = order(&project, "down");
    for (first, second) in [("web", "api"), ("api", "db"), ("worker", "db")] {
        assert_before(&gone, first, second);
    }
    assert_eq!(ended.code, 0, "{ended:?}");
    wait_until_nothing_lives(project.token());
}

#[test]
fn each_is_killed_in_turn_and_what_must_follow_follows() {
    let project = project();
    let program = all_up(&project);

    // nobody needs web, and nothing else is touched
    let api = row(&project, "api");
    shoot(&project, "web");
    wait_for_state(&project, "web", "crashed");
    let stack = wait_for_state(&project, "stack", "blocked");
    assert_eq!(stack["blocked_on"], serde_json::json!(["web"]));
    assert_eq!(row(&project, "api")["pid"], api["pid"]);

    // api starts again by itself: what it needs is there
    shoot(&project, "api");
    let again = wait::until(|| Some(row(&project, "api")).filter(|row| row["run"] == 2 && row["state"] == "running"));
    assert!(again.is_some(), "{}", row(&project, "api"));

    // without db the others go on, until they end themselves
    shoot(&project, "db");
    wait_for_state(&project, "db", "crashed");
    assert_eq!(
        (&row(&project, "api")["state"], &row(&project, "worker")["state"]),
        (&"running".into(), &"running".into())
    );
    shoot(&project, "api");
    assert_eq!(wait_for_state(&project, "api", "blocked")["blocked_on"], serde_json::json!(["db"]));
    let why = said(&project, &["why", "api"]);
    assert!(why.contains("it waits for db to be ready: db crashed (killed by SIGKILL)"), "{why}");
    assert!(why.contains("procdash start api"), "{why}");

    // the last of the chain brings all of it back
    assert!(said(&project, &["start", "web"]).contains("web"));
    wait_for_state(&project, "stack", "done");
    assert_eq!(row(&project, "migrate")["run"], 1, "what is done is not done again");

    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_migration_that_fails_holds_back_what_needs_it_and_is_tried_again_with_it() {
    let project = project();
    project.write("broken", b"");
    let program = up(&project);
    wait_for_state(&project, "migrate", "crashed");
    wait_for_state(&project, "web", "blocked");
    let why = said(&project, &["why", "web"]);
    assert!(why.contains("waits for api, which waits for migrate to complete: migrate crashed"), "{why}");
    let table = said(&project, &["ps"]);
    assert!(table.lines().any(|line| line.split_whitespace().eq(["api", "blocked", "on", "migrate"])), "{table}");

    let refused = run(&project, &["start", "web"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(format!("{}{}", refused.out, refused.err).contains("migrate crashed"), "{refused:?}");

    fs::remove_file(project.path("broken")).unwrap();
    said(&project, &["start", "web"]);
    wait_for_state(&project, "api", "running");
    // who waited without being asked for again has started, too
    wait_for_state(&project, "worker", "running");
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    let told = |line: &&str| line.contains("api") && line.contains("not started: waits for migrate to complete");
    // once for the first failure, and not again for what has not changed
    assert_eq!(ended.out.lines().filter(|line| line.starts_with("api")).filter(told).count(), 2, "{}", ended.out);
    wait_until_nothing_lives(project.token());
}

#[test]
fn without_a_screen_a_failure_that_holds_back_all_others_is_told_and_is_the_end() {
    let project = Project::new(
        "[processes.migrate]\ncommand = \"exit 4\"\noneshot = true\n\
         [processes.api]\ncommand = \"sleep 1000\"\ndepends_on = [\"migrate\"]\n",
    );
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert_eq!(ended.code, 1, "{ended:?}");
    let told = "not started: waits for migrate to be ready: migrate crashed (exited with code 4)";
    assert!(ended.out.lines().any(|line| line.starts_with("api") && line.contains(told)), "{}", ended.out);
    assert_no_service_lives(project.token());
}

#[test]
fn a_stop_ends_those_who_need_it_first_and_tells_of_each() {
    let project = project();
    let program = all_up(&project);
    let out = said(&project, &["stop", "db", "--json"]);
    for name in ["db", "api", "worker", "web"] {
        assert!(out.contains(&format!("\"service\":\"{name}\"")), "{name}: {out}");
        assert_eq!(row(&project, name)["state"], "stopped");
    }
    let gone = order(&project, "down");
    for (first, second) in [("web", "api"), ("api", "db"), ("worker", "db")] {
        assert_before(&gone, first, second);
    }
    assert_eq!(
        (&row(&project, "other")["state"], &row(&project, "migrate")["state"]),
        (&"running".into(), &"done".into())
    );
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_restart_takes_dependents_along_only_when_it_is_told_to() {
    let project = project();
    let program = all_up(&project);
    said(&project, &["restart", "api"]);
    assert_eq!((&row(&project, "api")["run"], &row(&project, "web")["run"]), (&2.into(), &1.into()));
    wait_for_line(&project, "up", &["api"]);

    let out = said(&project, &["restart", "--with-dependents", "db"]);
    for name in ["db", "api", "worker", "web"] {
        assert!(out.contains(name), "{name}: {out}");
    }
    let runs = ["db", "api", "worker", "web", "migrate"].map(|name| row(&project, name)["run"].as_u64().unwrap());
    assert_eq!(runs, [2, 3, 2, 2, 1], "{out}");
    wait_for_state(&project, "stack", "done");
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn the_graph_is_the_plan_of_the_file_with_the_states_of_what_runs() {
    let project = project();
    let plan = said(&project, &["graph"]);
    let lines: Vec<&str> = plan.lines().collect();
    assert_eq!(lines[..4], ["stack", "├─ web", "│  └─ api", "│     ├─ db"], "{plan}");
    let _program = all_up(&project);
    shoot(&project, "web");
    wait_for_state(&project, "web", "crashed");
    wait_for_state(&project, "stack", "blocked");
    let plan = said(&project, &["graph"]);
    let lines: Vec<&str> = plan.lines().collect();
    assert_eq!(lines[..4], ["stack  blocked on web", "├─ web  crashed", "│  └─ api  running", "│     ├─ db  running"]);
    let plan = json(&project, &["graph", "--json"]);
    let api = &plan["services"][3];
    assert_eq!((&api["name"], &api["state"]), (&"api".into(), &"running".into()), "{plan}");
    assert_eq!(api["depends_on"][1], serde_json::json!({ "service": "migrate", "condition": "completed" }));
    assert!(said(&project, &["graph", "--mermaid"]).contains("s3 -->|completed| s4"));
}

#[test]
fn a_name_starts_what_it_needs_and_nothing_else() {
    let project = project();
    let program = Program::start(project.procdash(&["up", "--no-tui", "web"]));
    super::talk::wait_for_answers(&project);
    wait_for_state(&project, "web", "running");
    for (name, state) in [("db", "running"), ("api", "running"), ("worker", "stopped"), ("other", "stopped")] {
        assert_eq!(row(&project, name)["state"], state, "{name}");
    }
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn a_circle_is_refused_and_nothing_is_started() {
    let project = Project::new(
        "[processes.a]\ncommand = \"sleep 1000\"\ndepends_on = [\"b\"]\n\
         [processes.b]\ncommand = \"sleep 1000\"\ndepends_on = [\"a\"]\n",
    );
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("these wait for each other: a → b → a"), "{ended:?}");
    assert!(ended.err.contains("procfile.toml:3:15"), "{ended:?}");
    assert_no_service_lives(project.token());
}
