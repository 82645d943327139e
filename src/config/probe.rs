//! `ready` and `health`: how it is found out whether a service can be used, and whether it still works.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::address::{AddressError, HostPort, HttpUrl};
use super::diagnostic::{Problem, visible};
use super::expand;
use super::raw::{Entry, Node, Table, Value};
use super::read::{Known, Reader};
use super::service::{check_variables, command_line};
use super::{CommandLine, duration};
use crate::logs::Pattern;

/// How it is found out whether a service can be used, or whether it still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is looked at.
    pub check: Check,
    /// The pause between the end of one attempt and the next.
    pub interval: Duration,
    /// How long one attempt may take; `None` where it may take as long as the run.
    pub timeout: Option<Duration>,
    /// How many failures in a row end the run; `None` where it is tried on.
    pub retries: Option<u32>,
    /// How long after its begin failures do not count.
    pub start_period: Duration,
    /// How many successes in a row it takes.
    pub success_threshold: u32,
}

/// What a probe looks at; texts as they were written, `${VAR}` is expanded in the service's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Whether a page is answered.
    Http {
        /// Its address.
        url: String,
        /// The answers that count as a success.
        status: Vec<RangeInclusive<u16>>,
        /// What is sent along.
        headers: Vec<(String, String)>,
    },
    /// Whether a command returns 0.
    Exec(CommandLine),
    /// Whether a port takes a connection: a port, or a host with one.
    Tcp(String),
    /// Whether a unix socket takes a connection: its path, from the project's root.
    Unix(String),
    /// Whether the service has printed a line that this regular expression finds.
    Log(String),
    /// Whether it has run this long.
    Delay(Duration),
}

impl Check {
    /// Returns the command that is run, where one is.
    #[must_use]
    pub const fn command(&self) -> Option<&CommandLine> {
        match self {
            Self::Exec(command) => Some(command),
            Self::Http { .. } | Self::Tcp(_) | Self::Unix(_) | Self::Log(_) | Self::Delay(_) => None,
        }
    }
}

impl fmt::Display for Check {
    /// Says what is looked at, for a person to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, .. } => write!(f, "GET {url}"),
            Self::Exec(command) => {
                let words = command.to_string();
                let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
                match line.char_indices().nth(LONGEST_NAMED) {
                    Some((cut, _)) => write!(f, "`{}…`", line.get(..cut).unwrap_or_default()),
                    None => write!(f, "`{line}`"),
                }
            }
            Self::Tcp(address) => write!(f, "tcp {address}"),
            Self::Unix(path) => write!(f, "unix {path}"),
            Self::Log(pattern) => write!(f, "a line with `{pattern}`"),
            Self::Delay(time) => write!(f, "{} to pass", duration::spell(*time)),
        }
    }
}

/// What can be looked at, and one word each for what that is.
const KINDS: &[&str] = &["http", "exec", "tcp", "unix", "log", "delay"];
const READY: Known = Known {
    table: "`ready`",
    keys: &[
        "http",
        "exec",
        "tcp",
        "unix",
        "log",
        "delay",
        "status",
        "headers",
        "interval",
        "timeout",
        "retries",
        "start_period",
        "success_threshold",
    ],
};
const HEALTH: Known = Known {
    table: "`health`",
    keys: &["http", "exec", "tcp", "unix", "status", "headers", "interval", "timeout", "retries", "start_period"],
};
/// The keys beside each kind that say something there.
const HTTP_KEYS: &[&str] = &["status", "headers"];
const REPEATED: &[&str] = &["interval", "timeout", "retries", "start_period", "success_threshold"];

/// How many characters of a command name it in messages.
const LONGEST_NAMED: usize = 60;
/// The shortest pause: a shorter one would keep the machine busy.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// How long an attempt may take unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads `ready` and `health` of a process.
pub(super) fn read(reader: &mut Reader<'_>, table: &Table, oneshot: bool) -> [Option<Probe>; 2] {
    for name in ["ready", "health"] {
        if let (true, Some(entry)) = (oneshot, table.get(name)) {
            let problem = Problem::new(format!("`{name}` says nothing about a one-shot")).at(entry.key);
            let problem =
                table.get("oneshot").map_or(problem.clone(), |one| problem.also(one.key, "it ends by itself"));
            reader.report(problem.help("a one-shot is ready once it is done: remove one of the two"));
        }
    }
    [reader.key(table, "ready", ready), reader.key(table, "health", health)]
}

fn ready(reader: &mut Reader<'_>, node: &Node) -> Option<Probe> {
    let table = probe_table(reader, node, "ready")?;
    reader.known(table, &READY);
    let check = check(reader, node, table)?;
    let (is_log, is_delay) = (matches!(check, Check::Log(_)), matches!(check, Check::Delay(_)));
    let fitting: &[&str] = match (is_log, is_delay) {
        (true, _) => &["timeout"],
        (_, true) => &[],
        (false, false) => REPEATED,
    };
    for (name, entry) in table.iter().filter(|(name, _)| REPEATED.contains(&name.as_str())) {
        if !fitting.contains(&name.as_str()) {
            let kind = if is_log { "log" } else { "delay" };
            let problem = Problem::new(format!("`{name}` says nothing beside `{kind}`")).at(entry.key);
            reader.report(problem.help("nothing is asked again and again there: remove it"));
        }
    }
    let timeout = reader.key(table, "timeout", limit);
    Some(Probe {
        interval: reader.key(table, "interval", pause).unwrap_or(Duration::from_millis(500)),
        timeout: if is_log || is_delay { timeout } else { timeout.or(Some(TIMEOUT)) },
        // one line is waited for once
        retries: if is_log { Some(1) } else { reader.key(table, "retries", at_least_one) },
        start_period: reader.key(table, "start_period", Reader::duration).unwrap_or_default(),
        success_threshold: reader.key(table, "success_threshold", at_least_one).unwrap_or(1),
        check,
    })
}

fn health(reader: &mut Reader<'_>, node: &Node) -> Option<Probe> {
    let table = probe_table(reader, node, "health")?;
    reader.known_or(table, &HEALTH, for_ready);
    let check = check(reader, node, table)?;
    Some(Probe {
        check,
        interval: reader.key(table, "interval", pause).unwrap_or(Duration::from_secs(10)),
        timeout: Some(reader.key(table, "timeout", limit).unwrap_or(TIMEOUT)),
        retries: Some(reader.key(table, "retries", at_least_one).unwrap_or(3)),
        start_period: reader.key(table, "start_period", Reader::duration).unwrap_or_default(),
        success_threshold: 1,
    })
}

/// Says where a key of `health` belongs that only `ready` knows.
fn for_ready(name: &str, _: &Entry) -> Option<String> {
    let is_of_ready = READY.keys.contains(&name) && !HEALTH.keys.contains(&name);
    is_of_ready.then(|| format!("`{name}` tells when a service becomes ready; write it under `ready`"))
}

fn probe_table<'n>(reader: &mut Reader<'_>, node: &'n Node, name: &str) -> Option<&'n Table> {
    if let Value::Table(table) = &node.value {
        return Some(table);
    }
    let problem = Problem::new(format!("expected a table, found {}", node.value.kind())).at(node.place);
    reader.report(problem.help(format!("write what is looked at, such as `{name} = {{ tcp = 5432 }}`")));
    None
}

/// Reads the one thing that is looked at.
fn check(reader: &mut Reader<'_>, node: &Node, table: &Table) -> Option<Check> {
    let mut kinds = table.iter().filter(|(name, _)| KINDS.contains(&name.as_str()));
    let Some((kind, entry)) = kinds.next() else {
        // a word that nobody knows was reported; what is missing is most likely that
        if table.keys().all(|key| READY.keys.contains(&key.as_str())) {
            let problem = Problem::new("there is nothing to look at").at(node.place);
            reader.report(problem.help("write one of `http`, `exec`, `tcp`, `unix`, `log` or `delay`"));
        }
        return None;
    };
    if let Some((other, second)) = kinds.next() {
        let problem = Problem::new(format!("`{other}` beside `{kind}`: one thing is looked at")).at(second.key);
        reader.report(problem.also(entry.key, "this one").help("keep one of the two; `exec` can look at several"));
        return None;
    }
    if kind != "http" {
        for (name, entry) in table.iter().filter(|(name, _)| HTTP_KEYS.contains(&name.as_str())) {
            reader.report(Problem::new(format!("`{name}` says nothing without `http`")).at(entry.key));
        }
    }
    match kind.as_str() {
        "http" => http(reader, &entry.node, table),
        "exec" => command_line(reader, &entry.node).map(Check::Exec),
        "tcp" => tcp(reader, &entry.node).map(Check::Tcp),
        "unix" => expandable(reader, &entry.node).map(Check::Unix),
        "log" => log(reader, &entry.node).map(Check::Log),
        _ => reader.duration(&entry.node).map(Check::Delay),
    }
}

fn expandable(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.filled_text(node)?;
    check_variables(reader, node, &text);
    Some(text)
}

fn http(reader: &mut Reader<'_>, node: &Node, table: &Table) -> Option<Check> {
    let url = expandable(reader, node)?;
    if let Some(Err(error)) = with_any_values(&url, HttpUrl::parse) {
        let problem = Problem::new(format!("`{}` cannot be asked: {}", visible(&url), visible(&error.to_string())));
        reader.report(problem.at(node.place).help(match error {
            AddressError::Https => "let another program ask: `exec = \"curl -fsSk https://…\"`",
            AddressError::User => "write it as a header: `headers = { Authorization = \"Basic …\" }`",
            AddressError::Path => "such as `%20` for a blank",
            AddressError::Scheme | AddressError::Host(_) | AddressError::NoPort | AddressError::Port(_) => {
                "write it as in \"http://127.0.0.1:3000/healthz\""
            }
        }));
    }
    let status = reader.key(table, "status", statuses).unwrap_or_else(|| vec![200..=399]);
    let headers = reader.key(table, "headers", headers).unwrap_or_default();
    Some(Check::Http { url, status, headers })
}

/// Reads a text as what it would be with some value for each variable; `None` where all of it may come from one.
fn with_any_values<T>(text: &str, parse: impl FnOnce(&str) -> T) -> Option<T> {
    let is_open = text.starts_with("${");
    let filled = expand::expand(text, |_| Some("1".to_owned())).ok()?;
    (!is_open).then(|| parse(&filled))
}

fn tcp(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    const HELP: &str = "write a port, or a host with one as in \"localhost:5432\"";
    let text = match &node.value {
        Value::Integer(number) => number.unwrap_or_default().to_string(),
        Value::Text(_) => expandable(reader, node)?,
        Value::Float(_) | Value::Switch(_) | Value::Date | Value::List(_) | Value::Table(_) => {
            let problem = Problem::new(format!("expected a port, found {}", node.value.kind())).at(node.place);
            reader.report(problem.help(HELP));
            return None;
        }
    };
    let is_variable = text.starts_with("${") && text.ends_with('}');
    if let (false, Some(Err(error))) = (is_variable, with_any_values(&text, HostPort::parse)) {
        let problem = Problem::new(format!("nothing to connect to: {}", visible(&error.to_string()))).at(node.place);
        reader.report(problem.help(HELP));
    }
    Some(text)
}

fn log(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.filled_text(node)?;
    if let Err(error) = Pattern::new(&text) {
        let problem = Problem::new(format!("`{}` is no regular expression: {error}", visible(&text)));
        reader.report(problem.at(node.place).help("put a backslash before a sign that stands for itself, as in '\\('"));
    }
    Some(text)
}

/// Reads the answers that count: `204`, `"200-299"`, or a list of such.
fn statuses(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<RangeInclusive<u16>>> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            reader.report(Problem::new("no answer would count as a success").at(node.place));
            None
        }
        Value::List(_) => reader.list(node, "a list of codes", status),
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Switch(_) | Value::Date | Value::Table(_) => {
            status(reader, node).map(|one| vec![one])
        }
    }
}

fn status(reader: &mut Reader<'_>, node: &Node) -> Option<RangeInclusive<u16>> {
    let code = |text: &str| text.trim().parse::<u16>().ok().filter(|code| (100..=599).contains(code));
    let range = match &node.value {
        Value::Integer(Some(number)) => code(&number.to_string()).map(|code| code..=code),
        Value::Text(text) => {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            code(from).zip(code(to)).filter(|(from, to)| from <= to).map(|(from, to)| from..=to)
        }
        Value::Integer(None) | Value::Float(_) | Value::Switch(_) | Value::Date | Value::List(_) | Value::Table(_) => {
            None
        }
    };
    if range.is_none() {
        let problem = Problem::new("expected codes from 100 to 599").at(node.place);
        reader.report(problem.help("write them as in `204`, `\"200-299\"` or `[\"200-299\", 404]`"));
    }
    range
}

fn headers(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<(String, String)>> {
    let table = reader.table(node)?;
    let mut headers = Vec::with_capacity(table.len());
    for (name, entry) in table {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            reader.report(Problem::new(format!("`{}` cannot name a header", visible(name))).at(entry.key));
        }
        let Some(text) = reader.text(&entry.node) else { continue };
        check_variables(reader, &entry.node, &text);
        if text.chars().any(char::is_control) {
            reader.report(Problem::new("a header is one line, without control characters").at(entry.node.place));
        }
        headers.push((name.clone(), text));
    }
    Some(headers)
}

fn pause(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let pause = reader.duration(node)?;
    if pause < SHORTEST_PAUSE {
        let problem = Problem::new("this would keep the machine busy").at(node.place);
        reader.report(problem.help("write at least \"10ms\""));
    }
    Some(pause)
}

fn limit(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let limit = reader.duration(node)?;
    if limit.is_zero() {
        let problem = Problem::new("nothing answers in no time").at(node.place);
        reader.report(problem.help("write how long one attempt may take, such as \"2s\""));
    }
    Some(limit)
}

fn at_least_one(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let count = reader.count(node, u32::MAX)?;
    if count == 0 {
        reader.report(Problem::new("this is at least 1").at(node.place));
    }
    Some(count)
}
