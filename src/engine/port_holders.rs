//! Who listens on a TCP port, whoever that is: for a service that cannot have the port it expects.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::identity::{Stat, began};
use super::kill::may_signal;
use super::leftover::{marks_of, may_live, numbers};
use super::listeners::{socket_of, sockets};
use super::marks::Marks;
use super::socket_table::{Listening, listening};
use super::verify::{command_of, owner, user};
use crate::process::ProcessId;

/// How often a socket's holder is searched for that was not found: it may have been born after the list of processes.
const SEARCHES: u8 = 2;

/// Finds out who holds ports; clones share what they remember.
///
/// Unlike [`Listeners`](super::Listeners) it looks at every process of the machine. That costs some milliseconds, so it
/// is done once for a socket; from then on one link is read to see that the same process still holds it.
#[derive(Clone, Debug, Default)]
pub struct PortHolders {
    known: Arc<Mutex<HashMap<u32, Known>>>,
}

/// What is known of a socket.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// This process holds it by this descriptor; of several, the oldest.
    Held { id: ProcessId, descriptor: u32, since: Option<Instant> },
    /// Nobody was found, in so many searches: its holder's descriptors may not be read.
    Unseen(u8),
}

/// What a look at ports has found.
#[derive(Clone, Debug, Default)]
pub struct PortLook {
    /// Every port that anybody listens on.
    pub busy: BTreeSet<u16>,
    /// Who holds the ports that were asked for, where somebody does.
    pub holders: BTreeMap<u16, PortHolder>,
}

/// Somebody who listens on a port; of several, the first by address.
#[derive(Clone, Debug)]
pub struct PortHolder {
    /// Where.
    pub address: SocketAddr,
    /// The user who has made the socket.
    pub user: String,
    /// The process; nothing, where this user may not see whose descriptors these are.
    pub process: Option<PortProcess>,
}

/// A process that listens on a port.
#[derive(Clone, Debug)]
pub struct PortProcess {
    /// Who it is.
    pub id: ProcessId,
    /// Its command line.
    pub command: String,
    /// Whom it belongs to.
    pub user: String,
    /// When it began; the same in every look.
    pub since: Option<Instant>,
    /// Whether the kernel lets us signal it.
    pub may_be_signalled: bool,
    /// Whose it is, if a procdash has started it.
    pub marks: Option<Marks>,
    /// Whether the dashboard of these marks may be alive.
    pub is_run_alive: bool,
}

impl PortHolders {
    /// Looks who listens on the ports `asked`, and which ports are taken at all.
    ///
    /// Blocks for some 20 µs; a socket that was not known before costs a look at the descriptors of every process.
    ///
    /// # Errors
    /// The kernel does not list its sockets, or the process table cannot be read.
    pub fn look(&self, asked: &BTreeSet<u16>) -> io::Result<PortLook> {
        let mut table = listening()?;
        let busy = table.iter().map(|socket| socket.address.port()).collect();
        table.retain(|socket| asked.contains(&socket.address.port()));
        table.sort_unstable_by_key(|socket| (socket.address, socket.inode));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut known, &table);
        search(&mut known, &table)?;
        let mut holders: BTreeMap<u16, PortHolder> = BTreeMap::new();
        for socket in &table {
            let holder = described(socket, known.get(&socket.inode));
            // one that can be named says more than one that cannot
            let place = holders.entry(socket.address.port()).or_insert_with(|| holder.clone());
            if place.process.is_none() && holder.process.is_some() {
                *place = holder;
            }
        }
        Ok(PortLook { busy, holders })
    }

    /// Whether this process listens on this port now.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn holds(&self, id: ProcessId, port: u16) -> io::Result<bool> {
        let of_port = listening()?.into_iter().filter(|socket| socket.address.port() == port);
        let inodes: HashSet<u32> = of_port.map(|socket| socket.inode).collect();
        let is_the_same = || Stat::read(id.pid).ok().flatten().is_some_and(|stat| stat.id == id);
        Ok(sockets(id.pid).any(|(_, inode)| inodes.contains(&inode)) && is_the_same())
    }
}

/// Forgets who does not hold a socket any more; of the sockets that were not asked for now, everything.
fn forget(known: &mut HashMap<u32, Known>, table: &[Listening]) {
    let there: HashSet<u32> = table.iter().map(|socket| socket.inode).collect();
    known.retain(|inode, known| {
        there.contains(inode)
            && match *known {
                Known::Held { id, descriptor, .. } => {
                    let is_the_same = Stat::read(id.pid).ok().flatten().is_some_and(|stat| stat.id == id);
                    is_the_same && socket_of(id.pid, descriptor) == Some(*inode)
                }
                Known::Unseen(_) => true,
            }
    });
}

/// Searches the descriptors of every process for the sockets of which nothing is known.
fn search(known: &mut HashMap<u32, Known>, table: &[Listening]) -> io::Result<()> {
    let is_open = |inode: &u32| match known.get(inode) {
        None => true,
        Some(Known::Unseen(searches)) => *searches < SEARCHES,
        Some(Known::Held { .. }) => false,
    };
    let wanted: HashSet<u32> = table.iter().map(|socket| socket.inode).filter(is_open).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut found: HashMap<u32, (ProcessId, u32)> = HashMap::new();
    for pid in numbers()? {
        for (descriptor, inode) in sockets(pid).filter(|(_, inode)| wanted.contains(inode)) {
            let Some(stat) = Stat::read(pid).ok().flatten() else { continue };
            let holder = found.entry(inode).or_insert((stat.id, descriptor));
            // a server hands its socket to the workers that it starts
            if (stat.id.start, stat.id.pid) < (holder.0.start, holder.0.pid) {
                *holder = (stat.id, descriptor);
            }
        }
    }
    for inode in wanted {
        let searches = match known.get(&inode) {
            Some(Known::Unseen(searches)) => *searches,
            Some(Known::Held { .. }) | None => 0,
        };
        let seen = found.get(&inode).map(|&(id, descriptor)| Known::Held { id, descriptor, since: since(id) });
        known.insert(inode, seen.unwrap_or(Known::Unseen(searches + 1)));
    }
    Ok(())
}

fn since(id: ProcessId) -> Option<Instant> {
    Instant::now().checked_sub(began(id)?.elapsed().ok()?)
}

fn described(socket: &Listening, known: Option<&Known>) -> PortHolder {
    let process = match known {
        Some(&Known::Held { id, since, .. }) => {
            let marks = marks_of(id.pid);
            let is_run_alive = marks.as_ref().is_some_and(|marks| may_live(marks.run));
            let (command, user, may_be_signalled) = (command_of(id.pid), owner(id.pid), may_signal(id.pid));
            Some(PortProcess { id, command, user, since, may_be_signalled, marks, is_run_alive })
        }
        Some(Known::Unseen(_)) | None => None,
    };
    PortHolder { address: socket.address, user: user(socket.uid), process }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsFd;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::engine::identify;

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    /// A process that holds a copy of this listener.
    fn holder(listener: &TcpListener, variables: &[(&str, &str)]) -> Child {
        let copy = Stdio::from(listener.as_fd().try_clone_to_owned().unwrap());
        Command::new("sleep").arg("60").envs(variables.iter().copied()).stdin(copy).spawn().unwrap()
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_holder_is_named_with_everything_that_a_person_wants_to_know_of_it() {
        let (listener, port) = listener();
        let look = PortHolders::default().look(&BTreeSet::from([port])).unwrap();
        assert!(look.busy.contains(&port));
        let holder = &look.holders[&port];
        assert_eq!(holder.address, listener.local_addr().unwrap());
        let process = holder.process.as_ref().unwrap();
        assert_eq!(Some(process.id), identify(std::process::id()));
        assert_eq!(process.command, command_of(std::process::id()));
        assert!(!process.user.is_empty() && process.user == holder.user);
        assert!(process.may_be_signalled && process.since.is_some());
    }

    #[test]
    fn of_several_holders_the_oldest_is_named_and_then_the_one_that_still_holds_it() {
        let (listener, port) = listener();
        let worker = holder(&listener, &[]);
        let worker_id = identify(worker.id()).unwrap();
        let holders = PortHolders::default();
        let named = || holders.look(&BTreeSet::from([port])).unwrap().holders[&port].process.as_ref().unwrap().id;
        assert_eq!(Some(named()), identify(std::process::id()));
        drop(listener);
        // a child of another test may hold a copy until it runs its program
        let deadline = Instant::now() + std::time::Duration::from_secs(10);
        while named() != worker_id {
            assert!(Instant::now() < deadline, "somebody else still holds it");
        }
        assert!(holders.holds(worker_id, port).unwrap());
        assert!(!holders.holds(ProcessId { start: worker_id.start - 1, ..worker_id }, port).unwrap());
        assert!(!holders.holds(identify(std::process::id()).unwrap(), port).unwrap());
        end(worker);
    }

    #[test]
    fn the_same_holder_is_told_in_the_same_words_at_every_look() {
        let (_listener, port) = listener();
        let holders = PortHolders::default();
        let since = || holders.look(&BTreeSet::from([port])).unwrap().holders[&port].process.as_ref().unwrap().since;
        assert_eq!(since(), since());
    }

    #[test]
    fn whose_service_a_holder_is_stands_in_its_environment() {
        let (listener, port) = listener();
        let marks = [
            ("PROCDASH_RUN_ID", "1-1"),
            ("PROCDASH_SERVICE", "web"),
            ("PROCDASH_PROJECT", "blog"),
            ("PROCDASH_FILE", "/srv/blog/procfile.toml"),
            ("PROCDASH_NAMESPACE", "pid:[7]"),
        ];
        let other = holder(&listener, &marks);
        drop(listener);
        let look = PortHolders::default().look(&BTreeSet::from([port])).unwrap();
        let process = look.holders[&port].process.clone().unwrap();
        let marks = process.marks.unwrap();
        assert_eq!((marks.service.as_str(), marks.project.as_str()), ("web", "blog"));
        assert!(!process.is_run_alive, "process 1 did not begin then");
        end(other);
    }

    #[test]
    fn nobody_is_named_for_a_port_that_was_not_asked_for() {
        let (_listener, port) = listener();
        let look = PortHolders::default().look(&BTreeSet::new()).unwrap();
        assert!(look.busy.contains(&port) && look.holders.is_empty());
    }
}
