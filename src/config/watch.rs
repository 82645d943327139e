//! `watch`, `watch_ignore` and `watch_debounce`: which changes of files start a service again.

use std::time::Duration;

use globset::GlobBuilder;
use ignore::gitignore::GitignoreBuilder;

use super::diagnostic::{Problem, visible};
use super::raw::{Node, Table, Value};
use super::read::Reader;

/// How long files have to be quiet where the file does not say.
const DEBOUNCE: Duration = Duration::from_millis(300);
/// The longest such time: more is most likely a slip of the unit.
const LONGEST: Duration = Duration::from_mins(1);

/// Which changes of files start a service again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Patterns of files, as written: relative to the project's root; never empty, and each can be compiled.
    pub patterns: Vec<String>,
    /// What is left out of them, as lines of a `.gitignore` in the project's root.
    pub ignore: Vec<String>,
    /// How long files have to be quiet before the service is started again.
    pub debounce: Duration,
}

/// Compiles a pattern: `*` and `?` stay within one name, `**` is any number of folders.
///
/// # Errors
/// Says what is wrong with it.
pub fn compile_pattern(pattern: &str) -> Result<globset::Glob, String> {
    let compiled = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    compiled.map_err(|error| error.kind().to_string())
}

/// Reads what a process watches; `None` where it watches nothing.
pub(super) fn read(reader: &mut Reader<'_>, table: &Table) -> Option<Watch> {
    let patterns = reader.key(table, "watch", patterns);
    let ignore = reader.key(table, "watch_ignore", lines_to_ignore);
    let debounce = reader.key(table, "watch_debounce", debounce);
    Some(Watch { patterns: patterns?, ignore: ignore.unwrap_or_default(), debounce: debounce.unwrap_or(DEBOUNCE) })
}

/// Reads a list of patterns, or one.
fn texts(
    reader: &mut Reader<'_>,
    node: &Node,
    check: fn(&mut Reader<'_>, &Node) -> Option<String>,
) -> Option<Vec<String>> {
    if let Value::Text(_) = node.value {
        return check(reader, node).map(|text| vec![text]);
    }
    reader.list(node, "a list of patterns", check)
}

fn patterns(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let patterns = texts(reader, node, |reader, node| {
        let pattern = reader.filled_text(node)?;
        if let Err(wrong) = compile_pattern(&pattern) {
            report(reader, node, &pattern, &wrong);
        } else if pattern.starts_with('!') {
            let problem = Problem::new("a pattern with `!` watches nothing").at(node.place);
            reader.report(problem.help("write what is left out in `watch_ignore`, without the `!`"));
        }
        Some(pattern)
    })?;
    if patterns.is_empty() {
        let problem = Problem::new("there is no pattern in this list").at(node.place);
        reader.report(problem.help("write the files to watch, such as in `[\"src/**/*.rs\"]`, or remove the key"));
        return None;
    }
    Some(patterns)
}

fn lines_to_ignore(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    texts(reader, node, |reader, node| {
        let line = reader.filled_text(node)?;
        if let Err(error) = GitignoreBuilder::new("/").add_line(None, &line) {
            let said = error.to_string();
            let wrong = if let ignore::Error::Glob { err, .. } = error { err } else { said };
            report(reader, node, &line, &wrong);
        }
        Some(line)
    })
}

fn report(reader: &mut Reader<'_>, node: &Node, pattern: &str, wrong: &str) {
    let problem = Problem::new(format!("`{}` is no pattern: {}", visible(pattern), visible(wrong))).at(node.place);
    reader.report(problem.help("write patterns such as \"src/**/*.rs\", \"*.{html,css}\" or \"templates\""));
}

fn debounce(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let debounce = reader.duration(node)?;
    if debounce.is_zero() {
        let problem = Problem::new("without any wait each file of one save would be a restart").at(node.place);
        reader.report(problem.help("write at least \"1ms\"; \"300ms\" is the default"));
    } else if debounce > LONGEST {
        let problem = Problem::new("this is longer than a minute").at(node.place);
        reader.report(problem.help("it is how long files have to be quiet; \"300ms\" is the default"));
    }
    Some(debounce)
}
