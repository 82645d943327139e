//! Writes text to a file of its own: whole or not at all, for nobody else to read, and over nothing that was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As it was typed.
    pub(crate) path: String,
    /// Whether a file that is there may be replaced.
    pub(crate) replace: bool,
}

/// Writes `bytes`, and returns the path; else says in a sentence why not.
pub(crate) fn write(target: &Target, bytes: &[u8]) -> Result<PathBuf, String> {
    let path = expand(&target.path, std::env::home_dir())?;
    write_to(&path, target.replace, bytes)?;
    Ok(path)
}

/// Returns the path with the home folder for `~`.
fn expand(typed: &str, home: Option<PathBuf>) -> Result<PathBuf, String> {
    let behind = match typed.strip_prefix('~') {
        None => return Ok(PathBuf::from(typed)),
        Some(behind) if behind.is_empty() || behind.starts_with('/') => behind.trim_start_matches('/'),
        Some(_) => return Err(format!("{typed}: only `~/` is known, for your own home folder")),
    };
    home.map(|home| home.join(behind)).ok_or_else(|| format!("{typed}: there is no home folder; set HOME"))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has a sentence for the others")]
fn write_to(path: &Path, replace: bool, bytes: &[u8]) -> Result<(), String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!("{shown} is a folder; name a file in it"));
    }
    let Some(name) = path.file_name() else { return Err(format!("{shown} names no file")) };
    // a link is followed: whoever put it there wants the file behind it
    let path = fs::canonicalize(path).unwrap_or_else(|_new| path.to_owned());
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(hidden);
    let written = put(&beside, bytes).and_then(|()| {
        if replace {
            return fs::rename(&beside, &path);
        }
        // unlike a rename this never takes the place of a file that came meanwhile
        let linked = fs::hard_link(&beside, &path);
        linked.and_then(|()| fs::remove_file(&beside))
    });
    written.map_err(|error| {
        let _may_not_be_there = fs::remove_file(&beside);
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{shown} is there already; with `!` behind the word it is replaced")
            }
            io::ErrorKind::NotFound => format!("{shown}: its folder is not there"),
            _ => format!("{shown} cannot be written: {error}"),
        }
    })
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_written_whole_for_its_owner_alone_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.log");
        write_to(&path, false, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let problem = write_to(&path, false, b"two").unwrap_err();
        assert_eq!(problem, format!("{} is there already; with `!` behind the word it is replaced", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_to(&path, true, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_cannot_be_written_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let shown = folder.path().display();
        let problem = |path: PathBuf| write_to(&path, false, b"").unwrap_err();
        assert_eq!(problem(folder.path().to_owned()), format!("{shown} is a folder; name a file in it"));
        assert_eq!(problem(folder.path().join("a/b")), format!("{shown}/a/b: its folder is not there"));
    }

    #[test]
    fn the_home_folder_has_a_short_name() {
        let home = || Some(PathBuf::from("/home/me"));
        assert_eq!(expand("~/a.log", home()), Ok(PathBuf::from("/home/me/a.log")));
        assert_eq!(expand("~", home()), Ok(PathBuf::from("/home/me")));
        assert_eq!(expand("a~", home()), Ok(PathBuf::from("a~")));
        assert!(expand("~you/a", home()).is_err() && expand("~/a", None).is_err());
    }
}
