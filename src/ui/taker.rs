//! Takes selected text, or a whole log, to where it is wanted: on threads of their own, for either may be large.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::clipboard;
use super::model::Notice;
use super::selection::{Caret, Extent, Selecting, Store, whole};
use super::text;
use super::text_file::{self, Target};
use crate::logs::{Snapshot, Tone};

/// Reports that wait for the screen; when it is full their threads wait.
const WAITING: usize = 8;
/// More is not handed to a clipboard.
const MOST: usize = 32 << 20;
/// More than a log holds is not written to a file.
const MOST_IN_FILE: usize = 1 << 30;

/// Programs that have refused: it is told once.
static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Where text is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// To the clipboards.
    Clipboard,
    /// Into a file.
    File(Target),
}

/// What is to be taken where.
#[derive(Debug)]
pub(crate) struct Errand {
    /// The lines.
    pub(crate) store: Store,
    /// Which part of them.
    pub(crate) extent: Extent,
    /// Where to.
    pub(crate) to: Destination,
    /// What was selected, for when it comes to nothing.
    pub(crate) selecting: Option<Box<Selecting>>,
}

/// What has come of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// What is to be written to the terminal.
    pub(crate) sequence: Vec<u8>,
    /// What to say.
    pub(crate) notice: Option<Notice>,
    /// What is still selected, because it came to nothing.
    pub(crate) again: Option<Box<Selecting>>,
}

/// Sends threads on errands.
#[derive(Debug)]
pub(crate) struct Taker {
    reports: mpsc::Sender<Taken>,
    turns: Arc<Turns>,
}

/// Tells the newest copy from those that a later one has overtaken: what was copied last is what a clipboard holds.
#[derive(Clone, Debug)]
struct Turn {
    number: u64,
    turns: Arc<Turns>,
}

#[derive(Debug, Default)]
struct Turns {
    newest: AtomicU64,
    /// Held by the threads while they report, and never by the loop that hears them.
    reporting: Mutex<()>,
}

impl Turn {
    fn next(turns: &Arc<Turns>) -> Self {
        Self { number: turns.newest.fetch_add(1, Ordering::SeqCst) + 1, turns: Arc::clone(turns) }
    }

    /// Does something unless a later copy has begun, which waits until that is done.
    fn unless_overtaken(&self, deed: impl FnOnce()) {
        let _reporting = self.turns.reporting.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_overtaken() {
            deed();
        }
    }

    fn is_overtaken(&self) -> bool {
        self.turns.newest.load(Ordering::SeqCst) != self.number
    }
}

impl Taker {
    /// Returns a taker, and what it will report.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Taken>) {
        let (reports, reported) = mpsc::channel(WAITING);
        (Self { reports, turns: Arc::default() }, reported)
    }

    /// Takes selected text to where it is wanted.
    pub(crate) fn take(&self, errand: Errand) {
        let (reports, turn) = (self.reports.clone(), Turn::next(&self.turns));
        tokio::task::spawn_blocking(move || {
            let report = |taken| {
                // the screen may have gone meanwhile
                reports.blocking_send(taken).unwrap_or_default();
            };
            match errand.to.clone() {
                Destination::Clipboard => copy(errand, &turn, report),
                Destination::File(target) => report(file(errand, &target)),
            }
        });
    }

    /// Copies a text of one line that was not selected, such as a link.
    pub(crate) fn copy(&self, text: &str) {
        let extent = Extent { from: Caret::default(), to: Caret { line: 0, byte: text.len() } };
        let store = Store::Rows(vec![text.to_owned()]);
        self.take(Errand { store, extent, to: Destination::Clipboard, selecting: None });
    }

    /// Writes a whole log to a file.
    pub(crate) fn save(&self, snapshot: Snapshot, raw: bool, target: Target) {
        let reports = self.reports.clone();
        tokio::task::spawn_blocking(move || {
            let (bytes, lines) = whole(&snapshot, raw);
            drop(snapshot);
            reports.blocking_send(Taken::said(written(&target, &bytes, lines))).unwrap_or_default();
        });
    }
}

impl Taken {
    /// Says that there was no text.
    pub(crate) fn nothing() -> Self {
        Self::said((Tone::Calm, "nothing to copy: there is no text".to_owned()))
    }

    fn said((tone, text): (Tone, String)) -> Self {
        Self { notice: Some(Notice { tone, text }), ..Self::default() }
    }
}

fn copy(errand: Errand, turn: &Turn, report: impl Fn(Taken)) {
    let taken = errand.store.take(errand.extent, MOST);
    let sequence = (!taken.is_too_much).then(|| clipboard::sequence(&taken.text)).flatten();
    let selecting = errand.selecting;
    // who copies a link wants to know which
    let amount =
        if selecting.is_some() { amount(taken.lines, taken.text.len()) } else { taken.text.trim_end().to_owned() };
    if taken.is_too_much {
        let text = "that is more than 32 MB, too much for a clipboard; write it to a file instead".to_owned();
        report(Taken { again: selecting, ..Taken::said((Tone::Bad, text)) });
        return;
    }
    if taken.text.is_empty() {
        report(Taken::nothing());
        return;
    }
    let was_sent = sequence.is_some();
    if let Some(sequence) = sequence {
        let sent = format!("copied {amount} · sent to the terminal's clipboard");
        turn.unless_overtaken(|| report(Taken { sequence, ..Taken::said((Tone::Calm, sent)) }));
    }
    if turn.is_overtaken() {
        return;
    }
    let offered = clipboard::offer(&taken.text);
    let takers: Vec<&str> = offered.iter().filter(|(_, problem)| problem.is_none()).map(|(name, _)| *name).collect();
    let refused = offered.iter().find_map(|(name, problem)| Some((*name, problem.as_ref()?)));
    let news = refused.filter(|(name, _)| TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(name));
    match (was_sent, takers.is_empty(), news) {
        (_, false, _) => report(Taken::said((Tone::Calm, format!("copied {amount} · by {}", takers.join(" and "))))),
        (true, true, Some((name, problem))) => {
            let text = format!("copied {amount} · sent to the terminal's clipboard, but not to {name}: {problem}");
            report(Taken::said((Tone::Bad, text)));
        }
        (true, true, None) => {}
        (false, true, _) => {
            let text = format!("{amount} is more than a terminal's clipboard takes; write it to a file instead");
            report(Taken { again: selecting, ..Taken::said((Tone::Bad, text)) });
        }
    }
}

fn file(errand: Errand, target: &Target) -> Taken {
    let taken = errand.store.take(errand.extent, MOST_IN_FILE);
    let bytes = [taken.text.as_bytes(), b"\n"].concat();
    let said = written(target, &bytes, taken.lines);
    let again = errand.selecting.filter(|_| said.0 == Tone::Bad);
    Taken { again, ..Taken::said(said) }
}

fn written(target: &Target, bytes: &[u8], lines: u64) -> (Tone, String) {
    match text_file::write(target, bytes) {
        Ok(path) => (Tone::Calm, format!("{} written to {}", amount(lines, bytes.len()), path.display())),
        Err(problem) => (Tone::Bad, problem),
    }
}

/// Says how much it is: `12 lines, 1.2 KB`.
fn amount(lines: u64, bytes: usize) -> String {
    let plural = if lines == 1 { "" } else { "s" };
    format!("{} line{plural}, {}", text::count(lines), size(bytes))
}

fn size(bytes: usize) -> String {
    let tenths = |unit: usize| bytes.saturating_mul(10) / unit;
    match bytes {
        1 => "1 byte".to_owned(),
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{}.{} KB", tenths(1000) / 10, tenths(1000) % 10),
        _ => format!("{}.{} MB", tenths(1_000_000) / 10, tenths(1_000_000) % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::selection::{By, Kind, Move};

    fn errand(rows: Vec<String>, to: Destination) -> Errand {
        let last = rows.len() as u64 - 1;
        let extent = Extent { from: Caret::default(), to: Caret { line: last, byte: usize::MAX } };
        let selecting = Selecting::new(Kind::Lines, By::Keys, true, Move::Begin);
        Errand { store: Store::Rows(rows), extent, to, selecting: Some(Box::new(selecting)) }
    }

    fn copied(rows: Vec<String>) -> Taken {
        let said = std::cell::RefCell::default();
        let turn = Turn::next(&Arc::default());
        copy(errand(rows, Destination::Clipboard), &turn, |taken| *said.borrow_mut() = taken);
        said.into_inner()
    }

    #[test]
    fn what_is_copied_is_counted_and_only_said_to_be_sent() {
        let taken = copied(vec!["one".to_owned(), "two  ".to_owned()]);
        assert_eq!(taken.sequence, clipboard::sequence("one\ntwo").unwrap());
        assert_eq!(taken.notice.unwrap().text, "copied 2 lines, 7 bytes · sent to the terminal's clipboard");
        assert!(taken.again.is_none());
    }

    #[test]
    fn a_copy_that_a_later_one_has_overtaken_is_not_sent() {
        let turns = Arc::default();
        let (first, second) = (Turn::next(&turns), Turn::next(&turns));
        let mut sent = Vec::new();
        second.unless_overtaken(|| sent.push(2));
        first.unless_overtaken(|| sent.push(1));
        assert_eq!((sent, first.is_overtaken(), second.is_overtaken()), (vec![2], true, false));
    }

    #[test]
    fn too_much_stays_selected_with_the_way_out_named() {
        let taken = copied(vec!["x".repeat(1_000_000)]);
        assert!(taken.sequence.is_empty() && taken.again.is_some());
        let told = "1 line, 1.0 MB is more than a terminal's clipboard takes; write it to a file instead";
        assert_eq!(taken.notice.unwrap().text, told);
    }

    #[test]
    fn a_file_that_cannot_be_written_keeps_the_selection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").display().to_string();
        let target = Target { path: path.clone(), replace: false };
        let row = || vec!["text".to_owned()];
        let taken = file(errand(row(), Destination::File(target.clone())), &target);
        assert_eq!(taken.notice.unwrap().text, format!("1 line, 5 bytes written to {path}"));
        assert!(file(errand(row(), Destination::File(target.clone())), &target).again.is_some());
    }

    #[test]
    fn amounts_have_the_units_of_files() {
        assert_eq!(
            [0, 999, 1000, 1234, 999_999, 1_250_000].map(size),
            ["0 bytes", "999 bytes", "1.0 KB", "1.2 KB", "999.9 KB", "1.2 MB"]
        );
    }
}
