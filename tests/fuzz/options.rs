//! What the fuzzer is asked to do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The seed of every run, beside a new one: what it finds is found everywhere.
const FIXED: u64 = 20_261_121;
/// For a run of all tests, each seed half of it.
const SHORT: Duration = Duration::from_secs(4);

/// What to do.
pub(crate) struct Options {
    /// Each gets an equal share of the time.
    pub(crate) seeds: Vec<u64>,
    /// How long.
    pub(crate) time: Duration,
    /// Only this case of the first seed.
    pub(crate) case: Option<u64>,
}

impl Options {
    /// Reads the arguments; those that the test runner of other targets understands are passed over.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut seed, mut seconds, mut case) = (None, None, None);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let place = match argument.as_str() {
                "--seed" => &mut seed,
                "--seconds" => &mut seconds,
                "--case" => &mut case,
                _ => continue,
            };
            let value = arguments.next().unwrap_or_default();
            *place = Some(
                value.parse::<u64>().map_err(|error| format!("{argument} needs a number, not `{value}`: {error}"))?,
            );
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_secs());
        let seeds = match (seed, seconds) {
            (Some(seed), _) => vec![seed],
            (None, Some(_)) => vec![now],
            (None, None) => vec![FIXED, now],
        };
        Ok(Self { seeds, time: seconds.map_or(SHORT, Duration::from_secs), case })
    }
}
