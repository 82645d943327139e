//! `procdash tree`: the processes of a service, drawn as what they are.

use std::io::Write;

use super::args::TreeArguments;
use super::ps::state_colour;
use super::remote::{AT_ONCE, DONE, Failure, Place, ask, print_json};
use crate::control::{ProcessRow, Request, Trees};

/// Prints the processes of one service or of all; returns the exit code.
///
/// # Errors
/// When nobody can be asked, or nobody reads what is told.
pub fn tree(words: &TreeArguments, place: &Place<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
    let request = Request::Tree { service: words.name.clone() };
    let trees: Trees = ask(&words.ask, place, &request, AT_ONCE)?;
    for tree in &trees.services {
        if words.ask.json {
            print_json(out, tree)?;
            continue;
        }
        let name = place.paint("1", &place.fit(&tree.service, 0));
        writeln!(out, "{name}  {}", place.paint(state_colour(&tree.state), &tree.state))?;
        for line in drawn(&tree.tree, place) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(DONE)
}

/// Draws processes of which parents stand before children.
fn drawn(processes: &[ProcessRow], place: &Place<'_>) -> Vec<String> {
    let width = |cell: fn(&ProcessRow) -> String| processes.iter().map(|row| cell(row).len()).max().unwrap_or(0);
    let (pids, states) = (width(|row| row.pid.to_string()), width(|row| row.state.clone()));
    let mut lines = Vec::with_capacity(processes.len());
    let known = |pid: u32| processes.iter().any(|row| row.pid == pid);
    let roots: Vec<&ProcessRow> = processes.iter().filter(|row| !known(row.ppid)).collect();
    // parents that stand before children cannot be their own descendants, so this ends
    let mut waiting: Vec<(&ProcessRow, String, bool)> = siblings(&roots, "");
    while let Some((row, above, is_last)) = waiting.pop() {
        let branch = format!("{above}{}", if is_last { "└─ " } else { "├─ " });
        let head = format!("{branch}{:>pids$}  {:<states$}  ", row.pid, row.state);
        let taken = head.chars().count();
        lines.push(format!("{}{}", place.paint("2", &head), place.fit(&row.command, taken)));
        let children: Vec<&ProcessRow> = processes.iter().filter(|child| child.ppid == row.pid).collect();
        waiting.extend(siblings(&children, &format!("{above}{}", if is_last { "   " } else { "│  " })));
    }
    lines
}

/// Returns siblings with what stands before them, the first one last.
fn siblings<'a>(rows: &[&'a ProcessRow], above: &str) -> Vec<(&'a ProcessRow, String, bool)> {
    rows.iter().rev().enumerate().map(|(from_last, &row)| (row, above.to_owned(), from_last == 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, command: &str) -> ProcessRow {
        ProcessRow { pid, ppid: parent, start: 1, command: command.to_owned(), state: "sleeping".to_owned() }
    }

    #[test]
    fn children_hang_below_their_parents() {
        let processes = [
            process(7, 1, "sh -c a & b"),
            process(8, 7, "a"),
            process(10, 8, "a worker"),
            process(9, 7, "b"),
            process(12, 1, "an orphan"),
        ];
        let place = Place { from: std::path::Path::new("/"), colour: false, columns: None };
        assert_eq!(
            drawn(&processes, &place),
            [
                "├─  7  sleeping  sh -c a & b",
                "│  ├─  8  sleeping  a",
                "│  │  └─ 10  sleeping  a worker",
                "│  └─  9  sleeping  b",
                "└─ 12  sleeping  an orphan",
            ]
        );
    }
}
