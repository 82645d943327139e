//! Where in the files something stands.

/// A stretch of bytes of one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which file, by its place in the list that was given.
    pub(super) file: usize,
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
}

impl Place {
    /// The end of the first file, for what is missing there.
    pub(super) const END: Self = Self { file: 0, start: usize::MAX, end: usize::MAX };
}
