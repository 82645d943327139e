//! One run: which case, which ending, as whom; and what has come of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::endings::Ending;
use crate::isolate::Isolation;

/// What is run as the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// One of our own hostile programs, by its name.
    Own(String),
    /// A script of somebody else's.
    Script(PathBuf),
}

impl Service {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Own(name) => name.clone(),
            Self::Script(path) => {
                path.file_stem().map(|name| name.to_string_lossy().replace('_', " ")).unwrap_or_default()
            }
        }
    }
}

/// Which program runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Procdash(PathBuf),
    Mprocs(PathBuf),
}

impl Tool {
    pub(crate) fn program(&self) -> &PathBuf {
        let (Self::Procdash(program) | Self::Mprocs(program)) = self;
        program
    }
}

/// One run, complete.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) service: Service,
    pub(crate) ending: Ending,
    /// `None` is whoever runs the proof.
    pub(crate) user: Option<u32>,
    pub(crate) tool: Tool,
    /// Whether the service has pipes and no terminal.
    pub(crate) pipes: bool,
    pub(crate) isolation: Isolation,
}

/// How the note of what was gone too late begins.
pub(crate) const LATE: &str = "gone after";

/// What a run has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was left when it had to be gone.
    Gone,
    /// So many were left.
    Left(usize),
    /// So many are left that could not be ended, and the screen names them and says so.
    Named(usize),
    /// What was asked for never came to an end.
    Hung,
    /// The structure did not stand when the ending was to begin: nothing was tried.
    Void,
    /// Cannot be tried here.
    Skipped,
}

/// The verdict with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// How long it took from the request until it was over.
    pub(crate) took: Duration,
    /// What a person should know.
    pub(crate) note: String,
}

impl Outcome {
    pub(crate) fn new(verdict: Verdict, took: Duration, note: impl Into<String>) -> Self {
        Self { verdict, took, note: note.into() }
    }

    pub(crate) fn void(note: impl Into<String>) -> Self {
        Self::new(Verdict::Void, Duration::ZERO, note)
    }

    /// Whether the promise was broken.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.verdict, Verdict::Left(_) | Verdict::Hung | Verdict::Void)
    }

    /// Whether everything has gone, but later than promised: on a busy machine that says little.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.verdict, Verdict::Left(_)) && self.note.starts_with(LATE)
    }

    /// Returns it as one line, for another process.
    pub(crate) fn to_line(&self) -> String {
        let (word, count) = match self.verdict {
            Verdict::Gone => ("gone", 0),
            Verdict::Left(count) => ("left", count),
            Verdict::Named(count) => ("named", count),
            Verdict::Hung => ("hung", 0),
            Verdict::Void => ("void", 0),
            Verdict::Skipped => ("skipped", 0),
        };
        let note = self.note.replace(['\n', '\t', '\r'], " ");
        format!("outcome\t{word}\t{count}\t{}\t{note}", self.took.as_millis())
    }

    /// Reads such a line.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("outcome\t")?.splitn(4, '\t');
        let (word, count) = (parts.next()?, parts.next()?.parse().ok()?);
        let took = Duration::from_millis(parts.next()?.parse().ok()?);
        let verdict = match word {
            "gone" => Verdict::Gone,
            "left" => Verdict::Left(count),
            "named" => Verdict::Named(count),
            "hung" => Verdict::Hung,
            "skipped" => Verdict::Skipped,
            _ => Verdict::Void,
        };
        Some(Self::new(verdict, took, parts.next()?))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict {
            Verdict::Gone => write!(f, "0 left")?,
            Verdict::Left(count) => write!(f, "{count} LEFT")?,
            Verdict::Named(count) => write!(f, "{count} named")?,
            Verdict::Hung => f.write_str("HUNG")?,
            Verdict::Void => f.write_str("VOID")?,
            Verdict::Skipped => f.write_str("skipped")?,
        }
        write!(f, " · {} ms", self.took.as_millis())?;
        if self.note.is_empty() { Ok(()) } else { write!(f, " · {}", self.note) }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.map_or_else(|| "own user".to_owned(), |user| format!("uid {user}"));
        let tool = match self.tool {
            Tool::Procdash(_) => "",
            Tool::Mprocs(_) => "mprocs · ",
        };
        let channel = if self.pipes { " · pipes" } else { "" };
        write!(f, "{tool}{} · {} · {user}{channel}", self.service.name(), self.ending.name())
    }
}
