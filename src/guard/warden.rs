//! The warden: the dashboard's parent, which outlives it, gives the terminal back and sees that nothing survives.
//!
//! It is what a shell waits for. It has no run time and no screen, sleeps as long as the dashboard lives, and is in the
//! dashboard's process group, so that what the terminal sends reaches both, and job control works as for one process.

use std::ffi::CStr;
use std::io::{self, PipeWriter};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{self, SigSet};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::process::WaitStatus;

use super::aftermath::{Aftermath, Bystanders, Turn, collect_one};
use super::link::Link;
use super::raw;
use super::settings::{Settings, write_in_time};
use super::shared::Shared;
use crate::engine::identity::{Stat, read_whole};
use crate::engine::{identify, kill};
use crate::process::{Exit, ProcessId, ProcessState, Survivor};
use crate::signal::Signal;

/// What a warden is called by `ps`, beside the command line that it shares with its dashboard.
const NAME: &CStr = c"pd-warden";

/// Returns the process whose end is that of the whole program: the warden of a dashboard, or else the process itself.
#[must_use]
pub fn whole(dashboard: u32) -> u32 {
    let parent = Stat::read(dashboard).ok().flatten().map(|stat| stat.parent);
    let is_warden = |parent: &u32| {
        read_whole(&format!("/proc/{parent}/comm")).is_ok_and(|name| name.trim_ascii_end() == NAME.to_bytes())
    };
    parent.filter(is_warden).unwrap_or(dashboard)
}

/// Who this process is after the parting.
#[derive(Debug)]
pub enum Side {
    /// The dashboard, which has everything still before it.
    Dashboard(Link),
    /// The warden, which has everything behind it.
    Warden(End),
}

/// How a dashboard has ended.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// Its exit.
    pub exit: Exit,
    /// Who could not be killed after a violent death.
    pub left: Vec<Survivor>,
}

/// Parts this process in two: the child returns at once and becomes the dashboard, this one is its warden, and returns
/// when the dashboard has ended.
///
/// `give_back` is written to the terminal if the dashboard dies while the screen is its own. Must be called before there
/// is a second thread or a run time.
///
/// # Errors
///
/// What the kernel refused; then there is one process as before.
pub fn part(give_back: &[u8]) -> io::Result<Side> {
    let own = Stat::read(std::process::id())?.ok_or_else(|| io::Error::other("/proc cannot be read; mount it"))?;
    if own.threads != 1 {
        return Err(io::Error::other("this process has several threads already"));
    }
    let shared = raw::share()?;
    let bystanders = Bystanders::look();
    let (lifeline, our_end) = io::pipe()?;
    raw::expect_children();
    nix::sys::prctl::set_child_subreaper(true)?;
    let held_back = held_back();
    let before = held_back.thread_swap_mask(signal::SigmaskHow::SIG_BLOCK)?;
    let parted = SignalFd::with_flags(&held_back, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
        .map_err(io::Error::from)
        .and_then(|signals| Ok((signals, raw::split()?)));
    match parted {
        Ok((signals, 0)) => {
            drop((signals, our_end));
            let link = Link::new(shared, lifeline);
            before.thread_set_mask()?;
            Ok(Side::Dashboard(link?))
        }
        Ok((signals, pid)) => {
            drop(lifeline);
            // not collected yet: there is a process of this number, and it is the dashboard
            let dashboard = identify(pid).unwrap_or(ProcessId { pid, start: 0 });
            let warden = Warden { dashboard, signals, shared, bystanders, _lifeline: our_end };
            Ok(Side::Warden(warden.watch(give_back)))
        }
        Err(error) => {
            before.thread_set_mask()?;
            Err(error)
        }
    }
}

/// Everything that has a name but cannot or must not be caught: the rest stays deadly, and the dashboard notices.
fn held_back() -> SigSet {
    let known = Signal::ALL.iter().filter_map(|signal| signal::Signal::try_from(signal.number()).ok());
    known.filter(|signal| !matches!(signal, signal::Signal::SIGKILL | signal::Signal::SIGSTOP)).collect()
}

/// The parent of a dashboard.
#[derive(Debug)]
struct Warden {
    dashboard: ProcessId,
    signals: SignalFd,
    shared: &'static Shared,
    bystanders: Bystanders,
    /// The dashboard waits for its end, which is that of this process.
    _lifeline: PipeWriter,
}

impl Warden {
    fn watch(mut self, give_back: &[u8]) -> End {
        // cosmetic: its command line is the dashboard's
        let _keeps_its_name = nix::sys::prctl::set_name(NAME);
        let exit = loop {
            self.wait(None);
            self.pass_signals_on();
            if let Some(exit) = self.collect() {
                break exit;
            }
        };
        let died = Instant::now();
        if self.shared.screen_is_taken() {
            write_in_time(give_back);
            if let Some(settings) = Settings::from_words(self.shared.kept_settings()) {
                settings.give_back();
            }
        }
        let left = if matches!(exit, Exit::Signal { .. }) { self.end_all(died) } else { Vec::new() };
        End { exit, left }
    }

    /// Waits for a signal, a child's death included.
    fn wait(&self, timeout: Option<Duration>) {
        let timeout = timeout.map_or(PollTimeout::NONE, |time| {
            // rounded up: a timeout of 0 before a deadline would spin
            PollTimeout::try_from(time.as_micros().div_ceil(1000)).unwrap_or(PollTimeout::MAX)
        });
        // an interrupted wait has seen nothing, and everything is looked at after it anyway
        let _nothing_seen = poll(&mut [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)], timeout);
    }

    fn pass_signals_on(&mut self) {
        while let Ok(Some(info)) = self.signals.read_signal() {
            let Some(signal) = i32::try_from(info.ssi_signo).ok().and_then(Signal::from_number) else { continue };
            if !concerns_dashboard(signal, info.ssi_code) || info.ssi_pid == self.dashboard.pid {
                continue;
            }
            self.shared.count_forwarded(signal);
            // it has ended: that is learned next
            let _learned_next = kill::send_to_child(self.dashboard.pid, signal);
        }
    }

    /// Collects the dead, and stops when the dashboard has; returns how the dashboard has ended, if it has.
    fn collect(&mut self) -> Option<Exit> {
        loop {
            match collect_one() {
                Ok(Some((pid, status))) if pid == self.dashboard.pid && status.stopped() => self.stop_too(status),
                Ok(Some((pid, status))) if pid == self.dashboard.pid => return Some(exit_of(status)),
                // orphans come to this process where it is the first of a container
                Ok(Some(_orphan)) => {}
                Ok(None) => return None,
                Err(rustix::io::Errno::INTR) => {}
                // collected by nobody else; how it ended cannot be known then
                Err(_no_child) => return Some(Exit::Code(1)),
            }
        }
    }

    /// Stops as the dashboard did, so that a shell gets its terminal back; whoever continues this process, continues it.
    ///
    /// Not where somebody has paused the dashboard alone: they need not know this process, which then has to notice what
    /// becomes of the dashboard.
    fn stop_too(&self, status: WaitStatus) {
        let by_terminal = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].map(|signal| Some(signal.number()));
        let is_job = self.shared.pauses() || by_terminal.contains(&status.stopping_signal());
        // it may have been continued meanwhile
        let is_stopped = |stat: Stat| stat.state == ProcessState::Stopped;
        if is_job && Stat::read(self.dashboard.pid).ok().flatten().is_some_and(is_stopped) {
            // refused where nobody could continue it, which the kernel would not stop either
            let _goes_on = kill::pause(std::process::id());
        }
    }

    /// Waits until nothing is left of what the dashboard has started; returns who cannot be killed.
    fn end_all(self, died: Instant) -> Vec<Survivor> {
        let mut aftermath = Aftermath::begin(self.dashboard, self.bystanders.clone(), died);
        loop {
            match aftermath.turn(Instant::now()) {
                Turn::Gone => return Vec::new(),
                Turn::Left(survivors) => return survivors,
                Turn::Wait(time) => self.wait(Some(time)),
            }
            // what is asked for now is under way already
            while let Ok(Some(_signal)) = self.signals.read_signal() {}
        }
    }
}

/// Whether a signal that has reached the warden is to be passed on.
///
/// What a terminal sends, the kernel sends to the whole group: the dashboard has it. Two exceptions: the hang-up reaches
/// only the leader of the session, and to continue the warden is to continue the dashboard.
fn concerns_dashboard(signal: Signal, code: i32) -> bool {
    let is_from_kernel = code > 0;
    let always = signal == Signal::SIGHUP || signal == Signal::SIGCONT;
    signal != Signal::SIGCHLD && (always || !is_from_kernel)
}

fn exit_of(status: WaitStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(number)) => Exit::Signal { number, core_dumped: status.as_raw() & 0x80 != 0 },
        (None, None) => Exit::Code(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc::{SI_KERNEL, SI_QUEUE, SI_TKILL, SI_USER};

    #[test]
    fn what_a_terminal_sends_to_the_group_is_not_passed_on_and_what_a_process_sends_is() {
        for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGTTOU, Signal::SIGWINCH] {
            assert!(!concerns_dashboard(signal, SI_KERNEL), "{signal}");
            for code in [SI_USER, SI_QUEUE, SI_TKILL] {
                assert!(concerns_dashboard(signal, code), "{signal} {code}");
            }
        }
    }

    #[test]
    fn a_hang_up_and_a_continuation_are_passed_on_whoever_sends_them_and_a_death_never_is() {
        for code in [SI_KERNEL, SI_USER] {
            assert!(concerns_dashboard(Signal::SIGHUP, code));
            assert!(concerns_dashboard(Signal::SIGCONT, code));
            assert!(!concerns_dashboard(Signal::SIGCHLD, code));
        }
    }
}
