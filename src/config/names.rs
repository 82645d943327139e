//! The names of a file: its processes, their replicas and their groups, none of which may be called as another is.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Node, Table, Value};
use super::read::Reader;
use super::suggest::closest;
use super::{Dependency, Service};
use crate::id::ServiceId;
use crate::logs::acts;

/// The longest name of a process or a group, in characters.
const LONGEST_NAME: usize = 200;
/// The most replicas of one process.
const MOST_REPLICAS: u32 = 64;
/// How many names are listed where none is near enough to be meant.
const LISTED: usize = 12;

/// The processes of a file in its order, and who is in which group.
///
/// Ids in here are places among the processes as written; [`Names::expand`] tells which services those become.
#[derive(Debug, Default)]
pub(super) struct Names {
    entries: IndexMap<String, Own>,
    groups: IndexMap<String, Vec<ServiceId>>,
}

/// What one process says about names.
#[derive(Debug)]
struct Own {
    /// Where its name stands.
    key: Place,
    groups: Vec<(String, Place)>,
    /// How many replicas there are to be, where it says so.
    replicas: Option<(u32, Place)>,
}

impl Names {
    /// Reads the names, groups and replicas of all processes, each with the place of its name and its whole table.
    pub(super) fn read<'t>(
        reader: &mut Reader<'_>,
        processes: impl Iterator<Item = (&'t str, Place, &'t Table)>,
    ) -> Self {
        let mut names = Self::default();
        for (name, key, table) in processes {
            check(reader, "process", name, key);
            let groups = reader.key(table, "groups", groups).unwrap_or_default();
            let count = reader.key(table, "replicas", replicas);
            let replicas = count.zip(table.get("replicas").map(|entry| entry.node.place));
            names.entries.insert(name.to_owned(), Own { key, groups, replicas });
        }
        names.refuse_clashes(reader);
        for (id, own) in (0..).map(ServiceId::new).zip(names.entries.values()) {
            for (group, _) in &own.groups {
                names.groups.entry(group.clone()).or_default().push(id);
            }
        }
        names
    }

    /// Reports what has two meanings: a group, or a replica, that is called as a process is.
    fn refuse_clashes(&self, reader: &mut Reader<'_>) {
        let mut told: Vec<&str> = Vec::new();
        for (group, place) in self.entries.values().flat_map(|own| &own.groups) {
            let Some(process) = self.entries.get(group) else { continue };
            if !told.contains(&group.as_str()) {
                told.push(group);
                let problem = Problem::new(format!("the group `{}` is called as a process is", visible(group)));
                let problem = problem.at(*place).also(process.key, "the process");
                reader.report(problem.help("give the group a name of its own: either can be named in a command"));
            }
        }
        for (name, own) in &self.entries {
            let Some((count @ 2.., place)) = own.replicas else { continue };
            for replica in (1..=count).map(|number| replica_name(name, number)) {
                let as_group =
                    || self.entries.values().flat_map(|own| &own.groups).find(|(group, _)| *group == replica);
                let taken = self.entries.get(&replica).map(|process| (process.key, "a process"));
                let taken = taken.or_else(|| as_group().map(|(_, place)| (*place, "a group")));
                if let Some((other, what)) = taken {
                    let (name, replica) = (visible(name), visible(&replica));
                    let problem = Problem::new(format!("`{replica}` is {what} and one of the replicas of `{name}`"));
                    let problem = problem.at(other).also(place, "the replicas");
                    reader.report(problem.help("give one of the two another name"));
                }
            }
        }
    }

    /// Returns the names of the processes, in the order of the file.
    pub(super) fn processes(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns the name of the process at this place.
    pub(super) fn process(&self, id: ServiceId) -> &str {
        self.entries.get_index(id.index()).map_or("", |(name, _)| name)
    }

    /// Returns where the name of the process at this place stands.
    pub(super) fn place(&self, id: ServiceId) -> Option<Place> {
        self.entries.get_index(id.index()).map(|(_, own)| own.key)
    }

    /// Returns how many services the processes become.
    pub(super) fn services(&self) -> usize {
        self.entries.values().map(|own| own.replicas.map_or(1, |(count, _)| count as usize)).sum()
    }

    /// Returns the processes that are meant by a name, be it that of one or of a group; reports where there are none.
    pub(super) fn find(&self, reader: &mut Reader<'_>, name: &str, place: Place) -> Vec<ServiceId> {
        let process = (0..).map(ServiceId::new).zip(self.processes()).find(|(_, known)| *known == name);
        let found = process.map(|(id, _)| vec![id]).or_else(|| self.groups.get(name).cloned());
        found.unwrap_or_else(|| {
            let all = || self.processes().chain(self.groups.keys().map(String::as_str));
            let meant = closest(name, all());
            let help = meant.map_or_else(|| self.listed(), |meant| format!("did you mean `{}`?", visible(meant)));
            reader.report(Problem::new(format!("there is no process `{}`", visible(name))).at(place).help(help));
            Vec::new()
        })
    }

    fn listed(&self) -> String {
        let listed: Vec<String> = self.processes().take(LISTED).map(|name| format!("`{}`", visible(name))).collect();
        let more = self.entries.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("there are {}{more}", listed.join(", "))
    }

    /// Returns the services that a process becomes: itself, or its replicas; `depends_on` names processes as written.
    pub(super) fn expand(&self, id: ServiceId, service: &Service, depends_on: &[Dependency]) -> Vec<Service> {
        let Some((name, own)) = self.entries.get_index(id.index()) else { return Vec::new() };
        let depends_on: Vec<Dependency> = depends_on
            .iter()
            .flat_map(|need| self.services_of(need.service).map(|service| Dependency { service, ..*need }))
            .collect();
        let groups = own.groups.iter().map(|(group, _)| Arc::from(group.as_str()));
        let count = own.replicas.map_or(1, |(count, _)| count);
        let numbers = 1..=count;
        let service = |number| Service {
            name: if count == 1 { name.clone() } else { replica_name(name, number) },
            groups: (count > 1).then(|| Arc::from(name.as_str())).into_iter().chain(groups.clone()).collect(),
            replica: own.replicas.map(|_| number),
            depends_on: depends_on.clone(),
            // each has a port of its own, one behind the other
            port: service.port.map(|port| port.of_replica(number)),
            ..service.clone()
        };
        numbers.map(service).collect()
    }

    /// Returns the ids of the services that the process at this place becomes.
    pub(super) fn services_of(&self, id: ServiceId) -> impl Iterator<Item = ServiceId> + use<> {
        let count = |own: &Own| own.replicas.map_or(1, |(count, _)| count);
        let before: u32 = self.entries.values().take(id.index()).map(count).sum();
        let own = self.entries.get_index(id.index()).map_or(0, |(_, own)| count(own));
        let ids: Range<u32> = before..before + own;
        ids.map(ServiceId::new)
    }
}

/// Returns the name of one of several replicas.
fn replica_name(name: &str, number: u32) -> String {
    format!("{name}.{number}")
}

/// Reports a name that cannot be shown in a line or typed in a command.
fn check(reader: &mut Reader<'_>, what: &str, name: &str, place: Place) {
    let named = |message: String| Problem::new(message).at(place);
    if name.trim().is_empty() {
        reader.report(named(format!("a {what} needs a name")));
    } else if name.chars().any(acts) {
        reader.report(named("a name has no line breaks or control characters".to_owned()));
    } else if name.chars().count() > LONGEST_NAME {
        reader
            .report(named("this name is too long".to_owned()).help(format!("write at most {LONGEST_NAME} characters")));
    }
}

/// Reads the groups of a process.
pub(super) fn groups(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<(String, Place)>> {
    let mut seen: Vec<(String, Place)> = Vec::new();
    reader.list(node, "a list of groups", |reader, item| {
        let group = reader.text(item)?;
        check(reader, "group", &group, item.place);
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == group) {
            let problem = Problem::new(format!("the group `{}` is there twice", visible(&group))).at(item.place);
            reader.report(problem.also(*first, "first written here"));
        }
        seen.push((group, item.place));
        Some(())
    })?;
    Some(seen)
}

/// Reads how many replicas of a process there are to be.
pub(super) fn replicas(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let Value::Integer(number) = node.value else { return reader.count(node, MOST_REPLICAS) };
    let count = number.and_then(|number| u32::try_from(number).ok());
    let count = count.filter(|count| (1..=MOST_REPLICAS).contains(count));
    if count.is_none() {
        let problem = Problem::new(format!("expected a number from 1 to {MOST_REPLICAS}")).at(node.place);
        reader.report(problem.help("a process that is not to run by itself has `autostart = false`"));
    }
    count
}
