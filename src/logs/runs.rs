//! Where the runs of a service began in its log.

use std::collections::VecDeque;

use super::lines::Stamp;

/// The most runs that are remembered: the newest of a service that crashes all the time.
const MOST: usize = 1024;

/// Where the runs of a service began in its log, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    begins: VecDeque<(u64, Stamp)>,
}

impl Runs {
    /// Takes in that a run begins with this line, the newest so far.
    pub(super) fn begin(&mut self, line: u64, at: Stamp) {
        if self.begins.len() == MOST {
            self.begins.pop_front();
        }
        self.begins.push_back((line, at));
    }

    /// Forgets runs whose lines are all gone.
    pub(super) fn forget_before(&mut self, first: u64) {
        while self.begins.get(1).is_some_and(|(line, _)| *line <= first) {
            self.begins.pop_front();
        }
    }

    /// Returns when the run of this line began.
    #[must_use]
    pub fn began(&self, line: u64) -> Option<Stamp> {
        let (_, at) = self.begins.get(self.up_to(line).checked_sub(1)?)?;
        Some(*at)
    }

    /// Returns the line with which the newest run begins that began before this line.
    #[must_use]
    pub fn before(&self, line: u64) -> Option<u64> {
        let place = self.begins.partition_point(|(begin, _)| *begin < line).checked_sub(1)?;
        self.begins.get(place).map(|(begin, _)| *begin)
    }

    /// Returns the line with which the oldest run begins that began behind this line.
    #[must_use]
    pub fn behind(&self, line: u64) -> Option<u64> {
        self.begins.get(self.up_to(line)).map(|(begin, _)| *begin)
    }

    fn up_to(&self, line: u64) -> usize {
        self.begins.partition_point(|(begin, _)| *begin <= line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_the_newest_run_that_began_before_it() {
        let mut runs = Runs::default();
        runs.begin(3, Stamp(10));
        runs.begin(8, Stamp(20));
        assert_eq!(
            [2, 3, 7, 8, 99].map(|line| runs.began(line)),
            [None, Some(10), Some(10), Some(20), Some(20)].map(|at| at.map(Stamp))
        );
        assert_eq!([3, 4, 9].map(|line| runs.before(line)), [None, Some(3), Some(8)]);
        assert_eq!([0, 3, 8].map(|line| runs.behind(line)), [Some(3), Some(8), None]);
    }

    #[test]
    fn the_run_of_the_oldest_kept_line_is_known_and_those_before_it_are_forgotten() {
        let mut runs = Runs::default();
        (0..5000).for_each(|line| runs.begin(line * 10, Stamp(line)));
        assert_eq!(runs.begins.len(), MOST);
        runs.forget_before(49_985);
        assert_eq!((runs.began(49_985), runs.begins.len()), (Some(Stamp(4998)), 2));
    }
}
