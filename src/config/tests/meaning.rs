//! Good files, and what they mean.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::{good, source};
use crate::config::{
    Column, CommandLine, Cron, Isolation, LogFiles, OnExit, OnLeftovers, Overlap, Restart, RestartPolicy, Schedule,
    Service, Settings, Stop, Watch, When, load,
};
use crate::keys::{Action, Context, Keymap};
use crate::signal::Signal;

#[test]
fn a_file_with_nothing_but_a_command_has_all_the_defaults() {
    let config = good("[processes]\nweb = \"npm start\"\n");
    assert_eq!(config.name, "shop");
    assert_eq!(config.root, PathBuf::from("/srv/shop"));
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.settings.scrollback, 8 << 20);
    assert_eq!(config.settings.on_leftovers, OnLeftovers::Ask);
    let logs = LogFiles { enabled: true, dir: None, max_size: Some(10 << 20), max_files: 3 };
    assert_eq!(config.settings.logs, logs);
    let service = Service {
        name: "web".to_owned(),
        description: None,
        command: Some(CommandLine::Shell("npm start".to_owned())),
        working_dir: ".".to_owned(),
        env: IndexMap::new(),
        env_file: Vec::new(),
        tty: true,
        autostart: true,
        oneshot: false,
        daemon: false,
        isolation: Isolation::None,
        stop: Stop { signal: Signal::SIGTERM, grace_period: Duration::from_secs(5), command: None, keys: None },
        restart: Restart {
            policy: RestartPolicy::No,
            delay: Duration::from_millis(500),
            delay_max: Duration::from_secs(10),
            reset_after: Duration::from_secs(30),
            max: 5,
        },
        success_exit_codes: vec![0, 130, 143],
        on_exit: OnExit::Ignore,
        depends_on: Vec::new(),
        conflicts: Vec::new(),
        ready: None,
        health: None,
        port: None,
        watch: None,
        schedule: None,
        groups: [].into(),
        replica: None,
        open: None,
    };
    assert_eq!(config.services, [service]);
    assert_eq!(config.ui.theme, "default");
    assert_eq!(config.ui.columns, [Column::State, Column::Cpu, Column::Memory, Column::Uptime]);
    assert_eq!(config.ui.keys, Keymap::default());
}

const EVERYTHING: &str = r#"
name = "store"
[settings]
shell = ["bash", "-ec"]
env_file = ".env.dev"
shutdown_timeout = "1m"
scrollback = "1MiB"
on_leftovers = "kill"
[settings.logs]
enabled = false
dir = ".procdash/logs"
max_size = false
max_files = 9
[defaults]
stop_grace_period = "2s"
env = { A = "1", B = "2" }
[processes]
css = ["npx", "tailwindcss"]
[processes.api]
command = "cargo run"
description = "orders"
working_dir = "${ROOT:-.}/api"
env = { B = false, N = 8080, F = 0.5 }
env_file = ["api/.env"]
tty = true
autostart = false
oneshot = true
restart = "on-failure"
restart_delay = "1s"
restart_delay_max = "20s"
restart_reset_after = "1m 30s"
max_restarts = 9
success_exit_codes = [0, 3]
stop_signal = "int"
stop_command = ["bin/drain"]
stop_keys = "q"
on_exit = "stop-all-on-failure"
watch = ["src/**/*.rs", "templates"]
watch_ignore = "*.bak"
watch_debounce = "1s"
[processes."the db 🐘/main"]
command = "postgres"
daemon = true
isolation = "pid-namespace"
stop_grace_period = "1h"
watch = "conf/*"
schedule = { cron = " */5  * * * MON-FRI", overlap = "queue" }
[ui]
theme = "mono"
columns = ["pid", "state"]
[keys.list]
x = "kill"
"ctrl--" = "help"
"#;

#[test]
fn every_key_is_understood() {
    let config = good(EVERYTHING);
    assert_eq!(config.name, "store");
    assert_eq!(config.settings.shell, ["bash", "-ec"]);
    assert_eq!(config.settings.env_file, [PathBuf::from(".env.dev")]);
    assert_eq!(config.settings.shutdown_timeout, Duration::from_mins(1));
    assert_eq!(config.settings.scrollback, 1 << 20);
    assert_eq!(config.settings.on_leftovers, OnLeftovers::Kill);
    let logs = LogFiles { enabled: false, dir: Some(PathBuf::from(".procdash/logs")), max_size: None, max_files: 9 };
    assert_eq!(config.settings.logs, logs);
    assert_eq!(config.ui.theme, "mono");
    assert_eq!(config.ui.columns, [Column::Pid, Column::State]);
    assert_eq!(config.ui.keys.action(Context::List, "x".parse().unwrap()), Some(Action::Kill));
    let [css, api, db] = config.services.as_slice() else { panic!("three services") };
    assert_eq!(css.command, Some(CommandLine::Program(vec!["npx".to_owned(), "tailwindcss".to_owned()])));
    assert_eq!(css.stop.grace_period, Duration::from_secs(2));
    assert_eq!(api.description.as_deref(), Some("orders"));
    assert_eq!(api.working_dir, "${ROOT:-.}/api");
    let env: Vec<(&str, Option<&str>)> =
        api.env.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(env, [("A", Some("1")), ("B", None), ("N", Some("8080")), ("F", Some("0.5"))]);
    assert_eq!(api.env_file, [PathBuf::from("api/.env")]);
    assert!(api.tty && !api.autostart && api.oneshot && !api.daemon);
    assert_eq!(api.restart.policy, RestartPolicy::OnFailure);
    assert_eq!(api.restart.delay_max, Duration::from_secs(20));
    assert_eq!(api.restart.reset_after, Duration::from_secs(90));
    assert_eq!((api.restart.max, api.success_exit_codes.as_slice()), (9, [0, 3].as_slice()));
    assert_eq!(api.stop.signal, Signal::SIGINT);
    assert_eq!(api.stop.command, Some(CommandLine::Program(vec!["bin/drain".to_owned()])));
    assert_eq!(api.stop.keys.as_deref(), Some("q"));
    assert_eq!(api.on_exit, OnExit::StopAllOnFailure);
    let watch = Watch {
        patterns: vec!["src/**/*.rs".to_owned(), "templates".to_owned()],
        ignore: vec!["*.bak".to_owned()],
        debounce: Duration::from_secs(1),
    };
    assert_eq!((&api.watch, &api.schedule), (&Some(watch), &None));
    assert_eq!(db.watch.as_ref().map(|watch| watch.debounce), Some(Duration::from_millis(300)));
    let cron = Cron::parse("*/5 * * * MON-FRI").unwrap();
    assert_eq!(db.schedule, Some(Schedule { when: When::Cron(cron), overlap: Overlap::Queue }));
    assert_eq!(db.name, "the db 🐘/main");
    assert_eq!(db.stop.grace_period, Duration::from_hours(1));
    assert!(db.daemon);
    assert_eq!((api.isolation, db.isolation), (Isolation::None, Isolation::PidNamespace));
}

#[test]
fn services_keep_the_order_of_the_file() {
    let config = good(
        "[processes]\nz = \"1\"\n[processes.b.env]\nX = \"1\"\n[processes.a]\ncommand = \"2\"\n[processes.b]\ncommand = \"3\"\n",
    );
    let names: Vec<&str> = config.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["z", "a", "b"]);
}

#[test]
fn a_local_file_is_merged_key_by_key_and_its_problems_point_into_it() {
    let main = source(
        "procfile.toml",
        "[processes]\nweb = \"npm start\"\n[processes.api]\ncommand = \"x\"\nenv = { A = \"1\" }\n",
    );
    let local = source("procfile.local.toml", "[processes.web]\ntty = false\n[processes.api.env]\nB = \"2\"\n");
    let config = load(&[main.clone(), local]).unwrap();
    let [web, api] = config.services.as_slice() else { panic!("two services") };
    assert_eq!((&web.command, web.tty), (&Some(CommandLine::Shell("npm start".to_owned())), false));
    assert_eq!(api.env.len(), 2);
    let problems = load(&[main, source("procfile.local.toml", "\n[processes.web]\ntty = 0\n")]).unwrap_err();
    assert!(problems.to_string().contains("procfile.local.toml:3:7"), "{problems}");
}

#[test]
fn a_procfile_is_read_line_by_line() {
    let text = "# dev\r\n\r\nweb: PORT=${PORT:-3000} bin/web http://x:1\r\n  css:   yarn build --watch  \napi-server_2: go run .";
    let config = load(&[source("Procfile.dev", text)]).unwrap();
    let found: Vec<(&str, &CommandLine)> = config
        .services
        .iter()
        .map(|service| (service.name.as_str(), service.command.as_ref().expect("it has one")))
        .collect();
    let shell = |line: &str| CommandLine::Shell(line.to_owned());
    let expected = [
        ("web", &shell("PORT=${PORT:-3000} bin/web http://x:1")),
        ("css", &shell("yarn build --watch")),
        ("api-server_2", &shell("go run .")),
    ];
    assert_eq!(found, expected);
}
