//! Who is meant by a word that a person has typed: one service, or all of a group.

use std::sync::Arc;

use thiserror::Error;

use super::suggest::closest;

/// The services that can be named, each with its groups, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Roster<'a> {
    services: Vec<(&'a str, &'a [Arc<str>])>,
}

/// No service and no group has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no service is called `{name}`{}", meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean `{meant}`?")))]
pub struct UnknownName {
    /// The word.
    pub name: String,
    /// What was most likely meant.
    pub meant: Option<String>,
    /// All that can be named, groups last.
    pub known: Vec<String>,
}

impl UnknownName {
    /// Says so, with all names that there are where none is near.
    #[must_use]
    pub fn with_all(&self) -> String {
        match &self.meant {
            Some(_) => self.to_string(),
            None => format!("{self}; there are: {}", self.known.join(", ")),
        }
    }
}

impl<'a> FromIterator<(&'a str, &'a [Arc<str>])> for Roster<'a> {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a [Arc<str>])>>(services: T) -> Self {
        Self { services: services.into_iter().collect() }
    }
}

impl<'a> Roster<'a> {
    /// Returns the groups, each once and with how many are in it, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> Vec<(&'a str, usize)> {
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for group in self.services.iter().flat_map(|(_, groups)| *groups) {
            match groups.iter_mut().find(|(known, _)| **known == **group) {
                Some((_, count)) => *count += 1,
                None => groups.push((group, 1)),
            }
        }
        groups
    }

    /// Returns the places of the services that this name means.
    ///
    /// # Errors
    /// When it means none.
    pub fn find(&self, name: &str) -> Result<Vec<usize>, UnknownName> {
        if let Some(place) = self.services.iter().position(|(known, _)| *known == name) {
            return Ok(vec![place]);
        }
        let is_in = |(_, (_, groups)): &(usize, &(&str, &[Arc<str>]))| groups.iter().any(|group| **group == *name);
        let members: Vec<usize> = self.services.iter().enumerate().filter(is_in).map(|(place, _)| place).collect();
        if !members.is_empty() {
            return Ok(members);
        }
        let groups = self.groups();
        let known = || self.services.iter().map(|(name, _)| *name).chain(groups.iter().map(|(group, _)| *group));
        let meant = closest(name, known()).map(str::to_owned);
        Err(UnknownName { name: name.to_owned(), meant, known: known().map(str::to_owned).collect() })
    }

    /// Returns the places of all that these names mean, each once, in the order of the names.
    ///
    /// # Errors
    /// When one of them means none.
    pub fn find_all<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Vec<usize>, UnknownName> {
        let mut found = Vec::new();
        for name in names {
            for place in self.find(name)? {
                if !found.contains(&place) {
                    found.push(place);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_its_service_and_a_group_all_that_are_in_it() {
        let groups = |words: &[&str]| words.iter().map(|word| Arc::from(*word)).collect::<Vec<Arc<str>>>();
        let (none, back, both) = (groups(&[]), groups(&["backend"]), groups(&["api", "backend"]));
        let services = [("web", &none), ("db", &back), ("api.1", &both), ("api.2", &both)];
        let roster: Roster<'_> = services.iter().map(|(name, groups)| (*name, groups.as_slice())).collect();
        assert_eq!(roster.find("web"), Ok(vec![0]));
        assert_eq!(roster.find("api"), Ok(vec![2, 3]));
        assert_eq!(roster.find_all(["api.2", "backend", "web"]), Ok(vec![3, 1, 2, 0]));
        assert_eq!(roster.groups(), [("backend", 3), ("api", 2)]);
        let unknown = roster.find("bakend").expect_err("nobody is called so");
        assert_eq!(unknown.to_string(), "no service is called `bakend`; did you mean `backend`?");
        let unknown = roster.find("zzz").expect_err("nobody is called so");
        assert_eq!(unknown.with_all(), "no service is called `zzz`; there are: web, db, api.1, api.2, backend, api");
    }
}
