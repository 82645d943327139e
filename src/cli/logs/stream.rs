//! The log of one service as one stream of bytes over all its files, with the moments and the runs that are noted beside.

use std::collections::VecDeque;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use crate::engine::file_identity;
use crate::logs::{Happening, Stamp, Timeline, log_name, records_name, rotated_name};

/// What is read at once.
const BLOCK: usize = 64 * 1024;
/// The longest line that is waited for; a longer one comes in pieces.
const LONGEST: usize = 1 << 20;
/// How often the files are looked at again when they were put aside meanwhile.
const ATTEMPTS: usize = 5;

/// Something in a log.
#[derive(Debug)]
pub(super) struct Item {
    /// When it arrived.
    pub(super) at: Stamp,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A line with its end, where that has come.
    Line(Vec<u8>),
    /// What was noted there.
    Happened(Happening),
    /// So many bytes were let go of before they could be read.
    Skipped(u64),
}

/// One of the files.
#[derive(Debug)]
struct Segment {
    file: File,
    identity: (u64, u64),
    /// Where it begins in the log.
    begin: u64,
    length: u64,
    /// So many bytes before it were let go of before they could be read.
    skipped: u64,
}

/// The log of one service, for one who reads it.
#[derive(Debug)]
pub(super) struct Stream {
    folder: PathBuf,
    stem: String,
    /// Those that are not read to their end, oldest first; the last may still grow.
    segments: VecDeque<Segment>,
    /// What is read next, counted from the beginning of the log.
    place: u64,
    /// What was read and not handed over.
    buffer: Vec<u8>,
    /// Where that begins in `buffer`.
    done: usize,
    timeline: Timeline,
    records: Records,
    /// What happened and was not handed over.
    events: VecDeque<(Stamp, u64, Happening)>,
}

/// How far the file of records was read.
#[derive(Clone, Copy, Debug, Default)]
struct Records {
    identity: (u64, u64),
    length: u64,
}

/// Whether anything is kept under this stem.
pub(super) fn is_there(folder: &Path, stem: &str) -> bool {
    folder.join(log_name(stem)).exists() || folder.join(rotated_name(stem, 1)).exists()
}

impl Stream {
    /// Opens what is there, at its beginning.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(super) fn open(folder: &Path, stem: &str) -> io::Result<Self> {
        let mut stream = Self {
            folder: folder.to_owned(),
            stem: stem.to_owned(),
            segments: VecDeque::new(),
            place: 0,
            buffer: Vec::new(),
            done: 0,
            timeline: Timeline::default(),
            records: Records::default(),
            events: VecDeque::new(),
        };
        for _ in 0..ATTEMPTS {
            stream.read_records()?;
            stream.segments = stream.files()?.into();
            let newest = stream.segments.back().map(|segment| segment.identity);
            // else a new file was begun meanwhile, and the places would not be the right ones
            if newest == stream.present() && stream.timeline.present_file().is_none_or(|begin| stream.begins_at(begin))
            {
                break;
            }
        }
        stream.place = stream.segments.front().map_or(0, |segment| segment.begin);
        Ok(stream)
    }

    fn begins_at(&self, begin: u64) -> bool {
        self.segments.back().is_none_or(|segment| segment.begin == begin)
    }

    /// Whether there is no file.
    pub(super) fn is_missing(&self) -> bool {
        self.segments.is_empty()
    }

    fn present(&self) -> Option<(u64, u64)> {
        fs::metadata(self.folder.join(log_name(&self.stem))).ok().map(|found| file_identity(&found))
    }

    /// Opens all files, oldest first.
    fn files(&self) -> io::Result<Vec<Segment>> {
        let mut files: Vec<(File, Metadata)> = Vec::new();
        // the newest first: one that is put aside meanwhile is met again under its next name
        for age in 0.. {
            let name = if age == 0 { log_name(&self.stem) } else { rotated_name(&self.stem, age) };
            let file = match File::open(self.folder.join(name)) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound && age == 0 => continue,
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            };
            let found = file.metadata()?;
            if !files.iter().any(|(_, other)| file_identity(other) == file_identity(&found)) {
                files.push((file, found));
            }
        }
        let rotated: u64 = files.iter().skip(1).map(|(_, found)| found.len()).sum();
        let mut begin = self.timeline.present_file().unwrap_or(rotated);
        let mut segments = Vec::with_capacity(files.len());
        for (number, (file, found)) in files.into_iter().enumerate() {
            if number > 0 {
                begin = begin.saturating_sub(found.len());
            }
            segments.push(Segment { file, identity: file_identity(&found), begin, length: found.len(), skipped: 0 });
        }
        segments.reverse();
        Ok(segments)
    }

    /// Reads what was noted since the last call.
    fn read_records(&mut self) -> io::Result<()> {
        let file = match File::open(self.folder.join(records_name(&self.stem))) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let found = file.metadata()?;
        let is_same = file_identity(&found) == self.records.identity && found.len() >= self.records.length;
        if is_same && found.len() == self.records.length {
            return Ok(());
        }
        let from = if is_same { self.records.length } else { 0 };
        let mut bytes = Vec::new();
        io::Seek::seek(&mut &file, io::SeekFrom::Start(from))?;
        (&file).take(found.len() - from).read_to_end(&mut bytes)?;
        // a line that is being written is read with the next look
        let whole = memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        let bytes = bytes.get(..whole).unwrap_or_default();
        let known = self.timeline.happenings().map(|(at, ..)| at).max();
        let fresh = Timeline::read(bytes);
        let is_new = |at: Stamp| is_same || known.is_none_or(|known| at > known);
        let happened = fresh.happenings().filter(|(at, _, what)| is_new(*at) && **what != Happening::File);
        self.events.extend(happened.map(|(at, place, what)| (at, place, what.clone())));
        self.events.make_contiguous().sort_by_key(|(_, place, _)| *place);
        if is_same {
            self.timeline.extend(bytes);
        } else {
            self.timeline = fresh;
        }
        self.records = Records { identity: file_identity(&found), length: from + whole as u64 };
        Ok(())
    }

    /// Goes on at the first line of which a part arrived at `moment` or later.
    pub(super) fn skip_before(&mut self, moment: Stamp) -> io::Result<()> {
        let end = self.end();
        let place = if self.timeline.end() == 0 { self.place } else { self.timeline.place_of(moment).unwrap_or(end) };
        let start = self.place;
        self.go_to(place.clamp(start, end.max(start)));
        // moments are noted where something was read, which may be amid a line
        let line = self.line_start_before(place.clamp(start, end.max(start)), 0, start)?;
        self.go_to(line);
        self.events.retain(|(at, ..)| *at >= moment);
        Ok(())
    }

    /// Goes on at the last so many lines, from where the stream stands now on.
    pub(super) fn skip_to_last(&mut self, lines: u64) -> io::Result<()> {
        let end = self.end();
        let place = if lines == 0 { end } else { self.line_start_before(end, lines, self.place)? };
        self.go_to(place);
        if lines == 0 {
            self.events.clear();
        }
        Ok(())
    }

    fn end(&self) -> u64 {
        self.segments.back().map_or(0, |segment| segment.begin + segment.length)
    }

    fn go_to(&mut self, place: u64) {
        self.place = place;
        while self.segments.len() > 1 && self.segments.front().is_some_and(|first| first.begin + first.length <= place)
        {
            self.segments.pop_front();
        }
        self.events.retain(|(_, at, _)| *at >= place);
    }

    /// Returns where the line begins that is so many line ends before `end`: with 0, the one that `end` is in. A line end
    /// just before `end` ends the last line, and is none between two. Not before `first`.
    fn line_start_before(&self, end: u64, lines: u64, first: u64) -> io::Result<u64> {
        let mut left = lines.max(1);
        let mut block = vec![0; BLOCK];
        let mut behind = end;
        while behind > first {
            let Some(segment) = self.segments.iter().rev().find(|segment| segment.begin < behind) else { break };
            let begin = behind.saturating_sub(BLOCK as u64).max(segment.begin).max(first);
            let count = usize::try_from(behind - begin).unwrap_or(BLOCK).min(BLOCK);
            let bytes = block.get_mut(..count).unwrap_or_default();
            segment.file.read_exact_at(bytes, begin - segment.begin)?;
            let mut rest: &[u8] = bytes;
            while let Some(at) = memrchr(b'\n', rest) {
                let next = begin + at as u64 + 1;
                if lines > 0 && next == end {
                    rest = rest.get(..at).unwrap_or_default();
                    continue;
                }
                left -= 1;
                if left == 0 {
                    return Ok(next);
                }
                rest = rest.get(..at).unwrap_or_default();
            }
            behind = begin;
        }
        Ok(first)
    }

    /// Looks whether the log has grown, over new files and new runs.
    pub(super) fn look(&mut self) -> io::Result<()> {
        self.read_records()?;
        let Some(last) = self.segments.back_mut() else {
            self.segments = self.files()?.into();
            self.place = self.segments.front().map_or(0, |segment| segment.begin);
            return Ok(());
        };
        // In this order: a file that another has taken the place of does not grow any more. The other way around, what is
        // appended between the two looks would not be read.
        let present = fs::metadata(self.folder.join(log_name(&self.stem)));
        let is_replaced = present.is_ok_and(|found| file_identity(&found) != last.identity);
        let found = last.file.metadata()?;
        if found.len() < last.length {
            // emptied by somebody else: it begins again where the log had got to
            last.begin = self.place;
        }
        last.length = found.len();
        let (followed, behind) = (last.identity, last.begin + last.length);
        if is_replaced {
            let all = self.files()?;
            let known = all.iter().position(|segment| segment.identity == followed);
            let newer = all.into_iter().skip(known.map_or(0, |known| known + 1));
            let mut begin = behind;
            for mut segment in newer.filter(|segment| known.is_some() || segment.begin >= behind) {
                if known.is_none() && segment.begin > begin {
                    segment.skipped = segment.begin - begin;
                    begin = segment.begin;
                }
                segment.begin = begin;
                begin += segment.length;
                self.segments.push_back(segment);
            }
        }
        Ok(())
    }

    /// Reads on behind what was read, up to where something was let go of; returns whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        if self.done > 0 {
            self.buffer.drain(..self.done);
            self.done = 0;
        }
        loop {
            let is_last = self.segments.len() == 1;
            let Some(segment) = self.segments.front() else { return Ok(false) };
            self.place = self.place.max(segment.begin);
            let at = self.place - segment.begin;
            let left = usize::try_from(segment.length.saturating_sub(at)).unwrap_or(BLOCK).min(BLOCK);
            if left > 0 {
                let before = self.buffer.len();
                self.buffer.resize(before + left, 0);
                let count = segment.file.read_at(self.buffer.get_mut(before..).unwrap_or_default(), at)?;
                self.buffer.truncate(before + count);
                self.place += count as u64;
                return Ok(count > 0);
            }
            if is_last || self.segments.get(1).is_some_and(|next| next.skipped > 0) {
                return Ok(false);
            }
            self.segments.pop_front();
        }
    }

    /// Goes on behind what was let go of, where that is what comes next, and returns how many bytes it was.
    fn pass_gap(&mut self) -> Option<u64> {
        let next = self.segments.get_mut(1).filter(|next| next.skipped > 0)?;
        let skipped = std::mem::take(&mut next.skipped);
        self.place = next.begin;
        self.segments.pop_front();
        Some(skipped)
    }

    /// Hands over the next bytes as they are; `None` when there are no more for now.
    pub(super) fn bytes(&mut self) -> io::Result<Option<&[u8]>> {
        self.done = self.buffer.len();
        while !self.fill()? {
            if self.pass_gap().is_none() {
                return Ok(None);
            }
        }
        Ok(Some(&self.buffer))
    }

    /// Hands over what comes next; `None` when there is nothing more for now.
    ///
    /// A line whose end has not come waits for it, unless this is the end of everything or of its run.
    pub(super) fn next(&mut self, is_end: bool) -> io::Result<Option<Item>> {
        loop {
            let offset = self.place - (self.buffer.len() - self.done) as u64;
            let event = self.events.front().map(|(_, place, _)| *place);
            if let Some((at, ..)) = self.events.front()
                && event.is_some_and(|place| place <= offset)
            {
                let at = *at;
                let happened = self.events.pop_front().map(|(_, _, what)| Item { at, what: What::Happened(what) });
                return Ok(happened);
            }
            let rest = self.buffer.get(self.done..).unwrap_or_default();
            // a line does not go on behind the end of its run
            let most = event.and_then(|place| usize::try_from(place - offset).ok()).unwrap_or(usize::MAX).min(LONGEST);
            let end = memchr(b'\n', rest).map(|end| end + 1).filter(|end| *end <= most);
            let is_cut = rest.len() >= most;
            if let Some(length) = end.or(is_cut.then_some(most)) {
                return Ok(Some(self.hand_over(length, offset)));
            }
            if self.fill()? {
                continue;
            }
            let rest = self.buffer.len() - self.done;
            let is_gap = self.segments.get(1).is_some_and(|next| next.skipped > 0);
            if rest > 0 {
                // the rest of a line that was let go of will not come
                return Ok((is_end || is_gap).then(|| self.hand_over(rest, offset)));
            }
            let Some(skipped) = self.pass_gap() else { return Ok(None) };
            return Ok(Some(Item { at: self.timeline.moment_of(offset), what: What::Skipped(skipped) }));
        }
    }

    fn hand_over(&mut self, length: usize, offset: u64) -> Item {
        let line = self.buffer.get(self.done..self.done + length).unwrap_or_default().to_vec();
        self.done += length;
        Item { at: self.timeline.moment_of(offset), what: What::Line(line) }
    }
}

#[cfg(test)]
mod tests;
