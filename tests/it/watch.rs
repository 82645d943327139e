//! `watch`: files that change start their service again, once for each storm, and never for ever.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::control::talk::wait_for_state;
use crate::support::processes::{assert_no_service_lives, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::wait;

/// Waits until one of the reasons that `why` gives has `text`.
#[track_caller]
pub(super) fn wait_for_reason(project: &Project, name: &str, text: &str) {
    let ask = || Program::run(project.procdash(&["why", name]));
    let seen = wait::until(|| ask().out.contains(text).then_some(()));
    assert!(seen.is_some(), "no `{text}` in {:?}", ask());
}

/// Starts the project.
pub(super) fn up(project: &Project) -> Program {
    Program::start(project.procdash(&["up", "--no-tui"]))
}

/// Ends the project; nothing of it is left.
#[track_caller]
pub(super) fn end(project: &Project, program: Program) -> String {
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    wait_until_nothing_lives(project.token());
    assert_no_service_lives(project.token());
    ended.out
}

/// Makes a project with the folder `src` and the file `src/input`.
fn project(procfile: &str) -> Project {
    let project = Project::new(procfile);
    fs::create_dir(project.path("src")).unwrap();
    project.write("src/input", b"one");
    project
}

/// Changes a file as an editor does: a new one takes its place.
fn save(project: &Project, file: &str, text: &str) {
    let new = project.path(&format!("{file}.new~"));
    fs::write(&new, text).unwrap();
    fs::rename(&new, project.path(file)).unwrap();
    fs::set_permissions(project.path(file), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_save_restarts_the_service_and_says_which_file_it_was() {
    let project =
        project("[processes.web]\ncommand = \"echo has $(cat src/input); exec sleep 1000\"\nwatch = \"src\"\n");
    let program = up(&project);
    wait_for_reason(&project, "web", "a change of its files restarts it");
    save(&project, "src/input", "two");
    program.wait_for("has two");
    wait_for_reason(&project, "web", "restarted by a change of src/input ");
    let out = end(&project, program);
    assert!(out.contains("restarting: src/input changed"), "{out}");
    assert!(!out.contains("src/input.new~"), "what editors write beside it is no change: {out}");
}

#[test]
fn a_storm_of_changes_is_one_restart() {
    let project =
        project("[processes.web]\ncommand = \"exec sleep 1000\"\nwatch = [\"src/**/*.rs\"]\nwatch_debounce = \"2s\"\n");
    let program = up(&project);
    wait_for_reason(&project, "web", "a change of its files restarts it");
    for number in 0..3000 {
        let folder = project.path(&format!("src/{}", number % 30));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number}.rs")), "x").unwrap();
    }
    program.wait_for("more changed");
    // what changes before a run begins is nothing new to it
    program.wait_for("run 2 · exec");
    project.write("src/last.rs", b"x");
    program.wait_for("restarting: src/last.rs changed");
    let out = end(&project, program);
    assert_eq!(out.matches("restarting: ").count(), 2, "{out}");
    assert!(out.contains("run 1 · killed by SIGTERM"), "each end is told of its own run: {out}");
}

#[test]
fn what_has_crashed_is_started_by_a_change_and_what_was_stopped_is_not() {
    let project = project(
        r#"
[defaults]
watch = ["src/*"]

[processes]
broken = "grep -q fixed src/input || exit 3; printf 'it %s\\n' works; exec sleep 1000"
stopped = "exec sleep 1000"
"#,
    );
    let program = up(&project);
    wait_for_reason(&project, "broken", "a change of its files starts it again");
    wait_for_reason(&project, "stopped", "a change of its files restarts it");
    assert_eq!(Program::run(project.procdash(&["stop", "stopped"])).code, 0);
    save(&project, "src/input", "fixed");
    program.wait_for("it works");
    // the next change is decided about for both, and the other one is seen
    save(&project, "src/input", "fixed again");
    program.wait_for("restarting: src/input changed");
    wait_for_state(&project, "stopped", "stopped");
    assert_eq!(wait_for_state(&project, "broken", "running")["run"], 3);
    assert_eq!(wait_for_state(&project, "stopped", "stopped")["run"], 1);
    let out = end(&project, program);
    assert!(out.contains("starting: src/input changed"), "{out}");
}

#[test]
fn a_service_that_writes_what_it_watches_is_left_alone_until_a_person_starts_it() {
    let project = project(
        r#"
[processes.web]
command = "while :; do echo x > src/stamp; sleep 0.1; done"
watch = ["src"]
watch_debounce = "50ms"
"#,
    );
    let program = up(&project);
    let paused = "its files are not watched any more, since src/stamp changes soon after every start";
    wait_for_reason(&project, "web", paused);
    let first = wait_for_state(&project, "web", "running")["run"].as_u64().unwrap();
    assert!(first >= 6, "restarted only {first} times");
    program.wait_for("r starts it and watches again");
    assert_eq!(Program::run(project.procdash(&["restart", "web"])).code, 0);
    // it goes on, and finds the same
    program.wait_for(&format!("run {} ", first + 6));
    wait_for_reason(&project, "web", paused);
    end(&project, program);
}

#[test]
fn where_no_more_can_be_watched_the_service_runs_without() {
    const FEW: &str = "echo 2 > /proc/sys/user/max_inotify_watches && exec \"$@\"";
    let project =
        project("[processes.web]\ncommand = \"printf 'it %s\\\\n' runs; exec sleep 1000\"\nwatch = \"src/**/*\"\n");
    for folder in ["a", "b", "c", "d"] {
        fs::create_dir(project.path(&format!("src/{folder}"))).unwrap();
    }
    let limited = |rest: &[&str]| {
        let mut command = project.procdash(&[]);
        let mut words = vec!["-Ur", "sh", "-c", FEW, "sh"];
        words.extend(rest);
        let mut unshare = Command::new("unshare");
        unshare.args(words).current_dir(project.folder());
        for (name, value) in command.env("PROCDASH_IT", project.token()).get_envs() {
            match value {
                Some(value) => unshare.env(name, value),
                None => unshare.env_remove(name),
            };
        }
        unshare
    };
    let permitted = limited(&["true"]).stderr(Stdio::null()).status();
    if !permitted.is_ok_and(|status| status.success()) {
        super::guard::skipped("no user namespace is permitted here");
        return;
    }
    let program = Program::start(limited(&[env!("CARGO_BIN_EXE_procdash"), "up", "--no-tui"]));
    program.wait_for("it runs");
    program.wait_for("its files are not watched: the kernel watches no more folders");
    wait_for_reason(&project, "web", "sudo sysctl fs.inotify.max_user_watches=");
    wait_for_state(&project, "web", "running");
    end(&project, program);
}
