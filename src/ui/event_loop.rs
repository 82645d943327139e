//! Waits for keys, boards, events and lines, and draws when something has changed.

use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

use crossterm::event::Event as Report;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use tokio::select;
use tokio::sync::broadcast::error::RecvError;
use tui_logger::TuiWidgetState;

use crate::logs::LogBuffer;
use crate::supervisor::{Command, Event, Handle, Phase};

use self::files::Files;
use super::dashboard::Dashboard;
use super::input;
use super::model::{Model, Moment};
use super::msg::{Effect, Msg};
use super::reader::{Readers, Seen};
use super::sizes::Sizes;
use super::taker::Taker;
use super::terminal::{self, FrameWriter, Guard};
use super::update::update;
use super::view::Scene;
use super::widgets::diagnostics;

/// At most sixty frames a second: more cannot be seen.
const FRAME: Duration = Duration::from_micros(16_667);
/// The clock and the times since a start, where nothing else asks for a frame.
const TICK: Duration = Duration::from_secs(1);
/// The bars of the quit monitor.
const QUITTING_TICK: Duration = Duration::from_millis(200);
/// Requests that wait for the supervisor; a person does not ask for more.
const OUTBOX: usize = 256;

/// Shows the dashboard on this terminal until the supervisor is down.
///
/// `input` is what the terminal reports; `suspend` stops the program, as Ctrl-Z in a shell would, and returns when it
/// goes on. The terminal is given back on every way out.
///
/// # Errors
/// If the terminal cannot be taken over or written to, or if the supervisor ended without a word.
pub async fn run(
    handle: Handle,
    dashboard: Dashboard,
    input: impl Stream<Item = io::Result<Report>> + Unpin,
    suspend: impl FnMut(),
) -> io::Result<()> {
    let _guard = Guard::enter()?;
    // never dropped: its own end shows the cursor, which the guard does too, and panics where the terminal is gone
    let mut terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(FrameWriter::new()))?);
    run_on(&mut terminal, handle, dashboard, input, suspend).await
}

/// The same on a given terminal, which is neither taken over nor given back.
///
/// # Errors
/// As [`run`].
pub async fn run_on<B>(
    terminal: &mut Terminal<B>,
    mut handle: Handle,
    dashboard: Dashboard,
    mut input: impl Stream<Item = io::Result<Report>> + Unpin,
    suspend: impl FnMut(),
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let size = terminal.size().map_err(io::Error::other)?;
    let board = handle.board.borrow_and_update().clone();
    let (readers, mut findings) = Readers::new();
    let (taker, mut takings) = Taker::new();
    let mut screen = Screen::new(Model::new(dashboard, board, size), (readers, taker), suspend);
    let (files, mut reads) = Files::follow(&handle);
    screen.files = Some(files);
    let commands = handle.commands.clone();
    let (mut hears_keys, mut hears_events) = (true, true);
    while !screen.is_done() {
        let due = screen.next_frame();
        // the frame comes first: it is due at most once in its time, and nothing may keep it from the screen
        select! { biased;
            () = tokio::time::sleep_until(due.into()) => screen.frame(terminal, &handle)?,
            report = input.next(), if hears_keys => match report {
                Some(report) => screen.report(&report?, terminal, &handle)?,
                None => hears_keys = false,
            },
            changed = handle.board.changed() => {
                changed.map_err(|_closed| io::Error::other("the supervisor has ended unexpectedly"))?;
                screen.board(&mut handle);
            }
            event = handle.events.recv(), if hears_events => hears_events = screen.event(event, &mut handle),
            Some(finding) = findings.recv() => {
                screen.readers.heard(&finding);
                screen.update(Msg::Found(finding));
            }
            Some(read) = reads.recv() => screen.file(read, &handle),
            Some(outcome) = takings.recv() => screen.taken(outcome)?,
            permit = commands.reserve(), if !screen.outbox.is_empty() => match permit {
                Ok(permit) => if let Some(command) = screen.outbox.pop_front() { permit.send(command.into()); },
                // its board ends too, and says so
                Err(_closed) => screen.outbox.clear(),
            },
            // one ring is enough until the next frame; a flood must not spin this loop
            () = handle.logs.changed(), if !screen.log_grew => screen.log_grew = true,
            () = terminal::panicked() => {
                screen.has_failed = true;
                screen.ask(Command::Quit);
            }
        }
    }
    if screen.has_failed {
        return Err(io::Error::other("a part of procdash has failed; its message stands above"));
    }
    Ok(())
}

/// The model, and what the loop has to remember about the outside.
struct Screen<S> {
    model: Model,
    readers: Readers,
    taker: Taker,
    diagnostics: TuiWidgetState,
    /// Something that is on the screen has changed.
    dirty: bool,
    /// Some log has grown: perhaps the one that is shown.
    log_grew: bool,
    last_frame: Option<Instant>,
    /// Requests that the supervisor had no room for yet, in order.
    outbox: VecDeque<Command>,
    sizes: Sizes,
    files: Option<Files>,
    /// A task has panicked: what is shown may be wrong from then on, so everything ends.
    has_failed: bool,
    suspend: S,
}

impl<S: FnMut()> Screen<S> {
    fn new(model: Model, (readers, taker): (Readers, Taker), suspend: S) -> Self {
        Self {
            model,
            readers,
            taker,
            diagnostics: TuiWidgetState::new(),
            dirty: true,
            log_grew: true,
            last_frame: None,
            outbox: VecDeque::new(),
            sizes: Sizes::default(),
            files: None,
            has_failed: false,
            suspend,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.model.board.phase, Phase::Down(_))
    }

    /// Returns when to draw next: at once where something changed, unless a frame was just drawn.
    fn next_frame(&self) -> Instant {
        let Some(last) = self.last_frame else { return Instant::now() };
        let tick = if self.model.is_quitting() { QUITTING_TICK } else { TICK };
        let due = last + if self.dirty || self.log_grew { FRAME } else { tick };
        self.sizes.due().map_or(due, |settled| due.min(settled.max(last + FRAME)))
    }

    /// Draws, unless only logs have grown and none of what is seen has changed.
    fn frame<B>(&mut self, terminal: &mut Terminal<B>, handle: &Handle) -> io::Result<()>
    where
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        let size = terminal.size().map_err(io::Error::other)?;
        if size != self.model.size {
            self.tell(Msg::Resized(size), terminal, handle)?;
        }
        self.tell_sizes();
        let only_logs = self.log_grew && !self.dirty;
        self.log_grew = false;
        let Seen { changed, again } = self.readers.read(&mut self.model, handle, self.dirty);
        self.log_grew |= again;
        self.last_frame = Some(Instant::now());
        self.dirty = false;
        if only_logs && !changed {
            return Ok(());
        }
        tui_logger::move_events();
        let moment = moment();
        let contents = self.readers.contents();
        let scene = Scene { model: &self.model, contents: &contents, moment, diagnostics: &self.diagnostics };
        let cursor = self.readers.cursor(&self.model);
        let mut fits = true;
        let draw = |frame: &mut ratatui::Frame<'_>| {
            // the terminal may have changed its size since it was asked
            fits = frame.area().as_size() == size;
            if fits {
                frame.render_widget(&scene, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            }
        };
        terminal.draw(draw).map_err(io::Error::other)?;
        self.dirty = !fits;
        self.adapt_terminal(handle)
    }

    /// Tells the services how large their terminals are, when that has changed and has settled.
    fn tell_sizes(&mut self) {
        let wanted = match self.model.terminal_sizes() {
            Some(sizes) => sizes,
            // services wait for their first size, and must not wait for a larger window
            None if self.sizes.is_unknown() => vec![self.model.size; self.model.board.services.len()],
            None => return self.sizes.withdraw(),
        };
        for command in self.sizes.tell(wanted, Instant::now()) {
            self.ask(command);
        }
    }

    fn report<B>(&mut self, report: &Report, terminal: &mut Terminal<B>, handle: &Handle) -> io::Result<()>
    where
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        match input::read(report, &self.model) {
            Some(msg) => self.tell(msg, terminal, handle),
            None => Ok(()),
        }
    }

    fn board(&mut self, handle: &mut Handle) {
        let board = handle.board.borrow_and_update().clone();
        self.update(Msg::Board(board));
    }

    /// Takes in an event; returns whether there may be more.
    fn event(&mut self, event: Result<Event, RecvError>, handle: &mut Handle) -> bool {
        // what is said about an event is read from the board, so that has to be the newest
        if handle.board.has_changed().unwrap_or(false) {
            self.board(handle);
        }
        match event {
            Ok(event) => self.update(Msg::Happened(event)),
            Err(RecvError::Lagged(count)) => self.update(Msg::Missed(count)),
            Err(RecvError::Closed) => return false,
        }
        true
    }

    /// Changes the model and does what it asks for at the edge.
    fn tell<B>(&mut self, msg: Msg, terminal: &mut Terminal<B>, handle: &Handle) -> io::Result<()>
    where
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        self.dirty = true;
        for effect in update(&mut self.model, msg, moment()) {
            match effect {
                Effect::Ask(command) => self.ask(command),
                Effect::Type { service, typed } => self.type_into(service, &typed, handle),
                Effect::Take { selecting, to } => self.take(*selecting, to, handle),
                Effect::Save { service, target, raw } => self.save(service, target, raw, handle),
                Effect::ClearLog(service) => handle.logs.write(service, LogBuffer::clear),
                Effect::Lines(wish) => self.look_up(wish, handle),
                Effect::Copy(text) => self.taker.copy(&text),
                Effect::Browse(address) => self.browse(&address),
                Effect::ReadFile => self.read_file(),
                Effect::Diagnostics(page) => diagnostics::turn(&self.diagnostics, page),
                Effect::Suspend => {
                    let was_ours = terminal::leave()?;
                    (self.suspend)();
                    if was_ours {
                        terminal::take()?;
                    }
                    // Everything is drawn anew. Not by `clear`: that asks the terminal where its cursor is, and one that
                    // does not answer would end all.
                    let size = terminal.size().map_err(io::Error::other)?;
                    terminal.resize(size.into()).map_err(io::Error::other)?;
                }
            }
        }
        Ok(())
    }

    /// Changes the model by news, which ask for nothing but requests.
    fn update(&mut self, msg: Msg) {
        self.dirty = true;
        for effect in update(&mut self.model, msg, moment()) {
            if let Effect::Ask(command) = effect {
                self.ask(command);
            }
        }
    }

    fn ask(&mut self, command: Command) {
        // a quit is never refused, however much waits before it
        if self.outbox.len() < OUTBOX || command == Command::Quit {
            self.outbox.push_back(command);
        } else {
            self.update(Msg::Overloaded);
        }
    }
}

fn moment() -> Moment {
    Moment { now: Instant::now(), wall: Timestamp::now() }
}

mod edge;
mod files;
mod lines;
#[cfg(test)]
mod tests;
