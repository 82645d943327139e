//! The warden above the dashboard: whoever of the two dies, nothing survives; signals and codes are as for one process.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::processes::{
    alive, dashboard_below, guards_below, services, wait_for_services, wait_until_nothing_lives, wait_until_stopped,
};
use crate::support::program::{Finished, Program};
use crate::support::project::Project;
use crate::support::terminal::Screen;

/// Deaf to what can be ignored; one hides in a session and from its environment, one is an orphan; and one without a
/// terminal.
const STUBBORN: &str = r#"
[processes.tree]
command = ["sh", "tree.sh"]
stop_grace_period = "600s"

[processes.piped]
command = "trap '' TERM INT HUP; while :; do sleep 1000; done"
tty = false
stop_grace_period = "600s"
"#;

const TREE: &str = r#"
trap '' TERM INT HUP QUIT
env -i PATH="$PATH" setsid sh -c "while :; do sleep 1000; done # $PROCDASH_IT" &
( ( setsid sh -c "trap '' TERM; while :; do sleep 1000; done" & ) & )
echo the tree is up
while :; do sleep 1000; done
"#;

/// The shells and sleeps of both; the sleep of the scrubbed shell carries no mark.
const MEMBERS: usize = 7;

fn stubborn() -> Project {
    let project = Project::new(STUBBORN);
    project.write("tree.sh", TREE.as_bytes());
    project
}

fn start(project: &Project) -> Program {
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("the tree is up");
    wait_for_services(project.token(), MEMBERS);
    program
}

/// Waits for the end, and looks at once: a shell goes on at that moment.
#[track_caller]
fn ends_by(signal: Signal, program: Program, project: &Project) -> Finished {
    let ended = program.finish();
    let left = alive(project.token());
    assert!(left.is_empty(), "still alive: {left:?}");
    assert_eq!(ended.code, 128 + signal as i32, "{ended:?}");
    assert!(
        ended.err.contains(&format!("procdash was killed by {signal}; everything it started is gone\n")),
        "{ended:?}"
    );
    ended
}

#[test]
fn a_killed_dashboard_is_told_of_when_nothing_of_it_is_left() {
    for signal in [Signal::SIGKILL, Signal::SIGABRT] {
        let project = stubborn();
        let program = start(&project);
        kill(program.dashboard(), signal).unwrap();
        ends_by(signal, program, &project);
    }
}

#[test]
fn a_killed_warden_takes_the_dashboard_and_everything_with_it() {
    let project = stubborn();
    let program = start(&project);
    program.signal(Signal::SIGKILL);
    assert_eq!(program.finish().code, 128 + 9);
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_killed_warden_of_a_stopped_dashboard_takes_it_along_too() {
    let project = stubborn();
    let program = start(&project);
    let dashboard = program.dashboard();
    kill(dashboard, Signal::SIGSTOP).unwrap();
    wait_until_stopped(dashboard, true);
    program.signal(Signal::SIGKILL);
    wait_until_nothing_lives(project.token());
}

#[test]
fn the_orphans_of_guards_that_were_killed_with_their_dashboard_are_ended_by_the_warden() {
    let project = stubborn();
    let program = start(&project);
    let dashboard = program.dashboard();
    kill(dashboard, Signal::SIGSTOP).unwrap();
    wait_until_stopped(dashboard, true);
    let guards = guards_below(dashboard);
    assert_eq!(guards.len(), 2);
    for process in guards.into_iter().chain([dashboard]) {
        kill(process, Signal::SIGKILL).unwrap();
    }
    ends_by(Signal::SIGKILL, program, &project);
}

#[test]
fn a_guard_that_was_paused_goes_on_when_its_dashboard_dies_and_gives_its_service_time_to_tidy_up() {
    let project = Project::new(
        "[processes]\nweb = \"trap 'echo tidied > tidied; exit 0' TERM; echo up $((6 * 7)); while :; do sleep 0.01; done\"\n",
    );
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("up 42");
    let dashboard = program.dashboard();
    kill(dashboard, Signal::SIGSTOP).unwrap();
    wait_until_stopped(dashboard, true);
    let guards = guards_below(dashboard);
    assert_eq!(guards.len(), 1);
    for guard in guards {
        kill(guard, Signal::SIGSTOP).unwrap();
        wait_until_stopped(guard, true);
    }
    kill(dashboard, Signal::SIGKILL).unwrap();
    ends_by(Signal::SIGKILL, program, &project);
    assert_eq!(fs::read_to_string(project.path("tidied")).unwrap(), "tidied\n");
}

#[test]
fn what_a_script_has_started_before_it_became_procdash_is_left_alone() {
    let project = Project::new("[processes]\nweb = \"setsid sleep 1000 & exec sleep 1000\"\n");
    let procdash = project.procdash(&["up", "--no-tui"]);
    let mut command = Command::new("sh");
    // one in the session of procdash and one in another, with its own child; none of them is procdash's
    let script = "sleep 1000 & setsid sh -c 'sleep 1000; :' & exec \"$@\"";
    command.args(["-c", script, "sh"]).arg(procdash.get_program()).args(procdash.get_args());
    command.current_dir(project.folder());
    command.envs(procdash.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let program = Program::start(command);
    wait_for_services(project.token(), 2 + 3);
    let dashboard = program.dashboard();
    let (guards, bystanders) = (guards_below(dashboard), bystanders(&project));
    assert_eq!(bystanders.len(), 3);
    for process in [dashboard].into_iter().chain(guards) {
        kill(process, Signal::SIGKILL).unwrap();
    }
    assert_eq!(program.code(), 128 + 9);
    let left: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    assert_eq!(left, bystanders);
}

/// Returns what lives in the project and is not below a guard: the script's own children.
fn bystanders(project: &Project) -> Vec<i32> {
    let is_service = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mark: &[u8] = b"PROCDASH_SERVICE=";
        environment.windows(mark.len()).any(|window| window == mark)
    };
    let mut found: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    found.retain(|pid| !is_service(pid));
    found
}

/// Tidies up for a while when it is asked to end, and is killed instead if it is asked in a hurry.
const TIDY: &str = "[processes]\nweb = \"trap 'sleep 0.4; echo tidied $((6 * 7)); exit 0' TERM; echo up $((6 * 7)); \
                    while :; do sleep 0.01; done\"\n";

/// Starts a program in a group of its own, as a shell does.
fn start_group(project: &Project) -> Program {
    let mut command = project.procdash(&["up", "--no-tui"]);
    command.process_group(0);
    let program = Program::start(command);
    program.wait_for("up 42");
    program
}

#[test]
fn a_signal_to_the_whole_group_is_one_request() {
    let project = Project::new(TIDY);
    let program = start_group(&project);
    kill(Pid::from_raw(-program.warden().as_raw()), Signal::SIGTERM).unwrap();
    let ended = program.finish();
    assert!(ended.out.contains("tidied 42"), "{ended:?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn a_signal_to_the_whole_group_is_one_request_however_late_the_warden_passes_it_on() {
    let project = Project::new(&TIDY.replace("trap 'sleep 0.4;", "trap 'sleep 0.1; echo heard $((6 * 7)); sleep 0.4;"));
    let program = start_group(&project);
    program.signal(Signal::SIGSTOP);
    wait_until_stopped(program.warden(), true);
    kill(Pid::from_raw(-program.warden().as_raw()), Signal::SIGTERM).unwrap();
    program.wait_for("heard 42");
    program.signal(Signal::SIGCONT);
    let ended = program.finish();
    assert!(ended.out.contains("tidied 42"), "{ended:?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn a_hang_up_reaches_the_dashboard_also_where_the_kernel_tells_only_the_leader_of_the_session() {
    let project = Project::new(&TIDY.replace("echo tidied $((6 * 7))", "echo tidied > tidied"));
    let mut screen = Screen::spawn(&project, &["up", "--no-tui"], 100, 30);
    screen.wait_for("up 42");
    // nothing is printed from now on, so that no error tells of it either
    screen.hang_up();
    screen.exit_code();
    assert_eq!(fs::read_to_string(project.path("tidied")).unwrap(), "tidied\n");
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_signal_to_the_process_and_to_its_group_as_timeout_sends_them_is_one_request() {
    let project = Project::new(TIDY);
    let program = start_group(&project);
    let warden = program.warden();
    kill(warden, Signal::SIGTERM).unwrap();
    kill(Pid::from_raw(-warden.as_raw()), Signal::SIGTERM).unwrap();
    let ended = program.finish();
    assert!(ended.out.contains("tidied 42"), "{ended:?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn a_second_signal_skips_the_grace_be_it_to_the_process_or_to_its_group() {
    for whole_group in [false, true] {
        let project = Project::new(
            "[processes.web]\ncommand = \"trap 'sleep 0.2; echo heard $((6 * 7))' TERM; echo up $((6 * 7)); while :; do sleep 0.01; \
             done\"\nstop_grace_period = \"600s\"\n",
        );
        let program = start_group(&project);
        let warden = program.warden().as_raw();
        let to = Pid::from_raw(if whole_group { -warden } else { warden });
        kill(to, Signal::SIGTERM).unwrap();
        program.wait_for("heard 42");
        // not at once: then it would be the same request
        kill(to, Signal::SIGTERM).unwrap();
        let ended = program.finish();
        assert_eq!(ended.code, 0, "{ended:?}");
        wait_until_nothing_lives(project.token());
    }
}

#[test]
fn a_warden_that_is_stopped_and_continued_goes_on() {
    let project = Project::new(TIDY);
    let program = start_group(&project);
    program.signal(Signal::SIGSTOP);
    wait_until_stopped(program.warden(), true);
    program.signal(Signal::SIGTERM);
    program.signal(Signal::SIGCONT);
    let ended = program.finish();
    assert!(ended.out.contains("tidied 42"), "{ended:?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn the_first_process_of_a_container_is_a_warden_like_any_other() {
    let flags = if nix::unistd::geteuid().is_root() { "-pf" } else { "-Urpf" };
    let permitted = Command::new("unshare").args([flags, "--mount-proc", "true"]).output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        return;
    }
    let project = Project::new(
        "[processes.tests]\ncommand = \"(setsid sleep 0.1 &); sleep 0.3; echo first: $(cat /proc/1/comm); exit 5\"\non_exit = \"stop-all\"\n\
         [processes.db]\ncommand = \"sleep 1000\"\n",
    );
    let procdash = project.procdash(&["up", "--no-tui"]);
    let mut command = Command::new("unshare");
    command.args([flags, "--mount-proc", "--kill-child"]).arg(procdash.get_program()).args(procdash.get_args());
    command.current_dir(project.folder());
    command.envs(procdash.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = Program::run(command);
    assert!(ended.out.contains("first: pd-warden"), "{ended:?}");
    assert_eq!(ended.code, 5, "{ended:?}");
    wait_until_nothing_lives(project.token());
}

#[test]
fn only_up_has_a_warden() {
    let project = stubborn();
    let program = start(&project);
    let dashboard = program.dashboard();
    assert_eq!(dashboard_below(program.warden().as_raw().unsigned_abs()), dashboard);
    let name = |pid: Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    assert_eq!((name(program.warden()).trim(), name(dashboard).trim()), ("pd-warden", "procdash"));
    program.signal(Signal::SIGKILL);
    program.finish();
    wait_until_nothing_lives(project.token());
}
