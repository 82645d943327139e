//! `ready` and `health` of real services: each kind gets ready, who waits begins then, and no probe outlives its time.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use nix::sys::signal::{Signal, kill};

use super::talk::{json, run, said, up, wait_for_state};
use crate::support::processes::{assert_no_service_lives, services, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::terminal::Screen;
use crate::support::wait;

/// The variable that makes the test a service; its value says where it listens.
const ASKED: &str = "PROCDASH_IT_ANSWER";

/// Is a service of the tests below when it is started as one, and nothing otherwise.
///
/// To everybody who connects by TCP it sends what the file `answer` holds; without the file it says nothing.
#[test]
fn a_program_that_answers() {
    let Ok(place) = std::env::var(ASKED) else { return };
    if place.contains('/') {
        let _listener = UnixListener::bind(place).unwrap();
        loop {
            std::thread::park();
        }
    }
    let listener = TcpListener::bind(&place).unwrap();
    let mut silent = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let Ok(answer) = fs::read("answer") else {
            silent.push(stream);
            continue;
        };
        let mut request = [0; 1024];
        // whoever only knocks sends nothing, and is gone by then
        let _either_way = stream.read(&mut request).and_then(|_| stream.write_all(&answer));
    }
}

/// Returns the line of a procfile that runs the program above, listening at `place`.
fn command(place: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let words = [program.to_str().unwrap(), "control::probes::a_program_that_answers", "--exact", "--nocapture"];
    format!("command = {words:?}\nenv.{ASKED} = {place:?}\n")
}

/// Returns a port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn answer(project: &Project, code: &str) {
    project.write("answer.part", format!("HTTP/1.1 {code}\r\nContent-Length: 0\r\n\r\n").as_bytes());
    fs::rename(project.path("answer.part"), project.path("answer")).unwrap();
}

/// Waits until `why` says something about a service.
#[track_caller]
fn wait_for_reason(project: &Project, name: &str, text: &str) -> String {
    let why = || said(project, &["why", name]);
    let seen = wait::until(|| Some(why()).filter(|said| said.contains(text)));
    seen.unwrap_or_else(|| panic!("no `{text}` in {}", why()))
}

#[track_caller]
fn end(project: &Project, program: Program) {
    program.signal(Signal::SIGTERM);
    program.finish();
    assert_no_service_lives(project.token());
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_service_is_ready_once_its_page_is_answered_as_it_should_be() {
    let port = free_port();
    let project = Project::new(&format!(
        "[processes.web]\n{}env.PORT = \"{port}\"\n\
         ready = {{ http = \"http://127.0.0.1:${{PORT}}/healthz\", interval = \"20ms\", timeout = \"200ms\" }}\n",
        command(&format!("127.0.0.1:{port}"))
    ));
    let program = up(&project);
    let page = format!("GET http://127.0.0.1:{port}/healthz");
    wait_for_reason(&project, "web", &format!("{page}: no answer within 200 ms (attempt "));
    answer(&project, "503 Service Unavailable");
    wait_for_reason(&project, "web", &format!("{page}: 503 Service Unavailable (attempt "));
    let starting = wait_for_state(&project, "web", "starting");
    assert!(starting["probe_error"].as_str().unwrap().contains("503 Service Unavailable"), "{starting}");
    answer(&project, "200 OK");
    let ready = wait_for_state(&project, "web", "ready");
    assert_eq!(ready.get("probe_error"), Some(&().into()), "{ready}");
    program.wait_for("ready after");
    end(&project, program);
}

#[test]
fn every_other_kind_gets_ready_too() {
    let port = free_port();
    let project = Project::new(&format!(
        r#"
[processes.tcp]
{tcp}
ready = {{ tcp = {port}, interval = "20ms" }}
[processes.unix]
{unix}
ready = {{ unix = "run/${{NAME}}.sock", interval = "20ms" }}
env.NAME = "db"
[processes.exec]
command = "sleep 0.1; touch up; exec sleep 1000"
ready = {{ exec = "test -e up && test \"$NAME\" = same", interval = "20ms" }}
env.NAME = "same"
[processes.log]
command = "echo; printf '\\033[1mListening\\033[0m on 1'; exec sleep 1000"
ready = {{ log = "^listening on \\d" }}
[processes.pipes]
command = "echo listening on 1 >&2; exec sleep 1000"
tty = false
ready = {{ log = "listening on" }}
[processes.delay]
command = "exec sleep 1000"
ready = {{ delay = "50ms" }}
"#,
        tcp = command(&format!("127.0.0.1:{port}")),
        unix = command("run/db.sock"),
    ));
    fs::create_dir(project.path("run")).unwrap();
    let program = up(&project);
    let names = ["tcp", "unix", "exec", "log", "pipes", "delay"];
    let ended = run(&project, &[&["wait"][..], &names, &["--for", "ready", "--timeout", "60s"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    for name in names {
        wait_for_state(&project, name, "ready");
    }
    end(&project, program);
}

#[test]
fn who_waits_for_a_service_to_be_ready_is_told_what_its_probe_says_and_begins_when_it_passes() {
    let project = Project::new(
        r#"
[processes.db]
command = "exec sleep 1000"
ready = { exec = "echo no response; test -e open", interval = "20ms" }
[processes.api]
command = "exec sleep 1000"
depends_on = ["db"]
"#,
    );
    let program = up(&project);
    let told = "waits for db to be ready: db is starting (its last probe: `echo no response; test -e open`: exited \
                with code 1: no response)";
    wait_for_reason(&project, "api", told);
    let early = run(&project, &["wait", "db", "--timeout", "100ms"]);
    assert_eq!(early.code, 124, "{early:?}");
    assert_eq!(wait_for_state(&project, "api", "blocked")["blocked_on"][0], "db");
    project.write("open", b"");
    wait_for_state(&project, "api", "running");
    wait_for_state(&project, "db", "ready");
    assert_eq!(run(&project, &["wait", "db", "api"]).code, 0);
    end(&project, program);
}

#[test]
fn a_service_that_never_gets_ready_is_killed_with_its_tree_and_says_why() {
    let project = Project::new(&format!(
        "[processes.web]\ncommand = \"(setsid sleep 1000 &); exec sleep 1000\"\n\
         ready = {{ tcp = {}, interval = \"20ms\", retries = 3 }}\n\
         [processes.other]\ncommand = \"exec sleep 1001\"\n",
        free_port()
    ));
    let program = up(&project);
    wait_for_state(&project, "web", "crashed");
    let left: Vec<String> = services(project.token()).into_iter().map(|process| process.command).collect();
    assert_eq!(left, ["sleep 1001"], "the other one alone");
    let why = said(&project, &["why", "web"]);
    assert!(why.contains("it was not ready after") && why.contains("connection refused; its tree was killed"), "{why}");
    let waited = run(&project, &["wait", "web"]);
    assert!(waited.code == 1 && waited.out.contains("connection refused"), "{waited:?}");
    end(&project, program);
}

#[test]
fn a_service_whose_health_fails_is_killed_and_started_again_by_its_policy() {
    let project = Project::new(
        r#"
[processes.web]
command = "touch well; (setsid sleep 1000 &); exec sleep 1000"
ready = { exec = "test -e well", interval = "20ms" }
health = { exec = "test -e well", interval = "20ms", retries = 2 }
restart = "on-failure"
restart_delay = "20ms"
success_exit_codes = [0, 137]
"#,
    );
    let program = up(&project);
    wait_for_state(&project, "web", "ready");
    wait_for_services(project.token(), 2);
    let before: Vec<i32> = services(project.token()).iter().map(|process| process.pid).collect();
    fs::remove_file(project.path("well")).unwrap();
    let again = wait::until(|| {
        let board = json(&project, &["ps", "--json"]);
        let row = &board["services"][0];
        (row["run"] == 2 && row["state"] == "ready").then_some(())
    });
    assert!(again.is_some(), "{}", said(&project, &["ps"]));
    assert!(services(project.token()).iter().all(|process| !before.contains(&process.pid)));
    program.wait_for("became unhealthy: `test -e well`: exited with code 1, 2 times in a row");
    end(&project, program);
}

/// Deaf, in sessions of its own, and with more words than anybody reads.
const HOSTILE: [&str; 3] = [
    "trap '' TERM INT HUP; (setsid sleep 1000 &); setsid sleep 1000 & while :; do sleep 1000; done",
    "yes flood",
    "setsid sh -c 'yes flood >&2' & wait",
];

#[test]
fn nothing_of_a_probe_that_hangs_forks_or_floods_outlives_its_time() {
    let service = |(number, line): (usize, &&str)| {
        format!(
            "[processes.s{number}]\ncommand = \"exec sleep 1000\"\n\
             ready = {{ exec = {line:?}, timeout = \"300ms\", interval = \"1h\" }}\n"
        )
    };
    let procfile: String = HOSTILE.iter().enumerate().map(service).collect();
    let project = Project::new(&procfile);
    let program = up(&project);
    for number in 0..HOSTILE.len() {
        wait_for_reason(&project, &format!("s{number}"), "did not return within 300 ms and was killed");
    }
    // the news comes only once nothing of the probe is left, so what is alive now is the services
    let left: Vec<String> = services(project.token()).into_iter().map(|process| process.command).collect();
    assert_eq!(left, ["sleep 1000"; HOSTILE.len()]);
    end(&project, program);
}

#[test]
fn a_stop_takes_the_probe_along_that_is_under_way() {
    let project = Project::new(&format!(
        "[processes.web]\ncommand = \"exec sleep 1000\"\nready = {{ exec = {:?}, timeout = \"1h\" }}\n",
        HOSTILE[0]
    ));
    let program = up(&project);
    // the shell of the probe with its three, and the service
    wait_for_services(project.token(), 5);
    said(&project, &["stop", "web"]);
    assert_no_service_lives(project.token());
    end(&project, program);
}

#[test]
fn a_probe_ends_with_a_dashboard_that_is_killed() {
    let project = Project::new(&format!(
        "[processes.web]\ncommand = \"exec sleep 1000\"\nready = {{ exec = {:?}, timeout = \"1h\" }}\n",
        HOSTILE[0]
    ));
    let program = up(&project);
    wait_for_services(project.token(), 5);
    kill(program.dashboard(), Signal::SIGKILL).unwrap();
    wait_until_nothing_lives(project.token());
}

#[test]
fn the_dashboard_shows_who_is_ready_and_why_somebody_is_not() {
    let project = Project::new(
        r#"
[processes.web]
command = "exec sleep 1000"
ready = { exec = "test -e open", interval = "20ms" }
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "starting");
    screen.keys("w").wait_for("`test -e open`: exited with code 1 (attempt ");
    screen.keys("\x1b");
    project.write("open", b"");
    screen.wait_for_state("web", "ready");
    screen.wait_for("ready after ");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}
