//! `port`: the TCP port that a process expects to have, and how far it may move when somebody else has it.

use std::ops::RangeInclusive;

use super::Service;
use super::diagnostic::{Problem, visible};
use super::place::Place;
use super::raw::{Node, Table, Value};
use super::read::{Known, Reader};

const PORT: Known = Known { table: "`port`", keys: &["expect", "bump"] };
/// What to write, for every mistake about it.
const HELP: &str = "write a number such as 3000, or `{ expect = 3000, bump = 10 }`";

/// The TCP port that a service expects to have; it becomes `$PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// The port.
    pub expect: u16,
    /// How many of those behind it may be taken instead, when it is not free.
    pub bump: u16,
}

impl Port {
    /// Returns the ports that it may have, the best first.
    #[must_use]
    pub fn candidates(self) -> RangeInclusive<u16> {
        self.expect..=self.expect.saturating_add(self.bump)
    }

    /// Returns the port of one of several replicas, of which the first, number 1, has the one that is written.
    pub(super) fn of_replica(self, number: u32) -> Self {
        let behind = u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
        Self { expect: self.expect.saturating_add(behind), ..self }
    }
}

/// Reads a port: a number, or a table with `expect`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Port> {
    match &node.value {
        Value::Integer(_) => number(reader, node).map(|expect| Port { expect, bump: 0 }),
        Value::Table(table) => table_of(reader, node, table),
        Value::Text(_) | Value::Float(_) | Value::Switch(_) | Value::Date | Value::List(_) => {
            let problem = Problem::new(format!("expected a port, found {}", node.value.kind())).at(node.place);
            reader.report(problem.help(HELP));
            None
        }
    }
}

fn table_of(reader: &mut Reader<'_>, node: &Node, table: &Table) -> Option<Port> {
    reader.known(table, &PORT);
    if !table.contains_key("expect") {
        reader.report(Problem::new("this says no port to expect").at(node.place).help(HELP));
    }
    let expect = reader.key(table, "expect", number);
    let bump = reader.key(table, "bump", |reader, node| {
        let most = expect.map_or(u16::MAX - 1, |expect| u16::MAX - expect);
        reader.count(node, u32::from(most)).and_then(|bump| u16::try_from(bump).ok())
    });
    Some(Port { expect: expect?, bump: bump.unwrap_or(0) })
}

fn number(reader: &mut Reader<'_>, node: &Node) -> Option<u16> {
    let Value::Integer(number) = node.value else {
        reader.report(Problem::new(format!("expected a port, found {}", node.value.kind())).at(node.place).help(HELP));
        return None;
    };
    let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    if port.is_none() {
        reader.report(Problem::new("a port is a number from 1 to 65535").at(node.place));
    }
    port
}

/// Reports processes that expect the same port, of which none may move, and that do not conflict: only one could ever run.
///
/// `places` says where each service's port is written.
pub(super) fn refuse_shared(reader: &mut Reader<'_>, services: &[(&Service, Option<Place>)]) {
    let fixed = |service: &Service| service.port.filter(|port| port.bump == 0 && service.command.is_some());
    for (number, (service, place)) in services.iter().enumerate() {
        let Some((port, place)) = fixed(service).zip(*place) else { continue };
        let rivals = &service.conflicts;
        let beside = |place: usize| rivals.iter().all(|rival| rival.index() != place);
        let mut earlier = services.iter().take(number).enumerate().filter(|(place, _)| beside(*place));
        let Some((_, (other, Some(first)))) = earlier.find(|(_, (other, _))| fixed(other) == Some(port)) else {
            continue;
        };
        let names = format!("`{}` and `{}`", visible(&other.name), visible(&service.name));
        let problem = Problem::new(format!("{names} both expect port {}", port.expect)).at(place);
        let problem = problem.also(*first, "first expected here");
        reader.report(problem.help(format!(
            "give one of them another port, or let it move: `{{ expect = {}, bump = 10 }}`",
            port.expect
        )));
    }
}
