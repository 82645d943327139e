//! Who a process is and who belongs to whom, as `/proc` says at this moment.

use std::fs::{self, File};
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use crate::process::{ProcessId, ProcessState};

/// What `/proc/PID/stat` says about one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Who it is.
    pub(crate) id: ProcessId,
    /// Its parent's number.
    pub(crate) parent: u32,
    /// Its process group.
    pub(crate) group: u32,
    /// Its session.
    pub(crate) session: u32,
    /// What its first thread is doing.
    pub(crate) state: ProcessState,
    /// How many threads it has.
    pub(crate) threads: u32,
}

impl Stat {
    /// Reads what is known about `pid`; `None` when there is no such process.
    pub(crate) fn read(pid: u32) -> io::Result<Option<Self>> {
        match read_whole(&format!("/proc/{pid}/stat")) {
            Ok(bytes) => Self::parse(pid, &bytes)
                .map(Some)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat is not readable"))),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(pid: u32, bytes: &[u8]) -> Option<Self> {
        // the name in brackets may hold anything, brackets and line ends included: only its last bracket counts
        let end = memchr::memrchr(b')', bytes)?;
        let rest = std::str::from_utf8(bytes.get(end + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        let state = state(fields.next()?);
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        let session = fields.next()?.parse().ok()?;
        // fields 20 and 22 of proc_pid_stat(5); the next one here is field 7
        let threads = fields.nth(13)?.parse().ok()?;
        let start = fields.nth(1)?.parse().ok()?;
        Some(Self { id: ProcessId { pid, start }, parent, group, session, state, threads })
    }

    /// Whether its first thread has ended.
    pub(crate) const fn is_headless(&self) -> bool {
        matches!(self.state, ProcessState::Zombie)
    }

    /// Whether it can still do something: a first thread that has ended says "zombie" while others go on.
    pub(crate) const fn is_alive(&self) -> bool {
        !matches!(self.state, ProcessState::Zombie) || self.threads > 1
    }
}

fn state(letter: &str) -> ProcessState {
    match letter {
        "R" => ProcessState::Running,
        "S" | "I" => ProcessState::Sleeping,
        "D" => ProcessState::Uninterruptible,
        "T" => ProcessState::Stopped,
        "t" => ProcessState::Traced,
        "Z" | "X" | "x" => ProcessState::Zombie,
        _ => ProcessState::Other,
    }
}

/// Reads a file of `/proc`, without asking for its size first: that is always 0 there.
pub(crate) fn read_whole(path: &str) -> io::Result<Vec<u8>> {
    const ROOM: usize = 1024;
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    let mut used = 0;
    loop {
        if bytes.len() - used < ROOM {
            bytes.resize(2 * used + 2 * ROOM, 0);
        }
        match file.read(bytes.get_mut(used..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => used += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(used);
    Ok(bytes)
}

/// Whether reading something below `/proc/PID` went wrong because the process has ended.
fn is_gone(error: &io::Error) -> bool {
    // the folder vanished before the open, or the process between open and read
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// Returns who has this number now, if anyone.
#[must_use]
pub fn identify(pid: u32) -> Option<ProcessId> {
    Stat::read(pid).ok().flatten().map(|stat| stat.id)
}

/// Returns when a process began by the clock on the wall; `None` where the machine's uptime cannot be read.
#[must_use]
pub fn began(id: ProcessId) -> Option<SystemTime> {
    // what user space is told of time is in hundredths of a second, whatever the kernel counts in
    const TICKS: u64 = 100;
    let uptime = read_whole("/proc/uptime").ok()?;
    let uptime: f64 = std::str::from_utf8(&uptime).ok()?.split_ascii_whitespace().next()?.parse().ok()?;
    let age = Duration::try_from_secs_f64(uptime)
        .ok()?
        .checked_sub(Duration::from_millis(id.start.checked_mul(1000 / TICKS)?))?;
    SystemTime::now().checked_sub(age)
}

/// Returns the numbers of the children of all threads of `pid`; empty when it has none or has ended.
///
/// Read from outside, the list may lack a child that exists, when another of them is being reaped meanwhile.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut found = Vec::new();
    for thread in threads.flatten() {
        let number = thread.file_name();
        match read_whole(&format!("/proc/{pid}/task/{}/children", number.to_string_lossy())) {
            Ok(bytes) => found.extend(numbers(&bytes)),
            Err(error) if is_gone(&error) && thread.path().exists() => return children_by_parent(pid),
            Err(_ended) => {}
        }
    }
    found
}

/// Returns the children of a process that is known to have one thread only.
pub(crate) fn children_of_single_thread(pid: u32) -> Vec<u32> {
    match read_whole(&format!("/proc/{pid}/task/{pid}/children")) {
        Ok(bytes) => numbers(&bytes).collect(),
        Err(_ended_or_not_supported) => children(pid),
    }
}

/// Finds children by everyone's parent number, for kernels without the file `children`.
pub(crate) fn children_by_parent(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|candidate| Stat::read(candidate).ok()?)
        .filter(|stat| stat.parent == pid)
        .map(|stat| stat.id.pid)
        .collect()
}

/// Reads a list of numbers with blanks between them.
pub(crate) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.split(u8::is_ascii_whitespace).filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, state: char, threads: u32) -> Vec<u8> {
        format!(
            "7 ({name}) {state} 3 4 5 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 {threads} 0 4711 1000 200 18446744073709551615"
        )
        .into_bytes()
    }

    #[test]
    fn the_fields_are_found_behind_any_name() {
        for name in ["sleep", "a b", "x) R 1 2 3", "((", "line\nend) Z 1"] {
            let stat = Stat::parse(7, &line(name, 'S', 1)).unwrap();
            assert_eq!(stat.id, ProcessId { pid: 7, start: 4711 });
            assert_eq!((stat.parent, stat.group, stat.session, stat.threads), (3, 4, 5, 1));
            assert_eq!(stat.state, ProcessState::Sleeping);
        }
    }

    #[test]
    fn a_zombie_is_dead_unless_other_threads_go_on() {
        assert!(!Stat::parse(7, &line("x", 'Z', 1)).unwrap().is_alive());
        assert!(Stat::parse(7, &line("x", 'Z', 2)).unwrap().is_alive());
        assert!(Stat::parse(7, &line("x", 'D', 1)).unwrap().is_alive());
    }

    #[test]
    fn half_a_line_is_no_process() {
        assert_eq!(Stat::parse(7, b"7 (sleep) S 3 4"), None);
        assert_eq!(Stat::parse(7, b""), None);
    }

    #[test]
    fn a_process_began_when_it_was_started_and_nobody_before_the_machine() {
        let before = SystemTime::now();
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let began = began(identify(child.id()).unwrap()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // a tick is a hundredth of a second, and both clocks are read one after the other
        let slack = Duration::from_millis(100);
        assert!(began > before - slack && began < SystemTime::now() + slack);
        assert_eq!(super::began(ProcessId { pid: 1, start: u64::MAX }), None);
    }

    #[test]
    fn this_process_knows_itself_and_its_child() {
        let own = Stat::read(std::process::id()).unwrap().unwrap();
        assert!(own.is_alive());
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(children(own.id.pid).contains(&child.id()));
        assert!(children_by_parent(own.id.pid).contains(&child.id()));
        assert_eq!(Stat::read(child.id()).unwrap().unwrap().parent, own.id.pid);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Stat::read(child.id()).unwrap(), None);
    }
}
