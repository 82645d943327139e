//! A line of JSON opened: an entry a row, indented, as wide as its panel.

use unicode_segmentation::UnicodeSegmentation;

use crate::id::ServiceId;

use super::json_text::{Token, object_in, tokens};
use super::text;

/// A longer line is not opened.
pub(crate) const LONGEST: usize = 1 << 20;
/// More rows are not made.
const MOST_ROWS: usize = 20_000;

/// What a part of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The name of an entry.
    Key,
    /// A string.
    Text,
    /// A number, `true`, `false` or `null`.
    Plain,
    /// Braces, commas, and what stands before the object.
    Quiet,
}

/// A part of a row.
pub(crate) type Part = (Role, String);

/// A line of JSON, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenedLine {
    /// Whose.
    pub(crate) service: ServiceId,
    /// Its number.
    pub(crate) line: u64,
    /// Its text.
    text: String,
    /// What is shown, with its rows already broken.
    pub(crate) rows: Vec<Vec<Part>>,
}

impl OpenedLine {
    /// Opens a line for a panel of `width` cells; `None` if there is no JSON object in it.
    pub(crate) fn new(service: ServiceId, line: u64, text: String, width: usize) -> Option<Self> {
        let (before, object) = object_in(&text)?;
        let mut rows = Rows { done: Vec::new(), row: Vec::new(), indent: 0, width: width.max(8) };
        if !before.trim().is_empty() {
            rows.add(Role::Quiet, before.trim());
            rows.end();
        }
        rows.lay_out(object);
        let rows = rows.done;
        Some(Self { service, line, text, rows })
    }

    /// Returns the same for a panel of another width.
    pub(crate) fn reflowed(&self, width: usize) -> Option<Self> {
        Self::new(self.service, self.line, self.text.clone(), width)
    }
}

struct Rows {
    done: Vec<Vec<Part>>,
    row: Vec<Part>,
    indent: usize,
    width: usize,
}

impl Rows {
    fn lay_out(&mut self, object: &str) {
        let mut tokens = tokens(object).peekable();
        while let Some((token, text)) = tokens.next() {
            if self.done.len() >= MOST_ROWS {
                self.row = vec![(Role::Quiet, "… the rest is not shown".to_owned())];
                break;
            }
            let next = tokens.peek().map(|(token, _)| *token);
            match token {
                Token::Open => {
                    self.add(Role::Quiet, text);
                    if next != Some(Token::Close) {
                        self.end();
                        self.indent += 1;
                    } else if let Some((_, close)) = tokens.next() {
                        self.add(Role::Quiet, close);
                    }
                }
                Token::Close => {
                    self.end();
                    self.indent = self.indent.saturating_sub(1);
                    self.add(Role::Quiet, text);
                }
                Token::Comma => {
                    self.add(Role::Quiet, text);
                    self.end();
                }
                Token::Colon => self.add(Role::Quiet, ": "),
                Token::Text if next == Some(Token::Colon) => self.add(Role::Key, text),
                Token::Text => self.add_text(text),
                Token::Plain => self.add(Role::Plain, text),
            }
        }
        self.end();
    }

    /// Adds a string: one of many lines, such as a stack trace, goes on in the next row after each.
    fn add_text(&mut self, text: &str) {
        let (mut start, mut is_escaped) = (0, false);
        for (place, byte) in text.bytes().enumerate() {
            if is_escaped && byte == b'n' && place + 2 < text.len() {
                self.add(Role::Text, text.get(start..=place).unwrap_or_default());
                self.end();
                self.row.push((Role::Text, "  ".to_owned()));
                start = place + 1;
            }
            is_escaped = byte == b'\\' && !is_escaped;
        }
        self.add(Role::Text, text.get(start..).unwrap_or_default());
    }

    fn add(&mut self, role: Role, text: &str) {
        self.row.push((role, text.to_owned()));
    }

    /// Ends a row, broken where it is wider than the panel.
    fn end(&mut self) {
        let row = std::mem::take(&mut self.row);
        if row.is_empty() {
            return;
        }
        let indent = (self.indent * 2).min(self.width / 2);
        let begin = |extra: usize| vec![(Role::Quiet, " ".repeat(indent + extra))];
        let (mut broken, mut taken) = (begin(0), indent);
        for (role, text) in row {
            let mut part = String::new();
            for grapheme in text.graphemes(true) {
                let cells = text::grapheme_width(grapheme);
                if taken + cells > self.width {
                    broken.push((role, std::mem::take(&mut part)));
                    self.done.push(std::mem::replace(&mut broken, begin(2)));
                    taken = indent + 2;
                }
                taken += cells;
                part.push_str(grapheme);
            }
            broken.push((role, part));
        }
        self.done.push(broken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(text: &str, width: usize) -> Option<Vec<String>> {
        let opened = OpenedLine::new(ServiceId::new(0), 7, text.to_owned(), width)?;
        Some(opened.rows.iter().map(|row| row.iter().map(|(_, text)| text.as_str()).collect()).collect())
    }

    #[test]
    fn an_entry_is_a_row_and_everything_is_as_it_was_written() {
        let line = r#"12:04 {"b":1.50,"a":[1,{"c":null}],"d":{},"e":[]}"#;
        let rows = [
            "12:04",
            "{",
            "  \"b\": 1.50,",
            "  \"a\": [",
            "    1,",
            "    {",
            "      \"c\": null",
            "    }",
            "  ],",
            "  \"d\": {},",
            "  \"e\": []",
            "}",
        ];
        assert_eq!(opened(line, 40).unwrap(), rows);
        assert_eq!(opened("no json", 40), None);
    }

    #[test]
    fn long_values_and_traces_go_on_in_the_next_row() {
        assert_eq!(opened(r#"{"a":"0123456789"}"#, 12).unwrap(), ["{", "  \"a\": \"0123", "    456789\"", "}"]);
        assert_eq!(
            opened(r#"{"s":"E\n  at x\\n\n"}"#, 40).unwrap(),
            ["{", r#"  "s": "E\n"#, r#"      at x\\n\n""#, "}"]
        );
    }

    #[test]
    fn so_many_rows_that_nobody_reads_them_are_not_made() {
        let line = format!("{{\"a\":[{}0]}}", "0,".repeat(400_000));
        let rows = opened(&line, 40).unwrap();
        assert_eq!((rows.len(), rows.last().unwrap().trim()), (MOST_ROWS + 1, "… the rest is not shown"));
    }
}
