//! Bytes of a connection into lines that are short enough; pure.

use super::protocol::LONGEST_LINE;

/// A line is longer than any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Collects received bytes and gives out whole lines; never holds more than one line and one piece.
#[derive(Debug, Default)]
pub(super) struct Lines {
    received: Vec<u8>,
    /// How far there is no end of a line, so that nothing is searched twice.
    searched: usize,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// Returns the next whole line without its end, if it has arrived.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let unseen = self.received.get(self.searched..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', unseen).map(|at| self.searched + at) else {
            self.searched = self.received.len();
            return if self.searched >= LONGEST_LINE { Err(TooLong) } else { Ok(None) };
        };
        if end >= LONGEST_LINE {
            return Err(TooLong);
        }
        let rest = self.received.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.received, rest);
        line.pop();
        self.searched = 0;
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_the_bytes_arrive() {
        let mut lines = Lines::default();
        let mut whole = Vec::new();
        for byte in b"one\n\ntwo\nthr" {
            lines.push(&[*byte]);
            whole.extend(lines.next().unwrap());
        }
        assert_eq!(whole, [b"one".as_slice(), b"", b"two"]);
        lines.push(b"ee\nfour\n");
        assert_eq!(lines.next().unwrap().unwrap(), b"three");
        assert_eq!(lines.next().unwrap().unwrap(), b"four");
        assert_eq!(lines.next(), Ok(None));
    }

    #[test]
    fn a_line_may_be_just_so_long_and_one_without_an_end_is_refused_in_time() {
        let mut lines = Lines::default();
        lines.push(&vec![b'x'; LONGEST_LINE - 1]);
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"\n");
        assert_eq!(lines.next().unwrap().unwrap().len(), LONGEST_LINE - 1);
        lines.push(&vec![b'x'; LONGEST_LINE]);
        assert_eq!(lines.next(), Err(TooLong));
        let mut lines = Lines::default();
        lines.push(&vec![b'x'; LONGEST_LINE]);
        lines.push(b"\n");
        assert_eq!(lines.next(), Err(TooLong));
    }
}
