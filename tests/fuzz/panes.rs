//! The frame: drawn at any size, scrolled anywhere, of lines or of a screen, it holds nothing but text.

use fastrand::Rng;
use jiff::tz::TimeZone;
use procdash::config::Column;
use procdash::keys::Keymap;
use procdash::logs::{LogBuffer, Source, Stamp, Tone};
use procdash::screen::{Background, Screen, Size};
use procdash::ui::{Dashboard, Description, Still, Theme};
use ratatui::buffer::Buffer;

use crate::bytes::chunks;
use crate::rules::is_harmful;

/// Checks frames of this output.
pub(crate) fn check(rng: &mut Rng, bytes: &[u8]) {
    let mut log = LogBuffer::new(if rng.bool() { 64 << 10 } else { 8 << 20 });
    let mut screen = Screen::new(Size::new(rng.u16(1..200), rng.u16(1..60)), Background::Dark);
    let (columns, rows) =
        if rng.u8(..4) == 0 { (rng.u16(1..20), rng.u16(1..10)) } else { (rng.u16(20..220), rng.u16(4..70)) };
    let name = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
    let mut still = Still::new(dashboard(&name), &name, (columns, rows));
    for chunk in chunks(rng, bytes) {
        let source = if rng.u8(..3) == 0 { Source::Error } else { Source::Output };
        log.push(source, chunk, Stamp(5));
        screen.push(chunk);
        if rng.u8(..40) == 0 {
            still.wrap(rng.bool(), rng.usize(..300));
            still.scroll(rng.i64(-5000..5000));
            log.note(Tone::Bad, &String::from_utf8_lossy(chunk), Stamp(6));
            harmless(&still.draw(&log, None));
        }
    }
    harmless(&still.draw(&log, None));
    let picture = screen.picture(true);
    assert!(picture.is_some(), "the emulator has failed");
    harmless(&still.draw(&log, picture.as_ref()));
}

fn harmless(buffer: &Buffer) {
    for cell in &buffer.content {
        assert!(!cell.symbol().chars().any(is_harmful), "{:?}", cell.symbol());
    }
}

fn dashboard(name: &str) -> Dashboard {
    Dashboard {
        project: name.to_owned(),
        services: vec![Description { command: name.to_owned(), tty: true, ..Description::default() }],
        columns: vec![Column::State, Column::Cpu, Column::Memory, Column::Uptime],
        keymap: Keymap::new(&[]).unwrap(),
        theme: Theme::named("default", false).unwrap(),
        zone: TimeZone::UTC,
        browse: |_| Ok(()),
    }
}
