//! The files of one service's log: appends bytes as they are, begins a new file in time, notes beside them what happened.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, getrlimit};
use thiserror::Error;

use super::log_folder;
use crate::logs::{
    Happening, LEAST_PAUSE, Record, Rotation, Stamp, Timeline, file_stem, log_name, records_name, rotated_name,
};

/// The permissions of the files: they hold what the service prints, secrets included.
const FILE_MODE: u32 = 0o600;
/// The size up to which records are never thinned out.
const FEW_RECORDS: u64 = 64 * 1024;
/// The most bytes of records: about an hour of lines that come without a pause, and thinned out beyond it.
const MOST_RECORDS: u64 = 1 << 20;
/// More than this is no file of records.
const LONGEST_RECORDS: u64 = 16 << 20;

/// Returns how many logs may have their files open at the same time: descriptors are needed for services as well.
#[must_use]
pub fn logs_open_at_once() -> usize {
    // each has two, and all of them together a quarter of what there is
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(now, _most)| now);
    usize::try_from(limit / 8).unwrap_or(usize::MAX).clamp(4, 256)
}

/// What could not be written.
#[derive(Debug, Error)]
#[error("{path}: {source}", path = path.display())]
pub struct Unwritten {
    /// How many bytes have been written before.
    pub written: usize,
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// The log of one service in files, for the one who writes it.
///
/// Bytes that are appended are handed to the kernel before the call returns, so they outlive this process. The file is
/// looked for anew now and then: one that was removed or emptied by somebody else is begun again.
#[derive(Debug)]
pub struct LogFile {
    project: PathBuf,
    folder: PathBuf,
    stem: String,
    rotation: Rotation,
    open: Option<Open>,
    /// How many bytes the log has had, over all its files.
    end: u64,
}

/// The files that are written to.
#[derive(Debug)]
struct Open {
    log: File,
    identity: (u64, u64),
    length: u64,
    /// When it was last seen to be where it should be.
    looked: Stamp,
    records: Option<File>,
    records_length: u64,
    /// The size of the records beyond which they are pruned.
    prune_at: u64,
    /// Whether the last record may have been written in part.
    is_torn: bool,
}

impl LogFile {
    /// Names the log of `service` in `folder`; nothing is made before the first byte or record.
    ///
    /// `project` is the folder inside which the files are kept out of version control.
    #[must_use]
    pub fn new(folder: &Path, project: &Path, service: &str, rotation: Rotation) -> Self {
        let (project, folder) = (project.to_owned(), folder.to_owned());
        Self { project, folder, stem: file_stem(service), rotation, open: None, end: 0 }
    }

    /// Returns the file that is written to.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(log_name(&self.stem))
    }

    /// Returns how many bytes the log has had, as far as is known.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Opens the files, where they are not, and returns how many bytes the log has had.
    ///
    /// # Errors
    /// When there is no file to write to.
    pub fn ready(&mut self, now: Stamp) -> Result<u64, Unwritten> {
        self.look(now).map_err(|source| self.unwritten(0, source))?;
        Ok(self.end)
    }

    /// Appends bytes that arrived `now`.
    ///
    /// # Errors
    /// When not all could be written; it can be tried again.
    pub fn append(&mut self, bytes: &[u8], now: Stamp) -> Result<(), Unwritten> {
        let mut written = 0;
        let appended = self.append_counted(bytes, now, &mut written);
        appended.map_err(|source| self.unwritten(written, source))
    }

    /// Notes what happened at this place and moment. What cannot be noted is missing: the log itself goes on.
    pub fn note(&mut self, what: Happening, offset: u64, at: Stamp) {
        self.record(&Record::Happened { at, offset, what });
    }

    /// Lets go of the files until the next byte or record.
    pub fn rest(&mut self) {
        self.open = None;
    }

    fn unwritten(&self, written: usize, source: io::Error) -> Unwritten {
        Unwritten { written, path: self.path(), source }
    }

    fn append_counted(&mut self, bytes: &[u8], now: Stamp, written: &mut usize) -> io::Result<()> {
        self.look(now)?;
        while let Some(rest) = bytes.get(*written..).filter(|rest| !rest.is_empty()) {
            let Some(open) = &mut self.open else { return Err(ErrorKind::NotFound.into()) };
            let step = self.rotation.step(open.length, rest);
            let count = write_some(&mut open.log, rest.get(..step.here).unwrap_or(rest))?;
            *written += count;
            open.length += count as u64;
            self.end += count as u64;
            if step.rotate && count == step.here {
                self.rotate(now)?;
            }
        }
        Ok(())
    }

    /// Makes sure, now and then, that the files are there and are ours, and notes the moment.
    fn look(&mut self, now: Stamp) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            if now.0.saturating_sub(open.looked.0) < LEAST_PAUSE && now >= open.looked {
                return Ok(());
            }
            open.looked = now;
            let found = fs::symlink_metadata(self.folder.join(log_name(&self.stem))).ok();
            // emptied by somebody else, or removed: it is begun again
            if !found.is_some_and(|found| identity(&found) == open.identity && found.len() == open.length) {
                self.open = None;
            }
        }
        if self.open.is_none() {
            self.open(now)?;
        }
        self.record(&Record::Arrived { at: now, offset: self.end });
        Ok(())
    }

    fn open(&mut self, now: Stamp) -> io::Result<()> {
        log_folder::make(&self.folder, &self.project)?;
        let log = open_to_append(&self.path())?;
        let found = log.metadata()?;
        let records = open_to_append(&self.folder.join(records_name(&self.stem)));
        let known = records.as_ref().map_or_else(|_| Ok(Timeline::default()), read_records).unwrap_or_default();
        if let Err(error) = &records {
            tracing::warn!(%error, stem = self.stem, "runs cannot be noted beside the log");
        }
        let records_length =
            records.as_ref().ok().and_then(|records| records.metadata().ok()).map_or(0, |found| found.len());
        let begin = known.present_file();
        // the records may be older than the files, or younger: places only ever rise
        let by_files = begin.unwrap_or_else(|| self.rotated_bytes()) + found.len();
        self.end = self.end.max(known.end()).max(by_files);
        self.open = Some(Open {
            log,
            identity: identity(&found),
            length: found.len(),
            looked: now,
            records: records.ok(),
            records_length,
            prune_at: FEW_RECORDS,
            is_torn: records_length > 0,
        });
        let begins = self.end - found.len();
        if begin != Some(begins) {
            self.note(Happening::File, begins, now);
        }
        Ok(())
    }

    /// Begins a new file, and lets go of the oldest.
    fn rotate(&mut self, now: Stamp) -> io::Result<()> {
        let name = |age: u32| match age {
            0 => self.path(),
            age => self.folder.join(rotated_name(&self.stem, age)),
        };
        let oldest = self.rotation.max_files.max(1) - 1;
        // more than one where fewer are kept than before
        let mut gone = oldest;
        while remove_if_there(&name(gone))? && gone > 0 {
            gone += 1;
        }
        for age in (0..oldest).rev() {
            match fs::rename(name(age), name(age + 1)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let log = open_to_append(&self.path())?;
        let found = log.metadata()?;
        let Some(open) = &mut self.open else { return Err(ErrorKind::NotFound.into()) };
        (open.identity, open.length) = (identity(&found), found.len());
        open.log = log;
        self.note(Happening::File, self.end, now);
        Ok(())
    }

    /// How many bytes are in the files before the present one.
    fn rotated_bytes(&self) -> u64 {
        let lengths = (1..).map_while(|age| fs::metadata(self.folder.join(rotated_name(&self.stem, age))).ok());
        lengths.map(|found| found.len()).sum()
    }

    fn record(&mut self, record: &Record) {
        let Some(open) = &mut self.open else { return };
        let Some(records) = &mut open.records else { return };
        let line = record.to_line();
        // half a line that stands before this one must not spoil it
        let line = if open.is_torn { format!("\n{line}") } else { line };
        let written = records.write_all(line.as_bytes());
        open.is_torn = written.is_err();
        open.records_length += line.len() as u64;
        if let Err(error) = written {
            tracing::debug!(%error, stem = self.stem, "a record is missing beside the log");
        }
        if open.records_length > open.prune_at {
            self.prune();
        }
    }

    /// Writes the records anew without those that nobody needs any more.
    fn prune(&mut self) {
        let rotated = self.rotated_bytes();
        let Some(open) = &mut self.open else { return };
        let oldest = self.end.saturating_sub(open.length + rotated);
        // whatever becomes of it, it is not tried again for each record
        open.prune_at = open.records_length.saturating_mul(2).clamp(FEW_RECORDS, MOST_RECORDS * 2);
        let Some(records) = &open.records else { return };
        match rewrite(&self.folder, &self.stem, records, oldest) {
            Ok((records, length)) => {
                open.prune_at = (length * 2).clamp(FEW_RECORDS, MOST_RECORDS);
                open.records_length = length;
                open.is_torn = false;
                open.records = Some(records);
            }
            Err(error) => tracing::debug!(%error, stem = self.stem, "the records beside the log cannot be pruned"),
        }
    }
}

/// Writes as many of the bytes as the kernel takes: at least one, where there are any.
fn write_some(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match file.write(bytes) {
            Ok(0) if !bytes.is_empty() => return Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Opens a plain file to append to it: no link that leads elsewhere, and no pipe that would make the writer wait.
fn open_to_append(path: &Path) -> io::Result<File> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file =
        OpenOptions::new().read(true).append(true).create(true).mode(FILE_MODE).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no plain file")) }
}

fn read_records(records: &File) -> io::Result<Timeline> {
    let mut bytes = Vec::new();
    // a handle of its own would share the place with this one, and appending does not use it
    records.take(LONGEST_RECORDS).read_to_end(&mut bytes)?;
    Ok(Timeline::read(&bytes))
}

fn rewrite(folder: &Path, stem: &str, records: &File, oldest: u64) -> io::Result<(File, u64)> {
    io::Seek::rewind(&mut &*records)?;
    let most = usize::try_from(MOST_RECORDS / 2).unwrap_or(usize::MAX);
    let pruned = read_records(records)?.pruned(oldest, most);
    let (path, fresh) = (folder.join(records_name(stem)), folder.join(format!("{}.new", records_name(stem))));
    remove_if_there(&fresh)?;
    let mut file = open_to_append(&fresh)?;
    let moved = file.write_all(&pruned).and_then(|()| fs::rename(&fresh, &path));
    if moved.is_err() {
        let _nothing_more_can_be_done = fs::remove_file(&fresh);
    }
    moved.map(|()| (file, pruned.len() as u64))
}

/// Removes a file; returns whether it was there.
fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
