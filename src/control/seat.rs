//! The one place of a project: whoever holds its socket is the procdash that runs it, and nobody else is.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use thiserror::Error;

use super::holder::Holder;
use super::place::{self, PlaceError};

/// How long another procdash may take for its own few steps under the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two attempts to get the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Why a project's place cannot be taken.
#[derive(Debug, Error)]
pub enum ClaimError {
    /// Another procdash runs this project.
    #[error("procdash already runs for this project: {0}; see `procdash ps`, or stop it with `procdash down`")]
    Taken(Box<Holder>),
    /// Somebody listens, but takes no connection any more.
    #[error(
        "procdash already runs for this project and takes no connection any more, so it hangs or is paused; \
         its socket is {path}"
    )]
    Unresponsive {
        /// The socket.
        path: String,
    },
    /// There is no place for the socket.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What is at the socket's path was not put there by procdash.
    #[error("{path} is in the way of procdash's socket: it is {what}; remove it")]
    InTheWay {
        /// The path.
        path: String,
        /// What is there.
        what: &'static str,
    },
    /// Another procdash holds the lock and does not go on.
    #[error("another procdash is starting or ending and does not come to its end; look for it with `ps`")]
    Locked,
    /// The kernel refuses.
    #[error("cannot make the socket {path}: {source}")]
    Refused {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// What is at a socket's path.
enum Found {
    /// Nothing.
    Nobody,
    /// A socket that nobody listens to: its owner was killed.
    Stale,
    /// Somebody who listens.
    Somebody(UnixStream),
    /// Somebody who listens, and whose queue is full.
    Full,
}

/// The place of a project, held as long as this lives; the socket is removed with it.
#[derive(Debug)]
pub struct Seat {
    listener: UnixListener,
    path: PathBuf,
    /// Which file the socket is: by its path alone it could be another's.
    made: (u64, u64),
    pub(super) file: PathBuf,
}

impl Seat {
    /// Takes the place of the project with this file, before anything of it is started.
    ///
    /// # Errors
    /// When another procdash runs the project, with who that is, or when there is no safe place for the socket.
    pub fn claim(file: &Path) -> Result<Self, ClaimError> {
        let file = canonical(file);
        let mut folders = place::folders().into_iter();
        let folder = folders.next().ok_or(ClaimError::Locked)?;
        for other in folders {
            refuse_if_held(&other, &file)?;
        }
        Self::claim_in(&folder, file)
    }

    /// Takes the place in this folder.
    fn claim_in(folder: &Path, file: PathBuf) -> Result<Self, ClaimError> {
        let path = place::socket(folder, &file)?;
        let _lock = lock(folder)?;
        match look(&path)? {
            Found::Nobody => {}
            Found::Stale => fs::remove_file(&path).map_err(|source| refused(&path, source))?,
            Found::Somebody(stream) => return Err(ClaimError::Taken(Box::new(Holder::behind(&stream, &path)))),
            Found::Full => return Err(ClaimError::Unresponsive { path: path.display().to_string() }),
        }
        let listener = UnixListener::bind(&path).map_err(|source| refused(&path, source))?;
        let made = fs::set_permissions(&path, Permissions::from_mode(place::SOCKET_MODE))
            .and_then(|()| fs::symlink_metadata(&path))
            .and_then(|found| listener.set_nonblocking(true).map(|()| (found.dev(), found.ino())))
            .map_err(|source| refused(&path, source))?;
        Ok(Self { listener, path, made, file })
    }

    /// Returns another handle to the listening socket.
    pub(super) fn listener(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }
}

impl Drop for Seat {
    /// Removes the socket, if it still is this one, and the folder, if nothing else is in it.
    fn drop(&mut self) {
        let Some(folder) = self.path.parent() else { return };
        // without the lock it is still removed: the check below leaves others' alone, but for a blink
        let _lock = lock(folder);
        let is_ours = |found: fs::Metadata| (found.dev(), found.ino()) == self.made;
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            if let Err(error) = fs::remove_file(&self.path) {
                tracing::warn!(%error, path = %self.path.display(), "the socket stays behind");
            }
            let _others_are_in_it = fs::remove_dir(folder);
        }
    }
}

/// Returns the project's file as everybody spells it who means the same one.
pub(super) fn canonical(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_missing| file.to_owned())
}

/// Connects to the procdash that runs the project with this file; `None` when there is none.
pub(super) fn find(file: &Path) -> Result<Option<(UnixStream, PathBuf)>, ClaimError> {
    let mut problem = None;
    for (number, folder) in place::folders().iter().enumerate() {
        match find_in(folder, file) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // of the folders that nothing new would be put into, one that is not ours has nothing to say
            Err(error) => problem = problem.or((number == 0).then_some(error)),
        }
    }
    problem.map_or(Ok(None), Err)
}

fn find_in(folder: &Path, file: &Path) -> Result<Option<(UnixStream, PathBuf)>, ClaimError> {
    let Some(path) = in_folder(folder, file)? else { return Ok(None) };
    match look(&path)? {
        Found::Nobody | Found::Stale => Ok(None),
        Found::Somebody(stream) => Ok(Some((stream, path))),
        Found::Full => Err(ClaimError::Unresponsive { path: path.display().to_string() }),
    }
}

/// Returns where the project's socket is in this folder, if the folder is there at all.
fn in_folder(folder: &Path, file: &Path) -> Result<Option<PathBuf>, ClaimError> {
    if place::open_existing(folder)?.is_none() {
        return Ok(None);
    }
    Ok(Some(place::socket(folder, file)?))
}

/// Refuses if a procdash with another environment runs the project; a folder that is not ours has nothing to say.
fn refuse_if_held(folder: &Path, file: &Path) -> Result<(), ClaimError> {
    let Ok(Some(path)) = in_folder(folder, file) else { return Ok(()) };
    match look(&path) {
        Ok(Found::Somebody(stream)) => Err(ClaimError::Taken(Box::new(Holder::behind(&stream, &path)))),
        Ok(Found::Full) => Err(ClaimError::Unresponsive { path: path.display().to_string() }),
        Ok(Found::Nobody | Found::Stale) | Err(_) => Ok(()),
    }
}

/// Looks at what is at the socket's path, without ever waiting for whoever holds it.
fn look(path: &Path) -> Result<Found, ClaimError> {
    let in_the_way = |what| ClaimError::InTheWay { path: path.display().to_string(), what };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nobody),
        Err(source) => return Err(refused(path, source)),
    };
    let kind = found.file_type();
    if !kind.is_socket() {
        let what = if kind.is_dir() { "a folder" } else { "no socket" };
        return Err(in_the_way(what));
    }
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let made = socket(AddressFamily::Unix, SockType::Stream, flags, None);
    let socket: OwnedFd = made.map_err(|errno| refused(path, errno.into()))?;
    let address = UnixAddr::new(path).map_err(|errno| refused(path, errno.into()))?;
    match connect(socket.as_raw_fd(), &address) {
        Ok(()) => {
            let stream = UnixStream::from(socket);
            stream.set_nonblocking(false).map_err(|source| refused(path, source))?;
            Ok(Found::Somebody(stream))
        }
        Err(Errno::ECONNREFUSED) => Ok(Found::Stale),
        Err(Errno::ENOENT) => Ok(Found::Nobody),
        Err(Errno::EAGAIN) => Ok(Found::Full),
        Err(Errno::EPROTOTYPE) => Err(in_the_way("a socket of another kind")),
        Err(errno) => Err(refused(path, errno.into())),
    }
}

/// Locks the folder against every other procdash, for the few steps of a claim or of its end.
fn lock(folder: &Path) -> Result<Flock<File>, ClaimError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let opened = place::open(folder);
        if let Ok(opened) = opened {
            match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
                // whoever held it before may have removed the folder: the lock of what is gone locks nothing
                Ok(lock) if place::is_still(folder, &lock) => return Ok(lock),
                Ok(_) | Err((_, Errno::EWOULDBLOCK | Errno::EINTR)) => {}
                Err((_, errno)) => return Err(refused(folder, errno.into())),
            }
        } else if let Err(error) = opened {
            // it was removed between its making and its opening
            if !matches!(&error, PlaceError::Refused { source, .. } if source.kind() == io::ErrorKind::NotFound)
                || folder.parent().is_none_or(|parent| !parent.exists())
            {
                return Err(error.into());
            }
        }
        if Instant::now() >= deadline {
            return Err(ClaimError::Locked);
        }
        std::thread::park_timeout(LOCK_PAUSE);
    }
}

fn refused(path: &Path, source: io::Error) -> ClaimError {
    ClaimError::Refused { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn of_many_that_find_what_a_killed_one_has_left_exactly_one_takes_the_place() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("procdash");
        let file = PathBuf::from("/home/ada/shop/procfile.toml");
        for round in 0..100 {
            drop(place::open(&folder).unwrap());
            drop(UnixListener::bind(place::socket(&folder, &file).unwrap()).unwrap());
            let together = Barrier::new(4);
            let claim = || {
                together.wait();
                Seat::claim_in(&folder, file.clone())
            };
            let all: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(claim)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let taken = all.iter().filter(|claimed| claimed.is_ok()).count();
            let refused = all.iter().filter(|claimed| matches!(claimed, Err(ClaimError::Taken(_)))).count();
            assert_eq!((taken, refused), (1, 3), "round {round}: {all:?}");
            drop(all);
            assert!(!folder.exists(), "round {round}: something stays behind");
        }
    }
}
