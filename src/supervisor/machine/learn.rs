//! What a machine makes of news: a run that begins, ends, resists, or is seen to be gone.

use std::time::{Duration, Instant};

use super::super::restart::{self, EndOfRun, Next};
use super::super::status::{Action, EndedRun, State};
use super::super::stop_plan::Step;
use super::super::wish::{Effect, News};
use super::{Ending, Machine, Phase};
use crate::id::RunId;
use crate::process::{Exit, Survivor, Verdict};

impl Machine {
    /// Takes news about run `run`; news about another run is no news.
    pub(crate) fn learn(&mut self, run: RunId, news: News, now: Instant) -> Vec<Effect> {
        if run != self.run {
            return vec![];
        }
        match news {
            News::Started { main, guard } => {
                self.main = Some(main);
                self.guard = Some(guard);
                if matches!(self.phase, Phase::Starting) { self.is_up(now) } else { vec![] }
            }
            News::NotStarted(problem) => {
                self.problem = Some(problem);
                self.finish(None, now)
            }
            News::Probed { purpose, outcome } => self.probed(purpose, outcome, now),
            News::MainExited(exit) => self.main_exited(exit, now),
            News::StopCommandEnded { succeeded } => self.stop_command_ended(succeeded, now),
            News::Resists(survivors) => {
                self.resist(survivors, now);
                vec![]
            }
            News::Ended { verdict, last } => self.looked_at(verdict, last, now),
        }
    }

    fn main_exited(&mut self, exit: Exit, now: Instant) -> Vec<Effect> {
        self.main = None;
        match &mut self.phase {
            Phase::Running { main_exit, .. } if self.service.daemon && exit == Exit::Code(0) => {
                *main_exit = Some(exit);
                vec![]
            }
            Phase::Starting | Phase::Running { .. } => {
                // whatever it left behind has no owner any more; the look at the end tells what that was
                self.end(Action::Sweep, Step::Killing, now);
                if let Phase::Ending(ending) = &mut self.phase {
                    ending.main_exit = Some(exit);
                }
                vec![Effect::Kill]
            }
            Phase::Ending(ending) | Phase::Stuck { ending, .. } => {
                ending.main_exit = Some(exit);
                vec![]
            }
            Phase::Resting(_) | Phase::Blocked | Phase::Waiting { .. } => vec![],
        }
    }

    fn stop_command_ended(&mut self, succeeded: bool, now: Instant) -> Vec<Effect> {
        let Phase::Ending(ending) = &mut self.phase else { return vec![] };
        if !matches!(ending.step, Step::Command { .. }) {
            return vec![];
        }
        ending.stop_command_worked = succeeded;
        vec![ending.ask(&self.service.stop, now)]
    }

    fn resist(&mut self, left: Vec<Survivor>, now: Instant) {
        if !matches!(self.phase, Phase::Ending(_) | Phase::Stuck { .. }) {
            self.end(Action::Sweep, Step::Killing, now);
        }
        match &mut self.phase {
            Phase::Stuck { survivors, .. } => *survivors = left,
            Phase::Ending(ending) => self.phase = Phase::Stuck { ending: *ending, survivors: left },
            Phase::Resting(_) | Phase::Blocked | Phase::Waiting { .. } | Phase::Starting | Phase::Running { .. } => {}
        }
    }

    fn looked_at(&mut self, verdict: Verdict, last: Option<Exit>, now: Instant) -> Vec<Effect> {
        match verdict {
            Verdict::Gone => {
                self.problem = None;
                self.finish(last, now)
            }
            Verdict::Survivors(survivors) => {
                self.resist(survivors, now);
                vec![]
            }
            Verdict::Unknown(reason) => {
                // nothing may be claimed that was not seen
                self.problem = Some(reason);
                self.resist(vec![], now);
                vec![]
            }
        }
    }

    /// The run is over and nothing of it is left.
    fn finish(&mut self, last: Option<Exit>, now: Instant) -> Vec<Effect> {
        let ending = self.ending().copied();
        let was_asked = |ending: Ending| !matches!(ending.action, Action::Sweep | Action::Expel);
        let (asked, again) = ending.map_or((false, false), |ending| (was_asked(ending), ending.again));
        // whoever has asked for its end since has ended it
        self.unfit.take_if(|_| ending.is_none_or(|ending| ending.action != Action::Expel));
        let daemon_end = self.is_daemonised().then_some(last).flatten();
        let exit = daemon_end.or_else(|| ending.and_then(|ending| ending.main_exit)).or(last);
        let exit = if self.problem.is_some() { None } else { exit };
        let ran = self.started.map_or(Duration::ZERO, |started| now.saturating_duration_since(started));
        self.ended = Some(EndedRun { exit, ran, asked, unfit: self.unfit.clone() });
        self.main = None;
        self.guard = None;
        if let Some(next) = self.next.take() {
            self.service = next;
        }
        if again {
            self.attempts = 0;
            return self.begin(now);
        }
        self.phase = if asked {
            self.attempts = 0;
            Phase::Resting(State::Stopped)
        } else {
            self.after_its_own_end(exit, ran, now)
        };
        vec![]
    }

    fn after_its_own_end(&mut self, exit: Option<Exit>, ran: Duration, now: Instant) -> Phase {
        let end = EndOfRun {
            // what the probes have ended has failed, whatever it returned
            exit: exit.filter(|_| self.unfit.is_none()),
            ran,
            attempts: self.attempts,
            oneshot: self.service.oneshot,
            success_exit_codes: &self.service.success_exit_codes,
        };
        match restart::decide(&self.service.restart, &end) {
            Next::Rest(state) => Phase::Resting(state),
            Next::Again { delay, attempts } => {
                self.attempts = attempts;
                Phase::Waiting { until: now + delay }
            }
        }
    }
}
