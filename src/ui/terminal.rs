//! Takes the terminal over, and gives it back as it was: on every way out, and only once.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use tokio::sync::Notify;

use super::osc52;
use crate::screen::{self, CursorShape, Tracking};

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
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l";

/// What of the terminal follows the service that has the keyboard.
static ADAPTED: Mutex<Adapted> = Mutex::new(Adapted::PLAIN);

/// What of the terminal follows the service that has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Adapted {
    /// How much the mouse reports.
    pub(crate) tracking: Tracking,
    /// Whether it reports that its window has the focus.
    pub(crate) focus: bool,
    /// The cursor's shape, and whether it blinks.
    pub(crate) cursor: (CursorShape, bool),
}

impl Adapted {
    /// What it is like while nobody has the keyboard but procdash.
    pub(crate) const PLAIN: Self = Self { tracking: Tracking::Off, focus: false, cursor: (CursorShape::Own, false) };

    /// Returns the sequences that lead from `before` to this.
    fn from(self, before: Self) -> String {
        let mut sequences = String::new();
        if self.tracking != before.tracking {
            // the modes of the mouse exclude each other, and procdash's own is the least
            sequences.push_str(match self.tracking {
                Tracking::Off | Tracking::Presses | Tracking::Clicks => "\x1b[?1003l\x1b[?1002l\x1b[?1000h",
                Tracking::Drag => "\x1b[?1003l\x1b[?1002h",
                Tracking::Motion => "\x1b[?1003h",
            });
        }
        if self.focus != before.focus {
            sequences.push_str(if self.focus { "\x1b[?1004h" } else { "\x1b[?1004l" });
        }
        if self.cursor != before.cursor {
            let steady = match self.cursor.0 {
                CursorShape::Own => None,
                CursorShape::Block => Some(2),
                CursorShape::Underline => Some(4),
                CursorShape::Bar => Some(6),
            };
            let number = steady.map_or(0, |number| number - u8::from(self.cursor.1));
            sequences.extend(["\x1b[", &number.to_string(), " q"]);
        }
        sequences
    }
}

/// Makes the terminal like this, where it is ours.
pub(crate) fn adapt(wanted: Adapted) -> io::Result<()> {
    let mut present = ADAPTED.lock().unwrap_or_else(PoisonError::into_inner);
    if *present == wanted {
        return Ok(());
    }
    let sequences = wanted.from(*present);
    let mut out = io::stdout().lock();
    if TAKEN.load(Ordering::SeqCst) {
        *present = wanted;
        out.write_all(sequences.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// Asks the terminal to put a text on the clipboard, where it is ours.
pub(crate) fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if TAKEN.load(Ordering::SeqCst) && text.len() <= osc52::LONGEST {
        out.write_all(osc52::copying(text).as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// Returns the sequences that undo what was adapted.
fn unadapt() -> String {
    let mut present = ADAPTED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::replace(&mut *present, Adapted::PLAIN);
    Adapted { tracking: before.tracking, ..Adapted::PLAIN }.from(before)
}

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
    let written = give_screen_back(&mut out);
    // last: until here an answer of the terminal to what was written must not be echoed
    let disabled = disable_raw_mode();
    tell(false);
    written.and(disabled).map(|()| true)
}

/// Gives the screen back for good; the terminal's settings are left to the caller.
///
/// For a program that is about to end, in whatever way: the terminal cannot be taken again.
pub fn give_up() {
    let mut out = io::stdout().lock();
    GIVEN_UP.store(true, Ordering::SeqCst);
    if TAKEN.swap(false, Ordering::SeqCst) {
        // the terminal is gone: nothing is left to give back
        let _nobody_to_tell = give_screen_back(&mut out);
    }
}

fn give_screen_back(out: &mut impl Write) -> io::Result<()> {
    let bytes = [unadapt().into_bytes(), leave_screen()].concat();
    out.write_all(&bytes).and_then(|()| out.flush())
}

/// Returns what is written to a terminal to end everything that may have been begun on it, whatever that was.
#[must_use]
pub fn way_back() -> Vec<u8> {
    let adapted = Adapted { focus: true, cursor: (CursorShape::Block, false), ..Adapted::PLAIN };
    [Adapted::PLAIN.from(adapted).into_bytes(), leave_screen()].concat()
}

/// Returns what undoes the taking over; every way of reporting the mouse is switched off.
fn leave_screen() -> Vec<u8> {
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
            if screen::is_contained() {
                // it costs one service's screen, whose log says so
                return;
            }
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
    fn the_terminal_follows_the_service_that_has_the_keyboard_and_comes_back() {
        let vim = Adapted { tracking: Tracking::Drag, focus: true, cursor: (CursorShape::Bar, true) };
        assert_eq!(vim.from(Adapted::PLAIN), "\x1b[?1003l\x1b[?1002h\x1b[?1004h\x1b[5 q");
        assert_eq!(Adapted::PLAIN.from(vim), "\x1b[?1003l\x1b[?1002l\x1b[?1000h\x1b[?1004l\x1b[0 q");
        let block = Adapted { cursor: (CursorShape::Block, false), ..Adapted::PLAIN };
        assert_eq!(block.from(Adapted::PLAIN), "\x1b[2 q");
        assert_eq!(vim.from(vim), "");
    }

    #[test]
    fn a_terminal_that_was_not_taken_is_not_given_back_and_not_drawn_on() {
        assert!(!leave().unwrap());
        let mut frames = FrameWriter::new();
        frames.write_all(b"a frame").unwrap();
        frames.flush().unwrap();
        assert!(frames.frame.is_empty(), "it was let go of, not kept for later");
    }
}
