//! `ready` and `health`: what they mean, and what is said about mistakes in them.

use std::time::Duration;

use super::{about, good, said};
use crate::config::{Check, CommandLine, Probe};

fn probes(lines: &str) -> (Option<Probe>, Option<Probe>) {
    let config = good(&format!("[processes.web]\ncommand = \"x\"\n{lines}\n"));
    let service = config.services.into_iter().next().expect("there is one");
    (service.ready, service.health)
}

#[test]
fn each_kind_is_read_with_its_defaults() {
    let ready = |line: &str| probes(&format!("ready = {{ {line} }}")).0.expect("it was read");
    let http = Check::Http {
        url: "http://127.0.0.1:${PORT}/healthz".to_owned(),
        status: vec![200..=399],
        headers: Vec::new(),
    };
    let plain = Probe {
        check: http,
        interval: Duration::from_millis(500),
        timeout: Some(Duration::from_secs(2)),
        retries: None,
        start_period: Duration::ZERO,
        success_threshold: 1,
    };
    assert_eq!(ready("http = \"http://127.0.0.1:${PORT}/healthz\""), plain);
    let check = |line: &str| ready(line).check;
    assert_eq!(check("exec = \"pg_isready\""), Check::Exec(CommandLine::Shell("pg_isready".to_owned())));
    let program = CommandLine::Program(vec!["curl".to_owned(), "-f".to_owned()]);
    assert_eq!(check("exec = [\"curl\", \"-f\"]"), Check::Exec(program));
    assert_eq!(check("tcp = 5432"), Check::Tcp("5432".to_owned()));
    assert_eq!(check("tcp = \"[::1]:${PORT}\""), Check::Tcp("[::1]:${PORT}".to_owned()));
    assert_eq!(check("tcp = \"${PORT}\""), Check::Tcp("${PORT}".to_owned()));
    assert_eq!(check("unix = \"run/db.sock\""), Check::Unix("run/db.sock".to_owned()));
    let log = ready("log = 'listening on \\d+', timeout = \"1m\"");
    assert_eq!(log.check, Check::Log("listening on \\d+".to_owned()));
    assert_eq!((log.timeout, log.retries), (Some(Duration::from_mins(1)), Some(1)));
    assert_eq!(ready("log = \"up\"").timeout, None, "a line may take as long as it likes");
    assert_eq!(check("delay = \"2s\""), Check::Delay(Duration::from_secs(2)));
}

#[test]
fn every_key_beside_the_kind_is_read() {
    let table = "[processes.web.ready]
http = \"http://localhost:8080\"
status = [\"200-299\", 404]
headers = { Host = \"shop.test\", Authorization = \"Bearer ${TOKEN}\" }
interval = \"1s\"
timeout = \"300ms\"
retries = 60
start_period = \"5s\"
success_threshold = 2
[processes.web.health]
tcp = 8080
retries = 1";
    let (ready, health) = probes(table);
    let ready = ready.expect("it was read");
    let headers = [("Host", "shop.test"), ("Authorization", "Bearer ${TOKEN}")];
    let headers = headers.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let url = "http://localhost:8080".to_owned();
    assert_eq!(ready.check, Check::Http { url, status: vec![200..=299, 404..=404], headers });
    assert_eq!((ready.interval, ready.timeout), (Duration::from_secs(1), Some(Duration::from_millis(300))));
    assert_eq!((ready.retries, ready.success_threshold), (Some(60), 2));
    assert_eq!(ready.start_period, Duration::from_secs(5));
    let health = health.expect("it was read");
    assert_eq!((health.interval, health.retries), (Duration::from_secs(10), Some(1)));
    let (_, health) = probes("health = { exec = \"x\" }");
    assert_eq!(health.and_then(|health| health.retries), Some(3));
}

#[test]
fn one_mistake_is_one_message() {
    let table = [
        ("ready = 5432", "expected a table, found a number"),
        ("ready = {}", "there is nothing to look at"),
        ("ready = { interval = \"1s\" }", "there is nothing to look at"),
        ("ready = { port = 1 }", "unknown key `port`"),
        ("ready = { tcp = 1, http = \"http://a\" }", "`http` beside `tcp`: one thing is looked at"),
        ("ready = { tcp = 0 }", "nothing to connect to: `0` is no port from 1 to 65535"),
        ("ready = { tcp = -1 }", "nothing to connect to: it has no port"),
        ("ready = { tcp = \"db\" }", "nothing to connect to: it has no port"),
        ("ready = { tcp = true }", "expected a port, found true"),
        ("ready = { http = \"localhost:3000\" }", "`localhost:3000` cannot be asked: it does not begin with `http://`"),
        ("ready = { http = \"https://a\" }", "`https://a` cannot be asked: https is not spoken"),
        ("ready = { http = \"http://a/${X\" }", "`${` without its `}`"),
        ("ready = { http = \"http://a\", status = 99 }", "expected codes from 100 to 599"),
        ("ready = { http = \"http://a\", status = \"300-200\" }", "expected codes from 100 to 599"),
        ("ready = { http = \"http://a\", status = [] }", "no answer would count as a success"),
        ("ready = { http = \"http://a\", headers = { \"a b\" = \"x\" } }", "`a b` cannot name a header"),
        (
            "ready = { http = \"http://a\", headers = { A = \"x\\ny\" } }",
            "a header is one line, without control characters",
        ),
        ("ready = { tcp = 1, status = 200 }", "`status` says nothing without `http`"),
        ("ready = { exec = [] }", "there is no program in this list"),
        ("ready = { log = \"(\" }", "`(` is no regular expression: unclosed group"),
        ("ready = { log = \"\" }", "this is empty"),
        ("ready = { log = \"x\", interval = \"1s\" }", "`interval` says nothing beside `log`"),
        ("ready = { delay = \"1s\", timeout = \"1s\" }", "`timeout` says nothing beside `delay`"),
        ("ready = { delay = 2 }", "a span of time needs a unit"),
        ("ready = { tcp = 1, interval = \"0s\" }", "this would keep the machine busy"),
        ("ready = { tcp = 1, timeout = \"0s\" }", "nothing answers in no time"),
        ("ready = { tcp = 1, retries = 0 }", "this is at least 1"),
        ("ready = { tcp = 1, success_threshold = 0 }", "this is at least 1"),
        ("health = { log = \"x\" }", "unknown key `log`"),
        ("health = { tcp = 1, success_threshold = 2 }", "unknown key `success_threshold`"),
        ("oneshot = true\nready = { tcp = 1 }", "`ready` says nothing about a one-shot"),
        ("oneshot = true\nhealth = { tcp = 1 }", "`health` says nothing about a one-shot"),
    ];
    for (line, message) in table {
        assert_eq!(about(line), [message], "{line}");
    }
}

#[test]
fn a_mistake_comes_with_what_to_do() {
    let told = |line: &str| said(&format!("[processes.web]\ncommand = \"x\"\n{line}\n"));
    assert!(told("ready = { http = \"https://a\" }").contains("exec = \"curl -fsSk https://…\""));
    assert!(told("ready = { http = \"http://me:secret@a\" }").contains("headers = { Authorization"));
    let beside = told("health = { delay = \"1s\" }");
    assert!(beside.contains("tells when a service becomes ready; write it under `ready`"), "{beside}");
}
