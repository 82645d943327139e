//! `${VAR}` in working folders and environments: what is replaced, and what is a mistake.

use thiserror::Error;

/// Why a text cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// There is a `${` whose `}` is missing.
    #[error("`${{` without its `}}`")]
    Unclosed,
    /// What stands between the braces is no name of a variable.
    #[error("`${{{0}}}` names no variable")]
    Name(String),
    /// The variable is not set and the text gives no default.
    #[error("the variable `{0}` is not set")]
    Unset(String),
}

/// Replaces `${NAME}` by what `lookup` says, `${NAME:-text}` by `text` where that is nothing, and `$$` by `$`.
///
/// Any other `$` stays as it is: `$NAME` without braces is for the shell.
///
/// # Errors
/// Returns the first mistake, or the first variable that is not set and has no default.
pub fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or(ExpandError::Unclosed)?;
            out.push_str(&value(inside, &lookup)?);
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Finds the mistakes that do not depend on any variable's value.
pub(super) fn check(text: &str) -> Result<(), ExpandError> {
    expand(text, |_| Some(String::new())).map(drop)
}

fn value(inside: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_name(name) {
        return Err(ExpandError::Name(inside.to_owned()));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(ExpandError::Unset(name.to_owned())),
    }
}

/// Returns whether a shell would take this for the name of a variable.
fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    starts && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/home/ada".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_in_braces_are_replaced_and_the_rest_stays() {
        let table = [
            ("", ""),
            ("plain", "plain"),
            ("${HOME}/src", "/home/ada/src"),
            ("a${EMPTY}b", "ab"),
            ("${NOPE:-8080}", "8080"),
            ("${EMPTY:-8080}", "8080"),
            ("${HOME:-8080}", "/home/ada"),
            ("$HOME costs 5$", "$HOME costs 5$"),
            ("$${HOME}", "${HOME}"),
            ("ä${HOME}ö", "ä/home/adaö"),
        ];
        for (text, expanded) in table {
            assert_eq!(expand(text, lookup).as_deref(), Ok(expanded), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let table = [
            ("${HOME", ExpandError::Unclosed),
            ("${}", ExpandError::Name(String::new())),
            ("${A B}", ExpandError::Name("A B".to_owned())),
            ("${1X}", ExpandError::Name("1X".to_owned())),
            ("${NOPE}", ExpandError::Unset("NOPE".to_owned())),
        ];
        for (text, error) in table {
            assert_eq!(expand(text, lookup), Err(error), "{text}");
        }
    }
}
