//! Tells when one of a few files of a folder is written, made, replaced or removed.

use std::ffi::OsString;
use std::path::Path;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Watches as long as it lives.
#[derive(Debug)]
pub struct FileWatch {
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    /// Watches the files of these names in `folder`, which may come and go; `changed` is called on a thread of its own.
    ///
    /// The folder is what is watched, for an editor puts a new file in the place of the old one.
    ///
    /// # Errors
    /// When the kernel lets nobody watch any more, as when its limit is reached.
    pub fn start(
        folder: &Path,
        names: Vec<OsString>,
        changed: impl Fn() + Send + 'static,
    ) -> Result<Self, notify::Error> {
        let mut watcher = notify::recommended_watcher(move |event: Result<Event, notify::Error>| match event {
            Ok(event) => {
                let is_one = |path: &Path| path.file_name().is_some_and(|name| names.iter().any(|known| known == name));
                // who only reads it changes nothing
                if !event.kind.is_access() && event.paths.iter().any(|path| is_one(path)) {
                    changed();
                }
            }
            // what was missed may have been one of them
            Err(_) => changed(),
        })?;
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        Ok(Self { _watcher: watcher })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_file_that_is_written_or_replaced_is_told_and_its_neighbours_are_not() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("procfile.toml");
        fs::write(&path, "a").unwrap();
        let (told, hears) = mpsc::channel();
        let tell = move || told.send(()).unwrap_or_default();
        let _watch = FileWatch::start(root.path(), vec!["procfile.toml".into()], tell).unwrap();
        let is_told = || {
            let told = hears.recv_timeout(Duration::from_secs(30)).is_ok();
            while hears.recv_timeout(Duration::from_millis(50)).is_ok() {}
            told
        };
        fs::write(&path, "b").unwrap();
        assert!(is_told(), "written");
        fs::write(root.path().join("new"), "c").unwrap();
        assert!(hears.recv_timeout(Duration::from_millis(50)).is_err(), "a neighbour");
        fs::rename(root.path().join("new"), &path).unwrap();
        assert!(is_told(), "replaced");
        fs::read(&path).unwrap();
        assert!(hears.recv_timeout(Duration::from_millis(50)).is_err(), "read");
    }
}
