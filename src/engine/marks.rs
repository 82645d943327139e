//! The marks in the environment of everything that a service starts: how they are spelt, and how they are read.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::snapshot::printable;
use crate::process::ProcessId;

/// Which procdash: the pid and start of the dashboard, so that a later one can tell whether it still lives.
pub const RUN_ID: &str = "PROCDASH_RUN_ID";
/// The name of the service.
pub const SERVICE: &str = "PROCDASH_SERVICE";
/// The name of the project, which another project may have as well.
pub const PROJECT: &str = "PROCDASH_PROJECT";
/// The project's main file, by the path that no other project has.
pub const FILE: &str = "PROCDASH_FILE";
/// The pid namespace in which the run's number means the dashboard: in a container it means somebody else.
pub const NAMESPACE: &str = "PROCDASH_NAMESPACE";

/// Whose a process is, as its environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The dashboard of the run.
    pub run: ProcessId,
    /// Where that number is valid.
    pub namespace: OsString,
    /// The name of the service.
    pub service: String,
    /// The name of the project.
    pub project: String,
    /// The project's main file.
    pub file: PathBuf,
}

impl Marks {
    /// Reads the marks of an environment, its variables ended by NULs; `None` unless all are there.
    #[must_use]
    pub fn read(environment: &[u8]) -> Option<Self> {
        // almost every process on a machine has none: one search tells
        memchr::memmem::find(environment, RUN_ID.as_bytes())?;
        let value = |name: &str| {
            let mut variables = environment.split(|byte| *byte == 0);
            variables.find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        };
        let text = |name: &str| value(name).map(|bytes| printable(&String::from_utf8_lossy(bytes)));
        let (pid, start) = std::str::from_utf8(value(RUN_ID)?).ok()?.split_once('-')?;
        Some(Self {
            run: ProcessId { pid: pid.parse().ok()?, start: start.parse().ok()? },
            namespace: OsStr::from_bytes(value(NAMESPACE)?).to_owned(),
            service: text(SERVICE)?,
            project: text(PROJECT)?,
            file: PathBuf::from(OsStr::from_bytes(value(FILE)?)),
        })
    }
}

/// Returns the path by which a project is known whose main file is `path`: the same from wherever it is reached.
#[must_use]
pub fn project_file(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_unreachable| path.to_owned())
}

/// Returns the name of this process's pid namespace; empty where the kernel has none.
#[must_use]
pub fn own_namespace() -> OsString {
    fs::read_link("/proc/self/ns/pid").map(PathBuf::into_os_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    const ALL: &[u8] = b"HOME=/\0PROCDASH_RUN_ID=12-3400\0PROCDASH_SERVICE=web\0PROCDASH_PROJECT=shop\0\
                         PROCDASH_FILE=/srv/\xff/procfile.toml\0PROCDASH_NAMESPACE=pid:[7]\0";

    #[test]
    fn all_marks_are_read_and_a_path_keeps_its_bytes() {
        let marks = Marks::read(ALL).unwrap();
        assert_eq!(marks.run, ProcessId { pid: 12, start: 3400 });
        assert_eq!((marks.service.as_str(), marks.project.as_str()), ("web", "shop"));
        assert_eq!(marks.file.into_os_string().into_vec(), b"/srv/\xff/procfile.toml");
        assert_eq!(marks.namespace, "pid:[7]");
    }

    #[test]
    fn a_mark_that_is_missing_or_is_no_mark_makes_nobody_ours() {
        let text = String::from_utf8_lossy(ALL).into_owned();
        for name in [RUN_ID, SERVICE, PROJECT, FILE, NAMESPACE] {
            assert_eq!(Marks::read(text.replace(name, "OTHER").as_bytes()), None, "{name}");
        }
        for run in ["12", "12-", "-3400", "a-b", "12-34-56"] {
            assert_eq!(Marks::read(text.replace("12-3400", run).as_bytes()), None, "{run}");
        }
        assert_eq!(Marks::read(text.replace("PROCDASH_RUN_ID=", "XPROCDASH_RUN_ID=").as_bytes()), None);
        assert_eq!(Marks::read(b""), None);
    }

    #[test]
    fn what_a_terminal_would_act_on_is_taken_out_of_names() {
        let text = String::from_utf8_lossy(ALL).replace("=web", "=\u{1b}[2Jweb");
        assert_eq!(Marks::read(text.as_bytes()).unwrap().service, "\u{fffd}[2Jweb");
    }
}
