//! The moment from which on somebody wants to read: a time, or how long ago.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use thiserror::Error;

use crate::config::parse_duration;
use crate::logs::Stamp;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(Stamp);

/// A text that is no moment.
#[derive(Debug, Error)]
#[error("write how long ago, such as 10m or `1h 30m`, or a time, such as 14:30, 2026-01-31 or `2026-01-31 14:30`")]
pub struct NoMoment;

impl Since {
    /// Returns the moment.
    #[must_use]
    pub fn stamp(self) -> Stamp {
        self.0
    }

    fn read(text: &str, now: &Zoned) -> Option<Self> {
        let text = text.trim();
        let zone: &TimeZone = now.time_zone();
        let local = |moment: DateTime| Some(zone.to_timestamp(moment).ok()?.as_millisecond());
        let millis = if let Ok(ago) = parse_duration(text) {
            now.timestamp().as_millisecond().checked_sub(i64::try_from(ago.as_millis()).ok()?)?
        } else if let Ok(moment) = text.parse::<Timestamp>() {
            moment.as_millisecond()
        } else if let Ok(moment) = text.parse::<DateTime>() {
            local(moment)?
        } else if let Ok(day) = text.parse::<Date>() {
            local(day.to_datetime(Time::midnight()))?
        } else {
            // a bare number could be any unit
            let time = text.contains(':').then(|| text.parse::<Time>().ok()).flatten()?;
            // of today, or of yesterday where that is still to come
            let today = local(now.date().to_datetime(time))?;
            if today <= now.timestamp().as_millisecond() {
                today
            } else {
                local(now.date().yesterday().ok()?.to_datetime(time))?
            }
        };
        Some(Self(Stamp(u64::try_from(millis).unwrap_or(0))))
    }
}

impl FromStr for Since {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let now = Timestamp::try_from(SystemTime::now()).unwrap_or_default();
        Self::read(text, &now.to_zoned(TimeZone::system())).ok_or(NoMoment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago() {
        let now: Zoned = "2026-03-10T12:00:00+01:00[Europe/Paris]".parse().unwrap();
        let table = [
            ("10m", "2026-03-10T10:50:00Z"),
            ("1h 30m", "2026-03-10T09:30:00Z"),
            ("11:30", "2026-03-10T10:30:00Z"),
            ("14:30", "2026-03-09T13:30:00Z"),
            ("11:30:05", "2026-03-10T10:30:05Z"),
            ("2026-03-01", "2026-02-28T23:00:00Z"),
            ("2026-03-01 08:00", "2026-03-01T07:00:00Z"),
            ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        ];
        for (text, moment) in table {
            let millis = moment.parse::<Timestamp>().unwrap().as_millisecond();
            let expected = Some(Since(Stamp(u64::try_from(millis).unwrap())));
            assert_eq!(Since::read(text, &now), expected, "{text}");
        }
        for text in ["", "10", "soon", "25:00", "2026-13-01", "-5m"] {
            assert_eq!(Since::read(text, &now), None, "{text}");
        }
    }
}
