//! One key press: what is written in the file, what the terminal reports, what is shown in hints.

use std::borrow::Cow;
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

/// The keys that have a name: the name in the file, other spellings that are understood, the name on the screen.
const NAMED: &[(Key, &str, &[&str], &str)] = &[
    (Key::Char(' '), "space", &["spc"], "Space"),
    (Key::Enter, "enter", &["return", "ret", "cr"], "Enter"),
    (Key::Esc, "esc", &["escape"], "Esc"),
    (Key::Tab, "tab", &[], "Tab"),
    (Key::Backspace, "backspace", &["bs", "bksp"], "Bksp"),
    (Key::Delete, "delete", &["del"], "Del"),
    (Key::Insert, "insert", &["ins"], "Ins"),
    (Key::Up, "up", &["arrowup"], "↑"),
    (Key::Down, "down", &["arrowdown"], "↓"),
    (Key::Left, "left", &["arrowleft"], "←"),
    (Key::Right, "right", &["arrowright"], "→"),
    (Key::Home, "home", &[], "Home"),
    (Key::End, "end", &[], "End"),
    (Key::PageUp, "pageup", &["pgup", "page-up"], "PgUp"),
    (Key::PageDown, "pagedown", &["pgdown", "pgdn", "page-down"], "PgDn"),
    // characters that are awkward to write in a TOML key; shown and written as themselves
    (Key::Char('`'), "`", &["backquote", "backtick", "grave"], "`"),
    (Key::Char('-'), "-", &["minus", "hyphen"], "-"),
    (Key::Char('+'), "+", &["plus"], "+"),
    (Key::Char('"'), "\"", &["quote"], "\""),
    (Key::Char('\\'), "\\", &["backslash"], "\\"),
    (Key::Char('|'), "|", &["pipe"], "|"),
];

/// The prefixes of each modifier, without the `-` or `+` that follows.
const MODIFIERS: &[(Modifier, &[&str])] = &[
    (Modifier::Ctrl, &["ctrl", "control", "c"]),
    (Modifier::Alt, &["alt", "option", "meta", "a", "m"]),
    (Modifier::Shift, &["shift", "s"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Modifier {
    Ctrl,
    Alt,
    Shift,
}

impl Key {
    /// Returns the name in the file.
    fn name(self) -> Cow<'static, str> {
        self.row().map_or_else(|| self.plain('f'), |row| Cow::Borrowed(row.1))
    }

    /// Returns the name on the screen.
    fn label(self) -> Cow<'static, str> {
        self.row().map_or_else(|| self.plain('F'), |row| Cow::Borrowed(row.3))
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static [&'static str], &'static str)> {
        NAMED.iter().find(|row| row.0 == self)
    }

    /// Spells a key without a row of its own: a character or a function key.
    fn plain(self, function: char) -> Cow<'static, str> {
        if let Self::Function(number) = self {
            return Cow::Owned(format!("{function}{number}"));
        }
        if let Self::Char(char) = self { Cow::Owned(char.to_string()) } else { Cow::Borrowed("") }
    }

    /// Reads a key without modifiers.
    fn read(word: &str) -> Option<Self> {
        let mut chars = word.chars();
        if let (Some(char), None) = (chars.next(), chars.next()) {
            return (!char.is_control()).then_some(Self::Char(char));
        }
        let lower = word.to_ascii_lowercase();
        if let Some(number) = lower.strip_prefix('f').and_then(|digits| digits.parse::<u8>().ok()) {
            // compared with its own spelling, so that `f05` and `f+5` are no second names of it
            let key = Self::Function(number);
            return ((1..=24).contains(&number) && key.name() == lower).then_some(key);
        }
        let row = NAMED.iter().find(|row| row.1 == lower || row.2.contains(&lower.as_str()))?;
        Some(row.0)
    }
}

impl Chord {
    /// Returns the short form for hints and the help, such as `Ctrl-C`, `Space`, `PgUp` or `↑`.
    #[must_use]
    pub fn label(self) -> String {
        let mut label = String::new();
        for (on, prefix) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.is_shifted(), "Shift-")] {
            label.push_str(if on { prefix } else { "" });
        }
        let key = self.key.label();
        let is_letter = matches!(self.key, Key::Char(_)) && key.len() == 1;
        label + &if self.ctrl && is_letter { key.to_ascii_uppercase() } else { key.into_owned() }
    }

    /// Returns whether the word for it has to say `shift`.
    ///
    /// With Control a terminal reports the small letter, so that `ctrl-K` has to mean the same as `ctrl-k`, and the
    /// capital, which some terminals can report, needs the longer word.
    fn is_shifted(self) -> bool {
        if let Key::Char(char) = self.key { self.ctrl && char.is_ascii_uppercase() } else { self.shift }
    }

    /// Applies what was said about Shift and Control to the letter itself; `None` where Shift says nothing known.
    fn normal(self) -> Option<Self> {
        let Key::Char(char) = self.key else { return Some(self) };
        let char = match (self.shift, self.ctrl) {
            (true, _) => capital(char)?,
            (false, true) => char.to_ascii_lowercase(),
            (false, false) => char,
        };
        Some(Self { key: Key::Char(char), shift: false, ..self })
    }
}

impl From<Key> for Chord {
    fn from(key: Key) -> Self {
        Self { key, ctrl: false, alt: false, shift: false }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, prefix) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.is_shifted(), "shift-")] {
            f.write_str(if on { prefix } else { "" })?;
        }
        let name = self.key.name();
        let is_capital = self.is_shifted() && matches!(self.key, Key::Char(_));
        if is_capital { f.write_str(&name.to_ascii_lowercase()) } else { f.write_str(&name) }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    /// Reads `r`, `R`, `ctrl-k`, `C-k`, `shift-tab`, `space`, `PgUp` or `f5`; the case of names is free.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let unknown = || ChordError { word: word.to_owned() };
        let mut chord = Self::from(Key::Esc);
        let mut rest = word;
        while let Some((modifier, after)) = strip_modifier(rest) {
            let flag = match modifier {
                Modifier::Ctrl => &mut chord.ctrl,
                Modifier::Alt => &mut chord.alt,
                Modifier::Shift => &mut chord.shift,
            };
            if std::mem::replace(flag, true) {
                return Err(unknown());
            }
            rest = after;
        }
        if rest.eq_ignore_ascii_case("backtab") && !chord.shift {
            return Ok(Self { key: Key::Tab, shift: true, ..chord });
        }
        chord.key = Key::read(rest).ok_or_else(unknown)?;
        chord.normal().ok_or_else(unknown)
    }
}

/// Takes one modifier off the front of a word, unless nothing would be left to be modified.
fn strip_modifier(word: &str) -> Option<(Modifier, &str)> {
    let end = word.find(['-', '+'])?;
    let name = word.get(..end)?.to_ascii_lowercase();
    let after = word.get(end + 1..).filter(|after| !after.is_empty())?;
    let (modifier, _) = MODIFIERS.iter().find(|(_, names)| names.contains(&name.as_str()))?;
    Some((*modifier, after))
}

/// Returns the capital of a letter, or nothing for what is no letter or has a capital of several.
fn capital(char: char) -> Option<char> {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if char.is_alphabetic() => Some(upper),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(word: &str) -> Chord {
        word.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn all_keys() -> Vec<Key> {
        let characters = ('\u{20}'..='\u{2ff}').filter(|char| !char.is_control()).map(Key::Char);
        characters.chain((1..=24).map(Key::Function)).chain(NAMED.iter().map(|row| row.0)).collect()
    }

    #[test]
    fn every_chord_is_found_again_by_the_word_it_is_shown_as() {
        for key in all_keys() {
            for bits in 0_u8..8 {
                let is_char = matches!(key, Key::Char(_));
                let chord = Chord { key, ctrl: bits & 1 != 0, alt: bits & 2 != 0, shift: !is_char && bits & 4 != 0 };
                assert_eq!(chord.to_string().parse(), Ok(chord), "{chord}");
            }
        }
    }

    #[test]
    fn other_spellings_are_understood() {
        let same = [
            ("C-k", "ctrl-k"),
            ("Ctrl+K", "ctrl-k"),
            ("CONTROL-k", "ctrl-k"),
            ("M-x", "alt-x"),
            ("meta-x", "alt-x"),
            ("alt-ctrl-x", "ctrl-alt-x"),
            ("shift-r", "R"),
            ("shift-R", "R"),
            ("shift-ä", "Ä"),
            ("ctrl-shift-k", "ctrl-shift-k"),
            ("escape", "esc"),
            ("Return", "enter"),
            ("PGUP", "pageup"),
            ("PgDn", "pagedown"),
            ("backtab", "shift-tab"),
            (" ", "space"),
            ("ctrl- ", "ctrl-space"),
            ("backquote", "`"),
            ("minus", "-"),
            ("ctrl+-", "ctrl--"),
            ("ctrl++", "ctrl-+"),
            ("F12", "f12"),
            ("c", "c"),
        ];
        for (spelt, shown) in same {
            assert_eq!(chord(spelt).to_string(), shown, "{spelt}");
        }
    }

    #[test]
    fn what_names_no_key_is_refused_with_the_word_itself() {
        for word in ["", "ctrl-", "ctrl", "rr", "f0", "f25", "f05", "shift-1", "ctrl-ctrl-k", "hyper-x", "\u{7}"] {
            assert_eq!(word.parse::<Chord>(), Err(ChordError { word: word.to_owned() }));
        }
    }

    #[test]
    fn hints_show_the_short_form() {
        let shown = [
            ("r", "r"),
            ("R", "R"),
            ("ctrl-c", "Ctrl-C"),
            ("ctrl-]", "Ctrl-]"),
            ("ctrl-shift-k", "Ctrl-Shift-K"),
            ("alt-x", "Alt-x"),
            ("space", "Space"),
            ("up", "↑"),
            ("pageup", "PgUp"),
            ("shift-tab", "Shift-Tab"),
            ("f5", "F5"),
            ("esc", "Esc"),
        ];
        for (word, label) in shown {
            assert_eq!(chord(word).label(), label);
        }
    }
}
