//! What stands beside a log in its file of records: one line of JSON each, so that the log itself stays as it was printed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::logs::Stamp;
use crate::process::Exit;

/// Something that was noted about a log. Places in it are counted in bytes since the log began, over all its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// What stands from this place on arrived at this moment or later.
    Arrived {
        /// When.
        at: Stamp,
        /// Where.
        offset: u64,
    },
    /// Something happened that a reader may want to see there.
    Happened {
        /// When.
        at: Stamp,
        /// Where.
        offset: u64,
        /// What.
        what: Happening,
    },
}

/// What can happen to a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Happening {
    /// The file that is written to begins here.
    File,
    /// A run of the service begins.
    Begin {
        /// Its number since procdash was started.
        run: u32,
        /// Its main process.
        pid: u32,
    },
    /// A run is over.
    End {
        /// Its number.
        run: u32,
        /// The code that it returned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i32>,
        /// The number of the signal that ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<i32>,
    },
    /// So many bytes are missing here: they could not be written.
    Lost {
        /// How many.
        bytes: u64,
    },
}

impl Happening {
    /// Returns the end of a run.
    #[must_use]
    pub fn end(run: u32, exit: Option<Exit>) -> Self {
        let (code, signal) = match exit {
            Some(Exit::Code(code)) => (Some(code), None),
            Some(Exit::Signal { number, .. }) => (None, Some(number)),
            None => (None, None),
        };
        Self::End { run, code, signal }
    }
}

/// A happening as it is spelt: the moment is for people, too.
#[derive(Serialize, Deserialize)]
struct Spelt {
    #[serde(flatten)]
    what: Happening,
    at: Timestamp,
    offset: u64,
}

/// A line of the file; most are of the first kind, which is therefore short.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Arrived(u64, u64),
    Happened(Spelt),
}

impl Record {
    /// Returns when it was.
    #[must_use]
    pub fn at(&self) -> Stamp {
        match self {
            Self::Arrived { at, .. } | Self::Happened { at, .. } => *at,
        }
    }

    /// Returns the place in the log that it is about.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Self::Arrived { offset, .. } | Self::Happened { offset, .. } => *offset,
        }
    }

    /// Returns it as a line of the file, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = match self {
            Self::Arrived { at, offset } => Line::Arrived(at.0, *offset),
            Self::Happened { at, offset, what } => {
                let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
                let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
                Line::Happened(Spelt { what: what.clone(), at, offset: *offset })
            }
        };
        // there is no map in it whose keys are no strings, so there is nothing that could fail
        let text = serde_json::to_string(&line).unwrap_or_default();
        format!("{text}\n")
    }

    /// Reads a line; `None` for one that is no record, such as one that was cut off by a full disk.
    #[must_use]
    pub fn from_line(line: &[u8]) -> Option<Self> {
        Some(match serde_json::from_slice(line).ok()? {
            Line::Arrived(at, offset) => Self::Arrived { at: Stamp(at), offset },
            Line::Happened(Spelt { what, at, offset }) => {
                Self::Happened { at: Stamp(u64::try_from(at.as_millisecond()).unwrap_or_default()), offset, what }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_spelt_for_people_and_read_again() {
        let happened = |what| Record::Happened { at: Stamp(1_763_696_720_123), offset: 7, what };
        let table = [
            (Record::Arrived { at: Stamp(1_763_696_720_123), offset: 7 }, "[1763696720123,7]\n"),
            (
                happened(Happening::Begin { run: 2, pid: 4711 }),
                "{\"event\":\"begin\",\"run\":2,\"pid\":4711,\"at\":\"2025-11-21T03:45:20.123Z\",\"offset\":7}\n",
            ),
            (
                happened(Happening::end(2, Some(Exit::Code(3)))),
                "{\"event\":\"end\",\"run\":2,\"code\":3,\"at\":\"2025-11-21T03:45:20.123Z\",\"offset\":7}\n",
            ),
            (
                happened(Happening::end(2, Some(Exit::Signal { number: 9, core_dumped: false }))),
                "{\"event\":\"end\",\"run\":2,\"signal\":9,\"at\":\"2025-11-21T03:45:20.123Z\",\"offset\":7}\n",
            ),
            (
                happened(Happening::Lost { bytes: 5 }),
                "{\"event\":\"lost\",\"bytes\":5,\"at\":\"2025-11-21T03:45:20.123Z\",\"offset\":7}\n",
            ),
            (happened(Happening::File), "{\"event\":\"file\",\"at\":\"2025-11-21T03:45:20.123Z\",\"offset\":7}\n"),
        ];
        for (record, line) in table {
            assert_eq!(record.to_line(), line);
            assert_eq!(Record::from_line(line.trim_end().as_bytes()), Some(record));
        }
    }

    #[test]
    fn half_a_line_is_no_record() {
        for line in ["", "[17636", "{\"event\":\"end\",\"ru", "{}", "[1,2,3]", "\u{0}"] {
            assert_eq!(Record::from_line(line.as_bytes()), None, "{line}");
        }
    }
}
