//! Text that fits: cut and padded by the width a terminal gives it, and numbers that keep to a few cells.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::logs::acts;

pub(crate) use crate::process::{brief, lasted as duration, seconds_left};

/// Returns the cells that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

/// Returns the cells that one grapheme takes, exactly as the buffer counts it.
pub(crate) fn grapheme_width(grapheme: &str) -> usize {
    // half-width sound marks count as extending, yet terminals give each a cell of its own
    let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    grapheme.width() + marks
}

/// Turns a count into cells; more than a terminal can have becomes the most it can have.
pub(crate) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Returns the longest beginning of `text` that fits into `room` cells, with its width.
fn beginning(text: &str, room: usize) -> (String, usize) {
    let mut taken = 0;
    let mut kept = String::with_capacity(text.len().min(room * 4));
    for grapheme in text.graphemes(true) {
        let next = taken + grapheme_width(grapheme);
        if next > room {
            break;
        }
        taken = next;
        kept.push_str(grapheme);
    }
    (kept, taken)
}

/// Cuts `text` to at most `room` cells, with an ellipsis where something was left out.
///
/// Characters that would move the cursor, vanish or turn the direction of writing become a visible dot.
pub(crate) fn cut(text: &str, room: usize) -> String {
    let clean: String = text.chars().map(|c| if acts(c) { '·' } else { c }).collect();
    if width(&clean) <= room {
        return clean;
    }
    let (mut kept, _) = beginning(&clean, room.saturating_sub(1));
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// Returns `text` cut and padded on its right to exactly `room` cells.
pub(crate) fn left(text: &str, room: usize) -> String {
    let mut cell = cut(text, room);
    cell.extend(std::iter::repeat_n(' ', room.saturating_sub(width(&cell))));
    cell
}

/// Returns `text` cut and padded on its left to exactly `room` cells.
pub(crate) fn right(text: &str, room: usize) -> String {
    let cell = cut(text, room);
    let mut padded = " ".repeat(room.saturating_sub(width(&cell)));
    padded.push_str(&cell);
    padded
}

/// Breaks `text` into lines of at most `room` cells, between words where that is possible.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= room {
            line.push_str(if gap == 1 { " " } else { "" });
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while width(rest) > room {
            let (part, _) = beginning(rest, room);
            if part.is_empty() {
                // one character is wider than the whole room: leave it to the cut
                break;
            }
            rest = rest.get(part.len()..).unwrap_or("");
            lines.push(part);
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Shows a number of bytes in at most four cells (five from a thousand terabytes on): `0K`, `48M`, `1.2G`.
pub(crate) fn size(bytes: u64) -> String {
    let mut amount = bytes.div_ceil(1024);
    let mut units = ["K", "M", "G", "T"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    let mut tenths = 0;
    for larger in units {
        if amount < 1000 {
            break;
        }
        tenths = amount % 1024 * 10 / 1024;
        amount /= 1024;
        unit = larger;
    }
    if amount < 10 && unit != "K" { format!("{amount}.{tenths}{unit}") } else { format!("{amount}{unit}") }
}

/// Shows a share of a processor: `0.4%`, `34.0%`, `250%`.
pub(crate) fn percent(share: f32) -> String {
    // a zero may be negative, and would show its sign
    let share = if share.is_finite() && share > 0.0 { share } else { 0.0 };
    if share < 99.95 { format!("{share:.1}%") } else { format!("{share:.0}%") }
}

/// Shows a count with thin groups of three: `12 345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_cells_and_never_through_a_wide_character() {
        assert_eq!(cut("api", 3), "api");
        assert_eq!(cut("backend", 4), "bac…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("🦀crab", 2), "…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(cut("a\tb\u{1b}c", 9), "a·b·c");
    }

    #[test]
    fn padding_gives_exactly_the_width_asked_for() {
        for (text, room) in [("api", 6), ("日本語", 6), ("日本語", 5), ("👨‍👩‍👧", 4), ("", 3), ("e\u{301}", 2)]
        {
            assert_eq!(width(&left(text, room)), room, "{text}");
            assert_eq!(width(&right(text, room)), room, "{text}");
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("npm run dev", 8), ["npm run", "dev"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("日本", 1), ["日本"]);
    }

    #[test]
    fn numbers_keep_to_a_few_cells() {
        let sizes = [0, 1, 50 << 20, 999 << 10, 1000 << 10, 1229 << 20, 12 << 30, 5 << 40];
        assert_eq!(sizes.map(size), ["0K", "1K", "50M", "999K", "0.9M", "1.2G", "12G", "5.0T"]);
        assert_eq!(
            [-0.0, 0.44, 34.0, 99.94, 99.96, 1234.6, f32::NAN].map(percent),
            ["0.0%", "0.4%", "34.0%", "99.9%", "100%", "1235%", "0.0%"]
        );
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1 000", "1 234 567"]);
    }
}
