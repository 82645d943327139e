//! The dashboard's children: its guards, and whoever comes to it because a parent has died.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus, waitid};

use crate::engine::identity::{Stat, children};
use crate::engine::kill;
use crate::process::{Exit, ProcessId};
use crate::signal::Signal;

/// The table of the dashboard's children.
///
/// The lock is held while a guard is started, so that nobody meets a child that is not in the table yet.
#[derive(Debug, Default)]
pub(super) struct Children {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Guards that are not collected yet.
    guards: HashMap<u32, Held>,
    /// Orphans that were here while all guards lived: they come from an editor or a browser, and are nobody's to kill.
    bystanders: HashSet<ProcessId>,
    /// How many guards have ended without their last word.
    lost: u64,
    /// How many of them had, when a sweep last found nothing: as long as there are more, orphans are nobody's bystanders.
    swept: u64,
    /// How many orphans were collected that SIGKILL had ended, since a sweep last asked.
    killed: u64,
}

/// Who waits for a guard's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// Its handle.
    ByHandle,
    /// Nobody but this table.
    ByNobody,
    /// Nobody any more: its end is known and counted, but a debugger of it keeps it in the table of processes.
    Lingering,
}

impl Children {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a guard by `spawn` and returns who it is, with a descriptor that means it.
    pub(super) fn add(&self, spawn: impl FnOnce() -> io::Result<u32>) -> io::Result<(ProcessId, OwnedFd)> {
        let mut table = self.lock();
        let pid = spawn()?;
        // an unreaped child keeps its number: all of these mean the guard
        let held = kill::hold(pid).and_then(|held| held.ok_or_else(|| io::ErrorKind::NotFound.into()));
        let stat = Stat::read(pid).and_then(|stat| stat.ok_or_else(|| io::ErrorKind::NotFound.into()));
        match (held, stat) {
            (Ok(held), Ok(stat)) => {
                table.guards.insert(pid, Held::ByHandle);
                Ok((stat.id, held))
            }
            (Err(error), _) | (_, Err(error)) => {
                // out of descriptors: nothing was told to it yet, so it has started nothing
                table.guards.insert(pid, Held::ByNobody);
                let _already_ended = kill::send_to_child(pid, Signal::SIGKILL);
                Err(error)
            }
        }
    }

    /// Collects a guard that has ended; `None` if it has not.
    pub(super) fn collect(&self, pid: u32, held: &OwnedFd) -> Option<Exit> {
        let mut table = self.lock();
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let exit = match waitid(WaitId::PidFd(held.as_fd()), options) {
            Ok(None) if !has_ended(held) => return None,
            Ok(None) => {
                // Only its debugger may collect it now, and that may be what the guard was to end. Its children have
                // come to the dashboard all the same.
                let exit = Exit::Code(-1);
                table.forget_guard(pid, exit);
                table.guards.insert(pid, Held::Lingering);
                return Some(exit);
            }
            Ok(Some(status)) => exit_of(&status),
            // collected by a stranger; how it ended is not known any more
            Err(_no_such_child) => Exit::Code(-1),
        };
        table.forget_guard(pid, exit);
        Some(exit)
    }

    /// Takes over from a handle that is dropped.
    pub(super) fn abandon(&self, pid: u32) {
        let mut table = self.lock();
        if let Some(held @ Held::ByHandle) = table.guards.get_mut(&pid) {
            *held = Held::ByNobody;
            table.collect_abandoned();
        }
    }

    /// Does what a changed child asks for: continues paused guards, collects who has ended and is waited for by nobody.
    pub(super) fn tend(&self) {
        let mut table = self.lock();
        for &pid in table.guards.keys() {
            let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
            if let Ok(Some(_paused)) = waitid_number(pid, options) {
                let _already_ended = kill::send_to_child(pid, Signal::SIGCONT);
            }
        }
        table.collect_abandoned();
        let strangers = table.strangers();
        let (dead, alive): (Vec<Stat>, Vec<Stat>) = strangers.into_iter().partition(|stat| !stat.is_alive());
        for stat in dead {
            table.collect_orphan(stat.id.pid);
        }
        // The list was read first: if all guards live now, none of them has left orphans in it.
        if table.lost == table.swept && table.guards.keys().all(|&pid| lives(pid)) {
            table.bystanders = alive.into_iter().map(|stat| stat.id).collect();
        }
    }

    /// Does one round with the orphans of dead guards: `strike` gets those that live, and those that have ended are
    /// collected.
    pub(super) fn sweep(&self, strike: impl FnOnce(&[u32])) -> Round {
        let mut table = self.lock();
        table.collect_abandoned();
        let mut orphans = table.orphans();
        let found_nobody = orphans.is_empty();
        let numbers: Vec<u32> = orphans.iter().map(|stat| stat.id.pid).collect();
        strike(&numbers);
        orphans.retain(|stat| !table.collect_orphan(stat.id.pid));
        Round { found_nobody, left: orphans, lost: table.lost, killed: std::mem::take(&mut table.killed) }
    }

    /// Notes that a sweep has found nothing left of the first `lost` guards; of one that was lost later it knows nothing.
    pub(super) fn swept(&self, lost: u64) {
        self.lock().swept = lost;
    }
}

/// What one round of a sweep has met.
#[derive(Debug)]
pub(super) struct Round {
    /// Whether there was nobody at all.
    pub(super) found_nobody: bool,
    /// Who was there and has not ended.
    pub(super) left: Vec<Stat>,
    /// How many guards were lost before the round looked.
    pub(super) lost: u64,
    /// How many were collected since the round before that SIGKILL had ended.
    pub(super) killed: u64,
}

impl Table {
    fn forget_guard(&mut self, pid: u32, exit: Exit) {
        self.guards.remove(&pid);
        // a guard returns 0 only after the kernel has told it that nothing is left
        self.lost += u64::from(exit != Exit::Code(0));
    }

    /// Collects an orphan if it has ended, and returns whether it had.
    fn collect_orphan(&mut self, pid: u32) -> bool {
        // threads that clone made without SIGCHLD are children too
        let all = WaitIdOptions::from_bits_retain(nix::libc::__WALL as u32);
        match waitid_number(pid, WaitIdOptions::EXITED | WaitIdOptions::NOHANG | all) {
            Ok(None) => false,
            Ok(Some(status)) => {
                self.killed += u64::from(status.terminating_signal() == Some(Signal::SIGKILL.number()));
                true
            }
            Err(_no_such_child) => true,
        }
    }

    fn collect_abandoned(&mut self) {
        let abandoned: Vec<(u32, Held)> =
            self.guards.iter().filter(|(_, held)| **held != Held::ByHandle).map(|(&pid, &held)| (pid, held)).collect();
        for (pid, held) in abandoned {
            match waitid_number(pid, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) if held == Held::Lingering => drop(self.guards.remove(&pid)),
                Ok(Some(status)) => self.forget_guard(pid, exit_of(&status)),
                Err(_no_such_child) => self.forget_guard(pid, Exit::Code(-1)),
            }
        }
    }

    /// Returns the children that are neither guards nor in the dashboard's own session.
    ///
    /// Whoever is in its own session was started by the dashboard for itself, and is waited for where it was started;
    /// guards and everything below them have sessions of their own.
    fn strangers(&self) -> Vec<Stat> {
        let own = std::process::id();
        let Ok(Some(me)) = Stat::read(own) else { return Vec::new() };
        children(own)
            .into_iter()
            .filter(|pid| !self.guards.contains_key(pid))
            .filter_map(|pid| Stat::read(pid).ok()?)
            .filter(|stat| stat.session != me.session && stat.parent == own)
            .collect()
    }

    fn orphans(&self) -> Vec<Stat> {
        let mut found = self.strangers();
        found.retain(|stat| !self.bystanders.contains(&stat.id));
        found
    }
}

fn waitid_number(pid: u32, options: WaitIdOptions) -> rustix::io::Result<Option<WaitIdStatus>> {
    let pid = kill::number(pid).ok_or(rustix::io::Errno::CHILD)?;
    waitid(WaitId::Pid(pid), options)
}

/// Returns whether the process of this descriptor has ended, collected or not.
fn has_ended(held: &OwnedFd) -> bool {
    let mut ended = [PollFd::new(held.as_fd(), PollFlags::POLLIN)];
    matches!(poll(&mut ended, PollTimeout::ZERO), Ok(1..))
}

fn lives(pid: u32) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid_number(pid, options), Ok(None))
}

fn exit_of(status: &WaitIdStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(number)) => Exit::Signal { number, core_dumped: status.dumped() },
        (None, None) => Exit::Code(-1),
    }
}
