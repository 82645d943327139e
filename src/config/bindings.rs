//! The tables `[keys.any]`, `[keys.list]`, `[keys.log]` and `[keys.copy]` → the keymap.

use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Node, Table};
use super::read::{Known, Reader};
use super::suggest::closest;
use crate::keys::{Action, Binding, Chord, Clash, Context, Keymap, Refusal};

pub(super) const KEYS: Known = Known { table: "`[keys]`", keys: &["any", "list", "log", "copy"] };

/// Reads the keys; with a mistake among them, the default keys are returned.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Keymap> {
    let table = reader.table(node)?;
    reader.known(table, &KEYS);
    let mut bindings = Vec::new();
    let mut places = Vec::new();
    for &context in Context::ALL {
        let Some(entry) = table.get(context.name()) else { continue };
        let Some(lines) = reader.table(&entry.node) else { continue };
        for (binding, place) in context_bindings(reader, context, lines) {
            bindings.push(binding);
            places.push(place);
        }
    }
    let refusals = match Keymap::new(&bindings) {
        Ok(keymap) => return Some(keymap),
        Err(refusals) => refusals,
    };
    for refusal in refusals {
        report(reader, refusal, &bindings, &places);
    }
    None
}

fn context_bindings(reader: &mut Reader<'_>, context: Context, lines: &Table) -> Vec<(Binding, Place)> {
    let mut bindings = Vec::with_capacity(lines.len());
    for (word, entry) in lines {
        let chord = word.parse::<Chord>();
        if chord.is_err() {
            let problem = Problem::new(format!("`{}` is no key", visible(word))).at(entry.key);
            reader.report(problem.help("write one such as `r`, `R`, `ctrl-k`, `space`, `pageup` or `f5`"));
        }
        let action = action(reader, &entry.node);
        if let (Ok(chord), Some(action)) = (chord, action) {
            bindings.push((Binding { context, chord, action }, entry.key));
        }
    }
    bindings
}

fn action(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let word = reader.text(node)?;
    if let Ok(action) = word.parse() {
        return Some(action);
    }
    let problem = Problem::new(format!("unknown action `{}`", visible(&word))).at(node.place);
    let meant = closest(&word, Action::ALL.iter().map(|action| action.name()));
    reader.report(match meant {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help("write an action such as `restart`, `stop`, `page-down` or `help`"),
    });
    None
}

fn report(reader: &mut Reader<'_>, refusal: Refusal, bindings: &[Binding], places: &[Place]) {
    match refusal {
        Refusal::Clash(Clash { first, second }) => {
            let (Some(binding), Some(earlier)) = (bindings.get(second), bindings.get(first)) else { return };
            let (Some(place), Some(at_earlier)) = (places.get(second), places.get(first)) else { return };
            let problem = Problem::new(format!("`{}` has two meanings in the same place", binding.chord));
            let label = format!("here it means `{}`", earlier.action);
            reader.report(problem.at(*place).also(*at_earlier, label).help("give one of the two another key"));
        }
        Refusal::Reserved { index, owner } => {
            let Some(place) = places.get(index) else { return };
            let Some(binding) = bindings.get(index) else { return };
            let problem = Problem::new(format!("`{}` always means `{owner}`", binding.chord)).at(*place);
            reader.report(problem.help("choose another key: this is the way out when nothing else answers"));
        }
    }
}
