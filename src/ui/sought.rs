//! What is searched for, what is shown alone, and what was found so far: in one pane.

use std::collections::VecDeque;

use crate::logs::{Answer, Hit, Pattern, Question};

use std::ops::Range;

use super::line_edit::LineEdit;
use super::log_window::LogView;

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// What to search for in the log.
    Search,
    /// Which lines of the log to show.
    Filter,
    /// Which services to list.
    Names,
    /// What to do.
    Command,
}

/// A line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// What for.
    pub(crate) asking: Asking,
    /// What was typed.
    pub(crate) line: LineEdit,
    /// Which of what is offered is chosen.
    pub(crate) chosen: usize,
    /// Whether that was chosen by a key.
    pub(crate) is_chosen: bool,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
    /// Where the log stood before.
    pub(crate) before: LogView,
}

impl Prompt {
    /// Makes an empty one; the log stood at `before`.
    pub(crate) fn new(asking: Asking, before: LogView) -> Self {
        Self { asking, line: LineEdit::default(), chosen: 0, is_chosen: false, problem: None, before }
    }

    /// Puts `word` in place of a part of what was typed before the cursor.
    pub(crate) fn complete(&mut self, place: Range<usize>, word: &str) {
        let (before, behind) = self.line.around();
        let (kept, behind) = (before.get(..place.start).unwrap_or_default(), behind.trim_start().to_owned());
        self.line = LineEdit::new(format!("{kept}{word}"));
        self.line.append(&behind);
        (self.chosen, self.is_chosen, self.problem) = (0, false, None);
    }
}

/// A match: its line, and which of the line's matches it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The line's number.
    pub(crate) line: u64,
    /// Counted from 0.
    pub(crate) nth: u32,
}

/// The match to go to as soon as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The newest up to this line.
    UpTo(u64),
    /// The oldest from this line on.
    From(u64),
}

/// What a walk through the log has found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Which question it answers.
    pub(crate) asked: u64,
    /// What it found, the newest line first.
    pub(crate) answer: Answer,
    /// Lines from this one on were looked at again: what was known of them is out of date.
    pub(crate) again_from: Option<u64>,
    /// Whether it has seen everything.
    pub(crate) is_last: bool,
}

/// What is searched for, what is shown alone, and what was found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    /// What is looked for.
    pub(crate) question: Question,
    /// Rises with every new question.
    pub(crate) asked: u64,
    /// The lines with matches, the oldest first.
    pub(crate) hits: VecDeque<Hit>,
    /// The lines that pass the filter, the oldest first.
    pub(crate) kept: VecDeque<u64>,
    /// How many matches there are.
    pub(crate) total: u64,
    /// The match that was gone to.
    pub(crate) current: Option<Spot>,
    /// Whether the whole log has been looked at.
    pub(crate) is_complete: bool,
    /// What to say about the last step: that it went on from the other end.
    pub(crate) turned: Option<&'static str>,
    /// The match to go to as soon as it is known.
    pub(crate) wanted: Option<Wanted>,
}

impl Sought {
    /// Makes what a pane looks for at first: nothing. Answers to its questions are no other pane's.
    pub(crate) fn of_pane(number: u64) -> Self {
        Self { asked: number << 32, ..Self::default() }
    }

    /// Whether anything is looked for.
    pub(crate) fn is_active(&self) -> bool {
        self.question.search.is_some() || self.question.filter.is_some()
    }

    /// Returns what is searched for.
    pub(crate) fn search(&self) -> Option<&Pattern> {
        self.question.search.as_ref()
    }

    /// Returns the lines that are shown, if not all are.
    pub(crate) fn shown(&self) -> Option<&VecDeque<u64>> {
        self.question.filter.as_ref().map(|_| &self.kept)
    }

    /// Forgets what was found, for something else is asked or another log is looked at.
    pub(crate) fn ask_again(&mut self) {
        self.asked += 1;
        self.hits.clear();
        self.kept.clear();
        (self.total, self.current, self.turned, self.is_complete) = (0, None, None, false);
    }

    /// The same for another log: there is nothing to go to in it.
    pub(crate) fn ask_elsewhere(&mut self) {
        self.ask_again();
        self.wanted = None;
    }

    /// Takes in what was found; returns the match to go to, if one was waited for.
    pub(crate) fn learn(&mut self, finding: &Finding) -> Option<Spot> {
        if finding.asked != self.asked {
            return None;
        }
        let Answer { hits, kept } = &finding.answer;
        if let Some(from) = finding.again_from {
            let stale = self.hits.partition_point(|hit| hit.line < from);
            self.total -= self.hits.drain(stale..).map(|hit| u64::from(hit.count)).sum::<u64>();
            self.kept.truncate(self.kept.partition_point(|line| *line < from));
            self.hits.extend(hits.iter().rev());
            self.kept.extend(kept.iter().rev());
        } else {
            for hit in hits {
                self.hits.push_front(*hit);
            }
            for line in kept {
                self.kept.push_front(*line);
            }
        }
        self.total += hits.iter().map(|hit| u64::from(hit.count)).sum::<u64>();
        self.is_complete |= finding.is_last;
        let spot = match self.wanted? {
            Wanted::UpTo(line) => {
                let at_or_before = self.hits.partition_point(|hit| hit.line <= line).checked_sub(1);
                let newest = self.hits.len().checked_sub(1).filter(|_| self.is_complete);
                let hit = at_or_before.or(newest).and_then(|place| self.hits.get(place))?;
                Spot { line: hit.line, nth: hit.count.saturating_sub(1) }
            }
            // what is found first is the newest
            Wanted::From(_) if !self.is_complete => return None,
            Wanted::From(line) => {
                let place = self.hits.partition_point(|hit| hit.line < line);
                Spot { line: self.hits.get(place).or(self.hits.front())?.line, nth: 0 }
            }
        };
        self.wanted = None;
        self.current = Some(spot);
        self.current
    }

    /// Forgets lines that the log has let go of.
    pub(crate) fn forget_before(&mut self, first: u64) {
        while let Some(hit) = self.hits.pop_front_if(|hit| hit.line < first) {
            self.total -= u64::from(hit.count);
        }
        while self.kept.pop_front_if(|line| *line < first).is_some() {}
    }

    /// Forgets lines of several logs that are not kept any more.
    pub(crate) fn keep(&mut self, is_kept: impl Fn(u64) -> bool) {
        self.hits.retain(|hit| is_kept(hit.line));
        self.kept.retain(|line| is_kept(*line));
        self.total = self.hits.iter().map(|hit| u64::from(hit.count)).sum();
    }

    /// Goes to the next match: towards older lines, or newer ones; from `line` where none was gone to yet.
    pub(crate) fn step(&mut self, newer: bool, line: u64) -> Option<Spot> {
        let Spot { line, nth } = self.current.unwrap_or(Spot { line, nth: if newer { u32::MAX } else { 0 } });
        let place = self.hits.partition_point(|hit| hit.line < line);
        let here = self.hits.get(place).filter(|hit| hit.line == line);
        self.turned = None;
        let next = match (newer, here) {
            (true, Some(hit)) if nth.saturating_add(1) < hit.count => Some(Spot { line, nth: nth + 1 }),
            (false, Some(_)) if nth > 0 => Some(Spot { line, nth: nth - 1 }),
            (true, _) => {
                let after = place + usize::from(here.is_some());
                let turned = self.hits.get(after).is_none();
                let hit = self.hits.get(after).or_else(|| self.hits.front());
                self.turned = turned.then_some("on from the start");
                hit.map(|hit| Spot { line: hit.line, nth: 0 })
            }
            (false, _) => {
                let before = place.checked_sub(1).and_then(|before| self.hits.get(before));
                self.turned = before.is_none().then_some("on from the end");
                before.or_else(|| self.hits.back()).map(|hit| Spot { line: hit.line, nth: hit.count - 1 })
            }
        };
        self.wanted = None;
        self.current = next.or(self.current);
        next
    }

    /// Returns which match was gone to, counted from 1 from the oldest on.
    pub(crate) fn position(&self) -> Option<u64> {
        let Spot { line, nth } = self.current?;
        let place = self.hits.partition_point(|hit| hit.line < line);
        self.hits.get(place).filter(|hit| hit.line == line)?;
        let count = |hit: &Hit| u64::from(hit.count);
        // asked for in every frame: whoever comes from the newest match has few behind the one that was gone to
        let before = if place <= self.hits.len() / 2 {
            self.hits.range(..place).map(count).sum()
        } else {
            self.total - self.hits.range(place..).map(count).sum::<u64>()
        };
        Some(before + u64::from(nth) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(lines: &[(u64, u32)], again_from: Option<u64>, is_last: bool) -> Finding {
        let hits = lines.iter().map(|&(line, count)| Hit { line, count }).collect();
        let kept = lines.iter().map(|&(line, _)| line).collect();
        Finding { asked: 0, answer: Answer { hits, kept }, again_from, is_last }
    }

    fn spot(line: u64, nth: u32) -> Spot {
        Spot { line, nth }
    }

    #[test]
    fn steps_go_through_every_match_and_on_from_the_other_end() {
        let mut sought = Sought::default();
        sought.learn(&finding(&[(9, 2), (5, 1)], None, false));
        sought.learn(&finding(&[(2, 1)], None, true));
        let older: Vec<_> = (0..5).map(|_| (sought.step(false, 100), sought.turned, sought.position())).collect();
        let from_end = Some("on from the end");
        assert_eq!(
            older,
            [
                (Some(spot(9, 1)), None, Some(4)),
                (Some(spot(9, 0)), None, Some(3)),
                (Some(spot(5, 0)), None, Some(2)),
                (Some(spot(2, 0)), None, Some(1)),
                (Some(spot(9, 1)), from_end, Some(4)),
            ]
        );
        assert_eq!((sought.step(true, 0), sought.turned), (Some(spot(2, 0)), Some("on from the start")));
        assert_eq!((sought.step(true, 0), sought.turned), (Some(spot(5, 0)), None));
    }

    #[test]
    fn the_newest_match_up_to_where_one_stands_is_waited_for() {
        let mut sought = Sought { wanted: Some(Wanted::UpTo(6)), ..Sought::default() };
        assert_eq!(sought.learn(&finding(&[(9, 1)], None, false)), None);
        assert_eq!(sought.learn(&finding(&[(5, 2), (4, 1)], None, false)), Some(spot(5, 1)));
        let mut sought = Sought { wanted: Some(Wanted::UpTo(6)), ..Sought::default() };
        assert_eq!(
            sought.learn(&finding(&[(9, 1)], None, true)),
            Some(spot(9, 0)),
            "there is none, so on from the end"
        );
    }

    #[test]
    fn the_oldest_match_from_where_one_stands_is_waited_for_until_all_are_known() {
        let mut sought = Sought { wanted: Some(Wanted::From(6)), ..Sought::default() };
        assert_eq!(sought.learn(&finding(&[(9, 2)], None, false)), None);
        assert_eq!(sought.learn(&finding(&[(7, 1), (4, 1)], None, true)), Some(spot(7, 0)));
        let mut sought = Sought { wanted: Some(Wanted::From(6)), ..Sought::default() };
        assert_eq!(sought.learn(&finding(&[(4, 1), (2, 1)], None, true)), Some(spot(2, 0)), "on from the start");
    }

    #[test]
    fn lines_that_were_looked_at_again_count_once_and_those_that_are_gone_not_at_all() {
        let mut sought = Sought::default();
        sought.learn(&finding(&[(9, 1), (5, 3)], None, true));
        sought.learn(&finding(&[(11, 1), (9, 2)], Some(9), true));
        assert_eq!((sought.total, sought.kept.iter().copied().collect::<Vec<_>>()), (6, vec![5, 9, 11]));
        sought.forget_before(9);
        assert_eq!((sought.total, sought.hits.len()), (3, 2));
    }

    #[test]
    fn an_answer_to_an_older_question_is_no_answer() {
        let mut sought = Sought::default();
        sought.ask_again();
        sought.learn(&finding(&[(9, 1)], None, true));
        assert_eq!((sought.total, sought.is_complete), (0, false));
    }
}
