//! Words about processes: who one is, how one ended, what became of a signal, whether a tree is gone.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::signal::Signal;

/// Who a process is: its number together with the moment it began.
///
/// A number alone is no identity: the kernel gives it to another process once its owner was reaped. The pair is
/// unique for as long as the machine is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// The number, as in `ps`.
    pub pid: u32,
    /// When it began, in clock ticks since the machine started (`proc_pid_stat(5)`, field 22).
    pub start: u64,
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.pid, self.start)
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It returned this code, 0 to 255.
    Code(i32),
    /// A signal ended it; the number as the kernel gave it.
    Signal {
        /// The number of the signal.
        number: i32,
        /// Whether the kernel wrote a core dump.
        core_dumped: bool,
    },
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal { number, core_dumped } => {
                match Signal::from_number(number) {
                    Some(signal) => write!(f, "killed by {signal}")?,
                    None => write!(f, "killed by signal {number}")?,
                }
                f.write_str(if core_dumped { " (core dumped)" } else { "" })
            }
        }
    }
}

/// What a process is doing, as the kernel says (`proc_pid_stat(5)`, field 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessState {
    /// On a processor, or waiting for one.
    Running,
    /// Waiting for something, and can be woken by a signal.
    Sleeping,
    /// Waiting inside the kernel, where no signal reaches it.
    Uninterruptible,
    /// Paused by a signal.
    Stopped,
    /// Held by a debugger.
    Traced,
    /// Dead, but not yet collected by its parent.
    Zombie,
    /// Anything else the kernel may say.
    Other,
}

impl ProcessState {
    /// Returns the word shown to a person.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::Uninterruptible => "disk wait",
            Self::Stopped => "paused",
            Self::Traced => "traced",
            Self::Zombie => "zombie",
            Self::Other => "unknown",
        }
    }
}

/// One process of a service's tree at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who it is.
    pub id: ProcessId,
    /// Its parent's number at that moment.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// How deep below the guard it is: 0 for the guard's own children.
    pub depth: u16,
    /// Its command line with arguments, or its short name in brackets when it has none.
    pub command: String,
    /// What it is doing.
    pub state: ProcessState,
    /// Share of one processor since the look before, in percent.
    pub cpu_percent: f32,
    /// Resident memory in bytes.
    pub memory: u64,
}

/// A TCP port that a process of a service listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who holds it; of several, the first of the tree.
    pub process: ProcessId,
}

/// What became of one signal to one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The kernel took it for exactly the process that was meant.
    Sent,
    /// The process had ended before; nobody was signalled.
    AlreadyGone,
    /// The kernel refused, or the process could not be established; the reason is for a person to read.
    Refused(String),
}

/// A process that should be gone and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// Who it is.
    pub id: ProcessId,
    /// Its command line.
    pub command: String,
    /// What it is doing.
    pub state: ProcessState,
    /// Why it could not be ended, and what a person can do.
    pub reason: String,
}

/// What a look at the process table said about a tree that was to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every process that was known is gone, and no other is left.
    Gone,
    /// These are left.
    Survivors(Vec<Survivor>),
    /// The table could not be read; nothing may be claimed.
    Unknown(String),
}

/// Says how long a run or a process has lasted: `02:13`, `1h 04m`, `2d 03h`.
#[must_use]
pub fn lasted(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if hours == 0 {
        format!("{minutes:02}:{:02}", seconds % 60)
    } else if days == 0 {
        format!("{hours}h {:02}m", minutes % 60)
    } else {
        format!("{days}d {:02}h", hours % 24)
    }
}

/// Says a short time: `14 ms`, `2.5 s`, then as [`lasted`].
#[must_use]
pub fn brief(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        "under 1 ms".to_owned()
    } else if time < Duration::from_millis(995) {
        // what is rounded to a second is told as one
        format!("{} ms", time.as_millis())
    } else if time < Duration::from_mins(1) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        lasted(time)
    }
}

/// Returns the whole seconds that are still to come, counted up so that it ends with 1 and not with 0.
#[must_use]
pub fn seconds_left(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_a_person_would() {
        let times = [0, 133, 3599, 3600, 3840, 86_399, 90_000, 864_000].map(Duration::from_secs).map(lasted);
        assert_eq!(times, ["00:00", "02:13", "59:59", "1h 00m", "1h 04m", "23h 59m", "1d 01h", "10d 00h"]);
        let short = [0, 14, 994, 998, 2500, 61_000].map(Duration::from_millis).map(brief);
        assert_eq!(short, ["under 1 ms", "14 ms", "994 ms", "1.0 s", "2.5 s", "01:01"]);
        assert_eq!([0, 1, 1000, 1001].map(Duration::from_millis).map(seconds_left), [0, 1, 1, 2]);
    }
}
