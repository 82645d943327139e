//! A port that a service expects: looked at before the start, named when somebody has it, and taken when it is free.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::listener::{program, service_on};
use crate::support::processes::wait_until_nothing_lives;
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::{ENTER, ESC, Screen};
use crate::support::wait;

/// A listener of the test itself, who is a stranger to procdash, and its port.
fn stranger() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Returns a port on which nobody listens; the kernel does not give the same to the next who asks.
fn free_port() -> u16 {
    stranger().1
}

/// A service that writes the port that it is told into a file, and does not listen.
fn told(name: &str, port: &str) -> String {
    let command = format!("echo $PORT > {name}.part && mv {name}.part {name}.port && exec sleep 1000");
    format!("[processes.{name}]\ncommand = {command:?}\nport = {port}\n")
}

fn run(project: &Project, arguments: &[&str]) -> crate::support::program::Finished {
    Program::run(project.procdash(arguments))
}

/// Returns the row of `ps --json`, once it is as wanted.
#[track_caller]
fn row(project: &Project, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let seen = wait::until(|| {
        let board: Value = serde_json::from_str(&run(project, &["ps", "--json"]).out).ok()?;
        board["services"].as_array()?.iter().find(|row| row["name"] == name).cloned().filter(&wanted)
    });
    seen.unwrap_or_else(|| panic!("{name} does not become so: {}", run(project, &["ps", "--json"]).out))
}

/// Starts a holder that is a process of its own, and waits until it listens.
fn holder(project: &Project, mut command: Command) -> Child {
    let child = command.spawn().unwrap();
    project.wait_for_number("holder.port");
    child
}

#[track_caller]
fn ended_by(mut child: Child) -> Option<i32> {
    let ended = wait::until(|| child.try_wait().unwrap());
    ended.unwrap_or_else(|| panic!("process {} does not end", child.id())).signal()
}

#[test]
fn a_service_whose_port_a_stranger_has_says_so_and_starts_once_it_is_free() {
    let (held, port) = stranger();
    let project = Project::new(&told("web", &port.to_string()));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    let own = std::process::id();
    program.wait_for(&format!("not started: port {port} is held by {own} "));

    let web = row(&project, "web", |row| row["state"] == "blocked" && row["port"]["held_by"]["pid"] == own);
    assert_eq!(web["blocked_on"], serde_json::json!([format!("port {port}")]), "{web}");
    let table = run(&project, &["ps"]).out;
    assert!(table.contains(&format!("on port {port} · held by {own} ")), "{table}");
    let why = run(&project, &["why", "web"]).out;
    for told in [format!("port {port} is held by {own} "), format!("(port = {port})"), format!("`kill {own}` ends it")]
    {
        assert!(why.contains(&told), "{told}: {why}");
    }
    assert!(why.contains("it is no service of procdash"), "{why}");
    let refused = run(&project, &["start", "web"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        format!("{}{}", refused.out, refused.err).contains(&format!("port {port} is held by {own} ")),
        "{refused:?}"
    );
    assert!(!project.path("web.port").exists(), "nothing was started");

    drop(held);
    assert_eq!(project.wait_for_number("web.port"), u32::from(port));
    row(&project, "web", |row| row["state"] == "running" && row["port"]["given"] == port);
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn who_depends_on_a_service_that_waits_for_its_port_is_told_what_it_waits_for() {
    let (_held, port) = stranger();
    let worker = "[processes.worker]\ncommand = \"sleep 1000\"\ndepends_on = [\"web\"]\n";
    let project = Project::new(&format!("{}{worker}", told("web", &port.to_string())));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("not started: waits for web to be ready: web is blocked (port ");
    row(&project, "worker", |row| row["state"] == "blocked" && row["blocked_on"] == serde_json::json!(["web"]));
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn with_a_bump_the_next_free_port_is_taken_that_no_other_service_expects() {
    let (_held, port) = stranger();
    let next = port + 1;
    let project = Project::new(&format!(
        "{}[processes.other]\ncommand = \"sleep 1000\"\nautostart = false\nport = {next}\n",
        told("web", &format!("{{ expect = {port}, bump = 50 }}"))
    ));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    let given = project.wait_for_number("web.port");
    assert!((u32::from(next) + 1..=u32::from(port) + 50).contains(&given), "{given} of {port}");
    program.wait_for(&format!("runs on port {given}: port {port} is held by {} ", std::process::id()));
    let web = row(&project, "web", |row| row["state"] == "running");
    assert_eq!((&web["port"]["expect"], &web["port"]["given"]), (&port.into(), &given.into()), "{web}");
    let why = run(&project, &["why", "web"]).out;
    assert!(why.contains(&format!("it was given port {given}: port {port} is held by ")), "{why}");
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn services_that_may_move_never_meet_on_one_port() {
    let port = free_port();
    let table = format!("{{ expect = {port}, bump = 50 }}");
    let names = ["a", "b", "c", "d"];
    let project = Project::new(&names.map(|name| told(name, &table)).concat());
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    let mut given = names.map(|name| project.wait_for_number(&format!("{name}.port")));
    given.sort_unstable();
    assert!(given.windows(2).all(|pair| pair[0] != pair[1]), "{given:?}");
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn two_services_that_expect_one_port_and_cannot_move_are_refused_with_both_places() {
    let project = Project::new(
        "[processes.a]\ncommand = \"x\"\nport = 3000\n[processes.b]\ncommand = \"y\"\nport = { expect = 3000 }\n",
    );
    let checked = run(&project, &["check"]);
    assert_eq!(checked.code, 2, "{checked:?}");
    for told in ["`a` and `b` both expect port 3000", "procfile.toml:6:8", "3 | port = 3000", "first expected here"] {
        assert!(checked.out.contains(told), "{told}: {}", checked.out);
    }
    project.write("procfile.toml", b"[processes.a]\ncommand = \"sh\"\nport = 3000\n[processes.b]\ncommand = \"sh\"\nport = { expect = 3000, bump = 1 }\n");
    assert_eq!(run(&project, &["check"]).code, 0, "one of them may move");
}

#[test]
fn a_stranger_is_ended_only_after_a_person_has_seen_who_it_is_and_has_said_so() {
    let project = Project::empty();
    let stranger = holder(&project, program(&project, "holder.port", 0));
    let (pid, port) = (stranger.id(), project.wait_for_number("holder.port"));
    project.write("procfile.toml", told("web", &port.to_string()).as_bytes());
    let mut screen = Screen::spawn(&project, &["up"], 110, 30);
    screen.wait_for_state("web", "blocked");
    screen.wait_for(&format!("web is not started: port {port} is held by {pid}"));
    screen.keys("w").wait_for(&format!("X ends {pid}, after a question"));
    screen.keys("X").wait_for("y sends SIGTERM · Esc leaves it alone");
    for told in
        [format!("pid           {pid}"), "it is         no service of procdash".to_owned(), format!("(port = {port})")]
    {
        assert!(screen.contents().contains(&told), "{told}\n{}", screen.contents());
    }
    // neither the key of every day nor the one that has led here says yes
    screen.keys(ENTER).keys("X").keys(ESC).wait_without("y sends SIGTERM");
    assert!(fs::exists(format!("/proc/{pid}/fd")).unwrap(), "nobody has said so");
    screen.wait_for_state("web", "blocked");
    screen.keys("X").wait_for("y sends SIGTERM");
    screen.keys("y");
    assert_eq!(ended_by(stranger), Some(Signal::SIGTERM as i32));
    screen.wait_without("y sends SIGTERM");
    screen.keys(ESC).wait_without("Esc closes");
    screen.wait_for_state("web", "running");
    assert_eq!(project.wait_for_number("web.port"), port);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_stranger_that_ignores_sigterm_is_killed_after_a_second_word() {
    let project = Project::empty();
    let listens = program(&project, "holder.port", 0);
    let mut deaf = Command::new("sh");
    deaf.args(["-c", "trap '' TERM; exec \"$@\"", "sh"]).arg(listens.get_program()).args(listens.get_args());
    deaf.current_dir(project.folder()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    deaf.envs(listens.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let stranger = holder(&project, deaf);
    let port = project.wait_for_number("holder.port");
    project.write("procfile.toml", told("web", &port.to_string()).as_bytes());
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    screen.wait_for_state("web", "blocked");
    screen.keys("p").wait_for("1 not to be had");
    screen.keys("X").wait_for("y sends SIGTERM");
    screen.keys("y").wait_for("SIGTERM was sent, and it still listens");
    screen.keys("yy").keys("X");
    assert_eq!(ended_by(stranger), Some(Signal::SIGKILL as i32));
    screen.wait_for("has it no more");
    screen.keys(ESC).wait_without("Esc back");
    screen.wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_service_of_ours_that_has_the_port_is_named_and_stopped_by_the_key() {
    let port = free_port();
    let api = service_on("api", "api.port", &port.to_string(), "");
    let web = service_on("web", "web.port", "${PORT}", &format!("port = {port}\nautostart = false"));
    let project = Project::new(&format!("{api}{web}"));
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    project.wait_for_number("api.port");
    screen.keys("js").wait_for_state("web", "blocked");
    screen.wait_for(&format!("web is not started: port {port} is held by api"));
    screen.keys("w").wait_for("X stops api");
    screen.wait_for("it is the service api of this project");
    screen.keys("X").wait_for_state("web", "running");
    // Escape and what follows it at once would be one key
    screen.keys(ESC).wait_without("Esc closes");
    screen.wait_for_state("api", "stopped");
    assert_eq!(project.wait_for_number("web.port"), u32::from(port));
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_service_of_another_project_that_has_the_port_is_named_with_its_project() {
    let blog = Project::new(&format!("name = \"blog\"\n{}", service_on("pages", "pages.port", "0", "")));
    let other = Program::start(blog.procdash(&["up", "--no-tui"]));
    let port = blog.wait_for_number("pages.port");
    let project = Project::new(&told("web", &port.to_string()));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    row(&project, "web", |row| row["state"] == "blocked" && row["port"]["held_by"]["service"] == "pages");
    let why = run(&project, &["why", "web"]).out;
    assert!(why.contains("it is the service pages of blog ("), "{why}");
    assert!(why.contains("which another procdash runs"), "{why}");
    other.signal(Signal::SIGTERM);
    assert_eq!(other.finish().code, 0);
    assert_eq!(project.wait_for_number("web.port"), port);
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
}

#[test]
fn the_panel_of_ports_shows_who_listens_who_is_in_the_way_and_what_is_expected() {
    let (_held, taken) = stranger();
    let free = free_port();
    let project = Project::new(&format!(
        "{}{}[processes.docs]\ncommand = \"sleep 1000\"\nautostart = false\nport = {free}\n",
        service_on("api", "api.port", "0", ""),
        told("web", &taken.to_string()),
    ));
    let mut screen = Screen::spawn(&project, &["up"], 80, 24);
    let api = project.wait_for_number("api.port");
    screen.wait_for_state("web", "blocked");
    screen.keys("p").wait_for("ports ── 1 listening · 1 not to be had");
    let has_row = |screen: &vt100::Screen, words: &[&str]| {
        screen.contents().lines().any(|line| {
            let found: Vec<&str> = line.split_whitespace().collect();
            found.windows(words.len()).any(|part| part == words)
        })
    };
    let (api, taken, free) = (api.to_string(), taken.to_string(), free.to_string());
    screen.wait_until("row of who listens", |screen| has_row(screen, &["●", &api, "127.0.0.1", "api"]));
    let own = std::process::id().to_string();
    screen.wait_until("row of who is in the way", |screen| {
        has_row(screen, &["✗", &taken, "127.0.0.1", "web", &own, "held", "by"])
    });
    screen.wait_until("row of what is expected", |screen| has_row(screen, &["○", &free, "docs", "expected,"]));
    screen.keys("p").wait_without("1 not to be had");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_run_that_fails_over_an_address_in_use_gets_the_same_answer() {
    let (_held, port) = stranger();
    let said = format!("echo 'Error: listen EADDRINUSE: address already in use 127.0.0.1:{port}'; exit 1");
    let project = Project::new(&format!(
        "[processes.web]\ncommand = {said:?}\n[processes.other]\ncommand = \"echo fine; exec sleep 1000\"\n"
    ));
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    let own = std::process::id();
    program.wait_for(&format!("✗ port {port} is held by {own} "));
    let why = run(&project, &["why", "web"]).out;
    assert!(why.contains("exited with code 1"), "{why}");
    let told = format!("its output says that an address is in use: port {port} is held by {own} ");
    assert!(why.contains(&told), "{why}");
    program.signal(Signal::SIGTERM);
    program.finish();
}
