//! The records of one log: when its bytes arrived, what happened where, and which of it is worth keeping.

use super::record::{Happening, Record};
use crate::logs::Stamp;

/// The least pause between two notes of the moment of arrival, in milliseconds: lines of several logs are merged by it.
pub const LEAST_PAUSE: u64 = 100;

/// The records of one log, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    records: Vec<Record>,
}

impl Timeline {
    /// Reads a file of records; what is none is passed over.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut timeline = Self { records: bytes.split(|byte| *byte == b'\n').filter_map(Record::from_line).collect() };
        timeline.sort();
        timeline
    }

    /// Adds what was appended to the file.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.records.extend(Self::read(bytes).records);
        self.sort();
    }

    fn sort(&mut self) {
        // a run's begin is written when its pid is known, which may be behind its first words
        self.records.sort_by_key(Record::offset);
    }

    /// Returns where the present file begins, as far as is known.
    #[must_use]
    pub fn present_file(&self) -> Option<u64> {
        self.happenings().filter(|(_, _, what)| **what == Happening::File).map(|(_, offset, _)| offset).max()
    }

    /// Returns the last place that is spoken of.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.records.last().map_or(0, Record::offset)
    }

    /// Returns when the byte at `offset` arrived: the newest moment that was noted at or before it.
    #[must_use]
    pub fn moment_of(&self, offset: u64) -> Stamp {
        let behind = self.records.partition_point(|record| record.offset() <= offset);
        let before = self.records.get(..behind).unwrap_or_default();
        let of_its_own = before.iter().rev().find(|record| !is_end(record));
        of_its_own.or_else(|| self.records.first()).map_or(Stamp(0), Record::at)
    }

    /// Returns the first place whose bytes arrived at `moment` or later; `None` if nothing has.
    #[must_use]
    pub fn place_of(&self, moment: Stamp) -> Option<u64> {
        self.records.iter().find(|record| record.at() >= moment).map(Record::offset)
    }

    /// Returns what happened, in order.
    pub fn happenings(&self) -> impl Iterator<Item = (Stamp, u64, &Happening)> {
        self.records.iter().filter_map(|record| match record {
            Record::Arrived { .. } => None,
            Record::Happened { at, offset, what } => Some((*at, *offset, what)),
        })
    }

    /// Returns the file of records anew, in at most `most` bytes where that can be: without what is about bytes before
    /// `oldest`, which are gone, and of moments of arrival every second one, as often as it takes.
    #[must_use]
    pub fn pruned(&self, oldest: u64, most: usize) -> Vec<u8> {
        let mut records = self.records.clone();
        let present = self.present_file();
        records.retain(|record| match record {
            Record::Happened { what: Happening::File, offset, .. } => Some(*offset) == present,
            Record::Arrived { offset, .. } | Record::Happened { offset, .. } => *offset >= oldest,
        });
        let is_moment = |record: &Record| matches!(record, Record::Arrived { .. });
        loop {
            let lines: String = records.iter().map(Record::to_line).collect();
            if lines.len() <= most || !records.iter().any(is_moment) {
                return fitting(&lines, most);
            }
            let mut keep = false;
            records.retain(|record| {
                keep ^= is_moment(record);
                !is_moment(record) || !keep
            });
        }
    }
}

/// Whether what follows the record was printed by nobody before it: a new run may begin much later.
fn is_end(record: &Record) -> bool {
    matches!(record, Record::Happened { what: Happening::End { .. }, .. })
}

/// Returns the newest lines of as many as there is room for: a service that has crashed a hundred thousand times.
fn fitting(lines: &str, most: usize) -> Vec<u8> {
    let bytes = lines.as_bytes();
    let Some(cut) = bytes.len().checked_sub(most).filter(|cut| *cut > 0) else { return bytes.to_vec() };
    let rest = bytes.get(cut..).unwrap_or_default();
    let begin = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    rest.get(begin..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(at: u64, offset: u64) -> Record {
        Record::Arrived { at: Stamp(at), offset }
    }

    fn happened(at: u64, offset: u64, what: Happening) -> Record {
        Record::Happened { at: Stamp(at), offset, what }
    }

    fn timeline(records: &[Record]) -> Timeline {
        Timeline::read(records.iter().map(Record::to_line).collect::<String>().as_bytes())
    }

    #[test]
    fn a_line_arrived_at_the_newest_moment_before_it_and_a_moment_has_the_first_place_behind_it() {
        let end = Happening::end(1, None);
        let known = timeline(&[arrived(1000, 0), arrived(2000, 50), happened(9000, 80, end), arrived(9500, 80)]);
        let moments = [0, 49, 50, 79, 80, 99].map(|offset| known.moment_of(offset).0);
        assert_eq!(moments, [1000, 1000, 2000, 2000, 9500, 9500]);
        let places = [0, 1000, 1001, 2001, 9001, 9501].map(|at| known.place_of(Stamp(at)));
        assert_eq!(places, [Some(0), Some(0), Some(50), Some(80), Some(80), None]);
    }

    #[test]
    fn a_begin_that_was_written_late_stands_where_it_belongs() {
        let begin = Happening::Begin { run: 1, pid: 7 };
        let known = timeline(&[arrived(1000, 10), happened(990, 0, begin.clone())]);
        assert_eq!(known.happenings().next(), Some((Stamp(990), 0, &begin)));
        assert_eq!(known.end(), 10);
    }

    #[test]
    fn pruning_lets_go_of_what_is_gone_and_thins_moments_but_keeps_the_runs() {
        let mut records = vec![happened(1, 0, Happening::File), happened(1, 0, Happening::Begin { run: 1, pid: 7 })];
        records.extend((0..1000).map(|number| arrived(number, number)));
        records.push(happened(500, 500, Happening::File));
        records.push(happened(600, 600, Happening::end(1, None)));
        let pruned = Timeline::read(&timeline(&records).pruned(200, 4096));
        assert_eq!(pruned.present_file(), Some(500));
        assert_eq!(pruned.records.first().map(Record::offset).map(|first| first >= 200), Some(true));
        assert_eq!(pruned.happenings().count(), 2);
        assert!(pruned.records.len() > 100, "{}", pruned.records.len());
        let size: usize = pruned.records.iter().map(|record| record.to_line().len()).sum();
        assert!(size <= 4096, "{size}");
    }

    #[test]
    fn runs_without_end_are_bounded_too() {
        let records: Vec<Record> =
            (0..10_000).map(|run| happened(run, 0, Happening::Begin { run: 1, pid: 7 })).collect();
        let pruned = timeline(&records).pruned(0, 4096);
        assert!(pruned.len() <= 4096 && pruned.len() > 3900);
        assert_eq!(Timeline::read(&pruned).records.last(), records.last());
    }
}
