//! The emulator itself: a screen without scrollback, and the answers that it gives.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use alacritty_terminal::Term;
use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Osc52, TermMode};
use alacritty_terminal::vte::ansi::{CursorShape, CursorStyle, Processor, Timeout};

use super::handler::Handler;
use super::modes::{Modes, MouseEncoding, Tracking};
use super::picture::{self, Picture};
use super::watch::{Setting, Special};
use super::{Background, Size};

/// Answers that nobody has fetched yet; a flood of questions gets no more.
pub(super) const ANSWERS: usize = 4096;

thread_local! {
    /// Whether a panic of this thread is one of the emulator's.
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a panic that is just happening costs one screen and no more.
///
/// For the panic hook, which must not end the program for it.
#[must_use]
pub fn is_contained() -> bool {
    CONTAINED.get()
}

/// The emulator has failed; what it held is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed;

/// Runs `work` so that a panic in it ends nothing but the work.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, Failed> {
    let before = CONTAINED.replace(true);
    // whoever gets `Failed` drops what was worked on, so nobody sees it half done
    let done = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(before);
    done.map_err(|_message_goes_with_the_screen| Failed)
}

/// The answers to the service's questions, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(Arc<Mutex<Vec<u8>>>);

impl Answers {
    /// Adds one, where there is room.
    pub(super) fn give(&self, answer: &[u8]) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() + answer.len() <= ANSWERS {
            waiting.extend_from_slice(answer);
        }
    }

    /// Takes all.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        // a bell, a clipboard and a title go no further than this
        if let Event::PtyWrite(answer) = event {
            self.give(answer.as_bytes());
        }
    }
}

/// Synchronised updates are waited for by whoever holds the bytes back, who knows the time.
#[derive(Debug, Default)]
struct Never;

impl Timeout for Never {
    fn set_timeout(&mut self, _: std::time::Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.rows)
    }

    fn columns(&self) -> usize {
        usize::from(self.columns)
    }
}

/// What the emulator itself does not keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// The title that the service gave itself.
    pub(super) title: String,
    /// The rows between which it scrolls; the second is one past the last.
    pub(super) region: Option<(usize, usize)>,
    clicks_only: bool,
    decimal_mouse: bool,
}

/// A screen, fed with bytes.
pub(super) struct Emulator {
    term: Term<Answers>,
    processor: Processor<Never>,
    answers: Answers,
    extras: Extras,
    background: Background,
    /// The beginning of a character whose end has not come.
    torn: Vec<u8>,
}

/// Returns how many bytes at the end begin a character and do not end it.
fn torn_end(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(3).position(|byte| !matches!(byte, 0x80..=0xbf));
    let Some(behind) = last else { return 0 };
    let needed = match bytes.iter().rev().nth(behind) {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(_) | None => 1,
    };
    if needed > behind + 1 { behind + 1 } else { 0 }
}

impl Emulator {
    /// Makes an empty screen.
    pub(super) fn new(size: Size, background: Background, answers: Answers) -> Self {
        // nobody can ask for a hollow cursor, so it stands for the one that the terminal's owner likes
        let own = CursorStyle { shape: CursorShape::HollowBlock, blinking: false };
        let config =
            Config { scrolling_history: 0, osc52: Osc52::Disabled, default_cursor_style: own, ..Config::default() };
        Self {
            term: Term::new(config, &size, answers.clone()),
            processor: Processor::new(),
            answers,
            extras: Extras::default(),
            background,
            torn: Vec::new(),
        }
    }

    /// Draws.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        // the parser loses a byte where something else follows the beginning of a character in the next piece
        let mut joined = std::mem::take(&mut self.torn);
        joined.extend_from_slice(bytes);
        let (bytes, torn) = joined.split_at(joined.len() - torn_end(&joined));
        self.torn = torn.to_vec();
        // a sequence of eight bytes can ask for a letter 65 535 times
        let budget = bytes.len() + 4 * self.term.columns() * self.term.screen_lines();
        let answers = &self.answers;
        let (term, extras, background) = (&mut self.term, &mut self.extras, self.background);
        self.processor.advance(&mut Handler { term, extras, answers, background, budget }, bytes);
    }

    /// Does what the emulator does not know.
    pub(super) fn special(&mut self, special: Special) {
        match special {
            Special::Alternate(on) => self.alternate(on),
            Special::Cursor(true) => self.feed(b"\x1b7"),
            Special::Cursor(false) => self.feed(b"\x1b8"),
            Special::ClicksOnly(on) => self.extras.clicks_only = on,
            Special::DecimalMouse(on) => self.extras.decimal_mouse = on,
            Special::Reset => self.extras = Extras::default(),
            Special::SoftReset => {
                self.extras.region = None;
                self.feed(b"\x1b[4l\x1b[?6l\x1b[?7h\x1b[?25h\x1b[?1l\x1b>\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[m");
            }
            Special::Version => {
                let version = concat!("\x1bP>|procdash ", env!("CARGO_PKG_VERSION"), "\x1b\\");
                self.answers.give(version.as_bytes());
            }
            Special::ExtendedCursor => {
                let point = self.term.grid().cursor.point;
                let (row, column) = (point.line.0 + 1, point.column.0 + 1);
                self.answers.give(format!("\x1b[?{row};{column}R").as_bytes());
            }
            Special::Unit => self.answers.give(b"\x1bP!|00000000\x1b\\"),
            Special::Setting(setting) => self.answers.give(self.setting(setting).as_bytes()),
            Special::Entry => self.answers.give(b"\x1bP0+r\x1b\\"),
        }
    }

    /// Says how something is set, in the form in which it would be set.
    fn setting(&self, setting: Setting) -> String {
        let rows = self.term.screen_lines();
        let style = self.term.cursor_style();
        let set = match setting {
            Setting::Cursor => match style.shape {
                CursorShape::Underline => format!("{} q", 4 - u8::from(style.blinking)),
                CursorShape::Beam => format!("{} q", 6 - u8::from(style.blinking)),
                CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => {
                    format!("{} q", 2 - u8::from(style.blinking))
                }
            },
            Setting::Attributes => "0m".to_owned(),
            Setting::Region => {
                let (top, end) = self.extras.region.unwrap_or((0, rows));
                format!("{};{end}r", top + 1)
            }
            Setting::Unknown => return "\x1bP0$r\x1b\\".to_owned(),
        };
        format!("\x1bP1$r{set}\x1b\\")
    }

    /// Changes between the two screens; the cursor stays where it is, as it did before mode 1049.
    fn alternate(&mut self, on: bool) {
        if on != self.term.mode().contains(TermMode::ALT_SCREEN) {
            let cursor = self.term.grid().cursor.point;
            self.term.swap_alt();
            self.term.grid_mut().cursor.point = cursor;
        }
    }

    /// Changes the size; the text flows anew where the service does not draw it all.
    pub(super) fn resize(&mut self, size: Size) {
        self.term.resize(size);
        self.extras.region = None;
    }

    /// Returns what is to be seen.
    pub(super) fn picture(&self) -> Picture {
        picture::take(&self.term, &self.extras.title)
    }

    /// Returns how the service wants its input.
    pub(super) fn modes(&self) -> Modes {
        let mode = *self.term.mode();
        let has = |flag| mode.contains(flag);
        let tracking = if has(TermMode::MOUSE_MOTION) {
            Tracking::Motion
        } else if has(TermMode::MOUSE_DRAG) {
            Tracking::Drag
        } else if has(TermMode::MOUSE_REPORT_CLICK) {
            Tracking::Clicks
        } else if self.extras.clicks_only {
            Tracking::Presses
        } else {
            Tracking::Off
        };
        let encoding = if has(TermMode::SGR_MOUSE) {
            MouseEncoding::Sgr
        } else if self.extras.decimal_mouse {
            MouseEncoding::Decimal
        } else if has(TermMode::UTF8_MOUSE) {
            MouseEncoding::Utf8
        } else {
            MouseEncoding::Bytes
        };
        Modes {
            application_cursor: has(TermMode::APP_CURSOR),
            application_keypad: has(TermMode::APP_KEYPAD),
            bracketed_paste: has(TermMode::BRACKETED_PASTE),
            enter_ends_line: has(TermMode::LINE_FEED_NEW_LINE),
            focus: has(TermMode::FOCUS_IN_OUT),
            tracking,
            encoding,
            wheel_as_arrows: has(TermMode::ALT_SCREEN | TermMode::ALTERNATE_SCROLL),
        }
    }
}
