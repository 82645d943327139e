//! `isolation = "pid-namespace"` in the real program: started, restarted, stopped and killed like any other service.

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;

/// A tree with an orphan in a session of its own, all deaf to what can be ignored.
const STUBBORN: &str = r#"
[processes.tree]
command = "trap '' TERM INT HUP; (setsid sleep 1000 &); echo up as $$; while :; do sleep 1000; done"
isolation = "pid-namespace"
stop_grace_period = "1s"
"#;

const MEMBERS: usize = 3;

/// Whether this machine lets this user have a pid namespace.
fn permitted() -> bool {
    let flags = if nix::unistd::geteuid().is_root() { "-pf" } else { "-Upf" };
    let permitted = Command::new("unshare").args([flags, "true"]).stderr(Stdio::null()).status();
    let permitted = permitted.is_ok_and(|status| status.success());
    if !permitted {
        super::guard::skipped("no pid namespace is permitted here");
    }
    permitted
}

#[test]
fn an_isolated_service_is_restarted_and_killed_like_any_other() {
    if !permitted() {
        return;
    }
    let project = Project::new(STUBBORN);
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("up as 2");
    wait_for_services(project.token(), MEMBERS);
    let before: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    screen.keys("r").wait_for("restarted");
    screen.wait_for_state("tree", "running");
    wait_for_services(project.token(), MEMBERS);
    let stayed = services(project.token()).into_iter().filter(|process| before.contains(&process.pid)).count();
    assert_eq!(stayed, 0);
    screen.keys("X").wait_for_state("tree", "stopped");
    assert_no_service_lives(project.token());
    screen.wait_for("0 left");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn an_isolated_service_is_stopped_gently_and_its_last_words_are_kept() {
    if !permitted() {
        return;
    }
    let project = Project::new(
        r#"
[processes.web]
command = "trap 'echo tidied $((6 * 7)); exit 0' TERM; echo up $((6 * 7)); while :; do sleep 0.05; done"
isolation = "pid-namespace"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("up 42");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.wait_for("tidied 42");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn an_isolated_daemon_is_still_known_and_stopped() {
    if !permitted() {
        return;
    }
    let project = Project::new(
        r#"
[processes.daemon]
command = "(setsid sh -c 'while :; do sleep 1000; done' &) ; exit 0"
daemon = true
isolation = "pid-namespace"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    wait_for_services(project.token(), 2);
    screen.wait_for_state("daemon", "running");
    screen.keys("x").wait_for_state("daemon", "stopped");
    assert_no_service_lives(project.token());
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_killed_dashboard_leaves_nothing_isolated_alive() {
    if !permitted() {
        return;
    }
    let project = Project::new(STUBBORN);
    let screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("up as 2");
    wait_for_services(project.token(), MEMBERS);
    screen.signal(Signal::SIGKILL);
    wait_until_nothing_lives(project.token());
}

#[test]
fn an_isolation_that_is_none_of_the_two_is_a_problem_of_the_file() {
    let project = Project::new("[processes.web]\ncommand = \"true\"\nisolation = \"docker\"\n");
    let checked = Program::run(project.procdash(&["check"]));
    let said = format!("{}{}", checked.out, checked.err);
    assert_eq!(checked.code, 2, "{said}");
    assert!(said.contains("3:13") && said.contains("`none`, `pid-namespace`"), "{said}");
    let good = Project::new(STUBBORN);
    assert_eq!(Program::run(good.procdash(&["check"])).code, 0);
}
