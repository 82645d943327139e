//! Shows a part of a very long line without laying out the whole: it is walked once, and read only where it is seen.

use std::ops::ControlFlow;

use unicode_segmentation::UnicodeSegmentation;

use crate::logs::{Part, Style, parts, read_from, style_after};

use super::log_rows::{Piece, clip, wrap};
use super::text;

/// A long line of which every part stands behind the one before: nothing moves back in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongLine<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// The style that it begins with.
    pub(crate) style: Style,
}

/// How cells follow from bytes.
#[derive(Clone, Copy, Debug)]
enum Stretch {
    /// So many bytes, a cell each.
    Each(usize),
    /// So many blanks of a tab.
    Blanks(usize),
    /// A character of so many cells.
    One(usize),
}

/// Where a row begins: a byte, its column in the line, and how many blanks of a tab there belong to the row before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    byte: usize,
    column: usize,
    blanks: usize,
}

impl LongLine<'_> {
    /// Returns how many rows the line takes when it is wrapped.
    pub(crate) fn rows(&self, width: usize) -> usize {
        let mut rows = 1;
        self.walk_rows(width, |row, _| {
            rows = row + 1;
            ControlFlow::Continue(())
        });
        rows
    }

    /// Returns `count` of its rows from `first` on.
    pub(crate) fn wrapped(&self, first: usize, count: usize, width: usize) -> Vec<Vec<Piece>> {
        let mut begin = Place::default();
        let mut end = self.bytes.len();
        self.walk_rows(width, |row, place| {
            if row == first {
                begin = place;
            }
            if row == first + count {
                // a tab that the row ends in is read as a whole, and the rest of it cut off below
                end = place.byte + usize::from(place.blanks > 0);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        let pieces = self.read(begin, end);
        let (pieces, _) = clip(pieces, begin.blanks, usize::MAX);
        let mut rows = wrap(pieces, width);
        rows.truncate(count);
        rows
    }

    /// Returns the columns from `start` on, and whether there is more behind them.
    pub(crate) fn clipped(&self, start: usize, width: usize) -> (Vec<Piece>, bool) {
        let mut begin = Place::default();
        let mut end = self.bytes.len();
        self.walk(|byte, column, stretch| {
            if column <= start {
                begin = match stretch {
                    Stretch::Each(count) => {
                        let inside = (start - column).min(count - 1);
                        Place { byte: byte + inside, column: column + inside, blanks: 0 }
                    }
                    Stretch::Blanks(_) | Stretch::One(_) => Place { byte, column, blanks: 0 },
                };
            }
            // one character more than is seen, so that it is known to be there
            let beyond = start.saturating_add(width).saturating_add(8);
            if column > beyond {
                end = byte;
                return ControlFlow::Break(());
            }
            if let Stretch::Each(count) = stretch
                && column + count > beyond
            {
                end = byte + (beyond - column);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        clip(self.read(begin, end), start - begin.column, width)
    }

    /// Returns the row that the character with this number of bytes of text before it stands in.
    pub(crate) fn row_of(&self, text_before: usize, width: usize) -> usize {
        let mut left = text_before;
        let mut target = self.bytes.len();
        for (place, part) in parts(self.bytes) {
            if let Part::Text(text) = part {
                if left < text.len() {
                    target = place + left;
                    break;
                }
                left -= text.len();
            } else if part == Part::Tab {
                // in a line as long as this a tab is one blank nearly everywhere
                left = left.saturating_sub(1);
            }
        }
        let mut found = 0;
        self.walk_rows(width, |row, place| {
            if place.byte > target {
                return ControlFlow::Break(());
            }
            found = row;
            ControlFlow::Continue(())
        });
        found
    }

    /// Returns with which byte of the line's text each of `count` rows from `first` on begins.
    pub(crate) fn starts(&self, first: usize, count: usize, width: usize) -> Vec<usize> {
        let mut places = Vec::new();
        self.walk_rows(width, |row, place| {
            if row >= first + count {
                return ControlFlow::Break(());
            }
            if row >= first {
                places.push(place);
            }
            ControlFlow::Continue(())
        });
        places.into_iter().map(|place| self.text_before(place.byte) + place.blanks).collect()
    }

    /// Returns the byte of the line's text that stands in this column.
    pub(crate) fn start_of_column(&self, start: usize) -> usize {
        let mut found = None;
        self.walk(|byte, column, stretch| {
            let cells = match stretch {
                Stretch::Each(cells) | Stretch::Blanks(cells) | Stretch::One(cells) => cells,
            };
            if column + cells <= start {
                return ControlFlow::Continue(());
            }
            found = Some(match stretch {
                Stretch::Each(_) => (byte + (start - column), 0),
                Stretch::Blanks(_) => (byte, start - column),
                // the blank that stands for the right half of a wide character is its last byte
                Stretch::One(_) if start > column => (byte, self.length_at(byte).saturating_sub(1)),
                Stretch::One(_) => (byte, 0),
            });
            ControlFlow::Break(())
        });
        let (byte, more) = found.unwrap_or((self.bytes.len(), 0));
        self.text_before(byte) + more
    }

    /// Returns how many bytes the character at this byte has.
    fn length_at(&self, byte: usize) -> usize {
        let text = parts(self.bytes).find_map(|(place, part)| match part {
            Part::Text(text) if place <= byte && byte < place + text.len() => text.get(byte - place..),
            Part::Text(_) | Part::Tab | Part::Style(_) | Part::Motion(_) | Part::Nothing => None,
        });
        text.and_then(|text| text.graphemes(true).next()).map_or(0, str::len)
    }

    /// Returns how many bytes of text stand before this byte of the line.
    fn text_before(&self, byte: usize) -> usize {
        let (mut before, mut column) = (0, 0);
        for (place, part) in parts(self.bytes) {
            if place >= byte {
                break;
            }
            match part {
                Part::Text(text) => {
                    before += text.len().min(byte - place);
                    column += text::width(text);
                }
                Part::Tab => {
                    let blanks = crate::logs::tab_width(column);
                    before += blanks;
                    column += blanks;
                }
                Part::Style(_) | Part::Motion(_) | Part::Nothing => {}
            }
        }
        before
    }

    fn read(&self, begin: Place, end: usize) -> Vec<Piece> {
        let before = self.bytes.get(..begin.byte).unwrap_or_default();
        let seen = self.bytes.get(begin.byte..end.max(begin.byte)).unwrap_or_default();
        read_from(seen, style_after(before, self.style), begin.column).runs.into_iter().map(Piece::from).collect()
    }

    /// Visits the beginning of every row.
    fn walk_rows(&self, width: usize, mut visit: impl FnMut(usize, Place) -> ControlFlow<()>) {
        let width = width.max(1);
        let (mut row, mut taken) = (0, 0);
        if visit(0, Place::default()).is_break() {
            return;
        }
        self.walk(|byte, column, stretch| {
            let (cells, is_one) = match stretch {
                Stretch::Each(count) | Stretch::Blanks(count) => (count, false),
                Stretch::One(cells) => (cells, true),
            };
            if is_one {
                if taken + cells > width && taken > 0 {
                    row += 1;
                    taken = 0;
                    visit(row, Place { byte, column, blanks: 0 })?;
                }
                taken += cells;
                return ControlFlow::Continue(());
            }
            let mut done = 0;
            while taken + (cells - done) > width {
                done += width.saturating_sub(taken);
                row += 1;
                taken = 0;
                let place = match stretch {
                    Stretch::Each(_) | Stretch::One(_) => Place { byte: byte + done, column: column + done, blanks: 0 },
                    Stretch::Blanks(_) => Place { byte, column, blanks: done },
                };
                visit(row, place)?;
            }
            taken += cells - done;
            ControlFlow::Continue(())
        });
    }

    /// Visits every stretch of the line with its byte and its column.
    fn walk(&self, mut visit: impl FnMut(usize, usize, Stretch) -> ControlFlow<()>) {
        let mut column = 0;
        for (byte, part) in parts(self.bytes) {
            let visited = match part {
                Part::Text(text) => walk_text(text, |inside, stretch| {
                    let at = column;
                    column += match stretch {
                        Stretch::Each(cells) | Stretch::Blanks(cells) | Stretch::One(cells) => cells,
                    };
                    visit(byte + inside, at, stretch)
                }),
                Part::Tab => {
                    let at = column;
                    let blanks = crate::logs::tab_width(column);
                    column += blanks;
                    visit(byte, at, Stretch::Blanks(blanks))
                }
                Part::Style(_) | Part::Motion(_) | Part::Nothing => ControlFlow::Continue(()),
            };
            if visited.is_break() {
                return;
            }
        }
    }
}

fn walk_text(text: &str, mut visit: impl FnMut(usize, Stretch) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        // a mark may follow the last of them
        let plain = if plain < rest.len() { plain.saturating_sub(1) } else { plain };
        if plain > 0 {
            visit(at, Stretch::Each(plain))?;
            at += plain;
            continue;
        }
        let behind = rest.bytes().skip(1).position(|byte| !byte.is_ascii()).map_or(rest.len(), |first| first + 1);
        let end = rest.bytes().skip(behind).position(|byte| byte.is_ascii()).map_or(rest.len(), |end| behind + end);
        for (inside, grapheme) in rest.get(..end).unwrap_or(rest).grapheme_indices(true) {
            visit(at + inside, Stretch::One(text::grapheme_width(grapheme)))?;
        }
        at += end;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::read_line;

    /// Lines in which nothing moves back.
    fn simple() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => "[ -~]{1,30}".prop_map(String::into_bytes),
            2 => "(日|é|\u{1f468}\u{200d}\u{1f469}|a\u{301}){1,6}".prop_map(String::into_bytes),
            1 => Just(b"\t".to_vec()),
            1 => "\x1b\\[[0-9;]{0,4}m".prop_map(String::into_bytes),
            1 => Just(b"\xff\xe2\x80\x8e\x1b]0;title\x07".to_vec()),
        ];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    fn pieces(bytes: &[u8]) -> Vec<Piece> {
        read_line(bytes, Style::default()).runs.into_iter().map(Piece::from).collect()
    }

    fn cells(row: &[Piece]) -> Vec<(char, Style)> {
        row.iter().flat_map(|piece| piece.text.chars().map(|char| (char, piece.style))).collect()
    }

    fn all_cells(rows: &[Vec<Piece>]) -> Vec<Vec<(char, Style)>> {
        rows.iter().map(|row| cells(row)).collect()
    }

    proptest! {
        #[test]
        fn any_rows_of_a_line_are_those_of_the_whole_line(
            bytes in simple(), width in 2..30_usize, first in 0..40_usize, count in 0..6_usize,
        ) {
            let line = LongLine { bytes: &bytes, style: Style::default() };
            let whole = wrap(pieces(&bytes), width);
            prop_assert_eq!(line.rows(width), whole.len());
            let first = first.min(whole.len() - 1);
            let last = (first + count).min(whole.len());
            let some = line.wrapped(first, last - first, width);
            prop_assert_eq!(all_cells(&some), all_cells(&whole[first..last]));
        }

        #[test]
        fn any_columns_of_a_line_are_those_of_the_whole_line(bytes in simple(), width in 1..30_usize, start in 0..200_usize) {
            let line = LongLine { bytes: &bytes, style: Style::default() };
            let (whole, whole_goes_on) = clip(pieces(&bytes), start, width);
            let (some, goes_on) = line.clipped(start, width);
            prop_assert_eq!((cells(&some), goes_on), (cells(&whole), whole_goes_on));
        }
    }

    #[test]
    fn a_line_of_megabytes_is_found_its_row_by_the_text_before_it() {
        let bytes = format!("{}\x1b[31mneedle\x1b[0m{}", "x".repeat(100_000), "y".repeat(100_000));
        let line = LongLine { bytes: bytes.as_bytes(), style: Style::default() };
        let row = line.row_of(100_000, 77);
        let text: String = line.wrapped(row, 1, 77)[0].iter().map(|piece| piece.text.as_str()).collect();
        assert!(text.contains("needle") || text.ends_with('n'), "{text}");
        assert_eq!(row, 100_000 / 77);
    }
}
