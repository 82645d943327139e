//! The states of one service and every way between them. Pure: it is told the time, never waits, touches nothing.

mod ask;
mod entry;
mod learn;
mod port;
mod probed;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use super::course::CommandOutcome;
use super::held_port::HeldPort;
use super::readiness::{Probing, Purpose};
use super::status::{Action, EndedRun, HowItEnded, State};
use super::stop_plan::Step;
use super::wish::Effect;
use crate::config::{Condition, Service, Stop};
use crate::id::RunId;
use crate::process::{Exit, ProcessId, Survivor};
use crate::signal::Signal;

/// One service: what it was told to be, what it is, how it got there.
#[derive(Debug)]
pub(crate) struct Machine {
    service: Arc<Service>,
    /// What its entry says, where the present run was started with something else.
    next: Option<Arc<Service>>,
    phase: Phase,
    run: RunId,
    started: Option<Instant>,
    main: Option<ProcessId>,
    guard: Option<u32>,
    ended: Option<EndedRun>,
    /// Attempts of the restart policy in a row.
    attempts: u32,
    problem: Option<String>,
    /// Why the probes have ended the present run, as the rest of a sentence that begins with the service.
    unfit: Option<Arc<str>>,
    port: GivenPort,
}

/// How it stands with the port that it expects.
#[derive(Debug, Default)]
struct GivenPort {
    /// The port of the present run, or of the last.
    given: Option<u16>,
    /// Why that is another one than the file says.
    moved: Option<Arc<str>>,
    /// Who has the port that it waits for.
    held: Option<Arc<HeldPort>>,
}

/// What the service is doing, with what belongs to it and to nothing else.
#[derive(Debug)]
enum Phase {
    Resting(State),
    /// It is to run as soon as what it depends on is as it has to be, and its port is to be had.
    Blocked,
    Waiting {
        until: Instant,
    },
    Starting,
    Running {
        main_exit: Option<Exit>,
        /// What it is probed for, where it is; until it is ready, for that.
        probing: Option<Probing>,
    },
    Ending(Ending),
    Stuck {
        ending: Ending,
        survivors: Vec<Survivor>,
    },
}

/// A run on its way to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// What was asked for.
    pub(crate) action: Action,
    /// When.
    pub(crate) since: Instant,
    /// Where it stands.
    pub(crate) step: Step,
    /// Since when.
    pub(crate) step_since: Instant,
    /// The signal that was sent, once it was.
    pub(crate) signal: Option<Signal>,
    /// Whether it starts again afterwards.
    pub(crate) again: bool,
    /// How the main process ended, once it has.
    pub(crate) main_exit: Option<Exit>,
    /// Whether the stop command has returned 0.
    stop_command_worked: bool,
}

impl Ending {
    fn go_to(&mut self, step: Step, now: Instant) {
        if let Step::Asked { signal, .. } = step {
            self.signal = signal;
        }
        self.step = step;
        self.step_since = now;
    }

    fn ask(&mut self, stop: &Stop, now: Instant) -> Effect {
        let (asked, effect) = Step::ask(stop, now);
        self.go_to(asked, now);
        effect
    }
}

impl Machine {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            next: None,
            phase: Phase::Resting(State::Stopped),
            run: RunId::default(),
            started: None,
            main: None,
            guard: None,
            ended: None,
            attempts: 0,
            problem: None,
            unfit: None,
            port: GivenPort::default(),
        }
    }

    pub(crate) const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    pub(crate) const fn run(&self) -> RunId {
        self.run
    }

    pub(crate) const fn started(&self) -> Option<Instant> {
        self.started
    }

    pub(crate) const fn main(&self) -> Option<ProcessId> {
        self.main
    }

    pub(crate) const fn guard(&self) -> Option<u32> {
        self.guard
    }

    pub(crate) const fn ended(&self) -> Option<&EndedRun> {
        self.ended.as_ref()
    }

    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    pub(crate) fn state(&self) -> State {
        match &self.phase {
            Phase::Resting(state) => *state,
            Phase::Blocked => State::Blocked,
            Phase::Waiting { .. } => State::Backoff,
            Phase::Starting | Phase::Running { probing: Some(Probing { purpose: Purpose::Ready, .. }), .. } => {
                State::Starting
            }
            Phase::Running { .. } if self.service.ready.is_some() => State::Ready,
            Phase::Running { .. } => State::Running,
            Phase::Ending(Ending { action: Action::Expel, .. }) => State::Unhealthy,
            Phase::Ending(_) => State::Stopping,
            Phase::Stuck { .. } => State::Stuck,
        }
    }

    /// Returns when the service is started again by itself.
    pub(crate) const fn next_start(&self) -> Option<Instant> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Resting(_)
            | Phase::Blocked
            | Phase::Starting
            | Phase::Running { .. }
            | Phase::Ending(_)
            | Phase::Stuck { .. } => None,
        }
    }

    /// Whether it has no command: it is up when what it depends on is.
    pub(crate) fn is_target(&self) -> bool {
        self.service.command.is_none()
    }

    /// Whether it is in a state that satisfies `condition`.
    pub(crate) fn satisfies(&self, condition: Condition) -> bool {
        let state = self.state();
        match condition {
            Condition::Started => {
                matches!(self.phase, Phase::Running { .. }) || matches!(state, State::Done | State::Exited)
            }
            Condition::Ready => self.is_ready(),
            Condition::Completed => matches!(state, State::Done | State::Exited),
            Condition::Exited => {
                matches!(state, State::Done | State::Exited | State::Crashed | State::CrashLoop)
            }
        }
    }

    /// Whether it can be used: a service is as soon as it runs, or its probe says so; a one-shot once it is done.
    fn is_ready(&self) -> bool {
        match self.state() {
            State::Running => !self.service.oneshot,
            State::Ready | State::Done => true,
            State::Stopped
            | State::Blocked
            | State::Starting
            | State::Unhealthy
            | State::Stopping
            | State::Exited
            | State::Crashed
            | State::Backoff
            | State::CrashLoop
            | State::Stuck => false,
        }
    }

    /// Returns how the end of the present run stands.
    pub(crate) const fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ending(ending) | Phase::Stuck { ending, .. } => Some(ending),
            Phase::Resting(_) | Phase::Blocked | Phase::Waiting { .. } | Phase::Starting | Phase::Running { .. } => {
                None
            }
        }
    }

    pub(crate) fn survivors(&self) -> &[Survivor] {
        match &self.phase {
            Phase::Stuck { survivors, .. } => survivors,
            Phase::Resting(_)
            | Phase::Blocked
            | Phase::Waiting { .. }
            | Phase::Starting
            | Phase::Running { .. }
            | Phase::Ending(_) => &[],
        }
    }

    /// Whether the command has left a daemon behind, which now is the service.
    pub(crate) const fn is_daemonised(&self) -> bool {
        matches!(self.phase, Phase::Running { main_exit: Some(_), .. })
    }

    /// Returns when `tick` has something to do.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Waiting { until } => Some(*until),
            Phase::Ending(ending) => ending.step.deadline(),
            Phase::Resting(_) | Phase::Blocked | Phase::Starting | Phase::Running { .. } | Phase::Stuck { .. } => None,
        }
    }

    /// Does what is due: the next step of a stop, the next attempt of a restart.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Effect> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return vec![];
        }
        match &mut self.phase {
            Phase::Waiting { .. } => self.begin(now),
            Phase::Ending(ending) => match ending.step {
                Step::Command { .. } => {
                    let late = Effect::KillStopCommand(CommandOutcome::TimedOut);
                    vec![late, ending.ask(&self.service.stop, now)]
                }
                Step::Asked { .. } => {
                    ending.go_to(Step::Killing, now);
                    vec![Effect::Kill]
                }
                Step::Killing => vec![],
            },
            Phase::Resting(_) | Phase::Blocked | Phase::Starting | Phase::Running { .. } | Phase::Stuck { .. } => {
                vec![]
            }
        }
    }

    /// Starts it where it depends on nothing, nobody can be in its way and it expects no port; else it waits for
    /// [`Machine::unblock`], or for [`Machine::give_port`].
    fn begin(&mut self, now: Instant) -> Vec<Effect> {
        if !self.is_target()
            && self.service.depends_on.is_empty()
            && self.service.conflicts.is_empty()
            && self.service.port.is_none()
        {
            return self.launch(now);
        }
        self.port.held = None;
        self.phase = Phase::Blocked;
        vec![]
    }

    /// Starts it, where it is blocked: what it depends on is as it has to be.
    pub(crate) fn unblock(&mut self, now: Instant) -> Vec<Effect> {
        match self.phase {
            Phase::Blocked if self.is_target() => {
                self.run = self.run.next();
                self.phase = Phase::Resting(State::Done);
                vec![]
            }
            Phase::Blocked if self.service.port.is_some() => vec![],
            Phase::Blocked => self.launch(now),
            Phase::Resting(_)
            | Phase::Waiting { .. }
            | Phase::Starting
            | Phase::Running { .. }
            | Phase::Ending(_)
            | Phase::Stuck { .. } => vec![],
        }
    }

    /// Blocks a target that was up: what it depends on is no longer as it has to be.
    pub(crate) fn block_target(&mut self) {
        if self.is_target() && matches!(self.phase, Phase::Resting(State::Done)) {
            self.phase = Phase::Blocked;
        }
    }

    fn launch(&mut self, now: Instant) -> Vec<Effect> {
        self.run = self.run.next();
        self.started = Some(now);
        self.main = None;
        self.guard = None;
        self.problem = None;
        self.unfit = None;
        self.port.held = None;
        self.phase = Phase::Starting;
        vec![Effect::Launch]
    }

    fn begin_stop(&mut self, action: Action, now: Instant) -> Vec<Effect> {
        let (step, effect) = Step::first(&self.service.stop, now);
        self.end(action, step, now);
        vec![effect]
    }

    fn end(&mut self, action: Action, step: Step, now: Instant) {
        let main_exit = match self.phase {
            Phase::Running { main_exit, .. } => main_exit,
            Phase::Resting(_)
            | Phase::Blocked
            | Phase::Waiting { .. }
            | Phase::Starting
            | Phase::Ending(_)
            | Phase::Stuck { .. } => None,
        };
        let again = action == Action::Restart;
        let mut ending = Ending {
            action,
            since: now,
            step,
            step_since: now,
            signal: None,
            again,
            main_exit,
            stop_command_worked: false,
        };
        ending.go_to(step, now);
        self.phase = Phase::Ending(ending);
    }

    /// Returns which step ended the run that is just over, to be asked before the news of its end is learnt.
    pub(crate) fn how_it_ends(&self) -> HowItEnded {
        match self.ending() {
            None => HowItEnded::ByItself,
            Some(ending) if ending.action == Action::Sweep => HowItEnded::ByItself,
            Some(ending) => match ending.step {
                Step::Command { .. } => HowItEnded::Acknowledged,
                Step::Asked { .. } if ending.stop_command_worked => HowItEnded::Acknowledged,
                Step::Asked { .. } => HowItEnded::InGrace,
                Step::Killing => HowItEnded::Forced,
            },
        }
    }
}
