//! A folder of its own for each test, with a procfile in it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{SigHandler, Signal, signal};
use tempfile::TempDir;

use super::{processes, wait};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A temporary project; when it goes, so does whatever its test has left alive.
pub(crate) struct Project {
    folder: TempDir,
    token: String,
}

impl Project {
    /// Makes a project with this procfile.
    pub(crate) fn new(procfile: &str) -> Self {
        let project = Self {
            folder: tempfile::Builder::new().prefix("it-").tempdir().unwrap(),
            token: format!("it-{}-{}-mark", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)),
        };
        project.write("procfile.toml", procfile.as_bytes());
        project
    }

    /// Makes a project with no file at all.
    pub(crate) fn empty() -> Self {
        let project = Self::new("");
        fs::remove_file(project.path("procfile.toml")).unwrap();
        project
    }

    /// Writes a file into the project's folder.
    pub(crate) fn write(&self, name: &str, text: &[u8]) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// Returns the path of a file in the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Waits until a file of the project holds a number, and returns it.
    #[track_caller]
    pub(crate) fn wait_for_number(&self, name: &str) -> u32 {
        let number = wait::until(|| fs::read_to_string(self.path(name)).ok()?.trim().parse().ok());
        number.unwrap_or_else(|| panic!("no number in {name}"))
    }

    /// Returns the project's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the mark that everything started in this project carries in its environment.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Returns the program under test, ready to run here and away from the user's own files.
    pub(crate) fn procdash(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_procdash"));
        self.prepare(command.args(arguments));
        command
    }

    /// Returns the same under a limit of `files` open files, which it cannot raise.
    pub(crate) fn procdash_with_few_files(&self, files: u32, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let limit = format!("ulimit -n {files} && exec \"$@\"");
        self.prepare(command.args(["-c", &limit, "sh", env!("CARGO_BIN_EXE_procdash")]).args(arguments));
        command
    }

    fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.folder())
            .env("PROCDASH_IT", &self.token)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env_remove("NO_COLOR")
            .env_remove("COLORTERM");
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, self.folder());
        }
        // beside the socket's folder, which has to be gone after the end
        command.env("XDG_STATE_HOME", self.path("state"));
        hear_interrupts(command);
    }
}

/// Makes what `command` starts hear SIGINT and SIGQUIT: what a shell has started in the background ignores them, and so
/// would everything that the tests start.
#[allow(unsafe_code, reason = "only between fork and exec can another process's signals be set")]
fn hear_interrupts(command: &mut Command) {
    // SAFETY: all are single system calls that allocate nothing and take no lock
    unsafe {
        command.pre_exec(|| {
            signal(Signal::SIGINT, SigHandler::SigDfl)?;
            signal(Signal::SIGQUIT, SigHandler::SigDfl)?;
            Ok(())
        });
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        processes::kill_all(&self.token);
    }
}
