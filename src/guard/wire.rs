//! Bytes between the dashboard and a guard: each message is its length, then its body; nothing is trusted to be short.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The longest body. The kernel takes about 2 MiB of arguments and environment, so everything that can be run fits.
pub(super) const LONGEST: usize = 4 << 20;

/// Bytes that are no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    /// Longer than anything meant can be.
    #[error("a message longer than {LONGEST} bytes")]
    TooLong,
    /// The body goes on after its last value.
    #[error("a message with bytes left over")]
    LeftOver,
    /// The body ends within a value, or a value stands for nothing.
    #[error("no message: {0}")]
    Body(#[from] postcard::Error),
}

/// Returns a message with its length before it, ready to be sent.
pub(super) fn encode(message: &impl Serialize) -> Result<Vec<u8>, Malformed> {
    let body = postcard::to_stdvec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LONGEST).ok_or(Malformed::TooLong)?;
    Ok([&length.to_le_bytes(), body.as_slice()].concat())
}

/// Reads the message that is the whole of `body`; a count that lies reserves no more than serde's first megabyte.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let (message, rest) = postcard::take_from_bytes(body)?;
    if rest.is_empty() { Ok(message) } else { Err(Malformed::LeftOver) }
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
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn bodies_come_out_whole_however_the_bytes_arrive() {
        let sent = [encode(&"one").unwrap(), encode(&()).unwrap(), encode(&7_u8).unwrap()].concat();
        let mut frames = Frames::default();
        let mut bodies = Vec::new();
        for byte in sent {
            frames.push(&[byte]);
            bodies.extend(frames.next().unwrap());
        }
        assert_eq!(bodies, [b"\x03one".as_slice(), b"", b"\x07"]);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let mut frames = Frames::default();
        frames.push(&u32::MAX.to_le_bytes());
        assert_eq!(frames.next(), Err(Malformed::TooLong));
        let most = postcard::to_stdvec(&u64::MAX).unwrap();
        let too_early = Err(Malformed::Body(postcard::Error::DeserializeUnexpectedEnd));
        assert_eq!(decode::<String>(&most).map(drop), too_early);
        assert_eq!(decode::<Vec<u64>>(&most).map(drop), too_early);
        assert_eq!(decode::<Vec<OsString>>(&most).map(drop), too_early);
    }
}
