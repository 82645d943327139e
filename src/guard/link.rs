//! The dashboard's side of its warden: learns of its death, and what it has passed on.

use std::io::{self, PipeReader, Read};
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{self, SigSet};
use nix::unistd::{Pid, getppid};

use super::settings::{Settings, is_in_foreground};
use super::shared::Shared;
use crate::engine::kill;
use crate::signal::Signal;

/// How long a terminal that does not answer may hold up the end.
const PATIENCE: Duration = Duration::from_millis(150);

/// The memory that this dashboard shares with its warden; nobody's in a program that has none.
static SHARED: OnceLock<&'static Shared> = OnceLock::new();

/// What a dashboard has of its warden.
#[derive(Debug)]
pub struct Link {
    /// Closed by the kernel when the warden ends; nothing is ever written to it.
    lifeline: PipeReader,
}

impl Link {
    /// Makes this process, just split from `warden`, its dashboard.
    pub(super) fn new(shared: &'static Shared, lifeline: PipeReader) -> io::Result<Self> {
        // a dashboard that is paused could not see the end of its lifeline
        set_pdeathsig(signal::Signal::SIGCONT)?;
        // one process has one warden
        let _the_first = SHARED.set(shared);
        Ok(Self { lifeline })
    }

    /// Ends this process as soon as the warden is dead, after `leave` has given the screen back for good; the guards end the rest.
    ///
    /// `leave` returns whether the screen was taken.
    ///
    /// A thread of its own that waits for the end of a pipe: that cannot be missed, however early the warden dies, takes
    /// no processor time, and does not depend on a run time that may be busy or broken. A signal at the parent's death
    /// alone would need a handler, which may not do what giving a terminal back takes.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn watch(mut self, leave: impl FnOnce() -> bool + Send + 'static) -> io::Result<()> {
        let wait = move || {
            // a shell that has its job back puts this process into the background, where to set a terminal up means to stop
            let mut quiet = SigSet::empty();
            quiet.add(signal::Signal::SIGTTOU);
            let _stops_at_worst = quiet.thread_block();
            // nothing comes but the end; a signal that interrupts is none
            while self.lifeline.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
            // one message, from one thread: it is never full
            let (done, is_done) = sync_channel(1);
            let give_back = move || {
                if leave() {
                    give_settings_back();
                }
                let _too_late = done.send(());
            };
            if thread::Builder::new().spawn(give_back).is_ok() {
                let _in_time_or_not = is_done.recv_timeout(PATIENCE);
            }
            kill::end_self();
        };
        thread::Builder::new().name("procdash-warden".to_owned()).spawn(wait).map(drop)
    }

    /// Notes whether the terminal is in the dashboard's modes, for a warden that has to give it back.
    ///
    /// To be called before the first change. In the background it returns only when the shell has given the terminal to
    /// this process: until then its settings are the shell's own, and not those to give back.
    pub fn mark_screen(taken: bool) {
        let Some(shared) = SHARED.get() else { return };
        if taken {
            wait_for_foreground();
            if let Some(settings) = Settings::read() {
                shared.keep_settings(settings.to_words());
            }
        }
        shared.mark_screen(taken);
    }
}

/// Stops, as the kernel stops who writes to a terminal in the background, until the shell brings this process to the front.
fn wait_for_foreground() {
    // not for ever: without a shell nobody is stopped by this, nor brought to the front
    for _ in 0..16 {
        if is_in_foreground() || Settings::read().is_none() {
            return;
        }
        kill::stop_in_background();
    }
}

fn give_settings_back() {
    if let Some(settings) = SHARED.get().and_then(|shared| Settings::from_words(shared.kept_settings())) {
        settings.give_back();
    }
}

/// Returns how often the warden has passed a signal on.
#[must_use]
pub fn times_forwarded(signal: Signal) -> u32 {
    SHARED.get().map_or(0, |shared| shared.times_forwarded(signal))
}

/// Stops the dashboard, as Ctrl-Z does, and with it the warden; returns once it is continued.
///
/// # Errors
/// What the kernel refused, or that nobody is there who could continue it.
pub fn pause() -> io::Result<()> {
    let warden = getppid();
    // To go on without a warden would be to take a terminal that is somebody else's by now.
    set_pdeathsig(signal::Signal::SIGKILL)?;
    mark_pause(true);
    let paused = if getppid() == warden { kill::pause(number(warden)) } else { Ok(()) };
    mark_pause(false);
    set_pdeathsig(signal::Signal::SIGCONT)?;
    paused
}

fn mark_pause(pauses: bool) {
    if let Some(shared) = SHARED.get() {
        shared.mark_pause(pauses);
    }
}

fn number(pid: Pid) -> u32 {
    pid.as_raw().unsigned_abs()
}
