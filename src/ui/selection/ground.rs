//! What is walked over while text is selected: the lines of a log that are shown, or the rows of a screen.

use crate::logs::{LogBuffer, Style, plain_text, shown_part};
use crate::screen::Picture;
use crate::ui::log_window::Lens;

/// Lines by their numbers, some of which may not be there.
pub(crate) trait Ground {
    /// Returns the first line.
    fn first(&self) -> Option<u64>;
    /// Returns the last line.
    fn last(&self) -> Option<u64>;
    /// Returns the line behind this one.
    fn next(&self, line: u64) -> Option<u64>;
    /// Returns the line before this one.
    fn before(&self, line: u64) -> Option<u64>;
    /// Returns its text as it is shown.
    fn text(&self, line: u64) -> Option<String>;
}

/// The lines of a log, or those of them that are shown.
pub(crate) struct LogGround<'a> {
    /// The log.
    pub(crate) log: &'a LogBuffer,
    /// Which lines are shown.
    pub(crate) lens: Lens<'a>,
}

/// Returns the text of a line as it is shown: after all that was drawn over, and without any escape sequence.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    plain_text(shown_part(bytes, Style::default()).0)
}

impl Ground for LogGround<'_> {
    fn first(&self) -> Option<u64> {
        match self.lens.shown {
            None => (self.log.first() < self.log.end()).then(|| self.log.first()),
            Some(shown) => shown.front().copied(),
        }
    }

    fn last(&self) -> Option<u64> {
        match self.lens.shown {
            None => (self.log.first() < self.log.end()).then(|| self.log.end() - 1),
            Some(shown) => shown.back().copied(),
        }
    }

    fn next(&self, line: u64) -> Option<u64> {
        match self.lens.shown {
            None => Some(line.saturating_add(1)).filter(|next| *next < self.log.end()),
            Some(shown) => shown.get(shown.partition_point(|number| *number <= line)).copied(),
        }
    }

    fn before(&self, line: u64) -> Option<u64> {
        match self.lens.shown {
            None => line.checked_sub(1).filter(|before| *before >= self.log.first()),
            Some(shown) => shown.get(shown.partition_point(|number| *number < line).checked_sub(1)?).copied(),
        }
    }

    fn text(&self, line: u64) -> Option<String> {
        self.log.line(line).map(|line| text_of(line.bytes))
    }
}

/// The rows of a screen.
pub(crate) struct ScreenGround(Vec<String>);

impl ScreenGround {
    /// Takes what is to be seen.
    pub(crate) fn new(picture: &Picture) -> Self {
        Self(picture.lines())
    }

    /// Returns the rows as text.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0
    }
}

impl Ground for ScreenGround {
    fn first(&self) -> Option<u64> {
        (!self.0.is_empty()).then_some(0)
    }

    fn last(&self) -> Option<u64> {
        (self.0.len() as u64).checked_sub(1)
    }

    fn next(&self, line: u64) -> Option<u64> {
        Some(line + 1).filter(|next| *next < self.0.len() as u64)
    }

    fn before(&self, line: u64) -> Option<u64> {
        line.checked_sub(1)
    }

    fn text(&self, line: u64) -> Option<String> {
        self.0.get(usize::try_from(line).ok()?).cloned()
    }
}
