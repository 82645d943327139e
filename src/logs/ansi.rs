//! Turns the bytes of one line into styled text, and drops every escape sequence that is not about the line itself.

use memchr::memrchr;

use super::canvas::Canvas;
use super::carry::{outside_sequence, style_after};
use super::parts::{Part, parts};
use super::style::{Run, Style};

/// So much at the end of a line that redraws itself is shown.
const REDRAWN: usize = 16 * 1024;

/// A line ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyledLine {
    /// Its parts from left to right.
    pub runs: Vec<Run>,
    /// The style at its end, with which the next line begins.
    pub end: Style,
}

impl StyledLine {
    /// Returns the text without any style.
    #[must_use]
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// Returns the text with its style as SGR sequences: nothing else that a terminal obeys, and reset at the end.
    #[must_use]
    pub fn to_sgr(&self) -> String {
        let mut out = String::new();
        let mut is_styled = false;
        for run in &self.runs {
            let is_plain = run.style == Style::default();
            if is_styled || !is_plain {
                run.style.write_sgr(&mut out);
            }
            is_styled = !is_plain;
            out.push_str(&run.text);
        }
        if is_styled {
            Style::default().write_sgr(&mut out);
        }
        out
    }
}

/// Reads one line as a terminal would show it once it is complete.
///
/// Whatever the bytes are, the text holds no control characters and nothing that changes the direction of writing.
#[must_use]
pub fn read_line(bytes: &[u8], start: Style) -> StyledLine {
    read_from(bytes, start, 0)
}

/// Reads a part of a line that has no motions: what stands behind `column` columns.
#[must_use]
pub fn read_from(bytes: &[u8], start: Style, column: usize) -> StyledLine {
    let mut canvas = Canvas::behind(column);
    let mut style = start;
    for (_, part) in parts(bytes) {
        match part {
            Part::Text(text) => canvas.print(text, style),
            Part::Tab => canvas.tab(),
            Part::Style(parameters) => style.apply(parameters),
            Part::Motion(motion) => canvas.obey(motion),
            Part::Nothing => {}
        }
    }
    StyledLine { runs: canvas.into_runs(), end: style }
}

/// Returns the text of a line as a terminal would show it, without any style.
#[must_use]
pub fn plain_text(bytes: &[u8]) -> String {
    let mut texts = read_line(bytes, Style::default()).runs.into_iter().map(|run| run.text);
    let mut text = texts.next().unwrap_or_default();
    text.extend(texts);
    text
}

/// Returns the part of a line that is shown, and the style that it begins with: the whole, unless the line is long and
/// redraws itself, as a progress bar does for hours.
///
/// Of such a line the last redraws are enough: what they wrote stands over what was there before.
#[must_use]
pub fn shown_part(bytes: &[u8], start: Style) -> (&[u8], Style) {
    let returns = bytes.iter().rev().take_while(|byte| **byte == b'\r').count();
    let line = bytes.get(..bytes.len() - returns).unwrap_or(bytes);
    let Some(window) = line.len().checked_sub(REDRAWN).filter(|place| *place > 0) else { return (bytes, start) };
    let window = outside_sequence(line, window);
    let last = line.get(window..).unwrap_or_default();
    let first_motion = parts(last).find(|(_, part)| matches!(part, Part::Motion(_)));
    let cut = match first_motion {
        Some((place, _)) => window + place,
        // the last return may be a byte of a title
        None => match memrchr(b'\r', line.get(..window).unwrap_or_default()) {
            Some(place) if outside_sequence(line, place) == place => place + 1,
            Some(_) | None => return (bytes, start),
        },
    };
    let (before, shown) = line.split_at(cut);
    (shown, style_after(before, start))
}

#[cfg(test)]
mod tests;
