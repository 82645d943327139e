//! Keys and what they do: one key, one table of actions, and the map between them.

mod action;
mod chord;
mod keymap;

pub use action::{Action, Group, UnknownAction};
pub use chord::{Chord, ChordError, Key};
pub use keymap::{Binding, Clash, Context, Keymap, Refusal};
