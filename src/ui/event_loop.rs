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
use ratatui::layout::Size;
use tokio::select;
use tokio::sync::broadcast::error::RecvError;
use tui_logger::TuiWidgetState;

use crate::id::ServiceId;
use crate::logs::LogBuffer;
use crate::screen::Picture;
use crate::supervisor::{AsOf, Command, Event, Handle, Look, Phase};

use super::dashboard::Dashboard;
use super::input;
use super::log_window::{Excerpt, LogWindow};
use super::model::{Model, Moment};
use super::msg::{Effect, Msg};
use super::seeker::Seeker;
use super::taker::Taker;
use super::terminal::{self, FrameWriter, Guard};
use super::update::update;
use super::view::Scene;
use super::widgets::diagnostics;

mod edge;

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
    let (seeker, mut findings) = Seeker::new();
    let (taker, mut takings) = Taker::new();
    let mut screen = Screen::new(Model::new(dashboard, board, size), (seeker, taker), suspend);
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
                screen.seeker.heard(&finding);
                screen.update(Msg::Found(finding));
            }
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
    seeker: Seeker,
    taker: Taker,
    window: LogWindow,
    excerpt: Option<Excerpt>,
    /// The screen that is shown instead of lines.
    picture: Option<Picture>,
    /// Whose it is, and as of when.
    picture_of: Option<(ServiceId, AsOf)>,
    diagnostics: TuiWidgetState,
    /// Something that is on the screen has changed.
    dirty: bool,
    /// Some log has grown: perhaps the one that is shown.
    log_grew: bool,
    last_frame: Option<Instant>,
    /// Requests that the supervisor had no room for yet, in order.
    outbox: VecDeque<Command>,
    told_size: Option<Size>,
    /// A task has panicked: what is shown may be wrong from then on, so everything ends.
    has_failed: bool,
    suspend: S,
}

impl<S: FnMut()> Screen<S> {
    fn new(model: Model, (seeker, taker): (Seeker, Taker), suspend: S) -> Self {
        Self {
            model,
            seeker,
            taker,
            window: LogWindow::default(),
            excerpt: None,
            picture: None,
            picture_of: None,
            diagnostics: TuiWidgetState::new(),
            dirty: true,
            log_grew: true,
            last_frame: None,
            outbox: VecDeque::new(),
            told_size: None,
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
        last + if self.dirty || self.log_grew { FRAME } else { tick }
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
        self.tell_size();
        let only_logs = self.log_grew && !self.dirty;
        self.log_grew = false;
        let changed = self.read_screen(handle).unwrap_or_else(|| self.read_log(handle));
        self.last_frame = Some(Instant::now());
        self.dirty = false;
        if only_logs && !changed {
            return Ok(());
        }
        tui_logger::move_events();
        let moment = moment();
        let (model, picture) = (&self.model, self.picture.as_ref());
        let scene = Scene { model, window: &self.window, picture, moment, diagnostics: &self.diagnostics };
        let cursor = self.cursor();
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

    /// Looks at the screen of the chosen service, if that is what is shown; returns whether it is not what was seen
    /// before. `None` leaves the pane to the lines.
    fn read_screen(&mut self, handle: &Handle) -> Option<bool> {
        if let Some(selecting) = &self.model.selecting {
            // what is selected stays where it is until it was taken
            if !selecting.on_screen {
                return None;
            }
            if self.settle_on_screen() {
                return Some(false);
            }
        }
        let service = self.model.selected;
        let live = handle.screens.live(service);
        if let Some(live) = &live {
            self.model.settle_view(live.draws());
        }
        let wanted = self.model.wants_screen();
        let seen = self.picture_of.filter(|(of, _)| *of == service).map(|(_, as_of)| as_of);
        let look =
            live.filter(|_| wanted != Some(false)).map_or(Look::Lines, |live| live.look(wanted == Some(true), seen));
        let showed = std::mem::replace(&mut self.model.shows_screen, look != Look::Lines);
        match look {
            Look::Lines => {
                (self.picture, self.picture_of) = (None, None);
                // what the pane shows has changed, whatever the lines say
                self.dirty |= showed;
                None
            }
            Look::Same => Some(!showed),
            Look::New { picture, as_of } => {
                // the middle of an update: there will be more to see
                self.log_grew |= as_of.is_none();
                self.picture_of = as_of.map(|as_of| (service, as_of));
                let differs = self.picture.as_ref() != Some(&picture);
                self.picture = Some(picture);
                Some(differs || !showed)
            }
        }
    }

    /// Copies and lays out what is seen of the chosen log; returns whether it is not what was seen before.
    fn read_log(&mut self, handle: &Handle) -> bool {
        let page = self.model.page();
        let selected = self.model.selected;
        let Some(log) = handle.logs.lock(selected) else {
            self.window = LogWindow::default();
            return true;
        };
        self.model.sought.forget_before(log.first());
        self.settle_in_log(&log);
        let mut view = self.model.log_view();
        let excerpt = Excerpt::copy(&log, &view, page, self.model.lens());
        drop(log);
        self.seeker.follow(&self.model.sought, selected, &handle.logs);
        if !self.dirty && self.excerpt.as_ref() == Some(&excerpt) {
            return false;
        }
        let unmoved = view.pending == 0 && view.goal.is_none() && view.sight.is_none();
        self.window = excerpt.lay_out(&mut view, page, self.model.lens());
        if self.model.selecting.is_some() {
            view.hold();
        }
        if let Some(place) = self.model.log_view_mut() {
            *place = view;
        }
        // after a move the next excerpt is another one
        self.excerpt = unmoved.then_some(excerpt);
        true
    }

    /// Tells the services how large their terminal is, when that has changed.
    fn tell_size(&mut self) {
        let size = match self.model.areas() {
            Some(areas) => areas.terminal_size(),
            // services wait for their first size, and must not wait for a larger window
            None if self.told_size.is_none() => self.model.size,
            None => return,
        };
        if self.told_size != Some(size) {
            self.told_size = Some(size);
            self.ask(Command::Resize { columns: size.width, rows: size.height });
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

#[cfg(test)]
mod tests;
