//! When a line arrived, in a column of one width: as time of day, or as time since its run began.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::logs::Stamp;

/// The cells of the column, the gap behind it included: `12:04:29.113 `.
pub(crate) const WIDTH: u16 = 13;

/// Which times lines show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// None.
    #[default]
    Off,
    /// The time of day at which each arrived.
    Clock,
    /// The time since the run began that it belongs to.
    Elapsed,
}

impl Stamps {
    /// Returns what comes next when the key is pressed.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Off => Self::Clock,
            Self::Clock => Self::Elapsed,
            Self::Elapsed => Self::Off,
        }
    }

    /// Returns the cells that it takes.
    pub(crate) const fn width(self) -> u16 {
        match self {
            Self::Off => 0,
            Self::Clock | Self::Elapsed => WIDTH,
        }
    }

    /// Returns what it is called in the pane's border.
    pub(crate) const fn label(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Clock => Some("time of day"),
            Self::Elapsed => Some("since run start"),
        }
    }

    /// Says what lines show now.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Off => "lines do not show when they arrived",
            Self::Clock => "lines show the time of day at which they arrived",
            Self::Elapsed => "lines show when they arrived after the start of their run",
        }
    }

    /// Returns the text of a line that arrived at `at` in a run that began at `began`; never wider than the column.
    pub(crate) fn text(self, at: Stamp, began: Option<Stamp>, zone: &TimeZone) -> String {
        match (self, began) {
            (Self::Off, _) | (Self::Elapsed, None) => String::new(),
            (Self::Clock, _) => clock(at, zone),
            (Self::Elapsed, Some(began)) => format!("{:>12}", elapsed(at.0.saturating_sub(began.0))),
        }
    }
}

fn clock(at: Stamp, zone: &TimeZone) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let Ok(moment) = Timestamp::from_millisecond(millis) else { return String::new() };
    moment.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

/// Shows milliseconds as `+0:03.113`, `+1:02:13.113`, and without them from ten hours on.
fn elapsed(millis: u64) -> String {
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    match hour {
        0 => format!("+{minute}:{second:02}.{rest:03}"),
        1..10 => format!("+{hour}:{minute:02}:{second:02}.{rest:03}"),
        10..100_000 => format!("+{hour}:{minute:02}:{second:02}"),
        _ => format!("+{} days", hour / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_since_a_start_fits_into_the_column() {
        let shown = [0, 3_113, 133_113, 3_733_113, 36_000_000, 359_999_999_999, u64::MAX].map(elapsed);
        let expected =
            ["+0:00.000", "+0:03.113", "+2:13.113", "+1:02:13.113", "+10:00:00", "+99999:59:59", "+213503982334 days"];
        assert_eq!(shown, expected);
        assert!(shown.iter().take(6).all(|text| text.len() < usize::from(WIDTH)));
    }

    #[test]
    fn a_line_of_a_run_whose_start_is_not_known_shows_no_time_since_it() {
        assert_eq!(Stamps::Elapsed.text(Stamp(5000), None, &TimeZone::UTC), "");
        assert_eq!(Stamps::Elapsed.text(Stamp(5000), Some(Stamp(2000)), &TimeZone::UTC), "   +0:03.000");
        assert_eq!(Stamps::Clock.text(Stamp(5000), None, &TimeZone::UTC), "00:00:05.000");
    }
}
