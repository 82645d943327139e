//! Looks whether processes that should be gone are gone, and says why if not.

use std::fs;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::identity::Stat;
use super::kill;
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

/// Returns the name of the user whom a process belongs to.
pub(super) fn owner(pid: u32) -> String {
    user(Status::parse(&content(pid, "status")).real_uid)
}

pub(super) fn command_of(pid: u32) -> String {
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
    tracer: u32,
    kill_pending: bool,
}

impl Status {
    fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let word = value.split_ascii_whitespace().next().unwrap_or_default();
            match key {
                "Uid" => status.real_uid = word.parse().unwrap_or(0),
                "TracerPid" => status.tracer = word.parse().unwrap_or(0),
                "SigPnd" | "ShdPnd" => {
                    status.kill_pending |= u64::from_str_radix(word, 16).unwrap_or(0) & KILL_BIT != 0;
                }
                _ => {}
            }
        }
        status
    }
}

/// What keeps a process from ending.
#[derive(Debug, PartialEq, Eq)]
enum Obstacle {
    /// The kernel does not let us signal it: it belongs to this user.
    Refused { owner: String },
    /// The old freezer holds it, by the file that thaws it.
    Frozen { group: String, file: String },
    /// A debugger holds it.
    Traced { debugger: u32, command: String },
    /// It waits inside the kernel, in this place if that is known.
    InKernel { place: Option<String>, kill_pending: bool },
    /// SIGKILL is on its way.
    Dying,
    /// None that can be seen.
    Unknown,
}

impl Obstacle {
    fn of(stat: &Stat) -> Self {
        let pid = stat.id.pid;
        let status = Status::parse(&content(pid, "status"));
        // asked of the kernel: who may signal whom also depends on capabilities, namespaces and security modules
        if !kill::may_signal(pid) {
            return Self::Refused { owner: user(status.real_uid) };
        }
        if let Some((group, file)) = freezer(pid) {
            return Self::Frozen { group, file };
        }
        if status.tracer != 0 {
            return Self::Traced { debugger: status.tracer, command: command_of(status.tracer) };
        }
        if stat.state == ProcessState::Uninterruptible {
            let place = Some(content(pid, "wchan")).filter(|place| !place.is_empty() && place != "0");
            return Self::InKernel { place, kill_pending: status.kill_pending };
        }
        if status.kill_pending { Self::Dying } else { Self::Unknown }
    }

    /// Says it for a person, with what to do.
    fn sentence(&self, pid: u32) -> String {
        match self {
            Self::Refused { owner } => format!(
                "permission denied: it belongs to {owner} and has more rights than procdash; run `sudo kill -9 {pid}`"
            ),
            Self::Frozen { group, file } => {
                format!("frozen by cgroup {group}, SIGKILL waits; thaw it with `echo THAWED > {file}`, then it ends")
            }
            Self::Traced { debugger, command } => {
                format!("held by debugger {debugger} ({command}); end the debugger, or let it detach")
            }
            Self::InKernel { place, kill_pending } => {
                let place = place.as_ref().map_or_else(String::new, |place| format!(" (in {place})"));
                let end = if *kill_pending { "SIGKILL is pending and ends it" } else { "it can be killed" };
                format!("uninterruptible: it waits inside the kernel{place}; {end} when the kernel returns")
            }
            Self::Dying => "SIGKILL is pending, it is about to end".to_owned(),
            Self::Unknown => "it is still running".to_owned(),
        }
    }
}

fn reason(stat: &Stat) -> String {
    Obstacle::of(stat).sentence(stat.id.pid)
}

/// Returns a user's name, read from the file alone: name services may open sockets and block.
pub(super) fn user(uid: u32) -> String {
    let table = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {uid}"))
}

/// Returns the group of the old freezer that holds a process, and the file that thaws it; the new freezer lets SIGKILL
/// through.
fn freezer(pid: u32) -> Option<(String, String)> {
    let group = freezer_group(&content(pid, "cgroup"))?.to_owned();
    let file = format!("/sys/fs/cgroup/freezer{group}/freezer.state");
    let state = fs::read_to_string(&file).ok()?;
    (state.trim() != "THAWED").then_some((group, file))
}

/// Finds the group of the old freezer in `/proc/PID/cgroup`.
fn freezer_group(table: &str) -> Option<&str> {
    table.lines().find_map(|line| {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        controllers.split(',').any(|controller| controller == "freezer").then_some(group)
    })
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
        let expected = Status { real_uid: 1000, tracer: 12, kill_pending: true };
        assert_eq!(Status::parse(text), expected);
        assert_eq!(user(0), "root");
        let table = "5:cpu,freezer:/docker/x\n1:name=systemd:/\n0::/user.slice\n";
        assert_eq!(freezer_group(table), Some("/docker/x"));
        assert_eq!(freezer_group("0::/freezer:x\n"), None);
    }

    #[test]
    fn every_obstacle_has_a_sentence_that_says_what_to_do() {
        let place = Some("nfs_wait".to_owned());
        let sentences = [
            Obstacle::Refused { owner: "root".to_owned() },
            Obstacle::Frozen { group: "/x".to_owned(), file: "/f/x/freezer.state".to_owned() },
            Obstacle::Traced { debugger: 51, command: "gdb api".to_owned() },
            Obstacle::InKernel { place, kill_pending: true },
            Obstacle::InKernel { place: None, kill_pending: false },
        ]
        .map(|obstacle| obstacle.sentence(42));
        let expected = [
            "permission denied: it belongs to root and has more rights than procdash; run `sudo kill -9 42`",
            "frozen by cgroup /x, SIGKILL waits; thaw it with `echo THAWED > /f/x/freezer.state`, then it ends",
            "held by debugger 51 (gdb api); end the debugger, or let it detach",
            "uninterruptible: it waits inside the kernel (in nfs_wait); SIGKILL is pending and ends it when the kernel \
             returns",
            "uninterruptible: it waits inside the kernel; it can be killed when the kernel returns",
        ];
        assert_eq!(sentences, expected);
    }

    #[test]
    fn a_debugger_is_named_with_its_command() {
        let mut debugger = std::process::Command::new("sh");
        let script = "command -v gdb >/dev/null || { echo none; exit; }; sleep 61.5 & \
                      exec gdb -q -batch -p $! -ex 'shell echo attached' -ex 'shell read line' </dev/stdin";
        let mut debugger = debugger
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(debugger.stdout.take().unwrap()));
        let said = lines.map_while(Result::ok).find(|line| line == "attached" || line == "none");
        if said.as_deref() != Some("attached") {
            eprintln!("skipped: gdb is not here, or may not attach");
            debugger.wait().unwrap();
            return;
        }
        let held = crate::engine::walk(debugger.id()).into_iter().find(|stat| stat.state == ProcessState::Traced);
        let held = held.expect("gdb stops whom it attaches to");
        let reason = reason(&held);
        assert!(reason.starts_with(&format!("held by debugger {} (gdb", debugger.id())), "{reason}");
        assert_eq!(crate::engine::send(held.id, crate::signal::Signal::SIGKILL), crate::process::Delivery::Sent);
        drop(debugger.stdin.take());
        debugger.kill().unwrap();
        debugger.wait().unwrap();
    }

    #[test]
    fn what_the_old_freezer_holds_is_named_with_the_file_that_thaws_it() {
        let folder = format!("/sys/fs/cgroup/freezer/it-{}", std::process::id());
        if fs::create_dir(&folder).is_err() {
            eprintln!("skipped: the old freezer cannot be used here");
            return;
        }
        let mut child = std::process::Command::new("sleep").arg("31.7").spawn().unwrap();
        let write = |file: &str, text: &str| fs::write(format!("{folder}/{file}"), text).unwrap();
        write("cgroup.procs", &child.id().to_string());
        write("freezer.state", "FROZEN");
        let id = identify(child.id()).unwrap();
        let verdict = look(&[id]);
        write("freezer.state", "THAWED");
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir(&folder).unwrap();
        let Verdict::Survivors(survivors) = verdict else { panic!("{verdict:?}") };
        let reason = &survivors[0].reason;
        assert!(reason.contains(&format!("THAWED > {folder}/freezer.state")), "{reason}");
    }
}
