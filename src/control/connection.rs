//! One client: its lines in, the answers and events out; whatever it does, it costs no more than its own task.

use std::os::fd::AsFd;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer::Desk;
use super::lines::Lines;
use super::news::{write_event, write_missed};
use super::protocol::{Fault, FaultKind, LONGEST_LINE, Request, read_request, write_fault, write_line};

/// Requests of one client that may be under way at a time; what it asks beyond that is not read until one is done.
const UNDER_WAY: usize = 16;
/// Lines that may wait for a client that reads slowly. When it is full, answers wait, and events are lost and counted.
const UNREAD: usize = 32;
/// How long a client may take to read a line before its connection is closed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a client that has said its last word is looked at: it may be gone before it has its answer.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Bytes that are read at a time.
const PIECE: usize = 8 * 1024;

/// Since when a connection has nothing under way; `None` while it has.
#[derive(Debug)]
pub(super) struct Presence(Mutex<Option<Instant>>);

impl Presence {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(Instant::now())))
    }

    pub(super) fn idle_since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, idle_since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = idle_since;
    }
}

/// Speaks with one client until it goes, is too slow, or everything ends.
pub(super) async fn serve(
    stream: UnixStream,
    desk: Arc<Desk>,
    presence: Arc<Presence>,
    closing: watch::Receiver<bool>,
) {
    let (reader, writer) = stream.into_split();
    let (outgoing, lines) = mpsc::channel(UNREAD);
    // a new channel has room
    let _has_room = outgoing.try_send(write_line(&desk.hello));
    let connection = Connection { desk, presence, outgoing, tasks: JoinSet::new() };
    let mut writing = pin!(write(writer, lines));
    tokio::select! {
        // nobody reads any more
        () = &mut writing => {}
        // everything is answered; what is still to be written has its time
        () = connection.read(reader, closing) => writing.await,
    }
}

/// Writes lines until there are no more, or until one is not taken.
async fn write(mut writer: OwnedWriteHalf, mut lines: mpsc::Receiver<String>) {
    while let Some(line) = lines.recv().await {
        if !matches!(timeout(PATIENCE, writer.write_all(line.as_bytes())).await, Ok(Ok(()))) {
            return;
        }
    }
}

struct Connection {
    desk: Arc<Desk>,
    presence: Arc<Presence>,
    outgoing: mpsc::Sender<String>,
    /// The requests under way; they end with the connection.
    tasks: JoinSet<()>,
}

impl Connection {
    async fn read(mut self, mut reader: OwnedReadHalf, mut closing: watch::Receiver<bool>) {
        let mut lines = Lines::default();
        let mut piece = vec![0; PIECE];
        loop {
            tokio::select! {
                read = reader.read(&mut piece) => match read {
                    Ok(0) | Err(_) => break,
                    Ok(length) => lines.push(piece.get(..length).unwrap_or_default()),
                },
                Some(_ended) = self.tasks.join_next() => {
                    self.rest();
                    continue;
                }
                _ = closing.wait_for(|closing| *closing) => break,
            }
            if !self.take(&mut lines).await {
                break;
            }
        }
        // a client may close its half and still wait for what it has asked
        while !self.tasks.is_empty() && !is_hung_up(&reader) {
            // a look now and then is enough, and an end of one of them is a good moment for it
            let _ended_or_late = timeout(LOOK_AGAIN, self.tasks.join_next()).await;
        }
    }

    /// Takes every whole line; returns whether there may be more.
    async fn take(&mut self, lines: &mut Lines) -> bool {
        loop {
            match lines.next() {
                Ok(Some(line)) => self.line(&line).await,
                Ok(None) => return true,
                Err(_too_long) => {
                    let message = format!("a line is longer than {LONGEST_LINE} bytes; the connection is closed");
                    self.say(write_fault(None, Fault::new(FaultKind::TooLong, message))).await;
                    return false;
                }
            }
        }
    }

    async fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let (id, request) = match read_request(line) {
            Ok(asked) => asked,
            Err((id, fault)) => return self.say(write_fault(id, fault)).await,
        };
        while self.tasks.len() >= UNDER_WAY {
            self.tasks.join_next().await;
        }
        self.presence.set(None);
        if request == Request::Subscribe {
            self.subscribe();
        }
        let (desk, outgoing) = (Arc::clone(&self.desk), self.outgoing.clone());
        self.tasks.spawn(async move {
            let answer = desk.answer(id, request).await;
            let _client_is_gone = outgoing.send(answer).await;
        });
    }

    /// Tells events from now on; a client that does not read loses the oldest and is told how many.
    fn subscribe(&mut self) {
        let mut handle = self.desk.handle.clone();
        let outgoing = self.outgoing.clone();
        self.tasks.spawn(async move {
            loop {
                let line = match handle.events.recv().await {
                    Ok(event) => write_event(&event, &handle.board.borrow()),
                    Err(RecvError::Lagged(count)) => write_missed(count),
                    Err(RecvError::Closed) => return,
                };
                if outgoing.send(line).await.is_err() {
                    return;
                }
            }
        });
    }

    async fn say(&self, line: String) {
        let _client_is_gone = self.outgoing.send(line).await;
    }

    fn rest(&self) {
        if self.tasks.is_empty() {
            self.presence.set(Some(Instant::now()));
        }
    }
}

/// Whether the client has closed both halves: nobody is there for an answer.
fn is_hung_up(reader: &OwnedReadHalf) -> bool {
    let stream: &UnixStream = reader.as_ref();
    let mut look = [PollFd::new(stream.as_fd(), PollFlags::empty())];
    matches!(poll(&mut look, PollTimeout::ZERO), Ok(1..))
        && look
            .iter()
            .any(|found| found.revents().is_some_and(|seen| seen.intersects(PollFlags::POLLHUP | PollFlags::POLLERR)))
}
