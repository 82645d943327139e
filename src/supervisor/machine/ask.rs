//! What a machine makes of wishes: granted at once, granted later, or refused with the reason.

use std::time::Instant;

use super::super::course::CommandOutcome;
use super::super::status::{Action, State};
use super::super::stop_plan::Step;
use super::super::wish::{Effect, Refusal, Wish};
use super::{Machine, Phase};

impl Machine {
    /// Takes a wish.
    ///
    /// # Errors
    /// Says why it cannot be granted; nothing has changed then.
    pub(crate) fn ask(&mut self, wish: Wish, now: Instant) -> Result<Vec<Effect>, Refusal> {
        match wish {
            Wish::Start => self.ask_start(now),
            Wish::Stop => self.ask_stop(Action::Stop, now),
            Wish::Quit => self.ask_stop(Action::Quit, now),
            Wish::Restart => self.ask_restart(now),
            Wish::Kill => self.ask_kill(now),
        }
    }

    fn ask_start(&mut self, now: Instant) -> Result<Vec<Effect>, Refusal> {
        match &mut self.phase {
            Phase::Resting(State::Done) if self.service.command.is_none() => Err(Refusal::AlreadyUp),
            Phase::Resting(_) | Phase::Waiting { .. } => {
                self.attempts = 0;
                Ok(self.begin(now))
            }
            // it wants to run already; whoever asks again makes what it depends on start
            Phase::Blocked => Ok(vec![]),
            Phase::Starting | Phase::Running { .. } => Err(Refusal::AlreadyUp),
            Phase::Ending(ending) if ending.action == Action::Quit => Err(Refusal::Quitting),
            Phase::Ending(ending) => {
                // it is on its way down: what the person wants is that it runs afterwards
                ending.again = true;
                Ok(vec![])
            }
            Phase::Stuck { .. } => Err(Refusal::Stuck),
        }
    }

    fn ask_restart(&mut self, now: Instant) -> Result<Vec<Effect>, Refusal> {
        match &mut self.phase {
            Phase::Starting | Phase::Running { .. } => Ok(self.begin_stop(Action::Restart, now)),
            Phase::Resting(_) | Phase::Blocked | Phase::Waiting { .. } | Phase::Ending(_) | Phase::Stuck { .. } => {
                self.ask_start(now)
            }
        }
    }

    fn ask_stop(&mut self, action: Action, now: Instant) -> Result<Vec<Effect>, Refusal> {
        match &mut self.phase {
            Phase::Resting(State::Done) if self.service.command.is_none() => {
                self.phase = Phase::Resting(State::Stopped);
                Ok(vec![])
            }
            // what has a schedule would have been started again
            Phase::Resting(state) if self.service.schedule.is_some() && *state != State::Stopped => {
                *state = State::Stopped;
                Ok(vec![])
            }
            Phase::Resting(_) => Err(Refusal::NothingAlive),
            Phase::Blocked | Phase::Waiting { .. } => {
                // a manual stop beats the restart policy
                self.phase = Phase::Resting(State::Stopped);
                self.attempts = 0;
                Ok(vec![])
            }
            Phase::Starting | Phase::Running { .. } => Ok(self.begin_stop(action, now)),
            Phase::Ending(ending) | Phase::Stuck { ending, .. } => {
                ending.action = action;
                ending.again = false;
                Ok(vec![])
            }
        }
    }

    fn ask_kill(&mut self, now: Instant) -> Result<Vec<Effect>, Refusal> {
        match &mut self.phase {
            Phase::Resting(_) | Phase::Blocked | Phase::Waiting { .. } => self.ask_stop(Action::Stop, now),
            Phase::Starting | Phase::Running { .. } => {
                self.end(Action::Kill, Step::Killing, now);
                Ok(vec![Effect::Kill])
            }
            Phase::Ending(ending) => {
                let abandon = matches!(ending.step, Step::Command { .. })
                    .then_some(Effect::KillStopCommand(CommandOutcome::CutShort));
                if ending.step != Step::Killing {
                    ending.go_to(Step::Killing, now);
                }
                // a pending restart stays: whoever kills what is being restarted is in a hurry; but after a crash
                // the wish for its death beats the restart policy
                if matches!(ending.action, Action::Sweep | Action::Expel) {
                    ending.action = Action::Kill;
                }
                Ok(abandon.into_iter().chain([Effect::Kill]).collect())
            }
            Phase::Stuck { .. } => Ok(vec![Effect::Kill]),
        }
    }
}
