//! What a guard guards: the main process, its stop, its kill, and the news about it.

use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::cgroup::Cgroup;
use super::isolation::Namespace;
use super::killing::{Killing, NAMED};
use super::message::{Order, Reach, Reply, Report, Request};
use super::raw;
use super::spawn::{Failure, Starting, start};
use crate::engine::identity::Stat;
use crate::engine::{kill, send, walk};
use crate::process::{Delivery, Exit, ProcessId};
use crate::signal::Signal;

/// How long a service may tidy up after the dashboard has died.
const LAST_GRACE: Duration = Duration::from_millis(250);

/// How many dead are collected in one turn: there is something to look at in between.
pub(super) const COLLECTED_AT_ONCE: usize = 256;

/// The run that is guarded.
#[derive(Debug, Default)]
pub(super) struct Service {
    starting: Option<Starting>,
    main: Option<Main>,
    /// Where the main process lives, if that is not here.
    namespace: Option<Namespace>,
    /// How the main process ended, or later what it had left behind, if nobody asked for that.
    last: Option<Exit>,
    /// Whether there is nothing to guard because the program could not be run.
    failed: bool,
    /// What to send to who remains, once the main process is gone.
    then: Option<Then>,
    /// When the grace after the dashboard's death is over.
    end_at: Option<Instant>,
    killing: Option<Killing>,
    /// Whether more had ended, when children were last collected, than are collected at once.
    in_crowd: bool,
    /// The cgroup of the run, if there is one; it goes with the guard.
    cgroup: Option<Cgroup>,
    /// Whether anyone has asked for the end: from then on only the main process's is news.
    is_asked_to_end: bool,
    killed: u64,
    replies: Vec<Reply>,
}

/// The main process, or what is left of it: its descriptor still means its group.
#[derive(Debug)]
struct Main {
    id: ProcessId,
    held: std::os::fd::OwnedFd,
    alive: bool,
}

/// A stop that has reached the main process's group, and not the others yet.
#[derive(Debug)]
struct Then {
    signal: Signal,
    /// Who has had it: many programs take the second one for impatience, and drop what they were tidying up.
    had_it: HashSet<ProcessId>,
}

/// What the kernel said about children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// There are some, and none of them waits to be collected.
    Some,
    /// There are some, and more of them may wait to be collected.
    More,
    /// There is none, hence no descendant either.
    Nothing,
}

impl Service {
    /// Takes what there is to be told.
    pub(super) fn take_replies(&mut self) -> Vec<Reply> {
        std::mem::take(&mut self.replies)
    }

    /// The child that is on its way to be the program.
    pub(super) fn starting(&self) -> Option<&Starting> {
        self.starting.as_ref()
    }

    /// Does what is asked.
    pub(super) fn ask(&mut self, request: Request, now: Instant) {
        match request {
            Request::Launch(order) => self.launch(&order),
            Request::Stop { signal } => self.stop(signal),
            Request::Kill => self.kill(now),
            Request::Signal { signal, to } => self.signal(signal, to),
        }
    }

    fn launch(&mut self, order: &Order) {
        if self.main.is_some() || self.failed || self.starting.is_some() {
            return;
        }
        self.cgroup = order.cgroup.as_deref().and_then(Cgroup::of_this_guard);
        match start(order, self.cgroup.as_ref().map(Cgroup::folder)) {
            Ok(starting) => self.starting = Some(starting),
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, Failure { step, errno }: Failure) {
        self.failed = true;
        self.replies.push(Reply::NotStarted { step, errno });
    }

    /// Learns whether the program runs; to be called when that is known, or its child has ended.
    pub(super) fn finish_start(&mut self) {
        let Some(mut starting) = self.starting.take() else { return };
        if let Err(failure) = starting.read_outcome() {
            return self.fail(failure);
        }
        let id = starting.id;
        self.namespace = starting.namespace;
        self.main = Some(Main { id, held: starting.held, alive: true });
        self.replies.push(Reply::Started { main: id });
    }

    fn stop(&mut self, signal: Signal) {
        self.is_asked_to_end = true;
        match &self.main {
            Some(main) if main.alive => {
                let members = self.members().into_iter();
                let had_it = members.filter(|stat| stat.group == main.id.pid).map(|stat| stat.id).collect();
                // whoever is paused would never see the signal; refusals show in who is left
                let _shown_later = main.signal_group(signal).and_then(|()| main.signal_group(Signal::SIGCONT));
                self.then = Some(Then { signal, had_it });
            }
            _ => self.end_all(signal, &HashSet::new()),
        }
    }

    fn kill(&mut self, now: Instant) {
        self.is_asked_to_end = true;
        if let Some(killing) = &mut self.killing {
            self.cgroup.iter().for_each(Cgroup::kill);
            return killing.again(now);
        }
        // only root may; without it a kill under load takes longer
        let _best_effort = raw::hurry();
        if self.namespace.is_some() {
            // the kernel collects them without a word: they are counted now
            let own = std::process::id();
            let unseen = self.members().into_iter().filter(|stat| stat.parent != own && stat.is_alive());
            self.killed += unseen.count() as u64;
        }
        self.cgroup.iter().for_each(Cgroup::kill);
        if let Some(main) = &self.main {
            // a strike that the children's own follow anyway
            let _best_effort = main.signal_group(Signal::SIGKILL);
        }
        self.killing = Some(Killing::begin(now, self.in_crowd));
    }

    fn signal(&mut self, signal: Signal, to: Reach) {
        let members = self.members().into_iter();
        let main = self.main.as_ref().filter(|main| main.alive);
        let outcomes: Vec<Delivery> = match (to, main) {
            (Reach::Tree, _) => members.map(|stat| send(stat.id, signal)).collect(),
            (Reach::Main, Some(main)) => vec![main.signal(signal)],
            (Reach::Main, None) => vec![Delivery::AlreadyGone],
            (Reach::Group, _) => match &self.main {
                Some(main) => {
                    let group = members.filter(|stat| stat.group == main.id.pid).count();
                    // one call for all of them: nobody can slip away between two
                    vec![outcome(main.signal_group(signal), signal); group]
                }
                None => Vec::new(),
            },
        };
        let delivered = outcomes.iter().filter(|outcome| **outcome == Delivery::Sent).count() as u64;
        let reason = |outcome| match outcome {
            Delivery::Refused(reason) => Some(reason),
            Delivery::Sent | Delivery::AlreadyGone => None,
        };
        let refused = outcomes.into_iter().filter_map(reason).take(NAMED).collect();
        self.replies.push(Reply::News(Report::Signalled { delivered, refused }));
    }

    /// Lists who lives below the guard, but for a namespace's init: that is no part of the service.
    fn members(&self) -> Vec<Stat> {
        let mut members = walk(std::process::id());
        members.retain(|stat| self.namespace.as_ref().is_none_or(|namespace| namespace.init() != stat.id.pid));
        members
    }

    /// Asks everyone to end who has not been asked yet, and continues who is paused.
    fn end_all(&self, signal: Signal, had_it: &HashSet<ProcessId>) {
        for stat in self.members().into_iter().filter(|stat| !had_it.contains(&stat.id)) {
            // refusals show in who is left
            if send(stat.id, signal) == Delivery::Sent {
                let _shown_later = send(stat.id, Signal::SIGCONT);
            }
        }
    }

    /// Ends the service without anyone to ask: gently first, then for certain.
    pub(super) fn dashboard_died(&mut self, now: Instant) {
        if self.end_at.is_none() && self.killing.is_none() {
            self.end_all(Signal::SIGTERM, &HashSet::new());
            self.end_at = Some(now + LAST_GRACE);
        }
    }

    /// Collects the dead.
    pub(super) fn collect(&mut self) -> Left {
        let options = WaitOptions::NOHANG | WaitOptions::from_bits_retain(nix::libc::__WALL.unsigned_abs());
        let mut left = Left::More;
        for _ in 0..COLLECTED_AT_ONCE {
            match wait(options) {
                Ok(Some((pid, status))) => self.collected(pid.as_raw_nonzero().get().unsigned_abs(), status),
                Ok(None) => {
                    left = Left::Some;
                    break;
                }
                Err(Errno::CHILD) => return if self.has_begun() { Left::Nothing } else { Left::Some },
                Err(_interrupted) => {}
            }
        }
        self.in_crowd = left == Left::More;
        if self.main.as_ref().is_some_and(|main| !main.alive)
            && let Some(then) = self.then.take()
        {
            self.end_all(then.signal, &then.had_it);
        }
        left
    }

    /// Whether there was a program, running or not.
    pub(super) fn has_begun(&self) -> bool {
        self.failed || self.main.is_some()
    }

    fn collected(&mut self, pid: u32, status: WaitStatus) {
        if let Some(killing) = &mut self.killing {
            killing.forget(pid);
            let is_member = self.namespace.as_ref().is_none_or(|namespace| namespace.init() != pid);
            self.killed += u64::from(is_member && status.terminating_signal() == Some(Signal::SIGKILL.number()));
        }
        if self.starting.as_ref().is_some_and(|starting| starting.id.pid == pid) {
            self.finish_start();
        }
        match &mut self.main {
            Some(main) if main.alive && main.id.pid == pid => {
                main.alive = false;
                let exit = exit(status);
                self.last = Some(exit);
                self.replies.push(Reply::News(Report::MainExited(exit)));
                if let Some(namespace) = &mut self.namespace {
                    namespace.main_is_gone();
                }
            }
            // a daemon that its command has left behind: its end is the service's
            Some(main) if !main.alive && !self.is_asked_to_end => {
                let ends = self.namespace.as_mut().filter(|namespace| namespace.init() == pid);
                match ends {
                    // somebody has ended the namespace, and by that whoever was in it
                    Some(_) if status.signaled() => self.last = Some(exit(status)),
                    Some(namespace) => self.last = namespace.last().or(self.last),
                    None => self.last = Some(exit(status)),
                }
            }
            Some(_) | None => {}
        }
    }

    /// Says the last word.
    pub(super) fn close(&mut self) {
        if !self.failed {
            self.replies.push(Reply::News(Report::Empty { last: self.last, killed: self.killed }));
        }
    }

    /// Goes on with what takes time, and returns when it wants to be called again at the latest.
    ///
    /// # Errors
    ///
    /// It cannot see its children any more.
    pub(super) fn go_on(&mut self, now: Instant) -> io::Result<Option<Duration>> {
        if self.end_at.is_some_and(|end| end <= now) {
            self.end_at = None;
            self.kill(now);
        }
        let Some(killing) = &mut self.killing else {
            return Ok(self.end_at.map(|end| end.saturating_duration_since(now)));
        };
        let (pause, reply) = killing.go_on(now, self.in_crowd, self.cgroup.as_ref(), self.killed)?;
        self.replies.extend(reply);
        Ok(Some(pause))
    }
}

impl Main {
    fn signal(&self, signal: Signal) -> Delivery {
        outcome(kill::send_held(&self.held, signal), signal)
    }

    fn signal_group(&self, signal: Signal) -> io::Result<()> {
        match raw::signal_group(&self.held, signal) {
            // kernels before 6.9: by number, which only an unreaped leader keeps
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) && self.alive => {
                kill::send_to_group_of_child(self.id.pid, signal)
            }
            other => other,
        }
    }
}

fn outcome(result: io::Result<()>, signal: Signal) -> Delivery {
    match result {
        Ok(()) => Delivery::Sent,
        Err(error) if kill::is_gone(&error) => Delivery::AlreadyGone,
        Err(error) => Delivery::Refused(format!("{signal}: {error}")),
    }
}

/// Says how a collected child has ended.
pub(super) fn exit(status: WaitStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (_, Some(number)) => Exit::Signal { number, core_dumped: status.as_raw() & 0x80 != 0 },
        (code, None) => Exit::Code(code.unwrap_or(-1)),
    }
}
