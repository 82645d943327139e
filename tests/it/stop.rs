//! Stopped means gone: every way to stop, kill, quit and die, checked by a look at /proc.

use nix::sys::signal::Signal;

use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::project::Project;
use crate::support::terminal::{CTRL_C, ENTER, ESC, Screen};

/// A tree that does not want to go: the shell, a child, a child in a session of its own and a grandchild without a
/// parent, all of them deaf to every signal that can be ignored. Five processes and their sleeps.
const STUBBORN: &str = r#"
[processes.tree]
command = ["sh", "tree.sh"]
stop_grace_period = "1s"
"#;

const TREE: &str = r#"
trap '' TERM INT HUP QUIT
hold() { while :; do sleep 1000; done; }
hold &
setsid sh -c "trap '' TERM INT HUP QUIT; while :; do sleep 1000; done" &
( ( trap '' TERM INT HUP QUIT; hold ) & )
env -i PATH="$PATH" setsid sh -c "while :; do sleep 1000; done # $PROCDASH_IT" &
echo the tree is up
hold
"#;

/// Shell, child, session, orphan, the one without environment, and the sleeps of the first four.
const MEMBERS: usize = 9;

fn stubborn() -> Project {
    let project = Project::new(STUBBORN);
    project.write("tree.sh", TREE.as_bytes());
    project
}

fn stubborn_screen(project: &Project) -> Screen {
    let screen = Screen::spawn(project, &["up"], 120, 30);
    screen.wait_for("the tree is up");
    wait_for_services(project.token(), MEMBERS);
    screen
}

#[test]
fn a_tree_kill_leaves_nothing_and_says_so() {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    screen.keys("X").wait_for_state("tree", "stopped");
    assert_no_service_lives(project.token());
    screen.wait_for("0 left");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_stop_waits_for_the_grace_then_kills_the_tree() {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    screen.keys("x").wait_for_state("tree", "stopping");
    assert!(!services(project.token()).is_empty(), "killed before its grace was over");
    screen.wait_for_state("tree", "stopped");
    assert_no_service_lives(project.token());
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_polite_service_gets_its_signal_and_its_last_words_are_kept() {
    let project = Project::new(
        r#"
[processes.web]
command = "trap 'echo tidied $((6 * 7)); exit 0' INT; echo up $((6 * 7)); while :; do sleep 0.05; done"
stop_signal = "SIGINT"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("up 42");
    screen.wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.wait_for("tidied 42");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_stop_command_that_outlives_its_service_is_ended_before_the_service_counts_as_stopped() {
    let project = Project::new(
        r#"
[processes.web]
command = "while [ ! -e stop ]; do sleep 0.05; done"
stop_command = "touch stop; sleep 1000"
stop_grace_period = "1s"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    assert_no_service_lives(project.token());
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_restart_starts_again_only_after_the_old_tree_is_gone() {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    let before: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    screen.keys("r").wait_for("restarted");
    screen.wait_for_state("tree", "running");
    wait_for_services(project.token(), MEMBERS);
    let stayed = services(project.token()).into_iter().filter(|process| before.contains(&process.pid)).count();
    assert_eq!(stayed, 0);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn what_a_crashed_service_leaves_behind_is_swept() {
    let project = Project::new("[processes]\nweb = \"setsid sleep 1000 & sleep 0.2; exit 1\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "crashed");
    screen.wait_for("code 1");
    assert_no_service_lives(project.token());
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_daemon_that_forks_away_is_still_known_and_stopped() {
    let project = Project::new(
        r#"
[processes.daemon]
command = "(setsid sh -c 'while :; do sleep 1000; done' &) ; exit 0"
daemon = true
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
fn q_asks_and_can_be_taken_back() {
    let project = Project::new("[processes]\na = \"exec sleep 1000\"\nb = \"exec sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("a", "running");
    screen.wait_for_state("b", "running");
    let before = services(project.token()).len();
    screen.keys("q").wait_for("Stop 2 services and quit?");
    screen.keys(ESC).wait_without("and quit?");
    screen.wait_for_state("a", "running");
    assert_eq!(services(project.token()).len(), before);
    screen.keys("q").keys("y");
    quits_with_nothing_left(&mut screen, &project, "2 stopped · 0 survivors");
}

#[test]
fn enter_is_a_yes_too() {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    screen.keys("q").keys(ENTER);
    quits_with_nothing_left(&mut screen, &project, "1 stopped · 0 survivors");
}

#[test]
fn ctrl_c_a_second_time_skips_the_grace() {
    let project = stubborn();
    project.write("procfile.toml", STUBBORN.replace("1s", "600s").as_bytes());
    let mut screen = stubborn_screen(&project);
    screen.keys("Q").wait_for_state("tree", "stopping");
    screen.keys(CTRL_C);
    quits_with_nothing_left(&mut screen, &project, "1 stopped · 0 survivors");
}

#[test]
fn sigterm_to_procdash_is_a_quit() {
    ended_by(Signal::SIGTERM);
}

#[test]
fn sigint_to_procdash_is_a_quit() {
    ended_by(Signal::SIGINT);
}

#[test]
fn sighup_to_procdash_is_a_quit() {
    ended_by(Signal::SIGHUP);
}

#[test]
fn a_closed_terminal_leaves_nothing_alive() {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    screen.hang_up();
    screen.exit_code();
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_killed_dashboard_leaves_nothing_alive() {
    let project = stubborn();
    let screen = stubborn_screen(&project);
    screen.signal(Signal::SIGKILL);
    wait_until_nothing_lives(project.token());
}

#[track_caller]
fn ended_by(signal: Signal) {
    let project = stubborn();
    let mut screen = stubborn_screen(&project);
    screen.signal(signal);
    quits_with_nothing_left(&mut screen, &project, "1 stopped · 0 survivors");
}

#[track_caller]
fn quits_with_nothing_left(screen: &mut Screen, project: &Project, last_line: &str) {
    let code = screen.exit_code();
    assert_no_service_lives(project.token());
    let left = screen.contents();
    assert!(left.contains(last_line), "no `{last_line}` on the normal screen:\n{left}");
    assert_eq!(code, 0);
    screen.assert_given_back();
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_program_below_a_shell_gets_its_grace_on_a_terminal_too_and_one_signal_only() {
    // the shell dies of the signal at once; a terminal that went with it would hang up on the program
    let project = Project::new(
        r#"
[processes]
web = "sh tidy.sh; true"
"#,
    );
    let script = "trap 'echo term >> signals' TERM\ntrap 'echo hup >> signals; exit 1' HUP\necho up $((6 * 7))\n\
                  until [ -s signals ]; do sleep 0.05; done\nsleep 0.3\nsleep 0.3\necho tidied $((6 * 7))\n";
    project.write("tidy.sh", script.as_bytes());
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("up 42");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.wait_for("tidied 42");
    assert_eq!(std::fs::read_to_string(project.path("signals")).unwrap(), "term\n");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}
