//! The emulator: however the output was cut and whenever somebody looked, it shows and answers the same.

use fastrand::Rng;
use procdash::screen::{Background, Picture, Screen, Size};
use unicode_width::UnicodeWidthStr as _;

use crate::bytes::chunks;
use crate::rules::is_harmful;

/// More answers than this to one piece of output are let go of.
const ANSWERS: usize = 4096;

/// Checks the same output fed in three ways, and one more with changes of the size in between.
pub(crate) fn check(rng: &mut Rng, bytes: &[u8]) {
    let (columns, rows) = size(rng);
    let mut ways = Vec::new();
    for way in 0..3 {
        let mut screen = Screen::new(Size::new(columns, rows), Background::Dark);
        let mut answers = Vec::new();
        let all = if way == 0 { vec![bytes] } else { chunks(rng, bytes) };
        for chunk in all {
            answers.extend(screen.push(chunk));
            if way == 2 && rng.u8(..8) == 0 {
                harmless(&screen.picture(true).unwrap(), columns.clamp(2, 1000));
            }
        }
        assert!(!screen.has_failed(), "the emulator has failed");
        // what an unfinished update sets holds once it was drawn
        let before = screen.unfinished_update().is_none().then(|| screen.modes());
        let picture = screen.picture(true).unwrap();
        let (modes, used) = (screen.modes(), screen.is_in_use());
        assert!(before.is_none_or(|before| before == modes), "a look changes the modes");
        ways.push((picture, answers, modes, used));
    }
    harmless(&ways[0].0, columns.clamp(2, 1000));
    if is_greedy(bytes) {
        return;
    }
    let has_room = ways[0].1.len() < ANSWERS - 100;
    for other in &ways[1..] {
        assert_eq!(ways[0].2, other.2, "the modes depend on how the output was cut");
        assert_eq!(ways[0].3, other.3, "whether it draws a screen depends on how the output was cut");
        assert!(
            !has_room || ways[0].1 == other.1,
            "the answers depend on how the output was cut: {}",
            difference(&ways[0].1, &other.1)
        );
        same(&ways[0].0, &other.0);
    }
    sizes(rng, bytes);
}

/// Shows the answers from a little before the place from which on they differ.
fn difference(one: &[u8], other: &[u8]) -> String {
    let place = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| {
        let from = place.saturating_sub(20);
        bytes[from..].chunks(100).next().unwrap_or_default().escape_ascii().to_string()
    };
    format!("{} and {} bytes, from {place}\n{}\n--\n{}", one.len(), other.len(), shown(one), shown(other))
}

fn size(rng: &mut Rng) -> (u16, u16) {
    match rng.u8(..8) {
        0 => (rng.u16(0..4), rng.u16(0..4)),
        1 => (rng.u16(1..300), rng.u16(1..100)),
        _ => (rng.u16(2..100), rng.u16(1..40)),
    }
}

/// Sizes change while it prints: nothing fails, nothing stands outside.
fn sizes(rng: &mut Rng, bytes: &[u8]) {
    let mut screen = Screen::new(Size::new(80, 24), Background::Light);
    for chunk in chunks(rng, bytes) {
        screen.push(chunk);
        if rng.u8(..20) == 0 {
            let (columns, rows) = size(rng);
            screen.resize(Size::new(columns, rows));
            harmless(&screen.picture(rng.bool()).unwrap(), columns.clamp(2, 1000));
        }
    }
    assert!(!screen.has_failed(), "the emulator has failed");
}

fn harmless(picture: &Picture, columns: u16) {
    assert!(!picture.title.chars().any(is_harmful), "title {:?}", picture.title);
    for row in &picture.rows {
        let mut column = 0;
        for glyph in row {
            assert!(!glyph.text.chars().any(is_harmful), "{glyph:?}");
            assert!(glyph.column >= column && glyph.column + glyph.width <= columns, "{glyph:?}");
            assert_eq!(glyph.text.width(), usize::from(glyph.width), "{glyph:?}");
            column = glyph.column + glyph.width;
        }
    }
}

fn same(one: &Picture, other: &Picture) {
    if one == other {
        return;
    }
    let place = one.rows.iter().zip(&other.rows).position(|(row, other)| row != other);
    panic!(
        "the picture depends on how the output was cut; row {place:?}, cursors {:?} {:?}, titles {:?} {:?}\n{}\n--\n{}",
        one.cursor,
        other.cursor,
        one.title,
        other.title,
        one.lines().join("\n"),
        other.lines().join("\n")
    );
}

/// Whether it may ask for a letter so often that it is cut off, which happens piece by piece: a number may have controls
/// amid its digits.
fn is_greedy(bytes: &[u8]) -> bool {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'b').map(|(place, _)| place);
    ends.into_iter().any(|end| {
        let parameters = bytes[..end].iter().rev().take_while(|byte| !matches!(byte, 0x40..=0x7e));
        parameters.into_iter().any(u8::is_ascii_digit)
    })
}
