//! Watches what services are to be started again for, and tells whose files have changed.
//!
//! It has a thread of its own: it walks folders and reads rules, and asks the watcher, which all may block.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::watchman::Watchman;
use super::{Folders, watch_folders};
use crate::config::Watch;
use crate::id::ServiceId;

/// Sightings that may wait; when it is full the thread waits, and what the kernel tells meanwhile is told as a whole.
const SIGHTINGS: usize = 256;

/// What is to be watched for whom.
pub(super) type Wanted = BTreeMap<ServiceId, Watch>;

/// What was seen for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It is watched from now on.
    Watching {
        /// For whom.
        service: ServiceId,
        /// How many folders.
        folders: usize,
        /// The first pattern of which not even the beginning is there.
        missing: Option<String>,
    },
    /// A file has changed.
    Changed {
        /// For whom.
        service: ServiceId,
        /// Its name for people; `None` where too much has changed to be told one by one.
        file: Option<Arc<str>>,
    },
    /// It cannot be watched.
    Failed {
        /// For whom.
        service: ServiceId,
        /// Why, and what to do.
        reason: String,
    },
}

/// A thread that watches.
#[derive(Debug)]
pub struct Lookout {
    wanted: watch::Sender<Wanted>,
    sightings: mpsc::Receiver<Sighting>,
}

impl Lookout {
    /// Starts to watch for nobody. `own` is a folder that procdash itself writes into.
    ///
    /// Must be called inside a tokio runtime. It ends when it is dropped.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(root: &Path, own: Option<PathBuf>) -> io::Result<Self> {
        let (wanted, receiver) = watch::channel(Wanted::new());
        let (sender, sightings) = mpsc::channel(SIGHTINGS);
        let runtime = tokio::runtime::Handle::current();
        let real_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        // changes are told by paths without links; the folder itself may not be there yet
        let own = own.map(|own| own.strip_prefix(root).map(|below| real_root.join(below)).unwrap_or(own));
        let watchman = move |folders| Watchman::new(real_root, own, folders);
        let thread = std::thread::Builder::new().name("procdash-watch".to_owned());
        thread.spawn(move || runtime.block_on(run(watchman, receiver, sender)))?;
        Ok(Self { wanted, sightings })
    }

    /// Says what is to be watched from now on, instead of what was said before.
    pub fn want(&self, wanted: Wanted) {
        self.wanted.send_if_modified(|known| {
            let differs = *known != wanted;
            *known = wanted;
            differs
        });
    }

    /// Waits for what is seen next. Cancel-safe; `None` when the thread has failed.
    pub async fn next(&mut self) -> Option<Sighting> {
        self.sightings.recv().await
    }
}

async fn run(
    watchman: impl FnOnce(Folders) -> Watchman,
    mut wanted: watch::Receiver<Wanted>,
    sightings: mpsc::Sender<Sighting>,
) {
    let (mut watchman, mut changes) = match watch_folders() {
        Ok((folders, changes)) => (watchman(folders), changes),
        Err(error) => return refuse(&error.to_string(), wanted, sightings).await,
    };
    loop {
        tokio::select! {
            more = wanted.changed() => match more {
                Ok(()) => {
                    let wanted = wanted.borrow_and_update().clone();
                    watchman.want(&wanted);
                }
                Err(_nobody_wants_more) => return,
            },
            Some(change) = changes.next() => watchman.take(&change),
        }
        for sighting in watchman.take_sightings() {
            if sightings.send(sighting).await.is_err() {
                return;
            }
        }
    }
}

/// Says to everybody who wants something watched that nothing can be.
async fn refuse(reason: &str, mut wanted: watch::Receiver<Wanted>, sightings: mpsc::Sender<Sighting>) {
    while wanted.changed().await.is_ok() {
        let services: Vec<ServiceId> = wanted.borrow_and_update().keys().copied().collect();
        for service in services {
            if sightings.send(Sighting::Failed { service, reason: reason.to_owned() }).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
