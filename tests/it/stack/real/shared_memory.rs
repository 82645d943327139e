//! What postgres has of the kernel's shared memory, which outlives its processes when nobody removes it.

use std::fs;
use std::path::Path;

use crate::support::project::Project;

/// The segments of one postgres.
pub(super) struct SharedMemory {
    /// The key and the id of the one that keeps a second server off the data.
    segment: String,
    /// The files of the others.
    files: Vec<String>,
}

/// Looks at the server that runs now.
#[track_caller]
pub(super) fn of(project: &Project) -> SharedMemory {
    // its lines: pid, folder, start, port, folder of the socket, address, key and id, state
    let about = fs::read_to_string(project.path("data/postmaster.pid")).unwrap();
    let lines: Vec<&str> = about.lines().collect();
    let maps = fs::read_to_string(Path::new("/proc").join(lines[0]).join("maps")).unwrap();
    let mut files: Vec<String> = maps
        .lines()
        .filter_map(|line| line.find("/dev/shm/").map(|at| line[at..].to_owned()))
        .filter(|path| Path::new(path).exists())
        .collect();
    files.dedup();
    assert!(!files.is_empty(), "{maps}");
    SharedMemory { segment: words(lines[6]), files }
}

impl SharedMemory {
    /// Fails unless nothing of it is left.
    #[track_caller]
    pub(super) fn assert_gone(&self) {
        let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
        let is_there = table.lines().any(|line| words(line).starts_with(&format!("{} ", self.segment)));
        assert!(!is_there, "{} is still in\n{table}", self.segment);
        let left: Vec<&String> = self.files.iter().filter(|path| Path::new(path).exists()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
