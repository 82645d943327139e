//! `procdash ps`: how every service stands, as a table or as JSON.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::args::PsArguments;
use super::remote::{AT_ONCE, DONE, Failure, Place, USAGE, ask, print_json};
use crate::config::Roster;
use crate::control::{Board, ExitRow, HolderRow, Request, ServiceRow};
use crate::supervisor::State;
use crate::ui::text;

/// The titles of the columns, and whether their cells stand to the right.
const COLUMNS: [(&str, bool); 9] = [
    ("NAME", false),
    ("STATE", false),
    ("PID", true),
    ("UPTIME", true),
    ("CPU", true),
    ("MEMORY", true),
    ("PROCESSES", true),
    ("PORTS", false),
    ("NOTE", false),
];
/// Cells between two columns.
const GAP: usize = 2;

/// Prints how every service stands; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn ps(words: &PsArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut board: Board = ask(&words.ask, place, &Request::Ps, AT_ONCE)?;
    if !words.names.is_empty() {
        board.services = named(&board, &words.names)?;
    }
    if words.ask.json {
        print_json(out, &board)?;
    } else {
        for line in table(&board, place) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(DONE)
}

/// Returns the services that these names mean.
fn named(board: &Board, names: &[String]) -> Result<Vec<ServiceRow>, Failure> {
    let groups: Vec<Vec<Arc<str>>> = board
        .services
        .iter()
        .map(|service| service.groups.iter().map(|group| Arc::from(group.as_str())).collect())
        .collect();
    let roster: Roster<'_> = board
        .services
        .iter()
        .zip(&groups)
        .map(|(service, groups)| (service.name.as_str(), groups.as_slice()))
        .collect();
    let found = roster.find_all(names.iter().map(String::as_str));
    let places = found.map_err(|unknown| Failure::new(USAGE, format!("error: {}", unknown.with_all())))?;
    Ok(places.into_iter().filter_map(|place| board.services.get(place).cloned()).collect())
}

/// Lays the board out; a column that no service has anything for is left out.
fn table(board: &Board, place: &Place<'_>) -> Vec<String> {
    let rows: Vec<[String; COLUMNS.len()]> = board.services.iter().map(cells).collect();
    let width = |column: usize, title: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| text::width(cell));
        let widest = cells.max().unwrap_or(0);
        if widest == 0 { 0 } else { widest.max(text::width(title)) }
    };
    let widths: Vec<usize> = COLUMNS.iter().enumerate().map(|(column, (title, _))| width(column, title)).collect();
    let titles = COLUMNS.map(|(title, _)| title.to_owned());
    let head = std::iter::once(line(&titles, &widths, place, None));
    head.chain(board.services.iter().zip(&rows).map(|(service, row)| line(row, &widths, place, Some(&service.state))))
        .collect()
}

fn line(cells: &[String], widths: &[usize], place: &Place<'_>, state: Option<&str>) -> String {
    let mut line = String::new();
    let mut taken = 0;
    for (column, ((cell, &width), (_, right))) in cells.iter().zip(widths).zip(COLUMNS).enumerate() {
        if width == 0 {
            continue;
        }
        let last = column + 1 == COLUMNS.len();
        let cell = match (last, right) {
            (true, _) => place.fit(cell, taken),
            (false, true) => text::right(cell, width),
            (false, false) => text::left(cell, width),
        };
        let colour = match (state, column) {
            (None, _) => "2",
            (Some(state), 1) => state_colour(state),
            (Some(_), 0) => "1",
            (Some(_), _) => "0",
        };
        line.push_str(&if colour == "0" { cell } else { place.paint(colour, &cell) });
        line.push_str(&" ".repeat(GAP));
        taken += width + GAP;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Returns the colour of a state's word: green works, yellow is on its way, red needs somebody.
pub(super) fn state_colour(word: &str) -> &'static str {
    match State::ALL.iter().find(|state| state.word() == word) {
        Some(State::Running | State::Ready | State::Done) => "32",
        Some(State::Blocked | State::Starting | State::Stopping | State::Backoff) => "33",
        Some(State::Unhealthy | State::Crashed | State::CrashLoop | State::Stuck) => "31",
        Some(State::Stopped | State::Exited) | None => "2",
    }
}

fn cells(service: &ServiceRow) -> [String; COLUMNS.len()] {
    let alive = !service.tree.is_empty();
    let figure = |text: String| if alive { text } else { String::new() };
    let ports: Vec<String> = service.ports.iter().map(|port| format!(":{port}")).collect();
    // a share of a processor needs no more than the precision it is shown in
    #[expect(clippy::cast_possible_truncation, reason = "it was made from the narrower number")]
    let cpu = service.cpu_percent as f32;
    [
        text::cut(&service.name, usize::MAX),
        service.state.clone(),
        service.pid.map_or_else(String::new, |pid| pid.to_string()),
        service.uptime_ms.map_or_else(String::new, |uptime| text::duration(Duration::from_millis(uptime))),
        figure(text::percent(cpu)),
        figure(text::size(service.memory_bytes)),
        figure(service.tree.len().to_string()),
        ports.join(" "),
        note(service),
    ]
}

/// Says what the figures do not: how it ended, when it starts again, what is left of it.
fn note(service: &ServiceRow) -> String {
    let exit = match &service.exit {
        Some(ExitRow::Code(code)) => format!("exit {code}"),
        Some(ExitRow::Signal(name)) => name.clone(),
        None => String::new(),
    };
    let again =
        service.next_start_ms.map(|wait| format!("starts again in {}", text::brief(Duration::from_millis(wait))));
    let left = match service.survivors.len() {
        0 => None,
        count => Some(format!("{count} could not be killed; `procdash why {}` names them", service.name)),
    };
    // how the run before ended says nothing about one that runs
    let ended = service.started_at.is_none() && service.state != State::Stopped.word();
    let blocked = (!service.blocked_on.is_empty()).then(|| format!("on {}", service.blocked_on.join(", ")));
    let waits = service.state == State::Blocked.word();
    let held = service.port.as_ref().and_then(|port| port.held_by.as_ref()).filter(|_| waits).map(held_by);
    let parts =
        [blocked, held, Some(exit).filter(|exit| ended && !exit.is_empty()), service.problem.clone(), again, left];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Says who has the port that it waits for: `held by 4242 nc -l 3000 of alice`.
fn held_by(holder: &HolderRow) -> String {
    let process = holder.pid.map(|pid| format!("{pid} {}", holder.command.as_deref().unwrap_or_default()));
    let user = || holder.user.as_ref().map(|user| format!("a process of {user}"));
    match (&holder.service, &holder.project) {
        (Some(service), Some(project)) => {
            format!("held by {service} of {project}{}", process.map_or_else(String::new, |who| format!(" ({who})")))
        }
        (Some(service), None) if holder.pid.is_none() => format!("kept for {service}"),
        (Some(service), None) => format!("held by {service}"),
        (None, _) => format!("held by {}", process.or_else(user).unwrap_or_else(|| "somebody".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{PortRow, ProcessRow};

    fn service(name: &str, state: &str) -> ServiceRow {
        ServiceRow {
            name: name.to_owned(),
            state: state.to_owned(),
            pid: None,
            started_at: None,
            uptime_ms: None,
            restarts: 0,
            exit: None,
            cpu_percent: 0.0,
            memory_bytes: 0,
            ports: vec![],
            blocked_on: vec![],
            tree: vec![],
            run: 0,
            next_start_ms: None,
            problem: None,
            listeners: vec![],
            survivors: vec![],
            port: None,
            groups: vec![],
            probe_error: None,
        }
    }

    fn running(name: &str) -> ServiceRow {
        let process = |pid| ProcessRow { pid, ppid: 1, start: 1, command: String::new(), state: String::new() };
        ServiceRow {
            pid: Some(41822),
            started_at: Some(jiff::Timestamp::UNIX_EPOCH),
            uptime_ms: Some(134_000),
            cpu_percent: 12.3,
            memory_bytes: 48 << 20,
            ports: vec![3000],
            tree: vec![process(41822), process(41823)],
            ..service(name, "running")
        }
    }

    fn shown(services: Vec<ServiceRow>, colour: bool) -> Vec<String> {
        let board = Board { project: "shop".to_owned(), run_id: "1-1".to_owned(), pid: 1, quitting: false, services };
        table(&board, &Place { from: std::path::Path::new("/"), colour, columns: Some(100) })
    }

    #[test]
    fn the_table_is_aligned_and_has_no_empty_columns() {
        let crashed = ServiceRow { exit: Some(ExitRow::Code(1)), ..service("api", "crashed") };
        assert_eq!(
            shown(vec![running("web"), crashed, service("docs", "stopped")], false),
            [
                "NAME  STATE      PID  UPTIME    CPU  MEMORY  PROCESSES  PORTS  NOTE",
                "web   running  41822   02:14  12.3%     48M          2  :3000",
                "api   crashed                                                  exit 1",
                "docs  stopped",
            ]
        );
        assert_eq!(shown(vec![service("docs", "stopped")], false), ["NAME  STATE", "docs  stopped"]);
    }

    #[test]
    fn who_has_the_port_that_a_service_waits_for_is_named() {
        let holder = |service: Option<&str>, project: Option<&str>| HolderRow {
            pid: Some(4242),
            command: Some("nc -l 3000".to_owned()),
            user: Some("alice".to_owned()),
            service: service.map(str::to_owned),
            project: project.map(str::to_owned),
        };
        let told = |held_by| {
            let port = Some(PortRow { expect: 3000, given: None, held_by: Some(held_by) });
            let blocked_on = vec!["port 3000".to_owned()];
            note(&ServiceRow { blocked_on, port, ..service("web", "blocked") })
        };
        assert_eq!(told(holder(None, None)), "on port 3000 · held by 4242 nc -l 3000");
        assert_eq!(told(holder(Some("api"), None)), "on port 3000 · held by api");
        assert_eq!(told(holder(Some("api"), Some("blog"))), "on port 3000 · held by api of blog (4242 nc -l 3000)");
        let unseen = HolderRow { pid: None, command: None, ..holder(None, None) };
        assert_eq!(told(unseen), "on port 3000 · held by a process of alice");
    }

    #[test]
    fn colours_are_there_only_where_they_are_wanted() {
        let line = &shown(vec![running("web")], true)[1];
        assert!(line.starts_with("\x1b[1mweb \x1b[0m  \x1b[32mrunning\x1b[0m"), "{line:?}");
        assert!(!shown(vec![running("web")], false).concat().contains('\x1b'));
    }
}
