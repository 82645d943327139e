//! An alarm clock: rings at a time of the clock on the wall, also after the machine has slept or the clock was set.

use std::io;
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// An alarm clock. A timer of the run time counts the time that the machine is awake, which is not what a person means
/// by twelve o'clock.
#[derive(Debug, Default)]
pub struct Alarm {
    /// Made when it is set for the first time.
    timer: Option<AsyncFd<OwnedFd>>,
    at: Option<Timestamp>,
}

impl Alarm {
    /// Sets it to another time, or to none. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the kernel has no timer.
    pub fn set(&mut self, at: Option<Timestamp>) -> io::Result<()> {
        if self.at == at {
            return Ok(());
        }
        if self.timer.is_none() {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            self.timer = Some(wait_on(timerfd_create(TimerfdClockId::Realtime, flags)?)?);
        }
        self.arm(at)?;
        self.at = at;
        Ok(())
    }

    fn arm(&self, at: Option<Timestamp>) -> io::Result<()> {
        let Some(timer) = &self.timer else { return Ok(()) };
        // nought takes it off; a time that is long over rings at once
        let nanoseconds = at.map_or(0, |at| at.as_nanosecond().max(1));
        let value = Timespec {
            tv_sec: i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanoseconds % 1_000_000_000).unwrap_or(0),
        };
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        // it also rings when the clock is set, which includes the end of a sleep
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        timerfd_settime(timer, flags, &Itimerspec { it_interval: never, it_value: value })?;
        Ok(())
    }

    /// Waits until it rings: it is time, or the clock was set. It has to be set anew afterwards. Cancel-safe.
    pub async fn rings(&mut self) {
        let Some(timer) = &self.timer else { return std::future::pending().await };
        match timer.readable().await {
            Ok(mut ready) => ready.clear_ready(),
            Err(error) => {
                tracing::error!(%error, "the alarm clock has failed");
                return std::future::pending().await;
            }
        }
        // what it has counted is taken, so that it is quiet until it is set again
        let mut count = [0; 8];
        let _rung_or_set = rustix::io::read(timer, &mut count);
        self.at = None;
    }
}

#[expect(deprecated, reason = "deprecated for types that may close their descriptor early; an OwnedFd does not")]
fn wait_on(timer: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(timer, Interest::READABLE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::*;

    /// Far beyond what a busy machine needs.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn it_rings_at_its_time_once_and_a_time_that_is_over_rings_at_once() {
        let mut alarm = Alarm::default();
        let at = Timestamp::now() + SignedDuration::from_millis(50);
        alarm.set(Some(at)).unwrap();
        tokio::time::timeout(PATIENCE, alarm.rings()).await.unwrap();
        assert!(Timestamp::now() >= at);
        alarm.set(Some(Timestamp::UNIX_EPOCH)).unwrap();
        tokio::time::timeout(PATIENCE, alarm.rings()).await.unwrap();
        alarm.set(Some(at)).unwrap();
        alarm.set(None).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(100), alarm.rings()).await.is_err(), "it was taken off");
    }
}
