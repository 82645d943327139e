//! A line whose end has not arrived: it grows up to a limit, and is then cut or loses what was overwritten.

use memchr::memrchr;

use super::escape;
use super::lines::Stamp;

/// The most bytes of one line; a longer one is cut into several.
pub(super) const LINE_LIMIT: usize = 16 * 1024;
/// How far back a cut moves to spare an escape sequence.
const LOOK_BACK: usize = 256;
/// What an ended line may leave allocated for the next one.
const KEPT_CAPACITY: usize = 1024;
const ESCAPE: u8 = 0x1b;

/// A line whose end has not arrived; without bytes there is no such line.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    at: Stamp,
}

/// What becomes of a line that has reached its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// So many bytes at its start were overwritten after a carriage return: they can go.
    Overwritten(usize),
    /// It is cut after so many bytes.
    Cut(usize),
}

impl Tail {
    /// Appends what fits of `bytes`, which hold no line end, and returns the rest and how many bytes were dropped.
    ///
    /// What is kept depends on the bytes alone, not on how they were cut into calls.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8], at: Stamp) -> (&'a [u8], usize) {
        if self.bytes.is_empty() {
            self.at = at;
        }
        let room = LINE_LIMIT.saturating_sub(self.bytes.len()).min(bytes.len());
        let (fitting, rest) = bytes.split_at(room);
        self.append(fitting);
        // a carriage return at the limit may belong to the line end, so it is no reason to cut; more of them mean no more
        let returns = rest.iter().take_while(|byte| **byte == b'\r').count();
        let (_, rest) = rest.split_at(returns);
        if returns == 0 || self.bytes.last() == Some(&b'\r') {
            return (rest, returns);
        }
        self.append(b"\r");
        (rest, returns - 1)
    }

    /// Decides what to do with a line that has reached its limit while more of it has arrived.
    pub(super) fn overflow(&self) -> Overflow {
        let returns = self.bytes.iter().rev().take_while(|byte| **byte == b'\r').count();
        let (shown, _) = self.bytes.split_at(self.bytes.len() - returns);
        match memrchr(b'\r', shown) {
            Some(last) => Overflow::Overwritten(last + 1),
            None if shown.is_empty() => Overflow::Overwritten(self.bytes.len()),
            None => Overflow::Cut(place_of_cut(&self.bytes)),
        }
    }

    /// Forgets the first `count` bytes.
    pub(super) fn forget(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
    }

    /// Ends the line: there is none until more bytes arrive.
    pub(super) fn end(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_CAPACITY {
            self.bytes = Vec::new();
        }
    }

    /// Appends the line end.
    pub(super) fn push_line_end(&mut self) {
        self.append(b"\n");
    }

    /// Returns what has arrived of the line.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns when the first of its bytes arrived.
    pub(super) fn at(&self) -> Stamp {
        self.at
    }

    /// Moves its beginning to `at`, for what came before was cut off.
    pub(super) fn begin(&mut self, at: Stamp) {
        self.at = at;
    }

    /// Returns whether there is no unfinished line.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the memory that the line takes.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    fn append(&mut self, bytes: &[u8]) {
        let needed = self.bytes.len() + bytes.len();
        if needed > self.bytes.capacity() {
            // doubling by hand, so that it ends at the limit (and its line end) and not at twice the limit
            let wanted = (needed * 2).min(LINE_LIMIT + 2).max(needed);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
    }
}

/// Returns the last place where these bytes can be cut without tearing a character or a short escape sequence.
fn place_of_cut(bytes: &[u8]) -> usize {
    let end = bytes.len();
    let (before, window) = bytes.split_at(end.saturating_sub(LOOK_BACK));
    let torn = memrchr(ESCAPE, window).filter(|place| window.get(*place..).is_some_and(escape::is_unfinished));
    let place = torn.map_or_else(|| end - torn_character(bytes), |place| before.len() + place);
    // a cut at 0 would not get anywhere
    if place == 0 { end } else { place }
}

/// Returns how many bytes at the end are the beginning of a UTF-8 sequence whose rest is missing.
fn torn_character(bytes: &[u8]) -> usize {
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 0,
        };
        return if length > back + 1 { back + 1 } else { 0 };
    }
    0
}
