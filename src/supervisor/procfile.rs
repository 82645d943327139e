//! The project's file while services run: reading it anew, and hearing when it is saved.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::reload::Plan;
use super::status::Board;
use crate::config::Config;

/// The file as it is now: read, and without problems. Two are equal if they come from the same reading.
#[derive(Clone)]
pub struct NewFile(pub Arc<Config>);

impl PartialEq for NewFile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for NewFile {}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} services", self.0.path.display(), self.0.services.len())
    }
}

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{first}")]
pub struct Unusable {
    /// The first problem, in one line.
    pub first: String,
    /// All of them, as `procdash check` shows them.
    pub whole: String,
}

type Read = dyn Fn() -> Result<Config, Unusable> + Send + Sync;

/// The project's file; clones are the same one.
#[derive(Clone)]
pub struct Procfile {
    at_start: Arc<Config>,
    read: Arc<Read>,
    saved: watch::Receiver<u64>,
}

impl Procfile {
    /// Takes what was read at the start, how to read it anew, and what changes whenever it was saved.
    #[must_use]
    pub fn new(
        at_start: Config,
        read: impl Fn() -> Result<Config, Unusable> + Send + Sync + 'static,
        saved: watch::Receiver<u64>,
    ) -> Self {
        Self { at_start: Arc::new(at_start), read: Arc::new(read), saved }
    }

    /// Reads the file anew.
    ///
    /// # Errors
    /// Says what is wrong with it; nothing has changed then.
    pub async fn read(&self) -> Result<NewFile, Unusable> {
        let read = Arc::clone(&self.read);
        let failed = |error: tokio::task::JoinError| {
            let first = format!("the file could not be read: {error}");
            Err(Unusable { whole: first.clone(), first })
        };
        let read = tokio::task::spawn_blocking(move || read()).await.unwrap_or_else(failed)?;
        Ok(NewFile(Arc::new(read)))
    }

    /// Waits until the file is saved again; never returns where nobody watches it.
    pub async fn saved(&mut self) {
        if self.saved.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Says what this state of the file would change.
    #[must_use]
    pub fn plan(&self, board: &Board, file: &NewFile) -> Plan {
        Plan::new(board, &self.at_start, &file.0)
    }
}

impl fmt::Debug for Procfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Procfile({})", self.at_start.path.display())
    }
}
