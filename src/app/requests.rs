//! Signals by which somebody asks the dashboard for something, each request counted once.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::signal::unix::{self, SignalKind};

use crate::guard;
use crate::signal::Signal;

/// How much later the twin of a signal to the whole group may come; the warden needs far less, if it gets a processor.
const TWIN: Duration = Duration::from_secs(1);

/// Signals that come this soon after each other are one: the kernel itself would have merged them, had it been slower.
/// `timeout` sends one to the process and one to its group.
const SAME: Duration = Duration::from_millis(50);

/// The requests that come by one signal.
#[derive(Debug)]
pub(crate) struct Requests {
    signal: Signal,
    stream: unix::Signal,
    twins: Twins,
}

impl Requests {
    /// Listens for `signal`, which does what it did before no more.
    pub(crate) fn listen(signal: Signal) -> io::Result<Self> {
        let stream = unix::signal(SignalKind::from_raw(signal.number()))?;
        Ok(Self { signal, stream, twins: Twins::default() })
    }

    /// Waits for the next request. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<()> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The same, as a stream asks for it.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<()>> {
        while ready!(self.stream.poll_recv(context)).is_some() {
            if self.twins.is_request(guard::times_forwarded(self.signal), Instant::now()) {
                return Poll::Ready(Some(()));
            }
        }
        Poll::Ready(None)
    }
}

/// Tells a request from its twin.
///
/// A signal to the process group reaches the dashboard twice: by itself, and through the warden, which cannot know whether
/// it was sent to the warden alone. One that came through the warden and one that did not are therefore a pair; two that
/// came the same way are two requests, and the second one means to hurry.
#[derive(Debug, Default)]
struct Twins {
    /// How often the warden had passed the signal on.
    forwarded: u32,
    /// The newest whose twin may still come.
    alone: Option<(Way, Instant)>,
    /// When the newest that counted came.
    counted: Option<Instant>,
}

/// How a signal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forwarded,
    Directly,
}

impl Twins {
    /// Takes in a signal, with how often the warden has passed it on by now; returns whether it is a request of its own.
    fn is_request(&mut self, forwarded: u32, now: Instant) -> bool {
        let way = if forwarded == self.forwarded { Way::Directly } else { Way::Forwarded };
        self.forwarded = forwarded;
        if self.alone.is_some_and(|(other, at)| other != way && now.duration_since(at) < TWIN) {
            self.alone = None;
            return false;
        }
        if self.counted.is_some_and(|at| now.duration_since(at) < SAME) {
            return false;
        }
        self.alone = Some((way, now));
        self.counted = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells which of these signals are requests: when each comes, in ms, and how often the warden had passed one on.
    fn requests(signals: &[(u64, u32)]) -> Vec<bool> {
        let begin = Instant::now();
        let mut twins = Twins::default();
        signals.iter().map(|&(at, forwarded)| twins.is_request(forwarded, begin + Duration::from_millis(at))).collect()
    }

    #[test]
    fn a_signal_to_the_group_is_one_request_in_whatever_order_its_twins_come() {
        assert_eq!(requests(&[(0, 0), (1, 1)]), [true, false]);
        assert_eq!(requests(&[(0, 1), (1, 1)]), [true, false]);
        assert_eq!(requests(&[(0, 0), (900, 1)]), [true, false], "a busy machine");
    }

    #[test]
    fn every_signal_to_the_group_is_a_request_once() {
        assert_eq!(requests(&[(0, 0), (1, 1), (300, 1), (301, 2)]), [true, false, true, false]);
    }

    #[test]
    fn signals_that_come_the_same_way_are_requests_each() {
        assert_eq!(requests(&[(0, 1), (200, 2), (400, 3)]), [true, true, true], "to the process that a shell knows");
        assert_eq!(requests(&[(0, 0), (200, 0)]), [true, true], "from the keyboard, or to the dashboard itself");
    }

    #[test]
    fn one_to_the_process_and_one_to_its_group_at_the_same_time_are_one_request() {
        assert_eq!(requests(&[(0, 1), (1, 1), (2, 2)]), [true, false, false]);
        assert_eq!(requests(&[(0, 1), (2, 2), (3, 2)]), [true, false, false]);
    }

    #[test]
    fn a_twin_that_never_came_is_not_waited_for_for_ever() {
        assert_eq!(requests(&[(0, 0), (5000, 1)]), [true, true]);
    }
}
