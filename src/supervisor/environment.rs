//! The environment of a service: who wins, what is expanded, which marks it carries. Pure.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use thiserror::Error;

use crate::config::{self, ExpandError, Service};
use crate::engine::{FILE, NAMESPACE, PROJECT, RUN_ID, SERVICE};

/// The marks by which a later look finds out whose a process is.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    /// Which procdash: its process number and start, so that a later one can tell whether it still lives.
    pub(crate) run_id: String,
    /// The project's name.
    pub(crate) project: String,
    /// The project's main file, by the path that no other project has.
    pub(crate) file: OsString,
    /// Where the number of the run is valid.
    pub(crate) namespace: OsString,
}

/// A value that cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{place}`: {source}; set it, or give a default as in ${{NAME:-default}}")]
pub(crate) struct Unset {
    /// The key whose value uses the variable.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) source: ExpandError,
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

/// Merges the environment of one service, strongest first: marks, `env`, `PORT` from `port`, procdash's own environment,
/// the service's files, the project's files.
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
    if let Some(port) = service.port {
        merged.insert("PORT".into(), port.expect.to_string().into());
    }
    if let Some(replica) = service.replica {
        merged.insert("REPLICA".into(), replica.to_string().into());
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
    merged.insert(RUN_ID.into(), from.marks.run_id.clone().into());
    merged.insert(SERVICE.into(), service.name.clone().into());
    merged.insert(PROJECT.into(), from.marks.project.clone().into());
    merged.insert(FILE.into(), from.marks.file.clone());
    merged.insert(NAMESPACE.into(), from.marks.namespace.clone());
    Ok(merged)
}

/// Returns the address that is opened in a browser while a run with this environment lasts.
pub(crate) fn address(service: &Service, env: &[(OsString, OsString)]) -> Result<Option<String>, Unset> {
    let Some(address) = &service.open else { return Ok(None) };
    expand(address, &env.iter().cloned().collect(), "open").map(Some)
}

/// Expands the `${NAME}`s in `text`; `place` names the key it stands under.
pub(crate) fn expand(text: &str, variables: &Variables, place: &str) -> Result<String, Unset> {
    let lookup = |name: &str| variables.get(OsStr::new(name)).map(|value| value.to_string_lossy().into_owned());
    config::expand(text, lookup).map_err(|source| Unset { place: place.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::service;
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn merged(change: impl FnOnce(&mut Service), own: &[(&str, &str)]) -> Result<Variables, Unset> {
        let mut service = service(Duration::ZERO);
        change(&mut service);
        let marks = Marks {
            run_id: "7-9".to_owned(),
            project: "shop".to_owned(),
            file: "/srv/shop/procfile.toml".into(),
            namespace: "pid:[7]".into(),
        };
        let project = pairs(&[("WHO", "project"), ("A", "project"), ("B", "project"), ("C", "project")]);
        let files = pairs(&[("WHO", "service"), ("A", "service"), ("B", "service")]);
        let ingredients =
            Ingredients { own: &variables(own), project_files: &project, service_files: &files, marks: &marks };
        merge(&service, &ingredients)
    }

    fn value<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
        variables.get(OsStr::new(name)).and_then(|value| value.to_str())
    }

    #[test]
    fn the_stronger_source_wins_and_false_unsets() {
        let set = |service: &mut Service| {
            service.env.insert("WHO".to_owned(), Some("env".to_owned()));
            service.env.insert("GONE".to_owned(), None);
        };
        let env = merged(set, &[("WHO", "own"), ("A", "own"), ("GONE", "own")]).expect("nothing to expand");
        for (name, expected) in
            [("WHO", Some("env")), ("A", Some("own")), ("B", Some("service")), ("C", Some("project")), ("GONE", None)]
        {
            assert_eq!(value(&env, name), expected, "{name}");
        }
    }

    #[test]
    fn the_marks_cannot_be_overridden() {
        let set = |service: &mut Service| {
            service.env.insert("PROCDASH_SERVICE".to_owned(), Some("other".to_owned()));
        };
        let outer = [("PROCDASH_RUN_ID", "outer"), ("PROCDASH_FILE", "outer"), ("PROCDASH_NAMESPACE", "outer")];
        let env = merged(set, &outer).expect("nothing to expand");
        assert_eq!(value(&env, "PROCDASH_RUN_ID"), Some("7-9"));
        assert_eq!(value(&env, "PROCDASH_SERVICE"), Some("api"));
        assert_eq!(value(&env, "PROCDASH_PROJECT"), Some("shop"));
        assert_eq!(value(&env, "PROCDASH_FILE"), Some("/srv/shop/procfile.toml"));
        assert_eq!(value(&env, "PROCDASH_NAMESPACE"), Some("pid:[7]"));
    }

    #[test]
    fn values_are_expanded_from_what_is_known_so_far_and_an_unset_variable_is_told_with_its_place() {
        let set = |service: &mut Service| {
            service.env.insert("PORT".to_owned(), Some("30${A}".to_owned()));
            service.env.insert("URL".to_owned(), Some("http://localhost:${PORT}".to_owned()));
        };
        let env = merged(set, &[("A", "01")]).expect("all are set");
        assert_eq!(value(&env, "URL"), Some("http://localhost:3001"));

        let unset = |service: &mut Service| {
            service.env.insert("X".to_owned(), Some("${NOPE}".to_owned()));
        };
        let error = merged(unset, &[]).expect_err("it is not set");
        assert_eq!(
            error.to_string(),
            "`env.X`: the variable `NOPE` is not set; set it, or give a default as in ${NAME:-default}"
        );
    }

    #[test]
    fn a_port_is_told_as_a_variable_that_only_env_is_stronger_than() {
        let port = |service: &mut Service| {
            service.port = Some(config::Port { expect: 3000, bump: 0 });
            service.env.insert("URL".to_owned(), Some("http://localhost:${PORT}".to_owned()));
        };
        let env = merged(port, &[("PORT", "80")]).expect("all are set");
        assert_eq!((value(&env, "PORT"), value(&env, "URL")), (Some("3000"), Some("http://localhost:3000")));
        let both = |service: &mut Service| {
            port(service);
            service.env.shift_insert(0, "PORT".to_owned(), Some("4000".to_owned()));
        };
        let env = merged(both, &[]).expect("all are set");
        assert_eq!((value(&env, "PORT"), value(&env, "URL")), (Some("4000"), Some("http://localhost:4000")));
    }

    #[test]
    fn a_replica_knows_its_number_and_so_do_the_values_of_its_file() {
        let set = |service: &mut Service| {
            service.replica = Some(3);
            service.env.insert("QUEUE".to_owned(), Some("jobs-${REPLICA}".to_owned()));
        };
        let env = merged(set, &[("REPLICA", "outer")]).expect("nothing is unset");
        assert_eq!((value(&env, "REPLICA"), value(&env, "QUEUE")), (Some("3"), Some("jobs-3")));
        let alone = merged(|_| {}, &[("REPLICA", "outer")]).expect("nothing to expand");
        assert_eq!(value(&alone, "REPLICA"), Some("outer"));
    }

    #[test]
    fn a_service_with_a_terminal_is_told_which_kind() {
        let with = merged(|_| {}, &[("TERM", "tmux")]).expect("nothing to expand");
        assert_eq!(value(&with, "TERM"), Some("xterm-256color"));
        let without = merged(|service| service.tty = false, &[("TERM", "tmux")]).expect("nothing to expand");
        assert_eq!(value(&without, "TERM"), Some("tmux"));
    }
}
