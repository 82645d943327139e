//! Which TCP ports the processes of a tree listen on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::socket_table::{Listening, listening};
use crate::process::{Listener, ProcessId};

/// In how many looks at all trees a socket was to be found with nobody before it is a stranger's.
///
/// Two: its holder may have been born after the first look's list of processes.
const LOOKS: u8 = 2;

/// Finds out who listens where; clones share what they remember.
///
/// The kernel lists sockets, not who holds them: that says only the links of every descriptor, some 5 µs each. So each
/// socket's holder is remembered, one link is read to see that it still holds, and descriptors are searched only for a
/// socket that has begun to listen since the look before. A process whose descriptors may not be read listens nowhere as far
/// as is known here, and so does one in another network namespace: its ports are not those of this machine.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    owners: Arc<Mutex<Owners>>,
}

#[derive(Debug, Default)]
struct Owners {
    /// By the socket's number.
    held: HashMap<u32, Held>,
    /// The sockets that nobody was found for, and in how many looks.
    strangers: HashMap<u32, u8>,
}

/// A descriptor that means a socket.
#[derive(Clone, Copy, Debug)]
struct Held {
    process: ProcessId,
    descriptor: u32,
}

impl Listeners {
    /// Returns, for each of all trees that there are, where its processes listen, by port.
    ///
    /// What none of them holds is a stranger's from then on. Blocks for some 20 µs and 5 µs for each listener of the trees;
    /// a socket that is new on this machine costs a search of all descriptors of the trees.
    ///
    /// # Errors
    /// The kernel does not list its sockets.
    pub fn of_all(&self, trees: &[Vec<ProcessId>]) -> io::Result<Vec<Vec<Listener>>> {
        self.look(trees, true)
    }

    /// Returns where the processes of one tree of several listen, by port; blocks as [`Self::of_all`] does.
    ///
    /// # Errors
    /// The kernel does not list its sockets.
    pub fn of_tree(&self, tree: Vec<ProcessId>) -> io::Result<Vec<Listener>> {
        Ok(self.look(&[tree], false)?.pop().unwrap_or_default())
    }

    fn look(&self, trees: &[Vec<ProcessId>], are_all: bool) -> io::Result<Vec<Vec<Listener>>> {
        let table = listening()?;
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.forget(&table);
        owners.search(&table, trees, are_all);
        Ok(owners.listeners(&table, trees))
    }
}

/// Returns the TCP ports that anybody listens on now, in this process's network namespace.
///
/// # Errors
/// The kernel does not list its sockets.
pub fn busy_ports() -> io::Result<BTreeSet<u16>> {
    Ok(listening()?.iter().map(|socket| socket.address.port()).collect())
}

impl Owners {
    /// Forgets what listens no more, and who does not hold it any more.
    fn forget(&mut self, table: &[Listening]) {
        let there: HashSet<u32> = table.iter().map(|socket| socket.inode).collect();
        self.strangers.retain(|inode, _| there.contains(inode));
        self.held.retain(|inode, held| {
            there.contains(inode) && socket_of(held.process.pid, held.descriptor) == Some(*inode)
        });
    }

    /// Searches the descriptors of `trees` for the sockets of which nothing is known.
    fn search(&mut self, table: &[Listening], trees: &[Vec<ProcessId>], are_all: bool) {
        let is_stranger = |inode: &u32| self.strangers.get(inode).is_some_and(|looks| *looks >= LOOKS);
        let inodes = table.iter().map(|socket| socket.inode);
        let mut wanted: HashSet<u32> =
            inodes.filter(|inode| !self.held.contains_key(inode) && !is_stranger(inode)).collect();
        for &process in trees.iter().flatten() {
            if wanted.is_empty() {
                return;
            }
            for (descriptor, inode) in sockets(process.pid) {
                if wanted.remove(&inode) {
                    self.held.insert(inode, Held { process, descriptor });
                }
            }
        }
        if are_all {
            for inode in wanted {
                *self.strangers.entry(inode).or_default() += 1;
            }
        }
    }

    fn listeners(&self, table: &[Listening], trees: &[Vec<ProcessId>]) -> Vec<Vec<Listener>> {
        let members = trees.iter().enumerate().flat_map(|(tree, ids)| ids.iter().map(move |&id| (id, tree)));
        let places: HashMap<ProcessId, (usize, usize)> =
            members.enumerate().map(|(place, (id, tree))| (id, (tree, place))).collect();
        let mut found: Vec<Vec<(usize, Listener)>> = vec![Vec::new(); trees.len()];
        for socket in table {
            let Some(process) = self.held.get(&socket.inode).map(|held| held.process) else { continue };
            let Some(&(tree, place)) = places.get(&process) else { continue };
            if let Some(listeners) = found.get_mut(tree) {
                listeners.push((place, Listener { address: socket.address, process }));
            }
        }
        found.into_iter().map(in_order).collect()
    }
}

/// Puts what a tree listens on in order; of several holders of one address the first of the tree stays.
fn in_order(mut found: Vec<(usize, Listener)>) -> Vec<Listener> {
    found.sort_unstable_by_key(|(place, listener)| (listener.address.port(), listener.address, *place));
    found.dedup_by_key(|(_, listener)| listener.address);
    found.into_iter().map(|(_, listener)| listener).collect()
}

/// Lists the sockets among the descriptors of a process; none where they may not be read.
pub(super) fn sockets(pid: u32) -> impl Iterator<Item = (u32, u32)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let descriptor = entry.file_name().to_str()?.parse().ok()?;
        Some((descriptor, socket_of(pid, descriptor)?))
    })
}

/// Returns the number of the socket that a descriptor means, if it means one.
pub(super) fn socket_of(pid: u32, descriptor: u32) -> Option<u32> {
    let link = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsFd;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::engine::identify;

    /// A process that holds these descriptors and no others beside its standard error.
    fn holder(input: impl AsFd, output: impl AsFd) -> Child {
        let copy = |fd: &dyn AsFd| Stdio::from(fd.as_fd().try_clone_to_owned().unwrap());
        Command::new("sleep").arg("60").stdin(copy(&input)).stdout(copy(&output)).spawn().unwrap()
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn id(child: &Child) -> ProcessId {
        identify(child.id()).unwrap()
    }

    #[test]
    fn a_tree_listens_where_the_first_of_its_processes_does() {
        let (one, two) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (parent, child) = (holder(&one, &one), holder(&one, &two));
        let (parent_id, child_id) = (id(&parent), id(&child));
        let found = Listeners::default().of_tree(vec![parent_id, child_id]).unwrap();
        let mut expected = vec![
            Listener { address: one.local_addr().unwrap(), process: parent_id },
            Listener { address: two.local_addr().unwrap(), process: child_id },
        ];
        expected.sort_by_key(|listener| listener.address.port());
        assert_eq!(found, expected);
        end(parent);
        end(child);
    }

    #[test]
    fn a_port_goes_over_to_who_still_holds_it() {
        let one = TcpListener::bind("127.0.0.1:0").unwrap();
        let (first, second) = (holder(&one, &one), holder(&one, &one));
        let (first_id, second_id) = (id(&first), id(&second));
        let listeners = Listeners::default();
        let held_by = |tree: Vec<ProcessId>| {
            let trees = listeners.of_all(&[tree]).unwrap();
            trees[0].iter().map(|listener| listener.process).collect::<Vec<_>>()
        };
        assert_eq!(held_by(vec![first_id, second_id]), [first_id]);
        end(first);
        assert_eq!(held_by(vec![second_id]), [second_id]);
        end(second);
        assert_eq!(held_by(vec![]), []);
    }

    #[test]
    fn a_socket_of_a_stranger_is_searched_for_twice_and_then_let_be() {
        let one = TcpListener::bind("127.0.0.1:0").unwrap();
        let late = holder(&one, &one);
        let tree = vec![id(&late)];
        let listeners = Listeners::default();
        listeners.of_all(&[]).unwrap();
        assert_eq!(listeners.of_all(std::slice::from_ref(&tree)).unwrap()[0].len(), 1);
        let listeners = Listeners::default();
        listeners.of_all(&[]).unwrap();
        listeners.of_all(&[]).unwrap();
        assert_eq!(listeners.of_all(&[tree]).unwrap(), [[]]);
        end(late);
    }

    #[test]
    fn a_look_at_one_tree_makes_nobody_a_stranger() {
        let one = TcpListener::bind("127.0.0.1:0").unwrap();
        let other = holder(&one, &one);
        let listeners = Listeners::default();
        for _ in 0..3 {
            assert_eq!(listeners.of_tree(vec![]).unwrap(), []);
        }
        assert_eq!(listeners.of_tree(vec![id(&other)]).unwrap().len(), 1);
        end(other);
    }

    #[test]
    fn a_port_is_busy_while_somebody_listens() {
        let one = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = one.local_addr().unwrap().port();
        assert!(busy_ports().unwrap().contains(&port));
        drop(one);
        // a child of another test may hold a copy until it runs its program
        let deadline = Instant::now() + Duration::from_secs(10);
        while busy_ports().unwrap().contains(&port) {
            assert!(Instant::now() < deadline, "it is still busy");
        }
    }
}
