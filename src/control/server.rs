//! Lets clients in, a limited number of them, as long as the program runs.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answer::Desk;
use super::connection::{Presence, serve};
use super::holder::{may_speak, terminal};
use super::protocol::{Fault, FaultKind, Hello, PROTOCOL, write_fault};
use super::seat::Seat;
use crate::engine::identify;
use crate::supervisor::Handle;

/// Connections at a time. One more pushes out the one that was idle longest; where none is idle, it is refused.
const CONNECTIONS: usize = 32;
/// How long a connection may be silent before it has to make room for another.
const SILENCE: Duration = Duration::from_millis(250);
/// The pause after the kernel could not let anybody in, as when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);
/// How long clients have at the end to take their last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The server of a project's socket.
#[derive(Debug)]
pub struct Server {
    closing: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// Last, so that the socket is there as long as somebody listens.
    _seat: Seat,
}

impl Seat {
    /// Answers on the project's socket with what `handle` says, until the server is closed or dropped.
    ///
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the kernel refuses to let the runtime listen.
    pub fn serve(self, handle: Handle, project: &str) -> io::Result<Server> {
        let listener = UnixListener::from_std(self.listener()?)?;
        let desk = Desk { handle, hello: hello(project, &self.file), quit_asked: AtomicBool::new(false) };
        let (closing, closes) = watch::channel(false);
        let task = tokio::spawn(let_in(listener, Arc::new(desk), closes));
        Ok(Server { closing, task, _seat: self })
    }
}

impl Server {
    /// Lets nobody in any more, gives the last answers, and removes the socket.
    ///
    /// To be called when everything is down: what is asked then has its answer. A client that takes none is not waited
    /// for longer than a second.
    pub async fn close(self) {
        let Self { closing, mut task, _seat } = self;
        closing.send_replace(true);
        if timeout(LAST_ANSWERS, &mut task).await.is_err() {
            tracing::debug!("a client has not taken its last answer");
            task.abort();
        }
    }
}

fn hello(project: &str, file: &Path) -> Hello {
    let pid = std::process::id();
    Hello {
        procdash: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        project: project.to_owned(),
        file: file.display().to_string(),
        pid,
        terminal: terminal(pid),
        run_id: identify(pid).map_or_else(|| pid.to_string(), |own| own.to_string()),
    }
}

/// A client that was let in; its connection ends with this.
struct Guest {
    presence: Arc<Presence>,
    task: JoinHandle<()>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn let_in(listener: UnixListener, desk: Arc<Desk>, mut closing: watch::Receiver<bool>) {
    let mut guests: Vec<Guest> = Vec::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closing.wait_for(|closing| *closing) => break,
        };
        match accepted {
            Ok((stream, _)) if !is_allowed(&stream) => {}
            Ok((stream, _)) => {
                if make_room(&mut guests).await {
                    guests.push(receive(stream, &desk, &closing));
                } else {
                    refuse(stream).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a client cannot be let in");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    for mut guest in guests {
        // a task that failed has no last answer
        let _failed = (&mut guest.task).await;
    }
}

/// Whether the process at the other end is the same user's, or root's.
fn is_allowed(stream: &UnixStream) -> bool {
    match stream.peer_cred() {
        Ok(peer) if may_speak(peer.uid()) => true,
        Ok(peer) => {
            tracing::warn!(uid = peer.uid(), "another user is not let in");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "a client without a user is not let in");
            false
        }
    }
}

fn receive(stream: UnixStream, desk: &Arc<Desk>, closing: &watch::Receiver<bool>) -> Guest {
    let presence = Arc::new(Presence::new());
    let task = tokio::spawn(serve(stream, Arc::clone(desk), Arc::clone(&presence), closing.clone()));
    Guest { presence, task }
}

/// Makes room for one more; returns whether there is any.
async fn make_room(guests: &mut Vec<Guest>) -> bool {
    loop {
        guests.retain(|guest| !guest.task.is_finished());
        if guests.len() < CONNECTIONS {
            return true;
        }
        let idle = guests.iter().enumerate().filter_map(|(place, guest)| Some((guest.presence.idle_since()?, place)));
        let Some((since, place)) = idle.min() else { return false };
        // whoever has just come in gets the time for its request; the next in line waits in the kernel's queue
        let leave_at = since + SILENCE;
        if leave_at <= Instant::now() {
            guests.swap_remove(place);
        } else {
            tokio::time::sleep_until(leave_at.into()).await;
        }
    }
}

async fn refuse(mut stream: UnixStream) {
    let fault = Fault::new(FaultKind::Busy, "procdash has too many connections; try again");
    // the buffer of a new connection has room for a line
    let _client_is_gone = timeout(PAUSE, stream.write_all(write_fault(None, fault).as_bytes())).await;
}
