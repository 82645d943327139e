//! What can be typed after `procdash`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Start only these services, whether or not they start by themselves
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
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
