//! `procdash graph`: who depends on whom, as a tree, as JSON or for Mermaid, with states where a procdash runs.

use std::io::Write;

use serde::Serialize;

use super::args::GraphArguments;
use super::load::load;
use super::ps::state_colour;
use super::remote::{AT_ONCE, DONE, Failure, NOBODY, Place, USAGE, ask, print_json};
use crate::config::{Condition, Config, Dependency};
use crate::control::{Board, Request};
use crate::id::ServiceId;
use crate::supervisor::{PlanRow, plan_tree};

/// The whole plan.
#[derive(Debug, Serialize)]
struct Plan {
    project: String,
    /// In the order of the file.
    services: Vec<Planned>,
}

/// One service of the plan.
#[derive(Debug, Serialize)]
struct Planned {
    name: String,
    /// The word of its state; none where no procdash runs, or the one that runs does not know it yet.
    state: Option<String>,
    blocked_on: Vec<String>,
    depends_on: Vec<Needed>,
}

/// What one service needs of another.
#[derive(Debug, Serialize)]
struct Needed {
    service: String,
    condition: Condition,
    /// Which that is, by its place among the services.
    #[serde(skip)]
    id: ServiceId,
}

/// Prints the plan of the file; returns the exit code.
///
/// # Errors
/// When there is no file, a running procdash does not answer, or nobody reads what is told.
pub fn graph(words: &GraphArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let file = words.ask.file.file.as_deref();
    let config = load(file, place.from).map_err(|error| Failure::new(USAGE, error.render(place.colour)))?;
    let board = match ask::<Board>(&words.ask, place, &Request::Ps, AT_ONCE) {
        Ok(board) => Some(board),
        // the plan is there without anything that runs
        Err(Failure::Told { code: NOBODY, .. }) => None,
        Err(failure) => return Err(failure),
    };
    let plan = Plan::new(&config, board.as_ref());
    if words.ask.json {
        print_json(out, &plan)?;
        return Ok(DONE);
    }
    let lines = if words.mermaid { plan.mermaid() } else { plan.tree(place) };
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(DONE)
}

impl Plan {
    fn new(config: &Config, board: Option<&Board>) -> Self {
        let planned = |service: &crate::config::Service| {
            let rows = board.map_or(&[][..], |board| &board.services);
            let row = rows.iter().find(|row| row.name == service.name);
            let needed = |need: &crate::config::Dependency| {
                let service = config.services.get(need.service.index())?.name.clone();
                Some(Needed { service, condition: need.condition, id: need.service })
            };
            Planned {
                name: service.name.clone(),
                state: row.map(|row| row.state.clone()),
                blocked_on: row.map_or_else(Vec::new, |row| row.blocked_on.clone()),
                depends_on: service.depends_on.iter().filter_map(needed).collect(),
            }
        };
        Self { project: config.name.clone(), services: config.services.iter().map(planned).collect() }
    }

    /// Returns the plan as a tree: below each service what it needs, each of those in full where it comes first.
    fn tree(&self, place: &Place<'_>) -> Vec<String> {
        let dependency = |need: &Needed| Dependency { service: need.id, condition: need.condition };
        let needs: Vec<Vec<Dependency>> =
            self.services.iter().map(|service| service.depends_on.iter().map(dependency).collect()).collect();
        let rows = plan_tree(&needs, (0..).map(ServiceId::new).take(needs.len()));
        rows.iter().filter_map(|row| Some(line(row, self.services.get(row.service.index())?, place))).collect()
    }

    /// Returns the plan as a flowchart of Mermaid.
    fn mermaid(&self) -> Vec<String> {
        let mut lines = vec!["flowchart LR".to_owned()];
        for (place, service) in self.services.iter().enumerate() {
            let state = service.state.as_ref().map_or_else(String::new, |state| format!("<br/>{state}"));
            lines.push(format!("    s{place}[\"{}{state}\"]", escaped(&service.name)));
        }
        for (place, service) in self.services.iter().enumerate() {
            let arrow = |need: &Needed| format!("    s{place} -->|{}| s{}", need.condition.word(), need.id.index());
            lines.extend(service.depends_on.iter().map(arrow));
        }
        lines
    }
}

fn line(row: &PlanRow, service: &Planned, place: &Place<'_>) -> String {
    let name = place.paint("1", &place.fit(&service.name, row.branch.chars().count()));
    let condition = row.condition.filter(|condition| *condition != Condition::default());
    let condition = condition.map(|condition| format!(" ({})", condition.word()));
    let state = service.state.as_ref().map(|state| format!("  {}", place.paint(state_colour(state), state)));
    let names: Vec<String> = service.blocked_on.iter().map(|name| place.fit(name, 0)).collect();
    let on = (!names.is_empty()).then(|| format!(" on {}", names.join(", ")));
    [
        place.paint("2", &row.branch),
        name,
        place.paint("2", &condition.unwrap_or_default()),
        state.unwrap_or_default(),
        on.unwrap_or_default(),
        place.paint("2", if row.is_cut { " …" } else { "" }),
    ]
    .concat()
}

/// Returns a name as Mermaid reads it between quotes.
fn escaped(name: &str) -> String {
    let escape = |char: char| match char {
        '"' => "#quot;".to_owned(),
        '#' => "#35;".to_owned(),
        '<' => "#lt;".to_owned(),
        '>' => "#gt;".to_owned(),
        char => char.to_string(),
    };
    name.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A name, and the places and conditions of what it needs.
    type Draft = (&'static str, &'static [(usize, Condition)]);

    /// stack → web → api → db and migrate, migrate → db; other alone.
    fn plan(states: &[(usize, &str)]) -> Plan {
        let needs: &[Draft] = &[
            ("stack", &[(1, Condition::Ready), (5, Condition::Ready)]),
            ("web", &[(2, Condition::Ready)]),
            ("api", &[(4, Condition::Ready), (3, Condition::Completed)]),
            ("migrate", &[(4, Condition::Ready)]),
            ("db", &[]),
            ("worker", &[(2, Condition::Started)]),
            ("other", &[]),
        ];
        let service = |(place, (name, list)): (usize, &Draft)| Planned {
            name: (*name).to_owned(),
            state: states.iter().find(|(which, _)| *which == place).map(|(_, state)| (*state).to_owned()),
            blocked_on: states.iter().filter(|state| **state == (place, "blocked")).map(|_| "db".to_owned()).collect(),
            depends_on: list
                .iter()
                .map(|&(place, condition)| Needed {
                    service: needs[place].0.to_owned(),
                    condition,
                    id: ServiceId::new(u32::try_from(place).expect("a few")),
                })
                .collect(),
        };
        Plan { project: "shop".to_owned(), services: needs.iter().enumerate().map(service).collect() }
    }

    fn plain() -> Place<'static> {
        Place { from: Path::new("/"), colour: false, columns: None }
    }

    #[test]
    fn what_a_service_needs_stands_below_it_and_in_full_only_once() {
        assert_eq!(
            plan(&[]).tree(&plain()),
            [
                "stack",
                "├─ web",
                "│  └─ api",
                "│     ├─ db",
                "│     └─ migrate (completed)",
                "│        └─ db",
                "└─ worker",
                "   └─ api (started) …",
                "other",
            ]
        );
    }

    #[test]
    fn states_stand_behind_the_names_where_they_are_known() {
        let tree = plan(&[(0, "blocked"), (1, "running")]).tree(&plain());
        assert_eq!(tree[..3], ["stack  blocked on db", "├─ web  running", "│  └─ api"]);
    }

    #[test]
    fn mermaid_gets_every_service_and_every_arrow() {
        let mut plan = plan(&[(4, "running")]);
        plan.services[6].name = "an \"odd\" <name>".to_owned();
        let lines = plan.mermaid();
        assert_eq!(lines[0], "flowchart LR");
        assert_eq!(lines[5], "    s4[\"db<br/>running\"]");
        assert_eq!(lines[7], "    s6[\"an #quot;odd#quot; #lt;name#gt;\"]");
        assert_eq!(lines[8], "    s0 -->|ready| s1");
        assert_eq!(lines.len(), 1 + 7 + 7);
    }
}
