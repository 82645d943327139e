//! What is to be started, and every reason why it could not be.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use rustix::io::Errno;
use thiserror::Error;

use crate::config::Isolation;

/// One program to be started, with everything it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The service's name, for messages and for the guard's name in `ps`.
    pub name: String,
    /// The program and its arguments; a program without `/` is searched on the `PATH` in `env`.
    pub argv: Vec<OsString>,
    /// Its whole environment: nothing of the dashboard's own is added.
    pub env: Vec<(OsString, OsString)>,
    /// The folder it is run in; absolute.
    pub dir: PathBuf,
    /// What it reads from and writes to.
    pub io: Io,
    /// How far it is kept from all others.
    pub isolation: Isolation,
}

/// What a service reads from and writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// A pseudo-terminal of this size, for all three streams.
    Terminal {
        /// Its width in cells.
        columns: u16,
        /// Its height in cells.
        rows: u16,
    },
    /// A pipe for standard output, another for standard error, and nothing to read.
    Pipes,
}

/// Says an error of the system's for a person, with what to do where that is known.
#[must_use]
pub fn explain(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::MFILE) => {
            "all file descriptors are in use; raise the limit with `ulimit -n` and start again".to_owned()
        }
        Some(Errno::NFILE) => "the system has no file descriptor left; see fs.file-max".to_owned(),
        Some(_) | None => error.to_string(),
    }
}

/// Why a service could not be started.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// There is no program to run.
    #[error("the command is empty; write the program to run")]
    CommandEmpty,
    /// A byte 0, which ends a word for the kernel, stands inside a word.
    #[error("{place} contains a NUL byte; take it out")]
    NulByte {
        /// Where it stands.
        place: String,
    },
    /// No such program on the service's `PATH`.
    #[error("`{program}` is not on its PATH; install it, or write its full path")]
    ProgramNotOnPath {
        /// The word that was searched for.
        program: String,
    },
    /// No such file.
    #[error("there is no `{program}`; correct the path (it starts in the working folder)")]
    ProgramMissing {
        /// The path as written.
        program: String,
    },
    /// The file is there, but what should run it is not.
    #[error("`{program}` is there, but its interpreter (its `#!` line) or its loader is not; install that")]
    InterpreterMissing {
        /// The file.
        program: String,
    },
    /// The file may not be run.
    #[error("`{program}` may not be executed; try `chmod +x {program}`")]
    NotExecutable {
        /// The file.
        program: String,
    },
    /// What should be the program is a folder.
    #[error("`{program}` is a folder; name the program in it")]
    ProgramIsFolder {
        /// The folder.
        program: String,
    },
    /// The file is no program.
    #[error("`{program}` is no program for this machine; a script needs a first line such as `#!/bin/sh`")]
    BadFormat {
        /// The file.
        program: String,
    },
    /// Arguments and environment are larger than the kernel takes.
    #[error("its arguments and environment together are too long; shorten them or put them in a file")]
    ArgumentsTooLong,
    /// No such folder.
    #[error("there is no working folder `{}`; create it or correct `working_dir`", dir.display())]
    FolderMissing {
        /// The folder.
        dir: PathBuf,
    },
    /// The working folder is something else.
    #[error("the working folder `{}` is not a folder; correct `working_dir`", dir.display())]
    NotAFolder {
        /// The path.
        dir: PathBuf,
    },
    /// The working folder is closed to this user.
    #[error("no permission to enter the working folder `{}`", dir.display())]
    FolderForbidden {
        /// The folder.
        dir: PathBuf,
    },
    /// No descriptor is left.
    #[error("all {limit} file descriptors are in use; raise the limit with `ulimit -n` and start again")]
    OutOfDescriptors {
        /// The limit of this process.
        limit: u64,
    },
    /// No pseudo-terminal is left.
    #[error("no pseudo-terminal is left ({source}); set `tty = false` or raise kernel.pty.max")]
    OutOfTerminals {
        /// What the kernel said.
        source: io::Error,
    },
    /// No process may be added.
    #[error("no process can be added ({source}); see `ulimit -u` and the memory that is left")]
    OutOfProcesses {
        /// What the kernel said.
        source: io::Error,
    },
    /// The guard did not come up.
    #[error("its guard could not be started: {source}")]
    GuardNotStarted {
        /// What happened.
        source: io::Error,
    },
    /// There is no namespace for it.
    #[error("the system does not let it be isolated (could not {step}: {source}); set `isolation = \"none\"`")]
    NotIsolated {
        /// Which step, as the rest of "could not".
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// Somebody did not want to wait for it any more.
    #[error("its start took too long and was given up")]
    GivenUp,
    /// Anything else the kernel refused on the way.
    #[error("could not {step}: {source}")]
    Refused {
        /// Which step, as the rest of "could not".
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}
