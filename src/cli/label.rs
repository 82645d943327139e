//! What stands before a line of one of several services, and how a line of procdash's own begins.

use unicode_width::UnicodeWidthStr as _;

use crate::logs::Tone;

/// Colours for names, in turn: the palette's cyan, yellow, green, magenta, blue, and their bright twins.
const NAME_COLOURS: [u8; 10] = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
/// The widest name that others are aligned to.
const NAME_COLUMNS: usize = 24;

/// Returns what stands before the lines of each of these services.
pub(super) fn labels(names: &[&str], colours: bool) -> Vec<String> {
    let columns = names.iter().map(|name| name.width()).max().unwrap_or(0).min(NAME_COLUMNS);
    let label = |(place, name): (usize, &&str)| {
        let pad = " ".repeat(columns.saturating_sub(name.width()));
        match NAME_COLOURS.get(place % NAME_COLOURS.len()).filter(|_| colours) {
            Some(colour) => format!("\x1b[{colour}m{name}{pad} │\x1b[0m "),
            None => format!("{name}{pad} | "),
        }
    };
    names.iter().enumerate().map(label).collect()
}

/// Returns a line of procdash's own with the sign before it.
pub(super) fn note(tone: Tone, text: &str) -> String {
    format!("{} {text}", look(tone).1)
}

/// Returns the same in its colour.
pub(super) fn paint_note(tone: Tone, text: &str) -> String {
    let (colour, sign) = look(tone);
    format!("\x1b[{colour}m{sign} {text}\x1b[0m")
}

fn look(tone: Tone) -> (u8, &'static str) {
    match tone {
        Tone::Calm => (2, "─"),
        Tone::Good => (32, "✓"),
        Tone::Bad => (31, "✗"),
    }
}
