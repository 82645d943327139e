//! `depends_on`: names → services, and a refusal of every circle that they would wait in.

use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Node, Table, Value};
use super::read::Reader;
use super::suggest::closest;
use super::{Condition, Dependency};
use crate::id::ServiceId;

/// How many names are listed where none is near enough to be meant.
const LISTED: usize = 12;

/// A dependency with the place of the name that it was written as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) dependency: Dependency,
    place: Place,
}

/// Reads what the process `own` depends on; `names` are those of all processes, in the order of the file.
pub(super) fn read(reader: &mut Reader<'_>, names: &[&str], own: ServiceId, table: &Table) -> Vec<Link> {
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

fn list(reader: &mut Reader<'_>, names: &[&str], own: ServiceId, items: &[Node]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::with_capacity(items.len());
    for item in items {
        let Some(name) = reader.text(item) else { continue };
        let Some(service) = find(reader, names, own, &name, item.place) else { continue };
        if let Some(first) = links.iter().find(|link| link.dependency.service == service) {
            let problem = Problem::new(format!("`{}` is there twice", visible(&name))).at(item.place);
            reader.report(problem.also(first.place, "first written here"));
            continue;
        }
        links.push(Link { dependency: Dependency { service, condition: Condition::default() }, place: item.place });
    }
    links
}

fn with_conditions(reader: &mut Reader<'_>, names: &[&str], own: ServiceId, conditions: &Table) -> Vec<Link> {
    let mut links = Vec::with_capacity(conditions.len());
    for (name, entry) in conditions {
        let condition = reader.choice(&entry.node, "condition");
        let service = find(reader, names, own, name, entry.key);
        if let (Some(service), Some(condition)) = (service, condition) {
            links.push(Link { dependency: Dependency { service, condition }, place: entry.key });
        }
    }
    links
}

/// Finds the process that is meant by a name, or reports that there is none.
fn find(reader: &mut Reader<'_>, names: &[&str], own: ServiceId, name: &str, place: Place) -> Option<ServiceId> {
    let id = known_as(reader, names, name, place)?;
    if id == own {
        reader.report(
            Problem::new(format!("`{}` depends on itself", visible(name))).at(place).help("it would never start"),
        );
        return None;
    }
    Some(id)
}

/// Returns the process of this name, or reports that there is none.
pub(super) fn known_as(reader: &mut Reader<'_>, names: &[&str], name: &str, place: Place) -> Option<ServiceId> {
    let Some((id, _)) = (0..).map(ServiceId::new).zip(names).find(|(_, known)| **known == name) else {
        let meant = closest(name, names.iter().copied());
        let help = meant.map_or_else(|| known(names), |meant| format!("did you mean `{}`?", visible(meant)));
        reader.report(Problem::new(format!("there is no process `{}`", visible(name))).at(place).help(help));
        return None;
    };
    Some(id)
}

fn known(names: &[&str]) -> String {
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{}`", visible(name))).collect();
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are {}{more}", listed.join(", "))
}

/// Reports circles: processes that wait for each other, so that none of them would ever start.
///
/// A process that was named in one is not named again: one word taken out often ends several.
pub(super) fn refuse_circles(reader: &mut Reader<'_>, names: &[&str], links: &[Vec<Link>]) {
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

fn describe(names: &[&str], circle: &[&Link]) -> Problem {
    let name = |link: &Link| visible(names.get(link.dependency.service.index()).copied().unwrap_or_default());
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
