//! Finds escape sequences in a stream that arrives cut anywhere, and where each of them ends.

use memchr::{memchr, memchr_iter};

pub(super) const ESCAPE: u8 = 0x1b;
/// Breaks off whatever has begun.
pub(super) const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
const BELL: u8 = 0x07;
/// What is kept of a sequence; longer ones mean nothing that is looked for here.
const KEPT: usize = 96;
/// A sequence of colours is rarely longer.
const SHORT: usize = 24;
/// A title, a colour or a picture longer than this is let go of: an emulator would keep all of it.
const LONGEST: usize = 4096;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// ESC, perhaps an intermediate, and a letter.
    Escape { intermediate: Option<u8>, last: u8 },
    /// A control sequence (CSI): parameters with intermediates, and its letter.
    Control { body: &'a [u8], last: u8 },
    /// The beginning of a string that has ended: an operating system command, or a device control string.
    Text { opener: u8, body: &'a [u8] },
    /// A string has become too long: what follows of it is to be left out.
    TooLong,
    /// That string has ended.
    TooLongEnds,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// The ESC that has ended a string.
    Closing,
    Control,
    Text {
        opener: u8,
        length: usize,
    },
}

/// Reads a stream piece by piece.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    state: State,
    held: Vec<u8>,
}

impl Scanner {
    /// Returns the next sequence that ends in `bytes` behind `at`, and moves `at` behind it; `None` at their end.
    pub(super) fn next<'a>(&'a mut self, bytes: &'a [u8], at: &mut usize) -> Option<Found<'a>> {
        loop {
            let rest = bytes.get(*at..).filter(|rest| !rest.is_empty())?;
            match self.state {
                State::Ground => {
                    let place = memchr(ESCAPE, rest)?;
                    *at += place + 1;
                    self.begin(State::Escape);
                    // most sequences are short control sequences that have arrived whole
                    if let Some((body, last, length)) = whole_control(bytes.get(*at..).unwrap_or_default()) {
                        *at += length;
                        self.state = State::Ground;
                        return Some(Found::Control { body, last });
                    }
                }
                State::Closing => self.begin(State::Escape),
                State::Escape => {
                    *at += 1;
                    if let Some(last) = self.after_escape(*rest.first()?) {
                        let intermediate = self.held.first().copied();
                        return Some(Found::Escape { intermediate, last });
                    }
                }
                State::Control => {
                    *at += 1;
                    if let Some(last) = self.in_control(*rest.first()?) {
                        return Some(Found::Control { body: &self.held, last });
                    }
                }
                State::Text { opener, length } => {
                    let (taken, step) = self.in_text(opener, length, rest);
                    *at += taken;
                    match step {
                        Step::On => {}
                        Step::Ended => return Some(Found::Text { opener, body: &self.held }),
                        Step::TooLong => return Some(Found::TooLong),
                        Step::TooLongEnds => return Some(Found::TooLongEnds),
                    }
                }
            }
        }
    }

    /// Returns where the last of the colours ends with which the stream goes on at `at`, text between them; `at` itself
    /// where there is none.
    pub(super) fn skip_colours(&self, bytes: &[u8], at: usize) -> usize {
        let Some(rest) = bytes.get(at..).filter(|_| self.is_ground()) else { return at };
        let mut end = 0;
        for place in memchr_iter(ESCAPE, rest) {
            match rest.get(place + 1..).and_then(colour) {
                Some(length) => end = place + 1 + length,
                None => break,
            }
        }
        at + end
    }

    /// Whether the stream is between sequences.
    pub(super) fn is_ground(&self) -> bool {
        self.state == State::Ground
    }

    /// Whether the stream is in a string.
    pub(super) fn is_in_text(&self) -> bool {
        matches!(self.state, State::Text { .. })
    }

    /// Whether the stream is in a string that has become too long.
    pub(super) fn leaves_out(&self) -> bool {
        matches!(self.state, State::Text { length, .. } if length > LONGEST)
    }

    fn begin(&mut self, state: State) {
        self.held.clear();
        self.state = state;
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.held.len());
        self.held.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// Takes a byte behind ESC; returns the letter of a sequence that has ended with it.
    fn after_escape(&mut self, byte: u8) -> Option<u8> {
        match byte {
            b'[' if self.held.is_empty() => self.begin(State::Control),
            b']' | b'P' | b'X' | b'^' | b'_' if self.held.is_empty() => {
                self.begin(State::Text { opener: byte, length: 0 });
            }
            _ => return self.go_on(byte, 0x30),
        }
        None
    }

    /// Takes a byte of a control sequence; returns the letter that ends it.
    fn in_control(&mut self, byte: u8) -> Option<u8> {
        self.go_on(byte, 0x40)
    }

    /// Takes a byte amid a sequence whose letters begin with `first_letter`; returns the letter that ends it.
    fn go_on(&mut self, byte: u8, first_letter: u8) -> Option<u8> {
        match byte {
            0x20..=0x7e if byte < first_letter => self.hold(&[byte]),
            0x20..=0x7e => {
                self.state = State::Ground;
                return Some(byte);
            }
            ESCAPE => self.begin(State::Escape),
            CANCEL | SUBSTITUTE => self.begin(State::Ground),
            // a control character in the middle acts, and the sequence goes on
            _ => {}
        }
        None
    }

    /// Takes as much of a string as has arrived, but not beyond the place where it becomes too long.
    fn in_text(&mut self, opener: u8, length: usize, rest: &[u8]) -> (usize, Step) {
        let ends = |byte: &u8| match *byte {
            ESCAPE | CANCEL | SUBSTITUTE => true,
            BELL => opener == b']',
            // one of the eight-bit terminators, which the emulator knows in this one place
            0x9c => opener == b'P',
            _ => false,
        };
        let end = rest.iter().position(ends);
        let inside = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
        let room = (LONGEST + 1).saturating_sub(length);
        if length <= LONGEST && inside.len() >= room {
            self.state = State::Text { opener, length: LONGEST + 1 };
            return (room, Step::TooLong);
        }
        self.hold(inside);
        let Some(place) = end else {
            self.state = State::Text { opener, length: (length + inside.len()).min(LONGEST + 1) };
            return (inside.len(), Step::On);
        };
        self.state = if rest.get(place) == Some(&ESCAPE) { State::Closing } else { State::Ground };
        (place + 1, if length > LONGEST { Step::TooLongEnds } else { Step::Ended })
    }
}

enum Step {
    On,
    Ended,
    TooLong,
    TooLongEnds,
}

/// Reads a control sequence behind its ESC, if all of it is there: its body, its letter and its length.
fn whole_control(rest: &[u8]) -> Option<(&[u8], u8, usize)> {
    let (b'[', behind) = rest.split_first()? else { return None };
    let length = behind.iter().take(KEPT).position(|byte| !matches!(byte, 0x20..=0x3f))?;
    let (body, end) = behind.split_at(length);
    let last = *end.first().filter(|byte| matches!(byte, 0x40..=0x7e))?;
    Some((body, last, length + 2))
}

/// Returns the length of a sequence that only colours, behind its ESC, if all of it is there and it is short.
fn colour(behind: &[u8]) -> Option<usize> {
    let body = behind.strip_prefix(b"[")?;
    let length = body.iter().take(SHORT).position(|byte| !matches!(byte, b'0'..=b';'))?;
    (body.get(length) == Some(&b'm')).then_some(length + 2)
}

/// Returns the numbers of a control sequence's body; one that is left out is 0.
pub(super) fn numbers(body: &[u8]) -> impl Iterator<Item = u16> {
    let digits = body.iter().position(|byte| !matches!(byte, 0x3c..=0x3f)).unwrap_or(body.len());
    let parts = body.get(digits..).unwrap_or_default().split(|byte| *byte == b';');
    parts.map(|part| {
        let digits = part.iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u16, |sum, digit| sum.saturating_mul(10).saturating_add(u16::from(digit - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was found, in words, and where each ended; the bytes come in pieces of `piece`.
    fn scan(bytes: &[u8], piece: usize) -> Vec<(String, usize)> {
        let mut scanner = Scanner::default();
        let mut found = Vec::new();
        let mut before = 0;
        for part in bytes.chunks(piece) {
            let mut at = 0;
            while let Some(one) = scanner.next(part, &mut at) {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let word = match one {
                    Found::Escape { intermediate, last } => {
                        format!("esc {:?} {}", intermediate.map(char::from), char::from(last))
                    }
                    Found::Control { body, last } => format!("csi {} {}", text(body), char::from(last)),
                    Found::Text { opener, body } => format!("text {} {}", char::from(opener), text(body)),
                    Found::TooLong => "too long".to_owned(),
                    Found::TooLongEnds => "ends".to_owned(),
                };
                found.push((word, before + at));
            }
            before += part.len();
        }
        found
    }

    #[test]
    fn every_kind_is_found_with_its_end_however_the_stream_is_cut() {
        let stream =
            b"a\x1b[1;31mb\x1b[?1049h\x1b(0\x1b7\x1b]11;?\x07c\x1b]2;x\x1b\\d\x1bP$qm\x1b\\\x1b[2\n3H\x1b[1\x1b[mZ";
        let all = scan(stream, stream.len());
        let words: Vec<&str> = all.iter().map(|(word, _)| word.as_str()).collect();
        let expected = [
            "csi 1;31 m",
            "csi ?1049 h",
            "esc Some('(') 0",
            "esc None 7",
            "text ] 11;?",
            "text ] 2;x",
            "esc None \\",
            "text P $qm",
            "esc None \\",
            "csi 23 H",
            "csi  m",
        ];
        assert_eq!(words, expected);
        for piece in 1..stream.len() {
            assert_eq!(scan(stream, piece), all, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_string_without_an_end_is_left_out_from_its_limit_on() {
        let stream = [b"\x1b]2;".as_slice(), &vec![b'x'; 10_000], b"\x07\x1b[m"].concat();
        for piece in [1, 7, 5000, stream.len()] {
            let found = scan(&stream, piece);
            let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
            assert_eq!(words, ["too long", "ends", "csi  m"], "in pieces of {piece}");
            assert_eq!((found[0].1, found[1].1), (2 + LONGEST + 1, stream.len() - 3));
        }
    }

    #[test]
    fn numbers_are_read_whatever_stands_before_them() {
        assert_eq!(numbers(b"?1;47").collect::<Vec<_>>(), [1, 47]);
        assert_eq!(numbers(b"").collect::<Vec<_>>(), [0]);
        assert_eq!(numbers(b"99999999;;2 ").collect::<Vec<_>>(), [u16::MAX, 0, 2]);
    }
}
