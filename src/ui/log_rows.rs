//! From a line to rows of the page: broken where a row is full, or cut to the columns that are seen.

use unicode_segmentation::UnicodeSegmentation;

use crate::logs::{Pattern, Run, Style};

use super::text;

/// Whether a part of a line was found by a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It was not.
    #[default]
    None,
    /// It matches.
    Match,
    /// It is the match that was gone to.
    Current,
}

/// Who chose how a part of a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tint {
    /// The service, by a style of its own.
    #[default]
    Service,
    /// The screen: it matters less.
    Quiet,
    /// The screen: it is well.
    Good,
    /// The screen: it may be wrong.
    Busy,
    /// The screen: it is wrong.
    Bad,
}

/// Text of one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The text.
    pub(crate) text: String,
    /// The style that the service chose.
    pub(crate) style: Style,
    /// Whether that style counts, or one of the screen's.
    pub(crate) tint: Tint,
    /// Whether it was found.
    pub(crate) mark: Mark,
}

impl From<Run> for Piece {
    fn from(run: Run) -> Self {
        Self { text: run.text, style: run.style, ..Self::default() }
    }
}

/// Marks what `search` finds in a line; the match with the number `current` is marked as the one that was gone to.
pub(crate) fn mark(pieces: Vec<Piece>, search: Option<&Pattern>, current: Option<u32>) -> Vec<Piece> {
    let Some(search) = search else { return pieces };
    let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let mut found = search.find(text.as_bytes()).zip(0..).peekable();
    if found.peek().is_none() {
        return pieces;
    }
    let mut marked = Vec::new();
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.text.len();
        let mut rest = piece.text.as_str();
        while let Some((range, number)) = found.peek().filter(|(range, _)| range.start < end) {
            let mark = if current == Some(*number) { Mark::Current } else { Mark::Match };
            let (from, to) = (range.start.max(start) - start, range.end.min(end) - start);
            let is_over = range.end <= end;
            // a pattern of bytes could end within a character
            let from = rest.floor_char_boundary(from);
            let (before, behind) = rest.split_at(from);
            let (inside, behind) = behind.split_at(behind.floor_char_boundary(to.saturating_sub(from)));
            let add = [(before, Mark::None), (inside, mark)].into_iter().filter(|(text, _)| !text.is_empty());
            marked.extend(add.map(|(text, mark)| Piece { text: text.to_owned(), mark, ..piece }));
            start += before.len() + inside.len();
            rest = behind;
            if !is_over {
                break;
            }
            found.next();
        }
        if !rest.is_empty() {
            marked.push(Piece { text: rest.to_owned(), ..piece });
        }
        start = end;
    }
    marked
}

/// Breaks a line wherever a row is full, as a terminal does.
pub(crate) fn wrap(pieces: Vec<Piece>, width: usize) -> Vec<Vec<Piece>> {
    let width = width.max(1);
    let mut rows = vec![Vec::new()];
    let mut taken = 0;
    for piece in pieces {
        let mut part = String::new();
        for grapheme in piece.text.graphemes(true) {
            let cells = text::grapheme_width(grapheme);
            if taken + cells > width && taken > 0 {
                add(&mut rows, &piece, std::mem::take(&mut part));
                rows.push(Vec::new());
                taken = 0;
            }
            taken += cells;
            part.push_str(grapheme);
        }
        add(&mut rows, &piece, part);
    }
    rows
}

fn add(rows: &mut [Vec<Piece>], like: &Piece, text: String) {
    if let (false, Some(row)) = (text.is_empty(), rows.last_mut()) {
        row.push(Piece { text, ..*like });
    }
}

/// Cuts a line to the columns from `start` on, and says whether it goes on behind them; a wide character cut in half
/// becomes a space.
pub(crate) fn clip(pieces: Vec<Piece>, start: usize, width: usize) -> (Vec<Piece>, bool) {
    let mut kept = Vec::new();
    let mut column = 0;
    for piece in pieces {
        let mut part = String::new();
        for grapheme in piece.text.graphemes(true) {
            let (from, to) = (column, column + text::grapheme_width(grapheme));
            column = to;
            if to > start.saturating_add(width) {
                kept.push(Piece { text: part, ..piece });
                return (kept, true);
            }
            if from >= start {
                part.push_str(grapheme);
            } else if to > start {
                part.push(' ');
            }
        }
        kept.push(Piece { text: part, ..piece });
    }
    (kept, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, bold: bool) -> Piece {
        Piece { text: text.to_owned(), style: Style { bold, ..Style::default() }, ..Piece::default() }
    }

    #[test]
    fn matches_are_marked_across_styles_and_the_rest_stays_as_it_is() {
        let pieces = vec![piece("a ne", false), piece("ed", true), piece("le, a needle, nee", false)];
        let pattern = Pattern::new("needle").unwrap();
        let marked = mark(pieces, Some(&pattern), Some(1));
        let shown: Vec<(&str, bool, Mark)> =
            marked.iter().map(|piece| (piece.text.as_str(), piece.style.bold, piece.mark)).collect();
        assert_eq!(
            shown,
            [
                ("a ", false, Mark::None),
                ("ne", false, Mark::Match),
                ("ed", true, Mark::Match),
                ("le", false, Mark::Match),
                (", a ", false, Mark::None),
                ("needle", false, Mark::Current),
                (", nee", false, Mark::None),
            ]
        );
    }

    #[test]
    fn matches_side_by_side_and_wide_characters_are_marked_too() {
        let pattern = Pattern::new("日|x").unwrap();
        let marked = mark(vec![piece("日xx本", false)], Some(&pattern), None);
        let shown: String =
            marked.iter().map(|piece| if piece.mark == Mark::None { &piece.text } else { "#" }).collect();
        assert_eq!(shown, "###本");
    }
}
