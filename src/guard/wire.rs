//! Bytes between the dashboard and a guard: each message is its length, then its body; nothing is trusted to be short.

use thiserror::Error;

/// The longest body. The kernel takes about 2 MiB of arguments and environment, so everything that can be run fits.
pub(super) const LONGEST: usize = 4 << 20;

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    /// Longer than anything meant can be.
    #[error("a message longer than {LONGEST} bytes")]
    TooLong,
    /// The body ends within a value.
    #[error("a message that ends too early")]
    TooShort,
    /// The body goes on after its last value.
    #[error("a message with bytes left over")]
    LeftOver,
    /// A number that stands for nothing.
    #[error("a message with the unknown mark {0}")]
    UnknownMark(u64),
}

/// Writes one message.
#[derive(Debug)]
pub(super) struct Encoder {
    body: Vec<u8>,
}

impl Encoder {
    pub(super) fn new(mark: u8) -> Self {
        Self { body: vec![mark] }
    }

    pub(super) fn number(mut self, value: u64) -> Self {
        self.body.extend(value.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self = self.number(value.len() as u64);
        self.body.extend(value);
        self
    }

    pub(super) fn list<T>(mut self, items: &[T], each: impl Fn(Self, &T) -> Self) -> Self {
        self = self.number(items.len() as u64);
        items.iter().fold(self, each)
    }

    /// Returns the message, ready to be sent.
    pub(super) fn finish(self) -> Result<Vec<u8>, Malformed> {
        let length = u32::try_from(self.body.len()).map_err(|_too_long| Malformed::TooLong)?;
        if self.body.len() > LONGEST {
            return Err(Malformed::TooLong);
        }
        let mut frame = length.to_le_bytes().to_vec();
        frame.extend(self.body);
        Ok(frame)
    }
}

/// Reads the values of one body.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed::TooShort)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn mark(&mut self) -> Result<u8, Malformed> {
        self.take(1)?.first().copied().ok_or(Malformed::TooShort)
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let bytes = self.take(8)?.try_into().map_err(|_impossible| Malformed::TooShort)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Reads a number that must fit into a smaller type.
    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        let value = self.number()?;
        T::try_from(value).map_err(|_too_large| Malformed::UnknownMark(value))
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Malformed> {
        let count = self.small()?;
        self.take(count).map(<[u8]>::to_vec)
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    pub(super) fn list<T>(&mut self, each: impl Fn(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let count: usize = self.small()?;
        // grown item by item: a count that lies must not reserve memory
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(each(self)?);
        }
        Ok(items)
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::LeftOver) }
    }
}

/// Collects received bytes and gives out whole bodies.
#[derive(Debug, Default)]
pub(super) struct Frames {
    received: Vec<u8>,
}

impl Frames {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.extend(bytes);
    }

    /// Returns the next whole body, if it has arrived.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Malformed> {
        let Some((length, rest)) = self.received.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > LONGEST {
            return Err(Malformed::TooLong);
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let body = body.to_vec();
        self.received.drain(..4 + length);
        if self.received.is_empty() {
            // the launch may have been large; a guard stays small
            self.received.shrink_to_fit();
        }
        Ok(Some(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_out_whole_however_the_bytes_arrive() {
        let sent =
            [Encoder::new(1).bytes(b"one").finish().unwrap(), Encoder::new(2).number(7).finish().unwrap()].concat();
        let mut frames = Frames::default();
        let mut bodies = Vec::new();
        for byte in sent {
            frames.push(&[byte]);
            bodies.extend(frames.next().unwrap());
        }
        assert_eq!(bodies.iter().map(|body| body[0]).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let mut frames = Frames::default();
        frames.push(&u32::MAX.to_le_bytes());
        assert_eq!(frames.next(), Err(Malformed::TooLong));
        assert_eq!(Encoder::new(0).bytes(&vec![0; LONGEST]).finish(), Err(Malformed::TooLong));
        assert_eq!(Decoder::new(&u64::MAX.to_le_bytes()).bytes(), Err(Malformed::TooShort));
        assert_eq!(Decoder::new(&u64::MAX.to_le_bytes()).list(Decoder::number), Err(Malformed::TooShort));
    }
}
