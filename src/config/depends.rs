//! `depends_on`: names → services, and a refusal of every circle that they would wait in.

use super::diagnostic::{Problem, visible};
use super::names::Names;
use super::place::Place;
use super::raw::{Node, Table, Value};
use super::read::Reader;
use super::{Condition, Dependency};
use crate::id::ServiceId;

/// A dependency with the place of the name that it was written as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) dependency: Dependency,
    place: Place,
}

/// Reads what the process `own` depends on; the ids in the links are places among the processes as written.
pub(super) fn read(reader: &mut Reader<'_>, names: &Names, own: ServiceId, table: &Table) -> Vec<Link> {
    let links = reader.key(table, "depends_on", |reader, node| match &node.value {
        Value::List(items) => Some(list(reader, names, own, items)),
        Value::Table(conditions) => Some(with_conditions(reader, names, own, conditions)),
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Switch(_) | Value::Date => {
            let found = node.value.kind();
            let problem = Problem::new(format!("expected a list of processes or a table, found {found}"));
            reader.report(problem.at(node.place).help("write `[\"db\"]`, or `{ db = \"ready\" }` with a condition"));
            None
        }
    });
    links.unwrap_or_default()
}

fn list(reader: &mut Reader<'_>, names: &Names, own: ServiceId, items: &[Node]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::with_capacity(items.len());
    for item in items {
        let Some(name) = reader.text(item) else { continue };
        add(reader, names, &mut links, own, (&name, Condition::default(), item.place));
    }
    links
}

fn with_conditions(reader: &mut Reader<'_>, names: &Names, own: ServiceId, conditions: &Table) -> Vec<Link> {
    let mut links = Vec::with_capacity(conditions.len());
    for (name, entry) in conditions {
        if let Some(condition) = reader.choice(&entry.node, "condition") {
            add(reader, names, &mut links, own, (name, condition, entry.key));
        } else {
            names.find(reader, name, entry.key);
        }
    }
    links
}

/// Adds what is meant by a name, be it that of a process or of a group, or reports why that cannot be needed.
fn add(
    reader: &mut Reader<'_>,
    names: &Names,
    links: &mut Vec<Link>,
    own: ServiceId,
    (name, condition, place): (&str, Condition, Place),
) {
    for service in names.find(reader, name, place) {
        let process = names.process(service);
        let by_group = if process == name { String::new() } else { format!(" through its group `{}`", visible(name)) };
        if service == own {
            let problem = Problem::new(format!("`{}` depends on itself{by_group}", visible(process))).at(place);
            reader.report(problem.help("it would never start"));
        } else if let Some(first) = links.iter().find(|link| link.dependency.service == service) {
            // two groups may share a process, as long as they do not want two things of it
            let is_same = first.dependency.condition == condition;
            if by_group.is_empty() || !is_same {
                let problem = Problem::new(format!("`{}` is there twice{by_group}", visible(process))).at(place);
                reader.report(problem.also(first.place, "first written here"));
            }
        } else {
            links.push(Link { dependency: Dependency { service, condition }, place });
        }
    }
}

/// Reports circles: processes that wait for each other, so that none of them would ever start.
///
/// A process that was named in one is not named again: one word taken out often ends several.
pub(super) fn refuse_circles(reader: &mut Reader<'_>, names: &Names, links: &[Vec<Link>]) {
    let mut walk = Walk { links, seen: vec![Seen::Not; links.len()], told: vec![false; links.len()], path: Vec::new() };
    for start in 0..links.len() {
        for circle in walk.from(start) {
            reader.report(describe(names, &circle));
        }
    }
}

/// Where a walk along the dependencies stands with a process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    OnPath,
    Done,
}

struct Walk<'a> {
    links: &'a [Vec<Link>],
    seen: Vec<Seen>,
    told: Vec<bool>,
    /// The processes from the start to here, each with how many of its links were followed. It is kept by hand since a
    /// long chain in a file must not exhaust the stack.
    path: Vec<(usize, usize)>,
}

impl<'a> Walk<'a> {
    /// Returns the circles that are met from `start`, each as its links in order.
    fn from(&mut self, start: usize) -> Vec<Vec<&'a Link>> {
        let mut circles = Vec::new();
        self.enter(start);
        while let Some((service, followed)) = self.path.last_mut() {
            let (service, link) = (*service, self.links.get(*service).and_then(|links| links.get(*followed)));
            *followed += 1;
            let Some(link) = link else {
                self.set(service, Seen::Done);
                self.path.pop();
                continue;
            };
            let next = link.dependency.service.index();
            match self.seen.get(next) {
                Some(Seen::Not) => self.enter(next),
                Some(Seen::OnPath) => circles.extend(self.circle_to(next)),
                Some(Seen::Done) | None => {}
            }
        }
        circles
    }

    fn enter(&mut self, service: usize) {
        if self.seen.get(service) == Some(&Seen::Not) {
            self.set(service, Seen::OnPath);
            self.path.push((service, 0));
        }
    }

    fn set(&mut self, service: usize, seen: Seen) {
        if let Some(place) = self.seen.get_mut(service) {
            *place = seen;
        }
    }

    /// Returns the part of the path from `first` to here, unless all of it was told before.
    fn circle_to(&mut self, first: usize) -> Option<Vec<&'a Link>> {
        let from = self.path.iter().position(|(service, _)| *service == first)?;
        let part = self.path.get(from..)?;
        let is_news = part.iter().any(|(service, _)| self.told.get(*service) == Some(&false));
        let links = part.iter().filter_map(|(service, followed)| self.links.get(*service)?.get(followed - 1)).collect();
        for (service, _) in part {
            if let Some(told) = self.told.get_mut(*service) {
                *told = true;
            }
        }
        is_news.then_some(links)
    }
}

fn describe(names: &Names, circle: &[&Link]) -> Problem {
    let name = |link: &Link| visible(names.process(link.dependency.service));
    // the last link leads back to the first process
    let mut path: Vec<String> = circle.iter().map(|link| name(link)).collect();
    path.rotate_right(1);
    path.extend(path.first().cloned());
    let problem = Problem::new(format!("these wait for each other: {}", path.join(" → ")));
    let problem = circle.first().map_or(problem.clone(), |first| problem.at(first.place));
    let closing = circle.last().filter(|_| circle.len() > 1);
    let problem = closing.map_or(problem.clone(), |last| problem.also(last.place, "here the circle closes"));
    problem.help("take one of them out of `depends_on`: none would ever start")
}
