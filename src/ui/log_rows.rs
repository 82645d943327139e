//! From a line to rows of the page: broken where a row is full, or cut to the columns that are seen.

use unicode_segmentation::UnicodeSegmentation;

use crate::logs::{Run, Style};

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

/// Text of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The text.
    pub(crate) text: String,
    /// The style that the service chose.
    pub(crate) style: Style,
    /// Whether it was found.
    pub(crate) mark: Mark,
}

impl From<Run> for Piece {
    fn from(run: Run) -> Self {
        Self { text: run.text, style: run.style, mark: Mark::None }
    }
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
