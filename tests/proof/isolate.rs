//! A pid namespace with a task limit for every run: nothing leaves it, and a storm fills nothing but it.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};

use crate::sys;

/// The highest number of a process in a run, hence the most tasks that it can have.
const TASKS: &str = "3000";

/// How much memory, in bytes, and processor time, in seconds, a process of a run may take.
const MEMORY: u64 = 4 << 30;
const SECONDS: u64 = 60;

/// How long the last dying process may take to be collected.
const DYING: Duration = Duration::from_millis(300);

/// How far a run can be kept to itself here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// A pid namespace in which the tasks are limited.
    Full,
    /// A pid namespace; this kernel limits its tasks with everybody's.
    Namespace,
    /// None: everything that carries the token is killed at the end.
    None,
}

impl Isolation {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Namespace => "namespace",
            Self::None => "none",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        [Self::Full, Self::Namespace].into_iter().find(|known| known.word() == word).unwrap_or(Self::None)
    }
}

/// Finds out how far a run can be kept to itself; must be called in a process of its own.
pub(crate) fn probe() {
    let possible = within(Isolation::Full, |limited| {
        println!("{}", if limited { Isolation::Full } else { Isolation::Namespace }.word());
    });
    if possible.is_err() {
        println!("{}", Isolation::None.word());
    }
}

/// Runs `what`, told whether its tasks are limited, in a child that is alone with whatever it starts; returns whether
/// the kernel says that nothing was left at its end.
///
/// Must be called while there is one thread. An error means that it was not permitted, and that nothing was run.
pub(crate) fn within(isolation: Isolation, what: impl FnOnce(bool)) -> std::io::Result<bool> {
    if isolation == Isolation::None {
        what(false);
        return Ok(true);
    }
    enter()?;
    let init = sys::fork();
    if init == 0 {
        be_init(what);
    }
    let status = sys::wait_for(init, 0)?;
    match libc::WEXITSTATUS(status) {
        NOT_PERMITTED => Err(std::io::ErrorKind::PermissionDenied.into()),
        code => Ok(libc::WIFEXITED(status) && code == 0),
    }
}

/// What the first process of a namespace ends with when it may not mount the process table.
const NOT_PERMITTED: i32 = 77;

fn enter() -> std::io::Result<()> {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let kinds = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    if user.is_root() {
        return sys::unshare(kinds);
    }
    sys::unshare(kinds | libc::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    // the same numbers inside: a program that is executed there has no more rights than outside
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

fn be_init(what: impl FnOnce(bool)) -> ! {
    sys::die_with_parent(libc::SIGKILL);
    let mounted = sys::mount("none", "/", libc::MS_REC | libc::MS_PRIVATE)
        .and_then(|()| sys::mount("proc", "/proc", libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC));
    if mounted.is_err() {
        sys::exit_now(NOT_PERMITTED);
    }
    let limited = fs::write("/proc/sys/kernel/pid_max", TASKS).is_ok();
    for (resource, most) in [(Resource::RLIMIT_AS, MEMORY), (Resource::RLIMIT_CPU, SECONDS)] {
        let _was_lower = setrlimit(resource, most, most);
    }
    let driver = sys::fork();
    if driver == 0 {
        what(limited);
        let _reader_is_gone = std::io::stdout().flush();
        sys::exit_now(0);
    }
    while !matches!(sys::wait_any(libc::__WALL), Ok(pid) if pid == driver) {}
    sys::exit_now(i32::from(!nothing_left()))
}

/// Returns whether the kernel knows no other process in this namespace: all orphans are children of its first.
fn nothing_left() -> bool {
    let began = Instant::now();
    loop {
        match sys::wait_any(libc::WNOHANG | libc::__WALL) {
            Ok(0) if began.elapsed() > DYING => return false,
            Ok(0) => std::thread::sleep(Duration::from_millis(2)),
            Ok(_) => {}
            Err(_no_child) => return true,
        }
    }
}
