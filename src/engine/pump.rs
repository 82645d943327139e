//! One thread that reads what all services print and hands it on as bytes, until each of them closes.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// What one descriptor may hand over before the others have their turn.
const TURN: usize = 64 * 1024;
const EVENTS: usize = 64;
/// What the pipe of a service that floods may hold, so that it goes on writing while others have their turn.
///
/// Only such a pipe grows, for all pipes of a user together may hold 64 MiB before the kernel gives each next one a page.
const WIDE_PIPE: usize = 256 * 1024;
/// How many turns in a row may fill up before the kernel is asked who else became ready.
const ROUNDS: usize = 4;
/// The token that wakes the thread; descriptors count up from 0 and do not get there.
const WAKE: Token = Token(usize::MAX);

/// Takes what a service prints.
///
/// All sinks run on the pump's one thread: one that blocks holds up every service, which plain mode wants (a slow
/// reader of procdash slows the services) and a dashboard must not do. One that panics is dropped; its service is read
/// on, into nothing, so that it neither stalls nor dies of it.
pub trait Sink: Send {
    /// Whether it can take bytes now. If not, its service is not read, and waits once its pipe or terminal is full,
    /// until a [`Bell`] is rung: then it is asked again.
    fn has_room(&mut self) -> bool {
        true
    }
    /// Takes the next bytes, at most 64 KiB, cut anywhere.
    fn bytes(&mut self, bytes: &[u8]);
    /// Learns that nothing more will come: every holder of the other end is gone. Called once, after the last bytes.
    fn closed(&mut self);
}

/// A handle to the reading thread; clones share it, and it ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Pump {
    keeper: Arc<Keeper>,
}

impl Pump {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system is out of descriptors or threads.
    pub fn start() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let inbox = Arc::new(Inbox {
            arrivals: Mutex::new(Vec::new()),
            waker: Waker::new(poll.registry(), WAKE)?,
            is_stopped: AtomicBool::new(false),
        });
        let (channels, ready, held) = (HashMap::new(), VecDeque::new(), Vec::new());
        let reader = Reader { poll, inbox: Arc::clone(&inbox), channels, ready, held };
        thread::Builder::new().name("procdash-pump".into()).spawn(move || reader.run())?;
        Ok(Self { keeper: Arc::new(Keeper { registry, inbox, next: AtomicUsize::new(0) }) })
    }

    /// Reads `descriptor` (a pipe, a socket, the master of a pty) into `sink` until it closes, then drops both.
    ///
    /// The descriptor becomes non-blocking, and so do its duplicates: who writes to the same pty has to expect that.
    ///
    /// # Errors
    /// When the kernel cannot watch the descriptor (a plain file), or the pump was stopped.
    pub fn attach(&self, descriptor: OwnedFd, sink: Box<dyn Sink>) -> io::Result<()> {
        let Keeper { registry, inbox, next } = &*self.keeper;
        if inbox.is_stopped.load(Ordering::Acquire) {
            return Err(io::Error::other("the pump was stopped"));
        }
        let flags = OFlag::from_bits_retain(fcntl(&descriptor, FcntlArg::F_GETFL)?);
        fcntl(&descriptor, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        let token = Token(next.fetch_add(1, Ordering::Relaxed));
        registry.register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)?;
        let channel = Channel { source: File::from(descriptor), sink: Some(sink), is_ready: true, is_narrow: true };
        inbox.arrivals.lock().unwrap_or_else(PoisonError::into_inner).push((token, channel));
        inbox.waker.wake()
    }

    /// Returns what tells the pump that a sink has room again.
    #[must_use]
    pub fn bell(&self) -> Bell {
        Bell(Arc::clone(&self.keeper.inbox))
    }

    /// Ends the thread soon; what is attached is dropped without a last look.
    pub fn stop(&self) {
        self.keeper.inbox.stop();
    }
}

/// Tells the pump that a sink has room again; it does not keep the pump alive.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inbox>);

impl Bell {
    /// Makes the pump ask every sink that had no room.
    pub fn ring(&self) {
        if let Err(error) = self.0.waker.wake() {
            tracing::error!(%error, "the pump could not be woken.");
        }
    }
}

/// What the handles share; its end is the thread's end.
#[derive(Debug)]
struct Keeper {
    registry: Registry,
    inbox: Arc<Inbox>,
    next: AtomicUsize,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.inbox.stop();
    }
}

/// What the handles and the thread share.
#[derive(Debug)]
struct Inbox {
    arrivals: Mutex<Vec<(Token, Channel)>>,
    waker: Waker,
    is_stopped: AtomicBool,
}

impl Inbox {
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "the pump could not be woken to stop.");
        }
    }
}

/// One descriptor and where its bytes go.
struct Channel {
    source: File,
    /// `None` after a panic: the bytes go nowhere.
    sink: Option<Box<dyn Sink>>,
    /// Whether it waits for its turn.
    is_ready: bool,
    /// Whether it never filled a turn.
    is_narrow: bool,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("source", &self.source).finish_non_exhaustive()
    }
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// There may be more to read.
    Full,
    /// There is nothing to read until the kernel says so.
    Drained,
    /// There will never be anything to read again.
    Closed,
}

impl Channel {
    /// Reads up to a buffer full and hands it to the sink in one piece.
    ///
    /// A pty gives at most 4 KiB a read, so a sink that locks would lock sixteen times as often if it got each of them.
    fn take_turn(&mut self, buffer: &mut [u8]) -> Turn {
        let mut filled = 0;
        let turn = loop {
            let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) else { break Turn::Full };
            match self.source.read(room) {
                Ok(0) => break Turn::Closed,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Turn::Drained,
                Err(error) => {
                    // EIO is how Linux says that nobody holds the other side of a pty
                    if error.raw_os_error() != Some(Errno::EIO as i32) {
                        tracing::warn!(%error, "what a service prints cannot be read any more.");
                    }
                    break Turn::Closed;
                }
            }
        };
        if turn == Turn::Full && self.is_narrow {
            self.widen();
        }
        if let Some(bytes) = buffer.get(..filled).filter(|bytes| !bytes.is_empty()) {
            self.tell(|sink| sink.bytes(bytes));
        }
        if turn == Turn::Closed {
            self.tell(|sink| sink.closed());
        }
        turn
    }

    /// Lets a pipe hold more than its writer fills in one go; a pty or a socket stays as it is.
    fn widen(&mut self) {
        self.is_narrow = false;
        let is_pipe = rustix::pipe::fcntl_getpipe_size(&self.source).is_ok_and(|size| size < WIDE_PIPE);
        if is_pipe && let Err(error) = rustix::pipe::fcntl_setpipe_size(&self.source, WIDE_PIPE) {
            // its user has too many wide pipes already: it goes on as it is
            tracing::debug!(%error, "a pipe cannot be widened.");
        }
    }

    /// Whether its bytes can be taken: those that go nowhere can.
    fn has_room(&mut self) -> bool {
        self.tell(|sink| sink.has_room()).unwrap_or(true)
    }

    /// Calls the sink, and drops it if it panics.
    fn tell<T>(&mut self, call: impl FnOnce(&mut dyn Sink) -> T) -> Option<T> {
        let mut sink = self.sink.take()?;
        // the sink is not used again after a panic, so nobody sees what it left half done
        if let Ok(said) = catch_unwind(AssertUnwindSafe(|| call(sink.as_mut()))) {
            self.sink = Some(sink);
            Some(said)
        } else {
            tracing::error!("a sink panicked: what its service prints is lost from here on.");
            discard(sink);
            None
        }
    }
}

/// Drops a sink, which may panic too: not while another panic unwinds, that would end the program.
fn discard(sink: Box<dyn Sink>) {
    if catch_unwind(AssertUnwindSafe(|| drop(sink))).is_err() {
        tracing::error!("a sink panicked while it was dropped.");
    }
}

/// The thread's side.
struct Reader {
    poll: Poll,
    inbox: Arc<Inbox>,
    channels: HashMap<Token, Channel>,
    /// Who has something to read, in the order of their turns.
    ready: VecDeque<Token>,
    /// Who had its turn while its sink had no room.
    held: Vec<Token>,
}

impl Reader {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = vec![0; TURN];
        while !self.inbox.is_stopped.load(Ordering::Acquire) {
            // with turns to give, only look whether others became ready meanwhile
            let timeout = (!self.ready.is_empty()).then_some(Duration::ZERO);
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "the pump cannot wait for its descriptors and ends.");
                    self.inbox.is_stopped.store(true, Ordering::Release);
                    break;
                }
            }
            self.admit();
            for event in &events {
                match event.token() {
                    WAKE => self.ready.extend(self.held.drain(..)),
                    token => self.enqueue(token),
                }
            }
            for _ in 0..ROUNDS {
                for _ in 0..self.ready.len() {
                    self.give_turn(&mut buffer);
                }
            }
        }
    }

    /// Takes over what was attached. An event may have come before, so each newcomer gets a turn without one.
    fn admit(&mut self) {
        let arrivals = std::mem::take(&mut *self.inbox.arrivals.lock().unwrap_or_else(PoisonError::into_inner));
        for (token, channel) in arrivals {
            self.channels.insert(token, channel);
            self.ready.push_back(token);
        }
    }

    fn enqueue(&mut self, token: Token) {
        if let Some(channel) = self.channels.get_mut(&token)
            && !channel.is_ready
        {
            channel.is_ready = true;
            self.ready.push_back(token);
        }
    }

    /// Lets the first in the line read; it goes to the end of the line if there may be more.
    fn give_turn(&mut self, buffer: &mut [u8]) {
        let Some(token) = self.ready.pop_front() else { return };
        let Some(channel) = self.channels.get_mut(&token) else { return };
        if !channel.has_room() {
            // a bell that was rung since it was asked is heard at the next look at the events
            self.held.push(token);
            return;
        }
        match channel.take_turn(buffer) {
            Turn::Full => self.ready.push_back(token),
            Turn::Drained => channel.is_ready = false,
            Turn::Closed => {
                if let Some(channel) = self.channels.remove(&token) {
                    self.let_go(channel);
                }
            }
        }
    }

    fn let_go(&self, mut channel: Channel) {
        // a duplicate held elsewhere would keep the registration alive after our descriptor is closed
        let descriptor = channel.source.as_raw_fd();
        if let Err(error) = self.poll.registry().deregister(&mut SourceFd(&descriptor)) {
            tracing::warn!(%error, "a closed descriptor was not watched.");
        }
        if let Some(sink) = channel.sink.take() {
            discard(sink);
        }
    }
}

#[cfg(test)]
mod tests;
