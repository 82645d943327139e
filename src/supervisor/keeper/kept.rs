//! One service's files, in good times and bad: what cannot be written is counted, tried again, and told once.

use std::time::{Duration, Instant};

use super::Teller;
use super::queue::{Batch, Word};
use crate::engine::{LogFile, Unwritten};
use crate::id::{RunId, ServiceId};
use crate::logs::{Happening, Stamp};

/// The pause between two attempts at files that cannot be written.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The files of one service.
pub(super) struct Kept {
    file: LogFile,
    failing: Option<Failing>,
    /// When and where the present run began.
    begun: Option<(Stamp, u64)>,
}

/// What is wrong with them.
struct Failing {
    /// Bytes that are in no file.
    missing: u64,
    try_again: Instant,
}

impl Kept {
    pub(super) fn new(file: LogFile) -> Self {
        Self { file, failing: None, begun: None }
    }

    /// Lets go of the files until there is more to write.
    pub(super) fn rest(&mut self) {
        self.file.rest();
    }

    /// Writes what has come together.
    pub(super) fn take(&mut self, batch: &mut Batch, teller: &Teller) {
        let (service, since) = (batch.service, batch.since);
        let mut done = 0;
        for (place, word) in batch.words.drain(..) {
            self.write(batch.bytes.get(done..place).unwrap_or_default(), service, since, teller);
            done = place;
            self.hear(word, service, since, teller);
        }
        self.write(batch.bytes.get(done..).unwrap_or_default(), service, since, teller);
    }

    fn hear(&mut self, word: Word, service: ServiceId, now: Stamp, teller: &Teller) {
        match word {
            Word::Begins => {
                let place = self.attempt(service, 0, teller, |file| file.ready(now));
                self.begun = place.map(|place| (now, place));
            }
            Word::Begun { run, pid } => {
                if let Some((at, place)) = self.begun {
                    self.file.note(Happening::Begin { run: run.number(), pid }, place, at);
                }
            }
            Word::Ended { run, exit, done } => {
                if self.begun.take().is_some() {
                    self.end(Happening::end(RunId::number(run), exit), service, now, teller);
                }
                // whoever waited may have lost patience
                let _nobody_waits = done.send(());
            }
        }
    }

    fn end(&mut self, what: Happening, service: ServiceId, now: Stamp, teller: &Teller) {
        if let Some(place) = self.attempt(service, 0, teller, |file| file.ready(now)) {
            self.file.note(what, place, now);
        }
    }

    fn write(&mut self, bytes: &[u8], service: ServiceId, now: Stamp, teller: &Teller) {
        if bytes.is_empty() {
            return;
        }
        let missing = self.failing.as_ref().map(|failing| failing.missing);
        let written = self.attempt(service, bytes.len(), teller, |file| file.append(bytes, now));
        if let (Some(missing @ 1..), Some(())) = (missing, written) {
            let place = self.file.end().saturating_sub(bytes.len() as u64);
            self.file.note(Happening::Lost { bytes: missing }, place, now);
        }
    }

    /// Tries something with the files that writes `count` bytes; keeps account of what is missing, and tells.
    fn attempt<T>(
        &mut self,
        service: ServiceId,
        count: usize,
        teller: &Teller,
        act: impl FnOnce(&mut LogFile) -> Result<T, Unwritten>,
    ) -> Option<T> {
        if let Some(failing) = &mut self.failing
            && Instant::now() < failing.try_again
        {
            failing.missing += count as u64;
            return None;
        }
        match act(&mut self.file) {
            Ok(done) => {
                if count > 0 {
                    self.recovered(service, teller);
                }
                Some(done)
            }
            Err(problem) => {
                if self.failing.is_none() {
                    teller.fails(service, &problem);
                }
                let before = self.failing.take().map_or(0, |failing| failing.missing);
                let missing = before + count.saturating_sub(problem.written) as u64;
                self.failing = Some(Failing { missing, try_again: Instant::now() + TRY_AGAIN });
                None
            }
        }
    }

    fn recovered(&mut self, service: ServiceId, teller: &Teller) {
        if let Some(Failing { missing, .. }) = self.failing.take() {
            teller.goes_on(service, missing);
        }
    }
}
