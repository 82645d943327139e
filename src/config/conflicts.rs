//! `conflicts`: processes of which only one may run at a time, however few of them say so.

use std::collections::BTreeSet;

use super::Service;
use super::diagnostic::{Problem, visible};
use super::names::Names;
use super::place::Place;
use super::raw::{Node, Table};
use super::read::Reader;
use crate::id::ServiceId;

/// Reads who conflicts with whom, tells both sides, and reports what could never run.
///
/// `tables` are those of the processes as written, each with the defaults below it.
pub(super) fn link(reader: &mut Reader<'_>, names: &Names, tables: &[Table], services: &mut [Service]) {
    for (id, table) in (0..).map(ServiceId::new).zip(tables) {
        let Some(conflicts) = table.get("conflicts") else { continue };
        for (other, place) in read(reader, names, id, &conflicts.node) {
            link_pair(reader, names, services, (id, other), place);
        }
    }
    for service in services {
        service.conflicts.sort_unstable();
    }
}

/// Returns the processes with which one conflicts; of a group that it is in itself, the others.
fn read(reader: &mut Reader<'_>, names: &Names, own: ServiceId, node: &Node) -> Vec<(ServiceId, Place)> {
    let mut found = Vec::new();
    reader.list(node, "a list of processes", |reader, item| {
        let name = reader.text(item)?;
        if name == names.process(own) {
            let problem = Problem::new(format!("`{}` conflicts with itself", visible(&name))).at(item.place);
            reader.report(problem.help("it would never start"));
            return None;
        }
        let meant = names.find(reader, &name, item.place);
        found.extend(meant.into_iter().filter(|other| *other != own).map(|other| (other, item.place)));
        Some(())
    });
    found
}

fn link_pair(
    reader: &mut Reader<'_>,
    names: &Names,
    services: &mut [Service],
    (id, other): (ServiceId, ServiceId),
    place: Place,
) {
    for (number, (one, two)) in
        names.services_of(id).flat_map(|one| names.services_of(other).map(move |two| (one, two))).enumerate()
    {
        // the other side may have said so before, or this one through a group
        let is_known = services.get(one.index()).is_none_or(|service| service.conflicts.contains(&two));
        if is_known {
            return;
        }
        if number == 0 {
            refuse(reader, services, (one, two), (place, names.place(other)));
        }
        for (one, two) in [(one, two), (two, one)] {
            if let Some(service) = services.get_mut(one.index()) {
                service.conflicts.push(two);
            }
        }
    }
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

/// Whether a service depends on another, directly or through others.
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
