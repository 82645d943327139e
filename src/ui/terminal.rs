//! Takes the terminal over, and gives it back as it was: on every way out, and only once.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use tokio::sync::Notify;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether it is never to be taken again.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);
/// Told before the first change of the terminal, with `true`, and after the last is taken back, with `false`.
static WITNESS: OnceLock<fn(bool)> = OnceLock::new();
/// Rung when any task of the program panics.
static PANICKED: Notify = Notify::const_new();

/// Reports presses and the wheel, with coordinates beyond 223; not every movement, which would wake us for nothing.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// From here to the next mark the terminal shows nothing, and then all of it.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// Enough for a frame of the largest screens.
const ROOM: usize = 256 * 1024;

/// Holds the terminal; gives it back when dropped.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over, and makes every panic give it back before it says anything.
    ///
    /// # Errors
    /// If the terminal refuses; it is as before then.
    pub fn enter() -> io::Result<Self> {
        give_back_on_panic();
        take()?;
        Ok(Self(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // there is no way left to tell: the terminal itself is what failed
        let _nobody_to_tell = leave();
    }
}

/// Tells `witness` from now on whether the terminal is in our modes, or may be; the first one stays.
pub fn set_witness(witness: fn(bool)) {
    let _the_first_stays = WITNESS.set(witness);
}

fn tell(taken: bool) {
    if let Some(witness) = WITNESS.get() {
        witness(taken);
    }
}

/// Takes the terminal over, where it is not ours already.
pub(crate) fn take() -> io::Result<()> {
    // held until the end: nobody may give the terminal back in the middle of this
    let mut out = io::stdout().lock();
    if GIVEN_UP.load(Ordering::SeqCst) {
        return Err(io::Error::other("the terminal was given up"));
    }
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    tell(true);
    let taken = enable_raw_mode().and_then(|()| {
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        out.write_all(MOUSE_ON)?;
        out.flush()
    });
    if taken.is_err() {
        let _the_first_error_counts = leave();
    }
    taken
}

/// Gives the terminal back and returns whether it was ours; a second call does nothing.
///
/// Safe to call from anywhere, also from a panic hook: nothing is drawn after it.
///
/// # Errors
/// The first that occurred; every step is tried all the same.
pub fn leave() -> io::Result<bool> {
    // of one thread's own it may be had twice
    let mut out = io::stdout().lock();
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(false);
    }
    let written = out.write_all(&way_back()).and_then(|()| out.flush());
    // last: until here an answer of the terminal to what was written must not be echoed
    let disabled = disable_raw_mode();
    tell(false);
    written.and(disabled).map(|()| true)
}

/// Gives the screen back for good and returns whether it was ours; the terminal's settings are left to the caller.
///
/// For a program that is about to end, in whatever way: the terminal cannot be taken again.
pub fn give_up() -> bool {
    let mut out = io::stdout().lock();
    GIVEN_UP.store(true, Ordering::SeqCst);
    let was_ours = TAKEN.swap(false, Ordering::SeqCst);
    if was_ours {
        // the terminal is gone: nothing is left to give back
        let _nobody_to_tell = out.write_all(&way_back()).and_then(|()| out.flush());
    }
    was_ours
}

/// Returns what is written to a terminal to end everything that was begun on it.
#[must_use]
pub fn way_back() -> Vec<u8> {
    let mut bytes = [FRAME_ENDS, MOUSE_OFF].concat();
    // into memory it cannot fail
    let _never = queue!(bytes, DisableBracketedPaste, ResetColor, LeaveAlternateScreen, Show);
    bytes
}

/// Returns when any task of the program has panicked; the terminal was given back then.
pub(crate) async fn panicked() {
    PANICKED.notified().await;
}

fn give_back_on_panic() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // the message below is worth more than an error of the terminal
            let _nobody_to_tell = leave();
            next(info);
            PANICKED.notify_one();
        }));
    });
}

/// Where frames are written: each in one piece, and none at all while the terminal is not ours.
///
/// Not a `BufWriter`: that writes its rest when it is dropped, which after a panic is half a frame on a terminal that
/// was given back.
#[derive(Debug)]
pub(crate) struct FrameWriter {
    frame: Vec<u8>,
    out: Stdout,
}

impl FrameWriter {
    pub(crate) fn new() -> Self {
        Self { frame: Vec::with_capacity(ROOM), out: io::stdout() }
    }
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.is_empty() {
            self.frame.extend_from_slice(FRAME_BEGINS);
        }
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.frame.extend_from_slice(FRAME_ENDS);
        // locked before the look, so that a `leave` in another thread comes after the frame or keeps it from coming
        let mut out = self.out.lock();
        let written =
            if TAKEN.load(Ordering::SeqCst) { out.write_all(&self.frame).and_then(|()| out.flush()) } else { Ok(()) };
        drop(out);
        self.frame.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_was_not_taken_is_not_given_back_and_not_drawn_on() {
        assert!(!leave().unwrap());
        let mut frames = FrameWriter::new();
        frames.write_all(b"a frame").unwrap();
        frames.flush().unwrap();
        assert!(frames.frame.is_empty(), "it was let go of, not kept for later");
    }
}
