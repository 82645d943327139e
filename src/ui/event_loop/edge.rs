//! What the loop does at the terminal beside frames, and with text that is selected.

use std::io;

use ratatui::layout::Position;

use super::Screen;
use crate::id::ServiceId;
use crate::logs::LogBuffer;
use crate::screen::{Modes, Tracking, Typed, encode};
use crate::supervisor::{Command, Handle, Keystrokes};
use crate::ui::msg::Msg;
use crate::ui::selection::{By, LogGround, Move, ScreenGround, Seen, Selecting, Store, cursor_cell};
use crate::ui::taker::{Destination, Errand, Taken};
use crate::ui::terminal::{self, Adapted};
use crate::ui::text_file::Target;
use crate::ui::widgets::screen;

impl<S: FnMut()> Screen<S> {
    /// Returns where the cursor stands: of a selection by keys, or of the service that has the keyboard.
    pub(super) fn cursor(&self) -> Option<Position> {
        if !self.model.panels.is_empty() || self.model.is_quitting() {
            return None;
        }
        if let Some(selecting) = &self.model.selecting {
            let area = self.model.text_area().filter(|_| selecting.by == By::Keys && self.model.prompt.is_none())?;
            let cell = match &self.picture {
                Some(picture) => cursor_cell(selecting.cursor, &picture.lines()),
                None => self.window.cell_of(selecting.cursor),
            }?;
            let at = Position::new(area.x.saturating_add(cell.x), area.y.saturating_add(cell.y));
            return area.contains(at).then_some(at);
        }
        let area = self.model.areas()?.log_text();
        let is_seen = self.model.attached.is_some();
        screen::cursor(self.picture.as_ref().filter(|_| is_seen)?, area)
    }

    /// Makes the terminal report what the service that has the keyboard wants to know, and show its kind of cursor.
    pub(super) fn adapt_terminal(&mut self, handle: &Handle) -> io::Result<()> {
        let live = self.model.attached.and_then(|attached| handle.screens.live(attached.service));
        let Some(live) = live else { return terminal::adapt(Adapted::PLAIN) };
        let Modes { tracking, focus, .. } = live.modes();
        self.model.mouse_is_theirs = tracking != Tracking::Off;
        let cursor = self.picture.as_ref().and_then(|picture| picture.cursor);
        let cursor = cursor.map_or(Adapted::PLAIN.cursor, |cursor| (cursor.shape, cursor.blinks));
        let tracking = if tracking == Tracking::Off { Adapted::PLAIN.tracking } else { tracking };
        terminal::adapt(Adapted { tracking, focus, cursor })
    }

    /// Types into a service's terminal, in the form that it wants.
    pub(super) fn type_into(&mut self, service: ServiceId, typed: &Typed, handle: &Handle) {
        // without a terminal nobody wants anything special; the supervisor says that there is none
        let modes = handle.screens.live(service).map(|live| live.modes()).unwrap_or_default();
        let keystrokes = Keystrokes(encode(typed, modes));
        if !keystrokes.0.is_empty() {
            self.ask(Command::Input { service, keystrokes });
        }
    }

    /// Does the moves of a selection in the log that is seen, and brings its cursor into sight.
    pub(super) fn settle_in_log(&mut self, log: &LogBuffer) {
        let Some(mut selecting) = self.model.selecting.take() else { return };
        let ground = LogGround { log, lens: self.model.lens() };
        let has_moved = selecting.settle(&ground, self.seen(false));
        let pull = selecting.pull;
        if let Some((rows, cell)) = pull {
            selecting.note(Move::To(cell));
            // as long as the button is held there, each frame scrolls on
            self.log_grew = true;
            if let Some(view) = self.model.log_view_mut() {
                view.pending = rows.clamp(-3, 3);
            }
        } else if has_moved
            && selecting.by == By::Keys
            && let Some(view) = self.model.log_view_mut()
        {
            view.sight = Some(selecting.cursor);
        }
        self.model.selecting = Some(selecting);
    }

    /// Does the moves of a selection on the screen that is seen; returns whether there is one.
    pub(super) fn settle_on_screen(&mut self) -> bool {
        let Some(picture) = &self.picture else { return false };
        let ground = ScreenGround::new(picture);
        if let Some(mut selecting) = self.model.selecting.take() {
            selecting.settle(&ground, self.seen(true));
            self.model.selecting = Some(selecting);
        }
        true
    }

    fn seen(&self, on_screen: bool) -> Seen<'_> {
        let sought = &self.model.sought;
        Seen { window: (!on_screen).then_some(&self.window), search: sought.search(), current: sought.current }
    }

    /// Takes what is selected of the chosen service to where it is wanted.
    pub(super) fn take(&mut self, mut selecting: Selecting, to: Destination, handle: &Handle) {
        let store = if selecting.on_screen {
            let Some(picture) = &self.picture else { return };
            let ground = ScreenGround::new(picture);
            selecting.settle(&ground, self.seen(true));
            Store::Rows(ground.into_lines())
        } else {
            let Some(log) = handle.logs.lock(self.model.selected) else { return };
            let ground = LogGround { log: &log, lens: self.model.lens() };
            selecting.settle(&ground, self.seen(false));
            Store::Log(log.snapshot(), self.model.sought.shown().cloned())
        };
        let Some(extent) = selecting.extent else { return self.update(Msg::Taken(Taken::nothing())) };
        self.taker.take(Errand { store, extent, to, selecting });
    }

    /// Writes a whole log to a file.
    pub(super) fn save(&self, service: ServiceId, target: Target, raw: bool, handle: &Handle) {
        if let Some(log) = handle.logs.lock(service) {
            self.taker.save(log.snapshot(), raw, target);
        }
    }

    /// Hears what has come of taking something somewhere.
    pub(super) fn taken(&mut self, mut taken: Taken) -> io::Result<()> {
        let sequence = std::mem::take(&mut taken.sequence);
        self.update(Msg::Taken(taken));
        terminal::send(&sequence)
    }
}
