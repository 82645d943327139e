//! The process table at one moment, as far as it lies below given roots.

use std::collections::HashSet;
use std::io;

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::identity::{Stat, children, children_of_single_thread};
use super::tree::{Row, members_below};
use crate::logs::acts;
use crate::process::Member;

/// A command line longer than this is cut: it is shown to a person.
const COMMAND_LENGTH: usize = 4096;

/// The short name of the first process in a pid namespace of ours.
const NAMESPACE_INIT: &str = "pd-init";

/// Looks at trees again and again; shares of a processor are those since its look before.
#[derive(Debug)]
pub struct Sampler {
    system: System,
}

impl Sampler {
    /// Creates one that has looked at nothing yet.
    ///
    /// # Errors
    ///
    /// This system's process table cannot be read.
    pub fn new() -> io::Result<Self> {
        Ok(Self { system: System::new().map_err(io::Error::other)? })
    }

    /// Returns, for each root, everyone alive below it, parents before children; the root itself is not among them.
    ///
    /// Reads `/proc` and so blocks, about 30 µs for each process. Two looks within 0.2 s give no useful processor share.
    pub fn sample(&mut self, roots: &[u32]) -> Vec<Vec<Member>> {
        self.look(roots, ProcessRefreshKind::nothing().with_cpu())
    }

    fn look(&mut self, roots: &[u32], kind: ProcessRefreshKind) -> Vec<Vec<Member>> {
        let trees: Vec<Vec<Stat>> = roots.iter().map(|&root| walk(root)).collect();
        // those of the looks before are asked for once more, else `system` would keep the dead for ever
        let mut asked: Vec<Pid> = self.system.processes().keys().copied().collect();
        asked.extend(trees.iter().flatten().map(|stat| Pid::from_u32(stat.id.pid)));
        asked.sort_unstable();
        asked.dedup();
        // the command line is read every time: a program that replaces itself keeps its identity
        let kind = kind.without_tasks().with_memory().with_cmd(UpdateKind::Always);
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&asked), true, kind);
        trees.iter().zip(roots).map(|(tree, &root)| self.members(tree, root)).collect()
    }

    fn members(&self, tree: &[Stat], root: u32) -> Vec<Member> {
        let rows: Vec<Row> = tree.iter().map(|stat| Row { pid: stat.id.pid, parent: stat.parent }).collect();
        members_below(&rows, root)
            .into_iter()
            .filter_map(|(place, depth)| {
                let stat = tree.get(place)?;
                let process = self.system.process(Pid::from_u32(stat.id.pid))?;
                Some(Member {
                    id: stat.id,
                    parent: stat.parent,
                    group: stat.group,
                    depth,
                    command: command(process),
                    state: stat.state,
                    cpu_percent: process.cpu_usage(),
                    memory: process.memory(),
                })
            })
            .collect()
    }
}

/// Returns everyone alive below `root` in one look, without processor shares.
///
/// # Errors
///
/// This system's process table cannot be read.
pub fn members(root: u32) -> io::Result<Vec<Member>> {
    let trees = Sampler::new()?.look(&[root], ProcessRefreshKind::nothing());
    Ok(trees.into_iter().next().unwrap_or_default())
}

/// Returns what `/proc` says about everyone alive below `root`, parents before children.
pub(crate) fn walk(root: u32) -> Vec<Stat> {
    let mut inside = HashSet::from([root]);
    let mut found: Vec<Stat> = Vec::new();
    let mut waiting = children(root);
    while let Some(pid) = waiting.pop() {
        let Ok(Some(stat)) = Stat::read(pid) else { continue };
        // a number that was given to a stranger between the list and this look has a parent outside
        if !inside.contains(&stat.parent) || !stat.is_alive() || !inside.insert(pid) {
            continue;
        }
        waiting.extend(if stat.threads == 1 { children_of_single_thread(pid) } else { children(pid) });
        found.push(stat);
    }
    found
}

/// Returns the command line of a process for a person to read, or its short name in brackets.
pub(super) fn command(process: &Process) -> String {
    if process.name() == NAMESPACE_INIT {
        // its words are those of the guard that it is a copy of
        return format!("[{NAMESPACE_INIT}]");
    }
    let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy()).collect();
    if words.is_empty() {
        format!("[{}]", printable(&process.name().to_string_lossy()))
    } else {
        printable(&words.join(" "))
    }
}

/// Replaces what could move a terminal's cursor, and cuts what nobody would read.
pub(super) fn printable(text: &str) -> String {
    let plain = |letter: char| if acts(letter) { '\u{fffd}' } else { letter };
    text.chars().take(COMMAND_LENGTH).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::process::ProcessState;

    /// A shell with two children, one of them in a session of its own; ends with its standard input.
    fn family() -> std::process::Child {
        Command::new("sh")
            .args(["-c", "sleep 60 & sh -c 'sleep 60; :' & read line; kill %1; pkill -P $! ; kill $!"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn end(mut child: std::process::Child) {
        for stat in walk(child.id()) {
            assert_ne!(
                crate::engine::send(stat.id, crate::signal::Signal::SIGKILL),
                crate::process::Delivery::Refused(String::new())
            );
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "never happened");
        }
    }

    #[test]
    fn a_tree_is_listed_with_parents_first_and_its_commands() {
        let child = family();
        let sleeps = |tree: &[Member]| tree.iter().filter(|member| member.command == "sleep 60").count();
        let tree = until(|| Some(members(child.id()).unwrap()).filter(|tree| tree.len() == 3 && sleeps(tree) == 2));
        let depths: Vec<u16> = tree.iter().map(|member| member.depth).collect();
        assert!(depths == [0, 0, 1] || depths == [0, 1, 0]);
        assert!(tree.iter().all(|member| member.memory > 0));
        end(child);
    }

    #[test]
    fn the_dead_are_forgotten() {
        let child = family();
        let mut sampler = Sampler::new().unwrap();
        until(|| Some(()).filter(|()| sampler.sample(&[child.id()])[0].len() == 3));
        end(child);
        // whoever collects the orphans may take its time
        until(|| {
            sampler.sample(&[]);
            Some(()).filter(|()| sampler.system.processes().is_empty())
        });
    }

    #[test]
    fn a_busy_process_shows_its_share_at_the_second_look() {
        let mut child = Command::new("sh").args(["-c", "sh -c 'while :; do :; done'; :"]).spawn().unwrap();
        let mut sampler = Sampler::new().unwrap();
        until(|| Some(()).filter(|()| !sampler.sample(&[child.id()])[0].is_empty()));
        let share = until(|| Some(sampler.sample(&[child.id()])[0][0].cpu_percent).filter(|share| *share > 5.0));
        assert!(share <= 100.0 * 1024.0);
        end_busy(&mut child);
    }

    fn end_busy(child: &mut std::process::Child) {
        for stat in walk(child.id()) {
            assert!(matches!(stat.state, ProcessState::Running | ProcessState::Sleeping));
            assert_eq!(crate::engine::send(stat.id, crate::signal::Signal::SIGKILL), crate::process::Delivery::Sent);
        }
        child.wait().unwrap();
    }

    #[test]
    fn control_characters_do_not_reach_the_screen() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
