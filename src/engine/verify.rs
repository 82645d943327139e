//! Looks whether processes that should be gone are gone, and says why if not.

use std::fs;

use rustix::process::geteuid;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::identity::Stat;
use super::snapshot::{command, printable};
use crate::process::{ProcessId, ProcessState, Survivor, Verdict};

/// Bit of SIGKILL in the masks of `/proc/PID/status`.
const KILL_BIT: u64 = 1 << 8;

/// Looks at each of `ids` in the process table.
///
/// Gone is who is not in the table, whose number has another start time, or who is only waiting for its parent to collect
/// it. A process whose first thread has ended while others go on is not gone.
#[must_use]
pub fn look(ids: &[ProcessId]) -> Verdict {
    // if not even this process can be found, an empty answer means nothing
    if !matches!(Stat::read(std::process::id()), Ok(Some(_))) {
        return Verdict::Unknown("the process table in /proc cannot be read; is it mounted?".to_owned());
    }
    let asked: Vec<Pid> = ids.iter().map(|id| Pid::from_u32(id.pid)).collect();
    let mut system = match System::new() {
        Ok(system) => system,
        Err(error) => return Verdict::Unknown(error.to_string()),
    };
    let kind = ProcessRefreshKind::nothing().without_tasks().with_cmd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&asked), true, kind);
    let mut survivors = Vec::new();
    for &id in ids {
        // also asked for whom sysinfo did not see: it knows starts by the second and takes the first thread for the process
        match Stat::read(id.pid) {
            Ok(Some(stat)) if stat.id == id && stat.is_alive() => {
                let shown = system.process(Pid::from_u32(id.pid)).map_or_else(|| command_of(id.pid), command);
                survivors.push(Survivor { id, command: shown, state: stat.state, reason: reason(&stat) });
            }
            Ok(_gone) => {}
            Err(error) => return Verdict::Unknown(format!("process {} cannot be looked at: {error}", id.pid)),
        }
    }
    if survivors.is_empty() { Verdict::Gone } else { Verdict::Survivors(survivors) }
}

/// Describes a process that was to end and lives, without sysinfo, which would make a guard large.
pub(crate) fn survivor(stat: &Stat) -> Survivor {
    Survivor { id: stat.id, command: command_of(stat.id.pid), state: stat.state, reason: reason(stat) }
}

fn command_of(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(line.trim_ascii_end()).trim_end_matches('\0').replace('\0', " ");
    if line.is_empty() { format!("[{}]", printable(content(pid, "comm").trim())) } else { printable(&line) }
}

fn content(pid: u32, file: &str) -> String {
    fs::read(format!("/proc/{pid}/{file}"))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// What `/proc/PID/status` says about whether a signal can end a process.
#[derive(Debug, Default, PartialEq, Eq)]
struct Status {
    real_uid: u32,
    saved_uid: u32,
    tracer: u32,
    kill_pending: bool,
}

impl Status {
    fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let mut words = value.split_ascii_whitespace();
            match key {
                "Uid" => {
                    status.real_uid = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                    status.saved_uid = words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
                }
                "TracerPid" => status.tracer = words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
                "SigPnd" | "ShdPnd" => {
                    let mask = words.next().and_then(|word| u64::from_str_radix(word, 16).ok()).unwrap_or(0);
                    status.kill_pending |= mask & KILL_BIT != 0;
                }
                _ => {}
            }
        }
        status
    }
}

fn reason(stat: &Stat) -> String {
    let pid = stat.id.pid;
    let status = Status::parse(&content(pid, "status"));
    let wait = content(pid, "wchan");
    let own = geteuid().as_raw();
    if own != 0 && own != status.real_uid && own != status.saved_uid {
        let owner = user(status.real_uid);
        return format!(
            "permission denied: it belongs to {owner} and has more rights than procdash; run `sudo kill -9 {pid}`"
        );
    }
    if let Some(group) = freezer(pid) {
        return format!("frozen by cgroup {group}; thaw it, then it ends");
    }
    if status.tracer != 0 {
        let debugger = command_of(status.tracer);
        return format!("held by debugger {} ({debugger}); end the debugger", status.tracer);
    }
    if stat.state == ProcessState::Uninterruptible {
        let place = if wait.is_empty() || wait == "0" { String::new() } else { format!(" (in {wait})") };
        let pending = if status.kill_pending { "SIGKILL is pending and ends it" } else { "it can be signalled" };
        return format!("waiting inside the kernel{place}; {pending} when the kernel returns");
    }
    if status.kill_pending {
        "SIGKILL is pending, it is about to end".to_owned()
    } else {
        "it is still running".to_owned()
    }
}

/// Returns a user's name, read from the file alone: name services may open sockets and block.
fn user(uid: u32) -> String {
    let table = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {uid}"))
}

/// Returns the group of the old freezer that holds a process; the new one lets SIGKILL through.
fn freezer(pid: u32) -> Option<String> {
    let table = content(pid, "cgroup");
    let group = table.lines().find_map(|line| line.split_once(":freezer:")).map(|(_, group)| group)?;
    let state = fs::read_to_string(format!("/sys/fs/cgroup/freezer{group}/freezer.state")).ok()?;
    (state.trim() != "THAWED").then(|| group.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::identify;

    #[test]
    fn a_living_process_survives_and_is_named() {
        let mut child = std::process::Command::new("sleep").arg("31.5").spawn().unwrap();
        let id = identify(child.id()).unwrap();
        let Verdict::Survivors(survivors) = look(&[id]) else { panic!("{:?}", look(&[id])) };
        assert_eq!((survivors[0].id, survivors.len()), (id, 1));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(look(&[id]), Verdict::Gone);
    }

    #[test]
    fn a_zombie_that_waits_for_its_parent_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = identify(child.id()).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while look(&[id]) != Verdict::Gone {
            assert!(std::time::Instant::now() < deadline, "{:?}", look(&[id]));
        }
        assert!(identify(id.pid).is_some(), "it was collected, the test shows nothing");
        child.wait().unwrap();
    }

    #[test]
    fn a_number_that_has_another_owner_is_gone() {
        let own = identify(std::process::id()).unwrap();
        assert_eq!(look(&[ProcessId { start: own.start - 1, ..own }]), Verdict::Gone);
        assert!(matches!(look(&[own]), Verdict::Survivors(_)));
    }

    #[test]
    fn the_facts_for_a_reason_are_read() {
        let text = "Name:\tx\nTracerPid:\t12\nUid:\t1000\t1001\t1002\t1003\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n";
        let expected = Status { real_uid: 1000, saved_uid: 1002, tracer: 12, kill_pending: true };
        assert_eq!(Status::parse(text), expected);
        assert_eq!(user(0), "root");
    }
}
