//! What a line is: where it came from and when it arrived.

/// A moment, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub u64);

/// How a line of procdash's own is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something began or went as asked.
    Calm,
    /// Something ended well.
    Good,
    /// Something went wrong.
    Bad,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The service, on its terminal or its standard output.
    Output,
    /// The service, on its standard error, where that has its own pipe.
    Error,
    /// procdash itself: where a run began, how it ended.
    Note(Tone),
}

/// One line as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number since the log began, counted from 0; dropped and cleared lines keep theirs.
    pub number: u64,
    /// When its first byte arrived.
    pub at: Stamp,
    /// Its place among the lines of all logs, by the arrival of its end; the last of all while that has not come.
    pub order: u64,
    /// Who wrote it.
    pub source: Source,
    /// Its bytes without the line end.
    pub bytes: &'a [u8],
    /// Whether its end has arrived.
    pub complete: bool,
}

/// What the buffer had to let go of to stay within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Whole lines.
    pub lines: u64,
    /// Bytes as they arrived: those of the dropped lines with their line ends, and those of unfinished lines that grew
    /// too long and had been overwritten by what followed a carriage return.
    pub bytes: u64,
}
