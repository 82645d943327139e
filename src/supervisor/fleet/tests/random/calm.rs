//! What has to be so once all has come to rest.

use super::*;

impl Bench {
    /// Lets everything come to an end that is on its way, without another failure.
    pub(super) fn calm_down(&mut self) {
        for _ in 0..40 * self.services.len() {
            for id in self.ids() {
                let Some(running) = self.world[id.index()].running.clone() else { continue };
                let is_oneshot = self.services[id.index()].oneshot;
                let news = match running {
                    Running { is_up: false, .. } => {
                        self.world[id.index()].running.as_mut().unwrap().is_up = true;
                        News::Started { main: ProcessId { pid: 7, start: 7 }, guard: 6 }
                    }
                    Running { exit: Some(_), .. } | Running { is_asked: true, .. } => {
                        News::Ended { verdict: Verdict::Gone, last: None }
                    }
                    Running { exit: None, .. } if is_oneshot => self.exits(id, 0),
                    Running { probed: Some(purpose @ Purpose::Ready), .. } => {
                        self.is_probed(id, purpose, true);
                        self.follow();
                        continue;
                    }
                    Running { exit: None, .. } => continue,
                };
                self.tell(id, running.run, news);
                self.follow();
            }
            self.take(Step::Wait(60_000));
        }
    }

    pub(super) fn check_calm(&self) {
        assert_eq!(self.fleet.deadline(), None, "nothing is due any more");
        for id in self.ids() {
            let (state, wish) = (self.fleet.state(id), self.world[id.index()].wish);
            assert!(self.fleet.members[id.index()].departure.is_none(), "{id} waits to be stopped for ever");
            let is_resting = !state.is_alive() && state != State::Blocked;
            match wish {
                Some(Wanted::Up) => {
                    assert!(
                        matches!(state, State::Running | State::Ready | State::Blocked | State::Done),
                        "{id} is {state:?}"
                    );
                }
                Some(Wanted::Down) => assert!(is_resting, "{id} is {state:?}"),
                None => {}
            }
            let obstacles = self.fleet.obstacles(id);
            assert_eq!(obstacles.is_empty(), state != State::Blocked, "{id} is {state:?} on {obstacles:?}");
            // what runs on may be waited for to its end
            let stands = |state: State| matches!(state, State::Running | State::Ready);
            assert!(obstacles.iter().all(|found| found.needs_a_person || stands(found.state)), "{obstacles:?}");
        }
    }

    pub(super) fn quit(&mut self) {
        self.is_quitting = true;
        self.ask(&self.ids(), Wish::Quit);
        self.follow();
        self.calm_down();
        for id in self.ids() {
            let state = self.fleet.state(id);
            assert!(!state.is_alive() && state != State::Blocked && state != State::Backoff, "{id} is {state:?}");
        }
    }
}
