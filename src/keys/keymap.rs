//! Which chord does what, and where.

use super::action::Action;
use super::chord::Chord;

/// Which pane has the focus when a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Either pane: `[keys.any]`.
    Any,
    /// The list of services: `[keys.list]`.
    List,
    /// The log: `[keys.log]`.
    Log,
}

/// One line of the configuration's `[keys.…]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The key.
    pub chord: Chord,
    /// What it does.
    pub action: Action,
}

/// Two lines that give the same key two meanings in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The place of the first in the list that was given.
    pub first: usize,
    /// The place of the second.
    pub second: usize,
}

/// Which chord does what, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {}

impl Keymap {
    /// Puts `bindings` over the default keys; a default whose key is taken loses it.
    ///
    /// # Errors
    /// Returns every clash among `bindings`.
    pub fn new(_bindings: &[Binding]) -> Result<Self, Vec<Clash>> {
        unimplemented!()
    }
    /// Returns what `chord` does while `context` has the focus (a context's own keys win over `Any`).
    #[must_use]
    pub fn action(&self, _context: Context, _chord: Chord) -> Option<Action> {
        unimplemented!()
    }
    /// Returns the keys that do `action` while `context` has the focus, the one to show in hints first.
    #[must_use]
    pub fn keys(&self, _context: Context, _action: Action) -> Vec<Chord> {
        unimplemented!()
    }
}
