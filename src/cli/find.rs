//! Where the project's file is: in this folder or the nearest one above.

use std::path::{Path, PathBuf};

use crate::config::{FILE_NAMES, LOCAL_FILE_NAME};

/// A file of the configuration that is there, though nobody has read it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// What to call it in messages: its path seen from where the search began.
    pub shown: String,
}

/// Looks upwards from the absolute folder `from`; returns the project's file and what is merged over it.
///
/// Empty if there is none. What merely has the name, such as a folder, is returned too: to go on looking would run
/// another project than the one that stands here.
#[must_use]
pub fn find(from: &Path) -> Vec<FoundFile> {
    let mut prefix = String::new();
    for folder in from.ancestors() {
        for name in FILE_NAMES {
            let path = folder.join(name);
            if exists(&path) {
                return with_local(FoundFile { path, shown: format!("{prefix}{name}") });
            }
        }
        prefix.push_str("../");
    }
    Vec::new()
}

/// Returns the project's file: the one that was asked for by name, or the nearest from the absolute folder `from` upwards.
#[must_use]
pub(super) fn main_file(file: Option<&Path>, from: &Path) -> Option<FoundFile> {
    file.map_or_else(|| find(from), |file| named(file, from)).into_iter().next()
}

/// Returns the file that was asked for by name, seen from the absolute folder `from`, and what is merged over it.
#[must_use]
pub(super) fn named(file: &Path, from: &Path) -> Vec<FoundFile> {
    let path = from.join(file);
    // without its `..` the folder of the file has a name, which is the project's
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let path = folder.zip(path.file_name()).map_or_else(|| path.clone(), |(folder, name)| folder.join(name));
    with_local(FoundFile { path, shown: file.display().to_string() })
}

/// Adds the local file beside a `procfile.toml`.
fn with_local(main: FoundFile) -> Vec<FoundFile> {
    let path = main.path.with_file_name(LOCAL_FILE_NAME);
    let can_have_local =
        main.path.file_name().is_some_and(|name| FILE_NAMES.first().is_some_and(|first| name == *first));
    if !can_have_local || !exists(&path) {
        return vec![main];
    }
    let shown = Path::new(&main.shown).with_file_name(LOCAL_FILE_NAME).display().to_string();
    vec![main, FoundFile { path, shown }]
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn shown(files: &[FoundFile]) -> Vec<&str> {
        files.iter().map(|file| file.shown.as_str()).collect()
    }

    #[test]
    fn the_nearest_file_is_found_from_a_folder_below() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("api/src");
        fs::create_dir_all(&below).unwrap();
        fs::write(root.path().join("Procfile"), "").unwrap();
        let found = find(&below);
        assert_eq!(shown(&found), ["../../Procfile"]);
        assert_eq!(found[0].path, root.path().join("Procfile"));
    }

    #[test]
    fn of_several_the_best_name_wins_and_brings_its_local_file() {
        let root = tempfile::tempdir().unwrap();
        for name in ["Procfile", "Procfile.dev", "procfile.toml", "procfile.local.toml"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        assert_eq!(shown(&find(root.path())), ["procfile.toml", "procfile.local.toml"]);
        fs::remove_file(root.path().join("procfile.toml")).unwrap();
        assert_eq!(shown(&find(root.path())), ["Procfile.dev"]);
    }

    #[test]
    fn a_file_asked_for_by_name_lies_in_a_folder_that_has_one() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        fs::create_dir(real.join("sub")).unwrap();
        let found = named(Path::new("../dev.toml"), &real.join("sub"));
        assert_eq!(found, [FoundFile { path: real.join("dev.toml"), shown: "../dev.toml".to_owned() }]);
    }
}
