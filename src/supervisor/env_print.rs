//! What the environment files said at the start of a run, remembered without the values: those may be secrets. Pure.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::ffi::{OsStr, OsString};
use std::hash::{Hash, Hasher};

use crate::config::Service;
use crate::engine::{FILE, NAMESPACE, PROJECT, RUN_ID, SERVICE};

/// What procdash sets itself: what differs there is told elsewhere.
const OWN: [&str; 8] = ["PORT", "REPLICA", "TERM", RUN_ID, SERVICE, PROJECT, FILE, NAMESPACE];

/// The variables of a run that come from elsewhere than its entry: their names, and a number for each value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EnvPrint {
    numbers: BTreeMap<OsString, u64>,
}

impl EnvPrint {
    /// Takes the environment that a run of `service` was started with.
    pub(crate) fn new(service: &Service, env: &[(OsString, OsString)]) -> Self {
        let counts = |name: &OsStr| {
            let is_own = OWN.iter().any(|own| name == OsStr::new(own));
            !is_own && name.to_str().is_none_or(|name| !service.env.contains_key(name))
        };
        let number = |value: &OsString| {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            hasher.finish()
        };
        let counted = env.iter().filter(|(name, _)| counts(name));
        Self { numbers: counted.map(|(name, value)| (name.clone(), number(value))).collect() }
    }

    /// Returns the names of the variables that differ from those of the run before.
    pub(crate) fn differing(&self, before: &Self) -> Vec<String> {
        let gone = before.numbers.keys().filter(|name| !self.numbers.contains_key(*name));
        let other = self.numbers.iter().filter(|(name, number)| before.numbers.get(*name) != Some(number));
        let mut names: Vec<&OsString> = other.map(|(name, _)| name).chain(gone).collect();
        names.sort_unstable();
        names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::service;
    use super::*;

    fn print(pairs: &[(&str, &str)]) -> EnvPrint {
        let mut service = service(Duration::ZERO);
        service.env.insert("RUST_LOG".to_owned(), Some("info".to_owned()));
        let env: Vec<_> = pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        EnvPrint::new(&service, &env)
    }

    #[test]
    fn what_is_new_gone_or_other_is_named_in_order_and_what_the_entry_or_procdash_sets_is_not() {
        let before = print(&[("URL", "a"), ("OLD", "x"), ("SAME", "s"), ("PORT", "1"), ("RUST_LOG", "info")]);
        let after = print(&[("URL", "b"), ("NEW", "y"), ("SAME", "s"), ("PORT", "2"), ("RUST_LOG", "debug")]);
        assert_eq!(after.differing(&before), ["NEW", "OLD", "URL"]);
        assert!(after.differing(&after).is_empty());
        assert!(!format!("{:?}", print(&[("TOKEN", "s3cret")])).contains("s3cret"));
    }
}
