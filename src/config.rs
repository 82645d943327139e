//! What a procfile asks for, checked: everything here is known to be meant, in range and complete.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::id::ServiceId;
use crate::keys::Keymap;
use crate::signal::Signal;

mod address;
mod bindings;
mod conflicts;
mod dependency;
mod depends;
mod diagnostic;
mod diff;
mod duration;
mod env_file;
mod expand;
mod log_files;
mod names;
mod place;
mod port;
mod probe;
mod procfile;
mod raw;
mod read;
mod roster;
mod schedule;
mod service;
mod size;
mod source;
mod suggest;
#[cfg(test)]
mod tests;
mod validate;
mod watch;

pub use address::{AddressError, HostPort, HttpUrl};
pub use dependency::{Condition, Dependency};
pub use diagnostic::{Problem, Problems};
pub use diff::{KeyChange, Takes, changes};
pub use duration::{DurationError, parse as parse_duration};
pub use env_file::{EnvFileError, parse_env_file};
pub use expand::{ExpandError, expand};
pub use log_files::LogFiles;
pub use port::Port;
pub use probe::{Check, Probe};
pub use roster::{Roster, UnknownName};
pub use schedule::{Cron, Overlap, Schedule, When};
pub use source::SourceFile;
pub use suggest::closest;
pub use watch::{Watch, compile_pattern};

/// What a project's file may be called, the preferred name first.
pub const FILE_NAMES: [&str; 3] = ["procfile.toml", "Procfile.dev", "Procfile"];
/// The description of the file for editors, as JSON Schema of the draft 2020-12.
pub const SCHEMA: &str = include_str!("../assets/procfile.schema.json");
/// What is merged over `procfile.toml`, for settings that are not shared.
pub const LOCAL_FILE_NAME: &str = "procfile.local.toml";
/// The names of the themes, the default first.
pub const THEMES: &[&str] = &["default", "light", "mono"];

/// A whole project, as its file describes it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The project's name; by default the name of its folder.
    pub name: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// The folder of that file, absolute; relative paths in the file start here.
    pub root: PathBuf,
    /// What holds for all services.
    pub settings: Settings,
    /// The services in the order of the file; a `ServiceId` is a place in this list.
    pub services: Vec<Service>,
    /// How the dashboard looks and which keys it knows.
    pub ui: Ui,
}

impl Config {
    /// Returns who can be named in a command.
    #[must_use]
    pub fn roster(&self) -> Roster<'_> {
        self.services.iter().map(|service| (service.name.as_str(), &*service.groups)).collect()
    }
}

/// What holds for all services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The program and arguments that a command written as a string is appended to.
    pub shell: Vec<String>,
    /// Environment files of the project, relative to its root; a missing one is fine, later ones win.
    pub env_file: Vec<PathBuf>,
    /// The longest that a quit may take before everything left is killed.
    pub shutdown_timeout: Duration,
    /// Memory for one service's log, in bytes.
    pub scrollback: usize,
    /// What is done about processes that an earlier run has left behind.
    pub on_leftovers: OnLeftovers,
    /// What of the services' output is kept in files.
    pub logs: LogFiles,
}

/// What a start does about processes that an earlier, killed run of the project has left alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnLeftovers {
    /// Shows them and asks; where nobody can be asked, as `Fail`.
    #[default]
    Ask,
    /// Kills them and goes on.
    Kill,
    /// Says so and goes on.
    Ignore,
    /// Shows them and starts nothing.
    Fail,
}

/// One entry of `[processes]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of the file, and free of the others")]
pub struct Service {
    /// Its name, the key in the file; with a point and a number where there are several replicas.
    pub name: String,
    /// One line for people.
    pub description: Option<String>,
    /// What is run; a target has no command: it is up when what it depends on is.
    pub command: Option<CommandLine>,
    /// Where it is run, as written: `${VAR}` is expanded and the project's root prepended at every start.
    pub working_dir: String,
    /// Variables set (or, with `None`, unset) for it, as written: `${VAR}` is expanded at every start.
    pub env: IndexMap<String, Option<String>>,
    /// Its own environment files, relative to the project's root, read again at every start.
    pub env_file: Vec<PathBuf>,
    /// Whether it gets a pseudo-terminal (else two pipes).
    pub tty: bool,
    /// Whether it starts with the project.
    pub autostart: bool,
    /// Whether exit 0 means done.
    pub oneshot: bool,
    /// Whether the command may exit 0 and leave its daemon behind.
    pub daemon: bool,
    /// How far its processes are kept from all others.
    pub isolation: Isolation,
    /// How it is asked to end.
    pub stop: Stop,
    /// When it is started again by itself.
    pub restart: Restart,
    /// Exit codes that are no failure.
    pub success_exit_codes: Vec<i32>,
    /// What its end means for the others.
    pub on_exit: OnExit,
    /// What has to be so before it is started; never a circle, and each service at most once.
    pub depends_on: Vec<Dependency>,
    /// The services that must not run while it does; each of those names it, too.
    pub conflicts: Vec<ServiceId>,
    /// How it is found out that it can be used; without it, it can as soon as it runs.
    pub ready: Option<Probe>,
    /// How it is found out whether it still works; failing it is a crash.
    pub health: Option<Probe>,
    /// The TCP port that it expects to have.
    pub port: Option<Port>,
    /// Which changes of files start it again.
    pub watch: Option<Watch>,
    /// At which times it is started.
    pub schedule: Option<Schedule>,
    /// The names by which it can be meant together with others: that of the process it is a replica of, then its groups.
    pub groups: Arc<[Arc<str>]>,
    /// Which of the replicas of its process it is, from 1; none where the file asks for no replicas.
    pub replica: Option<u32>,
    /// The address that is opened in a browser, as written: `${VAR}` is expanded at every start.
    pub open: Option<String>,
}

/// What is run: a line for the shell, or a program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// Given to the shell of the settings as one argument.
    Shell(String),
    /// Run as it stands; never empty.
    Program(Vec<String>),
}

impl fmt::Display for CommandLine {
    /// Writes it for a person to read: words are not quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Program(words) => f.write_str(&words.join(" ")),
        }
    }
}

/// How a service is asked to end, before its tree is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The signal to its process group.
    pub signal: Signal,
    /// How long it may take after the signal; also the time limit of the stop command.
    pub grace_period: Duration,
    /// A command that is run first.
    pub command: Option<CommandLine>,
    /// Bytes typed into its terminal instead of a signal.
    pub keys: Option<String>,
}

/// When a service is started again by itself, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// After which ends.
    pub policy: RestartPolicy,
    /// The first wait; doubles with every attempt in a row.
    pub delay: Duration,
    /// The longest wait.
    pub delay_max: Duration,
    /// A run at least this long starts the count again.
    pub reset_after: Duration,
    /// Attempts in a row before it is a crash loop.
    pub max: u32,
}

/// After which ends a service is started again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    No,
    /// After a crash.
    OnFailure,
    /// After every end that nobody asked for.
    Always,
}

/// What the end of one service means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExit {
    /// Nothing.
    Ignore,
    /// All are stopped and procdash ends.
    StopAll,
    /// The same, but only after a failure.
    StopAllOnFailure,
}

/// How far the processes of a service are kept from all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// They are processes like any others.
    #[default]
    None,
    /// They live in a pid namespace of their own: they see and reach nobody outside, and the kernel ends them as one.
    PidNamespace,
}

/// How the dashboard looks and which keys it knows.
#[derive(Clone, Debug)]
pub struct Ui {
    /// The theme's name.
    pub theme: String,
    /// The columns of the list after the name, in order.
    pub columns: Vec<Column>,
    /// The keys.
    pub keys: Keymap,
}

/// A column of the list of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// The state's word.
    State,
    /// Share of one processor over the whole tree.
    Cpu,
    /// Resident memory of the whole tree.
    Memory,
    /// Time since the start, or how the last run ended.
    Uptime,
    /// Number of processes in the tree.
    Processes,
    /// The main process's number.
    Pid,
    /// How often it was started again.
    Restarts,
    /// The TCP port that it listens on, or expects to have.
    Ports,
    /// The groups it is in.
    Groups,
}

/// Reads a configuration: the project's file, then what is merged over it key by key.
///
/// A file whose name ends in `.toml` is read as TOML, any other as a classic Procfile.
///
/// # Errors
/// Returns everything that is wrong, in all of the files.
pub fn load(sources: &[SourceFile]) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let mut texts = Vec::with_capacity(sources.len());
    let mut merged = Some(raw::Table::new());
    for (file, source) in sources.iter().enumerate() {
        let (text, problem) = source::decode(file, &source.bytes);
        let table = match problem {
            Some(problem) => {
                problems.push(problem);
                None
            }
            None => read_one(file, source, &text, &mut problems),
        };
        merged = merged.zip(table).map(|(mut merged, table)| {
            raw::merge(&mut merged, table);
            merged
        });
        texts.push((source.shown.clone(), text));
    }
    // what could not be read is reported alone: whatever else was found might be no mistake
    let mut reader = read::Reader { problems: &mut problems };
    let path = sources.first().map_or_else(PathBuf::new, |source| source.path.clone());
    let config = merged.map(|table| validate::read(&mut reader, &path, &table));
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        Some(_) | None => Err(Problems::new(texts, problems)),
    }
}

/// Reads a service that is in no file: a name, and what the shell is given.
///
/// # Errors
/// Says what is wrong with the two, by the rules that the file has.
pub fn service_of(name: &str, command: &str) -> Result<Service, String> {
    let mut problems = Vec::new();
    let service = validate::alone(&mut read::Reader { problems: &mut problems }, name, command);
    match (service, problems.first()) {
        (Some(service), None) => Ok(service),
        (_, Some(problem)) => Err(format!("`{}`: {}", diagnostic::visible(name), problem.message())),
        (None, None) => Err("it cannot be read".to_owned()),
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn read_one(file: usize, source: &SourceFile, text: &str, problems: &mut Vec<Problem>) -> Option<raw::Table> {
    let mut table =
        if is_toml(&source.path) { raw::read(file, text, problems)? } else { procfile::read(file, text, problems) };
    validate::lengthen(&mut table);
    Some(table)
}
