//! Waits for a line in what a service prints, beside the way that the bytes take.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::Scene;
use crate::logs::{Pattern, Snapshot, Source, Style, plain_text, shown_part};

/// The pause between two looks at a log that grows, so that a flood is not looked at for each of its pieces.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until the run has printed a line that `pattern` finds, be it before or after this is called.
pub(super) async fn wait_for(scene: &Scene, pattern: &Pattern) {
    let mut outputs = scene.outputs.clone();
    let mut from = scene.log_from;
    loop {
        for output in &mut outputs {
            output.mark_unchanged();
        }
        // the log is held for the copy alone, never while the pattern is looked for
        let Some((snapshot, settled)) = scene.tools.logs.lock(scene.service).map(|log| (log.snapshot(), log.settled()))
        else {
            return std::future::pending().await;
        };
        let pattern = pattern.clone();
        let look = spawn_blocking(move || has_line(&snapshot, from, &pattern));
        if look.await.unwrap_or(false) {
            return;
        }
        from = settled;
        has_grown(&mut outputs).await;
        sleep(PAUSE).await;
    }
}

/// Waits until one of at most two outputs has brought something.
async fn has_grown(outputs: &mut [watch::Receiver<bool>]) {
    match outputs {
        [one] => brings(one).await,
        [one, other] => tokio::select! {
            () = brings(one) => {}
            () = brings(other) => {}
        },
        _ => std::future::pending().await,
    }
}

async fn brings(output: &mut watch::Receiver<bool>) {
    if output.changed().await.is_err() {
        // nothing more will come of it
        std::future::pending::<()>().await;
    }
}

/// Whether the service has printed such a line at `from` or behind it; an unfinished one counts as it stands.
fn has_line(snapshot: &Snapshot, from: u64, pattern: &Pattern) -> bool {
    let lines = snapshot.lines_back().take_while(|line| line.number >= from);
    let mut printed = lines.filter(|line| !matches!(line.source, Source::Note(_)));
    printed.any(|line| {
        let is_plain = line.bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
        if is_plain {
            return pattern.find(line.bytes).next().is_some();
        }
        let (shown, _) = shown_part(line.bytes, Style::default());
        pattern.find(plain_text(shown).as_bytes()).next().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{LogBuffer, Stamp, Tone};

    #[test]
    fn a_line_is_found_by_what_it_shows_from_the_begin_of_the_run_on_and_never_a_note() {
        let mut log = LogBuffer::new(1 << 20);
        let at = Stamp(0);
        log.push(Source::Output, b"listening on 1\n", at);
        let from = log.settled();
        let finds = |log: &LogBuffer, text: &str| has_line(&log.snapshot(), from, &Pattern::new(text).expect("is one"));
        log.begin_run("run 2 · echo listening on", at);
        assert!(!finds(&log, "listening on"), "the run before and procdash's own words do not count");
        log.push(Source::Output, b"\x1b[32mListening\x1b[0m on \x1b[1mhttp://localhost:3", at);
        assert!(finds(&log, "listening on http"), "an unfinished line, without its colours");
        assert!(!finds(&log, "listening on$"));
        log.note(Tone::Calm, "a note", at);
        log.push(Source::Error, b"up\n", at);
        assert!(finds(&log, "^up$"), "the standard error counts as well");
        assert!(!finds(&log, "a note"));
    }
}
