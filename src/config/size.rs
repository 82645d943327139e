//! Amounts of memory as people write them, `8MiB` or `10MB`: a number never goes without its unit.

use thiserror::Error;

use super::duration::split;

/// The units with their bytes; compared without regard to case.
const UNITS: &[(&str, u64)] = &[
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// Why a text is no amount of memory.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum SizeError {
    #[error("a number without a unit")]
    NoUnit,
    #[error("unknown unit `{0}`")]
    Unit(String),
    #[error("no size")]
    Shape,
    #[error("more than can be counted")]
    TooLarge,
}

/// Reads `8MiB`, `10MB`, `512 KiB` or `4096B`.
pub(super) fn parse(text: &str) -> Result<usize, SizeError> {
    let (number, unit) = split(text.trim(), |char| char.is_ascii_digit());
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err(SizeError::Shape);
    }
    if unit.is_empty() {
        return Err(SizeError::NoUnit);
    }
    let known = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name));
    let (_, bytes) = known.ok_or_else(|| SizeError::Unit(unit.to_owned()))?;
    let count = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*bytes));
    count.and_then(|count| usize::try_from(count).ok()).ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_a_size() {
        let sizes = [
            ("8MiB", 8 << 20),
            ("10MB", 10_000_000),
            ("512 kib", 512 << 10),
            ("4096B", 4096),
            ("1GiB", 1 << 30),
            ("2kb", 2_000),
        ];
        for (text, bytes) in sizes {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_cause() {
        let refused = [
            ("", SizeError::Shape),
            ("much", SizeError::Shape),
            ("-8MiB", SizeError::Shape),
            ("8", SizeError::NoUnit),
            ("8 M", SizeError::Unit("M".to_owned())),
            ("1.5MiB", SizeError::Unit(".5MiB".to_owned())),
            ("99999999999999999999GiB", SizeError::TooLarge),
        ];
        for (text, error) in refused {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }
}
