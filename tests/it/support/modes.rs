//! The modes that a terminal is in, read from everything it was sent: those that no screen shows, too.

use std::collections::BTreeSet;

/// Modes that differ from those of a terminal that was just opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modes {
    /// Private modes that are on and begin as off: the screen, the mouse, pasting, frames, cursor keys.
    on: BTreeSet<u16>,
    /// Private modes that are off and begin as on: the cursor, the wrapping of lines.
    off: BTreeSet<u16>,
    keypad: bool,
    /// How many keyboard flags were pushed and not popped.
    keyboard: i32,
    /// Whether letters have a colour or a weight.
    coloured: bool,
    /// Whether the text ends within a sequence.
    unfinished: bool,
}

/// Cursor visible, lines wrapped.
const ON_AT_FIRST: [u16; 2] = [25, 7];

impl Modes {
    /// Reads everything that a terminal was sent.
    pub(crate) fn after(raw: &[u8]) -> Self {
        let mut modes = Self::default();
        let mut rest = raw;
        while let Some(at) = rest.iter().position(|&byte| byte == 0x1b) {
            rest = &rest[at + 1..];
            match rest.first() {
                Some(b'=') => modes.keypad = true,
                Some(b'>') => modes.keypad = false,
                Some(b'[') => modes.control(&rest[1..]),
                Some(_) => {}
                None => modes.unfinished = true,
            }
        }
        modes
    }

    /// Whether the terminal is as a dashboard needs it.
    pub(crate) fn are_of_a_dashboard(&self) -> bool {
        [1049, 2004, 1002, 1006].iter().all(|mode| self.on.contains(mode)) && self.off.contains(&25)
    }

    fn control(&mut self, text: &[u8]) {
        // an escape within a sequence begins another one: what a killed program has begun, the next sequence ends
        let Some(end) = text.iter().position(|byte| (0x40..=0x7e).contains(byte) || *byte == 0x1b) else {
            self.unfinished = true;
            return;
        };
        let words = String::from_utf8_lossy(&text[..end]).into_owned();
        let numbers = || words[1..].split(';').filter_map(|word| word.parse::<u16>().ok());
        match (words.chars().next(), text[end]) {
            (Some('?'), b'h' | b'l') => numbers().for_each(|mode| self.set(mode, text[end] == b'h')),
            (Some('>'), b'u') => self.keyboard += 1,
            (Some('<'), b'u') => self.keyboard -= 1,
            (_, b'm') => self.coloured = !matches!(words.as_str(), "" | "0"),
            _ => {}
        }
    }

    fn set(&mut self, mode: u16, on: bool) {
        let begins_as_on = ON_AT_FIRST.contains(&mode);
        let differs = if begins_as_on { &mut self.off } else { &mut self.on };
        if on == begins_as_on {
            differs.remove(&mode);
        } else {
            differs.insert(mode);
        }
    }
}

mod tests {
    use super::*;

    const TAKEN: &str = "\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[?1002h\x1b[?1006h";

    #[test]
    fn what_was_taken_is_seen_and_what_was_given_back_is_gone() {
        assert!(Modes::after(TAKEN.as_bytes()).are_of_a_dashboard());
        let back = format!("{TAKEN}\x1b[31mred\x1b[?1006l\x1b[?1002;2004l\x1b[0m\x1b[?1049l\x1b[?25h");
        assert_eq!(Modes::after(back.as_bytes()), Modes::default());
    }

    #[test]
    fn each_thing_that_may_be_left_is_noticed() {
        for left in
            ["\x1b[?1049h", "\x1b[?25l", "\x1b[?1003h", "\x1b[?2026h", "\x1b[?1h", "\x1b=", "\x1b[>1u", "\x1b[1m"]
        {
            assert_ne!(Modes::after(left.as_bytes()), Modes::default(), "{left:?}");
        }
        for half in ["\x1b", "\x1b[?10"] {
            assert!(Modes::after(half.as_bytes()).unfinished, "{half:?}");
        }
    }

    #[test]
    fn a_sequence_that_was_cut_off_is_ended_by_the_next() {
        assert_eq!(Modes::after(b"\x1b[38;2;1\x1b[?2026l\x1b[0m"), Modes::default());
    }
}
