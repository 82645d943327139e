//! Keeps what services print in files: one thread that writes, and a bounded queue before it for each service.

mod kept;
mod queue;
mod recent;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{broadcast, oneshot};
use tokio::time::timeout;

use self::kept::Kept;
use self::queue::{Queue, Word};
use self::recent::Recent;
use super::log_store::now;
use super::{Event, LogStore};
use crate::config::Config;
use crate::engine::{Bell, LogFile, Unwritten, explain, log_folder, logs_open_at_once};
use crate::id::{RunId, ServiceId};
use crate::logs::{Rotation, Tone};
use crate::process::Exit;

/// How long the last bytes of a run may take to get into their file: a disk that hangs must not hold up an end.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// A handle to the thread that writes log files; clones share it, and it ends when the last one is dropped.
///
/// What is handed over waits in a queue of 256 KiB a service. When that is full the service is not read, so that it
/// waits as for a slow terminal: no byte is dropped, and nobody else waits for it. Bytes are dropped, counted and told
/// only where the files cannot be written at all.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Nothing, where no files are kept.
    shared: Option<Arc<Shared>>,
}

/// What the handles share; its end is the thread's end.
#[derive(Debug)]
struct Shared {
    queue: Arc<Queue>,
    teller: Arc<Teller>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

impl Keeper {
    /// Starts the thread, if the project's file wants its logs kept; `bell` is rung when a full queue has room again.
    ///
    /// # Errors
    /// When the system is out of threads.
    pub fn start(config: &Config, logs: LogStore, bell: Bell) -> io::Result<Self> {
        let settings = &config.settings.logs;
        if !settings.enabled {
            return Ok(Self { shared: None });
        }
        let Some(folder) = log_folder(config) else {
            tracing::warn!(
                "logs are not kept in files: there is no home to keep them in; set `dir` in `[settings.logs]`, or XDG_STATE_HOME"
            );
            return Ok(Self { shared: None });
        };
        let rotation = Rotation { max_size: settings.max_size, max_files: settings.max_files };
        let kept =
            |service: &crate::config::Service| Kept::new(LogFile::new(&folder, &config.root, &service.name, rotation));
        let mut files: Vec<Kept> = config.services.iter().map(kept).collect();
        let names = config.services.iter().map(|service| service.name.clone()).collect();
        let teller = Arc::new(Teller { logs, names, told: Mutex::new(Told { events: None, failing: 0 }) });
        let queue = Arc::new(Queue::new(config.services.len(), bell));
        let shared = Shared { queue: Arc::clone(&queue), teller: Arc::clone(&teller) };
        thread::Builder::new().name("procdash-keeper".into()).spawn(move || {
            let mut recent = Recent::new(logs_open_at_once());
            while let Some(mut batch) = queue.take(now) {
                let service = batch.service;
                if let Some(kept) = files.get_mut(service.index()) {
                    kept.take(&mut batch, &teller);
                }
                if let Some(kept) = recent.note(service).and_then(|quiet| files.get_mut(quiet.index())) {
                    kept.rest();
                }
                queue.give_back(batch);
            }
        })?;
        Ok(Self { shared: Some(Arc::new(shared)) })
    }

    /// Tells from now on through `events` when files cannot be written, and when they can again.
    pub(super) fn tell(&self, events: broadcast::Sender<Event>) {
        if let Some(shared) = &self.shared {
            shared.teller.told().events = Some(events);
        }
    }

    /// Whether more of this service's bytes can be taken; if not, the bell is rung once they can.
    #[must_use]
    pub fn has_room(&self, service: ServiceId) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.queue.has_room(service))
    }

    /// Takes what a service has printed. Never waits.
    pub fn keep(&self, service: ServiceId, bytes: &[u8]) {
        if let Some(shared) = &self.shared {
            shared.queue.push(service, bytes, now());
        }
    }

    /// Notes that what follows belongs to another run.
    pub(super) fn begin(&self, service: ServiceId) {
        self.say(service, Word::Begins);
    }

    /// Notes which run that is.
    pub(super) fn begun(&self, service: ServiceId, run: RunId, pid: u32) {
        self.say(service, Word::Begun { run, pid });
    }

    /// Notes that a run is over, and waits until all of it is written, or a moment for a disk that does not answer.
    pub async fn end(&self, service: ServiceId, run: RunId, exit: Option<Exit>) {
        let (done, is_done) = oneshot::channel();
        if self.shared.is_none() {
            return;
        }
        self.say(service, Word::Ended { run, exit, done });
        if timeout(LAST_WRITE, is_done).await.is_err() {
            tracing::warn!(%service, "the disk does not take the last of its output in time");
        }
    }

    fn say(&self, service: ServiceId, word: Word) {
        if let Some(shared) = &self.shared {
            shared.queue.say(service, word, now());
        }
    }
}

/// Says what becomes of the files: once in the log of each service, and once for all.
#[derive(Debug)]
struct Teller {
    logs: LogStore,
    names: Vec<String>,
    told: Mutex<Told>,
}

#[derive(Debug)]
struct Told {
    events: Option<broadcast::Sender<Event>>,
    /// How many services' files cannot be written.
    failing: usize,
}

impl Teller {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fails(&self, service: ServiceId, problem: &Unwritten) {
        let why = format!("{}: {}", problem.path.display(), explain(&problem.source));
        self.logs.note(service, Tone::Bad, &format!("what it prints is not kept: {why}"));
        let mut told = self.told();
        told.failing += 1;
        if told.failing == 1 {
            let name = self.names.get(service.index()).map_or("", String::as_str);
            told.emit(Tone::Bad, format!("what {name} prints is not kept: {why}"));
        }
    }

    fn goes_on(&self, service: ServiceId, missing: u64) {
        let note = format!("what it prints is kept again; {} in its file", missing_bytes(missing));
        self.logs.note(service, Tone::Calm, &note);
        let mut told = self.told();
        told.failing = told.failing.saturating_sub(1);
        if told.failing == 0 {
            told.emit(Tone::Good, "what services print is kept again".to_owned());
        }
    }
}

impl Told {
    fn emit(&self, tone: Tone, sentence: String) {
        match tone {
            Tone::Bad => tracing::warn!("{sentence}"),
            Tone::Calm | Tone::Good => tracing::info!("{sentence}"),
        }
        if let Some(events) = &self.events {
            // without a listener there is nobody to tell
            let _nobody_listens = events.send(Event::Keeping { tone, sentence });
        }
    }
}

fn missing_bytes(count: u64) -> String {
    match count {
        0 => "nothing is missing".to_owned(),
        1 => "1 byte is missing".to_owned(),
        count => format!("{count} bytes are missing"),
    }
}
