//! One pattern of files: the folder it begins in, and what is meant below that.

use std::path::{Component, Path, PathBuf};

use globset::GlobMatcher;

use crate::config::compile_pattern;

/// The characters that make a name more than a name.
const SPECIAL: [char; 5] = ['*', '?', '[', '{', '\\'];

/// A pattern as written, split where its first special character is.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The plain beginning, as a path from anywhere.
    start: PathBuf,
    /// The same as a person wrote it.
    shown: PathBuf,
    /// What is meant below; `None` where all of it is plain: a file, or a folder with all that is in it.
    rest: Option<Rest>,
}

#[derive(Clone, Debug)]
struct Rest {
    matcher: GlobMatcher,
    /// How many folders deep the files may be; `None` is any number.
    depth: Option<usize>,
}

/// What a pattern means at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Files below this folder.
    Folder(PathBuf),
    /// This file, whether it is there or not; its folder is.
    File(PathBuf),
    /// Nothing: its beginning is not there.
    Nowhere,
}

impl Pattern {
    /// Splits a pattern of a project; `None` where it cannot be compiled.
    pub(super) fn new(root: &Path, written: &str) -> Option<Self> {
        let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let is_plain = |part: &&&str| !part.contains(SPECIAL);
        let plain: PathBuf = parts.iter().take_while(is_plain).collect();
        let shown = if written.starts_with('/') { Path::new("/").join(plain) } else { plain };
        let rest: Vec<&str> = parts.iter().skip_while(is_plain).copied().collect();
        let depth = rest.iter().all(|part| !part.contains("**") && !part.contains('{')).then(|| rest.len().max(1) - 1);
        let rest = if rest.is_empty() {
            None
        } else {
            Some(Rest { matcher: compile_pattern(&rest.join("/")).ok()?.compile_matcher(), depth })
        };
        Some(Self { start: root.join(&shown), shown, rest })
    }

    /// Looks where it begins now. Paths are without links, as changes are told of.
    pub(super) fn place(&self) -> Place {
        match (self.start.canonicalize(), &self.rest) {
            (Ok(start), _) if start.is_dir() => Place::Folder(start),
            (_, None) => self.named().map_or(Place::Nowhere, Place::File),
            (Ok(_) | Err(_), Some(_)) => Place::Nowhere,
        }
    }

    /// Returns its beginning as a name in the folder above, without links in that folder's path.
    fn named(&self) -> Option<PathBuf> {
        let name = self.start.file_name()?;
        Some(self.start.parent()?.canonicalize().ok()?.join(name))
    }

    /// Returns the folder above its beginning or, where that is not there, the nearest one that is, with the name in it
    /// whose change means that the beginning is another.
    ///
    /// There is none for the project's own folder: what is beside the project is nobody's business.
    pub(super) fn above(&self) -> Option<(PathBuf, PathBuf)> {
        if self.shown.as_os_str().is_empty() {
            return None;
        }
        let mut missing = self.start.as_path();
        while let Some(parent) = missing.parent() {
            if let Ok(parent) = parent.canonicalize()
                && parent.is_dir()
            {
                let name = missing.components().next_back().filter(|part| matches!(part, Component::Normal(_)))?;
                let changed = parent.join(name);
                return Some((parent, changed));
            }
            missing = parent;
        }
        None
    }

    /// Whether files may be meant in a folder this many folders below its beginning.
    pub(super) fn reaches(&self, depth: usize) -> bool {
        self.rest.as_ref().and_then(|rest| rest.depth).is_none_or(|most| depth <= most)
    }

    /// Whether a file is meant, by its path from the folder it begins in.
    pub(super) fn is_match(&self, below: &Path) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.matcher.is_match(below))
    }

    /// Returns the name of a file for people, by its path from the folder it begins in.
    pub(super) fn name(&self, below: &Path) -> String {
        let name = if below.as_os_str().is_empty() { self.shown.clone() } else { self.shown.join(below) };
        name.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_pattern_is_split_at_its_first_special_character() {
        let root = Path::new("/srv/shop");
        let table = [
            ("src/**/*.rs", "src", "main.rs a/b.rs", "main.c", None),
            ("./src/*.rs", "src", "main.rs", "a/b.rs", Some(0)),
            ("src/*/mod.rs", "src", "a/mod.rs", "mod.rs", Some(1)),
            ("**/*.{html,css}", "", "x.html a/x.css", "x.rs", None),
            ("web/{a/b,c}/x", "web", "a/b/x c/x", "b/x", None),
            ("templates", "templates", "a a/b.html", "", None),
            ("/etc/hosts", "/etc/hosts", "", "-", None),
        ];
        for (written, shown, meant, not, depth) in table {
            let pattern = Pattern::new(root, written).unwrap();
            assert_eq!(pattern.shown, Path::new(shown), "{written}");
            for below in meant.split(' ') {
                assert!(pattern.is_match(Path::new(below)), "{written}: {below}");
            }
            assert!(pattern.rest.is_none() || !pattern.is_match(Path::new(not)), "{written}: {not}");
            assert_eq!(pattern.rest.and_then(|rest| rest.depth), depth, "{written}");
        }
    }

    #[test]
    fn its_beginning_may_be_missing_a_file_a_folder_or_a_link_to_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let pattern = Pattern::new(&root, "a/b/**").unwrap();
        assert_eq!(pattern.place(), Place::Nowhere);
        assert_eq!(pattern.above(), Some((root.clone(), root.join("a"))));
        fs::create_dir_all(root.join("a/b")).unwrap();
        assert_eq!(pattern.place(), Place::Folder(root.join("a/b")));
        assert_eq!(pattern.above(), Some((root.join("a"), root.join("a/b"))));
        symlink(root.join("a/b"), root.join("link")).unwrap();
        let link = Pattern::new(&root, "link/*.rs").unwrap();
        assert_eq!(link.place(), Place::Folder(root.join("a/b")));
        assert_eq!(link.above(), Some((root.clone(), root.join("link"))));
        assert_eq!(link.name(Path::new("x.rs")), "link/x.rs");
        let file = Pattern::new(&root, "a/settings").unwrap();
        assert_eq!(file.place(), Place::File(root.join("a/settings")));
        assert_eq!(file.name(Path::new("")), "a/settings");
        let outside = Pattern::new(&root.join("a"), "../link/*.rs").unwrap();
        assert_eq!(outside.place(), Place::Folder(root.join("a/b")));
    }
}
