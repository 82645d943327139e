//! Which files git leaves out: the `.gitignore` of every folder, and what the repository and the user add to it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

/// What was read of each folder that was asked about.
#[derive(Debug, Default)]
pub(super) struct GitIgnore {
    folders: HashMap<PathBuf, Folder>,
}

#[derive(Clone, Debug)]
struct Folder {
    /// Its own rules; `None` where there are none.
    rules: Option<Arc<Gitignore>>,
    /// Whether it is in a repository.
    in_repository: bool,
    /// Whether it is the topmost folder of one.
    is_top: bool,
}

impl GitIgnore {
    /// Whether git leaves out exactly this; what is in a folder that is left out has to be asked about by that folder.
    pub(super) fn leaves_out(&mut self, path: &Path, is_folder: bool) -> bool {
        for folder in path.ancestors().skip(1) {
            let known = self.folder(folder);
            if !known.in_repository {
                return false;
            }
            // the nearest rules decide, if they say anything
            match known.rules.map_or(Match::None, |rules| rules.matched(path, is_folder).map(|_| ())) {
                Match::Ignore(()) => return true,
                Match::Whitelist(()) => return false,
                Match::None if known.is_top => return false,
                Match::None => {}
            }
        }
        false
    }

    /// Forgets what was read below a folder, since it may be another now.
    pub(super) fn forget(&mut self, below: &Path) {
        self.folders.retain(|folder, _| !folder.starts_with(below));
    }

    fn folder(&mut self, path: &Path) -> Folder {
        if let Some(known) = self.folders.get(path) {
            return known.clone();
        }
        let is_top = path.join(".git").exists();
        let in_repository = is_top || path.parent().is_some_and(|parent| self.folder(parent).in_repository);
        let rules = in_repository.then(|| read(path, is_top)).flatten().map(Arc::new);
        let folder = Folder { rules, in_repository, is_top };
        self.folders.insert(path.to_owned(), folder.clone());
        folder
    }
}

/// Reads the rules of one folder; of several that fit, the last one counts.
fn read(folder: &Path, is_top: bool) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    let of_all =
        if is_top { [gitconfig_excludes_path(), Some(folder.join(".git/info/exclude"))] } else { [None, None] };
    for file in of_all.into_iter().flatten().chain([folder.join(".gitignore")]).filter(|file| file.is_file()) {
        if let Some(error) = builder.add(&file) {
            // git does without a rule that it does not understand
            tracing::debug!(%error, file = %file.display(), "not all rules are understood");
        }
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_rules_decide_and_only_in_a_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("web/css")).unwrap();
        fs::write(root.join(".gitignore"), "*.log\n/out/\n").unwrap();
        fs::write(root.join("web/.gitignore"), "!keep.log\nbuild\n").unwrap();
        let asked = |path: &str, is_folder| GitIgnore::default().leaves_out(&root.join(path), is_folder);
        assert!(!asked("a.log", false), "there is no repository");
        fs::create_dir_all(root.join(".git/info")).unwrap();
        fs::write(root.join(".git/info/exclude"), "mine\n").unwrap();
        for path in ["a.log", "web/a.log", "web/css/a.log", "web/build", "web/css/build", "web/mine"] {
            assert!(asked(path, false), "{path}");
        }
        for path in ["a.rs", "web/keep.log", "build", "web/out"] {
            assert!(!asked(path, false), "{path}");
        }
        assert!(asked("out", true) && !asked("out", false), "a rule with a slash at its end is about folders");
    }

    #[test]
    fn rules_are_read_again_once_they_were_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join(".git")).unwrap();
        let mut git = GitIgnore::default();
        assert!(!git.leaves_out(&root.join("x"), false));
        fs::write(root.join(".gitignore"), "x\n").unwrap();
        git.forget(root);
        assert!(git.leaves_out(&root.join("x"), false));
    }
}
