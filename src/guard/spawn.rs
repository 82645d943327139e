//! Starts the program: everything that may fail or allocate is done before the fork, the rest is read from a pipe.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::ioctl_tiocsctty;

use super::isolation::Namespace;
use super::message::{Order, Step};
use super::raw::{self, Image, Words};
use crate::config::Isolation;
use crate::engine::{identify, kill};
use crate::process::ProcessId;
use crate::signal::Signal;

/// The search path of a program whose environment has none.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Why the program does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) step: Step,
    pub(super) errno: i32,
}

impl Failure {
    fn new(step: Step, error: &io::Error) -> Self {
        Self { step, errno: error.raw_os_error().unwrap_or_else(|| Errno::INVAL.raw_os_error()) }
    }
}

/// A child that is on its way to be the program.
#[derive(Debug)]
pub(super) struct Starting {
    /// Who it is; to run a program does not change that.
    pub(super) id: ProcessId,
    /// A descriptor that means it, and its group.
    pub(super) held: OwnedFd,
    /// The namespace it lives in, if it has one of its own.
    pub(super) namespace: Option<Namespace>,
    outcome: File,
}

impl Starting {
    /// Readable when it is known whether the program runs.
    pub(super) fn outcome(&self) -> BorrowedFd<'_> {
        self.outcome.as_fd()
    }

    /// Reads whether the program runs; waits if that is not known yet.
    pub(super) fn read_outcome(&mut self) -> Result<(), Failure> {
        read_failure(&mut self.outcome).map_or(Ok(()), Err)
    }
}

/// Reads what a child has told that could not be the program; waits until it is one, or has ended.
fn read_failure(outcome: &mut File) -> Option<Failure> {
    let mut message = [0; 5];
    // the exec has closed it without a word, and so has the death of a child that somebody has killed before
    outcome.read_exact(&mut message).ok()?;
    let [mark, errno @ ..] = message;
    let step = Step::from_mark(mark.into()).unwrap_or(Step::Execute);
    Some(Failure { step, errno: i32::from_le_bytes(errno) })
}

/// Forks the child that becomes the program; returns before it has.
pub(super) fn start(order: &Order, cgroup: Option<BorrowedFd<'_>>) -> Result<Starting, Failure> {
    let prepare = |error: &io::Error| Failure::new(Step::Prepare, error);
    let program = search(order).map_err(|errno| Failure { step: Step::Search, errno: errno.raw_os_error() })?;
    let image = image(order, program, cgroup).map_err(|error| prepare(&error))?;
    if order.terminal {
        // the guard leads a session without a terminal until here, and starts only one program
        ioctl_tiocsctty(io::stdout()).map_err(|errno| Failure::new(Step::Terminal, &errno.into()))?;
    }
    let (outcome, failure) = pipe_with(PipeFlags::CLOEXEC).map_err(|errno| prepare(&errno.into()))?;
    let mut outcome = File::from(outcome);
    let started = match order.isolation {
        Isolation::None => raw::fork(&image, failure.as_fd()).map(|pid| Some((None, pid))),
        Isolation::PidNamespace => Namespace::start(&image, failure.as_fd()),
    };
    drop(failure);
    let Some((namespace, pid)) = started.map_err(|error| Failure::new(Step::Fork, &error))? else {
        return Err(read_failure(&mut outcome).unwrap_or_else(|| prepare(&Errno::CHILD.into())));
    };
    // nobody else collects it: its number means it
    match (kill::hold(pid), identify(pid)) {
        (Ok(Some(held)), Some(id)) => Ok(Starting { id, held, namespace, outcome }),
        // without these it could not be signalled safely: rather not start it
        (held, _) => {
            let _reaped_later = kill::send_to_child(pid, Signal::SIGKILL);
            Err(prepare(&held.err().unwrap_or_else(|| Errno::SRCH.into())))
        }
    }
}

fn image(order: &Order, program: PathBuf, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Image> {
    let word = |word: OsString| CString::new(word.into_vec()).map_err(io::Error::from);
    let argv = order.argv.iter().cloned().map(word).collect::<io::Result<_>>()?;
    let joined = order.env.iter().map(|(key, value)| [key.as_os_str(), value.as_os_str()].join(OsStr::new("=")));
    let env = joined.map(word).collect::<io::Result<_>>()?;
    Ok(Image {
        program: word(program.into_os_string())?,
        argv: Words::new(argv),
        env: Words::new(env),
        dir: word(order.dir.clone().into_os_string())?,
        terminal: order.terminal,
        limits: order.limits,
        isolated: order.isolation == Isolation::PidNamespace,
        cgroup: cgroup.map(|folder| folder.as_raw_fd()),
    })
}

/// Finds the program as execvp(3) would, but on the service's own `PATH` and from the service's own folder.
fn search(order: &Order) -> Result<PathBuf, Errno> {
    let name = order.argv.first().filter(|name| !name.is_empty()).ok_or(Errno::NOENT)?;
    if name.as_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let path = order.env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| value.as_os_str());
    let mut outcome = Errno::NOENT;
    for folder in std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH))) {
        // an empty entry means the working folder, and a relative one starts there
        let candidate = order.dir.join(folder).join(name);
        match executable(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(Errno::ACCESS) => outcome = Errno::ACCESS,
            Err(_not_there) => {}
        }
    }
    Err(outcome)
}

fn executable(path: &Path) -> Result<(), Errno> {
    if !path.is_file() {
        return Err(Errno::NOENT);
    }
    accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::guard::message::Limits;

    fn order(dir: &Path, program: &str, path: &str) -> Order {
        Order {
            argv: vec![program.into()],
            env: vec![("PATH".into(), path.into())],
            dir: dir.into(),
            terminal: false,
            isolation: Isolation::None,
            cgroup: None,
            limits: Limits { core: (0, 0), files: (16, 16) },
        }
    }

    fn program(dir: &Path, place: &str, mode: u32) -> PathBuf {
        let path = dir.join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_first_executable_on_the_path_of_the_service_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "one/tool", 0o644);
        let right = program(dir.path(), "two/tool", 0o755);
        program(dir.path(), "three/tool", 0o755);
        assert_eq!(search(&order(dir.path(), "tool", "none:one:two:three")), Ok(right));
    }

    #[test]
    fn a_program_that_may_not_be_run_is_told_from_one_that_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "one/tool", 0o644);
        fs::create_dir_all(dir.path().join("one/folder")).unwrap();
        assert_eq!(search(&order(dir.path(), "tool", "one")), Err(Errno::ACCESS));
        assert_eq!(search(&order(dir.path(), "folder", "one")), Err(Errno::NOENT));
        assert_eq!(search(&order(dir.path(), "other", "one")), Err(Errno::NOENT));
    }

    #[test]
    fn a_path_is_not_searched_for() {
        assert_eq!(search(&order(Path::new("/"), "./tool", "/bin")), Ok(PathBuf::from("./tool")));
    }
}
