//! Knows which folders have to be watched for whom, and whose files a change is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::git_ignore::GitIgnore;
use super::lookout::{Sighting, Wanted};
use super::pattern::Place;
use super::target::Target;
use super::{Change, Folders, Unwatchable};
use crate::id::ServiceId;

/// How often a beginning that appears while it is looked for is looked for again.
const LOOKS: usize = 8;

/// Who watches what.
pub(super) struct Watchman {
    root: PathBuf,
    /// What procdash writes itself.
    own: Option<PathBuf>,
    folders: Folders,
    git: GitIgnore,
    targets: BTreeMap<ServiceId, Target>,
    /// Those that cannot be watched, with what was wanted of them.
    failed: Wanted,
    /// Each watched folder, with those it is watched for.
    watched: HashMap<PathBuf, BTreeSet<ServiceId>>,
    seen: Vec<Sighting>,
}

impl Watchman {
    /// Watches nothing yet; `root` and `own` have no links in them.
    pub(super) fn new(root: PathBuf, own: Option<PathBuf>, folders: Folders) -> Self {
        Self {
            root,
            own,
            folders,
            git: GitIgnore::default(),
            targets: BTreeMap::new(),
            failed: Wanted::new(),
            watched: HashMap::new(),
            seen: Vec::new(),
        }
    }

    /// Takes what has been seen since the last time.
    pub(super) fn take_sightings(&mut self) -> Vec<Sighting> {
        std::mem::take(&mut self.seen)
    }

    /// Watches what is wanted, and nothing else.
    pub(super) fn want(&mut self, wanted: &Wanted) {
        self.failed.retain(|service, watch| wanted.get(service) == Some(watch));
        let over = |(id, target): (&ServiceId, &Target)| (wanted.get(id) != Some(&target.watch)).then_some(*id);
        for id in self.targets.iter().filter_map(over).collect::<Vec<_>>() {
            self.targets.remove(&id);
            self.release(id);
        }
        for (&id, watch) in wanted {
            if !self.targets.contains_key(&id) && !self.failed.contains_key(&id) {
                self.targets.insert(id, Target::new(&self.root, watch.clone()));
                self.look(id, false);
            }
        }
        self.forget_unwanted();
    }

    /// Takes a change.
    pub(super) fn take(&mut self, change: &Change) {
        match change {
            Change::Anything => {
                self.git.forget(Path::new("/"));
                for id in self.ids() {
                    self.look(id, false);
                    self.seen.push(Sighting::Changed { service: id, file: None });
                }
            }
            Change::At(path) if self.is_own(path) => return,
            Change::At(path) => self.take_path(path),
        }
        self.forget_unwanted();
    }

    fn ids(&self) -> Vec<ServiceId> {
        self.targets.keys().copied().collect()
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own.as_ref().is_some_and(|own| path.starts_with(own))
    }

    fn take_path(&mut self, path: &Path) {
        let is_watched = self.watched.contains_key(path);
        // links are not followed: what they lead to is watched where it is, or not at all
        let is_folder = fs::symlink_metadata(path).is_ok_and(|data| data.is_dir());
        if !is_folder {
            self.tell_change(path, is_watched);
        }
        if is_watched {
            self.forget_below(path);
        }
        let rules = path.file_name().is_some_and(|name| name == ".gitignore" || name == ".git");
        if let (true, Some(folder)) = (rules, path.parent()) {
            self.git.forget(folder);
        }
        for id in self.ids() {
            let Some(target) = self.targets.get(&id) else { continue };
            if (is_watched && target.rests_on(path)) || target.may_begin_at(path) {
                self.look(id, true);
            } else if rules {
                self.look(id, false);
            } else if is_folder {
                self.adopt(id, path);
            }
        }
    }

    /// Tells whose file this is, or whose folder of files it was.
    fn tell_change(&mut self, path: &Path, was_folder: bool) {
        for (id, target) in &self.targets {
            let mut name = target.name_of(path, &mut self.git);
            if name.is_none() && was_folder {
                name = target.name_of_folder(path, &mut self.git);
            }
            self.seen.extend(name.map(|name| changed(*id, &name)));
        }
    }

    /// Looks where the patterns of a service begin, and watches what is below; `tells` what is there, if it is new.
    fn look(&mut self, id: ServiceId, tells: bool) {
        self.release(id);
        match self.find_beginnings(id).and_then(|()| self.walk_all(id)) {
            Ok(files) => {
                self.seen.extend(files.iter().filter(|_| tells).map(|name| changed(id, name)));
                self.tell(id);
            }
            Err(error) => self.fail(id, &error),
        }
    }

    fn find_beginnings(&mut self, id: ServiceId) -> Result<(), Unwatchable> {
        let Some(target) = self.targets.get(&id) else { return Ok(()) };
        let (mut places, mut ways) = (Vec::new(), Vec::new());
        for pattern in target.patterns.clone() {
            let mut above = pattern.above();
            for _ in 0..LOOKS {
                let Some((folder, _)) = &above else { break };
                self.watch(folder, id)?;
                // it may have been made before it was watched for
                let again = pattern.above();
                if again == above {
                    break;
                }
                above = again;
            }
            places.push(pattern.place());
            ways.extend(above);
        }
        if let Some(target) = self.targets.get_mut(&id) {
            (target.places, target.above) = (places, ways);
        }
        Ok(())
    }

    /// Watches the folders of a service; returns the names of the files in them that are meant.
    fn walk_all(&mut self, id: ServiceId) -> Result<Vec<String>, Unwatchable> {
        let Some(target) = self.targets.get(&id) else { return Ok(vec![]) };
        let mut files = Vec::new();
        for place in target.places.clone() {
            match place {
                Place::Folder(start) => files.extend(self.walk(id, start)?),
                Place::File(path) if path.exists() => {
                    files.extend(self.targets.get(&id).and_then(|target| target.name_of(&path, &mut self.git)));
                }
                Place::File(_) | Place::Nowhere => {}
            }
        }
        Ok(files)
    }

    /// Watches a folder and those below it, where files are meant in them; returns the names of these files.
    fn walk(&mut self, id: ServiceId, start: PathBuf) -> Result<Vec<String>, Unwatchable> {
        let mut files = Vec::new();
        let mut ahead = vec![start];
        while let Some(folder) = ahead.pop() {
            let Some(target) = self.targets.get(&id) else { break };
            if self.is_own(&folder) || target.name_of_folder(&folder, &mut self.git).is_none() {
                continue;
            }
            // first watched, then read: what is made in between is told
            self.watch(&folder, id)?;
            let Some(target) = self.targets.get(&id) else { break };
            // one that is gone again, or that may not be read, has nothing in it
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    ahead.push(entry.path());
                } else {
                    files.extend(target.name_of(&entry.path(), &mut self.git));
                }
            }
        }
        Ok(files)
    }

    /// Watches a folder that is new, if files are meant in it, and tells those that are in it already.
    fn adopt(&mut self, id: ServiceId, folder: &Path) {
        match self.walk(id, folder.to_owned()) {
            Ok(files) => self.seen.extend(files.iter().map(|name| changed(id, name))),
            Err(error) => self.fail(id, &error),
        }
    }

    fn watch(&mut self, folder: &Path, id: ServiceId) -> Result<(), Unwatchable> {
        if let Some(known) = self.watched.get_mut(folder) {
            known.insert(id);
            return Ok(());
        }
        match self.folders.watch(folder) {
            Ok(()) => {
                self.watched.insert(folder.to_owned(), BTreeSet::from([id]));
                Ok(())
            }
            // it went, or is not for this user: there is nothing to see
            Err(Unwatchable::Missing | Unwatchable::Refused(_)) => Ok(()),
            Err(error @ (Unwatchable::NoRoom { .. } | Unwatchable::NoMore { .. })) => Err(error),
        }
    }

    /// The service does without.
    fn fail(&mut self, id: ServiceId, error: &Unwatchable) {
        if let Some(target) = self.targets.remove(&id) {
            self.failed.insert(id, target.watch);
        }
        self.release(id);
        self.forget_unwanted();
        self.seen.push(Sighting::Failed { service: id, reason: error.to_string() });
    }

    /// Tells that a service is watched, where that is new.
    fn tell(&mut self, id: ServiceId) {
        let folders = self.watched.values().filter(|services| services.contains(&id)).count();
        let Some(target) = self.targets.get_mut(&id) else { return };
        let nowhere = target.parts().zip(&target.watch.patterns).find(|((_, place), _)| **place == Place::Nowhere);
        let missing = nowhere.map(|(_, written)| written.clone());
        let now = Some((folders, missing.clone()));
        if target.told != now {
            target.told = now;
            self.seen.push(Sighting::Watching { service: id, folders, missing });
        }
    }

    /// Needs no folder for a service any more; the folders stay watched until [`Watchman::forget_unwanted`].
    fn release(&mut self, id: ServiceId) {
        for services in self.watched.values_mut() {
            services.remove(&id);
        }
    }

    fn forget_unwanted(&mut self) {
        let folders = &mut self.folders;
        self.watched.retain(|folder, services| {
            if services.is_empty() {
                folders.forget(folder);
            }
            !services.is_empty()
        });
    }

    /// Forgets a folder that is another now, or none, with all below it.
    fn forget_below(&mut self, path: &Path) {
        let folders = &mut self.folders;
        self.watched.retain(|folder, _| {
            let is_below = folder.starts_with(path);
            if is_below {
                folders.forget(folder);
            }
            !is_below
        });
        self.git.forget(path);
    }
}

fn changed(service: ServiceId, name: &str) -> Sighting {
    Sighting::Changed { service, file: Some(Arc::from(name)) }
}
