//! Plain output: every line with its service's name in front, for files, pipes and people who want no dashboard.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError, RwLock};

use tokio::sync::Notify;

use super::label::{labels, note, paint_note};
use crate::id::ServiceId;
use crate::logs::{Line, Source, Style, plain_text, read_line};
use crate::supervisor::Tap;

/// Prints every line as it arrives.
pub struct Plain<W> {
    output: Mutex<Output<W>>,
    labels: RwLock<Labels>,
    colours: bool,
}

/// What stands before the lines of each service.
struct Labels {
    names: Vec<String>,
    shown: Vec<String>,
}

struct Output<W> {
    writer: W,
    broken: Option<std::sync::Arc<Notify>>,
}

impl<W: Write + Send> Plain<W> {
    /// Prints to `writer`; `broken` is told once when that fails, and nothing is printed from then on.
    #[must_use]
    pub fn new(writer: W, names: &[&str], colours: bool, broken: std::sync::Arc<Notify>) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let labels = RwLock::new(Labels { shown: shown(&names, colours), names });
        Self { output: Mutex::new(Output { writer, broken: Some(broken) }), labels, colours }
    }

    fn text(&self, line: &Line<'_>) -> String {
        match line.source {
            Source::Output | Source::Error if self.colours => read_line(line.bytes, Style::default()).to_sgr(),
            Source::Output | Source::Error => plain_text(line.bytes),
            Source::Note(tone) => {
                let text = String::from_utf8_lossy(line.bytes);
                if self.colours { paint_note(tone, &text) } else { note(tone, &text) }
            }
        }
    }

    fn attempt(&self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        if output.broken.is_none() {
            return;
        }
        if write(&mut output.writer).is_err() {
            // whoever read this is gone, as in `procdash up | head`
            if let Some(broken) = output.broken.take() {
                broken.notify_one();
            }
        }
    }
}

impl<W: Write + Send> Tap for Plain<W> {
    fn line(&self, service: ServiceId, line: &Line<'_>) {
        let text = self.text(line);
        let labels = self.labels.read().unwrap_or_else(PoisonError::into_inner);
        let label = labels.shown.get(service.index()).map_or("", String::as_str);
        self.attempt(|writer| writeln!(writer, "{label}{text}"));
    }

    fn joined(&self, service: ServiceId, name: &str) {
        let mut labels = self.labels.write().unwrap_or_else(PoisonError::into_inner);
        labels.names.resize(service.index(), String::new());
        labels.names.push(name.to_owned());
        labels.shown = shown(&labels.names, self.colours);
    }

    fn flush(&self) {
        self.attempt(Write::flush);
    }
}

fn shown(names: &[String], colours: bool) -> Vec<String> {
    labels(&names.iter().map(String::as_str).collect::<Vec<_>>(), colours)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::logs::{Stamp, Tone};

    fn line(source: Source, bytes: &[u8]) -> Line<'_> {
        Line { number: 0, at: Stamp(0), order: 0, source, bytes, complete: true }
    }

    fn printed(colours: bool, lines: &[(u32, Line<'_>)]) -> String {
        let plain = Plain::new(Vec::new(), &["db", "worker"], colours, Arc::new(Notify::new()));
        for (service, line) in lines {
            plain.line(ServiceId::new(*service), line);
        }
        let bytes = plain.output.into_inner().expect("no writer panicked").writer;
        String::from_utf8(bytes).expect("plain output is UTF-8")
    }

    #[test]
    fn names_are_aligned_and_escapes_do_not_get_through() {
        let lines = [
            (0, line(Source::Output, b"\x1b[31mred\x1b[0m \x1b]0;title\x07ok")),
            (1, line(Source::Note(Tone::Bad), b"exited")),
        ];
        assert_eq!(printed(false, &lines), "db     | red ok\nworker | ✗ exited\n");
    }

    #[test]
    fn with_colours_only_colours_get_through() {
        let text = printed(true, &[(0, line(Source::Output, b"\x1b[31mred\x1b[?1049h\x1b]52;c;eA==\x07"))]);
        assert!(text.contains("\x1b[") && text.contains("red"), "{text:?}");
        assert!(!text.contains("1049") && !text.contains("\x1b]"), "{text:?}");
    }
}
