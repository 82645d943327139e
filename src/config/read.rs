//! Reading one value as what it has to be, or saying what is wrong with it.

use std::time::Duration;

use serde::de::{self, DeserializeOwned, IntoDeserializer};
use thiserror::Error;

use super::diagnostic::{Problem, visible};
use super::duration::{self, DurationError};
use super::raw::{Entry, Node, Table, Value};
use super::size::{self, SizeError};
use super::suggest::closest;
use crate::logs::acts;

/// The keys of one table.
pub(super) struct Known {
    /// What the table is called in messages.
    pub(super) table: &'static str,
    pub(super) keys: &'static [&'static str],
}

/// Reads the keys of a table, noting every problem.
pub(super) struct Reader<'a> {
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reads one key with `read`, if it is there.
    pub(super) fn key<T>(
        &mut self,
        table: &Table,
        key: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        table.get(key).and_then(|entry| read(self, &entry.node))
    }

    /// Reports the keys of a table that nobody will read.
    pub(super) fn known(&mut self, table: &Table, known: &Known) {
        self.known_or(table, known, |_, _| None);
    }

    /// Does the same; for an unknown key `advice` is asked first.
    pub(super) fn known_or(&mut self, table: &Table, known: &Known, advice: fn(&str, &Entry) -> Option<String>) {
        for (name, entry) in table {
            if known.keys.contains(&name.as_str()) {
                continue;
            }
            let problem = Problem::new(format!("unknown key `{}`", visible(name))).at(entry.key);
            let meant = || closest(name, known.keys.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
            let help = advice(name, entry).or_else(meant);
            let all = || format!("{} has the keys {}", known.table, quoted_list(known.keys));
            self.report(problem.help(help.unwrap_or_else(all)));
        }
    }

    fn wrong(&mut self, node: &Node, wanted: &str) {
        let found = node.value.kind();
        self.report(Problem::new(format!("expected {wanted}, found {found}")).at(node.place));
    }

    /// Reads a table.
    pub(super) fn table<'n>(&mut self, node: &'n Node) -> Option<&'n Table> {
        if let Value::Table(table) = &node.value {
            return Some(table);
        }
        self.wrong(node, "a table");
        None
    }

    /// Reads a string that the kernel will take: one without a NUL.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        let Value::Text(text) = &node.value else {
            self.wrong(node, "a string");
            return None;
        };
        if text.contains('\0') {
            self.report(Problem::new("a NUL character cannot be passed to a process").at(node.place));
            return None;
        }
        Some(text.clone())
    }

    /// Reads a string with something in it.
    pub(super) fn filled_text(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.report(Problem::new("this is empty").at(node.place));
            return None;
        }
        Some(text)
    }

    /// Reads one line that is shown to people: what a terminal would act on cannot be in it.
    pub(super) fn line(&mut self, node: &Node) -> Option<String> {
        let text = self.filled_text(node)?;
        if text.chars().any(acts) {
            self.report(Problem::new("this is one line, without control characters").at(node.place));
            return None;
        }
        Some(text)
    }

    /// Reads true or false.
    pub(super) fn switch(&mut self, node: &Node) -> Option<bool> {
        if let Value::Switch(switch) = node.value {
            return Some(switch);
        }
        self.wrong(node, "true or false");
        None
    }

    /// Reads a whole number from 0 to `most`.
    pub(super) fn count(&mut self, node: &Node, most: u32) -> Option<u32> {
        let Value::Integer(number) = node.value else {
            self.wrong(node, "a whole number");
            return None;
        };
        let count = number.and_then(|number| u32::try_from(number).ok()).filter(|count| *count <= most);
        if count.is_none() {
            self.report(Problem::new(format!("expected a number from 0 to {most}")).at(node.place));
        }
        count
    }

    /// Reads a list with `read` for each of its items; `wanted` is what to call such a list.
    pub(super) fn list<T>(
        &mut self,
        node: &Node,
        wanted: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::List(items) = &node.value else {
            self.wrong(node, wanted);
            return None;
        };
        // every item is read, also after a bad one, so that all problems are found
        let read: Vec<Option<T>> = items.iter().map(|item| read(self, item)).collect();
        read.into_iter().collect()
    }

    /// Reads a span of time.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        const HELP: &str = "write a number and a unit in quotes, such as \"500ms\", \"5s\" or \"1m 30s\"";
        let problem = match &node.value {
            Value::Text(text) => match duration::parse(text) {
                Ok(duration) => return Some(duration),
                Err(error @ (DurationError::Shape | DurationError::TooLong)) => {
                    Problem::new(format!("`{}` is {error}", visible(text)))
                }
                Err(error @ (DurationError::NoUnit | DurationError::Unit(_))) => {
                    Problem::new(format!("`{}`: {error}", visible(text)))
                }
            },
            Value::Integer(_) | Value::Float(_) => Problem::new("a span of time needs a unit"),
            Value::Switch(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                Problem::new(format!("expected a span of time, found {}", node.value.kind()))
            }
        };
        self.report(problem.at(node.place).help(HELP));
        None
    }

    /// Reads an amount of memory.
    pub(super) fn size(&mut self, node: &Node) -> Option<usize> {
        const HELP: &str = "write a number and a unit in quotes, such as \"512KiB\", \"8MiB\" or \"10MB\"";
        let problem = match &node.value {
            Value::Text(text) => match size::parse(text) {
                Ok(size) => return Some(size),
                Err(error @ (SizeError::Shape | SizeError::TooLarge)) => {
                    Problem::new(format!("`{}` is {error}", visible(text)))
                }
                Err(error @ (SizeError::NoUnit | SizeError::Unit(_))) => {
                    Problem::new(format!("`{}`: {error}", visible(text)))
                }
            },
            Value::Integer(_) | Value::Float(_) => Problem::new("a size needs a unit"),
            Value::Switch(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                Problem::new(format!("expected a size, found {}", node.value.kind()))
            }
        };
        self.report(problem.at(node.place).help(HELP));
        None
    }

    /// Reads one of a few words.
    pub(super) fn word(&mut self, node: &Node, what: &str, words: &[&str]) -> Option<String> {
        let Value::Text(word) = &node.value else {
            self.wrong(node, &format!("one of {}", quoted_list(words)));
            return None;
        };
        if words.contains(&word.as_str()) {
            return Some(word.clone());
        }
        let problem = Problem::new(format!("unknown {what} `{}`", visible(word))).at(node.place);
        self.report(problem.help(format!("write one of {}", quoted_list(words))));
        None
    }

    /// Reads one variant of an enum by the name that serde knows it by.
    pub(super) fn choice<T: DeserializeOwned>(&mut self, node: &Node, what: &str) -> Option<T> {
        let variant = |word: &str| T::deserialize(word.into_deserializer());
        // nothing is named by an empty word, and the refusal of it names them all
        let names = variant("").err().map_or(&[][..], |Unknown(names)| names);
        variant(&self.word(node, what, names)?).ok()
    }
}

/// No variant has this name; these are the names of all.
#[derive(Debug, Error)]
#[error("none of {}", quoted_list(.0))]
struct Unknown(&'static [&'static str]);

impl de::Error for Unknown {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, names: &'static [&'static str]) -> Self {
        Self(names)
    }
}

fn quoted_list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
