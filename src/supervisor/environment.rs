//! The environment of a service: who wins, what is expanded, which marks it carries. Pure.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use thiserror::Error;

use crate::config::Service;

/// The marks by which a later look finds out whose a process is.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    /// Which procdash: its process number and start, so that a later one can tell whether it still lives.
    pub(crate) run_id: String,
    /// The project's name.
    pub(crate) project: String,
}

/// A value that cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{place}`: variable `{variable}` is not set; set it, or write ${{{variable}:-default}}")]
pub(crate) struct Unset {
    /// The key whose value uses the variable.
    pub(crate) place: String,
    /// The variable.
    pub(crate) variable: String,
}

/// Variables by name.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// Everything a service's environment is made from.
#[derive(Debug)]
pub(crate) struct Ingredients<'a> {
    /// procdash's own environment.
    pub(crate) own: &'a Variables,
    /// The project's environment files, read and merged.
    pub(crate) project_files: &'a [(String, String)],
    /// The service's environment files, read and merged.
    pub(crate) service_files: &'a [(String, String)],
    /// The marks.
    pub(crate) marks: &'a Marks,
}

/// Merges the environment of one service, strongest first: marks, `env`, procdash's own environment, the service's
/// files, the project's files.
pub(crate) fn merge(service: &Service, from: &Ingredients<'_>) -> Result<Variables, Unset> {
    let mut merged = Variables::new();
    for (name, value) in from.project_files.iter().chain(from.service_files) {
        merged.insert(name.into(), value.into());
    }
    merged.extend(from.own.iter().map(|(name, value)| (name.clone(), value.clone())));
    if service.tty {
        // the log pane understands what xterm does, whatever terminal procdash itself runs in
        merged.insert("TERM".into(), "xterm-256color".into());
    }
    for (name, value) in &service.env {
        match value {
            Some(value) => {
                let value = expand(value, &merged, &format!("env.{name}"))?;
                merged.insert(name.into(), value.into());
            }
            None => {
                merged.remove(OsStr::new(name));
            }
        }
    }
    merged.insert("PROCDASH_RUN_ID".into(), from.marks.run_id.clone().into());
    merged.insert("PROCDASH_SERVICE".into(), service.name.clone().into());
    merged.insert("PROCDASH_PROJECT".into(), from.marks.project.clone().into());
    Ok(merged)
}

/// Expands `${NAME}` and `${NAME:-default}` in `text`; `$${` stands for `${`, any other dollar sign for itself.
pub(crate) fn expand(text: &str, variables: &Variables, place: &str) -> Result<String, Unset> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = after;
            continue;
        }
        expanded.push_str(before);
        // the file was checked when it was read: every `${` has its `}`
        let (inside, after) = after.split_once('}').unwrap_or((after, ""));
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        let value = variables.get(OsStr::new(name)).map(|value| value.to_string_lossy()).filter(|it| !it.is_empty());
        match (value, default) {
            (Some(value), _) => expanded.push_str(&value),
            (None, Some(default)) => expanded.push_str(default),
            (None, None) if variables.contains_key(OsStr::new(name)) => {}
            (None, None) => return Err(Unset { place: place.to_owned(), variable: name.to_owned() }),
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn references_are_expanded_and_other_dollar_signs_are_left_alone() {
        let known = variables(&[("A", "1"), ("EMPTY", "")]);
        for (text, expected) in [
            ("plain", "plain"),
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${B:-2}", "2"),
            ("${A:-2}", "1"),
            ("${EMPTY}", ""),
            ("${EMPTY:-3}", "3"),
            ("pa$word $A $", "pa$word $A $"),
            ("$${A}", "${A}"),
            ("${B:-}", ""),
        ] {
            assert_eq!(expand(text, &known, "env.X").as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named_with_its_place() {
        let error = expand("a ${NOPE} b", &variables(&[]), "working_dir").expect_err("it is not set");
        assert_eq!(
            error.to_string(),
            "`working_dir`: variable `NOPE` is not set; set it, or write ${NOPE:-default}"
        );
    }
}
