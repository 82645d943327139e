//! Tells when one of a few files of a folder is written, made, replaced or removed.

use std::ffi::OsString;
use std::path::Path;

use super::watch::{Change, Changes, Folders, Unwatchable, watch_folders};

/// Watches as long as it lives.
pub struct FileWatch {
    names: Vec<OsString>,
    changes: Changes,
    _folders: Folders,
}

impl FileWatch {
    /// Watches the files of these names in `folder`, which may come and go.
    ///
    /// The folder is what is watched, for an editor puts a new file in the place of the old one.
    ///
    /// # Errors
    /// When the kernel lets nobody watch any more, as when its limit is reached.
    pub fn start(folder: &Path, names: Vec<OsString>) -> Result<Self, Unwatchable> {
        let (mut folders, changes) = watch_folders()?;
        folders.watch(folder)?;
        Ok(Self { names, changes, _folders: folders })
    }

    /// Waits until one of them has changed, or may have; `None` when nothing is watched any more. Cancel-safe.
    pub async fn changed(&mut self) -> Option<()> {
        loop {
            match self.changes.next().await? {
                Change::Anything => return Some(()),
                Change::At(path)
                    if path.file_name().is_some_and(|name| self.names.iter().any(|known| known == name)) =>
                {
                    return Some(());
                }
                Change::At(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Far beyond what a busy machine needs.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_file_that_is_written_or_replaced_is_told_and_its_neighbours_are_not() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("procfile.toml");
        fs::write(&path, "a").unwrap();
        let mut watch = FileWatch::start(root.path(), vec!["procfile.toml".into(), "last".into()]).unwrap();
        fs::write(&path, "b").unwrap();
        assert_eq!(timeout(PATIENCE, watch.changed()).await, Ok(Some(())), "written");
        // what is told comes in order, so that the last one marks the end of the others
        fs::write(root.path().join("new"), "c").unwrap();
        fs::read(&path).unwrap();
        fs::write(root.path().join("other"), "d").unwrap();
        while timeout(Duration::from_millis(50), watch.changed()).await.is_ok() {}
        fs::rename(root.path().join("new"), &path).unwrap();
        assert_eq!(timeout(PATIENCE, watch.changed()).await, Ok(Some(())), "replaced");
    }
}
