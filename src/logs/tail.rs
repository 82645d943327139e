//! A line whose end has not arrived: it grows as it comes, and beyond a limit its oldest part is let go of.

use super::carry::{self, Styles};
use super::escape;
use super::lines::{Source, Stamp};
use super::style::Style;

/// What an ended line may leave allocated for the next one.
const KEPT_CAPACITY: usize = 1024;

/// A line whose end has not arrived; without bytes there is no such line.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    at: Stamp,
    /// The styles at its start, once that is no longer where the line began.
    styles: Option<Styles>,
}

impl Tail {
    /// Appends `bytes`, which hold no line end, and returns how many older ones had to go to keep to `limit`.
    ///
    /// `start` tells the styles before the line. What is kept depends on the bytes alone, not on how they were cut into
    /// calls.
    pub(super) fn take(&mut self, bytes: &[u8], (source, at): (Source, Stamp), limit: usize, start: Styles) -> usize {
        if self.bytes.is_empty() {
            self.at = at;
        }
        let mut lost = 0;
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.bytes.len() >= limit {
                lost += self.let_go(limit / 2, source, start);
            }
            let room = limit.saturating_sub(self.bytes.len()).max(1);
            let (fitting, behind) = rest.split_at(room.min(rest.len()));
            self.append(fitting, limit);
            rest = behind;
        }
        lost
    }

    /// Lets go of the oldest bytes, at least `count`, without tearing a character or an escape sequence.
    fn let_go(&mut self, count: usize, source: Source, start: Styles) -> usize {
        let mut styles = self.styles.unwrap_or(start);
        let count = self.place_of_cut(count);
        styles.pass(source, self.bytes.get(..count).unwrap_or_default());
        self.styles = Some(styles);
        self.bytes.drain(..count);
        count
    }

    /// Returns the first place from `wanted` on where a cut tears nothing.
    fn place_of_cut(&self, wanted: usize) -> usize {
        let is_torn = |place: &usize| matches!(self.bytes.get(*place), Some(0x80..=0xbf));
        let place = (wanted..wanted + 4).find(|place| !is_torn(place)).unwrap_or(wanted);
        let (before, _) = self.bytes.split_at(place.min(self.bytes.len()));
        let Some(begin) = carry::scan(before, Style::default()).1 else { return place };
        let sequence = self.bytes.get(begin..).unwrap_or_default();
        // one that has not ended takes everything with it
        begin + escape::read(sequence).1.max(1)
    }

    /// Ends the line, and gives its bytes with the styles at their start, if these were not those of the line's start.
    pub(super) fn end(&mut self) -> (Vec<u8>, Option<Styles>) {
        (std::mem::take(&mut self.bytes), self.styles.take())
    }

    /// Takes memory back for the next line, if it is not much.
    pub(super) fn reuse(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() <= KEPT_CAPACITY {
            bytes.clear();
            self.bytes = bytes;
        }
    }

    /// Appends the line end; a line that was empty begins with it.
    pub(super) fn push_line_end(&mut self, at: Stamp, limit: usize) {
        if self.bytes.is_empty() {
            self.at = at;
        }
        self.append(b"\n", limit);
    }

    /// Returns what has arrived of the line.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns when the first of its bytes arrived.
    pub(super) fn at(&self) -> Stamp {
        self.at
    }

    /// Returns the styles at the start of the bytes, if they are not those at the line's own start.
    pub(super) fn styles(&self) -> Option<Styles> {
        self.styles
    }

    /// Returns whether there is no unfinished line.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the memory that the line takes.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    fn append(&mut self, bytes: &[u8], limit: usize) {
        let needed = self.bytes.len() + bytes.len();
        if needed > self.bytes.capacity() {
            // doubling by hand, so that it ends at the limit (and its line end) and not at twice the limit
            let wanted = (needed * 2).min(limit + 1).max(needed);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
    }
}
