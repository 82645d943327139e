//! How the probing of a run stands: attempts counted, the last error kept, and what follows from an attempt. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{Check, Probe};
use crate::process::brief;

/// What a service is probed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whether it can be used yet.
    Ready,
    /// Whether it still works.
    Health,
}

/// How the probing of the present run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probing {
    /// What for.
    pub purpose: Purpose,
    /// What is looked at.
    pub what: Arc<str>,
    /// Since when.
    pub since: Instant,
    /// Failures in a row that count.
    pub failures: u32,
    /// How many of them end the run.
    pub retries: Option<u32>,
    /// Why the last attempt has failed; `None` where it has not, or there was none yet.
    pub error: Option<Arc<str>>,
    /// When the next attempt begins; past while it is under way.
    pub next: Option<Instant>,
    /// Successes in a row.
    passes: u32,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It is tried again.
    Again,
    /// The service can be used.
    Passed,
    /// It has failed too often.
    Failed,
}

impl Probing {
    /// Begins to probe.
    pub(crate) fn begin(purpose: Purpose, probe: &Probe, now: Instant) -> Self {
        let next = match (purpose, &probe.check) {
            (Purpose::Health, _) => Some(now + probe.interval),
            (Purpose::Ready, Check::Delay(_) | Check::Log(_)) => None,
            (Purpose::Ready, Check::Http { .. } | Check::Exec(_) | Check::Tcp(_) | Check::Unix(_)) => Some(now),
        };
        let what = probe.check.to_string().into();
        Self { purpose, what, since: now, failures: 0, retries: probe.retries, error: None, next, passes: 0 }
    }

    /// Takes what has come of an attempt.
    pub(crate) fn take(&mut self, probe: &Probe, outcome: Result<(), String>, now: Instant) -> Judgement {
        self.next = Some(now + probe.interval);
        match outcome {
            Ok(()) => {
                (self.failures, self.error) = (0, None);
                self.passes = self.passes.saturating_add(1);
                let is_enough = self.purpose == Purpose::Ready && self.passes >= probe.success_threshold;
                if is_enough { Judgement::Passed } else { Judgement::Again }
            }
            Err(error) => {
                self.passes = 0;
                self.error = Some(error.into());
                if now.saturating_duration_since(self.since) >= probe.start_period {
                    self.failures = self.failures.saturating_add(1);
                }
                let is_over = self.failures > 0 && self.retries.is_some_and(|retries| self.failures >= retries);
                if is_over { Judgement::Failed } else { Judgement::Again }
            }
        }
    }

    /// Says how it stands, without the service's name: `not ready for 12.0 s: GET http://…: 503 (attempt 7 of 60, next in
    /// 400 ms)`; `None` for a service that works.
    #[must_use]
    pub fn sentence(&self, now: Instant) -> Option<String> {
        let lasted = brief(now.saturating_duration_since(self.since));
        match (self.purpose, &self.error) {
            (Purpose::Ready, None) => Some(format!("not ready for {lasted}: waits for {}", self.what)),
            (Purpose::Ready, Some(error)) => Some(format!("not ready for {lasted}: {error}{}", self.attempt(now))),
            (Purpose::Health, None) => None,
            (Purpose::Health, Some(error)) => {
                Some(format!("its last health probe has failed: {error}{}", self.attempt(now)))
            }
        }
    }

    /// Says which attempt the last one was, and when the next comes.
    fn attempt(&self, now: Instant) -> String {
        let which = match (self.failures, self.retries) {
            (0, _) => "in its start period".to_owned(),
            (failures, Some(retries)) => format!("attempt {failures} of {retries}"),
            (failures, None) => format!("attempt {failures}"),
        };
        let left = self.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        if left.is_zero() { format!(" ({which})") } else { format!(" ({which}, next in {})", brief(left)) }
    }

    /// Says why the run is ended, as the rest of a sentence that begins with the service.
    pub(crate) fn verdict(&self, now: Instant) -> String {
        let lasted = brief(now.saturating_duration_since(self.since));
        let error = self.error.as_deref().unwrap_or("no attempt has succeeded");
        match (self.purpose, self.failures) {
            (Purpose::Ready, _) => format!("was not ready after {lasted}: {error}"),
            (Purpose::Health, 1) => format!("became unhealthy: {error}"),
            (Purpose::Health, failures) => format!("became unhealthy: {error}, {failures} times in a row"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::probe;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn no() -> Result<(), String> {
        Err("503".to_owned())
    }

    #[test]
    fn so_many_failures_in_a_row_end_it_and_a_success_between_starts_the_count_again() {
        let probe = Probe { retries: Some(3), ..probe() };
        let now = Instant::now();
        let mut health = Probing::begin(Purpose::Health, &probe, now);
        let mut take = |outcome| health.take(&probe, outcome, now);
        assert_eq!([take(no()), take(no()), take(Ok(()))], [Judgement::Again; 3]);
        assert_eq!([take(no()), take(no()), take(no())], [Judgement::Again, Judgement::Again, Judgement::Failed]);
        assert_eq!(health.verdict(now), "became unhealthy: 503, 3 times in a row");
    }

    #[test]
    fn it_takes_as_many_successes_in_a_row_as_are_asked_for() {
        let probe = Probe { success_threshold: 2, ..probe() };
        let now = Instant::now();
        let mut ready = Probing::begin(Purpose::Ready, &probe, now);
        let mut take = |outcome| ready.take(&probe, outcome, now);
        assert_eq!([take(Ok(())), take(no()), take(Ok(()))], [Judgement::Again; 3]);
        assert_eq!(take(Ok(())), Judgement::Passed);
    }

    #[test]
    fn failures_do_not_count_in_the_start_period_and_never_end_what_has_no_limit() {
        let probe = Probe { retries: Some(1), start_period: SECOND, ..probe() };
        let now = Instant::now();
        let mut ready = Probing::begin(Purpose::Ready, &probe, now);
        assert_eq!(ready.take(&probe, no(), now + SECOND / 2), Judgement::Again);
        assert_eq!(ready.take(&probe, no(), now + SECOND), Judgement::Failed);
        assert_eq!(ready.verdict(now + SECOND), "was not ready after 1.0 s: 503");
        let endless = Probe { retries: None, ..probe };
        let mut ready = Probing::begin(Purpose::Ready, &endless, now);
        assert!((0..1000).all(|_| ready.take(&endless, no(), now + SECOND) == Judgement::Again));
    }

    #[test]
    fn it_is_told_what_is_waited_for_and_then_what_went_wrong_and_when_it_goes_on() {
        let probe = Probe { retries: Some(60), interval: SECOND / 2, ..probe() };
        let now = Instant::now();
        let mut ready = Probing::begin(Purpose::Ready, &probe, now);
        let told = |ready: &Probing, later: Duration| ready.sentence(now + later).expect("it is not ready");
        assert_eq!(told(&ready, SECOND), "not ready for 1.0 s: waits for tcp 5432");
        ready.take(&probe, no(), now + SECOND);
        assert_eq!(told(&ready, SECOND + SECOND / 10), "not ready for 1.1 s: 503 (attempt 1 of 60, next in 400 ms)");
        assert_eq!(told(&ready, 2 * SECOND), "not ready for 2.0 s: 503 (attempt 1 of 60)");
        let mut health = Probing::begin(Purpose::Health, &probe, now);
        assert_eq!(health.sentence(now), None);
        health.take(&probe, no(), now);
        let sentence = health.sentence(now + SECOND);
        assert_eq!(sentence.as_deref(), Some("its last health probe has failed: 503 (attempt 1 of 60)"));
    }
}
