//! Streams of output, shown by procdash and by tmux: character by character, with colours, attributes and the cursor.
//!
//! What tmux shows is stored in `tests/corpus/tmux`, so that the comparison needs no tmux. To record it anew, with the
//! table in `docs/terminal.md`: `PROCDASH_CORPUS=new cargo test --test it corpus`.

mod cells;
mod streams;
mod tmux;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use procdash::logs::{LogBuffer, Source, Stamp, Style, read_line};
use procdash::screen::{Background, Screen, Size};

use cells::{Row, Shown};
use streams::{STREAMS, Stream};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/tmux")
}

fn file(stream: &Stream) -> PathBuf {
    let name: String = stream.name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    folder().join(name + ".txt")
}

fn is_recording() -> bool {
    env::var_os("PROCDASH_CORPUS").is_some_and(|value| value == "new")
}

/// A part of a stream, and the size that the screen gets behind it.
type Step = (Vec<u8>, Option<(u16, u16)>);

/// Cuts a stream where the size changes.
fn steps(stream: &Stream) -> Vec<Step> {
    let Ok(text) = std::str::from_utf8(stream.bytes) else { return vec![(stream.bytes.to_vec(), None)] };
    let mut parts = text.split('⟦');
    let mut steps = vec![(parts.next().unwrap_or_default().as_bytes().to_vec(), None)];
    for part in parts {
        let (size, bytes) = part.split_once('⟧').unwrap();
        let (columns, rows) = size.split_once('x').unwrap();
        steps.last_mut().unwrap().1 = Some((columns.parse().unwrap(), rows.parse().unwrap()));
        steps.push((bytes.as_bytes().to_vec(), None));
    }
    steps
}

/// What our emulator shows, and the lines of our log.
fn ours(stream: &Stream) -> Shown {
    let (columns, rows) = stream.size;
    let mut screen = Screen::new(Size::new(columns, rows), Background::Dark);
    for (bytes, size) in steps(stream) {
        screen.push(&bytes);
        // somebody looks, as somebody does in tmux
        screen.picture(true).unwrap();
        if let Some((columns, rows)) = size {
            screen.resize(Size::new(columns, rows));
        }
    }
    let picture = screen.picture(true).unwrap();
    let mut log = LogBuffer::new(1 << 20);
    log.push(Source::Output, stream.bytes, Stamp(0));
    let read = |(line, style): (procdash::logs::Line<'_>, Style)| cells::of_runs(&read_line(line.bytes, style).runs);
    let lines = if stream.lines { log.styled_lines(0).map(read).collect() } else { Vec::new() };
    Shown {
        cursor: picture.cursor.map(|cursor| (cursor.column, cursor.row)),
        rows: picture.rows.iter().map(|row| cells::of_glyphs(row)).collect(),
        lines,
    }
    .trimmed()
}

#[test]
fn every_stream_of_the_corpus_is_shown_as_tmux_shows_it_but_for_what_is_explained() {
    assert!(STREAMS.len() >= 60);
    if is_recording() {
        record();
    }
    let mut wrong = String::new();
    for stream in STREAMS {
        let stored = fs::read_to_string(file(stream)).unwrap_or_else(|_| panic!("{} was not recorded", stream.name));
        let (theirs, ours) = (Shown::read(&stored), ours(stream));
        let difference = theirs.difference(&ours);
        match (difference, stream.differs) {
            (None, Some(_)) => writeln!(wrong, "{}: is said to differ, and does not", stream.name).unwrap(),
            (Some(difference), None) => writeln!(wrong, "{}: {difference}", stream.name).unwrap(),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_document_says_what_differs_from_tmux() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/terminal.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- corpus -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- end -->").unwrap();
    let expected = document();
    if is_recording() {
        fs::write(path, format!("{before}<!-- corpus -->\n{expected}<!-- end -->{after}")).unwrap();
    } else {
        assert_eq!(table, expected, "record it anew: PROCDASH_CORPUS=new cargo test --test it corpus");
    }
}

fn skipped() {
    let _nobody_reads = writeln!(std::io::stderr(), "skipped: there is no tmux on this machine");
}

fn document() -> String {
    let different: Vec<&Stream> = STREAMS.iter().filter(|stream| stream.differs.is_some()).collect();
    let lines = STREAMS.iter().filter(|stream| stream.lines).count();
    let mut text = format!(
        "{} streams; {} are shown as in tmux, cell by cell, and of {lines} the lines of the log as well. {} differ:\n\n\
         | stream | why |\n|---|---|\n",
        STREAMS.len(),
        STREAMS.len() - different.len(),
        different.len()
    );
    for stream in different {
        writeln!(text, "| {} | {} |", stream.name, stream.differs.unwrap_or_default()).unwrap();
    }
    text
}

/// Asks the tmux of this machine, and stores what it shows.
fn record() {
    let Some(tmux) = tmux::Server::start() else {
        skipped();
        return;
    };
    fs::create_dir_all(folder()).unwrap();
    for stream in STREAMS {
        let shown = tmux.show(stream.size, &steps(stream), stream.lines);
        fs::write(file(stream), shown.trimmed().write()).unwrap();
    }
}

/// The stored pictures are those of the tmux that is here, if one is: a sample, since all take a while.
#[test]
fn what_is_stored_is_what_the_tmux_of_this_machine_shows() {
    let Some(tmux) = tmux::Server::start() else {
        skipped();
        return;
    };
    for stream in STREAMS.iter().step_by(9) {
        let shown = tmux.show(stream.size, &steps(stream), stream.lines).trimmed();
        let stored = fs::read_to_string(file(stream)).unwrap();
        assert_eq!(shown.difference(&Shown::read(&stored)), None, "{}", stream.name);
        assert_eq!(Row::new(), Shown::read(&stored).rows.pop().filter(Row::is_empty).unwrap_or_default());
    }
}
