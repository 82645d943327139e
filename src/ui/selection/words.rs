//! Places in a line of text: characters as they are seen, words, and the columns they stand in.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::ui::text::grapheme_width;

/// What a character is to somebody who moves by words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Blank,
    Letter,
    Sign,
}

fn class(grapheme: &str) -> Class {
    match grapheme.chars().next() {
        Some(first) if first.is_whitespace() => Class::Blank,
        Some(first) if first.is_alphanumeric() || first == '_' => Class::Letter,
        Some(_) | None => Class::Sign,
    }
}

/// Returns the first byte of the character at `byte`; behind the last one, that of the last.
pub(crate) fn floor(text: &str, byte: usize) -> usize {
    starts(text).take_while(|start| *start <= byte).last().unwrap_or(0)
}

/// Returns the first byte behind the character at `byte`.
pub(crate) fn behind(text: &str, byte: usize) -> usize {
    let at = floor(text, byte);
    starts(text).find(|start| *start > at).unwrap_or(text.len())
}

/// Returns the first byte of the character before the one at `byte`.
pub(crate) fn before(text: &str, byte: usize) -> usize {
    let at = floor(text, byte);
    starts(text).take_while(|start| *start < at).last().unwrap_or(0)
}

/// Returns the column in which the character at `byte` begins.
pub(crate) fn column(text: &str, byte: usize) -> usize {
    text.grapheme_indices(true)
        .take_while(|(start, _)| *start < byte)
        .map(|(_, grapheme)| grapheme_width(grapheme))
        .sum()
}

/// Returns the first byte of the character that covers `column`, or of the last one.
pub(crate) fn at_column(text: &str, column: usize) -> usize {
    let mut taken = 0;
    let mut found = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        found = start;
        taken += grapheme_width(grapheme);
        if taken > column {
            break;
        }
    }
    found
}

/// Returns the word around `byte`: letters and figures, or signs, or blanks.
///
/// A double click takes an address or a path as a whole: signs that join letters belong to the word.
pub(crate) fn around(text: &str, byte: usize) -> Range<usize> {
    let at = floor(text, byte);
    let is_joined = |grapheme: &str| class(grapheme) == Class::Letter || is_joint(grapheme);
    let here = text.get(at..).and_then(|rest| rest.graphemes(true).next()).unwrap_or_default();
    let is_alike = |grapheme: &str| {
        if is_joined(here) { is_joined(grapheme) } else { !is_joined(grapheme) && class(grapheme) == class(here) }
    };
    let (left, right) = text.split_at_checked(at).unwrap_or((text, ""));
    let before: usize = left.graphemes(true).rev().take_while(|one| is_alike(one)).map(str::len).sum();
    let after: usize = right.graphemes(true).take_while(|one| is_alike(one)).map(str::len).sum();
    at - before..at + after
}

fn is_joint(grapheme: &str) -> bool {
    matches!(grapheme, "-" | "." | "/" | ":" | "@" | "~" | "%" | "+" | "#" | "?" | "&" | "=")
}

/// Returns where the next word begins; `None` if there is none in this line.
pub(crate) fn next_word(text: &str, byte: usize) -> Option<usize> {
    let mut rest = text.grapheme_indices(true).skip_while(|(start, _)| *start < floor(text, byte)).peekable();
    let here = rest.peek().map(|(_, grapheme)| class(grapheme))?;
    let mut rest = rest.skip_while(|(_, grapheme)| class(grapheme) == here && here != Class::Blank);
    rest.find(|(_, grapheme)| class(grapheme) != Class::Blank).map(|(start, _)| start)
}

/// Returns where a word ends behind `byte`: its last character; `None` if there is none.
pub(crate) fn word_end(text: &str, byte: usize) -> Option<usize> {
    let from = floor(text, byte);
    let mut rest = text.grapheme_indices(true).filter(|(start, _)| *start > from).peekable();
    while rest.next_if(|(_, grapheme)| class(grapheme) == Class::Blank).is_some() {}
    let (mut end, kind) = rest.next().map(|(start, grapheme)| (start, class(grapheme)))?;
    while let Some((start, _)) = rest.next_if(|(_, grapheme)| class(grapheme) == kind) {
        end = start;
    }
    Some(end)
}

/// Returns where the word before `byte` begins; `None` if there is none.
pub(crate) fn word_back(text: &str, byte: usize) -> Option<usize> {
    let at = if byte >= text.len() { byte } else { floor(text, byte) };
    let mut back = text.grapheme_indices(true).rev().filter(|(start, _)| *start < at).peekable();
    while back.next_if(|(_, grapheme)| class(grapheme) == Class::Blank).is_some() {}
    let (mut begin, kind) = back.next().map(|(start, grapheme)| (start, class(grapheme)))?;
    while let Some((start, _)) = back.next_if(|(_, grapheme)| class(grapheme) == kind) {
        begin = start;
    }
    Some(begin)
}

/// Returns the first character that is no blank.
pub(crate) fn first_word(text: &str) -> usize {
    text.grapheme_indices(true).find(|(_, one)| class(one) != Class::Blank).map_or(0, |(start, _)| start)
}

/// Returns the first byte of the last character.
pub(crate) fn last(text: &str) -> usize {
    floor(text, text.len())
}

fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.grapheme_indices(true).map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_stepped_through_as_in_vim() {
        let text = "GET /cart, 日本 200";
        let forth: Vec<usize> = std::iter::successors(Some(0), |at| next_word(text, *at)).collect();
        assert_eq!(forth, [0, 4, 5, 9, 11, 18]);
        let ends: Vec<usize> = std::iter::successors(word_end(text, 0), |at| word_end(text, *at)).collect();
        assert_eq!(ends, [2, 4, 8, 9, 14, 20]);
        let back: Vec<usize> = std::iter::successors(Some(20), |at| word_back(text, *at)).collect();
        assert_eq!(back, [20, 18, 11, 9, 5, 4, 0]);
    }

    #[test]
    fn a_double_click_takes_an_address_whole_and_leaves_brackets() {
        let text = "see (http://localhost:3000/a-b?c=1) now";
        assert_eq!(text.get(around(text, 10)), Some("http://localhost:3000/a-b?c=1"));
        assert_eq!(text.get(around(text, 4)), Some("("));
        assert_eq!(text.get(around(text, 3)), Some(" "));
        assert_eq!(around("", 3), 0..0);
    }

    #[test]
    fn columns_and_bytes_lead_to_each_other_also_with_wide_characters() {
        let text = "a日e\u{301}z";
        assert_eq!([0, 1, 2, 3, 4, 9].map(|column| at_column(text, column)), [0, 1, 1, 4, 7, 7]);
        assert_eq!([0, 1, 4, 7, 8].map(|byte| column(text, byte)), [0, 1, 3, 4, 5]);
        assert_eq!((floor(text, 2), behind(text, 2), before(text, 4), last(text)), (1, 4, 1, 7));
    }
}
