//! Spans of time as people write them, `500ms` or `1m 30s`: a number never goes without its unit.

use std::time::Duration;

use thiserror::Error;

/// The units, longest first, with their nanoseconds.
const UNITS: &[(&str, u128)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("ms", 1_000_000),
];

/// The longest time that is taken: added to any moment it must still be a moment.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// Why a text is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// A number stands alone.
    #[error("a number without a unit")]
    NoUnit,
    /// No unit has this name.
    #[error("unknown unit `{0}`")]
    Unit(String),
    /// It is something else.
    #[error("no span of time")]
    Shape,
    /// Nobody waits that long.
    #[error("longer than a year")]
    TooLong,
}

/// Reads `500ms`, `5s`, `1.5h` or `1m 30s`.
///
/// # Errors
/// Says why the text is no span of time.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    let mut nanos: u128 = 0;
    if rest.is_empty() {
        return Err(DurationError::Shape);
    }
    while !rest.is_empty() {
        let (number, after) = split(rest, |char| char.is_ascii_digit() || char == '.');
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        nanos = nanos.saturating_add(scale(number, unit)?);
        rest = after.trim_start();
    }
    let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
    let duration = Duration::from_nanos(nanos);
    if duration > LONGEST { Err(DurationError::TooLong) } else { Ok(duration) }
}

/// Writes it the way it would be spelt in the file.
pub(super) fn spell(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) { format!("{}s", duration.as_secs()) } else { format!("{millis}ms") }
}

/// Splits off the longest beginning of which every character passes.
pub(super) fn split(text: &str, passes: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|char| !passes(char)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn scale(number: &str, unit: &str) -> Result<u128, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(DurationError::Shape);
    }
    if unit.is_empty() {
        return Err(DurationError::NoUnit);
    }
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, nanos) = known.ok_or_else(|| DurationError::Unit(unit.to_owned()))?;
    // nine digits are nanoseconds; what is finer is cut off
    let fraction = format!("{fraction:0<9.9}").parse::<u128>().unwrap_or(0);
    let whole = whole.parse::<u128>().unwrap_or(u128::MAX);
    Ok(whole.saturating_mul(*nanos).saturating_add(fraction * nanos / 1_000_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_a_span_of_time() {
        let spans = [
            ("500ms", 500),
            ("5s", 5_000),
            ("0s", 0),
            ("1m 30s", 90_000),
            ("1m30s", 90_000),
            (" 2 min ", 120_000),
            ("1.5s", 1_500),
            ("0.25h", 900_000),
            ("1d", 86_400_000),
        ];
        for (text, millis) in spans {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_of_time_is_refused_with_the_cause() {
        let refused = [
            ("", DurationError::Shape),
            ("soon", DurationError::Shape),
            ("-5s", DurationError::Shape),
            ("1.s", DurationError::Shape),
            ("1..2s", DurationError::Shape),
            ("5", DurationError::NoUnit),
            ("1m 30", DurationError::NoUnit),
            ("5 fortnights", DurationError::Unit("fortnights".to_owned())),
            ("366d", DurationError::TooLong),
            ("99999999999999999999999999999999999999999999999h", DurationError::TooLong),
        ];
        for (text, error) in refused {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_span_of_time_is_spelt_so_that_it_can_be_read_again() {
        for text in ["500ms", "5s", "90s", "1500ms"] {
            assert_eq!(parse(text).map(spell).as_deref(), Ok(text));
        }
    }
}
