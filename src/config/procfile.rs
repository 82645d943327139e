//! The classic `Procfile`: a `name: command` on each line.

use indexmap::IndexMap;
use indexmap::map::Entry as Slot;

use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Entry, Node, Table, Value};

/// Reads a Procfile into the table that the same processes have in `procfile.toml`.
pub(super) fn read(file: usize, text: &str, problems: &mut Vec<Problem>) -> Table {
    let mut processes: Table = IndexMap::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let begin = start + (line.len() - line.trim_start().len());
        let end = begin + trimmed.len();
        let Some((name, command)) = split(trimmed) else {
            let problem = Problem::new("this line has no name in front").at(Place { file, start: begin, end });
            problems.push(problem.help("write `name: command`, or `#` in front of a comment"));
            continue;
        };
        let entry = Entry {
            key: Place { file, start: begin, end: begin + name.len() },
            node: Node {
                place: Place { file, start: end - command.len(), end },
                value: Value::Text(command.to_owned()),
            },
        };
        match processes.entry(name.to_owned()) {
            Slot::Vacant(slot) => drop(slot.insert(entry)),
            Slot::Occupied(slot) => {
                let problem = Problem::new(format!("`{}` is written twice", visible(name))).at(entry.key);
                problems
                    .push(problem.also(slot.get().key, "first written here").help("give one of the two another name"));
            }
        }
    }
    let whole = Place { file, start: 0, end: 0 };
    let node = Node { place: whole, value: Value::Table(processes) };
    IndexMap::from([("processes".to_owned(), Entry { key: whole, node })])
}

/// Splits a line at its first colon; a name has no spaces, or it is the middle of a command that holds a colon.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then(|| (name, command.trim_start()))
}
