//! Who is alive, read from /proc without any help of the program under test.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::isolate::Isolation;
use crate::sys;

/// How often the table is read for one answer, while processes are born behind every look.
const LOOKS: usize = 40;

/// What the oracle goes by.
pub(crate) struct Oracle {
    /// The program under test; its own processes are not the services'.
    pub(crate) program: PathBuf,
    /// The word that everything of this run carries: in its arguments, its environment or the name of an open file.
    pub(crate) token: String,
    /// In a namespace of its own everything belongs to the run, whatever it carries.
    isolation: Isolation,
    /// The program's own processes, by number and start: one that is about to end has no program any more.
    known: RefCell<HashSet<(i32, u64)>>,
}

/// A live process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) command: String,
    /// Whether it is the program under test, and no service.
    pub(crate) is_program: bool,
}

impl Process {
    pub(crate) fn is_guard(&self) -> bool {
        self.is_program && self.command.contains("__guard")
    }
}

/// The program's own processes.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    /// The process above the dashboard, if there is one.
    pub(crate) warden: Option<i32>,
    pub(crate) dashboard: Option<i32>,
    pub(crate) guards: Vec<i32>,
}

impl Oracle {
    pub(crate) fn new(program: PathBuf, token: String, isolation: Isolation) -> Self {
        Self { program, token, isolation, known: RefCell::default() }
    }

    /// Looks until somebody of the services is met, or certainly nobody is alive; returns who was met.
    ///
    /// One look is not one moment: who hops on behind it is never met. In a namespace of its own the kernel tells the
    /// number that was given out last: if that is the same before and after a look, nobody was born meanwhile, and who is
    /// alive after it was there all the time.
    pub(crate) fn services(&self) -> Vec<Process> {
        for _ in 0..LOOKS {
            let before = last_born();
            let met: Vec<Process> = self.look().into_iter().filter(|process| !process.is_program).collect();
            if !met.is_empty() || (self.isolation != Isolation::None && before == last_born()) {
                return met;
            }
        }
        if self.isolation == Isolation::None {
            // others on this machine start processes all the time: so many empty looks have to do
            return Vec::new();
        }
        let command = "processes are born all the time, and none was met".to_owned();
        vec![Process { pid: 0, parent: 0, command, is_program: false }]
    }

    /// Reads the table once: everything of this run that is alive.
    pub(crate) fn look(&self) -> Vec<Process> {
        let mut found: Vec<Process> = numbers("/proc").into_iter().filter_map(|pid| self.look_at(pid)).collect();
        if self.isolation == Isolation::None {
            // guards carry no token: they are known as children of the dashboard
            let own: Vec<i32> = found.iter().filter(|process| process.is_program).map(|process| process.pid).collect();
            found.retain(|process| !process.is_guard() || own.contains(&process.parent));
        }
        found
    }

    /// Counts the services' processes: the most that one of a few looks has met.
    pub(crate) fn met(&self) -> usize {
        let count = || self.look().iter().filter(|process| !process.is_program).count();
        count().max(count())
    }

    /// Returns whether nothing of the services is alive.
    pub(crate) fn is_empty(&self) -> bool {
        self.services().is_empty()
    }

    /// Returns who plays which part in the program under test; `top` is what was started.
    pub(crate) fn cast(&self, top: i32) -> Cast {
        let table = self.look();
        let guards: Vec<&Process> = table.iter().filter(|process| process.is_guard()).collect();
        let above = |process: &&Process| {
            process.is_program && !process.is_guard() && guards.iter().any(|guard| guard.parent == process.pid)
        };
        let dashboard = table.iter().find(above).map(|process| process.pid);
        Cast {
            warden: Some(top).filter(|&top| dashboard.is_some_and(|dashboard| dashboard != top)),
            dashboard,
            guards: guards.iter().map(|guard| guard.pid).collect(),
        }
    }

    /// Returns who is certainly not below one of `guards`: its parents lead past them.
    pub(crate) fn services_not_below(&self, guards: &[i32]) -> Vec<Process> {
        let table = self.look();
        let parents: HashMap<i32, i32> = table.iter().map(|process| (process.pid, process.parent)).collect();
        let is_elsewhere = |process: &Process| {
            let mut pid = process.pid;
            for _ in 0..2000 {
                match parents.get(&pid) {
                    // whoever is not in the table and above all of it: the first process, or this one
                    _ if pid == 1 || pid == super_own() => return true,
                    Some(_) if guards.contains(&pid) => return false,
                    Some(&parent) => pid = parent,
                    // its parent has ended between two lines: another look will tell
                    None => return false,
                }
            }
            false
        };
        table.iter().filter(|process| !process.is_program && is_elsewhere(process)).cloned().collect()
    }

    /// Kills what is left; for the end of a run that had no namespace.
    pub(crate) fn sweep(&self) {
        for process in self.look() {
            let _already_gone = sys::send(process.pid, nix::libc::SIGKILL);
        }
    }

    fn look_at(&self, pid: i32) -> Option<Process> {
        if pid == 1 || pid == super_own() {
            return None;
        }
        let folder = format!("/proc/{pid}");
        let Stat { parent, state, began } = stat(&folder)?;
        // a process whose first thread has ended is a zombie by its own line, and lives on in its other threads
        let threads = || numbers(&format!("{folder}/task"));
        if matches!(state, 'Z' | 'X')
            && !threads().iter().any(|thread| {
                stat(&format!("{folder}/task/{thread}")).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
            })
        {
            return None;
        }
        let command = fs::read(format!("{folder}/cmdline")).unwrap_or_default();
        let is_program = match fs::read_link(format!("{folder}/exe")) {
            Ok(path) if path == self.program => {
                self.known.borrow_mut().insert((pid, began));
                true
            }
            Ok(_other) => false,
            // about to end, or a guard that lets nobody look
            Err(_) => self.known.borrow().contains(&(pid, began)) || command.starts_with(b"pd-guard"),
        };
        let is_ours = self.isolation != Isolation::None
            || threads().iter().any(|thread| self.has_token(&format!("{folder}/task/{thread}")));
        let command = String::from_utf8_lossy(&command).replace('\0', " ").trim_end().to_owned();
        let found = Process { pid, parent, command, is_program };
        (is_ours || found.is_guard()).then_some(found)
    }

    fn has_token(&self, folder: &str) -> bool {
        let has = |bytes: &[u8]| bytes.windows(self.token.len()).any(|window| window == self.token.as_bytes());
        let reads = |file: &str| has(&fs::read(format!("{folder}/{file}")).unwrap_or_default());
        reads("cmdline")
            || reads("environ")
            || numbers(&format!("{folder}/fd")).iter().any(|number| {
                fs::read_link(format!("{folder}/fd/{number}")).is_ok_and(|path| has(path.as_os_str().as_bytes()))
            })
    }
}

fn super_own() -> i32 {
    nix::unistd::getpid().as_raw()
}

struct Stat {
    parent: i32,
    state: char,
    began: u64,
}

/// Reads the line of a process or thread.
fn stat(folder: &str) -> Option<Stat> {
    let stat = fs::read(format!("{folder}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // the name in brackets may hold anything, brackets and spaces included: the state follows the last one
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // field 22 of proc(5); the next one is number 5
    let began = fields.nth(22 - 5)?.parse().ok()?;
    Some(Stat { parent, state, began })
}

/// Returns the number that was given last to a process or thread of this namespace.
fn last_born() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.trim_end().rsplit(' ').next().unwrap_or_default().to_owned()
}

fn numbers(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}
