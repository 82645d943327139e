//! The published picture of every service: what the dashboard, another shell and the messages all show.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::blocked::{Obstacle, Turn};
use super::held_port::{Clash, PortStatus};
pub use super::kill_report::{Action, Fate, HowItEnded, KillReport, MemberFate};
use super::on_change::WatchStatus;
use super::readiness::Probing;
use super::stray_kill::StrayKill;
use super::timetable::NextRun;
use crate::config::{Dependency, RestartPolicy, Service};
use crate::id::RunId;
use crate::process::{Exit, Listener, Member, ProcessId, Survivor};
use crate::signal::Signal;

/// The state of a service, in the words that are used everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Never started, or stopped and seen gone.
    Stopped,
    /// It is to run, and what it depends on is not yet as it has to be.
    Blocked,
    /// Its guard is up, its program not yet, or it is not ready yet.
    Starting,
    /// It runs, and nothing says how it is found out whether it is ready.
    Running,
    /// It runs, and its probe says that it can be used.
    Ready,
    /// Its probes have failed too often; its tree is being killed, and it has crashed then.
    Unhealthy,
    /// Asked to end, or ended with members left; not yet seen gone.
    Stopping,
    /// A one-shot that returned success.
    Done,
    /// Ended by itself with a success code, and seen gone.
    Exited,
    /// Ended by itself with a failure, or could not be started; seen gone.
    Crashed,
    /// Will be started again after a wait.
    Backoff,
    /// Crashed too often in a row; waits for a key.
    CrashLoop,
    /// Something of it could not be killed.
    Stuck,
}

impl State {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Stopped,
        Self::Blocked,
        Self::Starting,
        Self::Running,
        Self::Ready,
        Self::Unhealthy,
        Self::Stopping,
        Self::Done,
        Self::Exited,
        Self::Crashed,
        Self::Backoff,
        Self::CrashLoop,
        Self::Stuck,
    ];

    /// Returns the word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Blocked => "blocked",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Unhealthy => "unhealthy",
            Self::Stopping => "stopping",
            Self::Done => "done",
            Self::Exited => "exited",
            Self::Crashed => "crashed",
            Self::Backoff => "backoff",
            Self::CrashLoop => "crash-loop",
            Self::Stuck => "stuck",
        }
    }

    /// Whether processes of the service may be alive.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        self.is_up() || matches!(self, Self::Unhealthy | Self::Stopping | Self::Stuck)
    }

    /// Whether it runs, or is about to, and is to go on.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Ready)
    }

    /// Whether the last run failed and nothing is being done about it.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Crashed | Self::CrashLoop | Self::Stuck)
    }
}

/// Everything a view needs to know, at one moment.
#[derive(Clone, Debug)]
pub struct Board {
    /// All services that there have been; a `ServiceId` is a place in this list. See [`Board::listed`].
    pub services: Vec<ServiceStatus>,
    /// What the program as a whole is doing.
    pub phase: Phase,
}

/// What the program as a whole is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Services run, or may be started.
    Up,
    /// Everything is being stopped.
    Quitting {
        /// When that began.
        since: Instant,
        /// When what is left will be killed.
        deadline: Instant,
        /// Whether the grace was skipped by a second request.
        hurried: bool,
    },
    /// Nothing more will happen.
    Down(Summary),
}

/// What was there at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many services were stopped by the quit.
    pub stopped: usize,
    /// How many services are stuck: something of them is alive, or could not be seen to be gone.
    pub stuck: usize,
    /// How many services were still on their way down when a third request left at once.
    pub left_to_guards: usize,
    /// What is still alive, with the name of its service.
    pub survivors: Vec<(Arc<str>, Survivor)>,
    /// The services that could not be seen to be gone, each with the reason.
    pub unseen: Vec<(Arc<str>, Arc<str>)>,
    /// The services that the quit had to end by force.
    pub forced: Vec<Arc<str>>,
    /// The TCP ports that services listened on and that nobody listens on any more, ascending.
    pub freed: Vec<u16>,
    /// From the request to the last look.
    pub took: Duration,
    /// The code to end with, when a service's end decided the end of all.
    pub exit_code: Option<i32>,
    /// Whether any service was in a failed state when the quit began.
    pub failed: bool,
}

/// One service at one moment.
#[derive(Clone, Debug)]
pub struct ServiceStatus {
    /// Its name.
    pub name: Arc<str>,
    /// What it is doing.
    pub state: State,
    /// Its present run, or its last.
    pub run: RunId,
    /// The main process of the present run, while it lives.
    pub main: Option<ProcessId>,
    /// The guard of the present run, while it lives.
    pub guard: Option<u32>,
    /// When the present run began.
    pub started: Option<Instant>,
    /// How the last run ended.
    pub ended: Option<EndedRun>,
    /// How often it was started again by itself, in a row.
    pub restarts: u32,
    /// When it will be started again (`Backoff`).
    pub next_start: Option<Instant>,
    /// How its stop stands (`Stopping`).
    pub stopping: Option<Stopping>,
    /// What it is probed for, and with what success, while it runs.
    pub probing: Option<Probing>,
    /// What it waits for (`Blocked`); empty in any other state.
    pub blocked_on: Arc<[Obstacle]>,
    /// How the files stand that start it again.
    pub watch: Option<WatchStatus>,
    /// When its schedule starts it.
    pub next_run: Option<NextRun>,
    /// That it is to be stopped after others, or was not stopped for their sake.
    pub turn: Option<Turn>,
    /// What its tree uses.
    pub usage: Usage,
    /// Its tree at the last look, parents before children, without zombies that wait for their parent.
    pub members: Arc<[Member]>,
    /// The TCP ports its tree listened on at the last look, by number.
    pub listeners: Arc<[Listener]>,
    /// What could not be killed (`Stuck`).
    pub survivors: Arc<[Survivor]>,
    /// What the last stop, kill or restart found.
    pub report: Option<Arc<KillReport>>,
    /// Why it could not be started, is unhealthy or, where it is stuck, could not be looked at; for a person to read.
    pub problem: Option<Arc<str>>,
    /// How it stands with the port that it expects.
    pub port: Option<PortStatus>,
    /// What its last run, which failed, has printed about an address in use.
    pub clash: Option<Arc<Clash>>,
    /// The lines that tell why its last run failed, of what that printed last.
    pub last_lines: Arc<[String]>,
    /// What is known of the SIGKILL that ended its last run, where nobody here has sent it.
    pub stray_kill: Option<StrayKill>,
    /// What the configuration says about its beginning.
    pub rules: Rules,
    /// Where it stands among the others in lists; `None` once it was removed.
    pub place: Option<usize>,
    /// Whether it is on its way out: removed once nothing of it is left.
    pub leaves: bool,
    /// Whether it was added while procdash ran: it is in no file.
    pub is_extra: bool,
    /// What its entry says, as its next run will have it; `None` only where nobody has read one.
    pub entry: Option<Arc<Service>>,
    /// Who has it not start: one that conflicts with it and runs, or wants to.
    pub conflict: Option<Arc<str>>,
    /// The names by which it can be meant together with others: that of the process it is a replica of, then its groups.
    pub groups: Arc<[Arc<str>]>,
    /// What it depends on.
    pub needs: Arc<[Dependency]>,
    /// The address to open in a browser, of the present run.
    pub address: Option<Arc<str>>,
}

/// What the configuration says about when a service begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether it is started with the others.
    pub autostart: bool,
    /// When it is started again without being asked.
    pub restart: RestartPolicy,
    /// How many times in a row.
    pub max_restarts: u32,
    /// Whether it has no command, and is up when what it depends on is.
    pub is_target: bool,
    /// Whether it has a work to do and an end: it can be used once it is done.
    pub is_oneshot: bool,
}

impl ServiceStatus {
    /// Returns the status of a service that was never started.
    #[must_use]
    pub fn never_started(name: Arc<str>) -> Self {
        Self {
            name,
            state: State::Stopped,
            run: RunId::default(),
            main: None,
            guard: None,
            started: None,
            ended: None,
            restarts: 0,
            next_start: None,
            stopping: None,
            probing: None,
            blocked_on: Arc::from([]),
            watch: None,
            next_run: None,
            turn: None,
            usage: Usage::default(),
            members: Arc::from([]),
            listeners: Arc::from([]),
            survivors: Arc::from([]),
            report: None,
            problem: None,
            port: None,
            clash: None,
            last_lines: Arc::from([]),
            stray_kill: None,
            rules: Rules {
                autostart: true,
                restart: RestartPolicy::No,
                max_restarts: 0,
                is_target: false,
                is_oneshot: false,
            },
            place: Some(0),
            leaves: false,
            is_extra: false,
            entry: None,
            conflict: None,
            groups: Arc::from([]),
            needs: Arc::from([]),
            address: None,
        }
    }
}

/// How the last run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedRun {
    /// The main process's end; `None` when it never began.
    pub exit: Option<Exit>,
    /// How long it ran.
    pub ran: Duration,
    /// Whether it ended because it was asked to.
    pub asked: bool,
    /// Why its probes have ended it, where they did, as the rest of a sentence that begins with the service.
    pub unfit: Option<Arc<str>>,
}

/// How a stop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopping {
    /// What was asked for.
    pub action: Action,
    /// Where it stands.
    pub step: StopStep,
    /// The signal sent; `None` while the stop command runs or keys were typed.
    pub signal: Option<Signal>,
    /// When it began.
    pub since: Instant,
    /// When the present step began.
    pub step_since: Instant,
    /// When the next step is taken; `None` once the tree-kill was ordered.
    pub deadline: Option<Instant>,
    /// Whether it starts again afterwards.
    pub again: bool,
}

/// Where a stop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopStep {
    /// The stop command runs.
    StopCommand,
    /// This signal was sent.
    Signal(Signal),
    /// The stop keys were typed.
    Keys,
    /// The tree-kill was ordered; there is no step after it.
    Kill,
}

/// What a tree uses, all members together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Share of one processor in percent; over 100 with several.
    pub cpu_percent: f32,
    /// Resident memory in bytes, shared pages counted once for each process.
    pub memory: u64,
    /// Number of live processes.
    pub processes: usize,
}
