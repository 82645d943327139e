//! Watches folders: what changes in them is told as it happens, and nothing is looked at again and again.

mod git_ignore;
mod lookout;
mod pattern;
mod target;
mod watchman;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use thiserror::Error;
use tokio::sync::{Notify, mpsc};

pub use self::lookout::{Lookout, Sighting};

/// Changes that may wait to be read. What comes when it is full is told as [`Change::Anything`].
const CHANGES: usize = 1024;

/// What has happened in the watched folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This was written, made, renamed or removed: a file, or a folder.
    At(PathBuf),
    /// More than could be told one by one: anything may have changed.
    Anything,
}

/// Why folders cannot be watched.
#[derive(Debug, Error)]
pub enum Unwatchable {
    /// The kernel has no room for one more folder.
    #[error(
        "the kernel watches no more folders (fs.inotify.max_user_watches = {limit}); raise that, such as with \
         `sudo sysctl fs.inotify.max_user_watches=524288`, or watch fewer folders"
    )]
    NoRoom {
        /// How many it watches for one user.
        limit: String,
    },
    /// The kernel lets this user have no more watchers.
    #[error(
        "the kernel has no more watchers (fs.inotify.max_user_instances = {limit}); raise that, such as with \
         `sudo sysctl fs.inotify.max_user_instances=512`"
    )]
    NoMore {
        /// How many one user may have.
        limit: String,
    },
    /// There is no such folder.
    #[error("there is no such folder")]
    Missing,
    /// It is refused for another reason.
    #[error("{0}")]
    Refused(String),
}

/// Folders that are watched, each by itself and not those below it.
pub struct Folders {
    watcher: RecommendedWatcher,
}

/// What happens in watched folders, in order.
pub struct Changes {
    paths: mpsc::Receiver<PathBuf>,
    /// Rung when something could not be told.
    lost: Arc<Notify>,
}

/// Begins to watch: nothing yet.
///
/// # Errors
/// When the kernel refuses; the sentence says what to do.
pub fn watch_folders() -> Result<(Folders, Changes), Unwatchable> {
    let (sender, paths) = mpsc::channel(CHANGES);
    let lost = Arc::new(Notify::new());
    let bell = Arc::clone(&lost);
    let tell = move |event: notify::Result<Event>| {
        let Ok(event) = event else { return bell.notify_one() };
        if event.need_rescan() {
            return bell.notify_one();
        }
        if !is_change(event.kind) {
            return;
        }
        for path in event.paths {
            // whoever listened is gone, then nobody wants to know; a full queue is told as a whole
            if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(path) {
                bell.notify_one();
            }
        }
    };
    match notify::recommended_watcher(tell) {
        Ok(watcher) => Ok((Folders { watcher }, Changes { paths, lost })),
        Err(error) => Err(match &error.kind {
            ErrorKind::Io(cause) if cause.raw_os_error() == Some(Errno::EMFILE as i32) => {
                Unwatchable::NoMore { limit: setting("max_user_instances") }
            }
            ErrorKind::Io(_)
            | ErrorKind::Generic(_)
            | ErrorKind::PathNotFound
            | ErrorKind::WatchNotFound
            | ErrorKind::InvalidConfig(_)
            | ErrorKind::MaxFilesWatch => unwatchable(&error),
        }),
    }
}

/// Whether this is about what a file holds, or whether it is there.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Create(_) | EventKind::Remove(_) => true,
        // who may read a file, and how many names it has, is no change of what is in it
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        EventKind::Access(_) | EventKind::Any | EventKind::Other => false,
    }
}

fn unwatchable(error: &notify::Error) -> Unwatchable {
    match &error.kind {
        ErrorKind::MaxFilesWatch => Unwatchable::NoRoom { limit: setting("max_user_watches") },
        ErrorKind::PathNotFound => Unwatchable::Missing,
        ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::NotFound => Unwatchable::Missing,
        ErrorKind::Io(_) | ErrorKind::Generic(_) | ErrorKind::WatchNotFound | ErrorKind::InvalidConfig(_) => {
            Unwatchable::Refused(error.to_string())
        }
    }
}

/// Returns what the kernel is set to.
fn setting(name: &str) -> String {
    let value = std::fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(name));
    value.map_or_else(|_| "unknown".to_owned(), |value| value.trim().to_owned())
}

impl Folders {
    /// Watches a folder, and not those below it; watching it again is nothing new.
    ///
    /// # Errors
    /// Says why it cannot be watched.
    pub fn watch(&mut self, folder: &Path) -> Result<(), Unwatchable> {
        self.watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|error| unwatchable(&error))
    }

    /// Watches it no longer.
    pub fn forget(&mut self, folder: &Path) {
        // a folder that was removed is forgotten by itself
        let _known_no_more = self.watcher.unwatch(folder);
    }
}

impl Changes {
    /// Waits for the next change; `None` once the folders are dropped. Cancel-safe.
    pub async fn next(&mut self) -> Option<Change> {
        tokio::select! {
            () = self.lost.notified() => Some(Change::Anything),
            path = self.paths.recv() => path.map(Change::At),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    /// Far beyond what a busy machine needs.
    const PATIENCE: Duration = Duration::from_secs(30);

    async fn next(changes: &mut Changes) -> Change {
        tokio::time::timeout(PATIENCE, changes.next()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_is_written_in_a_folder_is_told_and_what_is_only_read_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "x").unwrap();
        let (mut folders, mut changes) = watch_folders().unwrap();
        folders.watch(folder.path()).unwrap();
        fs::read(folder.path().join("old")).unwrap();
        fs::write(folder.path().join("new"), "x").unwrap();
        assert_eq!(next(&mut changes).await, Change::At(folder.path().join("new")));
    }

    #[tokio::test]
    async fn more_than_can_wait_is_told_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (mut folders, mut changes) = watch_folders().unwrap();
        folders.watch(folder.path()).unwrap();
        for number in 0..CHANGES {
            fs::write(folder.path().join(number.to_string()), "x").unwrap();
        }
        while next(&mut changes).await != Change::Anything {}
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_cannot_be_watched() {
        let (mut folders, _changes) = watch_folders().unwrap();
        assert!(matches!(folders.watch(Path::new("/nowhere/at/all")), Err(Unwatchable::Missing)));
    }
}
