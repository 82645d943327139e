//! The text of a `.env` file, read into variables.

use std::cell::Cell;
use std::io::{self, Read};

use thiserror::Error;

/// A line of an environment file that is no `NAME=value`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: `{text}` is no `NAME=value`; a value with spaces or quotes in it has to be quoted")]
pub struct EnvFileError {
    /// The number of the line, counted from 1.
    pub line: usize,
    /// The line itself, shortened.
    pub text: String,
}

/// Returns the variables of an environment file in its order; of two with one name the later wins.
///
/// # Errors
/// Returns the first line that cannot be read.
pub fn parse_env_file(text: &str) -> Result<Vec<(String, String)>, EnvFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // the parser takes spaces at the very end of a file for a value without an end
    let ended = format!("{text}\n");
    let taken = Cell::new(0);
    let lines = LineByLine { rest: ended.as_bytes(), taken: &taken };
    let mut variables = Vec::new();
    for variable in dotenvy::from_read_iter(lines) {
        match variable {
            Ok(variable) => variables.push(variable),
            Err(error) => return Err(at_line(text, taken.get(), &error)),
        }
    }
    Ok(variables)
}

/// Hands out a text one line at a time and counts them: the parser gives no line numbers.
struct LineByLine<'a> {
    rest: &'a [u8],
    taken: &'a Cell<usize>,
}

impl Read for LineByLine<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let newline = self.rest.iter().position(|byte| *byte == b'\n');
        let line = newline.map_or(self.rest.len(), |newline| newline + 1).min(buffer.len());
        let (mut given, rest) = self.rest.split_at_checked(line).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.taken.set(self.taken.get() + usize::from(given.ends_with(b"\n")));
        given.read(buffer)
    }
}

/// Says where an error is, of which the parser only gives the text, after it has taken so many lines.
fn at_line(text: &str, taken: usize, error: &dotenvy::Error) -> EnvFileError {
    let found = if let dotenvy::Error::LineParse(found, _) = error { found.as_str() } else { "" };
    // a value without its closing quote begins where the text of the error begins
    let line = taken.saturating_sub(found.lines().count().saturating_sub(1)).max(1);
    let shown = text.lines().nth(line - 1).unwrap_or_default().trim();
    EnvFileError { line, text: shown.chars().take(80).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse_env_file(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn quotes_comments_exports_and_blank_lines_are_understood() {
        let text = "\u{feff}# base\nexport A=1\n\nB='two words'  # note\nC=\"l1\\nl2\"\r\nA=3\nE=\nF=x  ";
        let expected = [("A", "1"), ("B", "two words"), ("C", "l1\nl2"), ("A", "3"), ("E", ""), ("F", "x")];
        let found = parsed(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_earlier_variable_can_be_used_in_a_later_one() {
        let found = parsed("PROCDASH_TEST_BASE=/x\nPROCDASH_TEST_FULL=${PROCDASH_TEST_BASE}/y\n");
        assert_eq!(found.last(), Some(&("PROCDASH_TEST_FULL".to_owned(), "/x/y".to_owned())));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let bad = [("A=1\nB\n", 2, "B"), ("A=1\n\n#x\nC=two words\n", 4, "C=two words"), ("\"a\nb\nc", 1, "\"a")];
        for (text, line, shown) in bad {
            assert_eq!(parse_env_file(text), Err(EnvFileError { line, text: shown.to_owned() }), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A-C=\"'#$\\\\{} \\n\\r\u{feff}é]{0,80}") {
            if let Err(error) = parse_env_file(&text) {
                prop_assert!(error.line <= text.matches('\n').count() + 1);
            }
        }
    }
}
