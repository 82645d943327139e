//! What was printed and not drawn yet: bounded, with what cannot be seen any more let go of.

use memchr::{memrchr, memrchr_iter};

use super::sequences::{CANCEL, ESCAPE, Found, Scanner};
use super::watch::{Meaning, Special, Watch};

/// More than this is drawn, or let go of where only lines have flowed by.
const LIMIT: usize = 64 * 1024;
/// So much of it may be kept where lines are let go of: with more, it would have to be done again too soon.
const KEPT: usize = LIMIT / 4 * 3;
/// Colours that reach into what is kept are looked for among so many bytes of sequences.
const COLOURS: usize = 2048;

/// What is to be done after something was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// Nothing, until somebody looks.
    Waits,
    /// It has to be drawn, or it would grow on.
    Overflows,
    /// The service waits for an answer.
    Asks,
}

/// A stretch of bytes, and what has to be done behind it.
pub(super) type Piece = (Vec<u8>, Option<Special>);

/// What was printed and not drawn yet.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    scanner: Scanner,
    watch: Watch,
    bytes: Vec<u8>,
    /// From here on there is nothing but text and what edits its line.
    flows_from: usize,
    /// Places, and what has to be done there; in order.
    specials: Vec<(usize, Special)>,
    /// Where an update began that has not ended.
    halfway: Option<usize>,
    /// How many updates have begun.
    updates: u64,
    /// What stands behind the last sequence.
    behind: Behind,
}

/// What stands behind the last sequence, as far as it has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Behind {
    /// Nothing.
    Nothing,
    /// The beginning of another sequence, which adjoins it.
    Sequence,
    /// Text, or there was no sequence yet.
    #[default]
    Other,
}

impl Behind {
    /// Goes on behind these bytes.
    fn pass(self, bytes: &[u8]) -> Self {
        match self {
            _ if bytes.is_empty() => self,
            Self::Nothing if bytes.first() == Some(&ESCAPE) && memrchr(ESCAPE, bytes) == Some(0) => Self::Sequence,
            Self::Sequence if memrchr(ESCAPE, bytes).is_none() => Self::Sequence,
            Self::Nothing | Self::Sequence | Self::Other => Self::Other,
        }
    }
}

impl Backlog {
    /// Adds what was printed on a terminal of so many rows.
    pub(super) fn push(&mut self, bytes: &[u8], rows: usize) -> Meanwhile {
        let (mut at, mut from) = (0, 0);
        let mut asks = false;
        // up to here it was looked at what stands between the sequences
        let mut passed = 0;
        loop {
            // most of what is printed is lines in colours, and those are to cost next to nothing
            if self.watch.is_calm() {
                let behind_colours = self.scanner.skip_colours(bytes, at);
                if behind_colours > at {
                    self.watch.skip();
                    (self.behind, at, passed) = (Behind::Nothing, behind_colours, behind_colours);
                }
            }
            let Some(found) = self.scanner.next(bytes, &mut at) else { break };
            let ends = found == Found::TooLongEnds;
            let too_long = found == Found::TooLong;
            let between = bytes.get(passed..at).unwrap_or_default();
            self.watch.pass(between, rows);
            let adjoins = self.behind.pass(between) == Behind::Sequence;
            (self.behind, passed) = (Behind::Nothing, at);
            let meaning = self.watch.see(&found, adjoins, rows);
            if meaning == Meaning::InLine {
                continue;
            }
            if !ends {
                self.bytes.extend_from_slice(bytes.get(from..at).unwrap_or_default());
            }
            if too_long {
                self.bytes.push(CANCEL);
            }
            from = at;
            self.flows_from = self.bytes.len();
            asks |= self.mark(meaning);
        }
        let between = bytes.get(passed..).unwrap_or_default();
        self.watch.pass(between, rows);
        self.behind = self.behind.pass(between);
        let rest = if self.scanner.leaves_out() { &[] } else { bytes.get(from..).unwrap_or_default() };
        self.add(rest, rows);
        if asks {
            Meanwhile::Asks
        } else if self.bytes.len() > LIMIT {
            Meanwhile::Overflows
        } else {
            Meanwhile::Waits
        }
    }

    /// Adds text behind which nothing lasts.
    fn add(&mut self, text: &[u8], rows: usize) {
        let is_much = self.bytes.len() + text.len() > LIMIT;
        if is_much && self.keep_end(text, rows) {
            return;
        }
        self.bytes.extend_from_slice(text);
        if is_much {
            // many small pieces: none of them holds a screen of lines, but all together do
            let all = self.bytes.split_off(self.flows_from);
            if !self.keep_end(&all, rows) {
                self.bytes.extend_from_slice(&all);
            }
        }
    }

    /// Notes what a sequence means for what was added so far; returns whether it asks something.
    fn mark(&mut self, meaning: Meaning) -> bool {
        let here = self.bytes.len();
        match meaning {
            Meaning::InLine | Meaning::Lasting => false,
            Meaning::Asks => true,
            Meaning::FrameBegins => {
                if self.halfway.is_none() {
                    self.halfway = Some(here);
                    self.updates += 1;
                }
                false
            }
            Meaning::FrameEnds => {
                self.halfway = None;
                false
            }
            Meaning::Special(specials) => {
                let asks = specials.iter().any(|special| special.is_question());
                self.specials.extend(specials.into_iter().map(|special| (here, special)));
                asks
            }
        }
    }

    /// Lets go of lines that have flowed by, with `rest` behind them; returns `false` where that would change what is
    /// seen, or where too little would be gained.
    fn keep_end(&mut self, rest: &[u8], rows: usize) -> bool {
        if !self.watch.flows() || self.scanner.is_in_text() {
            return false;
        }
        // one screen of lines to come to its end, wherever the cursor stands, and one for what stood there to leave it
        let Some(cut) = begin_of_last(rest, 2 * rows) else { return false };
        // a sequence that is not whole yet must stay, and it is the last one
        if !self.scanner.is_ground() && memrchr(0x1b, rest).is_none_or(|begins| begins < cut) {
            return false;
        }
        let (gone, kept) = rest.split_at(cut);
        let (lasting, flowing) = self.bytes.split_at(self.flows_from);
        let Some(colours) = colours_at_end([flowing, gone]) else { return false };
        if kept.len() + colours.len() > KEPT {
            return false;
        }
        let mut bytes = lasting.to_vec();
        // the line before has ended, so what is kept begins at the left, as it did
        bytes.push(b'\r');
        bytes.extend_from_slice(&colours);
        bytes.extend_from_slice(kept);
        self.bytes = bytes;
        true
    }

    /// Takes what is to be drawn: all, or without `halfway` all before an update that has not ended.
    pub(super) fn take(&mut self, halfway: bool) -> Vec<Piece> {
        let end = self.halfway.filter(|_| !halfway).unwrap_or(self.bytes.len()).min(self.bytes.len());
        if end == 0 && self.specials.is_empty() {
            return Vec::new();
        }
        let rest = self.bytes.split_off(end);
        let taken = std::mem::replace(&mut self.bytes, rest);
        let later = self.specials.partition_point(|(place, _)| *place <= end);
        let later = self.specials.split_off(later);
        let now = std::mem::replace(&mut self.specials, later);
        for (place, _) in &mut self.specials {
            *place -= end;
        }
        self.flows_from = self.flows_from.saturating_sub(end);
        self.halfway = self.halfway.map(|place| place.saturating_sub(end));
        let mut pieces = Vec::with_capacity(now.len() + 1);
        let mut from = 0;
        for (place, special) in now {
            pieces.push((taken.get(from..place).unwrap_or_default().to_vec(), Some(special)));
            from = place;
        }
        pieces.push((taken.get(from..).unwrap_or_default().to_vec(), None));
        pieces
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.specials.is_empty()
    }

    /// Whether something waits that changes more than the line it stands in.
    pub(super) fn lasts(&self) -> bool {
        self.flows_from > 0 || !self.specials.is_empty()
    }

    /// Returns which update has begun and not ended: each has a number of its own.
    pub(super) fn unfinished_update(&self) -> Option<u64> {
        self.halfway.map(|_| self.updates)
    }

    /// Whether the service draws a screen rather than lines.
    pub(super) fn is_in_use(&self) -> bool {
        self.watch.is_in_use()
    }
}

/// Returns where the last `count` whole lines and what follows them begin, right behind the end of a line.
fn begin_of_last(bytes: &[u8], count: usize) -> Option<usize> {
    let ends = memrchr_iter(b'\n', bytes).skip(count);
    // without the carriage return, the column of the line before would matter
    let end =
        ends.take(count + 8).find(|end| end.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r'))?;
    Some(end + 1)
}

/// Returns the sequences that say which colours hold behind these parts; `None` where that is not told shortly.
fn colours_at_end(parts: [&[u8]; 2]) -> Option<Vec<u8>> {
    let mut found: Vec<&[u8]> = Vec::new();
    let mut length = 0;
    'all: for part in parts.into_iter().rev() {
        for place in memrchr_iter(0x1b, part) {
            let sequence = part.get(place..)?;
            let body = sequence.strip_prefix(b"\x1b[")?;
            let end = body.iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
            match body.get(end) {
                Some(b'm') => {}
                Some(0x40..=0x7e) => continue,
                // a control character inside a sequence: not worth to be understood here
                Some(_) | None => return None,
            }
            let sequence = sequence.get(..end + 3)?;
            length += sequence.len();
            if length > COLOURS {
                return None;
            }
            found.push(sequence);
            if matches!(body.get(..end)?, [] | [b'0'] | [b'0', b';', ..]) {
                break 'all;
            }
        }
    }
    Some(found.into_iter().rev().flatten().copied().collect())
}

impl Special {
    /// Whether the service waits for an answer to it.
    fn is_question(self) -> bool {
        match self {
            Self::Version | Self::ExtendedCursor | Self::Unit | Self::Setting(_) | Self::Entry => true,
            Self::Alternate(_)
            | Self::Cursor(_)
            | Self::ClicksOnly(_)
            | Self::DecimalMouse(_)
            | Self::Reset
            | Self::SoftReset => false,
        }
    }
}
