//! JSON as it was written: the parts of a text that is known to be JSON, with the order of keys and the digits of numbers kept.

use serde::de::IgnoredAny;

/// After so many braces that begin no object the line is not looked at any more.
const TRIES: usize = 4;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// A string with its quotes.
    Text,
    /// A number, `true`, `false` or `null`.
    Plain,
}

/// Splits a line into what stands before a JSON object and the object, if it ends in one.
pub(crate) fn object_in(line: &str) -> Option<(&str, &str)> {
    if !line.trim_end().ends_with('}') {
        return None;
    }
    let mut braces = line.match_indices('{').take(TRIES).map(|(place, _)| line.split_at(place));
    braces
        .find(|(_, object)| serde_json::from_str::<IgnoredAny>(object).is_ok())
        .map(|(before, object)| (before, object.trim_end()))
}

/// Returns the tokens of a text that is JSON.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (Token, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let (token, length) = match rest.bytes().next()? {
            b'{' | b'[' => (Token::Open, 1),
            b'}' | b']' => (Token::Close, 1),
            b',' => (Token::Comma, 1),
            b':' => (Token::Colon, 1),
            b'"' => (Token::Text, string_length(rest)),
            _ => {
                let ends = |byte: u8| matches!(byte, b',' | b'}' | b']' | b':') || byte.is_ascii_whitespace();
                (Token::Plain, rest.bytes().position(ends).unwrap_or(rest.len()))
            }
        };
        let (token_text, behind) = rest.split_at_checked(length.max(1))?;
        rest = behind;
        Some((token, token_text))
    })
}

/// Returns the bytes of the string at the start of `text`, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Returns the entries of an object: each key as a string, each value as it was written.
pub(crate) fn entries(object: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let (mut depth, mut key, mut value): (usize, Option<&str>, Option<(usize, usize)>) = (0, None, None);
    for (token, text) in tokens(object) {
        let start = text.as_ptr() as usize - object.as_ptr() as usize;
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Comma | Token::Colon | Token::Text | Token::Plain => {}
        }
        let ends = depth == 0 || (depth == 1 && token == Token::Comma);
        if ends {
            if let (Some(key), Some((from, to))) = (key.take(), value.take()) {
                found.push((unquoted(key), object.get(from..to).unwrap_or_default()));
            }
        } else if key.is_none() && token == Token::Text {
            key = Some(text);
        } else if key.is_some() && !(depth == 1 && token == Token::Colon) {
            let from = value.map_or(start, |(from, _)| from);
            value = Some((from, start + text.len()));
        }
    }
    found
}

/// Returns what a JSON string says; anything else as it is written.
pub(crate) fn unquoted(value: &str) -> String {
    serde_json::from_str(value).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_behind_whatever_a_logger_puts_before_it() {
        assert_eq!(object_in(r#"{"a":1}"#), Some(("", r#"{"a":1}"#)));
        assert_eq!(object_in(r#"api | {x} {"a":{"b":2}} "#), Some(("api | {x} ", r#"{"a":{"b":2}}"#)));
        for line in ["", "{", "{a: 1}", r#"{"a":1} and more"#, "[1]", r#"{"a":01}"#, "fn main() {}}"] {
            assert_eq!(object_in(line), None, "{line}");
        }
    }

    #[test]
    fn entries_keep_their_order_and_are_as_written() {
        let object = r#"{ "z": 1.50e+10, "a" : {"z": [1, {"q": "}"}]}, "s":"a\"b\u00e9", "a":null }"#;
        let found = entries(object);
        let shown: Vec<(&str, &str)> = found.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let expected = [("z", "1.50e+10"), ("a", r#"{"z": [1, {"q": "}"}]}"#), ("s", r#""a\"b\u00e9""#), ("a", "null")];
        assert_eq!(shown, expected);
        assert_eq!(unquoted(found[2].1), "a\"bé");
    }

    #[test]
    fn an_object_of_many_levels_does_not_end_the_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let entries = object_in(&deep).map(|(_, object)| entries(object)).unwrap_or_default();
        assert_eq!(entries.first().map(|(key, value)| (key.as_str(), value.len())), Some(("a", 200_000)));
    }
}
