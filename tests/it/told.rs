//! What was done is told: the steps of a stop, who ignored what, what is stuck and why.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

/// The ordinary user of the trials that need one.
const NOBODY: u32 = 65534;

#[test]
fn a_stop_command_that_fails_is_told_and_the_signal_follows() {
    let project =
        Project::new("[processes.web]\ncommand = \"exec sleep 1000\"\nstop_command = \"echo cannot drain; exit 7\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 120, 35);
    screen.wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.wait_for("the stop command failed: exited with code 7");
    screen.keys("w").wait_for("it ended within its grace");
    screen.wait_for("failed: exited with code 7 after");
    screen.wait_for("SIGTERM       1 ended");
    quit(&mut screen, &project);
}

#[test]
fn a_stop_command_that_hangs_is_told_and_those_who_ignore_the_signal_are_named() {
    let project = Project::new(
        r#"
[processes.web]
command = "trap '' TERM; while :; do sleep 1000; done"
stop_command = "exec sleep 1000"
stop_grace_period = "1s"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 35);
    wait_for_services(project.token(), 2);
    // before that the list says `stopped` as well
    screen.wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    assert_no_service_lives(project.token());
    screen.wait_for("the stop command did not return within");
    screen.wait_for("SIGTERM ignored for");
    screen.wait_for("web: stopped 2, 2 ignored SIGTERM, 0 left");
    screen.keys("i").wait_for("stop command  timed out after");
    screen.wait_for("SIGTERM       2 ignored it for");
    screen.wait_for("tree-kill     2 ended");
    screen.wait_for("ignored SIGTERM, killed");
    quit(&mut screen, &project);
}

#[test]
fn who_ends_in_time_is_told_apart_from_who_is_killed_and_who_was_never_asked() {
    let project = Project::new("[processes.web]\ncommand = [\"sh\", \"tree.sh\"]\nstop_grace_period = \"1s\"\n");
    project.write("tree.sh", b"trap '' TERM\nsetsid sleep 1000 &\n./polite &\nwhile :; do sleep 999; done\n");
    let source = b"#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\n\
        int main() { signal(SIGTERM, SIG_DFL); puts(\"polite up\"); fflush(stdout); for (;;) pause(); }\n";
    project.write("polite.c", source);
    if !compile(&project, "polite") {
        return;
    }
    let mut screen = Screen::spawn(&project, &["up"], 120, 35);
    wait_for_services(project.token(), 4);
    screen.wait_for("polite up");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.keys("i").wait_for("SIGTERM       1 ended, 2 ignored it for");
    screen.wait_for("1 not reached by it");
    let row = |shown: &str, command: &str, words: &str| {
        shown.lines().any(|line| line.contains('✓') && line.contains(command) && line.contains(words))
    };
    screen.wait_until("fate of each", |screen| {
        let shown = screen.contents();
        row(&shown, "polite", " gone ")
            && row(&shown, "sh tree.sh", "ignored SIGTERM, killed")
            && row(&shown, "sleep 999", "ignored SIGTERM, killed")
            && row(&shown, "sleep 1000", " killed  ")
            && !row(&shown, "sleep 1000", "ignored")
    });
    quit(&mut screen, &project);
}

#[test]
fn why_explains_a_crash() {
    let project = Project::new("[processes]\nweb = \"exit 127\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for_state("web", "crashed");
    screen.keys("w").wait_for("a shell says so when it does not find a program");
    screen.wait_for("r restarts it");
    quit(&mut screen, &project);
}

#[test]
fn a_program_that_cannot_begin_says_so_on_standard_error() {
    let project = Project::new("[processes]\nweb = \"exec sleep 1000\"\n");
    let finished = Program::run(project.procdash_with_few_files(12, &["up", "--no-tui"]));
    assert_eq!((finished.code, finished.out.as_str()), (1, ""));
    assert!(finished.err.contains("procdash: "), "{}", finished.err);
}

#[test]
fn a_frozen_process_is_stuck_with_its_reason_until_it_is_thawed() {
    let Some(freezer) = Freezer::new() else { return };
    let project = freezable(&freezer);
    let mut screen = Screen::spawn(&project, &["up"], 120, 35);
    screen.wait_for("up 42");
    freezer.set("FROZEN");
    screen.keys("x").wait_for_state("web", "stuck");
    screen.wait_for("run 1 was to be stopped · not seen to be gone");
    screen.wait_for("frozen by cgroup");
    screen.wait_for("tree-kill     1 left after");
    screen.keys("s").wait_for("web is stuck");
    screen.wait_for("X tries again");
    screen.keys("w").wait_for("until that is gone it is not started again");
    freezer.set("THAWED");
    screen.wait_for_state("web", "stopped");
    screen.wait_for("its tree had to be killed");
    quit(&mut screen, &project);
}

#[test]
fn a_quit_names_what_is_stuck_with_what_to_do_and_ends_with_code_3() {
    let Some(freezer) = Freezer::new() else { return };
    let project = freezable(&freezer);
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("up 42");
    freezer.set("FROZEN");
    program.signal(Signal::SIGTERM);
    let finished = program.finish();
    assert_eq!(finished.code, 3, "{}", finished.err);
    assert!(finished.out.contains("0 stopped · 1 survivor"), "{}", finished.out);
    let pid = services(project.token()).first().map(|process| process.pid).unwrap();
    let named = finished.err.lines().find(|line| line.starts_with(&format!("⚠ web: {pid} ")));
    assert!(named.is_some_and(|line| line.contains("echo THAWED > ")), "{}", finished.err);
    freezer.set("THAWED");
    // its guard has gone on trying, and goes with it
    wait_until_nothing_lives(project.token());
}

#[test]
fn another_users_process_is_stuck_and_the_command_that_ends_it_is_told() {
    let project = Project::new("[processes.web]\ncommand = [\"./elevated\"]\nstop_grace_period = \"200ms\"\n");
    let source = b"#include <stdio.h>\n#include <unistd.h>\nint main() { if (setgid(0) || setuid(0)) return 1; puts(\"elevated 42\"); fflush(stdout); for (;;) pause(); }\n";
    project.write("elevated.c", source);
    if !nix::unistd::geteuid().is_root() || !compile(&project, "elevated") {
        skip("only root can make a program that runs as somebody else");
        return;
    }
    fs::set_permissions(project.path("elevated"), fs::Permissions::from_mode(0o4755)).unwrap();
    chown(project.folder(), Some(NOBODY), Some(NOBODY)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let mut command = project.procdash(arguments);
        command.uid(NOBODY).gid(NOBODY);
        command
    };
    if !as_nobody(&["--version"]).output().is_ok_and(|output| output.status.success()) {
        skip("another user cannot run the program under test");
        return;
    }
    let program = Program::start(as_nobody(&["up", "--no-tui"]));
    program.wait_for("elevated 42");
    program.signal(Signal::SIGTERM);
    let finished = program.finish();
    assert_eq!(finished.code, 3, "{}", finished.err);
    let pid = services(project.token()).first().map(|process| process.pid).unwrap();
    assert!(finished.err.contains("permission denied: it belongs to root"), "{}", finished.err);
    assert!(finished.err.contains(&format!("run `sudo kill -9 {pid}`")), "{}", finished.err);
    assert!(!finished.out.contains("ignored"), "it was never reached:\n{}", finished.out);
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    wait_until_nothing_lives(project.token());
}

/// Says why a test shows nothing here.
#[allow(clippy::print_stderr, reason = "whoever reads the tests' output has to know what was not tested")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// Compiles `name.c` of the project; says why not where there is no compiler.
fn compile(project: &Project, name: &str) -> bool {
    let status = Command::new("cc").arg("-o").arg(project.path(name)).arg(project.path(&format!("{name}.c"))).status();
    let works = status.is_ok_and(|status| status.success());
    if !works {
        skip("there is no C compiler");
    }
    works
}

#[track_caller]
fn quit(screen: &mut Screen, project: &Project) {
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

/// A service of one process, which `freezer` holds once its line `up 42` is there and it is frozen.
fn freezable(freezer: &Freezer) -> Project {
    let group = format!("{}/cgroup.procs", freezer.folder);
    Project::new(&format!(
        "[processes.web]\nstop_grace_period = \"200ms\"\ncommand = \"echo $$ > {group}; echo up $((6 * 7)); exec sleep \
         1000\"\n"
    ))
}

/// A cgroup of the old freezer; thawed and removed in the end.
struct Freezer {
    folder: String,
}

impl Freezer {
    /// Makes one, or says why not.
    fn new() -> Option<Self> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = format!("/sys/fs/cgroup/freezer/it-told-{}-{count}", std::process::id());
        let made = fs::create_dir(&folder);
        if let Err(error) = &made {
            skip(&format!("the old freezer cannot be used here: {error}"));
        }
        made.is_ok().then_some(Self { folder })
    }

    fn set(&self, state: &str) {
        fs::write(format!("{}/freezer.state", self.folder), state).unwrap();
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        self.set("THAWED");
        let removed = wait::until(|| fs::remove_dir(&self.folder).ok());
        assert!(removed.is_some() || std::thread::panicking(), "{} is still in use", self.folder);
    }
}
