//! Log files, and `procdash logs`: what was printed is kept, byte by byte, and found again when nothing runs any more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::{Signal, kill};

use crate::support::processes::{wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

const HERE: &str = "[settings.logs]\ndir = \"kept\"\n";

fn kept(project: &Project, name: &str) -> Vec<u8> {
    fs::read(project.path("kept").join(name)).unwrap_or_default()
}

/// Returns what `seq` prints.
fn numbers(last: u32, end: &str) -> String {
    (1..=last).map(|number| [number.to_string().as_str(), end].concat()).collect()
}

/// Runs the project's services to their end, without a dashboard.
fn run(project: &Project) {
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert!(ended.out.contains("0 survivors"), "{ended:?}");
}

/// Returns what `procdash logs` prints, byte by byte.
fn logs(project: &Project, arguments: &[&str]) -> Vec<u8> {
    let output = project.procdash(&[&["logs"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn text(project: &Project, arguments: &[&str]) -> String {
    String::from_utf8(logs(project, arguments)).unwrap()
}

#[test]
fn random_bytes_and_the_lines_of_one_that_is_killed_are_kept_as_they_were_written() {
    let project = Project::new(&format!(
        "{HERE}max_size = false\n[processes.random]\ntty = false\n\
         command = \"head -c 5000000 /dev/urandom | tee written\"\n\
         [processes.lines]\ncommand = \"stty -opost; seq 300000; kill -KILL $$\"\n"
    ));
    run(&project);
    let written = fs::read(project.path("written")).unwrap();
    assert_eq!(written.len(), 5_000_000);
    assert!(kept(&project, "random.log") == written, "the file holds something else");
    assert!(logs(&project, &["--raw", "random"]) == written, "`logs --raw` prints something else");
    let lines = numbers(300_000, "\n");
    assert!(kept(&project, "lines.log") == lines.as_bytes(), "the file holds something else");
}

#[test]
fn over_all_files_not_a_byte_is_missing_and_only_the_user_may_read_them() {
    let project =
        Project::new(&format!("{HERE}max_size = \"64KiB\"\nmax_files = 100\n[processes]\nweb = \"seq 100000\"\n"));
    run(&project);
    let expected = numbers(100_000, "\r\n");
    assert!(logs(&project, &["--raw", "web"]) == expected.as_bytes());
    let folder = project.path("kept");
    let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 8, "{files:?}");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in files.iter().filter(|file| file.file_name().is_some_and(|name| name != ".gitignore")) {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    let is_rotated = |file: &&PathBuf| file.extension().is_some_and(|age| age != "log" && age != "runs");
    let (whole, cut): (Vec<&PathBuf>, Vec<&PathBuf>) =
        files.iter().filter(is_rotated).partition(|file| fs::read(file).unwrap().ends_with(b"\n"));
    assert!(whole.len() > cut.len(), "{cut:?} end amid a line");
    assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn by_default_files_are_in_the_state_folder_and_can_be_switched_off() {
    let project = Project::new("[processes]\nweb = \"echo hello\"\n");
    run(&project);
    let folders: Vec<PathBuf> =
        fs::read_dir(project.path("state/procdash")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let folder = folders.iter().find(|folder| folder.join("web.log").exists()).unwrap();
    assert_eq!(fs::read(folder.join("web.log")).unwrap(), b"hello\r\n");

    let project = Project::new("[settings.logs]\nenabled = false\n[processes]\nweb = \"echo hello\"\n");
    run(&project);
    let asked = Program::run(project.procdash(&["logs"]));
    assert_eq!(asked.code, 1);
    assert!(asked.err.contains("`enabled = false` in `[settings.logs]`"), "{asked:?}");
    assert!(!project.path("state/procdash").exists());
}

#[test]
fn a_killed_dashboard_leaves_its_logs_to_be_read_from_any_folder() {
    let project = Project::new(&format!(
        "{HERE}[processes]\nweb = \"printf '\\\\033[31mred\\\\033[0m\\\\033]0;title\\\\007\\\\n'; echo pid $$; exec sleep 1000\"\n"
    ));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("pid");
    // what is shown is written at the same time, by another thread
    assert!(
        wait::until(|| (kept(&project, "web.log").split(|byte| *byte == b'\n').count() > 2).then_some(())).is_some()
    );
    kill(program.dashboard(), Signal::SIGKILL).unwrap();
    let _killed = program.finish();
    wait_until_nothing_lives(project.token());
    fs::create_dir(project.path("below")).unwrap();
    let mut command = project.procdash(&["logs", "-n", "2", "web"]);
    let asked = Program::run({
        command.current_dir(project.path("below"));
        command
    });
    let lines: Vec<&str> = asked.out.lines().collect();
    let [begin, "red", pid] = lines.as_slice() else { panic!("{asked:?}") };
    assert!(begin.starts_with("─ run 1 · pid ") && pid.starts_with("pid "), "{asked:?}");
}

#[test]
fn restarts_append_and_the_runs_are_told_apart() {
    let project = Project::new(&format!(
        "{HERE}[processes.web]\ncommand = \"printf 'no end'; exit 3\"\nrestart = \"on-failure\"\n\
         restart_delay = \"1ms\"\nmax_restarts = 1\n"
    ));
    run(&project);
    run(&project);
    assert_eq!(kept(&project, "web.log"), b"no end".repeat(4));
    let shown = text(&project, &["web"]);
    let lines: Vec<&str> = shown.lines().map(|line| line.split(" · ").next().unwrap()).collect();
    let run = |number: u32| [format!("─ run {number}"), "no end".to_owned(), "✗ exited with code 3".to_owned()];
    assert_eq!(lines, [run(1), run(2), run(1), run(2)].concat());
}

#[test]
fn several_services_are_merged_as_they_came_with_their_names_before() {
    let turn = |own: &str, other: &str| {
        format!(
            "for i in 1 2 3; do until [ -e {other}$i ]; do sleep 0.01; done; sleep 0.3; echo {own}$i; : > {own}$i; done"
        )
    };
    let project = Project::new(&format!(
        "{HERE}[processes]\nping = \"\"\"{}\"\"\"\npong = \"\"\"{}\"\"\"\n",
        "for i in 1 2 3; do sleep 0.3; echo ping$i; : > ping$i; until [ -e pong$i ]; do sleep 0.01; done; done",
        turn("pong", "ping"),
    ));
    run(&project);
    let shown = text(&project, &[]);
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains(" | p")).collect();
    let expected = ["ping | ping1", "pong | pong1", "ping | ping2", "pong | pong2", "ping | ping3", "pong | pong3"];
    assert_eq!(lines, expected);
    let json = text(&project, &["--json", "-n", "1", "pong"]);
    assert!(json.starts_with("{\"service\":\"pong\",\"at\":\"2") && json.contains("\"line\":\"pong3\""), "{json}");
}

#[test]
fn whoever_follows_sees_the_next_run_too_and_new_files() {
    let project = Project::new(&format!(
        "{HERE}max_size = \"16KiB\"\n[processes]\n\
         web = \"seq 1 5000; echo last $((6 * 7)); until [ -e go ]; do sleep 0.05; done; echo went on; exec sleep 1000\"\n"
    ));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("last 42");
    let follower = Program::start(project.procdash(&["logs", "-f", "-n", "1", "web"]));
    follower.wait_for("last 42");
    project.write("go", b"");
    follower.wait_for("went on");
    let restarted = Program::run(project.procdash(&["restart", "web"]));
    assert_eq!(restarted.code, 0, "{restarted:?}");
    follower.wait_for("run 2");
    // the first run's is before the last line, with which it began
    follower.wait_for("\n5000\n");
    follower.signal(Signal::SIGINT);
    let ended = follower.finish();
    assert_eq!(ended.code, 130, "{ended:?}");
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn a_wrong_name_is_told_with_the_nearest_and_a_reader_that_leaves_ends_it_silently() {
    let project = Project::new(&format!("{HERE}[processes]\nweb = \"seq 100000\"\n"));
    let asked = Program::run(project.procdash(&["logs"]));
    assert_eq!(asked.code, 1);
    assert!(asked.err.contains("no service is kept in") && asked.err.contains("kept;"), "{asked:?}");
    run(&project);
    let asked = Program::run(project.procdash(&["logs", "wbe"]));
    assert_eq!((asked.code, asked.err.as_str()), (2, "error: no service is called `wbe`; did you mean `web`?\n"));
    let mut piped = Command::new("sh");
    let command = project.procdash(&[]);
    piped.args(["-c", "\"$0\" logs -f web | head -n 3"]).arg(command.get_program()).current_dir(project.folder());
    let ended = Program::run(piped);
    assert_eq!(ended.out.lines().skip(1).collect::<Vec<_>>(), ["1", "2"]);
    assert!(ended.err.is_empty(), "{ended:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once_and_the_service_runs_on() {
    let project = Project::new(&format!(
        "{HERE}[processes]\nweb = \"i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done\"\n"
    ));
    project.write("kept", b"a file in the way");
    let mut screen = Screen::spawn(&project, &["up"], 120, 60);
    screen.wait_for("what web prints is not kept:");
    screen.wait_for("line 40");
    let told = screen.contents().matches("not kept").count();
    assert_eq!(told, 2, "once in the log and once below it\n{}", screen.contents());
    fs::remove_file(project.path("kept")).unwrap();
    screen.wait_for("what services print is kept again");
    wait_for_services(project.token(), 1);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    let shown = text(&project, &["web"]);
    assert!(shown.lines().next().is_some_and(|line| line.contains("bytes are missing here")), "{shown}");
}

#[test]
fn a_full_disk_is_told_and_counted_and_kept_on_when_there_is_room_again() {
    let project = Project::new(&format!(
        "{HERE}[processes]\nweb = \"until [ -e seen ]; do echo line; sleep 0.05; done; exec sleep 1000\"\n"
    ));
    fs::create_dir(project.path("kept")).unwrap();
    let mut inside = Command::new("unshare");
    let script = "mount -t tmpfs -o size=64k none kept || exit 77; head -c 1m /dev/zero > kept/ballast; \
                  \"$0\" up --no-tui & until [ -e go ]; do sleep 0.05; done; rm kept/ballast; \
                  until grep -q line kept/web.log; do sleep 0.05; done; : > seen; cat kept/web.runs; kill -TERM $!; wait";
    let command = project.procdash(&[]);
    inside.args(["-rm", "sh", "-c", script]).arg(command.get_program()).current_dir(project.folder());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    let mut program = Program::start(inside);
    let told =
        wait::until(|| program.has_ended().then_some(false).or_else(|| program.has_said("not kept").then_some(true)));
    if told == Some(false) {
        println!("skipped: no file system can be mounted here");
        return;
    }
    assert_eq!(told, Some(true));
    project.write("go", b"");
    let ended = program.finish();
    assert!(ended.out.contains("No space left on device"), "{ended:?}");
    assert_eq!(ended.out.matches("is not kept").count(), 1, "{ended:?}");
    assert!(ended.out.contains("\"event\":\"lost\",\"bytes\":"), "{ended:?}");
    wait_until_nothing_lives(project.token());
}
