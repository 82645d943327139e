//! Where every row of an excerpt is; what stands in them is only read for those that are seen.

use crate::logs::{Pattern, Stamp, plain_text};

use super::{Content, Excerpt, Kept, Lens, Page, Place, Row};
use crate::ui::log_rows::{Mark, Piece, clip, mark, wrap};
use crate::ui::sought::Spot;

/// Where every row of an excerpt is, and what is in those that had to be laid out to know that.
pub(super) struct Layout<'a> {
    excerpt: &'a Excerpt,
    search: Option<&'a Pattern>,
    column: usize,
    width: usize,
    wrap: bool,
    lines: Vec<LaidOut>,
    /// How many rows there are.
    pub(super) rows: usize,
}

/// The rows of one line, or of the place of the lines that had to go.
struct LaidOut {
    /// Its place in the excerpt; `None` for lines that had to go.
    line: Option<usize>,
    number: u64,
    /// One past the last line that it stands for.
    end: u64,
    /// The first of its rows, counted from the first of all.
    start: usize,
    /// What is in them; `None` for a long line, which is read where it is seen.
    rows: Option<Vec<(Vec<Piece>, bool)>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(excerpt: &'a Excerpt, column: usize, page: Page, lens: Lens<'a>) -> Self {
        let (search, width, wrap_rows) = (lens.search, page.width, page.wrap);
        let mut layout = Self { excerpt, search, column, width, wrap: wrap_rows, lines: Vec::new(), rows: 0 };
        let starts_log = excerpt.lines.first().is_none_or(|line| line.number == excerpt.first);
        if excerpt.dropped.lines > 0 && starts_log {
            let number = excerpt.first.saturating_sub(1);
            layout.lines.push(LaidOut {
                line: None,
                number,
                end: excerpt.first,
                start: 0,
                rows: Some(vec![(Vec::new(), false)]),
            });
            layout.rows = 1;
        }
        for (place, kept) in excerpt.lines.iter().enumerate() {
            let wraps = page.wrap || kept.is_note();
            let end = kept.number + kept.span;
            let (rows, count) = match kept.long() {
                Some(long) => (None, if wraps { long.rows(page.width) } else { 1 }),
                None if wraps => {
                    let rows: Vec<_> =
                        wrap(kept.pieces(lens), page.width).into_iter().map(|row| (row, false)).collect();
                    let count = rows.len();
                    (Some(rows), count)
                }
                None => (Some(vec![clip(kept.pieces(lens), column, page.width)]), 1),
            };
            layout.lines.push(LaidOut { line: Some(place), number: kept.number, end, start: layout.rows, rows });
            layout.rows += count;
        }
        layout
    }

    /// Returns the first row that is at `place` or behind it.
    pub(super) fn row_at(&self, place: Place) -> Option<usize> {
        let after = self.lines.partition_point(|line| line.end <= place.line);
        let line = self.lines.get(after)?;
        let end = self.lines.get(after + 1).map_or(self.rows, |next| next.start);
        let row = if line.number == place.line { line.start.saturating_add(place.row).min(end) } else { line.start };
        (row < self.rows).then_some(row)
    }

    /// Returns the top row with which a match is on the screen: the one there was, if that shows it.
    pub(super) fn top_for(&self, spot: Spot, top: Place, height: usize) -> Option<usize> {
        let line = self.lines.iter().find(|line| line.number == spot.line && line.line.is_some())?;
        let row = line.start + self.row_of(line, spot.nth);
        let before = self.row_at(top).filter(|_| self.lines.first().is_some_and(|first| first.number <= top.line));
        // a third of the page above it
        Some(before.filter(|top| (*top..top + height).contains(&row)).unwrap_or(row.saturating_sub(height / 3)))
    }

    /// Returns the row of the line in which this match begins.
    fn row_of(&self, line: &LaidOut, nth: u32) -> usize {
        let Some(kept) = line.line.and_then(|place| self.excerpt.lines.get(place)) else { return 0 };
        if let Some(rows) = &line.rows {
            let is_current = |piece: &Piece| piece.mark == Mark::Current;
            return rows.iter().position(|(row, _)| row.iter().any(is_current)).unwrap_or(0);
        }
        let text = plain_text(&kept.bytes);
        let found = self.search.and_then(|pattern| pattern.find(text.as_bytes()).nth(nth as usize));
        let long = kept.long().filter(|_| self.wrap);
        long.zip(found).map_or(0, |(long, found)| long.row_of(found.start, self.width))
    }

    /// Returns which row of which line this is.
    pub(super) fn place(&self, row: usize) -> Option<Place> {
        let line = self.lines.get(self.lines.partition_point(|line| line.start <= row).checked_sub(1)?)?;
        Some(Place { line: line.number, row: row - line.start })
    }

    /// Returns a page full of rows from `top` on.
    pub(super) fn show(mut self, top: usize, page: Page, lens: Lens<'_>) -> Vec<Row> {
        let bottom = top.saturating_add(page.height).min(self.rows);
        let mut shown = Vec::new();
        let starts: Vec<usize> = self.lines.iter().skip(1).map(|line| line.start).chain([self.rows]).collect();
        for (line, end) in self.lines.iter_mut().zip(starts) {
            let from = top.max(line.start);
            let to = bottom.min(end);
            if from >= to {
                continue;
            }
            let (row, count) = (from - line.start, to - from);
            let kept = line.line.and_then(|place| self.excerpt.lines.get(place));
            let rows: Vec<_> = match (line.rows.take(), kept.and_then(Kept::long)) {
                (Some(rows), _) => rows.into_iter().skip(row).take(count).collect(),
                (None, Some(long)) if self.wrap => {
                    // matches are looked for where they can be seen: all of a long line is too much for every frame
                    let seen = long.wrapped(row, count, page.width).concat();
                    wrap(mark(seen, lens.search, None), page.width).into_iter().map(|row| (row, false)).collect()
                }
                (None, Some(long)) => {
                    let (seen, goes_on) = long.clipped(self.column, page.width);
                    vec![(mark(seen, lens.search, None), goes_on)]
                }
                (None, None) => Vec::new(),
            };
            let at = kept.map_or_else(Stamp::default, |kept| kept.at);
            let began = kept.and_then(|kept| kept.began);
            let content = kept.map_or(Content::Dropped(self.excerpt.dropped), Kept::content);
            let severity = kept.filter(|_| row == 0).and_then(Kept::severity);
            shown.extend(rows.into_iter().zip(row..).map(|((pieces, goes_on), row)| Row {
                place: Place { line: line.number, row },
                at,
                began,
                severity: severity.filter(|_| row == 0),
                content,
                pieces,
                goes_on,
            }));
        }
        shown
    }
}
