//! Walks through the log that a pane shows on a thread of its own, and again through what is new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::id::ServiceId;
use crate::logs::{Answer, LogBuffer, seek};
use crate::supervisor::LogStore;

use super::sought::{Finding, Sought};

/// Findings that wait for the screen; when it is full the walk waits.
const WAITING: usize = 8;

/// What is known of the walk for the present question.
#[derive(Debug)]
struct Walk {
    service: ServiceId,
    asked: u64,
    /// The log's revision that it looks at, or looked at.
    revision: u64,
    /// The first line that may have changed since.
    settled: u64,
    is_under_way: bool,
    is_cancelled: Arc<AtomicBool>,
}

/// Starts walks for one pane and cancels them; one is under way at a time.
#[derive(Debug)]
pub(crate) struct Seeker {
    findings: mpsc::Sender<Finding>,
    walk: Option<Walk>,
}

impl Drop for Seeker {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Makes the way that findings of all panes go.
pub(crate) fn findings() -> (mpsc::Sender<Finding>, mpsc::Receiver<Finding>) {
    mpsc::channel(WAITING)
}

impl Seeker {
    /// Makes a seeker for one pane, which tells what it finds this way.
    pub(crate) fn new(findings: mpsc::Sender<Finding>) -> Self {
        Self { findings, walk: None }
    }

    /// Looks for what is sought now in this service's log, if there is anything that was not looked at.
    ///
    /// Holds the log only to share its chunks.
    pub(crate) fn follow(&mut self, sought: &Sought, service: ServiceId, logs: &LogStore) {
        let is_same = self.walk.as_ref().is_some_and(|walk| walk.asked == sought.asked && walk.service == service);
        if !is_same || !sought.is_active() {
            self.cancel();
        }
        if !sought.is_active() || self.walk.as_ref().is_some_and(|walk| walk.is_under_way) {
            return;
        }
        let Some(log) = logs.lock(service) else { return };
        let again_from = self.walk.as_ref().map(|walk| walk.settled);
        if self.walk.as_ref().is_some_and(|walk| walk.revision == log.revision()) {
            return;
        }
        let is_cancelled = self.start(&log, sought, again_from);
        let (revision, settled) = (log.revision(), log.settled());
        let asked = sought.asked;
        self.walk = Some(Walk { service, asked, revision, settled, is_under_way: true, is_cancelled });
    }

    /// Learns that a finding has arrived.
    pub(crate) fn heard(&mut self, finding: &Finding) {
        if let Some(walk) = self.walk.as_mut().filter(|walk| walk.asked == finding.asked && finding.is_last) {
            walk.is_under_way = false;
        }
    }

    fn cancel(&mut self) {
        if let Some(walk) = self.walk.take() {
            walk.is_cancelled.store(true, Ordering::Relaxed);
        }
    }

    fn start(&self, log: &LogBuffer, sought: &Sought, again_from: Option<u64>) -> Arc<AtomicBool> {
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let (snapshot, question, asked) = (log.snapshot(), sought.question.clone(), sought.asked);
        let (findings, cancelled) = (self.findings.clone(), Arc::clone(&is_cancelled));
        tokio::task::spawn_blocking(move || {
            // what is looked at again replaces what was known at once, not part by part
            let mut whole = Answer::default();
            seek(&snapshot, &question, again_from.unwrap_or(0), |answer| {
                let is_wanted = !cancelled.load(Ordering::Relaxed);
                if again_from.is_some() {
                    whole.hits.extend(answer.hits);
                    whole.kept.extend(answer.kept);
                    return is_wanted;
                }
                let finding = Finding { asked, answer, again_from: None, is_last: false };
                is_wanted && findings.blocking_send(finding).is_ok()
            });
            if !cancelled.load(Ordering::Relaxed) {
                let last = Finding { asked, answer: whole, again_from, is_last: true };
                // the screen may have gone meanwhile
                findings.blocking_send(last).unwrap_or_default();
            }
        });
        is_cancelled
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::logs::{Pattern, Question, Source, Stamp};

    const PATIENCE: Duration = Duration::from_secs(50);

    struct Desk {
        seeker: Seeker,
        findings: mpsc::Receiver<Finding>,
        sought: Sought,
        logs: LogStore,
    }

    impl Desk {
        fn new(search: &str) -> Self {
            let (sender, findings) = super::findings();
            let seeker = Seeker::new(sender);
            let question = Question { search: Some(Pattern::new(search).unwrap()), filter: None };
            Self { seeker, findings, sought: Sought { question, ..Sought::default() }, logs: LogStore::new(2, 1 << 22) }
        }

        fn print(&self, service: u32, text: &[u8]) {
            self.logs.write(ServiceId::new(service), |log| log.push(Source::Output, text, Stamp(0)));
        }

        fn follow(&mut self, service: u32) {
            self.seeker.follow(&self.sought, ServiceId::new(service), &self.logs);
        }

        /// Waits until the walk is over, and returns how many matches there are.
        async fn found(&mut self) -> u64 {
            loop {
                let finding = tokio::time::timeout(PATIENCE, self.findings.recv()).await.unwrap().unwrap();
                self.seeker.heard(&finding);
                let is_last = finding.is_last && finding.asked == self.sought.asked;
                self.sought.learn(&finding);
                if is_last {
                    return self.sought.total;
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_printed_later_is_found_too_and_every_match_counts_once() {
        let mut desk = Desk::new("needle");
        desk.print(0, b"a needle\nhay\nunfinished nee");
        desk.follow(0);
        assert_eq!(desk.found().await, 1);
        desk.print(0, b"dle, needle");
        desk.follow(0);
        assert_eq!(desk.found().await, 3);
        desk.print(0, b"\nneedle\n");
        desk.follow(0);
        assert_eq!(desk.found().await, 4);
        desk.follow(0);
        assert!(desk.findings.try_recv().is_err(), "there is nothing new to look at");
    }

    #[tokio::test]
    async fn another_question_takes_the_place_of_the_one_before() {
        let mut desk = Desk::new("x");
        desk.print(0, &b"xxxxxxxx\n".repeat(200_000));
        desk.print(1, b"y\n");
        desk.follow(0);
        desk.sought.question.search = Some(Pattern::new("y").unwrap());
        desk.sought.ask_again();
        desk.follow(1);
        assert_eq!(desk.found().await, 1);
    }

    #[tokio::test]
    async fn a_long_log_is_told_part_by_part_the_newest_first() {
        let mut desk = Desk::new("needle");
        desk.print(0, b"needle\n");
        desk.print(0, &b"hay\n".repeat(500_000));
        desk.print(0, b"needle\n");
        desk.follow(0);
        let first = tokio::time::timeout(PATIENCE, desk.findings.recv()).await.unwrap().unwrap();
        assert_eq!((first.answer.hits.len(), first.is_last), (1, false));
        desk.sought.learn(&first);
        assert_eq!(desk.found().await, 2);
    }
}
