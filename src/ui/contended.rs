//! Puts certain characters in the place of those whose width terminals disagree about.
//!
//! A joined family, a flag or a heart with a variation selector is one or two cells wide, or four, depending on the
//! terminal and on the multiplexer around it. Where the screen and we disagree, all that follows in the row moves and
//! pieces stay behind, so such a cluster is shown by its first character, and a flag by its two letters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text;

/// The letters of flags: regional indicators, from A to Z.
const FLAGS: std::ops::RangeInclusive<char> = '\u{1f1e6}'..='\u{1f1ff}';

/// Joins what stands on either side.
const JOINER: char = '\u{200d}';
/// From here on there are pictures; below are the scripts.
const SYMBOLS: char = '\u{2190}';

/// Replaces contended characters in `area`; every cell keeps its place.
pub(crate) fn settle(area: Rect, buf: &mut Buffer) {
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            let Some(settled) = buf.cell((x, y)).and_then(|cell| settled(cell.symbol())) else { continue };
            for (x, symbol) in (x..area.right()).zip(settled) {
                if let Some(cell) = buf.cell_mut((x, y)) {
                    cell.set_symbol(&symbol);
                }
            }
        }
    }
}

/// Returns what stands for a contended cluster, cell by cell; `None` where all agree.
fn settled(cluster: &str) -> Option<Vec<String>> {
    if cluster.len() < 4 {
        return None;
    }
    let mut chars = cluster.chars();
    let first = chars.next()?;
    if FLAGS.contains(&first) {
        return Some(cluster.chars().filter_map(letter).map(String::from).collect());
    }
    // letters are joined too, in scripts where every terminal sees them as one
    let is_symbol = first >= SYMBOLS;
    if !chars.any(|char| if char == JOINER { is_symbol } else { joins(char) }) {
        return None;
    }
    let first = first.to_string();
    let missing = text::width(cluster).saturating_sub(text::width(&first));
    let mut cells = vec![first];
    cells.extend(std::iter::repeat_n(" ".to_owned(), missing));
    Some(cells)
}

/// Whether this changes the width of what it follows on some terminals only.
const fn joins(char: char) -> bool {
    // the two selectors of a variation, the keycap, the tones of skin, the letters of longer flags
    matches!(char, '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

/// Returns the letter of a regional indicator.
fn letter(indicator: char) -> Option<char> {
    let place = u32::from(indicator).checked_sub(u32::from(*FLAGS.start()))?;
    char::from_u32(u32::from('A') + place).filter(char::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn shown(text: &str) -> Buffer {
        let area = Rect::new(0, 0, 12, 1);
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, text, Style::new());
        settle(area, &mut buf);
        buf
    }

    #[test]
    fn contended_clusters_become_what_every_terminal_draws_alike() {
        let cases = [
            ("<👩\u{200d}👩\u{200d}👧>", "<👩>"),
            ("<🇩🇪>", "<DE>"),
            ("<❤\u{fe0f}>", "<❤ >"),
            ("<1\u{fe0f}\u{20e3}>", "<1 >"),
            ("<👍\u{1f3fd}>", "<👍>"),
        ];
        for (printed, expected) in cases {
            assert_eq!(
                shown(printed),
                Buffer::with_lines([format!(
                    "{expected:<width$}",
                    width = 12 - text::width(expected) + expected.chars().count()
                )]),
                "{printed}"
            );
        }
    }

    #[test]
    fn what_all_agree_about_stays() {
        for text in ["e\u{301}tude", "日本語", "🚀 up", "ราคา", "ක්\u{200d}ෂ", "│ ● ✗"] {
            let mut plain = Buffer::empty(Rect::new(0, 0, 12, 1));
            plain.set_string(0, 0, text, Style::new());
            assert_eq!(shown(text), plain, "{text}");
        }
    }
}
