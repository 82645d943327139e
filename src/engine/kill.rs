//! The one place that signals: always to a process or group that is held or known, never to a bare number.
#![expect(clippy::disallowed_methods, reason = "this is the one place that signals")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, getpid, getsid, kill_process, kill_process_group, pidfd_open, pidfd_send_signal, test_kill_process,
};

use super::identity::Stat;
use crate::process::{Delivery, ProcessId};
use crate::signal::Signal;

/// Sends `signal` to exactly the process `id`: if its number belongs to another one by now, nobody is signalled.
#[must_use]
pub fn send(id: ProcessId, signal: Signal) -> Delivery {
    let held = match hold(id.pid) {
        Ok(Some(held)) => held,
        Ok(None) => return Delivery::AlreadyGone,
        Err(error) => return refused(id, signal, &error),
    };
    // The descriptor was opened first: if the number belongs to `id` now, it did so when it was opened, for `id` is older
    // than this call. From here on the descriptor means this process and no other.
    match Stat::read(id.pid) {
        Ok(Some(stat)) if stat.id == id && stat.is_alive() => {}
        Ok(_gone_or_another) => return Delivery::AlreadyGone,
        Err(error) => return refused(id, signal, &error),
    }
    match send_held(&held, signal) {
        Ok(()) => Delivery::Sent,
        Err(error) if is_gone(&error) => Delivery::AlreadyGone,
        Err(error) => refused(id, signal, &error),
    }
}

/// Opens a descriptor that means the present owner of `pid` for as long as it is held; `None` when there is none.
pub(crate) fn hold(pid: u32) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = number(pid) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(held) => Ok(Some(held)),
        Err(Errno::SRCH) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sends to the process that a descriptor means; `ESRCH` once it was reaped.
pub(crate) fn send_held(held: impl AsFd, signal: Signal) -> io::Result<()> {
    Ok(pidfd_send_signal(held, raw(signal)?)?)
}

/// Sends to a child by its number.
///
/// The caller must be the only one who reaps, and must not have reaped it: then the number can belong to nobody else.
pub(crate) fn send_to_child(pid: u32, signal: Signal) -> io::Result<()> {
    Ok(kill_process(number(pid).ok_or(Errno::SRCH)?, raw(signal)?)?)
}

/// Sends to the process group of a leader by its number.
///
/// The leader must be an unreaped child of the caller: then the number can belong to no other group.
pub(crate) fn send_to_group_of_child(leader: u32, signal: Signal) -> io::Result<()> {
    Ok(kill_process_group(number(leader).ok_or(Errno::SRCH)?, raw(signal)?)?)
}

/// Whether the kernel would let us signal the present owner of this number; yes as well where there is none.
///
/// Only for what is told to a person: nothing is sent.
pub(crate) fn may_signal(pid: u32) -> bool {
    number(pid).is_none_or(|pid| test_kill_process(pid) != Err(Errno::PERM))
}

/// Whether the kernel said that there is no such process any more.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// Converts a process number; `None` for 0, which means "my own group" to the kernel, and for what is no number there.
pub(crate) fn number(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

fn raw(signal: Signal) -> Result<rustix::process::Signal, Errno> {
    rustix::process::Signal::from_named_raw(signal.number()).ok_or(Errno::INVAL)
}

fn refused(id: ProcessId, signal: Signal, error: &io::Error) -> Delivery {
    Delivery::Refused(format!("{signal} to process {}: {error}", id.pid))
}

/// Stops this process itself, as Ctrl-Z does; returns once it is continued. `job` is the process that a shell would wait
/// for: this one or its parent.
///
/// # Errors
/// What the kernel refused, or that nobody is there who could continue it.
pub(crate) fn pause(job: u32) -> io::Result<()> {
    if !can_be_continued(job)? {
        return Err(io::Error::other("no shell started this program, so nothing could continue it"));
    }
    Ok(kill_process(getpid(), rustix::process::Signal::STOP)?)
}

/// Stops this process, unless its group is orphaned, as the kernel does when it touches its terminal in the background.
pub(crate) fn stop_in_background() {
    // to signal oneself is always permitted
    let _goes_on_later = kill_process(getpid(), rustix::process::Signal::TTOU);
}

/// Whether somebody waits for `job` who could continue it: as in setpgid(2), a group whose parents are all in other
/// sessions is orphaned, and the kernel would not stop it for Ctrl-Z either.
fn can_be_continued(job: u32) -> io::Result<bool> {
    let parent = Stat::read(job)?.and_then(|stat| number(stat.parent)).ok_or(Errno::SRCH)?;
    Ok(getsid(Some(parent))? == getsid(None)?)
}

/// Ends this process at this moment, whatever its threads are doing.
pub(crate) fn end_self() {
    // to signal oneself is always permitted
    let _does_not_return = kill_process(getpid(), rustix::process::Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::identify;

    #[test]
    fn a_signal_reaches_the_process_that_is_meant() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let id = identify(child.id()).unwrap();
        assert_eq!(send(id, Signal::SIGTERM), Delivery::Sent);
        assert!(!child.wait().unwrap().success());
        assert_eq!(send(id, Signal::SIGTERM), Delivery::AlreadyGone);
    }

    #[test]
    fn a_number_with_another_start_is_left_alone() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let id = identify(child.id()).unwrap();
        let stranger = ProcessId { start: id.start - 1, ..id };
        assert_eq!(send(stranger, Signal::SIGKILL), Delivery::AlreadyGone);
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_zombie_is_gone_before_its_parent_has_collected_it() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = identify(child.id()).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while Stat::read(id.pid).unwrap().is_some_and(|stat| stat.is_alive()) && std::time::Instant::now() < deadline {}
        assert_eq!(send(id, Signal::SIGTERM), Delivery::AlreadyGone);
        child.wait().unwrap();
    }

    #[test]
    fn one_may_signal_ones_own_child_and_nobody_is_not_refused() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(may_signal(child.id()) && may_signal(0) && may_signal(u32::MAX));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn number_zero_means_nobody() {
        assert_eq!(send(ProcessId { pid: 0, start: 0 }, Signal::SIGCONT), Delivery::AlreadyGone);
    }
}
