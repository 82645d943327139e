//! Where an escape sequence ends, and whether it can mean anything within one line.

pub(super) const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// An escape sequence, without the bytes that make it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape<'a> {
    /// A control sequence (CSI) of the standard's own: its parameters and the letter that says what it does.
    Control { parameters: &'a [u8], last: u8 },
    /// Any other, or one that was broken off: it has no meaning within a line.
    Ignored,
    /// The bytes end before it does.
    Unfinished,
}

/// Reads the sequence at the start of `bytes` and returns it with its length.
///
/// The bytes start with ESC or with a C1 control (U+0080 to U+009F), which is a short form of ESC and a letter.
pub(super) fn read(bytes: &[u8]) -> (Escape<'_>, usize) {
    let (second, body) = match bytes {
        [ESCAPE] | [] => return (Escape::Unfinished, bytes.len()),
        [ESCAPE, second, body @ ..] => (*second, body),
        [0xc2, c1 @ 0x80..=0x9f, body @ ..] => (c1 - 0x40, body),
        _ => return (Escape::Ignored, 1),
    };
    let (escape, length) = match second {
        b'[' => control(body),
        b']' => string(body, true),
        b'P' | b'X' | b'^' | b'_' => string(body, false),
        0x20..=0x2f => with_intermediates(body),
        0x30..=0x7e => (Escape::Ignored, 0),
        // whatever this byte is, it is not part of a sequence
        _ => return (Escape::Ignored, 1),
    };
    (escape, 2 + length)
}

/// Splits the parameters of a control sequence.
pub(super) fn parameters(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b';')
}

/// Reads one parameter; `None` when it is left out or is no number. Numbers beyond any use end at the largest.
pub(super) fn number(parameter: &[u8]) -> Option<u16> {
    let mut digits = parameter.iter().map(|byte| byte.is_ascii_digit().then(|| u16::from(byte - b'0')));
    let first = digits.next()??;
    digits.try_fold(first, |sum, digit| Some(sum.saturating_mul(10).saturating_add(digit?)))
}

fn control(body: &[u8]) -> (Escape<'_>, usize) {
    let parameters = body.iter().take_while(|byte| matches!(byte, 0x30..=0x3f)).count();
    let (parameters, behind) = body.split_at(parameters);
    let intermediates = behind.iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
    let length = parameters.len() + intermediates;
    match behind.get(intermediates) {
        None => (Escape::Unfinished, length),
        Some(last @ 0x40..=0x7e) => {
            // `<`, `=`, `>` and `?` mark sequences of a terminal's own, whose letters mean other things
            let is_private = parameters.first().is_some_and(|byte| matches!(byte, 0x3c..=0x3f));
            let escape = if is_private || intermediates > 0 {
                Escape::Ignored
            } else {
                Escape::Control { parameters, last: *last }
            };
            (escape, length + 1)
        }
        Some(_) => (Escape::Ignored, length),
    }
}

/// Reads a string (a title, a link, a picture): up to ST, or BEL where that is allowed; ESC and CAN break it off.
fn string(body: &[u8], ends_with_bell: bool) -> (Escape<'_>, usize) {
    for (place, byte) in body.iter().enumerate() {
        let next = || body.get(place + 1);
        match byte {
            &BELL if ends_with_bell => return (Escape::Ignored, place + 1),
            &ESCAPE => {
                return match next() {
                    None => (Escape::Unfinished, place + 1),
                    Some(b'\\') => (Escape::Ignored, place + 2),
                    Some(_) => (Escape::Ignored, place),
                };
            }
            0xc2 if next() == Some(&0x9c) => return (Escape::Ignored, place + 2),
            0x18 | 0x1a => return (Escape::Ignored, place + 1),
            _ => {}
        }
    }
    (Escape::Unfinished, body.len())
}

fn with_intermediates(body: &[u8]) -> (Escape<'_>, usize) {
    let intermediates = body.iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
    match body.get(intermediates) {
        None => (Escape::Unfinished, intermediates),
        Some(0x30..=0x7e) => (Escape::Ignored, intermediates + 1),
        Some(_) => (Escape::Ignored, intermediates),
    }
}
