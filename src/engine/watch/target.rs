//! What one service watches: its patterns, where they begin at present, and what is left out of them.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git_ignore::GitIgnore;
use super::pattern::{Pattern, Place};
use crate::config::Watch;

/// What editors write beside the file that is edited.
const OF_EDITORS: [&str; 6] = ["*.swp", "*.swx", "*~", "4913", ".#*", "\\#*#"];

/// What one service watches.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) watch: Watch,
    pub(super) patterns: Vec<Pattern>,
    /// Where each pattern begins, as it was when that was last looked at.
    pub(super) places: Vec<Place>,
    /// The folders above these beginnings, each with the name in it that is part of the way to one.
    pub(super) above: Vec<(PathBuf, PathBuf)>,
    left_out: Gitignore,
    /// What was last told of it: how many folders, and the pattern that begins nowhere.
    pub(super) told: Option<(usize, Option<String>)>,
}

impl Target {
    /// Compiles what a service watches; `root` has no links in it.
    pub(super) fn new(root: &Path, watch: Watch) -> Self {
        let mut left_out = GitignoreBuilder::new(root);
        for line in OF_EDITORS.into_iter().chain(watch.ignore.iter().map(String::as_str)) {
            if let Err(error) = left_out.add_line(None, line) {
                tracing::warn!(%error, line, "this is not left out");
            }
        }
        Self {
            patterns: watch.patterns.iter().filter_map(|written| Pattern::new(root, written)).collect(),
            places: Vec::new(),
            above: Vec::new(),
            left_out: left_out.build().unwrap_or_else(|_| Gitignore::empty()),
            told: None,
            watch,
        }
    }

    /// Returns each pattern with where it begins.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&Pattern, &Place)> {
        self.patterns.iter().zip(&self.places)
    }

    /// Whether one of the folders that it rests on is this one or below it.
    pub(super) fn rests_on(&self, folder: &Path) -> bool {
        let begins = |place: &Place| match place {
            Place::Folder(start) => start.starts_with(folder),
            Place::File(_) | Place::Nowhere => false,
        };
        self.places.iter().any(begins) || self.above.iter().any(|(above, _)| above.starts_with(folder))
    }

    /// Whether a change of this name may mean that a pattern begins elsewhere.
    pub(super) fn may_begin_at(&self, path: &Path) -> bool {
        // a file that is written is where it was
        let is_file = self.places.iter().any(|place| matches!(place, Place::File(file) if file == path));
        let is_on_a_way = self.above.iter().any(|(_, name)| name == path);
        is_on_a_way && (!is_file || path.is_dir())
    }

    /// Returns the name of a file that is meant, for people.
    pub(super) fn name_of(&self, path: &Path, git: &mut GitIgnore) -> Option<String> {
        self.parts().find_map(|(pattern, place)| match place {
            Place::Folder(start) => {
                let below = path.strip_prefix(start).ok()?;
                (pattern.is_match(below) && !self.leaves_out(start, below, false, git)).then(|| pattern.name(below))
            }
            Place::File(file) => (file == path).then(|| pattern.name(Path::new(""))),
            Place::Nowhere => None,
        })
    }

    /// Returns the name of a folder in which files are meant, for people.
    pub(super) fn name_of_folder(&self, path: &Path, git: &mut GitIgnore) -> Option<String> {
        self.parts().find_map(|(pattern, place)| {
            let Place::Folder(start) = place else { return None };
            let below = path.strip_prefix(start).ok()?;
            let is_in_reach = pattern.reaches(below.components().count());
            (is_in_reach && !self.leaves_out(start, below, true, git)).then(|| pattern.name(below))
        })
    }

    /// Whether something below `start`, or a folder on the way to it, is left out.
    ///
    /// What the pattern names plainly is not asked about: whoever writes it out means it.
    fn leaves_out(&self, start: &Path, below: &Path, is_folder: bool, git: &mut GitIgnore) -> bool {
        let mut at = start.to_owned();
        let mut parts = below.components().peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            let is_folder = is_folder || parts.peek().is_some();
            if part.as_os_str() == ".git" {
                return true;
            }
            match self.left_out.matched(&at, is_folder) {
                Match::Ignore(_) => return true,
                Match::None if git.leaves_out(&at, is_folder) => return true,
                // a whitelist names what is to be watched all the same
                Match::Whitelist(_) | Match::None => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_git_the_file_or_an_editor_leaves_out_is_not_meant_unless_it_is_written_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join(".gitignore"), "target\n.env\n*.gen\n").unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut target = Target::new(
            &root,
            Watch {
                patterns: texts(&["**/*", ".env"]),
                ignore: texts(&["docs/", "/src/old", "!kept.gen"]),
                debounce: Duration::ZERO,
            },
        );
        target.places = target.patterns.iter().map(Pattern::place).collect();
        let mut git = GitIgnore::default();
        let mut name = |path: &str| target.name_of(&root.join(path), &mut git);
        for path in ["src/main.rs", "a b", ".env", "src/kept.gen", "web/src/old"] {
            assert_eq!(name(path).as_deref(), Some(path));
        }
        let left_out =
            ["target/debug/x", "src/.env", "x.gen", ".git/index", "a/docs/x", "src/old", ".main.rs.swp", "x~"];
        for path in left_out {
            assert_eq!(name(path), None, "{path}");
        }
    }
}
