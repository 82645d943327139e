//! What a service's sequences say about it: whether it draws a screen, whether it asks, what can be skipped. Pure.

use memchr::memchr_iter;

use super::sequences::{Found, numbers};

/// So many moves of the cursor make a screen of what could be one odd line.
const MOVES: u32 = 2;

/// What one sequence means for who passes it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It colours or edits the line it stands in.
    InLine,
    /// It changes what lasts: nothing before it can be left out.
    Lasting,
    /// A synchronised update begins: until its end the screen is not to be looked at.
    FrameBegins,
    /// It ends.
    FrameEnds,
    /// The service waits for an answer that the emulator gives.
    Asks,
    /// The emulator does not know these.
    Special(Vec<Special>),
}

/// What has to be done beside the emulator, at exactly this place of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// The other screen without saving the cursor (modes 47 and 1047), or back.
    Alternate(bool),
    /// Save the cursor (mode 1048), or restore it.
    Cursor(bool),
    /// The oldest of the mouse's modes: presses only.
    ClicksOnly(bool),
    /// The mouse in decimal numbers (mode 1015).
    DecimalMouse(bool),
    /// Everything as at the start.
    Reset,
    /// Modes as at the start, the text stays.
    SoftReset,
    /// Who are you?
    Version,
    /// Where is the cursor? In the form with a question mark.
    ExtendedCursor,
    /// Which unit are you?
    Unit,
    /// How is this set?
    Setting(Setting),
    /// What does your terminfo entry say?
    Entry,
}

/// A setting that can be asked for (DECRQSS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// The cursor's shape.
    Cursor,
    /// Colours and attributes.
    Attributes,
    /// The rows between which it scrolls.
    Region,
    /// Anything else.
    Unknown,
}

impl Setting {
    /// Reads what is asked for.
    fn read(body: &[u8]) -> Self {
        match body {
            b" q" => Self::Cursor,
            b"m" => Self::Attributes,
            b"r" => Self::Region,
            _ => Self::Unknown,
        }
    }
}

/// What the sequences so far say.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    alternate: bool,
    mouse: Vec<u16>,
    region: bool,
    /// Modes in which text does not simply flow on: no wrapping, inserting.
    unusual: Vec<u16>,
    moves: u32,
    lines_since_move: usize,
    /// The sequence before, if nothing stands between.
    before: Before,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    Home,
    Erase,
}

impl Watch {
    /// Whether the service draws a screen rather than lines, on a terminal of so many rows.
    pub(super) fn is_in_use(&self) -> bool {
        self.alternate || self.region || !self.mouse.is_empty() || self.moves >= MOVES
    }

    /// Whether text of many lines leaves nothing but its last lines on the screen.
    pub(super) fn flows(&self) -> bool {
        !self.region && self.unusual.is_empty()
    }

    /// Takes in what stands between two sequences.
    pub(super) fn pass(&mut self, text: &[u8], rows: usize) {
        if !self.is_calm() {
            self.lines(memchr_iter(b'\n', text).count(), rows);
        }
    }

    /// Whether nothing has to be counted in what stands between sequences.
    pub(super) fn is_calm(&self) -> bool {
        self.moves == 0
    }

    /// Takes in colours, with text between them that has not to be counted.
    pub(super) fn skip(&mut self) {
        self.before = Before::Other;
    }

    /// Takes in that so many lines have ended: a service that prints lines again has stopped drawing.
    fn lines(&mut self, count: usize, rows: usize) {
        self.lines_since_move = self.lines_since_move.saturating_add(count);
        if self.lines_since_move > 2 * rows {
            self.moves = 0;
        }
    }

    /// Takes in one sequence; `adjoins` says that nothing stands between it and the one before.
    pub(super) fn see(&mut self, found: &Found<'_>, adjoins: bool, rows: usize) -> Meaning {
        let before = if adjoins { self.before } else { Before::Other };
        self.before = Before::Other;
        match *found {
            Found::Escape { intermediate, last } => self.escape(intermediate, last),
            Found::Control { body, last } => {
                let private = body.first().copied().filter(|byte| matches!(byte, 0x3c..=0x3f));
                let intermediate = body.last().copied().filter(|byte| matches!(byte, 0x20..=0x2f));
                match (private, intermediate) {
                    (None, None) => self.control(body, last, before, rows),
                    (None, Some(b'!')) if last == b'p' => {
                        (self.region, self.unusual) = (false, Vec::new());
                        Meaning::Special(vec![Special::SoftReset])
                    }
                    (Some(b'?'), None) => self.private(body, last),
                    (Some(b'>'), None) if last == b'q' => Meaning::Special(vec![Special::Version]),
                    (Some(b'='), None) if last == b'c' => Meaning::Special(vec![Special::Unit]),
                    (Some(b'>'), None) if last == b'c' => Meaning::Asks,
                    (_, Some(b'$')) if last == b'p' => Meaning::Asks,
                    _ => Meaning::Lasting,
                }
            }
            Found::Text { opener: b']', body } if has_question(body) => Meaning::Asks,
            Found::Text { opener: b'P', body: [b'$', b'q', setting @ ..] } => {
                Meaning::Special(vec![Special::Setting(Setting::read(setting))])
            }
            Found::Text { opener: b'P', body: [b'+', b'q', ..] } => Meaning::Special(vec![Special::Entry]),
            Found::Text { .. } | Found::TooLong | Found::TooLongEnds => Meaning::Lasting,
        }
    }

    fn escape(&mut self, intermediate: Option<u8>, last: u8) -> Meaning {
        match (intermediate, last) {
            (None, b'\\') => Meaning::InLine,
            (None, b'c') => {
                *self = Self::default();
                Meaning::Special(vec![Special::Reset])
            }
            (None, b'M') => {
                self.moved();
                Meaning::Lasting
            }
            (None, b'Z') => Meaning::Asks,
            _ => Meaning::Lasting,
        }
    }

    fn control(&mut self, body: &[u8], last: u8, before: Before, rows: usize) -> Meaning {
        let first = || numbers(body).next().unwrap_or(0);
        match last {
            b'm' | b'K' | b'G' | b'C' | b'D' | b'a' | b'`' => return Meaning::InLine,
            b'n' | b'c' => return Meaning::Asks,
            b't' if matches!(first(), 14 | 18) => return Meaning::Asks,
            b'H' | b'f' => {
                let is_home = numbers(body).take(2).all(|number| number <= 1);
                // home beside an erasing is how a page is begun, which lines can show as well
                if is_home && before == Before::Erase {
                    return Meaning::Lasting;
                }
                self.moved();
                self.before = if is_home { Before::Home } else { Before::Other };
            }
            b'J' => {
                if before == Before::Home {
                    self.moves = self.moves.saturating_sub(1);
                }
                self.before = Before::Erase;
            }
            b'A' | b'F' | b'L' | b'M' | b'S' | b'T' | b'd' | b'B' | b'E' => self.moved(),
            b'r' => {
                let mut ends = numbers(body);
                let (top, bottom) = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
                self.region = top > 1 || (bottom > 0 && usize::from(bottom) < rows);
            }
            b'h' | b'l' => {
                for mode in numbers(body).filter(|mode| *mode == 4) {
                    set(&mut self.unusual, mode, last == b'h');
                }
            }
            _ => {}
        }
        Meaning::Lasting
    }

    fn private(&mut self, body: &[u8], last: u8) -> Meaning {
        let on = match last {
            b'h' => true,
            b'l' => false,
            b'n' => return Meaning::Special(vec![Special::ExtendedCursor]),
            b'c' => return Meaning::Asks,
            _ => return Meaning::Lasting,
        };
        let mut specials = Vec::new();
        let mut frame = false;
        for mode in numbers(body) {
            match mode {
                47 | 1047 | 1049 => {
                    self.alternate = on;
                    // what was moved about on one screen says nothing about the other
                    self.moves = 0;
                }
                9 | 1000 | 1002 | 1003 => set(&mut self.mouse, mode, on),
                // wrapping is usual, so its end is what is not
                7 => set(&mut self.unusual, 1000 + mode, !on),
                _ => {}
            }
            match mode {
                47 | 1047 => specials.push(Special::Alternate(on)),
                1048 => specials.push(Special::Cursor(on)),
                9 => specials.push(Special::ClicksOnly(on)),
                1015 => specials.push(Special::DecimalMouse(on)),
                2026 => frame = true,
                _ => {}
            }
        }
        match (specials.is_empty(), frame, on) {
            (false, _, _) => Meaning::Special(specials),
            (true, true, true) => Meaning::FrameBegins,
            (true, true, false) => Meaning::FrameEnds,
            (true, false, _) => Meaning::Lasting,
        }
    }

    fn moved(&mut self) {
        self.moves = self.moves.saturating_add(1);
        self.lines_since_move = 0;
    }
}

/// Adds `mode` to those that are set, or takes it away.
fn set(modes: &mut Vec<u16>, mode: u16, on: bool) {
    modes.retain(|other| *other != mode);
    if on {
        modes.push(mode);
    }
}

/// Whether an operating system command asks for a value: one of its parameters is a question mark.
///
/// Controls amid it are left out, as emulators do.
fn has_question(body: &[u8]) -> bool {
    let mut parameters = body.split(|byte| *byte == b';').skip(1);
    parameters.any(|parameter| parameter.iter().filter(|byte| **byte >= b' ').eq(b"?"))
}

#[cfg(test)]
mod tests {
    use super::super::sequences::Scanner;
    use super::*;

    fn watch(bytes: &[u8]) -> Watch {
        let (mut scanner, mut watch) = (Scanner::default(), Watch::default());
        let (mut at, mut end) = (0, 0);
        while let Some(found) = scanner.next(bytes, &mut at) {
            // a sequence without text before it begins where the last one ended
            let adjoins = bytes[end] == 0x1b && memchr::memrchr(0x1b, &bytes[end..at]) == Some(0);
            watch.see(&found, adjoins, 24);
            end = at;
        }
        watch
    }

    #[test]
    fn a_screen_is_the_other_screen_the_mouse_a_region_or_moves_of_the_cursor() {
        for drawing in [
            "\x1b[?1049h",
            "\x1b[?47h",
            "\x1b[?1;1047h",
            "\x1b[?1000h",
            "\x1b[?9h",
            "\x1b[?1003;1006h",
            "\x1b[3;20r",
            "\x1b[1;10r",
            "\x1b[5;5Hx\x1b[6;5Hy",
            "\x1b[3A\x1b[2K\x1b[3B",
            "\x1bM\x1bM",
            "\x1b[Hone\x1b[Htwo",
        ] {
            assert!(watch(drawing.as_bytes()).is_in_use(), "{drawing:?}");
        }
    }

    #[test]
    fn lines_their_colours_their_progress_bars_and_a_page_that_begins_are_no_screen() {
        for printing in [
            "plain\r\n",
            "\x1b[32mINFO\x1b[0m \x1b[38;5;9mred\x1b[m",
            "\r 10%\x1b[K\r 20%\x1b[K",
            "\x1b[1G\x1b[2K50%\x1b[10C\x1b[3D",
            "\x1b[H\x1b[2J\x1b[3Jwatching",
            "\x1b[2J\x1b[3J\x1b[Hwatching\x1b[2J\x1b[3J\x1b[Hagain",
            "\x1b[1;1H\x1b[0Jpage\x1b[1;1H\x1b[0Jpage\x1b[1;1H\x1b[0Jpage",
            "\x1bc",
            "\x1b]0;title\x07",
            "\x1b[?2004h\x1b[?25l\x1b[?1h\x1b=",
            "\x1b[1;24r\x1b[r",
            "\x1b[6n\x1b[c",
            "one move\x1b[A",
        ] {
            assert!(!watch(printing.as_bytes()).is_in_use(), "{printing:?}");
        }
    }

    #[test]
    fn a_screen_ends_with_what_made_it_one() {
        for over in [
            "\x1b[?1049h\x1b[5;5Hvim\x1b[6;6H\x1b[?1049l",
            "\x1b[?1002h\x1b[?1002l",
            "\x1b[3;20r\x1b[r",
            "\x1b[?1049h\x1b[?1000h\x1b[2;3rx\x1bc",
            "\x1b[2;3rx\x1b[!p",
        ] {
            assert!(!watch(over.as_bytes()).is_in_use(), "{over:?}");
        }
        let mut drawing = watch(b"\x1b[5A\x1b[5B");
        drawing.lines(48, 24);
        assert!(drawing.is_in_use(), "two pages of lines could still be the drawing");
        drawing.lines(1, 24);
        assert!(!drawing.is_in_use());
    }

    #[test]
    fn a_question_is_told_from_what_only_lasts() {
        let mut watch = Watch::default();
        let mut meaning = |bytes: &[u8]| {
            let mut scanner = Scanner::default();
            watch.see(&scanner.next(bytes, &mut 0).unwrap(), false, 24)
        };
        for question in [
            "\x1b[6n",
            "\x1b[5n",
            "\x1b[c",
            "\x1b[0c",
            "\x1b[>c",
            "\x1b[>0c",
            "\x1b[?2026$p",
            "\x1b[4$p",
            "\x1b[18t",
            "\x1b]10;?\x07",
            "\x1b]11;?\x1b\\",
            "\x1b]4;1;?\x07",
            "\x1b]4;1;?;2;red\x07",
            "\x1b]11;\x0b?\x0c\x1b\\",
            "\x1bZ",
        ] {
            assert_eq!(meaning(question.as_bytes()), Meaning::Asks, "{question:?}");
        }
        assert_eq!(meaning(b"\x1b[>q"), Meaning::Special(vec![Special::Version]));
        assert_eq!(meaning(b"\x1b[>0q"), Meaning::Special(vec![Special::Version]));
        assert_eq!(meaning(b"\x1b[?6n"), Meaning::Special(vec![Special::ExtendedCursor]));
        assert_eq!(meaning(b"\x1bP+q544e\x1b\\"), Meaning::Special(vec![Special::Entry]));
        assert_eq!(meaning(b"\x1b]0;?\x07"), Meaning::Asks, "a question too many is only looked at too early");
        assert_eq!(meaning(b"\x1b]8;;https://example.org/?q=1\x07"), Meaning::Lasting);
        assert_eq!(meaning(b"\x1b[31m"), Meaning::InLine);
        assert_eq!(meaning(b"\x1b[?25l"), Meaning::Lasting);
        assert_eq!(meaning(b"\x1b[?2026h"), Meaning::FrameBegins);
    }
}
