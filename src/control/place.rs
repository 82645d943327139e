//! Where a project's socket is: a folder that is the user's alone, and a name made from the path of the project's file.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::logs::project_folder;

/// The longest path of a socket that the kernel takes: `sun_path` without the zero at its end.
const LONGEST: usize = 107;
/// The permissions of the folder.
pub(super) const FOLDER_MODE: u32 = 0o700;
/// The permissions of the socket.
pub(super) const SOCKET_MODE: u32 = 0o600;

/// Why there is no place for a socket.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// Somebody else made the folder.
    #[error(
        "{folder} belongs to another user (uid {owner}), so procdash does not put its socket there; \
         remove it, or set XDG_RUNTIME_DIR to a folder of yours"
    )]
    Foreign {
        /// The folder.
        folder: String,
        /// Whose it is.
        owner: u32,
    },
    /// Others may look into the folder, or write to it.
    #[error(
        "{folder} has mode {mode:04o}, so others could reach procdash's socket; `chmod 700 {folder}` makes it yours alone"
    )]
    Open {
        /// The folder.
        folder: String,
        /// Its permissions.
        mode: u32,
    },
    /// It is a link, a file or something else.
    #[error("{folder} is no folder (or a link to one), so procdash does not put its socket there; remove it")]
    NoFolder {
        /// What should be the folder.
        folder: String,
    },
    /// The path is longer than the kernel takes.
    #[error(
        "{path} is too long for a socket: the kernel takes {LONGEST} bytes; set XDG_RUNTIME_DIR to a folder with a \
         shorter path"
    )]
    TooLong {
        /// The path.
        path: String,
    },
    /// The kernel refuses.
    #[error("{folder}: {source}")]
    Refused {
        /// The folder.
        folder: String,
        /// Why.
        source: io::Error,
    },
}

/// Returns the folders in which a project's socket may be, the one for a new socket first.
///
/// There is more than one because two shells of one user may have another environment: a socket is looked for in all.
pub(super) fn folders() -> Vec<PathBuf> {
    let own = nix::unistd::geteuid().as_raw();
    let private = |folder: PathBuf| is_private(&folder, own).then(|| folder.join("procdash"));
    let set = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).and_then(private);
    let shared = Path::new("/tmp");
    let shared = if shared.is_dir() { shared.to_owned() } else { env::temp_dir() };
    // a shell without the variable finds what was started in one that has it
    let usual = private(PathBuf::from(format!("/run/user/{own}"))).filter(|usual| set.as_ref() != Some(usual));
    set.into_iter().chain([shared.join(format!("procdash-{own}"))]).chain(usual).collect()
}

/// Whether a folder is owned by `own`, and nobody else may write to it.
fn is_private(folder: &Path, own: u32) -> bool {
    let found = fs::metadata(folder);
    folder.is_absolute()
        && found.is_ok_and(|found| found.is_dir() && found.uid() == own && found.permissions().mode() & 0o022 == 0)
}

/// Returns the path of the socket of the project with this file, which has to be canonical.
pub(super) fn socket(folder: &Path, file: &Path) -> Result<PathBuf, PlaceError> {
    let long = project_folder(file);
    let short = long.rsplit_once('-').map_or(long.as_str(), |(_, hash)| hash);
    let names = [format!("{long}.sock"), format!("{short}.sock")];
    // which of the two it is depends on nothing but the folder, so everybody finds the same
    let fits = |path: &PathBuf| path.as_os_str().len() <= LONGEST;
    let [long, short] = names.map(|name| folder.join(name));
    if fits(&long) {
        Ok(long)
    } else if fits(&short) {
        Ok(short)
    } else {
        Err(PlaceError::TooLong { path: short.display().to_string() })
    }
}

/// Opens the folder, makes it where it is missing, and makes sure that it is the user's alone.
pub(super) fn open(folder: &Path) -> Result<File, PlaceError> {
    let refused = |source: io::Error| PlaceError::Refused { folder: folder.display().to_string(), source };
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused(error)),
    }
    open_existing(folder)?.ok_or_else(|| refused(io::ErrorKind::NotFound.into()))
}

/// Opens the folder if there is one, and makes sure that it is the user's alone.
pub(super) fn open_existing(folder: &Path) -> Result<Option<File>, PlaceError> {
    let name = || folder.display().to_string();
    // a link could be turned to another folder behind the check
    let flags = nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC;
    let opened = match OpenOptions::new().read(true).custom_flags(flags).open(folder) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if matches!(error.raw_os_error(), Some(nix::libc::ELOOP | nix::libc::ENOTDIR)) => {
            return Err(PlaceError::NoFolder { folder: name() });
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // what may not even be opened is somebody else's, or was closed by its owner
            let found =
                fs::symlink_metadata(folder).map_err(|source| PlaceError::Refused { folder: name(), source })?;
            return Err(unfit(&found, name()).unwrap_or(PlaceError::Refused { folder: name(), source: error }));
        }
        Err(source) => return Err(PlaceError::Refused { folder: name(), source }),
    };
    let found = opened.metadata().map_err(|source| PlaceError::Refused { folder: name(), source })?;
    match unfit(&found, name()) {
        Some(problem) => Err(problem),
        None => Ok(Some(opened)),
    }
}

/// Says what is wrong with a folder that is not the user's alone.
fn unfit(found: &fs::Metadata, folder: String) -> Option<PlaceError> {
    let mode = found.permissions().mode() & 0o7777;
    if found.uid() != nix::unistd::geteuid().as_raw() {
        return Some(PlaceError::Foreign { folder, owner: found.uid() });
    }
    (mode & 0o077 != 0 || mode & FOLDER_MODE != FOLDER_MODE).then_some(PlaceError::Open { folder, mode })
}

/// Whether `path` still leads to what `opened` is.
pub(super) fn is_still(path: &Path, opened: &File) -> bool {
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    fs::symlink_metadata(path).ok().zip(opened.metadata().ok()).is_some_and(|(found, ours)| same(&found, &ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_readable_different_for_each_file_and_always_the_same() {
        let place = |file: &str| socket(Path::new("/run/user/1000/procdash"), Path::new(file)).unwrap();
        assert_eq!(
            place("/home/ada/my shop/procfile.toml"),
            Path::new("/run/user/1000/procdash/myshop-c40f92d1b290d5cc.sock")
        );
        assert_ne!(place("/home/ada/shop/procfile.toml"), place("/home/ada/shop/Procfile"));
        assert_ne!(place("/home/ada/shop/procfile.toml"), place("/home/eve/shop/procfile.toml"));
    }

    #[test]
    fn a_long_folder_costs_the_readable_part_and_a_longer_one_is_refused() {
        let file = Path::new("/home/ada/shop/procfile.toml");
        let folder = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        let named = |length| socket(&folder(length), file).map(|path| path.file_name().unwrap().len());
        assert_eq!(named(80).unwrap(), "shop-".len() + 21);
        assert_eq!(named(81).unwrap(), 21);
        assert_eq!(named(85).unwrap(), 21);
        let refused = named(86).unwrap_err().to_string();
        assert!(refused.contains("too long for a socket") && refused.contains("XDG_RUNTIME_DIR"), "{refused}");
    }

    #[test]
    fn a_folder_is_made_for_the_user_alone_and_any_other_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("procdash");
        open(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let open_to_all = open(&folder).unwrap_err().to_string();
        assert!(open_to_all.contains("has mode 0755") && open_to_all.contains("chmod 700"), "{open_to_all}");
        let link = root.path().join("link");
        std::os::unix::fs::symlink(root.path(), &link).unwrap();
        assert!(matches!(open(&link), Err(PlaceError::NoFolder { .. })));
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(open(&file), Err(PlaceError::NoFolder { .. })));
        assert!(matches!(open(&root.path().join("not/there")), Err(PlaceError::Refused { .. })));
    }
}
