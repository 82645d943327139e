//! What can be typed after `procdash`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::logs::Since;
use crate::config::parse_duration;
use crate::signal::Signal;

/// A terminal dashboard for the processes of local development: what it stops is seen to be gone.
#[derive(Debug, Parser)]
#[command(name = "procdash", version, about, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do; without a word, `up`.
    #[command(subcommand)]
    pub request: Option<Request>,
    /// The words of `up`, which may be left out.
    #[command(flatten)]
    pub up: UpArguments,
}

/// What procdash can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Request {
    /// Start the services and show them
    Up(UpArguments),
    /// Read the file, tell every problem, start nothing
    Check(FileArguments),
    /// End what killed runs have left behind
    Reap(ReapArguments),
    /// Show how every service of the running procdash stands
    Ps(PsArguments),
    /// Show the processes of a service, or of all
    Tree(TreeArguments),
    /// Show what services have printed, also when nothing runs any more
    Logs(LogsArguments),
    /// Say why a service is in its state, and what acts on it
    Why(WhyArguments),
    /// Show who depends on whom, with states where a procdash runs
    Graph(GraphArguments),
    /// Start services and what they need, and return once they can be used
    Start(StartArguments),
    /// Stop services after all that need them, and return once nothing of them is left
    Stop(ServicesArguments),
    /// Stop services, and start each again once nothing of it is left
    Restart(RestartArguments),
    /// Kill services with all that they started, and check
    Kill(ServicesArguments),
    /// Read the file anew: show what differs, ask, and make it so
    Reload(ReloadArguments),
    /// Add a service for this run, which is in no file, and start it
    Add(AddArguments),
    /// Stop services and remove them from this run, once nothing of them is left
    Remove(ServicesArguments),
    /// Send a signal to services
    Signal(SignalArguments),
    /// Wait until services are ready, or have exited
    Wait(WaitArguments),
    /// Stop everything and end the running procdash
    Down(AskArguments),
    /// Print the JSON Schema of procfile.toml, for editors
    Schema,
}

/// The words of `procdash up`.
#[derive(Args, Clone, Debug)]
pub struct UpArguments {
    /// Which file.
    #[command(flatten)]
    pub file: FileArguments,
    /// Print plain lines instead of showing a dashboard
    #[arg(long)]
    pub no_tui: bool,
    /// Start only these services, or the services of these groups, whether or not they start by themselves
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// Which procdash to ask, and how to tell the answer.
#[derive(Args, Clone, Debug)]
pub struct AskArguments {
    /// Which project.
    #[command(flatten)]
    pub file: FileArguments,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The words of `procdash ps`.
#[derive(Args, Clone, Debug)]
pub struct PsArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// The services, or groups of them; all without it
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// The words of `procdash tree`.
#[derive(Args, Clone, Debug)]
pub struct TreeArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// The service, or a group of them; all without it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// The words of `procdash graph`.
#[derive(Args, Clone, Debug)]
pub struct GraphArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// Print a flowchart for Mermaid
    #[arg(long, conflicts_with = "json")]
    pub mermaid: bool,
}

/// The words of `procdash logs`.
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct LogsArguments {
    /// Read this file instead of searching for procfile.toml, Procfile.dev or Procfile upwards from here
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Print a JSON object for each line
    #[arg(long)]
    pub json: bool,
    /// Go on with what is printed from now on, over restarts, until Ctrl-C
    #[arg(short = 'f', long)]
    pub follow: bool,
    /// Only the last N lines of each service; all that is kept without it
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u64>,
    /// Only what was printed since then: how long ago, such as 10m, or a time, such as 14:30
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Print the bytes as they are, escape sequences and all
    #[arg(long, conflicts_with_all = ["strip", "json"])]
    pub raw: bool,
    /// Print text alone, without colours; so it is without a terminal
    #[arg(long)]
    pub strip: bool,
    /// The services, or groups of them; all without it
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// The words of `procdash why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// The service
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// The words of `procdash start`.
#[derive(Args, Clone, Debug)]
pub struct StartArguments {
    /// Which, and whom to ask.
    #[command(flatten)]
    pub services: ServicesArguments,
    /// Stop what conflicts with them first, and see that it is gone
    #[arg(long)]
    pub replace: bool,
}

/// The words of `procdash reload`.
#[derive(Args, Clone, Debug)]
pub struct ReloadArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// Only tell what differs
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
}

/// The words of `procdash add`.
#[derive(Args, Clone, Debug)]
pub struct AddArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What is run, by the shell of the project
    #[arg(value_name = "COMMAND", required = true, last = true)]
    pub command: Vec<String>,
}

/// The words of `procdash stop`, `kill` and `remove`.
#[derive(Args, Clone, Debug)]
pub struct ServicesArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// The services, or groups of them
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

/// The words of `procdash restart`.
#[derive(Args, Clone, Debug)]
pub struct RestartArguments {
    /// Which, and whom to ask.
    #[command(flatten)]
    pub services: ServicesArguments,
    /// Take along what depends on them: it stops before them and starts after them
    #[arg(long)]
    pub with_dependents: bool,
}

/// The words of `procdash signal`.
#[derive(Args, Clone, Debug)]
pub struct SignalArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// Who gets it: the main process, its process group, or every process of the service
    #[arg(long, value_name = "WHOM", value_enum, default_value_t)]
    pub to: Whom,
    /// The signal, such as SIGHUP, hup or 1
    #[arg(value_name = "SIGNAL")]
    pub signal: Signal,
    /// The services, or groups of them
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

/// Which processes of a service get a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Whom {
    /// The main process alone
    Main,
    /// The process group of the main process
    #[default]
    Group,
    /// Every process of the service
    Tree,
}

/// The words of `procdash wait`.
#[derive(Args, Clone, Debug)]
pub struct WaitArguments {
    /// Whom to ask.
    #[command(flatten)]
    pub ask: AskArguments,
    /// What to wait for
    #[arg(long = "for", value_name = "WHAT", value_enum, default_value_t)]
    pub until: WaitFor,
    /// How long at most, such as 30s; as long as it takes without it
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// The services, or groups of them
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

/// What can be waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// It can be used; a one-shot is done
    #[default]
    Ready,
    /// It runs no more, and will not start by itself
    Exited,
}

/// Which file to read.
#[derive(Args, Clone, Debug)]
pub struct FileArguments {
    /// Read this file instead of searching for procfile.toml, Procfile.dev or Procfile upwards from here
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The words of `procdash reap`.
#[derive(Args, Clone, Debug)]
pub struct ReapArguments {
    /// The project's file, instead of the one found from here upwards; it is not read
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Look for the leftovers of every project
    #[arg(long, conflicts_with = "file")]
    pub all: bool,
    /// Only tell what would be killed
    #[arg(long)]
    pub dry_run: bool,
    /// Print a JSON list
    #[arg(long)]
    pub json: bool,
}
