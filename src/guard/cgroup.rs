//! A cgroup for each run, where the system lets this user make one: its kill reaches what no signal of the user's may.
//!
//! It makes a kill quicker and takes children along that have become another user's, such as those of `sudo`. It proves
//! nothing: a process whose first thread has ended is missed by it, and one may move itself elsewhere. Whoever is moved into
//! it by somebody else is killed with the rest: the cgroup was made for this run and is named after it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::poll::{PollTimeout, poll};
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat};
use rustix::io::Errno;

use crate::engine::{Hierarchy, identify, own_group, own_namespace};
use crate::process::ProcessId;

/// What the names of all these cgroups begin with.
const PREFIX: &str = "procdash-";

/// How often the removal of a cgroup is tried, a millisecond apart: the kernel may still be about the last one in it.
const TRIES: u32 = 50;

/// How deep below a cgroup others may have been made that are removed with it.
const DEEPEST: u32 = 8;

/// Where a dashboard has the cgroups of its runs.
#[derive(Debug)]
pub(super) struct Cgroups {
    /// The cgroup that the dashboard itself is in.
    base: PathBuf,
    /// What the names of this dashboard's runs begin with; the guard's number follows.
    prefix: String,
}

impl Cgroups {
    /// Finds out whether cgroups can be made here, and removes the empty ones of dashboards that are gone.
    pub(super) fn find() -> Option<Self> {
        let own = identify(std::process::id())?;
        let base = own_group(Hierarchy::Unified)?;
        remove_abandoned(&base);
        let found = Self { base, prefix: format!("{PREFIX}{}.{}.{}-", own.pid, own.start, namespace()) };
        let trial = Cgroup::make(found.base.join(format!("{}trial", found.prefix)).into_os_string())?;
        // below a threaded cgroup there are none that a process can be in; before 5.14 there is no kill
        let is_domain = fs::read(trial.path.join("cgroup.type")).is_ok_and(|kind| kind == b"domain\n");
        let writable = |path: PathBuf| accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok();
        // who may not move processes out of the common ancestor may not have them born elsewhere either
        let is_allowed = writable(trial.path.join("cgroup.kill")) && writable(found.base.join("cgroup.procs"));
        (is_domain && is_allowed).then_some(found)
    }

    /// Returns the path of a run's cgroup, up to the number of its guard.
    pub(super) fn path(&self) -> PathBuf {
        self.base.join(&self.prefix)
    }

    /// Kills whoever is left in the cgroups of this dashboard's dead guards, and removes those that are empty.
    pub(super) fn bury(&self) {
        for name in names(&self.base) {
            let guard = name.to_str().and_then(|name| name.strip_prefix(&self.prefix)?.parse::<u32>().ok());
            if guard.is_some_and(|guard| identify(guard).is_none()) {
                let path = self.base.join(name);
                // nothing to kill, or nothing that can be done
                let _shown_by_who_is_left = fs::write(path.join("cgroup.kill"), "1");
                let _tried_again_later = remove(&path, DEEPEST);
            }
        }
    }
}

/// Removes the empty cgroups that dashboards have left behind which were killed together with their guards.
pub fn remove_abandoned_cgroups() {
    if let Some(base) = own_group(Hierarchy::Unified) {
        remove_abandoned(&base);
    }
}

fn remove_abandoned(base: &Path) {
    for name in names(base) {
        let whose = name.to_str().and_then(|name| dashboard(name, &namespace()));
        if whose.is_some_and(|id| identify(id.pid) != Some(id)) {
            // those that are not empty stay: what lives in them is for the user to decide
            let _not_empty = remove(&base.join(name), DEEPEST);
        }
    }
}

/// Returns the number of this process's pid namespace: in another one the same numbers are somebody else, who may have
/// begun at the same moment.
fn namespace() -> String {
    own_namespace().to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// Reads whose cgroup this is, if its numbers are those of this pid namespace.
fn dashboard(name: &str, namespace: &str) -> Option<ProcessId> {
    let (pid, rest) = name.strip_prefix(PREFIX)?.split_once('.')?;
    let (start, rest) = rest.split_once('.')?;
    let (theirs, _guard) = rest.split_once('-')?;
    (theirs == namespace).then_some(())?;
    Some(ProcessId { pid: pid.parse().ok()?, start: start.parse().ok()? })
}

/// Returns the names of all cgroups of dashboards.
fn names(base: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.file_name());
    entries.filter(|name| name.as_bytes().starts_with(PREFIX.as_bytes())).collect()
}

/// Removes a cgroup and those below it, as far as they are empty.
fn remove(path: &Path, depth: u32) -> io::Result<()> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy && depth > 0 => {
            for entry in fs::read_dir(path)?.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    remove(&entry.path(), depth - 1)?;
                }
            }
            fs::remove_dir(path)
        }
        other => other,
    }
}

/// The cgroup of one run; removed when it is dropped.
#[derive(Debug)]
pub(super) struct Cgroup {
    path: PathBuf,
    /// Means this cgroup and no later one of its name.
    folder: OwnedFd,
}

impl Cgroup {
    /// Makes the cgroup of the run that this process guards.
    pub(super) fn of_this_guard(path: &Path) -> Option<Self> {
        Self::make([path.as_os_str(), OsStr::new(&std::process::id().to_string())].join(OsStr::new("")))
    }

    fn make(path: OsString) -> Option<Self> {
        let path = PathBuf::from(path);
        fs::create_dir(&path).ok()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(folder) => Some(Self { path, folder }),
            Err(_out_of_descriptors) => {
                let _removed_at_the_next_start = fs::remove_dir(&path);
                None
            }
        }
    }

    /// Returns a descriptor that a child can be born into.
    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Kills whoever is in it; whom that does not reach is noticed by still being there.
    pub(super) fn kill(&self) {
        let file = rustix::fs::openat(&self.folder, "cgroup.kill", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty());
        let _noticed_later = file.and_then(|file| rustix::io::write(file, b"1"));
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            match remove(&self.path, DEEPEST) {
                Err(error) if error.raw_os_error() == Some(Errno::BUSY.raw_os_error()) => {}
                // gone, or nothing that time changes
                Ok(()) | Err(_) => return,
            }
            let _nothing_to_wait_for = poll(&mut [], PollTimeout::from(1_u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whose_cgroup_it_is() {
        assert_eq!(dashboard("procdash-12.345.9-67", "9"), Some(ProcessId { pid: 12, start: 345 }));
        assert_eq!(dashboard("procdash-12.345.9-trial", "9"), Some(ProcessId { pid: 12, start: 345 }));
        for other in ["procdash-12-67", "procdash-x.1.9-2", "other-12.345.9-67", "procdash-12.345.9", "procdash-1.3-6"]
        {
            assert_eq!(dashboard(other, "9"), None);
        }
    }

    #[test]
    fn the_numbers_of_another_pid_namespace_mean_nobody_here() {
        assert_eq!(dashboard("procdash-12.345.8-67", "9"), None);
    }
}
