//! How items are printed: as they are, safe and coloured, stripped, or as JSON.

use std::collections::HashMap;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::label::{note, paint_note};
use super::super::{label, remote::print_json};
use super::stream::{Item, What};
use crate::logs::{Happening, Stamp, Style, Tone, plain_text, read_line, shown_part};
use crate::process::Exit;

/// What is made of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing: they are printed as they are.
    Raw,
    /// Text and colours, and nothing else that a terminal obeys.
    Coloured,
    /// Text.
    Stripped,
    /// An object for each line.
    Json,
}

/// Prints items of several services.
pub(super) struct Printer<'a> {
    names: &'a [String],
    labels: Vec<String>,
    form: Form,
    /// The style with which the next line of each service begins.
    styles: HashMap<usize, Style>,
    zone: TimeZone,
}

/// A line as JSON.
#[derive(Serialize)]
struct Row<'a> {
    service: &'a str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(flatten)]
    event: Option<&'a Happening>,
}

impl<'a> Printer<'a> {
    /// Prints with the names before the lines, if it is `labelled`.
    pub(super) fn new(names: &'a [String], form: Form, labelled: bool, colours: bool) -> Self {
        let short: Vec<&str> = names.iter().map(String::as_str).collect();
        let labels = if labelled { label::labels(&short, colours && form == Form::Coloured) } else { Vec::new() };
        Self { names, labels, form, styles: HashMap::new(), zone: TimeZone::system() }
    }

    /// Prints an item of the service with this number; without one, what was printed before is brought out.
    pub(super) fn print(&mut self, out: &mut dyn Write, number: usize, item: Option<Item>) -> io::Result<()> {
        let Some(Item { at, what }) = item else { return out.flush() };
        if self.form == Form::Json {
            return self.print_row(out, number, at, &what);
        }
        let label = self.labels.get(number).map_or("", String::as_str);
        match what {
            What::Line(bytes) if self.form == Form::Raw => {
                out.write_all(&bytes)?;
                if bytes.ends_with(b"\n") { Ok(()) } else { out.write_all(b"\n") }
            }
            What::Happened(_) | What::Skipped(_) if self.form == Form::Raw => Ok(()),
            What::Line(bytes) => {
                let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                let style = self.styles.entry(number).or_default();
                let (shown, begin) = shown_part(line, *style);
                let read = read_line(shown, begin);
                *style = read.end;
                let text = if self.form == Form::Coloured { read.to_sgr() } else { read.text() };
                writeln!(out, "{label}{text}")
            }
            What::Happened(happening) => {
                self.styles.remove(&number);
                let Some((tone, text)) = self.words(&happening, at) else { return Ok(()) };
                writeln!(out, "{label}{}", self.note(tone, &text))
            }
            What::Skipped(bytes) => {
                let text = format!("{bytes} bytes were let go of before they could be read");
                writeln!(out, "{label}{}", self.note(Tone::Bad, &text))
            }
        }
    }

    fn note(&self, tone: Tone, text: &str) -> String {
        if self.form == Form::Coloured { paint_note(tone, text) } else { note(tone, text) }
    }

    fn print_row(&self, out: &mut dyn Write, number: usize, at: Stamp, what: &What) -> io::Result<()> {
        let (line, event) = match what {
            What::Line(bytes) => {
                let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                (Some(plain_text(shown_part(line, Style::default()).0)), None)
            }
            What::Happened(happening) => (None, Some(happening)),
            What::Skipped(bytes) => (None, Some(&Happening::Lost { bytes: *bytes })),
        };
        let service = self.names.get(number).map_or("", String::as_str);
        print_json(out, &Row { service, at: moment(at), line, event })
    }

    /// Says what happened as a line of procdash's own.
    fn words(&self, happening: &Happening, at: Stamp) -> Option<(Tone, String)> {
        let time = moment(at).to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        Some(match *happening {
            Happening::File => return None,
            Happening::Begin { run, pid } => (Tone::Calm, format!("run {run} · pid {pid} · {time}")),
            Happening::End { code: Some(0), .. } => (Tone::Good, format!("exited with code 0 · {time}")),
            Happening::End { code: Some(code), .. } => (Tone::Bad, format!("{} · {time}", Exit::Code(code))),
            Happening::End { signal: Some(number), .. } => {
                (Tone::Bad, format!("{} · {time}", Exit::Signal { number, core_dumped: false }))
            }
            Happening::End { code: None, signal: None, .. } => (Tone::Calm, format!("ended · {time}")),
            Happening::Lost { bytes } => (Tone::Bad, format!("{bytes} bytes are missing here · {time}")),
        })
    }
}

fn moment(at: Stamp) -> Timestamp {
    i64::try_from(at.0).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[u8] = b"\x1b[31mred\x1b]0;title\x07\x1b[2J 10%\r\x1b[31mred  99%\n";

    fn printed(form: Form, items: Vec<(usize, What)>) -> String {
        let names = ["db".to_owned(), "worker".to_owned()];
        let mut printer = Printer::new(&names, form, form != Form::Raw, true);
        let mut out = Vec::new();
        for (number, what) in items {
            printer.print(&mut out, number, Some(Item { at: Stamp(0), what })).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn colours_go_on_to_the_next_line_and_nothing_else_gets_through() {
        let lines = || vec![(0, What::Line(HOSTILE.to_vec())), (0, What::Line(b"on\n".to_vec()))];
        let coloured = printed(Form::Coloured, lines());
        assert!(coloured.contains("\x1b[0;31mred  99%") && coloured.contains("\x1b[0;31mon"), "{coloured:?}");
        assert!(!coloured.contains("title") && !coloured.contains("[2J"), "{coloured:?}");
        assert_eq!(printed(Form::Stripped, lines()), "db     | red  99%\ndb     | on\n");
        assert_eq!(printed(Form::Raw, lines()).as_bytes(), [HOSTILE, b"on\n"].concat());
    }

    #[test]
    fn the_next_run_inherits_no_colour_and_json_is_an_object_a_line() {
        let begin = What::Happened(Happening::Begin { run: 2, pid: 7 });
        let items = vec![(1, What::Line(HOSTILE.to_vec())), (1, begin), (1, What::Line(b"on\n".to_vec()))];
        let text = printed(Form::Coloured, items);
        assert!(text.ends_with("│\x1b[0m on\n") && text.contains("run 2 · pid 7"), "{text:?}");
        let items = vec![(0, What::Line(HOSTILE.to_vec())), (1, What::Happened(Happening::Lost { bytes: 5 }))];
        let rows = printed(Form::Json, items);
        let expected = "{\"service\":\"db\",\"at\":\"1970-01-01T00:00:00Z\",\"line\":\"red  99%\"}\n\
                        {\"service\":\"worker\",\"at\":\"1970-01-01T00:00:00Z\",\"event\":\"lost\",\"bytes\":5}\n";
        assert_eq!(rows, expected);
    }
}
