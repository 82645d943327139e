//! Which chord does what, and where.

use super::action::{Action, Group};
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
    /// The log while text is selected: `[keys.copy]`.
    Copy,
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

/// Why a list of bindings is no keymap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Two lines mean the same key in the same place.
    Clash(Clash),
    /// The line at this place of the list would take the key of a way out that always works: `ctrl-c` from `interrupt`,
    /// or `ctrl-]` from `detach`.
    Reserved {
        /// The place.
        index: usize,
        /// Whose key it is.
        owner: Action,
    },
}

impl Context {
    /// Every context, in the order of the file.
    pub const ALL: &'static [Self] = &[Self::Any, Self::List, Self::Log, Self::Copy];

    /// Returns its name in the configuration: the part after `keys.`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::List => "list",
            Self::Log => "log",
            Self::Copy => "copy",
        }
    }

    /// Returns where the default keys of an action hold.
    fn of(action: Action) -> Self {
        match action.group() {
            Group::Copying => Self::Copy,
            Group::Services | Group::Moving | Group::Log | Group::Views | Group::Program => Self::Any,
        }
    }

    /// Returns whether one key press can be meant by both.
    fn overlaps(self, other: Self) -> bool {
        self == other || self == Self::Any || other == Self::Any
    }
}

/// Which chord does what, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// What the configuration says, then the defaults: an earlier entry wins over a later one.
    entries: Vec<Binding>,
}

impl Keymap {
    /// Puts `bindings` over the default keys; a default whose key is taken loses it.
    ///
    /// # Errors
    /// Returns every clash among `bindings`, and every try to give a way out away.
    pub fn new(bindings: &[Binding]) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        for (second, binding) in bindings.iter().enumerate() {
            let taken = |owner: &Action| *owner != binding.action && default_chords(*owner).contains(&binding.chord);
            let owners = [Action::Interrupt, Action::Detach].into_iter().filter(taken);
            refusals.extend(owners.map(|owner| Refusal::Reserved { index: second, owner }));
            let earlier = bindings.iter().take(second).enumerate();
            let clashing = earlier.filter(|(_, earlier)| clashes(earlier, binding));
            refusals.extend(clashing.map(|(first, _)| Refusal::Clash(Clash { first, second })));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut entries = bindings.to_vec();
        for &action in Action::ALL {
            let context = Context::of(action);
            entries.extend(default_chords(action).into_iter().map(|chord| Binding { context, chord, action }));
        }
        Ok(Self { entries })
    }

    /// Returns what `chord` does while `context` has the focus (a context's own keys win over `Any`).
    #[must_use]
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        let bound_in = |context| self.entries.iter().find(|entry| entry.context == context && entry.chord == chord);
        bound_in(context).or_else(|| bound_in(Context::Any)).map(|entry| entry.action)
    }

    /// Returns the keys that do `action` while `context` has the focus, the one to show in hints first.
    #[must_use]
    pub fn keys(&self, context: Context, action: Action) -> Vec<Chord> {
        let mut chords: Vec<Chord> = Vec::new();
        for entry in &self.entries {
            let is_live = self.action(context, entry.chord) == Some(action);
            if entry.action == action && is_live && !chords.contains(&entry.chord) {
                chords.push(entry.chord);
            }
        }
        chords
    }
}

impl Default for Keymap {
    /// Returns the default keys alone.
    fn default() -> Self {
        Self::new(&[]).unwrap_or(Self { entries: Vec::new() })
    }
}

/// Returns whether two lines give one key two meanings in one place.
fn clashes(first: &Binding, second: &Binding) -> bool {
    first.chord == second.chord && first.context.overlaps(second.context) && first.action != second.action
}

fn default_chords(action: Action) -> Vec<Chord> {
    action.default_keys().iter().filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(word: &str) -> Chord {
        word.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn bind(context: Context, word: &str, action: Action) -> Binding {
        Binding { context, chord: chord(word), action }
    }

    #[test]
    fn every_default_key_is_a_key() {
        for &action in Action::ALL {
            assert_eq!(default_chords(action).len(), action.default_keys().len(), "{action}");
        }
    }

    #[test]
    fn no_two_actions_share_a_default_key() {
        let placed = |&action: &Action| default_chords(action).into_iter().map(move |key| (Context::of(action), key));
        let mut chords: Vec<(Context, Chord)> = Action::ALL.iter().flat_map(placed).collect();
        let all = chords.len();
        chords.sort_unstable();
        chords.dedup();
        assert_eq!(chords.len(), all);
    }

    #[test]
    fn every_action_has_a_key_and_its_first_default_is_shown_in_hints() {
        let keymap = Keymap::default();
        for &action in Action::ALL {
            let home = Context::of(action);
            for &context in Context::ALL.iter().filter(|context| **context == home || home != Context::Copy) {
                // a key of the selection hides what it means elsewhere
                if context == Context::Copy && home != Context::Copy {
                    continue;
                }
                let keys = keymap.keys(context, action);
                assert_eq!(keys.first().copied(), action.default_keys().first().map(|word| chord(word)), "{action}");
            }
        }
    }

    #[test]
    fn a_key_of_the_file_wins_over_the_default_only_where_it_is_bound() {
        let keymap = Keymap::new(&[bind(Context::List, "x", Action::Kill)]).unwrap();
        assert_eq!(keymap.action(Context::List, chord("x")), Some(Action::Kill));
        assert_eq!(keymap.action(Context::Log, chord("x")), Some(Action::Stop));
        assert_eq!(keymap.keys(Context::List, Action::Kill), [chord("x"), chord("X")]);
        assert_eq!(keymap.keys(Context::List, Action::Stop), []);
        assert_eq!(keymap.keys(Context::Log, Action::Stop), [chord("x")]);
    }

    #[test]
    fn a_key_bound_for_any_pane_wins_over_the_default_in_both() {
        let keymap = Keymap::new(&[bind(Context::Any, "f5", Action::Restart)]).unwrap();
        assert_eq!(keymap.action(Context::Log, chord("f5")), Some(Action::Restart));
        assert_eq!(keymap.action(Context::List, chord("f5")), Some(Action::Restart));
        assert_eq!(keymap.keys(Context::List, Action::Restart), [chord("f5"), chord("r")]);
    }

    #[test]
    fn keys_of_the_selection_mean_it_only_there() {
        let keymap = Keymap::new(&[bind(Context::Any, "e", Action::Kill)]).unwrap();
        assert_eq!(keymap.action(Context::Log, chord("w")), Some(Action::Why));
        assert_eq!(keymap.action(Context::Copy, chord("w")), Some(Action::NextWord));
        assert_eq!(keymap.action(Context::Copy, chord("e")), Some(Action::WordEnd), "it would end the service");
        assert_eq!(keymap.action(Context::Copy, chord("j")), Some(Action::Down));
    }

    #[test]
    fn one_key_with_two_meanings_in_one_place_is_a_clash() {
        let bindings = [
            bind(Context::List, "ctrl-k", Action::Kill),
            bind(Context::Log, "C-k", Action::Stop),
            bind(Context::Any, "ctrl-K", Action::Help),
            bind(Context::List, "f5", Action::Help),
            bind(Context::Any, "f5", Action::Help),
        ];
        let refusals = Keymap::new(&bindings).unwrap_err();
        let clash = |first, second| Refusal::Clash(Clash { first, second });
        assert_eq!(refusals, [clash(0, 2), clash(1, 2)]);
    }

    #[test]
    fn the_way_out_cannot_be_given_away() {
        let bindings = [
            bind(Context::Any, "ctrl-c", Action::Clear),
            bind(Context::Any, "q", Action::Clear),
            bind(Context::Log, "ctrl-]", Action::Clear),
            bind(Context::Any, "f10", Action::Interrupt),
        ];
        let reserved = |index, owner| Refusal::Reserved { index, owner };
        assert_eq!(Keymap::new(&bindings), Err(vec![reserved(0, Action::Interrupt), reserved(2, Action::Detach)]));
    }
}
