//! Every way in which a service or procdash itself can come to its end, and what has to be gone then.

use std::time::{Duration, Instant};

use nix::libc;

use crate::oracle::Process;
use crate::run::{LATE, Outcome, Tool, Verdict};
use crate::stage::{Look, Stage};
use crate::sys;

/// The promise: everything is gone so soon after a violent death.
const AFTER_DEATH: Duration = Duration::from_secs(1);

/// How long it is watched beyond that, to tell late from never.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// What says that an ending is over, and nothing may be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// The word on the screen.
    Word,
    /// The end of the program.
    End,
    /// A second after that.
    EndThenSecond,
    /// A second after the death.
    Second,
}

/// Lists the endings once: variant, what says that it is over, name, and what happens.
macro_rules! endings {
    ($($variant:ident $over:ident $name:literal $about:literal;)*) => {
        /// An ending.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Ending {
            $($variant,)*
        }

        impl Ending {
            /// Every ending, in the order of the table.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns its name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what says that it is over.
            const fn over(self) -> Over {
                match self { $(Self::$variant => Over::$over,)* }
            }

            /// Returns what happens.
            pub(crate) const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

endings! {
    Stop Word "stop" "`x`, until the state says that it is over";
    Kill Word "kill" "`X`, until the state says that it is over";
    Restart Word "restart" "`r`; when the new run is up, nothing of the old one may be alive";
    Crash Word "crash" "SIGKILL to the main process, until the state says that it is over; no key";
    Quit End "quit" "`Q`, until the program has ended";
    Hurry End "2nd request" "`Q`, then Ctrl-C, with a grace of ten minutes, until the program has ended";
    Leave EndThenSecond "3rd request" "`Q`, then Ctrl-C twice; a second after the program has ended";
    Term End "SIGTERM" "to what was started, until it has ended";
    HangUp End "SIGHUP" "to what was started, until it has ended";
    Close Second "closed terminal" "the window is gone; a second after";
    KillDashboard Second "-9 dashboard" "SIGKILL to the dashboard; a second after";
    KillGuard Word "-9 guard" "SIGKILL to the guard, until the state says that the run is over";
    KillBoth Second "-9 dashboard, guard" "SIGKILL to both in one breath; a second after";
    Panic End "panic" "inside the dashboard, until the program has ended (debug builds only)";
    KillWarden Second "-9 warden" "SIGKILL to the process above the dashboard, if there is one; a second after";
    KillWardenToo Second "-9 warden, dashboard" "SIGKILL to both in one breath; a second after";
}

impl Ending {
    /// Returns the ending with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ending| ending.name() == name)
    }

    /// Returns why it cannot be tried here.
    pub(crate) const fn skipped(self) -> Option<&'static str> {
        if matches!(self, Self::Panic) && !cfg!(debug_assertions) {
            return Some("a release build does not panic on request");
        }
        None
    }

    /// Whether a service gets its grace: what tidies up for less must have done so.
    pub(crate) const fn is_patient(self) -> bool {
        matches!(self, Self::Stop | Self::Restart | Self::Quit | Self::Term | Self::HangUp)
    }

    /// Whether a program without guards has it too.
    pub(crate) const fn is_general(self) -> bool {
        matches!(
            self,
            Self::Stop
                | Self::Kill
                | Self::Crash
                | Self::Quit
                | Self::Term
                | Self::HangUp
                | Self::Close
                | Self::KillDashboard
        )
    }
}

/// Begins the ending, waits until it is over, and counts.
pub(crate) fn act(stage: &mut Stage, ending: Ending) -> Outcome {
    let began = Instant::now();
    let cast = stage.cast();
    let dashboard = cast.dashboard.unwrap_or(stage.top());
    let kill = |pids: &[Option<i32>]| {
        for pid in pids.iter().flatten() {
            // gone by itself: some cases kill it
            let _already_gone = sys::send(*pid, libc::SIGKILL);
        }
    };
    match ending {
        Ending::Stop => stage.keys("x"),
        Ending::Kill => stage.keys("X"),
        Ending::Restart => return restart(stage, began),
        Ending::Crash => kill(&[stage.main()]),
        Ending::Quit => stage.keys("Q"),
        Ending::Hurry => hurry(stage, 1),
        Ending::Leave => hurry(stage, 2),
        Ending::Term => drop(sys::send(stage.top(), libc::SIGTERM)),
        Ending::HangUp => drop(sys::send(stage.top(), libc::SIGHUP)),
        Ending::Close => stage.hang_up(),
        Ending::KillDashboard => kill(&[Some(dashboard)]),
        Ending::KillGuard => kill(&[cast.guards.first().copied()]),
        Ending::KillBoth => kill(&[Some(dashboard), cast.guards.first().copied()]),
        Ending::Panic => drop(sys::send(dashboard, libc::SIGUSR1)),
        Ending::KillWarden | Ending::KillWardenToo if cast.warden.is_none() => {
            return Outcome::new(Verdict::Skipped, Duration::ZERO, "there is no process above the dashboard");
        }
        Ending::KillWarden => kill(&[cast.warden]),
        Ending::KillWardenToo => kill(&[cast.warden, Some(dashboard)]),
    }
    match ending.over() {
        Over::Word => at_word(stage, began),
        Over::Second => after_death(stage, began),
        Over::End | Over::EndThenSecond if !stage.wait_for_end() => hung(stage, began),
        Over::End => counted(stage, began.elapsed(), ""),
        Over::EndThenSecond => after_death(stage, Instant::now()),
    }
}

fn hurry(stage: &mut Stage, times: usize) {
    stage.keys("Q");
    for _ in 0..times {
        // a screen that shows the end has taken the key before; a program that has ended needs no more
        stage.wait_until_quitting();
        stage.keys("\x03");
    }
}

/// Waits for the word that says it is over, then counts.
fn at_word(stage: &mut Stage, began: Instant) -> Outcome {
    match stage.wait_for_word() {
        Look::Over(word) => counted(stage, began.elapsed(), word),
        Look::Stuck => {
            let left = stage.services();
            Outcome::new(Verdict::Named(left.len()), began.elapsed(), list(&left))
        }
        Look::Never => hung(stage, began),
    }
}

fn restart(stage: &mut Stage, began: Instant) -> Outcome {
    let before = stage.cast().guards;
    stage.forget_ready();
    stage.keys("r");
    if !stage.wait_for_new_run(&before) {
        return hung(stage, began);
    }
    let took = began.elapsed();
    let left = stage.services_of_runs_before(&before);
    if left.is_empty() {
        Outcome::new(Verdict::Gone, took, "")
    } else {
        Outcome::new(Verdict::Left(left.len()), took, list(&left))
    }
}

fn counted(stage: &mut Stage, took: Duration, note: &str) -> Outcome {
    if let Tool::Mprocs(_) = stage.tool() {
        // it does not promise that all is gone when it says so: what a hang-up ends meanwhile is not held against it
        stage.until_empty(Instant::now(), AFTER_DEATH);
    }
    let left = stage.services();
    if left.is_empty() {
        return Outcome::new(Verdict::Gone, took, note);
    }
    Outcome::new(Verdict::Left(left.len()), took, format!("{note} {}", list(&left)))
}

/// Watches until nothing is left; counts after a second.
fn after_death(stage: &mut Stage, died: Instant) -> Outcome {
    let limit = stage.limit_after_death().unwrap_or(AFTER_DEATH);
    let empty = stage.until_empty(died, limit);
    if let Some(took) = empty {
        return Outcome::new(Verdict::Gone, took, "");
    }
    let left = stage.services();
    if left.is_empty() {
        return Outcome::new(Verdict::Gone, died.elapsed(), "at the very last moment");
    }
    let note = match stage.until_empty(died, limit + AFTERWARDS) {
        Some(took) => format!("{LATE} {} ms: {}", took.as_millis(), list(&left)),
        None => format!("still there after {} ms: {}", died.elapsed().as_millis(), list(&stage.services())),
    };
    Outcome::new(Verdict::Left(left.len()), died.elapsed(), note)
}

fn hung(stage: &Stage, began: Instant) -> Outcome {
    let left = stage.services();
    if let Tool::Mprocs(_) = stage.tool() {
        // who does not end in that time leaves what is there
        return Outcome::new(Verdict::Left(left.len()), began.elapsed(), "it still hung itself");
    }
    Outcome::new(Verdict::Hung, began.elapsed(), format!("{} alive; screen: {}", left.len(), stage.picture()))
}

/// Names the first few.
fn list(left: &[Process]) -> String {
    let named: Vec<String> = left
        .iter()
        .take(4)
        .map(|process| format!("{} (below {}) {}", process.pid, process.parent, process.command))
        .collect();
    named.join("; ")
}
