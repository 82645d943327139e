//! One dashboard a project: who comes second, what a killed one leaves, and whose the socket is.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use nix::sys::signal::{Signal, kill};

use super::talk::{folder, run, said, socket, up, wait_for_answers, wait_for_state};
use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

const ONE: &str = "[processes]\nweb = \"exec sleep 1000\"\n";

#[test]
fn a_second_dashboard_is_refused_with_the_first_ones_number_and_terminal() {
    let project = Project::new(ONE);
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "running");
    wait_for_services(project.token(), 1);
    let refused = run(&project, &["up", "--no-tui"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let pid = super::json(&project, &["ps", "--json"])["pid"].clone();
    let named = format!("procdash already runs for this project: pid {pid} on pts/");
    assert!(refused.err.contains(&named) && refused.err.contains("`procdash down`"), "{refused:?}");
    assert_eq!(services(project.token()).len(), 1, "the second one has started something");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    assert_eq!(socket(&project), None);
}

#[test]
fn the_same_file_by_another_path_is_the_same_project() {
    let project = Project::new(ONE);
    let _program = up(&project);
    let other = Project::empty();
    symlink(project.folder(), other.path("link")).unwrap();
    let mut second = project.procdash(&["up", "--no-tui"]);
    second.current_dir(other.path("link"));
    let refused = Program::run(second);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("already runs"), "{refused:?}");
}

#[test]
fn two_projects_run_beside_each_other() {
    let (one, two) = (Project::new(ONE), Project::new(ONE));
    let (_first, _second) = (up(&one), up(&two));
    wait_for_state(&one, "web", "running");
    said(&one, &["down"]);
    wait_for_state(&two, "web", "running");
}

#[test]
fn one_that_hangs_is_named_too_and_a_question_to_it_ends() {
    let project = Project::new(ONE);
    let program = up(&project);
    wait_for_state(&project, "web", "running");
    kill(program.dashboard(), Signal::SIGSTOP).unwrap();
    let refused = run(&project, &["up", "--no-tui"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.err.contains("already runs for this project: pid ") && refused.err.contains("paused"),
        "{refused:?}"
    );
    let asked = run(&project, &["ps"]);
    assert_eq!(asked.code, 1, "{asked:?}");
    assert!(asked.err.contains("procdash does not answer: pid "), "{asked:?}");
    kill(program.dashboard(), Signal::SIGCONT).unwrap();
    said(&project, &["down"]);
}

#[test]
fn what_a_killed_one_leaves_is_replaced() {
    let project = Project::new(ONE);
    let first = up(&project);
    wait_for_state(&project, "web", "running");
    kill(first.dashboard(), Signal::SIGKILL).unwrap();
    first.finish();
    assert!(socket(&project).is_some(), "a killed program cannot tidy up");
    assert_eq!(run(&project, &["ps"]).code, 4);
    wait_until_nothing_lives(project.token());
    let _second = up(&project);
    wait_for_state(&project, "web", "running");
    said(&project, &["down"]);
    assert_eq!(socket(&project), None);
}

#[test]
fn of_several_that_start_at_the_same_moment_exactly_one_runs() {
    let project = Project::new(ONE);
    let mut all: Vec<Program> = (0..4).map(|_| Program::start(project.procdash(&["up", "--no-tui"]))).collect();
    wait_for_state_of_any(&project);
    let refused = wait::until(|| {
        (all.iter_mut().map(|program| usize::from(program.has_ended())).sum::<usize>() == 3).then_some(())
    });
    assert!(refused.is_some(), "more than one goes on");
    assert_eq!(services(project.token()).len(), 1);
    for mut program in all {
        if program.has_ended() {
            let ended = program.finish();
            assert_eq!(ended.code, 1, "{ended:?}");
            assert!(ended.err.contains("already runs"), "{ended:?}");
        } else {
            said(&project, &["down"]);
            assert_eq!(program.finish().code, 0);
        }
    }
    assert!(!folder(&project).exists());
}

fn wait_for_state_of_any(project: &Project) {
    wait_for_answers(project);
    wait_for_state(project, "web", "running");
}

#[test]
fn what_is_no_socket_is_not_removed_and_nothing_is_started() {
    let project = Project::new(ONE);
    let first = up(&project);
    let path = socket(&project).unwrap();
    said(&project, &["down"]);
    first.finish();
    fs::create_dir(folder(&project)).unwrap();
    fs::set_permissions(folder(&project), Permissions::from_mode(0o700)).unwrap();
    let refused = || {
        for request in [["up", "--no-tui"].as_slice(), &["ps"]] {
            let refused = run(&project, request);
            assert_eq!(refused.code, 1, "{refused:?}");
            assert!(refused.err.contains("in the way") && refused.err.contains(path.to_str().unwrap()), "{refused:?}");
        }
    };
    fs::write(&path, "mine").unwrap();
    refused();
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused();
    fs::remove_dir(&path).unwrap();
    symlink("/dev/null", &path).unwrap();
    refused();
    assert_no_service_lives(project.token());
}

#[test]
fn a_folder_that_is_not_ours_alone_is_refused_and_nothing_is_started() {
    let project = Project::new(ONE);
    let refused = |said: &str| {
        let refused = run(&project, &["up", "--no-tui"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains(said), "{refused:?}");
        assert_no_service_lives(project.token());
    };
    fs::create_dir(folder(&project)).unwrap();
    fs::set_permissions(folder(&project), Permissions::from_mode(0o770)).unwrap();
    refused("has mode 0770");
    fs::remove_dir(folder(&project)).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), folder(&project)).unwrap();
    refused("is no folder (or a link to one)");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    fs::remove_file(folder(&project)).unwrap();
    if nix::unistd::geteuid().is_root() {
        fs::create_dir(folder(&project)).unwrap();
        std::os::unix::fs::chown(folder(&project), Some(65_534), None).unwrap();
        refused("belongs to another user (uid 65534)");
    } else {
        eprintln!("skipped in part: only root can give a folder to another user");
    }
}

#[test]
fn the_socket_and_its_folder_are_the_users_alone_and_gone_after_the_end() {
    let project = Project::new(ONE);
    let program = up(&project);
    let path = socket(&project).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(folder(&project)).unwrap().mode() & 0o7777, 0o700);
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    assert!(!path.exists() && !folder(&project).exists());
}

#[test]
fn a_socket_that_is_another_ones_by_now_is_left_alone() {
    let project = Project::new(ONE);
    let program = up(&project);
    let path = socket(&project).unwrap();
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    assert!(path.exists());
}

#[test]
fn without_a_runtime_folder_or_with_one_that_others_may_write_to_the_temporary_one_is_used() {
    let project = Project::new(ONE);
    let open = project.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let mut first = project.procdash(&["up", "--no-tui"]);
    first.env("XDG_RUNTIME_DIR", &open);
    let first = Program::start(first);
    let ask = |arguments: &[&str]| {
        let mut ask = project.procdash(arguments);
        ask.env_remove("XDG_RUNTIME_DIR");
        Program::run(ask)
    };
    assert!(wait::until(|| (ask(&["ps"]).code == 0).then_some(())).is_some());
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    // a shell with the variable finds it as well, and is refused as a second one
    assert_eq!(run(&project, &["ps"]).code, 0);
    assert_eq!(run(&project, &["up", "--no-tui"]).code, 1);
    assert_eq!(ask(&["down"]).code, 0);
    assert_eq!(first.finish().code, 0);
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_a_message() {
    let project = Project::new(ONE);
    let long = project.path(&"x".repeat(100));
    fs::create_dir(&long).unwrap();
    fs::set_permissions(&long, Permissions::from_mode(0o700)).unwrap();
    let mut second = project.procdash(&["up", "--no-tui"]);
    second.env("XDG_RUNTIME_DIR", &long);
    let refused = Program::run(second);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("too long for a socket"), "{refused:?}");
    assert_no_service_lives(project.token());
}

#[test]
fn another_user_is_not_spoken_to_even_where_the_permissions_let_him_in() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let project = Project::new(ONE);
    let _program = up(&project);
    let path = socket(&project).unwrap();
    let kept_out = heard_by_another_user(&path).unwrap_err();
    assert_eq!(kept_out.kind(), std::io::ErrorKind::PermissionDenied);
    for (path, mode) in [(project.folder(), 0o711), (&folder(&project), 0o711), (&path, 0o666)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    assert_eq!(heard_by_another_user(&path).unwrap(), 0, "another user was greeted");
    let own = UnixStream::connect(&path).unwrap().read(&mut [0; 10]).unwrap();
    assert!(own > 0, "nobody is greeted at all");
}

/// Connects as another user, and returns how many bytes come before the end; only root can do this.
#[allow(unsafe_code, reason = "one thread alone becomes another user, which no safe function offers")]
fn heard_by_another_user(path: &Path) -> std::io::Result<usize> {
    let path = path.to_owned();
    let client = move || {
        for call in [nix::libc::SYS_setresgid, nix::libc::SYS_setresuid] {
            // SAFETY: three numbers go in and one comes out; the system call itself, unlike the function of the same
            // name in the C library, changes this thread and no other
            let changed = unsafe { nix::libc::syscall(call, 65_534, 65_534, 65_534) };
            assert_eq!(changed, 0, "cannot become another user");
        }
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(wait::PATIENCE))?;
        stream.read(&mut [0; 100])
    };
    std::thread::spawn(client).join().unwrap()
}
