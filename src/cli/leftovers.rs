//! What killed runs have left behind, in words: for `up`, which asks about it, and for `reap`, which ends it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::engine::{Alone, Found, LeftAlone, Leftover, Listeners, Reaped, began, busy_ports};
use crate::process::{ProcessId, Survivor};

/// The widest name of a service that others are aligned to.
const NAME_COLUMNS: usize = 24;

/// What was known of leftovers while they were all alive.
#[derive(Debug, Default)]
pub struct Seen {
    ports: HashMap<ProcessId, Vec<u16>>,
}

impl Seen {
    /// Looks where these listen; a list of sockets that cannot be read leaves that out.
    #[must_use]
    pub fn look(leftovers: &[Leftover]) -> Self {
        let ids = leftovers.iter().map(|leftover| leftover.id).collect();
        let mut ports: HashMap<ProcessId, Vec<u16>> = HashMap::new();
        for listener in Listeners::default().of_tree(ids).unwrap_or_default() {
            let of_process = ports.entry(listener.process).or_default();
            // by port: the same port at another address stands beside it
            if of_process.last() != Some(&listener.address.port()) {
                of_process.push(listener.address.port());
            }
        }
        Self { ports }
    }

    fn ports(&self, id: ProcessId) -> &[u16] {
        self.ports.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns the ports of these on which nobody listens any more.
    fn freed(&self, gone: &[Leftover]) -> Vec<u16> {
        let ports: BTreeSet<u16> = gone.iter().flat_map(|leftover| self.ports(leftover.id)).copied().collect();
        let Ok(busy) = busy_ports() else { return Vec::new() };
        ports.difference(&busy).copied().collect()
    }
}

/// Returns the list of what was found: a line that counts, and one for each process; times in `zone`.
#[must_use]
pub fn found_in_words(found: &Found, seen: &Seen, zone: &TimeZone) -> Vec<String> {
    let mut lines = listed(&found.leftovers, seen, zone);
    lines.extend(found.alone.iter().map(alone_in_words));
    lines
}

fn listed(leftovers: &[Leftover], seen: &Seen, zone: &TimeZone) -> Vec<String> {
    let widest = leftovers.iter().map(|leftover| leftover.marks.service.width()).max().unwrap_or(0).min(NAME_COLUMNS);
    let mut lines = Vec::new();
    // those of one project stand together, in the order of their numbers
    let files: BTreeSet<_> = leftovers.iter().map(|leftover| &leftover.marks.file).collect();
    for file in files {
        let own: Vec<&Leftover> = leftovers.iter().filter(|leftover| leftover.marks.file == *file).collect();
        let project = own.first().map_or("", |leftover| &leftover.marks.project);
        let (count, shown) = (counted(own.len(), "process", "processes"), file.display().to_string());
        lines.push(format!("{count} left behind by a killed run of {project} ({})", shown.escape_debug()));
        lines.extend(own.into_iter().map(|leftover| row(leftover, seen, widest, zone)));
    }
    lines
}

fn row(leftover: &Leftover, seen: &Seen, widest: usize, zone: &TimeZone) -> String {
    let service = &leftover.marks.service;
    let pad = " ".repeat(widest.saturating_sub(service.width()));
    let since = since(leftover.id).map_or_else(String::new, |since| {
        format!("  since {}", since.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S"))
    });
    let ports: Vec<String> = seen.ports(leftover.id).iter().map(|port| format!("  :{port}")).collect();
    let ports = ports.concat();
    let guarded = if leftover.is_guarded { "  (its guard is still at work)" } else { "" };
    format!("{:>9}  {service}{pad}{since}{ports}  {}{guarded}", leftover.id.pid, leftover.command)
}

fn since(id: ProcessId) -> Option<Timestamp> {
    Timestamp::try_from(began(id)?).ok()
}

fn alone_in_words(alone: &LeftAlone) -> String {
    let why = match alone.why {
        Alone::Unmarked => "without our mark",
        Alone::Unreadable => "its environment cannot be read",
    };
    format!("{:>9}  below {}, {why}: left alone  {}", alone.id.pid, alone.below, alone.command)
}

/// Returns what has become of leftovers: a line that counts, and one for each process that still stands.
#[must_use]
pub fn reaped_in_words(reaped: &Reaped, seen: &Seen) -> Vec<String> {
    let freed: Vec<String> = seen.freed(&reaped.killed).iter().map(u16::to_string).collect();
    let freed = match freed.len() {
        0 => String::new(),
        1 => format!(" · port {} freed", freed.join(" ")),
        _ => format!(" · ports {} freed", freed.join(" ")),
    };
    let killed = counted(reaped.killed.len(), "process", "processes");
    let mut lines = vec![format!("killed {killed} left behind, {} left{freed}", reaped.survivors.len())];
    lines.extend(reaped.survivors.iter().map(|(leftover, survivor)| survivor_in_words(leftover, survivor)));
    lines
}

fn survivor_in_words(leftover: &Leftover, survivor: &Survivor) -> String {
    let Survivor { id, command, state, reason } = survivor;
    format!("⚠ {}: {} {command} · {} · {reason}", leftover.marks.service, id.pid, state.word())
}

/// Counts things by their right name.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// One leftover as data.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    pid: u32,
    start: u64,
    command: &'a str,
    service: &'a str,
    project: &'a str,
    file: String,
    run_id: String,
    since: Option<String>,
    ports: &'a [u16],
    killed: bool,
}

/// Returns leftovers as a JSON list, by number; each says whether it was killed and is seen to be gone.
///
/// # Errors
/// What serde cannot write.
pub(super) fn as_json<'a>(
    leftovers: impl Iterator<Item = (&'a Leftover, bool)>,
    seen: &Seen,
) -> Result<String, serde_json::Error> {
    let entry = |(leftover, killed): (&'a Leftover, bool)| Entry {
        pid: leftover.id.pid,
        start: leftover.id.start,
        command: &leftover.command,
        service: &leftover.marks.service,
        project: &leftover.marks.project,
        file: leftover.marks.file.to_string_lossy().into_owned(),
        run_id: leftover.marks.run.to_string(),
        since: since(leftover.id).map(|since| since.to_string()),
        ports: seen.ports(leftover.id),
        killed,
    };
    let mut entries: Vec<Entry<'_>> = leftovers.map(entry).collect();
    entries.sort_by_key(|entry| entry.pid);
    serde_json::to_string(&entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Marks;
    use crate::process::ProcessState;

    fn leftover(pid: u32, service: &str, project: &str) -> Leftover {
        let marks = Marks {
            run: ProcessId { pid: 50, start: 500 },
            namespace: "here".into(),
            service: service.to_owned(),
            project: project.to_owned(),
            file: format!("/srv/{project}/procfile.toml").into(),
        };
        let id = ProcessId { pid, start: u64::MAX };
        Leftover { id, command: format!("serve {service}"), marks, is_guarded: pid == 9 }
    }

    fn seen(ports: &[(u32, &[u16])]) -> Seen {
        let id = |pid| ProcessId { pid, start: u64::MAX };
        Seen { ports: ports.iter().map(|&(pid, ports)| (id(pid), ports.to_vec())).collect() }
    }

    #[test]
    fn leftovers_are_listed_by_project_with_their_ports_and_who_is_below_them() {
        let alone = LeftAlone {
            id: ProcessId { pid: 8, start: 1 },
            command: "helper".to_owned(),
            below: 7,
            why: Alone::Unmarked,
        };
        let leftovers = vec![leftover(7, "web", "shop"), leftover(9, "db", "shop"), leftover(8, "web", "blog")];
        let lines = found_in_words(&Found { leftovers, alone: vec![alone] }, &seen(&[(7, &[80, 443])]), &TimeZone::UTC);
        let expected = [
            "1 process left behind by a killed run of blog (/srv/blog/procfile.toml)",
            "        8  web  serve web",
            "2 processes left behind by a killed run of shop (/srv/shop/procfile.toml)",
            "        7  web  :80  :443  serve web",
            "        9  db   serve db  (its guard is still at work)",
            "        8  below 7, without our mark: left alone  helper",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_could_not_be_killed_is_named_with_its_reason() {
        let survivor = Survivor {
            id: ProcessId { pid: 8, start: 1 },
            command: "dd".to_owned(),
            state: ProcessState::Uninterruptible,
            reason: "waiting".to_owned(),
        };
        let reaped =
            Reaped { killed: vec![leftover(7, "web", "shop")], survivors: vec![(leftover(8, "db", "shop"), survivor)] };
        let lines = reaped_in_words(&reaped, &Seen::default());
        assert_eq!(lines, ["killed 1 process left behind, 1 left", "⚠ db: 8 dd · disk wait · waiting"]);
    }

    #[test]
    fn as_data_they_are_a_list_by_number() {
        let (one, two) = (leftover(9, "web", "shop"), leftover(7, "db", "shop"));
        let text = as_json([(&one, true), (&two, false)].into_iter(), &seen(&[(9, &[80])])).unwrap();
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&list[0]["pid"], &list[0]["killed"]), (&7.into(), &false.into()));
        assert_eq!((&list[1]["service"], &list[1]["killed"]), (&"web".into(), &true.into()));
        assert_eq!((&list[1]["ports"][0], &list[1]["run_id"]), (&80.into(), &"50-500".into()));
        assert_eq!(as_json(std::iter::empty(), &Seen::default()).unwrap(), "[]");
    }
}
