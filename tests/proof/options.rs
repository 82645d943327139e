//! What the proof was asked for.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The help.
pub(crate) const HELP: &str = "\
cargo test --test proof                  a cross-section of cases and endings
cargo test --release --test proof -- OPTIONS
  --full               every case with every ending
  --cases FOLDER       every NN_name.sh and NN_name.py of a folder instead, as `sh|python3 FILE TOKEN READY`
  --only TEXT          only cases and endings whose name has TEXT; may be given more than once
  --user UID           as this user too (root only); without it root tries uid 65534 as well
  --jobs N             so many runs at a time (2)
  --mprocs PATH        the same with this mprocs, for the endings that it has
  --write FILE         the table, as Markdown
  --loop N             N runs of a random case with a random ending
  --spawn-race N       N deaths of the dashboard while it starts six services
  --seed N             for the two above";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A cross-section.
    Short,
    /// Everything.
    Full,
    /// So many random runs.
    Loop(usize),
    /// So many deaths during a start.
    SpawnRace(usize),
    /// Say which tests there are.
    List,
    /// Nothing: what was asked for is not here.
    Nothing,
}

/// The options.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) form: Form,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) only: Vec<String>,
    /// Besides whoever runs the proof.
    pub(crate) user: Option<u32>,
    pub(crate) jobs: usize,
    pub(crate) mprocs: Option<PathBuf>,
    pub(crate) write: Option<PathBuf>,
    pub(crate) seed: u64,
}

impl Options {
    /// Reads the words, among them those that `cargo test` hands to every test program.
    pub(crate) fn read(words: &[String]) -> Result<Self, String> {
        let root = nix::unistd::geteuid().is_root();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_nanos());
        let mut options = Self {
            form: Form::Short,
            folder: None,
            only: Vec::new(),
            user: root.then_some(65_534),
            jobs: 2,
            mprocs: None,
            write: None,
            seed: u64::try_from(now & 0xffff_ffff).unwrap_or(1),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned().ok_or_else(|| format!("{word} needs a value\n{HELP}"));
            match word.as_str() {
                "--full" => options.form = Form::Full,
                "--loop" => options.form = Form::Loop(number(&value()?)?),
                "--spawn-race" => options.form = Form::SpawnRace(number(&value()?)?),
                "--cases" => {
                    options.folder = Some(value()?.into());
                    options.form = Form::Full;
                }
                "--only" => options.only.push(value()?),
                "--user" => options.user = Some(number(&value()?)?),
                "--jobs" => options.jobs = number::<usize>(&value()?)?.max(1),
                "--mprocs" => options.mprocs = Some(value()?.into()),
                "--write" => options.write = Some(value()?.into()),
                "--seed" => options.seed = number(&value()?)?,
                "--list" => options.form = Form::List,
                "--ignored" => options.form = Form::Nothing,
                // words of the usual test program that change nothing here
                "--test-threads" | "--skip" | "--format" | "--color" | "--report-time" | "-Z" => drop(value()?),
                "--nocapture" | "--no-capture" | "--exact" | "--include-ignored" | "--quiet" | "-q" | "--test"
                | "--show-output" | "--bench" => {}
                "--help" | "-h" => return Err(HELP.to_owned()),
                option if option.starts_with("--") && option.contains('=') => {}
                option if option.starts_with('-') => return Err(format!("no such option: {option}\n{HELP}")),
                // a filter: this is one test, called `proof`
                filter if "proof".contains(filter) => {}
                _ => options.form = Form::Nothing,
            }
        }
        Ok(options)
    }

    /// Whether a name was asked for.
    pub(crate) fn wants(&self, case: &str, ending: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| case.contains(text.as_str()) || ending == text)
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_no_number| format!("not a number: {word}\n{HELP}"))
}
