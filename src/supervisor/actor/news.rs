//! Takes news from runners: tells the machine, the log, and everyone who listens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Event;
use super::super::Target;
use super::super::job::{Findings, Word};
use super::super::machine::Machine;
use super::super::notes;
use super::super::status::{Action, Fate, HowItEnded, KillReport, State};
use super::super::wish::News;
use super::Actor;
use crate::config::OnExit;
use crate::id::{RunId, ServiceId};
use crate::logs::LogBuffer;
use crate::process::{Exit, Survivor, Verdict};

impl Actor {
    pub(super) fn hear(&mut self, id: ServiceId, run: RunId, word: Word) {
        let Some(slot) = self.slots.get_mut(id.index()) else { return };
        if self.fleet.machine(id).map(Machine::run) != Some(run) {
            return;
        }
        match word {
            Word::News(news) => self.learn(id, run, news),
            Word::Found(mut findings) => {
                // a main process that has ended by itself took its ports with it before anybody looked
                findings.ports.see(&slot.published.listeners);
                slot.findings = Some(findings);
            }
            Word::Signalled { signal, to, delivered, refused } => {
                let target = Target::from(to);
                let delivered = usize::try_from(delivered).unwrap_or(usize::MAX);
                self.emit(Event::Signalled { service: id, signal, target, delivered, refused });
            }
            Word::Address(address) => slot.published.address = address,
            Word::Sigkilled { before, after } => self.sigkilled(id, (before, after)),
            Word::Environment(environment) => {
                let before = slot.environment.replace(environment);
                let now = slot.environment.as_ref();
                let differing = now.zip(before).map_or_else(Vec::new, |(now, before)| now.differing(&before));
                if !differing.is_empty() {
                    let (tone, note) = notes::environment_differs(&differing);
                    self.tools.logs.note(id, tone, &note);
                }
            }
            Word::Failed(sentence) => self.refuse(id, &sentence),
            Word::AddressInUse { port, look } => self.address_in_use(id, port, &look),
        }
    }

    fn learn(&mut self, id: ServiceId, run: RunId, news: News) {
        tracing::debug!(%id, %run, ?news, "learnt");
        let now = Instant::now();
        let (Some(slot), Some(machine)) = (self.slots.get_mut(id.index()), self.fleet.machine(id)) else { return };
        let is_up = matches!(news, News::Started { .. });
        let over = matches!(news, News::NotStarted(_) | News::Ended { verdict: Verdict::Gone, .. });
        let resistance = Resistance::of(&news);
        let newly_stuck = machine.state() != State::Stuck;
        let findings = over.then(|| slot.findings.take()).flatten();
        let report = findings.and_then(|findings| write_report(id, machine, findings, now));
        let (was_daemon, before) = (machine.is_daemonised(), machine.state());
        self.fleet.learn(id, run, news, now);
        self.note_fitness(id, before, now);
        if is_up {
            self.forget_last_lines(id);
        }
        if !was_daemon && self.fleet.machine(id).is_some_and(Machine::is_daemonised) {
            let (tone, note) = notes::daemonised();
            self.tools.logs.note(id, tone, &note);
        }
        if let Some(resistance) = resistance {
            self.run_resists(id, resistance, newly_stuck, now);
        }
        if over {
            self.run_is_over(id, run, report, now);
        }
        self.carry_out();
    }

    /// Writes into the log that the run can be used from now on, or that its probes end it.
    fn note_fitness(&mut self, id: ServiceId, before: State, now: Instant) {
        let Some(machine) = self.fleet.machine(id).filter(|machine| machine.state() != before) else { return };
        let is_unfit = machine.state() == State::Unhealthy;
        let after = || machine.started().map_or(Duration::ZERO, |started| now.saturating_duration_since(started));
        let note = match machine.state() {
            State::Ready => Some(notes::ready(after())),
            State::Unhealthy => machine.unfit().map(|why| notes::unfit(why)),
            State::Stopped
            | State::Blocked
            | State::Starting
            | State::Running
            | State::Stopping
            | State::Done
            | State::Exited
            | State::Crashed
            | State::Backoff
            | State::CrashLoop
            | State::Stuck => None,
        };
        if let Some((tone, note)) = note {
            self.tools.logs.note(id, tone, &note);
        }
        if is_unfit {
            self.keep_last_lines(id);
        }
    }

    /// Tells what is left of a run that was to be over: once to everybody, and from then on where somebody looks for it.
    fn run_resists(&mut self, id: ServiceId, resistance: Resistance, newly_stuck: bool, now: Instant) {
        let (Some(slot), Some(machine)) = (self.slots.get_mut(id.index()), self.fleet.machine(id)) else { return };
        let findings = slot.findings.take().unwrap_or_default();
        let report = Arc::new(write_report_of_what_is_left(id, machine, findings, resistance, now));
        slot.published.report = Some(Arc::clone(&report));
        if !newly_stuck {
            return;
        }
        for survivor in &report.survivors {
            let (tone, note) = notes::survives(survivor);
            self.tools.logs.note(id, tone, &note);
        }
        if let Some(reason) = &report.unseen {
            let (tone, note) = notes::unseen(reason);
            self.tools.logs.note(id, tone, &note);
        }
        self.emit(Event::Verified(report));
    }

    fn run_is_over(&mut self, id: ServiceId, run: RunId, report: Option<Arc<KillReport>>, now: Instant) {
        let (Some(slot), Some(machine)) = (self.slots.get_mut(id.index()), self.fleet.machine(id)) else { return };
        slot.published.forget_tree();
        self.tools.screens.end(id);
        let wait = machine.next_start().map(|until| until.saturating_duration_since(now));
        // the machine may have begun the next one already
        let found = (report.as_deref(), slot.published.stray_kill);
        let (tone, note) = notes::ended(run, machine, found, wait.unwrap_or(Duration::ZERO));
        self.tools.logs.write(id, LogBuffer::finish);
        self.tools.logs.note(id, tone, &note);
        if let Some(report) = report {
            slot.published.report = Some(Arc::clone(&report));
            self.emit(Event::Verified(report));
        }
        let printed = self.keep_last_lines(id);
        self.look_for_clash(id, &printed);
        self.apply_on_exit(id);
    }

    /// Ends everything, if the end of this service by itself says so.
    fn apply_on_exit(&mut self, id: ServiceId) {
        let Some(machine) = self.fleet.machine(id) else { return };
        let state = machine.state();
        let ended_by_itself = machine.ended().is_some_and(|ended| !ended.asked)
            && matches!(state, State::Done | State::Exited | State::Crashed | State::CrashLoop);
        let decides = match machine.service().on_exit {
            OnExit::Ignore => false,
            OnExit::StopAll => ended_by_itself,
            OnExit::StopAllOnFailure => ended_by_itself && state.is_failure(),
        };
        if decides && self.shutdown.is_none() {
            let code = machine.ended().and_then(|ended| ended.exit).map_or(1, exit_code);
            tracing::info!(service = %machine.service().name, code, "its end ends everything");
            self.quit(Some(code));
        }
    }
}

/// The code a shell would give for this end.
fn exit_code(exit: Exit) -> i32 {
    match exit {
        Exit::Code(code) => code,
        Exit::Signal { number, .. } => 128 + number,
    }
}

/// What keeps a run from being over.
enum Resistance {
    /// These are left.
    Left(Vec<Survivor>),
    /// The look could not be taken.
    Unseen(String),
}

impl Resistance {
    fn of(news: &News) -> Option<Self> {
        match news {
            News::Resists(left) | News::Ended { verdict: Verdict::Survivors(left), .. } => {
                Some(Self::Left(left.clone()))
            }
            News::Ended { verdict: Verdict::Unknown(reason), .. } => Some(Self::Unseen(reason.clone())),
            News::Ended { verdict: Verdict::Gone, .. }
            | News::Started { .. }
            | News::NotStarted(_)
            | News::Probed { .. }
            | News::MainExited(_)
            | News::StopCommandEnded { .. } => None,
        }
    }
}

fn write_report(id: ServiceId, machine: &Machine, findings: Findings, now: Instant) -> Option<Arc<KillReport>> {
    // a daemon that has ended by itself was not swept: who was seen below it is gone with it
    let was_swept = machine.ending().is_some() || findings.killed > 0;
    if machine.how_it_ends() == HowItEnded::ByItself && (findings.members.is_empty() || !was_swept) {
        return None;
    }
    Some(Arc::new(KillReport { verified: true, ..report(id, machine, findings, now) }))
}

/// Reports a run that was to be over and is not, or that could not be looked at.
fn write_report_of_what_is_left(
    id: ServiceId,
    machine: &Machine,
    findings: Findings,
    resistance: Resistance,
    now: Instant,
) -> KillReport {
    let (survivors, unseen) = match resistance {
        Resistance::Left(survivors) => (survivors, None),
        Resistance::Unseen(reason) => (vec![], Some(Arc::from(reason))),
    };
    // the guard counts the dead only when it is done
    let killed = findings.members.iter().filter(|member| member.killed && member.fate == Fate::Gone).count() as u64;
    KillReport { killed, survivors, unseen, ..report(id, machine, findings, now) }
}

fn report(id: ServiceId, machine: &Machine, findings: Findings, now: Instant) -> KillReport {
    let ending = machine.ending();
    KillReport {
        service: id,
        name: machine.service().name.as_str().into(),
        run: machine.run(),
        action: ending.map_or(Action::Sweep, |ending| ending.action),
        how: machine.how_it_ends(),
        signal: ending.and_then(|ending| ending.signal),
        steps: findings.steps,
        members: findings.members,
        killed: findings.killed,
        survivors: vec![],
        unseen: None,
        freed: findings.ports.freed(),
        verified: false,
        took: ending.map_or(Duration::ZERO, |ending| now.saturating_duration_since(ending.since)),
        checked_in: findings.checked_in,
    }
}
