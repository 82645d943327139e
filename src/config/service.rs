//! One table of `[processes]` → one service.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::diagnostic::{Problem, visible};
use super::duration::spell;
use super::expand;
use super::port;
use super::probe;
use super::raw::{Node, Table, Value};
use super::read::{Known, Reader};
use super::{CommandLine, Isolation, OnExit, Restart, RestartPolicy, Schedule, Service, Stop, schedule, watch};
use crate::signal::Signal;

/// The keys of a process.
pub(super) const PROCESS: Known = Known {
    table: "a process",
    keys: &[
        "command",
        "description",
        "working_dir",
        "env",
        "env_file",
        "tty",
        "autostart",
        "oneshot",
        "daemon",
        "isolation",
        "restart",
        "restart_delay",
        "restart_delay_max",
        "restart_reset_after",
        "max_restarts",
        "success_exit_codes",
        "stop_signal",
        "stop_grace_period",
        "stop_command",
        "stop_keys",
        "on_exit",
        "depends_on",
        "conflicts",
        "ready",
        "health",
        "port",
        "watch",
        "watch_ignore",
        "watch_debounce",
        "schedule",
        "groups",
        "replicas",
        "open",
    ],
};

/// Reads a process, all but what is about names (`depends_on`, `conflicts`, `groups`, `replicas`); what is wrong is reported and replaced by its default.
pub(super) fn read(reader: &mut Reader<'_>, name: &str, table: &Table) -> Service {
    reader.known(table, &PROCESS);
    let tty = reader.key(table, "tty", Reader::switch).unwrap_or(true);
    let oneshot = reader.key(table, "oneshot", Reader::switch).unwrap_or(false);
    let daemon = reader.key(table, "daemon", Reader::switch).unwrap_or(false);
    if oneshot && daemon {
        let places = [table.get("daemon"), table.get("oneshot")];
        if let [Some(daemon), Some(oneshot)] = places {
            let problem = Problem::new("a process is not both `oneshot` and `daemon`");
            let problem = problem.at(daemon.key).also(oneshot.key, "exit 0 is done");
            reader.report(problem.help("exit 0 means either done or gone to the background: keep one of the two"));
        }
    }
    let [ready, health] = probe::read(reader, table, oneshot);
    Service {
        name: name.to_owned(),
        description: reader.key(table, "description", Reader::line),
        command: reader.key(table, "command", command_line),
        working_dir: reader.key(table, "working_dir", expandable_path).unwrap_or_else(|| ".".to_owned()),
        env: reader.key(table, "env", env).unwrap_or_default(),
        env_file: reader.key(table, "env_file", paths).unwrap_or_default(),
        tty,
        autostart: reader.key(table, "autostart", Reader::switch).unwrap_or(true),
        oneshot,
        daemon,
        isolation: reader
            .key(table, "isolation", |reader, node| reader.choice(node, "isolation"))
            .unwrap_or(Isolation::None),
        stop: stop(reader, table, tty),
        restart: restart(reader, table),
        success_exit_codes: reader.key(table, "success_exit_codes", exit_codes).unwrap_or_else(|| vec![0, 130, 143]),
        on_exit: reader.key(table, "on_exit", |reader, node| reader.choice(node, "choice")).unwrap_or(OnExit::Ignore),
        depends_on: Vec::new(),
        conflicts: Vec::new(),
        ready,
        health,
        port: reader.key(table, "port", port::read),
        watch: watch::read(reader, table),
        schedule: schedule(reader, table),
        groups: Arc::from([]),
        replica: None,
        open: reader.key(table, "open", address),
    }
}

/// Reads the times at which it is started; a service that never rests leaves nothing to them.
fn schedule(reader: &mut Reader<'_>, table: &Table) -> Option<Schedule> {
    let schedule = reader.key(table, "schedule", schedule::read);
    let always =
        table.get("restart").filter(|entry| matches!(&entry.node.value, Value::Text(word) if word == "always"));
    if let (Some(entry), Some(always)) = (table.get("schedule"), always) {
        let problem = Problem::new("what is always restarted leaves nothing to a schedule").at(entry.key);
        let problem = problem.also(always.node.place, "it never rests");
        reader.report(problem.help("write `restart = \"no\"` or `restart = \"on-failure\"`"));
    }
    schedule
}

/// Reads a command: a string for the shell, or a list of a program and its arguments.
pub(super) fn command_line(reader: &mut Reader<'_>, node: &Node) -> Option<CommandLine> {
    match &node.value {
        Value::Text(_) => reader.filled_text(node).map(CommandLine::Shell),
        Value::List(_) => program(reader, node).map(CommandLine::Program),
        Value::Integer(_) | Value::Float(_) | Value::Switch(_) | Value::Date | Value::Table(_) => {
            let found = node.value.kind();
            let problem = Problem::new(format!("expected a command, found {found}")).at(node.place);
            reader.report(problem.help("write a string for the shell, or a list of a program and its arguments"));
            None
        }
    }
}

/// Reads a program with its arguments, never empty.
pub(super) fn program(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let words = reader.list(node, "a list of a program and its arguments", Reader::text)?;
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        let problem = Problem::new("there is no program in this list").at(node.place);
        reader.report(problem.help("the first item is the program, such as in `[\"npm\", \"start\"]`"));
        return None;
    }
    Some(words)
}

/// Reads the names of files: a list, or a string for one.
pub(super) fn paths(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<PathBuf>> {
    if let Value::Text(_) = node.value {
        return reader.filled_text(node).map(|path| vec![PathBuf::from(path)]);
    }
    let paths = reader.list(node, "a list of files", Reader::filled_text)?;
    Some(paths.into_iter().map(PathBuf::from).collect())
}

fn expandable_path(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let path = reader.filled_text(node)?;
    check_variables(reader, node, &path);
    Some(path)
}

/// Reports the mistakes in a text's `${VAR}`s.
pub(super) fn check_variables(reader: &mut Reader<'_>, node: &Node, text: &str) {
    if let Err(error) = expand::check(text) {
        let problem = Problem::new(visible(&error.to_string())).at(node.place);
        reader.report(problem.help("write `${NAME}` or `${NAME:-default}`, or `$$` for a plain `$`"));
    }
}

/// Reads the address that is opened in a browser.
fn address(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let address = reader.line(node)?;
    check_variables(reader, node, &address);
    // a browser is given it as an argument, so it must not be taken for an option or a file
    let has_scheme = address.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty() && !scheme.is_empty() && scheme.chars().all(|char| char.is_ascii_alphanumeric())
    });
    if !has_scheme && !address.starts_with("${") {
        let problem = Problem::new(format!("`{}` is no address", visible(&address))).at(node.place);
        reader.report(problem.help("write it with what it begins with, such as \"http://127.0.0.1:${PORT}\""));
    }
    Some(address)
}

/// Reads the variables of a process: `false` unsets one.
fn env(reader: &mut Reader<'_>, node: &Node) -> Option<IndexMap<String, Option<String>>> {
    let table = reader.table(node)?;
    let mut variables = IndexMap::with_capacity(table.len());
    for (name, entry) in table {
        if name.is_empty() || name.contains(['=', '\0']) {
            reader.report(Problem::new(format!("`{}` cannot name a variable", visible(name))).at(entry.key));
        }
        let node = &entry.node;
        let value = match &node.value {
            Value::Text(_) => {
                let text = reader.text(node);
                check_variables(reader, node, text.as_deref().unwrap_or_default());
                text
            }
            Value::Integer(Some(number)) => Some(number.to_string()),
            Value::Float(number) => Some(number.clone()),
            Value::Switch(false) => None,
            Value::Switch(true) => {
                let problem = Problem::new("a variable is text, so it cannot be set to true").at(node.place);
                reader.report(problem.help("write \"true\" in quotes; a plain false unsets the variable"));
                None
            }
            Value::Integer(None) | Value::Date | Value::List(_) | Value::Table(_) => {
                let found = node.value.kind();
                let problem = Problem::new(format!("expected the text of a variable, found {found}")).at(node.place);
                reader.report(problem.help("put it in quotes"));
                None
            }
        };
        variables.insert(name.clone(), value);
    }
    Some(variables)
}

fn stop(reader: &mut Reader<'_>, table: &Table, tty: bool) -> Stop {
    let keys = reader.key(table, "stop_keys", |reader, node| {
        let keys = reader.text(node)?;
        if keys.is_empty() {
            reader
                .report(Problem::new("this is empty").at(node.place).help("write the keys to be typed, such as \"q\""));
        }
        Some(keys)
    });
    if let (Some(entry), false) = (table.get("stop_keys"), tty) {
        let problem = Problem::new("`stop_keys` needs a terminal to type into").at(entry.key);
        let at_tty = table.get("tty").map(|tty| tty.key);
        let problem = at_tty.map_or(problem.clone(), |place| problem.also(place, "there is none"));
        reader.report(problem.help("remove `tty = false`, or stop it by `stop_signal` or `stop_command`"));
    }
    Stop {
        signal: reader.key(table, "stop_signal", signal).unwrap_or(Signal::SIGTERM),
        grace_period: reader.key(table, "stop_grace_period", Reader::duration).unwrap_or(Duration::from_secs(5)),
        command: reader.key(table, "stop_command", command_line),
        keys,
    }
}

fn signal(reader: &mut Reader<'_>, node: &Node) -> Option<Signal> {
    let word = reader.text(node)?;
    let signal = word.parse().ok();
    if signal.is_none() {
        let problem = Problem::new(format!("`{}` is no signal", visible(&word))).at(node.place);
        reader.report(problem.help("write a name such as \"SIGTERM\" or \"INT\""));
    }
    signal
}

fn restart(reader: &mut Reader<'_>, table: &Table) -> Restart {
    let policy = reader.key(table, "restart", |reader, node| reader.choice(node, "restart policy"));
    let given = reader.key(table, "restart_delay", Reader::duration);
    let given_max = reader.key(table, "restart_delay_max", Reader::duration);
    let delay = given.unwrap_or(Duration::from_millis(500));
    let delay_max = given_max.unwrap_or(Duration::from_secs(10));
    let entries = [table.get("restart_delay"), table.get("restart_delay_max")];
    if let (true, Some(entry)) = (delay > delay_max, entries.iter().flatten().next()) {
        let (delay, most) = (spell(delay), spell(delay_max));
        let problem = Problem::new(format!("`restart_delay` ({delay}) is longer than `restart_delay_max` ({most})"));
        reader.report(problem.at(entry.node.place).help("the delay doubles up to `restart_delay_max`; raise that one"));
    }
    Restart {
        policy: policy.unwrap_or(RestartPolicy::No),
        delay,
        delay_max,
        reset_after: reader.key(table, "restart_reset_after", Reader::duration).unwrap_or(Duration::from_secs(30)),
        max: reader.key(table, "max_restarts", |reader, node| reader.count(node, u32::MAX)).unwrap_or(5),
    }
}

fn exit_codes(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<i32>> {
    reader.list(node, "a list of exit codes", |reader, code| {
        reader.count(code, 255).and_then(|code| i32::try_from(code).ok())
    })
}
