//! Who is a leftover of a dead run, and who is left alone. Pure: the table and who lives come in as arguments.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;

use crate::engine::marks::Marks;
use crate::process::ProcessId;

/// Whose leftovers are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the project with this main file, by the path of its marks.
    Project(PathBuf),
    /// Those of every project.
    All,
}

impl Scope {
    /// Whether these marks are of it.
    pub(super) fn covers(&self, marks: &Marks) -> bool {
        match self {
            Self::Project(file) => *file == marks.file,
            Self::All => true,
        }
    }
}

/// What is known of whose a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Its environment cannot be read.
    Unreadable,
    /// It carries no marks.
    Missing,
    /// It carries these.
    Carried(Marks),
}

/// One process of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: ProcessId,
    pub(super) parent: u32,
    /// Whether it runs procdash: a dashboard, a guard, or one that looks for leftovers itself.
    pub(super) is_procdash: bool,
    pub(super) mark: Mark,
}

/// What is looked for, and from where.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) scope: &'a Scope,
    /// This process, which looks.
    pub(super) own: u32,
    /// The pid namespace of this process.
    pub(super) namespace: OsString,
}

/// Why a process below a leftover is not one itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// It carries no marks.
    Unmarked,
    /// Its environment cannot be read.
    Unreadable,
}

/// Who was found; the numbers are places in the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// The leftovers, and whether a procdash above them is at work.
    pub(super) leftovers: Vec<(usize, bool)>,
    /// Those left alone, and below which leftover they are.
    pub(super) alone: Vec<(usize, u32, Alone)>,
}

/// Tells leftovers from everybody else.
///
/// A leftover carries the marks of a run of the scope; that run's dashboard is dead by `is_alive`, and is not younger than
/// the process. Never a leftover is what runs procdash, and who is above such a one: a shell in a service may have started
/// another project, or this very look.
pub(super) fn judge(rows: &[Row], asked: &Asked<'_>, is_alive: impl Fn(ProcessId) -> bool) -> Judgement {
    let table = Table::new(rows);
    let is_procdash = |row: &Row| row.is_procdash || row.id.pid == asked.own;
    let mut spared: HashSet<u32> = HashSet::new();
    for row in rows.iter().filter(|row| is_procdash(row)) {
        spared.insert(row.id.pid);
        spared.extend(table.above(row).map(|above| above.id.pid));
    }
    let is_leftover = |row: &Row| {
        let Mark::Carried(marks) = &row.mark else { return false };
        asked.scope.covers(marks)
            && marks.namespace == asked.namespace
            && row.id.start >= marks.run.start
            && !spared.contains(&row.id.pid)
            && !is_alive(marks.run)
    };
    let found: HashSet<u32> = rows.iter().filter(|row| is_leftover(row)).map(|row| row.id.pid).collect();
    let mut judgement = Judgement::default();
    for (place, row) in rows.iter().enumerate() {
        if found.contains(&row.id.pid) {
            judgement.leftovers.push((place, table.above(row).any(is_procdash)));
            continue;
        }
        let why = match row.mark {
            Mark::Missing => Alone::Unmarked,
            Mark::Unreadable => Alone::Unreadable,
            // of a run that lives, or of another project: that is said there
            Mark::Carried(_) => continue,
        };
        // what a guard holds, it ends, marked or not
        if spared.contains(&row.id.pid) || table.above(row).any(is_procdash) {
            continue;
        }
        let below = table.above(row).map(|above| above.id.pid).find(|pid| found.contains(pid));
        judgement.alone.extend(below.map(|below| (place, below, why)));
    }
    judgement
}

/// The rows by their numbers.
struct Table<'a> {
    rows: HashMap<u32, &'a Row>,
}

impl<'a> Table<'a> {
    fn new(rows: &'a [Row]) -> Self {
        Self { rows: rows.iter().map(|row| (row.id.pid, row)).collect() }
    }

    /// Goes up from a row, its parent first; a ring, which a torn table may hold, is gone round once.
    fn above(&self, row: &Row) -> impl Iterator<Item = &'a Row> {
        let up = |row: &Row| self.rows.get(&row.parent).copied();
        let first = up(row);
        std::iter::successors(first, move |row| up(row)).take(self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAD: ProcessId = ProcessId { pid: 50, start: 500 };
    const ALIVE: ProcessId = ProcessId { pid: 60, start: 600 };
    const OWN: u32 = 99;

    fn marks(run: ProcessId, file: &str) -> Mark {
        Mark::Carried(Marks {
            run,
            namespace: "here".into(),
            service: "web".to_owned(),
            project: "shop".to_owned(),
            file: file.into(),
        })
    }

    fn row(pid: u32, parent: u32, mark: Mark) -> Row {
        Row { id: ProcessId { pid, start: 1000 }, parent, is_procdash: false, mark }
    }

    fn procdash(pid: u32, parent: u32, mark: Mark) -> Row {
        Row { is_procdash: true, ..row(pid, parent, mark) }
    }

    /// Leftovers by number, and whether they are guarded; those left alone, below whom, and why.
    type Judged = (Vec<(u32, bool)>, Vec<(u32, u32, Alone)>);

    fn judged(rows: &[Row], scope: &Scope) -> Judged {
        let asked = Asked { scope, own: OWN, namespace: "here".into() };
        let judgement = judge(rows, &asked, |run| run == ALIVE);
        let leftovers = judgement.leftovers.iter().map(|&(place, guarded)| (rows[place].id.pid, guarded)).collect();
        let alone = judgement.alone.iter().map(|&(place, below, why)| (rows[place].id.pid, below, why)).collect();
        (leftovers, alone)
    }

    fn found(rows: &[Row]) -> Vec<u32> {
        judged(rows, &Scope::Project("/a".into())).0.into_iter().map(|(pid, _)| pid).collect()
    }

    #[test]
    fn a_process_with_the_marks_of_a_dead_run_of_the_project_is_a_leftover() {
        assert_eq!(found(&[row(7, 1, marks(DEAD, "/a")), row(8, 7, marks(DEAD, "/a"))]), [7, 8]);
    }

    #[test]
    fn a_live_run_and_another_project_are_nobodys_leftovers() {
        let rows = [row(7, 1, marks(ALIVE, "/a")), row(8, 1, marks(DEAD, "/b")), row(9, 1, Mark::Missing)];
        assert!(found(&rows).is_empty());
        let all: Vec<u32> = judged(&rows, &Scope::All).0.into_iter().map(|(pid, _)| pid).collect();
        assert_eq!(all, [8]);
    }

    #[test]
    fn who_is_older_than_the_run_that_it_names_was_not_started_by_it() {
        let old = Row { id: ProcessId { pid: 7, start: 499 }, ..row(7, 1, marks(DEAD, "/a")) };
        let young = Row { id: ProcessId { pid: 8, start: 500 }, ..row(8, 1, marks(DEAD, "/a")) };
        assert_eq!(found(&[old, young]), [8]);
    }

    #[test]
    fn a_run_of_another_pid_namespace_may_live_there() {
        let mut inside = row(7, 1, marks(DEAD, "/a"));
        if let Mark::Carried(marks) = &mut inside.mark {
            marks.namespace = "elsewhere".into();
        }
        assert!(found(&[inside]).is_empty());
    }

    #[test]
    fn who_looks_is_never_found_and_nobody_above_it() {
        let inherited = marks(DEAD, "/a");
        let rows = [
            row(7, 1, inherited.clone()),
            row(8, 7, inherited.clone()),
            row(OWN, 8, inherited.clone()),
            row(9, 7, inherited),
        ];
        assert_eq!(found(&rows), [9]);
    }

    #[test]
    fn a_dashboard_in_a_service_is_left_alone_and_so_is_the_shell_above_it() {
        let inherited = marks(DEAD, "/a");
        let rows = [
            row(7, 1, inherited.clone()),
            procdash(ALIVE.pid, 7, inherited.clone()),
            procdash(61, ALIVE.pid, Mark::Missing),
            row(62, 61, marks(ALIVE, "/b")),
            row(8, 1, inherited),
        ];
        assert_eq!(judged(&rows, &Scope::All), (vec![(8, false)], vec![]));
    }

    #[test]
    fn what_a_guard_is_still_ending_is_found_as_guarded() {
        let below = row(9, 7, Mark::Missing);
        let rows = [procdash(6, 1, Mark::Missing), row(7, 6, marks(DEAD, "/a")), row(8, 1, marks(DEAD, "/a")), below];
        assert_eq!(judged(&rows, &Scope::All), (vec![(7, true), (8, false)], vec![]));
    }

    #[test]
    fn a_child_without_marks_is_named_with_the_leftover_above_it_and_no_leftover_itself() {
        let rows = [
            row(7, 1, marks(DEAD, "/a")),
            row(8, 7, Mark::Missing),
            row(9, 8, Mark::Unreadable),
            row(10, 9, marks(DEAD, "/a")),
            row(11, 10, Mark::Missing),
            row(12, 1, Mark::Missing),
        ];
        let (leftovers, alone) = judged(&rows, &Scope::All);
        assert_eq!(leftovers, [(7, false), (10, false)]);
        assert_eq!(alone, [(8, 7, Alone::Unmarked), (9, 7, Alone::Unreadable), (11, 10, Alone::Unmarked)]);
    }

    #[test]
    fn a_ring_of_parents_in_a_torn_table_has_an_end() {
        let rows = [row(7, 8, Mark::Missing), row(8, 7, Mark::Missing), row(9, 9, marks(DEAD, "/a"))];
        assert_eq!(found(&rows), [9]);
    }
}
