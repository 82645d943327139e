//! How the end of a run went: which steps were taken, who ended in which, and who did not heed it. Pure.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::status::{Fate, MemberFate};
use crate::process::{Exit, Member, ProcessId, ProcessState};
use crate::signal::Signal;

/// One step that was taken to bring a run to its end, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutcome {
    /// What was done.
    pub deed: Deed,
    /// How long it had: until the next step was taken, or until nothing was left.
    pub lasted: Duration,
    /// How many of those who were known ended meanwhile.
    pub ended: usize,
    /// How many of those whom it asked to end were alive when the tree-kill came.
    pub ignored: usize,
    /// How many of those who were known were alive when it was over.
    pub left: usize,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Runs the stop command.
    StopCommand(CommandOutcome),
    /// Sends this signal to the main process's group and, once the main process is gone, to all that remain.
    Signal(Signal),
    /// Types the stop keys into the terminal.
    Keys {
        /// Why they could not be typed.
        problem: Option<String>,
    },
    /// Kills the tree.
    Kill,
}

/// What became of a stop command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// It has not ended yet.
    UnderWay,
    /// It returned 0.
    Succeeded,
    /// It failed.
    Failed(Exit),
    /// It could not be started; the sentence says why.
    NotStarted(String),
    /// It had not returned when its time was up, and was killed.
    TimedOut,
    /// Somebody was in a hurry: it was killed before its time was up.
    CutShort,
}

/// A signal that asked a process to end, in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Which.
    pub signal: Signal,
    /// How long the process had lived on when the tree-kill came.
    pub during: Duration,
}

/// The end of a run, as it goes.
#[derive(Debug, Default)]
pub(crate) struct Course {
    known: Vec<Known>,
    /// Where each of them stands in `known`: a tree may have thousands.
    places: HashMap<ProcessId, usize>,
    steps: Vec<(Deed, Instant)>,
}

/// One process that was seen since the end began.
#[derive(Debug)]
struct Known {
    member: Member,
    /// The signal that it was asked to end with, and when.
    asked: Option<(Signal, Instant)>,
    ignored: Option<Ignored>,
    /// The number of steps that had been taken when it was first seen to be missing.
    ended: Option<usize>,
}

impl Course {
    /// Takes a look at who is there now: adds the new, and notes who is missing.
    pub(crate) fn look(&mut self, present: Vec<Member>) {
        let there: HashSet<ProcessId> = present.iter().map(|member| member.id).collect();
        for known in &mut self.known {
            // a table that is torn while it is read can miss somebody who then turns up again
            let missing = !there.contains(&known.member.id);
            known.ended = missing.then(|| known.ended.unwrap_or(self.steps.len()));
        }
        for member in present {
            if let Some(known) = self.places.get(&member.id).and_then(|&place| self.known.get_mut(place)) {
                known.member.state = member.state;
            } else {
                self.places.insert(member.id, self.known.len());
                self.known.push(Known { member, asked: None, ignored: None, ended: None });
            }
        }
    }

    /// Notes that the next step is taken, right after a look.
    pub(crate) fn take(&mut self, deed: Deed, main: ProcessId, now: Instant) {
        match deed {
            Deed::Signal(signal) => self.ask(signal, main, now),
            Deed::Kill if matches!(self.steps.last(), Some((Deed::Kill, _))) => return,
            Deed::Kill => self.note_who_ignored(now),
            Deed::StopCommand(_) | Deed::Keys { .. } => {}
        }
        self.steps.push((deed, now));
    }

    /// Notes whom a signal reaches: the main process's group or, without a main process, everyone.
    fn ask(&mut self, signal: Signal, main: ProcessId, now: Instant) {
        let has_main = self.alive().any(|known| known.member.id == main);
        for known in self.known.iter_mut().filter(|known| known.ended.is_none()) {
            if !has_main || known.member.group == main.pid {
                known.asked.get_or_insert((signal, now));
            }
        }
    }

    /// Notes that the main process has ended, right after a look: the guard then asks everyone who is left.
    pub(crate) fn main_ended(&mut self, main: ProcessId, now: Instant) {
        if let Some((Deed::Signal(signal), _)) = self.steps.last() {
            self.ask(*signal, main, now);
        }
    }

    /// Notes whom no signal of ours reaches, such as another user's process: that one has ignored nothing.
    pub(crate) fn forgive(&mut self, reached: impl Fn(ProcessId) -> bool) {
        for known in self.known.iter_mut().filter(|known| known.ended.is_none() && known.asked.is_some()) {
            if !reached(known.member.id) {
                known.asked = None;
            }
        }
    }

    fn note_who_ignored(&mut self, now: Instant) {
        for known in self.known.iter_mut().filter(|known| known.ended.is_none()) {
            // who waits inside the kernel, or is held by a debugger, could not take the signal
            if !matches!(known.member.state, ProcessState::Uninterruptible | ProcessState::Traced) {
                known.ignored =
                    known.asked.map(|(signal, at)| Ignored { signal, during: now.saturating_duration_since(at) });
            }
        }
    }

    /// Notes what became of the stop command.
    pub(crate) fn command_ended(&mut self, outcome: CommandOutcome) {
        let commands = self.steps.iter_mut().rev().find_map(|(deed, _)| match deed {
            Deed::StopCommand(outcome) => Some(outcome),
            Deed::Signal(_) | Deed::Keys { .. } | Deed::Kill => None,
        });
        if let Some(noted) = commands {
            *noted = outcome;
        }
    }

    /// Notes that the stop keys could not be typed.
    pub(crate) fn keys_failed(&mut self, why: String) {
        if let Some((Deed::Keys { problem }, _)) = self.steps.last_mut() {
            *problem = Some(why);
        }
    }

    /// Returns who was seen, the missing included.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ProcessId> + '_ {
        self.known.iter().map(|known| known.member.id)
    }

    /// Returns those who were asked to end and were alive when the tree-kill came.
    pub(crate) fn ignorers(&self) -> impl Iterator<Item = (&Member, Ignored)> {
        self.known.iter().filter_map(|known| Some((&known.member, known.ignored?)))
    }

    fn alive(&self) -> impl Iterator<Item = &Known> {
        self.known.iter().filter(|known| known.ended.is_none())
    }

    /// Returns what became of everyone; who is not among `survivors` was seen to be gone.
    pub(crate) fn fates(&self, survivors: &[ProcessId]) -> Vec<MemberFate> {
        let kill = self.steps.iter().position(|(deed, _)| *deed == Deed::Kill);
        let fate = |known: &Known| MemberFate {
            member: known.member.clone(),
            fate: if survivors.contains(&known.member.id) { Fate::Alive } else { Fate::Gone },
            killed: kill.is_some_and(|kill| known.ended.is_none_or(|ended| ended > kill)),
            ignored: known.ignored,
        };
        self.known.iter().map(fate).collect()
    }

    /// Returns the steps and what came of each until now.
    pub(crate) fn outcomes(&self, survivors: &[ProcessId], now: Instant) -> Vec<StepOutcome> {
        let last = self.steps.len();
        let ended = |known: &Known| match known.ended {
            _ if survivors.contains(&known.member.id) => None,
            Some(ended) => Some(ended),
            // nobody saw it end, so it did after the last look
            None => Some(last),
        };
        let outcome = |(place, (deed, at)): (usize, &(Deed, Instant))| {
            let until = self.steps.get(place + 1).map_or(now, |(_, next)| *next);
            let ignored = self.known.iter().filter(|known| {
                matches!((known.ignored, deed), (Some(ignored), Deed::Signal(signal)) if ignored.signal == *signal)
            });
            StepOutcome {
                deed: deed.clone(),
                lasted: until.saturating_duration_since(*at),
                ended: self.known.iter().filter(|known| ended(known) == Some(place + 1)).count(),
                ignored: ignored.count(),
                left: self.known.iter().filter(|known| ended(known).is_none_or(|ended| ended > place + 1)).count(),
            }
        };
        self.steps.iter().enumerate().map(outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: ProcessId = ProcessId { pid: 10, start: 1 };

    fn member(pid: u32, group: u32) -> Member {
        Member {
            id: ProcessId { pid, start: 1 },
            parent: 1,
            group,
            depth: 0,
            command: format!("process {pid}"),
            state: ProcessState::Sleeping,
            cpu_percent: 0.0,
            memory: 0,
        }
    }

    /// A run of these: the main process, one of its group, one in a session of its own.
    fn begun() -> (Course, Instant) {
        let mut course = Course::default();
        course.look(vec![member(10, 10), member(11, 10), member(20, 20)]);
        (course, Instant::now())
    }

    fn ignorers(course: &Course) -> Vec<(u32, u64)> {
        course.ignorers().map(|(member, ignored)| (member.id.pid, ignored.during.as_secs())).collect()
    }

    #[test]
    fn who_was_in_the_group_and_lives_when_the_kill_comes_has_ignored_the_signal() {
        let (mut course, now) = begun();
        let later = now + Duration::from_secs(5);
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now);
        // 11 has ended, 12 was born after the signal
        course.look(vec![member(10, 10), member(12, 10), member(20, 20)]);
        course.take(Deed::Kill, MAIN, later);

        assert_eq!(ignorers(&course), [(10, 5)]);
        let fates = course.fates(&[]);
        let killed: Vec<(u32, bool)> = fates.iter().map(|fate| (fate.member.id.pid, fate.killed)).collect();
        assert_eq!(killed, [(10, true), (11, false), (20, true), (12, true)]);

        let [signal, kill] = &course.outcomes(&[], later + Duration::from_millis(9))[..] else { panic!("two steps") };
        assert_eq!((signal.ended, signal.ignored, signal.left), (1, 1, 3));
        assert_eq!((signal.lasted.as_secs(), kill.lasted.as_millis()), (5, 9));
        assert_eq!((kill.ended, kill.left), (3, 0));
    }

    #[test]
    fn once_the_main_process_is_gone_everyone_left_was_asked() {
        let (mut course, now) = begun();
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now);
        course.look(vec![member(11, 10), member(20, 20)]);
        course.main_ended(MAIN, now + Duration::from_secs(1));
        course.look(vec![member(11, 10), member(20, 20)]);
        course.take(Deed::Kill, MAIN, now + Duration::from_secs(5));
        assert_eq!(ignorers(&course), [(11, 5), (20, 4)]);
    }

    #[test]
    fn a_kill_without_a_signal_was_ignored_by_nobody_and_a_second_one_is_the_same_step() {
        let (mut course, now) = begun();
        course.take(Deed::Kill, MAIN, now);
        course.take(Deed::Kill, MAIN, now + Duration::from_secs(9));
        assert_eq!(ignorers(&course), []);
        let survivor = ProcessId { pid: 20, start: 1 };
        let outcomes = course.outcomes(&[survivor], now + Duration::from_secs(10));
        assert_eq!((outcomes.len(), outcomes[0].ended, outcomes[0].left), (1, 2, 1));
        let fates: Vec<Fate> = course.fates(&[survivor]).iter().map(|fate| fate.fate).collect();
        assert_eq!(fates, [Fate::Gone, Fate::Gone, Fate::Alive]);
    }

    #[test]
    fn who_waits_inside_the_kernel_or_is_held_by_a_debugger_has_ignored_nothing() {
        let (mut course, now) = begun();
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now);
        course.look(vec![
            Member { state: ProcessState::Uninterruptible, ..member(10, 10) },
            Member { state: ProcessState::Traced, ..member(11, 10) },
        ]);
        course.take(Deed::Kill, MAIN, now + Duration::from_secs(5));
        assert_eq!(ignorers(&course), []);
    }

    #[test]
    fn who_may_not_be_signalled_has_ignored_nothing() {
        let (mut course, now) = begun();
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now);
        course.forgive(|id| id != MAIN);
        course.take(Deed::Kill, MAIN, now + Duration::from_secs(5));
        assert_eq!(ignorers(&course), [(11, 5)]);
    }

    #[test]
    fn the_outcome_of_the_stop_command_stands_with_its_step_even_when_it_comes_late() {
        let (mut course, now) = begun();
        course.take(Deed::StopCommand(CommandOutcome::UnderWay), MAIN, now);
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now + Duration::from_secs(1));
        course.command_ended(CommandOutcome::TimedOut);
        let outcomes = course.outcomes(&[], now + Duration::from_secs(2));
        let deeds: Vec<Deed> = outcomes.into_iter().map(|outcome| outcome.deed).collect();
        assert_eq!(deeds, [Deed::StopCommand(CommandOutcome::TimedOut), Deed::Signal(Signal::SIGTERM)]);
    }

    #[test]
    fn who_was_missed_by_one_look_and_is_seen_by_the_next_has_not_ended() {
        let (mut course, now) = begun();
        course.take(Deed::Signal(Signal::SIGTERM), MAIN, now);
        course.look(vec![member(10, 10)]);
        course.look(vec![member(10, 10), member(11, 10)]);
        course.take(Deed::Kill, MAIN, now + Duration::from_secs(1));
        assert_eq!(ignorers(&course), [(10, 1), (11, 1)]);
    }
}
