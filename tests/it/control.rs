//! Another shell asks: every subcommand that speaks to a running procdash, its words, its JSON and its exit codes.

mod dependencies;
mod failed;
mod harmless;
mod hostile;
mod probes;
mod reload;
mod seat;
pub(crate) mod talk;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;
use talk::{folder, json, run, said, socket, up, wait_for_answers, wait_for_state};

const SHOP: &str = r#"
name = "shop"

[processes]
web = "sleep 1000 & exec sleep 1000"
api = "exit 7"
docs = { command = "exec sleep 1000", autostart = false }
"#;

/// Starts the shop and waits until everything in it is where it stays.
#[track_caller]
fn open_shop(project: &Project) -> Program {
    let program = up(project);
    wait_for_state(project, "web", "running");
    wait_for_state(project, "api", "crashed");
    wait_for_services(project.token(), 2);
    program
}

/// Deaf to everything, with a member in a session of its own.
const STUBBORN: &str = r#"
[processes.tree]
command = "trap '' TERM INT HUP; setsid sleep 1000 & while :; do sleep 1000; done"
stop_grace_period = "300ms"

[processes.other]
command = "exec sleep 1000"
"#;

#[test]
fn ps_shows_every_service_in_the_words_of_the_dashboard() {
    let project = Project::new(SHOP);
    let program = open_shop(&project);
    let table = said(&project, &["ps"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..3], ["NAME", "STATE", "PID"], "{table}");
    assert_eq!(lines[1][..2], ["web", "running"], "{table}");
    assert_eq!(lines[2], ["api", "crashed", "exit", "7"], "{table}");
    assert_eq!(lines[3], ["docs", "stopped"], "{table}");
    assert!(!table.contains('\u{1b}'), "colours in a pipe: {table:?}");
    program.signal(Signal::SIGTERM);
    program.finish();
}

#[test]
fn ps_as_json_has_the_shape_that_was_promised() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    // the look that the board shows may be from before the shell became what it runs
    let is_whole = |board: &serde_json::Value| {
        let web = &board["services"][0];
        web["tree"].as_array().unwrap().iter().any(|row| row["pid"] == web["pid"] && row["command"] == "sleep 1000")
    };
    let board = wait::until(|| Some(json(&project, &["ps", "--json"])).filter(is_whole)).expect("the tree of web");
    assert_eq!(board["project"], "shop");
    assert!(board["run_id"].as_str().unwrap().contains('-'), "{board}");
    let [web, api, docs] = board["services"].as_array().unwrap().as_slice() else { panic!("{board}") };
    let keys = [
        "name",
        "state",
        "pid",
        "started_at",
        "uptime_ms",
        "restarts",
        "exit",
        "cpu_percent",
        "memory_bytes",
        "ports",
        "blocked_on",
        "tree",
    ];
    assert!(keys.iter().all(|key| web.get(key).is_some()), "{web}");
    let main = web["pid"].as_u64().unwrap();
    assert!(services(project.token()).iter().any(|process| u64::try_from(process.pid) == Ok(main)), "{web}");
    assert!(web["started_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{web}");
    let tree = web["tree"].as_array().unwrap();
    assert!(tree.iter().all(|process| process["ppid"].is_u64() && process["start"].is_u64()), "{web}");
    assert_eq!((&api["state"], &api["exit"]["code"], &api["pid"]), (&"crashed".into(), &7.into(), &().into()));
    assert_eq!((&docs["state"], docs["tree"].as_array().unwrap().len()), (&"stopped".into(), 0));
}

#[test]
fn the_project_is_found_from_any_folder_below_and_by_its_file() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let below = project.path("deep/down");
    std::fs::create_dir_all(&below).unwrap();
    let mut from_below = project.procdash(&["ps"]);
    from_below.current_dir(&below);
    assert_eq!(Program::run(from_below).code, 0);
    let file = project.path("procfile.toml");
    let mut from_elsewhere = project.procdash(&["ps", "-f", file.to_str().unwrap()]);
    from_elsewhere.current_dir("/");
    assert_eq!(Program::run(from_elsewhere).code, 0);
    // what the file says now is of no importance to what runs
    project.write("procfile.toml", b"[processes\nbroken");
    assert_eq!(run(&project, &["ps"]).code, 0);
}

#[test]
fn a_stop_returns_when_nothing_is_left_and_says_what_it_has_seen() {
    let project = Project::new(STUBBORN);
    let _program = up(&project);
    wait_for_services(project.token(), 4);
    let stopped = said(&project, &["stop", "tree", "other"]);
    assert_no_service_lives(project.token());
    let lines: Vec<&str> = stopped.lines().collect();
    assert!(lines[0].starts_with("tree: stopped ") && lines[0].contains("by force, 0 left · checked in"), "{stopped}");
    assert!(lines[1].starts_with("other: stopped 1, 0 left · checked in"), "{stopped}");
}

#[test]
fn a_stop_of_what_does_not_run_is_done() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    assert_eq!(said(&project, &["stop", "docs"]), "docs: does not run\n");
    assert_eq!(said(&project, &["kill", "docs"]), "docs: does not run\n");
    let told = json(&project, &["stop", "docs", "--json"]);
    assert_eq!((&told["nothing_to_do"], &told["verified"]), (&true.into(), &true.into()), "{told}");
}

#[test]
fn kill_and_stop_as_json_have_the_shape_that_was_promised() {
    let project = Project::new(STUBBORN);
    let _program = up(&project);
    wait_for_services(project.token(), 4);
    let killed = json(&project, &["kill", "tree", "--json"]);
    assert_eq!((&killed["service"], &killed["action"]), (&"tree".into(), &"kill".into()), "{killed}");
    assert_eq!((&killed["verified"], &killed["survivors"]), (&true.into(), &serde_json::json!([])), "{killed}");
    let members = killed["members"].as_array().unwrap();
    assert!(members.iter().any(|member| member["command"] == "sleep 1000" && member["pid"].is_u64()), "{killed}");
    assert!(killed["elapsed_ms"].is_u64() && killed["killed"].as_u64() >= Some(1), "{killed}");
    let stopped = json(&project, &["stop", "other", "--json"]);
    assert_eq!((&stopped["action"], &stopped["how"]), (&"stop".into(), &"grace".into()), "{stopped}");
    assert_no_service_lives(project.token());
}

#[test]
fn a_restart_returns_with_a_new_process_and_a_wait_after_it_need_not_wait() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let before = wait_for_state(&project, "web", "running");
    let restarted = said(&project, &["restart", "web"]);
    assert!(restarted.starts_with("web: restarted · 2 gone, 0 left · checked in"), "{restarted}");
    assert_eq!(said(&project, &["wait", "web", "--timeout", "0s"]), "web: running\n");
    let after = wait_for_state(&project, "web", "running");
    assert_ne!(before["pid"], after["pid"]);
    assert_eq!(after["run"], 2);
}

#[test]
fn a_start_says_who_runs_and_one_that_fails_says_why() {
    let project = Project::new(
        r#"
[processes]
web = { command = "exec sleep 1000", autostart = false }
broken = { command = ["no-such-program-anywhere"], autostart = false }
keeper = "exec sleep 1000"
"#,
    );
    let _program = up(&project);
    let started = json(&project, &["start", "web", "--json"]);
    let pid = started["pid"].as_i64().unwrap();
    assert!(services(project.token()).iter().any(|process| i64::from(process.pid) == pid), "{started}");
    assert_eq!(said(&project, &["start", "web"]), format!("web: runs already · pid {pid}\n"));
    let failed = run(&project, &["start", "broken"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.out.starts_with("broken: ") && failed.out.contains("no-such-program-anywhere"), "{failed:?}");
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_and_nothing_is_done() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    for request in [["stop", "web", "wbe"], ["signal", "KILL", "wbe"], ["wait", "web", "wbe"]] {
        let refused = run(&project, &request);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
        assert!(refused.err.contains("no service is called `wbe`; did you mean `web`?"), "{refused:?}");
        assert!(refused.err.contains("there are: web, api, docs"), "{refused:?}");
    }
    wait_for_state(&project, "web", "running");
}

#[test]
fn where_no_procdash_runs_the_code_is_four_and_the_message_says_how_to_start_one() {
    let project = Project::new(SHOP);
    for request in [["ps", "--json"].as_slice(), &["stop", "web"], &["down"], &["wait", "web"], &["why", "web"]] {
        let refused = run(&project, request);
        assert_eq!((refused.code, refused.out.as_str()), (4, ""), "{request:?}: {refused:?}");
        assert!(refused.err.contains("no procdash runs for") && refused.err.contains("`procdash up`"), "{refused:?}");
    }
    assert_eq!(run(&Project::empty(), &["ps"]).code, 2, "there is no project at all");
    assert!(!folder(&project).exists(), "a question leaves nothing behind");
}

#[test]
fn a_signal_arrives_and_the_number_of_those_who_got_it_is_told() {
    let project = Project::new(
        r#"
[processes]
web = "trap 'echo heard $((6 * 7))' USR1; echo up $((6 * 7)); while :; do sleep 0.05; done"
docs = { command = "exec sleep 1000", autostart = false }
"#,
    );
    let program = up(&project);
    program.wait_for("up 42");
    assert_eq!(
        said(&project, &["signal", "usr1", "web", "--to", "main"]),
        "web: SIGUSR1 to its main process: 1 process\n"
    );
    program.wait_for("heard 42");
    let told = json(&project, &["signal", "SIGCONT", "web", "--to", "tree", "--json"]);
    assert_eq!((&told["signal"], told["delivered"].as_u64() >= Some(1)), (&"SIGCONT".into(), true), "{told}");
    let refused = run(&project, &["signal", "HUP", "docs"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("docs does not run"), "{refused:?}");
    assert_eq!(run(&project, &["signal", "NOPE", "web"]).code, 2);
}

#[test]
fn the_tree_is_drawn_with_numbers_states_and_commands() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let drawn = said(&project, &["tree", "web"]);
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines[0], "web  running", "{drawn}");
    assert!(lines[1].starts_with("└─ ") && lines[1].ends_with("sleep 1000"), "{drawn}");
    assert!(lines[2].starts_with("   └─ ") && lines[2].contains("sleeping"), "{drawn}");
    let told = json(&project, &["tree", "web", "--json"]);
    assert_eq!((&told["service"], told["tree"].as_array().unwrap().len()), (&"web".into(), 2), "{told}");
    let all = said(&project, &["tree"]);
    assert!(all.contains("\napi  crashed\n") && all.ends_with("docs  stopped\n"), "{all}");
}

#[test]
fn why_names_the_service_its_state_and_a_cause() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let told = json(&project, &["why", "api", "--json"]);
    assert_eq!((&told["service"], &told["state"]), (&"api".into(), &"crashed".into()), "{told}");
    let causes = told["causes"].as_array().unwrap();
    assert!(causes.first().is_some_and(|cause| !cause["text"].as_str().unwrap().is_empty()), "{told}");
    let said = said(&project, &["why", "api"]);
    assert!(said.starts_with("api  crashed\n  "), "{said}");
}

#[test]
fn a_wait_returns_at_the_change_that_it_waits_for() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let exits = Program::start(project.procdash(&["wait", "web", "--for", "exited"]));
    let starts = Program::start(project.procdash(&["wait", "web", "docs", "--timeout", "1m"]));
    said(&project, &["restart", "docs"]);
    assert_eq!(starts.finish().code, 0);
    said(&project, &["stop", "web"]);
    let exited = exits.finish();
    assert_eq!((exited.code, exited.out.starts_with("web: stopped")), (0, true), "{exited:?}");
}

#[test]
fn a_wait_ends_when_its_time_is_up_or_when_nothing_will_come() {
    let project = Project::new(SHOP);
    let _program = open_shop(&project);
    let late = run(&project, &["wait", "web", "--for", "exited", "--timeout", "50ms"]);
    assert_eq!((late.code, late.out.as_str()), (124, "web: running · the time is up\n"), "{late:?}");
    let never = run(&project, &["wait", "web", "api"]);
    assert_eq!(never.code, 1, "{never:?}");
    assert!(never.out.contains("api: crashed · exited with code 7"), "{never:?}");
    assert_eq!(said(&project, &["wait", "api", "--for", "exited"]), "api: crashed · exit 7\n");
    assert_eq!(run(&project, &["wait", "web", "--timeout", "30"]).code, 2, "a number without a unit");
}

#[test]
fn down_ends_the_dashboard_and_returns_when_the_place_is_free() {
    let project = Project::new(STUBBORN);
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    wait_for_services(project.token(), 4);
    wait_for_answers(&project);
    let down = said(&project, &["down"]);
    assert_no_service_lives(project.token());
    assert!(down.contains("tree: stopped ") && down.contains("other: stopped 1, 0 left"), "{down}");
    assert_eq!(socket(&project), None);
    assert!(!folder(&project).exists());
    assert_eq!(run(&project, &["ps"]).code, 4);
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
    wait_until_nothing_lives(project.token());
}

#[test]
fn after_a_down_the_dashboard_is_gone_and_the_next_one_can_begin_at_once() {
    let project = Project::new("[processes]\nweb = \"exec sleep 1000\"\n");
    let ended_in_time = |_| {
        let program = up(&project);
        let stat = format!("/proc/{}/stat", program.dashboard());
        // the moment counts, so nothing may come between the end of the one and the look at the other
        assert!(project.procdash(&["down"]).output().unwrap().status.success());
        // whoever is to collect it may not have done so yet
        std::fs::read_to_string(stat).map_or(true, |stat| stat.contains(") Z "))
    };
    assert_eq!((0..8).map(ended_in_time).filter(|ended| *ended).count(), 8);
}

#[test]
fn a_second_down_joins_the_first_and_does_not_take_its_grace() {
    let project = Project::new(
        r#"
[processes.web]
command = "trap 'sleep 1; echo tidied $((6 * 7)); exit 0' TERM; echo up $((6 * 7)); while :; do sleep 0.05; done"
"#,
    );
    let program = up(&project);
    program.wait_for("up 42");
    let first = Program::start(project.procdash(&["down"]));
    wait_for_state(&project, "web", "stopping");
    let second = run(&project, &["down"]);
    assert_eq!((first.finish().code, second.code), (0, 0), "{second:?}");
    assert!(second.out.contains("web: stopped"), "{second:?}");
    let ended = program.finish();
    assert!(ended.out.contains("tidied 42"), "{ended:?}");
}

#[test]
fn the_stop_of_the_last_service_is_answered_though_plain_mode_ends_with_it() {
    let project = Project::new("[processes]\nweb = \"exec sleep 1000\"\n");
    let program = up(&project);
    wait_for_state(&project, "web", "running");
    assert!(said(&project, &["stop", "web"]).starts_with("web: stopped 1, 0 left"));
    assert_eq!(program.finish().code, 0);
    assert_eq!(socket(&project), None);
}

#[test]
fn what_was_done_from_another_shell_is_seen_in_the_dashboard() {
    let project = Project::new("[processes]\nweb = \"exec sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "running");
    said(&project, &["kill", "web"]);
    screen.wait_for_state("web", "stopped");
    screen.wait_for("0 left");
    said(&project, &["start", "web"]);
    screen.wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

/// A service that an ordinary user starts and that becomes root's: nobody but root can end it.
#[test]
fn what_cannot_be_killed_is_named_and_the_code_is_three() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can make a process that an ordinary user cannot kill");
        return;
    }
    let project = Project::new(
        "[processes]\nweb = [\"./become\", \"--reuid=0\", \"--regid=0\", \"--clear-groups\", \"sleep\", \"1000\"]\n",
    );
    std::fs::copy("/usr/bin/setpriv", project.path("become")).unwrap();
    std::fs::set_permissions(project.path("become"), std::fs::Permissions::from_mode(0o4755)).unwrap();
    std::os::unix::fs::chown(project.folder(), Some(65_534), Some(65_534)).unwrap();
    let _program = Program::start(as_nobody(&project.procdash(&["up", "--no-tui"])));
    let ask = |arguments: &[&str]| Program::run(as_nobody(&project.procdash(arguments)));
    let runs = wait::until(|| (ask(&["wait", "web", "--timeout", "10s"]).code == 0).then_some(()));
    assert!(runs.is_some(), "{:?}", ask(&["ps"]));
    let is_roots = || services(project.token()).iter().any(|process| process.command == "sleep 1000");
    assert!(wait::until(|| is_roots().then_some(())).is_some());

    let killed = ask(&["kill", "web", "--json"]);
    assert_eq!(killed.code, 3, "{killed:?}");
    let told: serde_json::Value = serde_json::from_str(&killed.out).unwrap();
    assert_eq!((&told["verified"], &told["state"]), (&false.into(), &"stuck".into()), "{told}");
    let left = &told["survivors"][0];
    assert!(left["pid"].is_u64() && left["command"] == "sleep 1000" && left["reason"].is_string(), "{told}");
    let again = ask(&["kill", "web"]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.out.contains("web: stuck · 1 left\n  ⚠ "), "{again:?}");
    assert_eq!(ask(&["start", "web"]).code, 3);
    assert_eq!(ask(&["wait", "web"]).code, 3);
    let down = ask(&["down"]);
    assert_eq!(down.code, 3, "{down:?}");
}

/// Returns the same command as another user would run it.
fn as_nobody(command: &Command) -> Command {
    let mut other = Command::new("setpriv");
    other
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        other.current_dir(folder);
    }
    other
}
