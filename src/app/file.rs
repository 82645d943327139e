//! The project's file while services run: how to read it anew, and who tells that it was saved.

use std::path::{Path, PathBuf};

use tokio::sync::watch;

use crate::cli;
use crate::config::{Config, LOCAL_FILE_NAME};
use crate::engine::FileWatch;
use crate::supervisor::{Procfile, Unusable};

/// Returns the file, watched where a person is there to see what is told.
pub(crate) fn follow(config: &Config, watched: bool) -> Procfile {
    let (saved, hears) = watch::channel(0);
    let name = config.path.file_name().map(PathBuf::from).unwrap_or_default();
    let names = vec![name.clone().into_os_string(), LOCAL_FILE_NAME.into()];
    match watched.then(|| FileWatch::start(&config.root, names)) {
        Some(Ok(watch)) => drop(tokio::spawn(tell(watch, saved))),
        // a key still reads it
        Some(Err(error)) => tracing::warn!(%error, "nobody tells when the file is saved"),
        None => {}
    }
    let root = config.root.clone();
    Procfile::new(config.clone(), move || read(&name, &root), hears)
}

/// Counts how often the file is saved, as long as somebody wants to know.
async fn tell(mut watch: FileWatch, saved: watch::Sender<u64>) {
    while !saved.is_closed() && watch.changed().await.is_some() {
        saved.send_modify(|count| *count += 1);
    }
}

/// Reads the very file that procdash was started with, not the nearest.
fn read(name: &Path, root: &Path) -> Result<Config, Unusable> {
    cli::load(Some(name), root).map_err(|error| {
        let whole = error.render(false);
        let first = match &error {
            cli::LoadError::Problems(problems) => problems.iter().next().map(|problem| problem.message().to_owned()),
            cli::LoadError::Missing { .. }
            | cli::LoadError::NotThere { .. }
            | cli::LoadError::Forbidden { .. }
            | cli::LoadError::Unreadable { .. }
            | cli::LoadError::Folder { .. }
            | cli::LoadError::TooLarge { .. } => None,
        };
        let first = first.unwrap_or_else(|| error.to_string().lines().next().unwrap_or_default().to_owned());
        Unusable { first, whole }
    })
}
