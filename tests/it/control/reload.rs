//! The file changes while its services run: what differs is told, and only that is touched.

use serde_json::Value;

use super::talk::{json, run, said, up, wait_for_state};
use crate::support::processes::{wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

const BEFORE: &str = r#"
[processes]
same = "exec sleep 1000"
old = "exec sleep 1000"

[processes.api]
command = "exec sleep 1000"
depends_on = ["old"]
"#;

const AFTER: &str = r#"
[processes]
new = "exec sleep 1000"
same = "exec sleep 1000"

[processes.api]
command = "exec sleep 2000"
env = { TOKEN = "s3cret" }
"#;

#[track_caller]
fn open(text: &str, names: &[&str]) -> (Project, Program) {
    let project = Project::new(text);
    let program = up(&project);
    for name in names {
        wait_for_state(&project, name, "running");
    }
    (project, program)
}

fn pid(project: &Project, name: &str) -> i64 {
    wait_for_state(project, name, "running")["pid"].as_i64().unwrap()
}

fn names(project: &Project) -> Vec<String> {
    let board = json(project, &["ps", "--json"]);
    board["services"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_reload_touches_only_what_differs_and_what_is_removed_is_gone() {
    let (project, _program) = open(BEFORE, &["same", "old", "api"]);
    let (same, api) = (pid(&project, "same"), pid(&project, "api"));
    project.write("procfile.toml", AFTER.as_bytes());

    let told = said(&project, &["reload", "--dry-run"]);
    assert!(
        told.contains("added      new\nremoved    old\nchanged    api (command, depends_on, env.TOKEN) · restarts"),
        "{told}"
    );
    assert!(!told.contains("s3cret"), "{told}");
    let plan = json(&project, &["reload", "--dry-run", "--json"]);
    assert_eq!((&plan["unchanged"], &plan["removed"]), (&Value::from(1), &serde_json::json!(["old"])));
    assert_eq!((pid(&project, "same"), pid(&project, "api"), pid(&project, "old") > 0), (same, api, true));

    let done = said(&project, &["reload", "--yes"]);
    assert!(done.contains("old: removed · stopped 1, 0 left") && done.contains("new: started"), "{done}");
    assert_eq!(names(&project), ["new", "same", "api"]);
    assert_eq!(pid(&project, "same"), same);
    assert_ne!(pid(&project, "api"), api);
    wait_for_services(project.token(), 3);
    assert!(said(&project, &["reload", "--yes"]).contains("nothing differs · unchanged 3"));
}

#[test]
fn a_broken_file_changes_nothing_and_is_told_whole() {
    let (project, _program) = open(BEFORE, &["same", "old", "api"]);
    let before = pid(&project, "api");
    project.write("procfile.toml", b"[processes]\napi = 7\nold = ''\n");
    let refused = run(&project, &["reload", "--yes"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("procfile.toml:2:7") && refused.err.contains("procfile.toml:3:7"), "{refused:?}");
    said(&project, &["restart", "same"]);
    assert_eq!(pid(&project, "api"), before);
    assert_eq!(names(&project), ["same", "old", "api"]);
    assert_eq!(wait_for_state(&project, "same", "running")["run"], 2, "it was restarted with the old values");
}

#[test]
fn without_a_terminal_a_reload_is_not_done_unasked() {
    let (project, _program) = open(BEFORE, &["api"]);
    project.write("procfile.toml", AFTER.as_bytes());
    let refused = run(&project, &["reload"]);
    assert!(refused.code == 1 && refused.err.contains("--yes"), "{refused:?}");
    assert_eq!(names(&project), ["same", "old", "api"]);
}

#[test]
fn a_restart_takes_what_the_entry_says_now() {
    let (project, _program) = open(BEFORE, &["same", "api"]);
    let api = pid(&project, "api");
    project.write(
        "procfile.toml",
        BEFORE.replacen("same = \"exec sleep 1000\"", "same = \"exec sleep 4000\"", 1).as_bytes(),
    );
    said(&project, &["restart", "same"]);
    let runs_it = || json(&project, &["tree", "same", "--json"]).to_string().contains("sleep 4000").then_some(());
    assert!(wait::until(runs_it).is_some());
    assert_eq!(pid(&project, "api"), api);
}

#[test]
fn a_restart_takes_what_the_environment_files_say_now_and_names_what_differs_without_the_values() {
    let project = Project::new("[processes]\nshow = 'echo TOKEN is $TOKEN; exec sleep 1000'\n");
    project.write(".env", b"TOKEN=first\nSAME=s\n");
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("TOKEN is first");
    project.write(".env", b"TOKEN=second\nSAME=s\nNEW=n\n");
    said(&project, &["restart", "show"]);
    program.wait_for("TOKEN is second");
    program.wait_for("its environment files say something else now: NEW, TOKEN");
}

#[test]
fn a_service_that_is_in_no_file_survives_a_reload_and_goes_when_it_is_removed() {
    let (project, _program) = open(BEFORE, &["same", "old", "api"]);
    assert!(said(&project, &["add", "extra", "--", "exec", "sleep", "3000"]).contains("extra: started"));
    let extra = pid(&project, "extra");
    project.write("procfile.toml", AFTER.as_bytes());
    said(&project, &["reload", "--yes"]);
    assert_eq!(pid(&project, "extra"), extra);
    assert_eq!(names(&project), ["new", "same", "api", "extra"]);
    assert_eq!(run(&project, &["add", "extra", "--", "true"]).code, 1);
    let removed = said(&project, &["remove", "extra"]);
    assert!(removed.contains("extra: removed · stopped 1, 0 left"), "{removed}");
    assert_eq!(names(&project), ["new", "same", "api"]);
    assert_eq!(run(&project, &["start", "extra"]).code, 2);
}

const RIVALS: &str = r#"
[processes]
api = "exec sleep 1000"
api-release = { command = "exec sleep 2000", autostart = false, conflicts = ["api"] }
"#;

#[test]
fn of_two_that_conflict_only_one_runs_and_the_other_is_stopped_only_on_request() {
    let (project, _program) = open(RIVALS, &["api"]);
    let refused = run(&project, &["start", "api-release"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.out.contains("conflicts with api, which runs"), "{refused:?}");
    let done = said(&project, &["start", "--replace", "api-release"]);
    assert!(done.contains("api-release: started"), "{done}");
    wait_for_state(&project, "api", "stopped");
    assert_eq!(run(&project, &["start", "api"]).code, 1, "it counts both ways");
    wait_for_services(project.token(), 1);
}

#[test]
fn two_that_conflict_and_both_start_by_themselves_are_refused_with_both_places() {
    let project = Project::new("[processes]\na = 'x'\n[processes.b]\ncommand = 'y'\nconflicts = ['a']\n");
    let refused = run(&project, &["check"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.out.contains("both start by themselves") && refused.out.contains("autostart = false"),
        "{refused:?}"
    );
    assert!(refused.out.contains("procfile.toml:5") && refused.out.contains("procfile.toml:2"), "{refused:?}");
}

#[test]
fn in_the_dashboard_a_saved_file_is_told_and_taken_by_a_key() {
    let project = Project::new(BEFORE);
    let mut screen = Screen::spawn(&project, &["up"], 110, 30);
    screen.wait_for_state("api", "running");
    let api = pid(&project, "api");
    project.write("procfile.toml", AFTER.as_bytes());
    screen.wait_for("the file was saved: 1 added · 1 removed");
    assert_eq!(pid(&project, "api"), api, "nobody has asked for it yet");
    screen.keys("\u{12}").wait_for("the file says something else now");
    screen.wait_for("api (command, depends_on, env.TOKEN) · restarts");
    screen.keys("y").wait_for_state("new", "running");
    screen.wait_without("the file says something else now");
    let without_old = || (names(&project) == ["new", "same", "api"]).then_some(());
    assert!(wait::until(without_old).is_some());
    project.write("procfile.toml", b"[processes]\napi = 7\n");
    screen.wait_for("the file has a problem, so nothing changes");
    screen.keys("\u{12}").wait_for("procfile.toml:2:7");
    screen.keys("\u{1b}").wait_without("the file has problems");
    screen.keys(":add extra exec sleep 3000\r").wait_for_state("extra", "running");
    screen.keys(":remove extra\r").wait_for("extra: removed");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn in_the_dashboard_a_conflict_is_a_question() {
    let project = Project::new(RIVALS);
    let mut screen = Screen::spawn(&project, &["up"], 110, 30);
    screen.wait_for_state("api", "running");
    screen.keys("js").wait_for("api runs and conflicts with api-release");
    screen.keys("n").wait_without("api runs and conflicts");
    screen.keys("s").wait_for("api runs and conflicts with api-release");
    screen.keys("y").wait_for_state("api-release", "running");
    screen.wait_for_state("api", "stopped");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}
