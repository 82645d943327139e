//! Signals by which somebody asks the dashboard for something, each request counted once.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::signal::unix::{self, SignalKind};
use tokio::sync::Notify;

use crate::guard;
use crate::signal::Signal;

/// How much later the twin of a signal to the whole group may come; the warden needs far less, if it gets a processor.
const TWIN: Duration = Duration::from_secs(2);

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

    /// Waits for the next request, by the signal or by a terminal that is gone. Cancel-safe.
    pub(crate) async fn next_or_gone(&mut self, terminal_is_gone: &Notify) -> Option<()> {
        loop {
            tokio::select! {
                request = self.next() => return request,
                () = terminal_is_gone.notified() => {
                    if self.twins.is_new(Way::ByTerminal, Instant::now()) {
                        return Some(());
                    }
                }
            }
        }
    }

    /// [`Self::next`], as a stream asks for it.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<()>> {
        while ready!(self.stream.poll_recv(context)).is_some() {
            if self.twins.is_request(guard::times_forwarded(self.signal), Instant::now()) {
                return Poll::Ready(Some(()));
            }
        }
        Poll::Ready(None)
    }
}

/// Tells a request from its twins.
///
/// One event may reach the dashboard in several ways: a signal to the process group comes by itself and through the
/// warden, which cannot know whether it was sent to the warden alone; and a terminal that is closed is noticed by its
/// errors, too. What comes in different ways is therefore one request, and what comes twice in the same way is two, of
/// which the second means to hurry.
#[derive(Debug, Default)]
struct Twins {
    /// How often the warden had passed the signal on.
    forwarded: u32,
    /// When the newest request came, and in which ways it has come since.
    newest: Option<(Instant, Vec<Way>)>,
}

/// How a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forwarded,
    Directly,
    ByTerminal,
}

impl Twins {
    /// Takes in a signal, with how often the warden has passed it on by now; returns whether it is a request of its own.
    fn is_request(&mut self, forwarded: u32, now: Instant) -> bool {
        let way = if forwarded == self.forwarded { Way::Directly } else { Way::Forwarded };
        self.forwarded = forwarded;
        self.is_new(way, now)
    }

    fn is_new(&mut self, way: Way, now: Instant) -> bool {
        if let Some((at, ways)) = &mut self.newest {
            let age = now.duration_since(*at);
            let is_twin = age < TWIN && !ways.contains(&way);
            if is_twin {
                ways.push(way);
            }
            if is_twin || age < SAME {
                return false;
            }
        }
        self.newest = Some((now, vec![way]));
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
        assert_eq!(requests(&[(0, 0), (1900, 1)]), [true, false], "a busy machine");
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
    fn a_closed_terminal_is_one_request_by_however_many_ways_it_is_noticed() {
        let begin = Instant::now();
        let mut twins = Twins::default();
        assert!(twins.is_new(Way::ByTerminal, begin));
        assert!(!twins.is_request(0, begin + SAME * 2));
        assert!(!twins.is_request(1, begin + SAME * 4));
        assert!(twins.is_request(1, begin + SAME * 6), "another one");
    }

    #[test]
    fn a_twin_that_never_came_is_not_waited_for_for_ever() {
        assert_eq!(requests(&[(0, 0), (5000, 1)]), [true, true]);
    }
}
