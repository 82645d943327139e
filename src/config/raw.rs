//! A file as it is spelt: values with their places, before anybody asks what they mean.

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Problem;
use super::place::Place;

/// A table by its keys, in the order of the file.
pub(super) type Table = IndexMap<String, Entry>;

/// One key of a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the key stands.
    pub(super) key: Place,
    /// What it is set to.
    pub(super) node: Node,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What can be written after a key.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// A whole number; none if it is too large to be one.
    Integer(Option<i64>),
    /// A number with a point, as spelt.
    Float(String),
    Switch(bool),
    Date,
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// Returns what to call it in a message.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a number with a point",
            Self::Switch(true) => "true",
            Self::Switch(false) => "false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// How many dots one key may have: a longer chain of tables would be taken apart by a recursion that ends the program.
const MOST_DOTS: usize = 8;
/// How many tables and lists may stand inside each other.
const DEEPEST: usize = 16;

/// Reads the text of a TOML file, reporting all that is no TOML.
///
/// The table is what could be read; it is whole if nothing but doubled keys was reported.
pub(super) fn read(file: usize, text: &str, problems: &mut Vec<Problem>) -> Option<Table> {
    if let Some((start, end)) = long_key(text) {
        let problem = Problem::new("this key goes too deep").at(Place { file, start, end });
        problems.push(problem.help("put names with dots in quotes"));
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut is_whole = true;
    let mut last_start: Option<usize> = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        // one slip makes the reader stumble over the rest of the line
        let last = last_start.replace(span.start).unwrap_or(usize::MAX);
        let between = text.get(last.min(span.start)..last.max(span.start));
        if between.is_some_and(|between| !between.contains('\n')) {
            continue;
        }
        let place = Place { file, start: span.start, end: span.end };
        if error.message() == "duplicate key" {
            let key = text.get(span).unwrap_or_default();
            problems.push(Problem::new(format!("`{key}` is written twice")).at(place).help("keep one of the two"));
            continue;
        }
        is_whole = false;
        let is_colon = text.get(..span.start).is_some_and(|before| before.trim_end().ends_with(':'));
        problems.push(syntax(error.message(), is_colon).at(place));
    }
    let mut convert = Convert { file, problems };
    let table = convert.table(table.into_inner(), 0);
    is_whole.then_some(table)
}

/// Says what is no TOML, with what to do where that is known.
fn syntax(message: &str, is_colon: bool) -> Problem {
    const ADVICE: &[(&str, &str)] = &[
        ("string values must be quoted", "write \"…\", or '…' around what has quotes in it"),
        ("missing escaped value", "write `\\\\` for a backslash, or '…' around the string"),
        ("invalid unquoted key", "put the name in quotes"),
    ];
    if is_colon && message.starts_with("key with no value") {
        return Problem::new("a key is followed by `=`, not by `:`").help("write `name = \"command\"`");
    }
    let problem = Problem::new(message);
    let advice = ADVICE.iter().find(|(begin, _)| message.starts_with(begin));
    match advice {
        Some((_, help)) => problem.help(*help),
        None => problem,
    }
}

/// Puts `over` over `base`, key by key; tables on both sides are merged.
pub(super) fn merge(base: &mut Table, over: Table) {
    for (name, entry) in over {
        match (base.get_mut(&name), entry.node.value) {
            (Some(Entry { node: Node { value: Value::Table(under), .. }, .. }), Value::Table(table)) => {
                merge(under, table);
            }
            (_, value) => {
                let node = Node { place: entry.node.place, value };
                base.insert(name, Entry { key: entry.key, node });
            }
        }
    }
}

/// Copies the reader's values into our own, with places.
struct Convert<'p> {
    file: usize,
    problems: &'p mut Vec<Problem>,
}

impl Convert<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place { file: self.file, start: span.start, end: span.end }
    }

    fn table(&mut self, table: DeTable<'_>, depth: usize) -> Table {
        let mut entries: Table = IndexMap::with_capacity(table.len());
        for (key, value) in table {
            let place = self.place(key.span());
            let node = self.node(value, depth + 1);
            entries.insert(key.into_inner().into_owned(), Entry { key: place, node });
        }
        // a table that is opened after one of its own parts was moved to the end by the reader
        entries.sort_by(|_, one, _, other| one.key.cmp(&other.key));
        entries
    }

    fn node(&mut self, spanned: Spanned<DeValue<'_>>, depth: usize) -> Node {
        let place = self.place(spanned.span());
        if depth > DEEPEST {
            self.problems.push(Problem::new("this goes too deep").at(place));
            return Node { place, value: Value::Switch(false) };
        }
        let value = match spanned.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
            DeValue::Float(number) => Value::Float(number.as_str().to_owned()),
            DeValue::Boolean(switch) => Value::Switch(switch),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(list) => Value::List(list.into_iter().map(|item| self.node(item, depth + 1)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table, depth)),
        };
        Node { place, value }
    }
}

/// Finds a key with more dots than any key of ours can have, looking past strings and comments.
fn long_key(text: &str) -> Option<(usize, usize)> {
    let (mut start, mut dots, mut index) = (0, 0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(index) {
        match byte {
            b'"' | b'\'' => index = string_end(bytes, index, byte),
            b'#' => index += bytes.iter().skip(index).position(|byte| *byte == b'\n').unwrap_or(bytes.len()),
            b'=' | b',' | b'[' | b']' | b'{' | b'}' | b'\n' => (start, dots, index) = (index + 1, 0, index + 1),
            b'.' if dots == MOST_DOTS => return Some((start, index)),
            _ => (dots, index) = (dots + usize::from(byte == b'.'), index + 1),
        }
    }
    None
}

/// Returns the index after the string that begins at `start`; a string without its end goes to the end of its line.
fn string_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let is_quote_at = |index: usize| bytes.get(index) == Some(&quote);
    let is_long = is_quote_at(start + 1) && is_quote_at(start + 2);
    let mut index = start + if is_long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(index) {
        match byte {
            b'\\' if quote == b'"' => index += if matches!(bytes.get(index + 1), Some(b'"' | b'\\')) { 2 } else { 1 },
            b'\n' if !is_long => return index,
            _ if byte == quote && !is_long => return index + 1,
            _ if byte == quote && is_quote_at(index + 1) && is_quote_at(index + 2) => return index + 3,
            _ => index += 1,
        }
    }
    bytes.len()
}
