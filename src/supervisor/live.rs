//! A service's terminal while a run lasts: what it shows, what it is asked, what is typed into it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::Notify;

use super::per_service::PerService;
use crate::engine::Terminal;
use crate::id::ServiceId;
use crate::screen::{Background, Modes, Picture, Screen, Size};

/// What may wait to be typed into a terminal that is not read: a long paste. More is refused, and told; nobody waits for room.
const WAITING: usize = 256 * 1024;
/// A synchronised update that takes longer than this is shown as it stands.
const UPDATE: Duration = Duration::from_millis(150);
/// The pauses between two tries to type on: from the first, which doubles, to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(320));

/// Why something was not typed, to be put behind the service's name.
#[derive(Debug, Error)]
pub(crate) enum NotTyped {
    #[error("does not read its terminal; what was typed last is let go of")]
    NotRead,
    #[error("cannot be typed to: {0}")]
    Refused(io::Error),
}

/// What a screen was like when it was looked at; equal ones look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    terminal: u64,
    version: u64,
}

/// What a look at a screen has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The service prints lines; they say more.
    Lines,
    /// What was seen before.
    Same,
    /// Something else.
    New {
        /// What is to be seen.
        picture: Picture,
        /// As of when; `None` while the service is in the middle of an update, which is worth another look soon.
        as_of: Option<AsOf>,
    },
}

/// The terminal of one run.
pub struct Live {
    /// Which of all terminals it is.
    number: u64,
    terminal: Terminal,
    screen: Mutex<Drawn>,
    waiting: Mutex<VecDeque<u8>>,
    has_waiting: Notify,
}

struct Drawn {
    screen: Screen,
    /// Which update has not ended, and since when that is known.
    update_since: Option<(u64, Instant)>,
    failure_is_told: bool,
}

impl Live {
    fn new(number: u64, terminal: Terminal, screen: Screen) -> Self {
        Self {
            number,
            terminal,
            screen: Mutex::new(Drawn { screen, update_since: None, failure_is_told: false }),
            waiting: Mutex::new(VecDeque::new()),
            has_waiting: Notify::new(),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        // the emulator catches its own panics; whatever else fails leaves a screen that can be looked at
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is to be seen, if it is not what was `seen` before; lines are preferred where the service draws
    /// nothing else, unless the screen is `wanted`.
    #[must_use]
    pub fn look(&self, wanted: bool, seen: Option<AsOf>) -> Look {
        let mut drawn = self.drawn();
        if !(wanted || drawn.screen.is_in_use()) {
            return Look::Lines;
        }
        let update = drawn.screen.unfinished_update();
        let known = drawn.update_since.filter(|(number, _)| update == Some(*number));
        drawn.update_since = known.or_else(|| Some((update?, Instant::now())));
        let takes_long = drawn.update_since.is_some_and(|(_, since)| since.elapsed() >= UPDATE);
        let as_of = AsOf { terminal: self.number, version: drawn.screen.version() };
        let is_settled = update.is_none() || takes_long;
        if is_settled && seen == Some(as_of) {
            return Look::Same;
        }
        match drawn.screen.picture(takes_long) {
            Some(picture) => Look::New { picture, as_of: is_settled.then_some(as_of) },
            None => Look::Lines,
        }
    }

    /// Whether the service draws a screen rather than lines.
    #[must_use]
    pub fn draws(&self) -> bool {
        self.drawn().screen.is_in_use()
    }

    /// Returns how the service wants its input.
    #[must_use]
    pub fn modes(&self) -> Modes {
        self.drawn().screen.modes()
    }

    /// Takes what the service has printed, and answers what it asks; returns `true` the first time that nothing of it
    /// can be shown any more.
    pub(crate) fn print(&self, bytes: &[u8]) -> bool {
        let mut drawn = self.drawn();
        let answers = drawn.screen.push(bytes);
        let has_failed = drawn.screen.has_failed();
        let is_told = std::mem::replace(&mut drawn.failure_is_told, has_failed);
        drop(drawn);
        if !answers.is_empty()
            && let Err(lost) = self.type_bytes(&answers)
        {
            tracing::debug!(%lost, "an answer of the terminal was lost");
        }
        has_failed && !is_told
    }

    /// Tells the terminal its size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        self.drawn().screen.resize(Size::new(columns, rows));
        self.terminal.resize(columns, rows)
    }

    /// Types `bytes` behind all that was typed before, now or as soon as the service reads.
    pub(crate) fn type_bytes(&self, bytes: &[u8]) -> Result<(), NotTyped> {
        let mut waiting = self.waiting();
        if waiting.len() + bytes.len() > WAITING {
            return Err(NotTyped::NotRead);
        }
        let taken = if waiting.is_empty() { self.terminal.type_bytes(bytes).map_err(NotTyped::Refused)? } else { 0 };
        waiting.extend(bytes.get(taken..).unwrap_or_default());
        if !waiting.is_empty() {
            self.has_waiting.notify_one();
        }
        Ok(())
    }

    /// Goes on typing what waits, as the service reads it; never returns.
    pub(crate) async fn type_on(terminal: Option<Arc<Self>>) {
        let Some(live) = terminal else { return std::future::pending().await };
        let (first, last) = PAUSES;
        let mut pause = first;
        loop {
            match live.type_waiting() {
                Progress::Done => {
                    live.has_waiting.notified().await;
                    pause = first;
                }
                Progress::Some => {
                    pause = first;
                    tokio::time::sleep(pause).await;
                }
                Progress::None => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(last);
                }
            }
        }
    }

    fn type_waiting(&self) -> Progress {
        let mut waiting = self.waiting();
        let (front, _) = waiting.as_slices();
        if front.is_empty() {
            return Progress::Done;
        }
        match self.terminal.type_bytes(front) {
            Ok(0) => Progress::None,
            Ok(count) => {
                waiting.drain(..count);
                Progress::Some
            }
            Err(error) => {
                tracing::debug!(%error, "what waited to be typed is let go of");
                waiting.clear();
                Progress::Done
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Progress {
    Done,
    Some,
    None,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("number", &self.number).field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

/// The terminals of all services; clones share them.
#[derive(Clone, Debug)]
pub struct Screens {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    background: Background,
    /// How many terminals there have been.
    count: AtomicU64,
    lives: PerService<Mutex<Option<Arc<Live>>>>,
}

impl Screens {
    /// Makes room for the terminals of `services` services, in front of this background.
    #[must_use]
    pub fn new(services: usize, background: Background) -> Self {
        let lives = PerService::new((0..services).map(|_| Mutex::new(None)));
        Self { shared: Arc::new(Shared { background, count: AtomicU64::new(0), lives }) }
    }

    /// Makes room for the terminal of a service that has come to the others.
    pub(super) fn join(&self, service: ServiceId) {
        self.shared.lives.put(service.index(), Mutex::new(None));
    }

    fn place(&self, service: ServiceId) -> Option<MutexGuard<'_, Option<Arc<Live>>>> {
        let place = self.shared.lives.get(service.index())?;
        Some(place.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the terminal of a service's present run; `None` where nothing runs, or it has pipes.
    #[must_use]
    pub fn live(&self, service: ServiceId) -> Option<Arc<Live>> {
        self.place(service)?.clone()
    }

    /// Makes a new run's terminal the service's.
    pub(crate) fn begin(&self, service: ServiceId, terminal: Terminal, (columns, rows): (u16, u16)) -> Arc<Live> {
        let screen = Screen::new(Size::new(columns, rows), self.shared.background);
        let number = self.shared.count.fetch_add(1, Ordering::Relaxed);
        let live = Arc::new(Live::new(number, terminal, screen));
        if let Some(mut place) = self.place(service) {
            *place = Some(Arc::clone(&live));
        }
        live
    }

    /// Forgets the terminal of a service whose run is over.
    pub(crate) fn end(&self, service: ServiceId) {
        if let Some(mut place) = self.place(service) {
            *place = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> (Live, std::os::fd::OwnedFd) {
        let (terminal, service) = Terminal::open(20, 6).unwrap();
        let screen = Screen::new(Size::new(20, 6), Background::Dark);
        (Live::new(0, terminal, screen), service)
    }

    /// Makes the terminal hand on every byte, as a full-screen program does.
    fn raw(service: &std::os::fd::OwnedFd) {
        let mut settings = rustix::termios::tcgetattr(service).unwrap();
        settings.make_raw();
        rustix::termios::tcsetattr(service, rustix::termios::OptionalActions::Now, &settings).unwrap();
    }

    #[test]
    fn a_question_is_answered_into_the_terminal_and_a_look_shows_lines_until_a_screen_is_drawn() {
        let (live, service) = live();
        raw(&service);
        assert!(!live.print(b"\x1b[2;3H\x1b[6n"));
        let mut bytes = [0; 32];
        let count = rustix::io::read(&service, &mut bytes).unwrap();
        assert_eq!(&bytes[..count], b"\x1b[2;3R");
        assert_eq!(live.look(false, None), Look::Lines);
        live.print(b"\x1b[?1049hhello");
        let Look::New { picture, as_of } = live.look(false, None) else { panic!("nothing new") };
        assert_eq!(picture.lines()[1].trim(), "hello");
        assert_eq!(live.look(false, as_of), Look::Same);
        live.print(b"!");
        assert_ne!(live.look(false, as_of), Look::Same);
    }

    #[test]
    fn an_update_that_does_not_end_is_shown_after_a_moment() {
        let (live, _service) = live();
        live.print(b"\x1b[?1049hold\x1b[?2026h\rnew");
        let Look::New { picture, as_of } = live.look(false, None) else { panic!("nothing new") };
        assert_eq!((picture.lines()[0].as_str(), as_of), ("old", None));
        let begun = Instant::now();
        loop {
            let Look::New { picture, as_of } = live.look(false, None) else { panic!("nothing new") };
            if as_of.is_some() {
                assert_eq!(picture.lines()[0], "new");
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    fn an_update_that_begins_where_one_has_ended_is_waited_for_anew() {
        let (live, _service) = live();
        live.print(b"\x1b[?1049h\x1b[?2026hone");
        assert!(matches!(live.look(false, None), Look::New { as_of: None, .. }));
        // the look at the first was long ago
        let long_ago = |(number, since): (u64, Instant)| Some((number, since.checked_sub(UPDATE)?));
        let since = live.drawn().update_since.and_then(long_ago);
        live.drawn().update_since = since;
        live.print(b"\x1b[?2026l\x1b[?2026h\rtwo");
        let Look::New { picture, as_of } = live.look(false, None) else { panic!("nothing new") };
        assert_eq!((picture.lines()[0].as_str(), as_of), ("one", None));
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_in_order_until_it_is_read_and_too_much_is_refused() {
        let (live, service) = live();
        let live = Arc::new(live);
        raw(&service);
        let text: Vec<u8> = (0..WAITING).map(|place| b'a' + u8::try_from(place % 26).unwrap()).collect();
        live.type_bytes(&text).unwrap();
        assert!(!live.waiting().is_empty());
        assert!(matches!(live.type_bytes(&text), Err(NotTyped::NotRead)));
        let reader = tokio::task::spawn_blocking(move || {
            let mut read = Vec::new();
            let mut piece = [0; 4096];
            while read.len() < WAITING {
                let count = rustix::io::read(&service, &mut piece).unwrap();
                read.extend_from_slice(&piece[..count]);
            }
            (read, service)
        });
        let (read, _service) = tokio::select! {
            () = Live::type_on(Some(Arc::clone(&live))) => panic!("it never returns"),
            read = reader => read.unwrap(),
        };
        assert!(read == text, "every byte arrived once and in order");
    }
}
