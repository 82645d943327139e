//! Whole stacks: of stand-ins, with groups and replicas, each killed in turn; and of real programs, where they are installed.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::Value;

use crate::support::processes::wait_until_nothing_lives;
use crate::support::program::{Finished, Program};
use crate::support::project::Project;
use crate::support::wait;

/// Notes in a file when it comes up and when it goes down.
const STAND_IN: &str = "\
trap 'echo \"down $1 $REPLICA\" >> order; exit 0' TERM
echo \"up $1 $REPLICA\" >> order
echo at work
sleep 1000 &
wait
";

const STACK: &str = r#"
[processes.web]
command = "sh stand-in web"
depends_on = ["api"]
open = "http://localhost:${WEB_PORT:-8080}/"

[processes.worker]
command = "sh stand-in worker"
groups = ["backend"]
restart = "on-failure"
restart_delay = "50ms"
depends_on = { data = "started", migrate = "completed" }

[processes.api]
command = "sh stand-in api"
groups = ["backend"]
replicas = 2
restart = "always"
restart_delay = "50ms"
depends_on = { db = "started", migrate = "completed" }

[processes.migrate]
command = "echo up migrate >> order"
oneshot = true
depends_on = ["db"]

# "started" would say nothing about which of two lines is written first
[processes.db]
command = "sh stand-in db"
groups = ["data"]
ready = { log = "at work" }

[processes.cache]
command = "sh stand-in cache"
groups = ["data", "backend"]
"#;

fn run(project: &Project, words: &[&str]) -> Finished {
    Program::run(project.procdash(words))
}

#[track_caller]
fn said(project: &Project, words: &[&str]) -> String {
    let ended = run(project, words);
    assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    ended.out
}

fn row(project: &Project, name: &str) -> Option<Value> {
    let ended = run(project, &["ps", "--json", name]);
    let board: Value = serde_json::from_str(&ended.out).ok()?;
    board["services"].as_array()?.first().cloned()
}

#[track_caller]
fn wait_for(project: &Project, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let seen = wait::until(|| row(project, name).filter(&wanted));
    seen.unwrap_or_else(|| panic!("{name}: {:?}", row(project, name)))
}

fn runs(row: &Value) -> bool {
    row["state"] == "running" || row["state"] == "ready"
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |row| row["state"] == state
}

/// Kills the main process of a service that runs; returns the number of that run.
#[track_caller]
fn shoot(project: &Project, name: &str) -> u64 {
    let row = wait_for(project, name, runs);
    kill(Pid::from_raw(i32::try_from(row["pid"].as_i64().unwrap()).unwrap()), Signal::SIGKILL).unwrap();
    row["run"].as_u64().unwrap()
}

fn names(project: &Project, words: &[&str]) -> Vec<String> {
    let out = said(project, words);
    out.lines().skip(1).filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

fn order(project: &Project, word: &str) -> Vec<String> {
    let text = fs::read_to_string(project.path("order")).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix(word)).map(|rest| rest.trim().to_owned()).collect()
}

#[track_caller]
fn wait_for_lines(project: &Project, word: &str, wanted: &[&str]) {
    let all = || wanted.iter().all(|line| order(project, word).iter().any(|seen| seen == line)).then_some(());
    assert!(wait::until(all).is_some(), "{word} {wanted:?}: {:?}", order(project, word));
}

#[track_caller]
fn assert_before(order: &[String], first: &str, second: &str) {
    let place = |name: &str| order.iter().position(|seen| seen == name).unwrap_or_else(|| panic!("{name}: {order:?}"));
    assert!(place(first) < place(second), "{first} before {second}: {order:?}");
}

#[track_caller]
fn all_up(procfile: &str) -> (Project, Program) {
    let project = Project::new(procfile);
    project.write("stand-in", STAND_IN.as_bytes());
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    for name in ["web", "worker", "api.1", "api.2", "db", "cache"] {
        wait_for(&project, name, runs);
    }
    wait_for_lines(&project, "up", &["web", "worker", "api 1", "api 2", "db", "cache", "migrate"]);
    (project, program)
}

#[track_caller]
fn down(project: &Project, program: Program) {
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn groups_and_replicas_come_up_in_order_and_go_down_in_reverse() {
    let (project, program) = all_up(STACK);
    let up = order(&project, "up");
    for (first, second) in [("db", "migrate"), ("migrate", "api 1"), ("migrate", "api 2"), ("migrate", "worker")] {
        assert_before(&up, first, second);
    }
    down(&project, program);
    let gone = order(&project, "down");
    for (first, second) in [("web", "api 1"), ("web", "api 2"), ("api 1", "db"), ("api 2", "db"), ("worker", "cache")] {
        assert_before(&gone, first, second);
    }
}

#[test]
fn a_group_or_a_process_with_replicas_stands_for_all_of_its_services_in_every_command() {
    let (project, program) = all_up(STACK);
    assert_eq!(names(&project, &["ps", "api"]), ["api.1", "api.2"]);
    assert_eq!(names(&project, &["ps", "backend", "web"]), ["worker", "api.1", "api.2", "cache", "web"]);
    let unknown = run(&project, &["ps", "bakend"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("did you mean `backend`?"), "{unknown:?}");

    let tree = said(&project, &["tree", "data"]);
    assert!(tree.contains("db  ready") && tree.contains("cache  running") && !tree.contains("web"), "{tree}");
    let told = said(&project, &["signal", "WINCH", "api"]);
    assert!(told.contains("api.1: SIGWINCH") && told.contains("api.2: SIGWINCH"), "{told}");
    assert_eq!(run(&project, &["why", "api"]).code, 2);

    let stopped = said(&project, &["stop", "backend"]);
    for name in ["worker", "api.1", "api.2", "cache", "web"] {
        assert!(stopped.contains(&format!("{name}: stopped")), "{name}: {stopped}");
    }
    assert_eq!(row(&project, "db").unwrap()["state"], "ready");
    said(&project, &["start", "web", "api"]);
    said(&project, &["wait", "api", "--timeout", "30s"]);
    assert!(said(&project, &["kill", "api"]).contains("api.2: killed"));
    down(&project, program);

    // only what is named, and what that needs
    let program = Program::start(project.procdash(&["up", "--no-tui", "data"]));
    for (name, state) in [("db", "ready"), ("cache", "running"), ("worker", "stopped"), ("api.1", "stopped")] {
        wait_for(&project, name, is(state));
    }
    down(&project, program);
}

#[test]
fn each_of_the_stack_is_killed_in_turn_and_what_must_follow_follows() {
    let (project, program) = all_up(STACK);
    // a replica and the worker come again by themselves, and alone: what they need is there
    for name in ["api.2", "worker"] {
        let others = row(&project, "api.1").unwrap();
        let run = shoot(&project, name);
        wait_for(&project, name, |row| row["run"] == run + 1 && row["state"] == "running");
        assert_eq!(row(&project, "api.1").unwrap()["pid"], others["pid"]);
    }
    // web stays down, and nobody else is touched
    shoot(&project, "web");
    wait_for(&project, "web", is("crashed"));
    let why = said(&project, &["why", "web"]);
    assert!(why.contains("was killed by SIGKILL") && why.contains("procdash restart web"), "{why}");

    // without what they need those above go on; one that ends then waits, and says for whom
    for name in ["db", "cache"] {
        shoot(&project, name);
        wait_for(&project, name, is("crashed"));
    }
    assert_eq!(row(&project, "api.2").unwrap()["state"], "running");
    shoot(&project, "api.2");
    assert_eq!(wait_for(&project, "api.2", is("blocked"))["blocked_on"], serde_json::json!(["db"]));
    shoot(&project, "worker");
    assert_eq!(wait_for(&project, "worker", is("blocked"))["blocked_on"], serde_json::json!(["db", "cache"]));
    let why = said(&project, &["why", "worker"]);
    assert!(why.contains("it waits for cache to be started: cache crashed (killed by SIGKILL)"), "{why}");

    // whoever is started brings back what it needs, and with that the others that wait for it
    said(&project, &["start", "worker"]);
    wait_for(&project, "api.2", runs);
    said(&project, &["start", "web"]);
    assert_eq!(row(&project, "migrate").unwrap()["run"], 1, "what is done is not done again");
    down(&project, program);
}

/// Where the programs of a real stack are.
struct Programs {
    postgres: PathBuf,
    redis: PathBuf,
}

impl Programs {
    /// Finds them, or says which one is missing.
    fn find() -> Result<Self, String> {
        let postgres = folder_of_postgres("initdb").ok_or("no postgres server is installed")?;
        let redis = on_path("redis-server").ok_or("no redis-server is installed")?;
        on_path("psql").ok_or("no psql is installed")?;
        on_path("redis-cli").ok_or("no redis-cli is installed")?;
        on_path("python3").ok_or("no python3 is installed")?;
        if Uid::effective().is_root() {
            on_path("setpriv").ok_or("postgres does not run as root, and there is no setpriv")?;
        }
        Ok(Self { postgres, redis })
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.exists())
}

/// Returns the folder of postgres' own programs, which distributions keep off the path.
fn folder_of_postgres(program: &str) -> Option<PathBuf> {
    let own = on_path(program).and_then(|path| path.parent().map(Path::to_owned));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found = own.into_iter().chain(versions.map(|version| version.path().join("bin")));
    found.find(|folder| folder.join(program).exists() && folder.join("postgres").exists())
}

/// Answers with the number of orders, from the database, and the ticks that the worker has counted.
const API: &str = r#"
import http.server, os, subprocess
def out(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        orders = out("psql", "-h", os.path.abspath("run"), "-U", "nobody", "-d", "postgres", "-Atc", "select count(*) from orders")
        ticks = out("redis-cli", "-s", "run/redis.sock", "get", "ticks")
        body = f"{orders} orders, {'some' if ticks else 'no'} ticks".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        print("GET", self.path, flush=True)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
"#;

fn real_stack(programs: &Programs) -> String {
    let as_user = if Uid::effective().is_root() { "setpriv --reuid 65534 --regid 65534 --clear-groups " } else { "" };
    let (postgres, redis) = (programs.postgres.display(), programs.redis.display());
    format!(
        r#"
[processes.init]
command = "test -e data/PG_VERSION || {as_user}{postgres}/initdb -D data -U nobody -A trust --no-sync -E UTF8 --locale C"
oneshot = true

[processes.db]
command = "exec {as_user}{postgres}/postgres -D data -c listen_addresses= -c unix_socket_directories=$PWD/run -c fsync=off"
stop_signal = "SIGINT"
restart = "on-failure"
restart_delay = "100ms"
groups = ["data"]
depends_on = {{ init = "completed" }}

[processes.cache]
command = "exec {redis} --port 0 --unixsocket $PWD/run/redis.sock --save '' --appendonly no --dir $PWD"
restart = "on-failure"
restart_delay = "100ms"
groups = ["data"]

[processes.migrate]
command = "until psql -h $PWD/run -U nobody -d postgres -c 'select 1'; do sleep 0.1; done; psql -h $PWD/run -U nobody -d postgres -v ON_ERROR_STOP=1 -c 'create table orders (id int)' -c 'insert into orders values (1), (2), (3)'"
oneshot = true
depends_on = {{ db = "started" }}

[processes.api]
command = ["python3", "api.py"]
depends_on = {{ migrate = "completed", cache = "started" }}

[processes.worker]
command = "while sleep 0.1; do redis-cli -s run/redis.sock incr ticks; done"
depends_on = ["api"]
"#
    )
}

fn answer(project: &Project) -> Option<String> {
    let port: u16 = fs::read_to_string(project.path("port")).ok()?.trim().parse().ok()?;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(b"GET /orders HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text.rsplit_once("\r\n\r\n")?.1.to_owned())
}

#[track_caller]
fn wait_for_answer(project: &Project, wanted: &str) {
    let seen = wait::until(|| answer(project).filter(|said| said == wanted));
    assert!(seen.is_some(), "{:?} is not {wanted:?}", answer(project));
}

#[test]
fn a_stack_of_real_programs_comes_up_works_survives_a_killed_database_and_leaves_nothing() {
    let programs = match Programs::find() {
        Ok(programs) => programs,
        Err(missing) => {
            let _nobody_reads = writeln!(std::io::stderr(), "skipped: {missing}");
            return;
        }
    };
    let project = Project::new(&real_stack(&programs));
    project.write("api.py", API.as_bytes());
    for folder in ["data", "run"] {
        fs::create_dir(project.path(folder)).unwrap();
        if Uid::effective().is_root() {
            chown(project.path(folder), Some(65534), Some(65534)).unwrap();
        }
    }
    fs::set_permissions(project.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).unwrap();

    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    wait_for(&project, "worker", runs);
    wait_for_answer(&project, "3 orders, some ticks");
    assert_eq!(row(&project, "migrate").unwrap()["state"], "done");

    // the database is shot, with all of its processes it comes again, and those above it did not notice
    let api = row(&project, "api").unwrap();
    let run = shoot(&project, "db");
    wait_for(&project, "db", |row| row["run"] == run + 1 && row["state"] == "running");
    wait_for_answer(&project, "3 orders, some ticks");
    assert_eq!(row(&project, "api").unwrap()["pid"], api["pid"]);
    shoot(&project, "cache");
    wait_for_answer(&project, "3 orders, some ticks");

    let pid = fs::read_to_string(project.path("data/postmaster.pid")).unwrap();
    let postmaster = pid.lines().next().unwrap().to_owned();
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert_eq!(ended.code, 0, "{ended:?}");
    wait_until_nothing_lives(project.token());
    assert!(!project.path("data/postmaster.pid").exists(), "postgres was not asked to end: {ended:?}");
    assert!(!Path::new("/proc").join(&postmaster).exists(), "{ended:?}");
}
