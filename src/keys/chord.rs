//! One key press: what is written in the file, what the terminal reports, what is shown in hints.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The key itself, without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character as typed: an upper-case letter stands for Shift and its key.
    Char(char),
    /// F1 to F24.
    Function(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Control.
    pub ctrl: bool,
    /// Alt (Option, Meta).
    pub alt: bool,
    /// Shift, only where the key is no character.
    pub shift: bool,
}

/// Why a word is no chord.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{word}` is no key; write one such as `r`, `R`, `ctrl-k`, `space`, `pageup` or `f5`")]
pub struct ChordError {
    /// The word.
    pub word: String,
}

impl fmt::Display for Chord {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl FromStr for Chord {
    type Err = ChordError;
    fn from_str(_word: &str) -> Result<Self, Self::Err> {
        unimplemented!()
    }
}
