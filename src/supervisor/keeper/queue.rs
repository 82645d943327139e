//! What waits to be written: for each service a bounded stretch of bytes, with what is to be noted among them.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::Bell;
use crate::id::{RunId, ServiceId};
use crate::logs::Stamp;
use crate::process::Exit;

/// With so much waiting there is no room: what was read at that moment still comes, 64 KiB at most.
const FULL: usize = 256 * 1024;
/// A buffer that has held less is not worth keeping: services that print now and then hold no memory.
const WORTH_KEEPING: usize = 64 * 1024;
/// So much is written at once.
const MUCH: usize = 64 * 1024;
/// Less than that waits this long for more: a terminal gives 4 KiB at a time, and a write for each would take a core.
const GATHER: Duration = Duration::from_millis(2);

/// Something to note at its place among the bytes.
#[derive(Debug)]
pub(super) enum Word {
    /// Another run begins here.
    Begins,
    /// It runs, with this number and main process.
    Begun { run: RunId, pid: u32 },
    /// It is over; whoever waits for that is told when all before is written.
    Ended { run: RunId, exit: Option<Exit>, done: oneshot::Sender<()> },
}

/// What has come together for one service.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) service: ServiceId,
    /// When the first of it came.
    pub(super) since: Stamp,
    pub(super) bytes: Vec<u8>,
    /// Each with the number of bytes before it.
    pub(super) words: Vec<(usize, Word)>,
}

/// The queues of all services.
///
/// The bytes of each are bounded by [`FULL`]; words come a few for a run.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    bell: Bell,
}

#[derive(Debug, Default)]
struct Waiting {
    services: Vec<Pending>,
    /// Who has something to write, in the order of their turns.
    due: VecDeque<usize>,
    /// A buffer that was written out, for the next who fills one.
    spare: Vec<u8>,
    is_stopped: bool,
}

#[derive(Debug, Default)]
struct Pending {
    since: Stamp,
    bytes: Vec<u8>,
    words: Vec<(usize, Word)>,
    /// Whether the pump waits for room.
    is_awaited: bool,
}

impl Waiting {
    /// Returns how long more may be gathered before anything is written.
    fn patience(&self, now: Stamp) -> Duration {
        let first = self.due.front().and_then(|index| self.services.get(*index));
        let Some(first) = first.filter(|_| !self.is_urgent()) else { return Duration::ZERO };
        GATHER.saturating_sub(Duration::from_millis(now.0.saturating_sub(first.since.0)))
    }

    /// Whether somebody waits for a write, or much would be written.
    fn is_urgent(&self) -> bool {
        self.is_stopped || self.due.iter().filter_map(|index| self.services.get(*index)).any(Pending::is_much)
    }
}

impl Queue {
    pub(super) fn new(services: usize, bell: Bell) -> Self {
        let services = (0..services).map(|_| Pending::default()).collect();
        Self { waiting: Mutex::new(Waiting { services, ..Waiting::default() }), came: Condvar::new(), bell }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // nothing in it panics half way
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room; if not, the bell is rung when there is.
    pub(super) fn has_room(&self, service: ServiceId) -> bool {
        let mut waiting = self.lock();
        let Some(pending) = waiting.services.get_mut(service.index()) else { return true };
        pending.is_awaited = pending.bytes.len() >= FULL;
        !pending.is_awaited
    }

    pub(super) fn push(&self, service: ServiceId, bytes: &[u8], now: Stamp) {
        self.change(service, now, |pending| pending.bytes.extend_from_slice(bytes));
    }

    pub(super) fn say(&self, service: ServiceId, word: Word, now: Stamp) {
        self.change(service, now, |pending| pending.words.push((pending.bytes.len(), word)));
    }

    fn change(&self, service: ServiceId, now: Stamp, change: impl FnOnce(&mut Pending)) {
        let mut guard = self.lock();
        let waiting = &mut *guard;
        let Some(pending) = waiting.services.get_mut(service.index()) else { return };
        let (was_empty, was_much) = (pending.is_empty(), pending.is_much());
        if was_empty {
            pending.since = now;
            waiting.due.push_back(service.index());
        }
        change(pending);
        let is_news = was_empty || (pending.is_much() && !was_much);
        drop(guard);
        if is_news {
            self.came.notify_one();
        }
    }

    /// Waits for something to write; `None` once it was stopped and nothing is left.
    pub(super) fn take(&self, clock: impl Fn() -> Stamp) -> Option<Batch> {
        let mut guard = self.lock();
        loop {
            let patience = guard.patience(clock());
            if !patience.is_zero() {
                let gathered = self.came.wait_timeout_while(guard, patience, |waiting| !waiting.is_urgent());
                guard = gathered.unwrap_or_else(PoisonError::into_inner).0;
            }
            let waiting = &mut *guard;
            let next = waiting.due.pop_front();
            if let Some((index, pending)) = next.and_then(|index| Some((index, waiting.services.get_mut(index)?))) {
                let spare =
                    if pending.bytes.len() < WORTH_KEEPING { Vec::new() } else { mem::take(&mut waiting.spare) };
                let batch = Batch {
                    service: ServiceId::new(u32::try_from(index).unwrap_or(u32::MAX)),
                    since: pending.since,
                    bytes: mem::replace(&mut pending.bytes, spare),
                    words: mem::take(&mut pending.words),
                };
                let is_awaited = mem::take(&mut pending.is_awaited);
                drop(guard);
                if is_awaited {
                    self.bell.ring();
                }
                return Some(batch);
            }
            if waiting.is_stopped {
                return None;
            }
            guard = self.came.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a batch back whose bytes are written, to use its memory again.
    pub(super) fn give_back(&self, mut batch: Batch) {
        if batch.bytes.len() >= WORTH_KEEPING {
            batch.bytes.clear();
            self.lock().spare = batch.bytes;
        }
    }

    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.came.notify_one();
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.words.is_empty()
    }

    fn is_much(&self) -> bool {
        self.bytes.len() >= MUCH || !self.words.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Pump;

    fn service(number: u32) -> ServiceId {
        ServiceId::new(number)
    }

    #[test]
    fn a_full_queue_has_no_room_until_it_was_taken_and_others_have() {
        let pump = Pump::start().unwrap();
        let queue = Queue::new(2, pump.bell());
        queue.push(service(0), &vec![b'x'; FULL - 1], Stamp(1));
        assert!(queue.has_room(service(0)));
        queue.push(service(0), b"yz", Stamp(2));
        assert!(!queue.has_room(service(0)) && queue.has_room(service(1)));
        let batch = queue.take(|| Stamp(100)).unwrap();
        assert_eq!((batch.since, batch.bytes.len()), (Stamp(1), FULL + 1));
        assert!(queue.has_room(service(0)));
    }

    #[test]
    fn everybody_has_a_turn_and_what_is_left_at_the_stop_still_comes() {
        let pump = Pump::start().unwrap();
        let queue = Queue::new(3, pump.bell());
        queue.push(service(2), b"a", Stamp(1));
        queue.push(service(0), b"b", Stamp(2));
        queue.push(service(2), b"c", Stamp(3));
        queue.say(service(2), Word::Begins, Stamp(4));
        queue.stop();
        let batch = queue.take(|| Stamp(100)).unwrap();
        assert_eq!((batch.service, batch.bytes.as_slice(), batch.words.len()), (service(2), b"ac".as_slice(), 1));
        assert_eq!(queue.take(|| Stamp(100)).unwrap().bytes, b"b");
        assert!(queue.take(|| Stamp(100)).is_none());
    }
}
