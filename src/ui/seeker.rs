//! Walks through the log that a pane shows on a thread of its own, and again through what is new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::id::ServiceId;
use crate::logs::{Answer, Question, Snapshot, seek, seek_among};
use crate::supervisor::LogStore;

use super::log_window::{number_of, order_of};
use super::sought::{Finding, Sought};

/// Findings that wait for the screen; when it is full the walk waits.
const WAITING: usize = 8;

/// What is walked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The log of one service.
    One(ServiceId),
    /// The logs of these as one.
    All(Vec<ServiceId>),
}

/// What is known of the walk for the present question.
#[derive(Debug)]
struct Walk {
    ground: Ground,
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

    /// Looks for what is sought now on this ground, if there is anything that was not looked at.
    ///
    /// Holds each log only for a snapshot: nearly all of it is shared.
    pub(crate) fn follow(&mut self, sought: &Sought, ground: Ground, logs: &LogStore) {
        let is_same = self.walk.as_ref().is_some_and(|walk| walk.asked == sought.asked && walk.ground == ground);
        if !is_same || !sought.is_active() {
            self.cancel();
        }
        if !sought.is_active() || self.walk.as_ref().is_some_and(|walk| walk.is_under_way) {
            return;
        }
        let known = self.walk.as_ref().map(|walk| (walk.revision, walk.settled));
        let Some(field) = Field::look(&ground, logs, known) else { return };
        let (revision, settled, asked) = (field.revision, field.settled, sought.asked);
        let is_cancelled = self.start(field, sought, known.map(|(_, settled)| settled));
        self.walk = Some(Walk { ground, asked, revision, settled, is_under_way: true, is_cancelled });
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

    fn start(&self, field: Field, sought: &Sought, again_from: Option<u64>) -> Arc<AtomicBool> {
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let (question, asked) = (sought.question.clone(), sought.asked);
        let (findings, cancelled) = (self.findings.clone(), Arc::clone(&is_cancelled));
        tokio::task::spawn_blocking(move || {
            // what is looked at again replaces what was known at once, not part by part
            let mut whole = Answer::default();
            field.walk(&question, again_from.unwrap_or(0), |answer| {
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

/// What the logs hold at one moment.
struct Field {
    /// Rises with every change.
    revision: u64,
    /// The first line that may still change, or come.
    settled: u64,
    /// Whose; `None` is for a single log, whose lines keep their own numbers.
    services: Option<Vec<ServiceId>>,
    snapshots: Vec<Snapshot>,
}

impl Field {
    /// Shares what the logs hold, unless nothing has changed since what is known.
    fn look(ground: &Ground, logs: &LogStore, known: Option<(u64, u64)>) -> Option<Self> {
        match ground {
            Ground::One(service) => {
                let log = logs.lock(*service)?;
                let (revision, settled) = (log.revision(), log.settled());
                let is_known = known.is_some_and(|(known, _)| known == revision);
                (!is_known).then(|| Self { revision, settled, services: None, snapshots: vec![log.snapshot()] })
            }
            Ground::All(all) => {
                // before the looks: whatever arrives between them is looked at again
                let revision = logs.arrived();
                if known.is_some_and(|(known, _)| known == revision) {
                    return None;
                }
                let from = known.map_or(0, |(_, settled)| order_of(settled));
                let share = |service: &ServiceId| {
                    let log = logs.lock(*service)?;
                    let has_more = log.orders(from).next().is_some();
                    has_more.then(|| (*service, log.snapshot()))
                };
                let (services, snapshots) = all.iter().filter_map(share).unzip();
                let settled = number_of(revision, ServiceId::new(0));
                Some(Self { revision, settled, services: Some(services), snapshots })
            }
        }
    }

    fn walk(&self, question: &Question, from: u64, tell: impl FnMut(Answer) -> bool) {
        match (&self.services, self.snapshots.as_slice()) {
            (None, [snapshot]) => seek(snapshot, question, from, tell),
            (None, _) => {}
            (Some(services), snapshots) => {
                let number = |log: usize, order| {
                    number_of(order, services.get(log).copied().unwrap_or_else(|| ServiceId::new(0)))
                };
                seek_among(snapshots, question, order_of(from), number, tell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::logs::{Pattern, Source, Stamp};

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
            self.seeker.follow(&self.sought, Ground::One(ServiceId::new(service)), &self.logs);
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

    #[tokio::test]
    async fn all_logs_are_walked_through_as_one_and_every_match_counts_once() {
        let mut desk = Desk::new("needle");
        let both = || Ground::All(vec![ServiceId::new(0), ServiceId::new(1)]);
        desk.print(0, b"needle 1\nhay\n");
        desk.print(1, b"hay\nneedle 2\nneedle not over");
        desk.print(0, b"needle 3\n");
        desk.seeker.follow(&desk.sought, both(), &desk.logs);
        assert_eq!(desk.found().await, 3);
        let services: Vec<u64> = desk.sought.hits.iter().map(|hit| hit.line & 1).collect();
        assert_eq!(services, [0, 1, 0], "by the time of their arrival");
        desk.print(1, b", but now\n");
        desk.seeker.follow(&desk.sought, both(), &desk.logs);
        assert_eq!(desk.found().await, 4);
        desk.seeker.follow(&desk.sought, both(), &desk.logs);
        assert!(desk.findings.try_recv().is_err(), "there is nothing new to look at");
    }
}
