//! Reads what a start needs from disk, anew at every start, and puts the launch together.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::environment::{self, Ingredients, Marks, Unset, Variables};
use crate::config::{self, CommandLine, Service};
use crate::engine::{Io, Launch, explain};

/// What all services of a project share at their start.
#[derive(Debug)]
pub(crate) struct Project {
    /// Where relative paths begin.
    pub(crate) root: PathBuf,
    /// The program and arguments that a command written as a string is appended to.
    pub(crate) shell: Vec<String>,
    /// The project's environment files.
    pub(crate) env_file: Vec<PathBuf>,
    /// procdash's own environment.
    pub(crate) own: Variables,
    /// The marks of this run of procdash.
    pub(crate) marks: Marks,
}

/// Why a launch could not be put together.
#[derive(Debug, Error)]
pub(crate) enum PrepareError {
    #[error("cannot read {path}: {why}", path = path.display(), why = explain(.source))]
    EnvFileUnreadable { path: PathBuf, source: io::Error },
    #[error("{path}: {problem}", path = path.display())]
    EnvFileInvalid { path: PathBuf, problem: String },
    #[error(transparent)]
    Unset(#[from] Unset),
}

impl Project {
    /// Puts the launch of a command of `service` together, be it the service's own or its stop command.
    pub(crate) fn launch(&self, service: &Service, command: &CommandLine, io: Io) -> Result<Launch, PrepareError> {
        let project_files = self.read_all(&self.env_file)?;
        let service_files = self.read_all(&service.env_file)?;
        let ingredients = Ingredients {
            own: &self.own,
            project_files: &project_files,
            service_files: &service_files,
            marks: &self.marks,
        };
        let env = environment::merge(service, &ingredients)?;
        let dir = self.root.join(environment::expand(&service.working_dir, &env, "working_dir")?);
        let argv = self.argv(command);
        // a stop command is isolated like its service: a number from in there must not be looked for out here
        let isolation = service.isolation;
        Ok(Launch { name: service.name.clone(), argv, env: env.into_iter().collect(), dir, io, isolation })
    }

    /// Returns the program and its arguments for a command.
    pub(crate) fn argv(&self, command: &CommandLine) -> Vec<OsString> {
        match command {
            CommandLine::Shell(line) => self.shell.iter().chain([line]).map(OsString::from).collect(),
            CommandLine::Program(words) => words.iter().map(OsString::from).collect(),
        }
    }

    fn read_all(&self, files: &[PathBuf]) -> Result<Vec<(String, String)>, PrepareError> {
        let mut pairs = Vec::new();
        for file in files {
            pairs.extend(read(&self.root.join(file))?);
        }
        Ok(pairs)
    }
}

fn read(path: &Path) -> Result<Vec<(String, String)>, PrepareError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(source) => return Err(PrepareError::EnvFileUnreadable { path: path.to_owned(), source }),
    };
    let invalid = |problem: String| PrepareError::EnvFileInvalid { path: path.to_owned(), problem };
    let text = String::from_utf8(bytes).map_err(|error| invalid(error.utf8_error().to_string()))?;
    config::parse_env_file(&text).map_err(|error| invalid(error.to_string()))
}
