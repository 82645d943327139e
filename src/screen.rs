//! The screen of a service: bytes in, cells out, and the answers that a terminal gives.
//!
//! Drawing is put off until somebody looks, or until the service asks its terminal something. Text that only flows
//! through in the meantime is let go of but for what is still seen of it, so that a flood costs next to nothing.

mod backlog;
mod emulator;
mod handler;
mod modes;
mod picture;
mod sequences;
mod typed;
mod watch;

#[cfg(test)]
mod tests;

pub use emulator::is_contained;
pub use modes::{Modes, MouseEncoding, Tracking};
pub use picture::{Cursor, CursorShape, Glyph, Picture};
pub use typed::{Button, Motion, Pointer, Typed, encode};

use backlog::{Backlog, Meanwhile};
use emulator::{Answers, Emulator, contained};

/// The largest screen that is drawn; a terminal may claim to be larger.
const LARGEST: (u16, u16) = (1000, 500);

/// A number of cells that an emulator can work with.
///
/// Two columns at the least: with one, a wide character never finds a place, and looking for it takes all memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    columns: u16,
    rows: u16,
}

impl Size {
    /// Returns the nearest size that is possible.
    #[must_use]
    pub fn new(columns: u16, rows: u16) -> Self {
        Self { columns: columns.clamp(2, LARGEST.0), rows: rows.clamp(1, LARGEST.1) }
    }
}

/// What lies behind the text, for services that ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

type Rgb = (u8, u8, u8);

impl Background {
    /// Returns the colours of text and of what lies behind it.
    const fn colours(self) -> (Rgb, Rgb) {
        const INK: Rgb = (0x1c, 0x1c, 0x1c);
        const PAPER: Rgb = (0xe4, 0xe4, 0xe4);
        match self {
            Self::Dark => (PAPER, INK),
            Self::Light => (INK, PAPER),
        }
    }
}

/// Returns a colour of the palette as xterm has it, for services that ask.
fn palette(index: u8) -> Rgb {
    const BASE: [Rgb; 16] = [
        (0x00, 0x00, 0x00),
        (0xcd, 0x00, 0x00),
        (0x00, 0xcd, 0x00),
        (0xcd, 0xcd, 0x00),
        (0x00, 0x00, 0xee),
        (0xcd, 0x00, 0xcd),
        (0x00, 0xcd, 0xcd),
        (0xe5, 0xe5, 0xe5),
        (0x7f, 0x7f, 0x7f),
        (0xff, 0x00, 0x00),
        (0x00, 0xff, 0x00),
        (0xff, 0xff, 0x00),
        (0x5c, 0x5c, 0xff),
        (0xff, 0x00, 0xff),
        (0x00, 0xff, 0xff),
        (0xff, 0xff, 0xff),
    ];
    if let Some(colour) = BASE.get(usize::from(index)) {
        return *colour;
    }
    let Some(cube) = index.checked_sub(16).filter(|place| *place < 216) else {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    };
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

/// The screen of one run of a service.
pub struct Screen {
    size: Size,
    background: Background,
    backlog: Backlog,
    /// Made when it is first needed: most services print lines, and nobody looks at their screen.
    emulator: Option<Emulator>,
    answers: Answers,
    has_failed: bool,
    version: u64,
}

impl Screen {
    /// Makes an empty screen.
    #[must_use]
    pub fn new(size: Size, background: Background) -> Self {
        Self {
            size,
            background,
            backlog: Backlog::default(),
            emulator: None,
            answers: Answers::default(),
            has_failed: false,
            version: 0,
        }
    }

    /// Takes what the service has printed, cut anywhere, and returns what is to be typed in answer.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.version += 1;
        if self.has_failed {
            return Vec::new();
        }
        let meanwhile = self.backlog.push(bytes, usize::from(self.size.rows));
        match meanwhile {
            Meanwhile::Waits => Vec::new(),
            Meanwhile::Overflows => {
                self.draw(true);
                Vec::new()
            }
            Meanwhile::Asks => {
                self.draw(true);
                self.answers.take()
            }
        }
    }

    /// Changes the size.
    pub fn resize(&mut self, size: Size) {
        if self.size == size {
            return;
        }
        self.version += 1;
        if self.emulator.is_some() || self.backlog.lasts() {
            // what was printed was meant for the size of then
            self.draw(true);
        }
        self.size = size;
        self.try_to(|emulator| emulator.resize(size));
    }

    /// Whether the service draws a screen rather than lines.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        !self.has_failed && self.backlog.is_in_use()
    }

    /// Returns which synchronised update has begun and not ended: a look should wait a moment for the end of that one.
    #[must_use]
    pub fn unfinished_update(&self) -> Option<u64> {
        self.backlog.unfinished_update()
    }

    /// Whether the emulator has failed: there is nothing to look at until the next run.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Returns a number that is another one after every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns what is to be seen; `None` if the emulator has failed.
    ///
    /// Without `halfway` an unfinished synchronised update is left out, as far as it was not drawn for its length, for a
    /// question in it or for another size.
    pub fn picture(&mut self, halfway: bool) -> Option<Picture> {
        self.draw(halfway);
        self.emulator()?;
        self.try_to(|emulator| emulator.picture())
    }

    /// Returns how the service wants its input; an unfinished synchronised update counts as little as it is seen.
    pub fn modes(&mut self) -> Modes {
        if !self.backlog.is_empty() {
            self.draw(false);
        }
        self.emulator.as_ref().map(Emulator::modes).unwrap_or_default()
    }

    /// Draws what was put off, but for an unfinished update unless `halfway` says otherwise.
    fn draw(&mut self, halfway: bool) {
        let pieces = self.backlog.take(halfway);
        if pieces.is_empty() || self.emulator().is_none() {
            return;
        }
        self.try_to(|emulator| {
            for (bytes, special) in pieces {
                emulator.feed(&bytes);
                if let Some(special) = special {
                    emulator.special(special);
                }
            }
        });
    }

    /// Returns the emulator, made if need be; `None` after it has failed.
    fn emulator(&mut self) -> Option<&mut Emulator> {
        if self.has_failed {
            return None;
        }
        let (size, background, answers) = (self.size, self.background, &self.answers);
        Some(self.emulator.get_or_insert_with(|| Emulator::new(size, background, answers.clone())))
    }

    /// Lets the emulator work, if there is one; a panic of it costs this screen.
    fn try_to<T>(&mut self, work: impl FnOnce(&mut Emulator) -> T) -> Option<T> {
        let mut emulator = self.emulator.take()?;
        let Ok((done, emulator)) = contained(|| (work(&mut emulator), emulator)) else {
            self.has_failed = true;
            return None;
        };
        self.emulator = Some(emulator);
        Some(done)
    }
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("size", &self.size).field("version", &self.version).finish_non_exhaustive()
    }
}
