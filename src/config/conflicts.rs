//! `conflicts`: processes of which only one may run at a time, however few of them say so.

use std::collections::BTreeSet;

use super::Service;
use super::depends::known_as;
use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Node, Table, Value};
use super::read::Reader;
use crate::id::ServiceId;

/// Reads who conflicts with whom, tells both sides, and reports what could never run.
///
/// `services` are those of `processes`, in their order, without those that could not be read.
pub(super) fn link(reader: &mut Reader<'_>, processes: &Table, defaults: &Table, services: &mut [Service]) {
    let names: Vec<&str> = processes.keys().map(String::as_str).collect();
    for (id, (name, entry)) in (0..).map(ServiceId::new).zip(processes) {
        let Value::Table(table) = &entry.node.value else { continue };
        let Some(conflicts) = table.get("conflicts").or_else(|| defaults.get("conflicts")) else { continue };
        for (other, place) in read(reader, &names, &conflicts.node) {
            if other == id {
                let problem = Problem::new(format!("`{}` conflicts with itself", visible(name))).at(place);
                reader.report(problem.help("it would never start"));
                continue;
            }
            let at_other = processes.get_index(other.index()).map(|(_, entry)| entry.key);
            refuse(reader, services, (id, other), (place, at_other));
            for (one, two) in [(id, other), (other, id)] {
                if let Some(service) = services.get_mut(one.index())
                    && !service.conflicts.contains(&two)
                {
                    service.conflicts.push(two);
                }
            }
        }
    }
    services.iter_mut().for_each(|service| service.conflicts.sort_unstable());
}

fn read(reader: &mut Reader<'_>, names: &[&str], node: &Node) -> Vec<(ServiceId, Place)> {
    let read = |reader: &mut Reader<'_>, item: &Node| {
        let name = reader.text(item)?;
        Some((known_as(reader, names, &name, item.place)?, item.place))
    };
    reader.list(node, "a list of processes", read).unwrap_or_default()
}

/// Reports a conflict with which one of the two could never run beside what it needs, or both would start by themselves.
fn refuse(
    reader: &mut Reader<'_>,
    services: &[Service],
    (id, other): (ServiceId, ServiceId),
    (place, at_other): (Place, Option<Place>),
) {
    let (Some(one), Some(two)) = (services.get(id.index()), services.get(other.index())) else { return };
    let (name, rival) = (visible(&one.name), visible(&two.name));
    let also = |problem: Problem, label: &str| match at_other {
        Some(at_other) => problem.also(at_other, label),
        None => problem,
    };
    if two.command.is_none() {
        let problem = Problem::new(format!("`{rival}` has no command, so nothing of it could conflict")).at(place);
        reader.report(also(problem, "it only starts others").help("name the processes that it starts"));
    } else if needs(services, id, other) || needs(services, other, id) {
        let problem = Problem::new(format!("`{name}` and `{rival}` conflict, and one needs the other")).at(place);
        reader.report(also(problem, "the other one").help("take one out of `conflicts`, or out of `depends_on`"));
    } else if one.autostart && two.autostart {
        let problem = Problem::new(format!("`{name}` and `{rival}` conflict, and both start by themselves")).at(place);
        reader.report(also(problem, "the other one").help("write `autostart = false` in one of the two"));
    }
}

/// Whether a process depends on another, directly or through others.
fn needs(services: &[Service], above: ServiceId, below: ServiceId) -> bool {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![above];
    while let Some(id) = ahead.pop() {
        let needs = services.get(id.index()).map_or(&[][..], |service| &service.depends_on);
        let new = needs.iter().map(|need| need.service).filter(|need| seen.insert(*need));
        ahead.extend(new);
    }
    seen.contains(&below)
}
