//! Where a project's log files are: the folder that its file names, or one of its own in the user's state folder.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

use super::marks::project_file;
use crate::config::Config;
use crate::logs::project_folder;

/// The permissions of folders that are made for logs: these hold what services print, secrets included.
const FOLDER_MODE: u32 = 0o700;

/// Returns the folder of a project's log files; `None` where the user has no home in which one could be.
///
/// It depends on the project's file alone, so whoever reads finds what was written, from any folder and at any time.
#[must_use]
pub fn log_folder(config: &Config) -> Option<PathBuf> {
    if let Some(dir) = &config.settings.logs.dir {
        return Some(config.root.join(dir));
    }
    Some(state_folder()?.join("procdash").join(project_folder(&project_file(&config.path))))
}

/// The folder for what programs keep over their runs, after the XDG base directory specification.
fn state_folder() -> Option<PathBuf> {
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").or_else(|| User::from_uid(geteuid()).ok().flatten().map(|user| user.dir));
    absolute("XDG_STATE_HOME").or_else(|| home().map(|home| home.join(".local/state")))
}

/// Makes the folder where it is missing, for the user alone; inside the project it is kept out of version control.
pub(super) fn make(folder: &Path, project: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    if folder.starts_with(project) {
        match fs::write(folder.join(".gitignore"), "*\n") {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Err(error),
            Err(error) => tracing::debug!(%error, "the log folder has no .gitignore"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_for_its_user_alone_and_out_of_version_control_only_inside_the_project() {
        let root = tempfile::tempdir().unwrap();
        let (inside, outside) = (root.path().join("shop/.procdash/logs"), root.path().join("state/logs"));
        make(&inside, &root.path().join("shop")).unwrap();
        make(&outside, &root.path().join("shop")).unwrap();
        for folder in [&inside, &outside, &root.path().join("state")] {
            assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{folder:?}");
        }
        assert_eq!(fs::read_to_string(inside.join(".gitignore")).unwrap(), "*\n");
        assert!(!outside.join(".gitignore").exists());
        fs::remove_file(inside.join(".gitignore")).unwrap();
        make(&inside, &root.path().join("shop")).unwrap();
        assert!(!inside.join(".gitignore").exists(), "who has removed it wants the files to be seen");
    }
}
