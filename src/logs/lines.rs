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
