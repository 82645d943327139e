//! Reads the project's configuration from the disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::find::{FoundFile, find, named};
use crate::config::{self, Config, Problems, SourceFile};

/// The largest file that can be a configuration.
const LARGEST: u64 = 1 << 20;

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is no file.
    #[error(
        "no procfile.toml, Procfile.dev or Procfile in {} or any folder above\n\n\
         write a procfile.toml, such as\n\n    [processes]\n    web = \"npm start\"",
        .from.display()
    )]
    Missing {
        /// The folder from which it was looked for.
        from: PathBuf,
    },
    /// There is no file of the name that was given.
    #[error("{file}: there is no such file; correct the path after `-f`, or leave it out to search from here upwards")]
    NotThere {
        /// The file.
        file: String,
    },
    /// It may not be read.
    #[error("{file}: it may not be read; look at its permissions, and at those of its folder")]
    Forbidden {
        /// The file.
        file: String,
    },
    /// It cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is none.
    #[error("{file}: this is a folder, not a file")]
    Folder {
        /// The folder.
        file: String,
    },
    /// It is larger than any configuration.
    #[error("{file}: larger than 1 MiB, so it is hardly a list of processes")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// It was read, but cannot be meant.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl LoadError {
    /// Returns the whole message for a person, with colours if wanted.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        match self {
            Self::Problems(problems) => problems.render(colour),
            Self::Missing { .. }
            | Self::NotThere { .. }
            | Self::Forbidden { .. }
            | Self::Unreadable { .. }
            | Self::Folder { .. }
            | Self::TooLarge { .. } => {
                format!("error: {self}")
            }
        }
    }
}

/// Reads the configuration: `file` if one is given, else the nearest one, looking upwards from the absolute folder
/// `from`.
///
/// # Errors
/// Returns why there is no configuration; of a file's own problems, all of them.
pub fn load(file: Option<&Path>, from: &Path) -> Result<Config, LoadError> {
    let files = file.map_or_else(|| find(from), |file| named(file, from));
    if files.is_empty() {
        return Err(LoadError::Missing { from: from.to_owned() });
    }
    let sources: Result<Vec<SourceFile>, LoadError> = files.into_iter().map(read).collect();
    Ok(config::load(&sources?)?)
}

fn read(found: FoundFile) -> Result<SourceFile, LoadError> {
    let FoundFile { path, shown } = found;
    let mut bytes = Vec::new();
    // one byte more than allowed, so that what has no end is noticed as well
    let read = File::open(&path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    match read {
        Ok(length) if length as u64 > LARGEST => Err(LoadError::TooLarge { file: shown }),
        Ok(_) => Ok(SourceFile { path, shown, bytes }),
        Err(source) if source.kind() == io::ErrorKind::IsADirectory => Err(LoadError::Folder { file: shown }),
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => Err(LoadError::Forbidden { file: shown }),
        // a link that leads nowhere is there, so its name is not what is wrong
        Err(source) if source.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            Err(LoadError::NotThere { file: shown })
        }
        Err(source) => Err(LoadError::Unreadable { file: shown, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn said(folder: &Path) -> String {
        load(None, folder)
            .map_or_else(|error| error.render(false), |config| format!("{} services", config.services.len()))
    }

    #[test]
    fn a_folder_without_a_file_says_what_to_write() {
        let root = tempfile::tempdir().unwrap();
        assert!(said(root.path()).contains("[processes]\n    web = \"npm start\""));
    }

    #[test]
    fn what_cannot_be_a_file_of_ours_is_refused_by_name() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("procfile.toml");
        fs::create_dir(&path).unwrap();
        assert_eq!(said(root.path()), "error: procfile.toml: this is a folder, not a file");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
        assert_eq!(said(root.path()), "error: procfile.toml: larger than 1 MiB, so it is hardly a list of processes");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(said(root.path()), "error: procfile.toml: No such file or directory (os error 2)");
    }

    #[test]
    fn the_local_file_is_merged_over_the_shared_one() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("procfile.toml"), "[processes]\nweb = \"a\"\n").unwrap();
        fs::write(root.path().join("procfile.local.toml"), "[processes]\ndb = \"b\"\n").unwrap();
        assert_eq!(said(root.path()), "2 services");
        fs::write(root.path().join("procfile.local.toml"), "[processes]\ndb = 1\n").unwrap();
        assert!(said(root.path()).contains("procfile.local.toml:2:6"));
    }

    #[test]
    fn a_file_asked_for_by_name_is_the_one_that_is_read() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Procfile.test"), "a: b\n").unwrap();
        let config = load(Some(Path::new("Procfile.test")), root.path()).unwrap();
        assert_eq!(config.services[0].name, "a");
        let missing = load(Some(Path::new("nope/x.toml")), root.path()).unwrap_err();
        assert!(missing.to_string().starts_with("nope/x.toml: there is no such file; "), "{missing}");
    }
}
