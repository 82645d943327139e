//! Keeps the last line of what a probe prints, and lets go of the rest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::engine::Sink;
use crate::logs::plain_text;

/// How much of the end is kept.
const KEPT: usize = 4 * 1024;
/// The longest line that is told, in characters.
const TOLD: usize = 200;
/// What a probe may print; after that it is not read, and waits in vain for its pipe.
const MOST: usize = 1 << 20;

/// What is left of the output of one probe.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWords {
    /// Of the standard error, then of the output: whoever fails says why on the former.
    ends: [Arc<Mutex<Vec<u8>>>; 2],
    /// Whether the probe is gone, so that the rest may be read.
    is_over: Arc<AtomicBool>,
}

/// The end of a pipe.
struct Ear {
    end: Arc<Mutex<Vec<u8>>>,
    is_over: Arc<AtomicBool>,
    heard: usize,
    closed: watch::Sender<bool>,
}

impl LastWords {
    /// Returns the sink for the standard error (0) or the output (1), and what tells that nothing more will come.
    pub(super) fn ear(&self, which: usize) -> (Box<dyn Sink>, watch::Receiver<bool>) {
        let (closed, is_closed) = watch::channel(false);
        let end = self.ends.get(which).map(Arc::clone).unwrap_or_default();
        (Box::new(Ear { end, is_over: Arc::clone(&self.is_over), heard: 0, closed }), is_closed)
    }

    /// Lets the rest be read; the pump has to be told.
    pub(super) fn over(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Returns the last line with something in it, as it would be shown.
    pub(super) fn line(&self) -> Option<String> {
        self.ends.iter().find_map(|end| {
            let end = end.lock().unwrap_or_else(PoisonError::into_inner);
            let shown = end.rsplit(|byte| *byte == b'\n').map(plain_text);
            let line = shown.map(|line| line.trim().to_owned()).find(|line| !line.is_empty())?;
            Some(match line.char_indices().nth(TOLD) {
                Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
                None => line,
            })
        })
    }
}

impl Sink for Ear {
    fn has_room(&mut self) -> bool {
        self.heard < MOST || self.is_over.load(Ordering::Acquire)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.heard = self.heard.saturating_add(bytes.len());
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.extend_from_slice(bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or(bytes));
        let surplus = end.len().saturating_sub(KEPT);
        end.drain(..surplus);
        drop(end);
        self.closed.send_modify(|_| {});
    }

    fn closed(&mut self) {
        self.closed.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_kept_whatever_came_before_and_without_what_a_terminal_obeys() {
        let words = LastWords::default();
        assert_eq!(words.line(), None);
        let (mut output, _closed) = words.ear(1);
        output.bytes(&b"flood\n".repeat(100_000));
        output.bytes(b"\x1b]0;evil\x07\x1b[31mno ");
        output.bytes(b"response\r\n\n  \n");
        assert_eq!(words.line().as_deref(), Some("no response"));
        let (mut error, _closed) = words.ear(0);
        error.bytes(&b"x".repeat(KEPT * 2));
        let line = words.line().expect("it has spoken");
        assert_eq!(line.chars().count(), TOLD + 1, "{line}");
    }

    #[test]
    fn who_prints_without_an_end_is_not_read_on_until_it_is_gone() {
        let words = LastWords::default();
        let (mut output, _closed) = words.ear(1);
        output.bytes(&b"x".repeat(MOST));
        assert!(!output.has_room());
        words.over();
        assert!(output.has_room());
    }
}
