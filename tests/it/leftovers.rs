//! What stays alive when the dashboard and its guards are killed together, and how the next start and `reap` find it.
//!
//! Here `kill -9` of procdash means of all of it: whatever runs the program under test and carries the test's token, or is
//! above or below such a one.

mod dead_run;
mod headless;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use dead_run::{Impostor, assert_all_run, assert_none_runs, leave_behind, runs, start, state, variable};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::listener;
use crate::support::processes::{alive, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::{Finished, Program};
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

/// Two services, each a shell with children. The shells die with their guards; on a terminal the kernel's SIGHUP would end
/// the children as well, but for those that ignore it.
const TWO: &str =
    "defaults.tty = false\n[processes]\nweb = \"sleep 1000 & sleep 1000 & wait\"\ndb = \"sleep 1000 & wait\"\n";
/// All of them, and those that stay when procdash is killed.
const RUNNING: usize = 5;
const STAYING: usize = 3;

fn with(setting: &str) -> Project {
    let project = Project::new(TWO);
    project.write("procfile.toml", format!("settings.on_leftovers = \"{setting}\"\n{TWO}").as_bytes());
    project
}

fn reap(project: &Project, arguments: &[&str]) -> Finished {
    Program::run(project.procdash(&[&["reap"], arguments].concat()))
}

/// Returns the one process of the services whose command line begins so, once there is exactly one: before a program is run,
/// its process has the command line of its parent.
#[track_caller]
fn the_one(project: &Project, begin: &str) -> i32 {
    let one = wait::until(|| {
        let all =
            services(project.token()).into_iter().filter(|one| one.command.starts_with(begin)).collect::<Vec<_>>();
        (all.len() == 1).then(|| all[0].pid)
    });
    one.unwrap_or_else(|| panic!("not one `{begin}`: {:?}", services(project.token())))
}

#[test]
fn reap_tells_what_was_left_behind_and_ends_it_and_then_there_is_nothing() {
    let project = Project::new(&format!("{TWO}{}", listener::service_below_a_shell("api", "api.port")));
    let left = leave_behind(&project, STAYING + 1);
    let port = project.wait_for_number("api.port");

    let told = reap(&project, &["--dry-run"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("4 processes left behind by a killed run of "), "{told:?}");
    assert!(left.iter().all(|pid| told.out.contains(&format!("{pid}  "))), "{left:?} in {told:?}");
    assert!(told.out.contains(&format!("  :{port}  ")), "{told:?}");
    assert_all_run(&left);

    let reaped = reap(&project, &[]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    let last = format!("killed 4 processes left behind, 0 left · port {port} freed\n");
    assert!(reaped.out.ends_with(&last), "{reaped:?}");
    assert_none_runs(&left);

    let again = reap(&project, &[]);
    assert_eq!((again.code, again.out.as_str()), (0, "nothing left behind\n"));
}

/// Is a service without its first thread when it is started as one, and nothing otherwise.
#[test]
fn a_program_whose_first_thread_has_ended() {
    headless::be_if_asked();
}

#[test]
fn a_process_whose_first_thread_has_ended_is_found_and_ended_too() {
    let project = Project::new(&format!("defaults.tty = false\n[processes]\n{}", headless::service("web")));
    let left = leave_behind(&project, 1);
    let is_headless = wait::until(|| state(left[0]).filter(|state| state == "Z"));
    assert!(is_headless.is_some(), "its first thread lives");
    let reaped = reap(&project, &[]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    assert!(reaped.out.contains("killed 1 process left behind, 0 left"), "{reaped:?}");
    assert!(services(project.token()).is_empty());
}

#[test]
fn as_json_each_leftover_says_who_it_was() {
    let project = Project::new("name = \"shop\"\ndefaults.tty = false\nprocesses.db = \"sleep 1000 & wait\"\n");
    let left = leave_behind(&project, 1);
    let (run, pid) = (variable(left[0], "PROCDASH_RUN_ID"), the_one(&project, "sleep 1000"));
    let list = |finished: Finished| serde_json::from_str::<serde_json::Value>(&finished.out).unwrap();
    let told = list(reap(&project, &["--dry-run", "--json"]));
    assert_eq!((&told[0]["pid"], &told[0]["start"]), (&pid.into(), &start(pid).into()));
    assert_eq!((&told[0]["command"], &told[0]["service"]), (&"sleep 1000".into(), &"db".into()));
    assert_eq!((&told[0]["project"], &told[0]["run_id"]), (&"shop".into(), &run.into()));
    assert_eq!((&told[0]["killed"], &told[1]), (&false.into(), &serde_json::Value::Null));
    assert!(told[0]["since"].as_str().unwrap().ends_with('Z'), "{told}");
    assert_eq!(list(reap(&project, &["--json"]))[0]["killed"], true);
    assert_none_runs(&left);
    assert_eq!(reap(&project, &["--json"]).out, "[]\n");
}

#[test]
fn the_next_start_kills_what_was_left_behind_where_the_file_says_so() {
    let project = with("kill");
    let left = leave_behind(&project, STAYING);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("run 1");
    assert_none_runs(&left);
    wait_for_services(project.token(), RUNNING);
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("killed 3 processes left behind, 0 left"), "{ended:?}");
    wait_until_nothing_lives(project.token());
}

#[test]
fn the_next_start_goes_on_beside_what_was_left_behind_where_the_file_says_so() {
    let project = with("ignore");
    let left = leave_behind(&project, STAYING);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    wait_for_services(project.token(), RUNNING + STAYING);
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("left behind by a killed run, and ignored: "), "{ended:?}");
    assert_all_run(&left);
    assert_eq!(services(project.token()).len(), STAYING);
}

#[track_caller]
fn starts_nothing(setting: &str) {
    let project = with(setting);
    let left = leave_behind(&project, STAYING);
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("3 processes left behind by a killed run"), "{ended:?}");
    assert!(ended.err.contains("run `procdash reap`") && ended.err.contains("`on_leftovers`"), "{ended:?}");
    assert_all_run(&left);
    assert_eq!(services(project.token()).len(), STAYING, "something was started");
}

#[test]
fn the_next_start_fails_over_what_was_left_behind_where_the_file_says_so() {
    starts_nothing("fail");
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_is_started() {
    starts_nothing("ask");
}

#[test]
fn on_a_terminal_the_next_start_asks_and_enter_kills() {
    let project = with("ask");
    let left = leave_behind(&project, STAYING);
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("3 processes left behind by a killed run");
    screen.wait_for("kill them, leave them, or quit? [K/l/q]");
    assert_all_run(&left);
    screen.keys("\n").wait_for_state("db", "running");
    assert_none_runs(&left);
    screen.keys("Q").wait_for("2 stopped · 0 survivors");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn on_a_terminal_they_can_be_left_or_the_start_given_up() {
    let project = with("ask");
    let left = leave_behind(&project, STAYING);
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("[K/l/q]");
    screen.keys("what\n").wait_until("the question again", |screen| screen.contents().matches("[K/l/q]").count() == 2);
    screen.keys("q\n");
    assert_eq!(screen.exit_code(), 1);
    screen.assert_given_back();

    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("[K/l/q]");
    screen.keys("\x04");
    assert_eq!(screen.exit_code(), 1);

    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("[K/l/q]");
    screen.keys("l\n").wait_for_state("db", "running");
    screen.keys("Q").wait_for("2 stopped · 0 survivors");
    assert_eq!(screen.exit_code(), 0);
    assert_all_run(&left);
}

#[test]
fn what_a_live_run_has_started_is_nobodys_leftover() {
    let project = Project::new(TWO);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    wait_for_services(project.token(), RUNNING);
    let pids: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    // not below the dashboard, but with the marks of its run
    let beside = Impostor::of(pids[0], &[]);
    for arguments in [&[][..], &["--all", "--dry-run"]] {
        let reaped = reap(&project, arguments);
        assert_eq!(reaped.code, 0, "{reaped:?}");
        assert!(!reaped.out.contains(project.folder().to_str().unwrap()), "{reaped:?}");
    }
    assert_all_run(&pids);
    assert!(runs(beside.pid()));
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn another_project_an_older_process_and_one_in_another_namespace_are_left_alone() {
    let project = Project::new(TWO);
    let other = Project::new(TWO);
    let left = leave_behind(&project, STAYING);
    let others = leave_behind(&other, STAYING);
    // names a run that nothing alive can have been started by: it begins at the end of time
    let later = format!("{}-{}", variable(left[0], "PROCDASH_RUN_ID").split('-').next().unwrap(), u64::MAX);
    let too_old = Impostor::of(left[0], &[("PROCDASH_RUN_ID", &later)]);
    let elsewhere = Impostor::of(left[0], &[("PROCDASH_NAMESPACE", "pid:[1]")]);
    let alike = Impostor::of(left[0], &[]);

    let reaped = reap(&project, &[]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    assert!(reaped.out.contains("killed 4 processes left behind, 0 left"), "{reaped:?}");
    assert_none_runs(&left);
    assert!(!runs(alike.pid()));
    assert_all_run(&others);
    assert_all_run(&[too_old.pid(), elsewhere.pid()]);
}

#[test]
fn a_process_whose_environment_cannot_be_read_is_left_alone() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: only root can start a process of another user");
    }
    let project = Project::new(TWO);
    let left = leave_behind(&project, STAYING);
    let hidden = Impostor::of(left[0], &[]);
    // whoever looks is an ordinary user, to whom everything of root is closed
    let folder = PermissionsExt::from_mode(0o755);
    fs::set_permissions(project.folder(), folder).unwrap();
    let copy = reachable_copy();
    let mut copied = Command::new(copy.path().join("procdash"));
    copied.args(["reap", "-f"]).arg(project.path("procfile.toml")).current_dir("/").uid(65534).gid(65534);
    let reaped = Program::run(copied);
    assert_eq!((reaped.code, reaped.out.as_str()), (0, "nothing left behind\n"), "{reaped:?}");
    assert_all_run(&left);
    assert!(runs(hidden.pid()));
}

/// Copies the program to where everybody may run it.
fn reachable_copy() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("it-").tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_procdash"), folder.path().join("procdash")).unwrap();
    folder
}

#[test]
fn a_child_without_marks_is_named_and_left_alone() {
    let project = Project::new("[processes.web]\ncommand = \"sh bare.sh & wait\"\ntty = false\n");
    let script = "mkfifo never\nenv -i PATH=\"$PATH\" sh -c \"read -r line < never; : # $PROCDASH_IT\" &\nsleep 1000\n";
    project.write("bare.sh", script.as_bytes());
    leave_behind(&project, 3);
    let bare = the_one(&project, "sh -c read");

    let reaped = reap(&project, &[]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    let shell = format!("{bare}  below ");
    assert!(reaped.out.contains(&shell) && reaped.out.contains(", without our mark: left alone"), "{reaped:?}");
    assert_eq!(services(project.token()).iter().map(|one| one.pid).collect::<Vec<_>>(), [bare]);
    let _already_gone = kill(Pid::from_raw(bare), Signal::SIGKILL);
}

#[test]
fn a_reap_from_a_shell_that_was_left_behind_itself_spares_the_shell() {
    let project = Project::new("[processes.web]\ncommand = \"sh web.sh & wait\"\ntty = false\n");
    let script = "sleep 1000 &\nmkfifo go\nread -r line < go\n. ./inner\nexec sleep 1000\n";
    project.write("web.sh", script.as_bytes());
    let program = env!("CARGO_BIN_EXE_procdash");
    project.write("inner", format!("{program} reap > said 2>&1; echo $? > code").as_bytes());
    leave_behind(&project, 2);
    let shell = the_one(&project, "sh web.sh");
    project.write("go", b"now\n");
    let code = project.wait_for_number("code");
    let said = fs::read_to_string(project.path("said")).unwrap();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("killed 1 process left behind, 0 left"), "{said}");
    assert!(runs(shell));
}

#[test]
fn a_dashboard_that_was_started_in_a_service_lives_on_with_all_that_is_its_own() {
    let (inner, project) = (Project::new(TWO), Project::new(""));
    let procfile = "[processes.web]\ncommand = \"sh inner.sh & sleep 1000 & wait\"\ntty = false\n";
    let file = inner.path("procfile.toml");
    let program = env!("CARGO_BIN_EXE_procdash");
    let script =
        format!("PROCDASH_IT={} '{program}' up --no-tui -f '{}' > /dev/null 2>&1\n:\n", inner.token(), file.display());
    project.write("procfile.toml", procfile.as_bytes()).write("inner.sh", script.as_bytes());
    let left = leave_behind(&project, 2);
    wait_for_services(inner.token(), RUNNING);
    let own: Vec<i32> = alive(inner.token()).iter().map(|process| process.pid).collect();

    let reaped = reap(&project, &[]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    assert!(reaped.out.contains("killed 1 process left behind, 0 left"), "{reaped:?}");
    let shell = left.iter().filter(|pid| runs(**pid)).count();
    assert_eq!(shell, 1, "the shell above the dashboard of {left:?}");
    assert_all_run(&own);
    let dashboard = alive(inner.token()).into_iter().find(|process| process.is_procdash).unwrap();
    kill(Pid::from_raw(dashboard.pid), Signal::SIGTERM).unwrap();
    wait_until_nothing_lives(inner.token());
}

#[test]
fn while_guards_are_still_at_work_the_next_start_waits_for_them() {
    let project = with("fail");
    let screen = Screen::spawn(&project, &["up"], 120, 30);
    wait_for_services(project.token(), RUNNING);
    screen.signal(Signal::SIGKILL);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("run 1");
    wait_for_services(project.token(), RUNNING);
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert_eq!(ended.code, 0, "{ended:?}");
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_project_is_known_by_its_file_whatever_stands_in_it_and_a_missing_one_is_a_matter_of_usage() {
    let project = Project::new(TWO);
    let left = leave_behind(&project, STAYING);
    project.write("procfile.toml", b"no longer toml");
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("linked");
    std::os::unix::fs::symlink(project.folder(), &link).unwrap();
    let reaped = reap(&project, &["-f", link.join("procfile.toml").to_str().unwrap()]);
    assert_eq!(reaped.code, 0, "{reaped:?}");
    assert_none_runs(&left);
    let missing = reap(&project, &["-f", "nowhere.toml"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.err.contains("nowhere.toml"), "{missing:?}");
}
