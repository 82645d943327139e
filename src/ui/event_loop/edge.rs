//! What the loop does outside for the screen, one step each.

use std::io;

use super::Screen;
use crate::id::ServiceId;
use crate::screen::{Modes, Tracking, Typed, encode};
use crate::supervisor::{Command, Handle, Keystrokes};
use crate::ui::msg::{LineNews, Msg};
use crate::ui::reader::seen;
use crate::ui::selection::{LogGround, ScreenGround, Selecting, Store};
use crate::ui::taker::{Destination, Errand, Taken};
use crate::ui::terminal::{self, Adapted};
use crate::ui::text_file::Target;

impl<S: FnMut()> Screen<S> {
    /// Makes the terminal report what the service that has the keyboard wants to know, and show its kind of cursor.
    pub(super) fn adapt_terminal(&mut self, handle: &Handle) -> io::Result<()> {
        let live = self.model.attached.and_then(|attached| handle.screens.live(attached.service));
        let Some(live) = live else { return terminal::adapt(Adapted::PLAIN) };
        let Modes { tracking, focus, .. } = live.modes();
        self.model.mouse_is_theirs = tracking != Tracking::Off;
        let cursor = self.readers.picture(&self.model).and_then(|picture| picture.cursor);
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

    /// Shows an address in the user's browser, or says why not.
    pub(super) fn browse(&mut self, address: &str) {
        if let Err(problem) = (self.model.dashboard.browse)(address) {
            self.update(Msg::Lines(LineNews::Nothing(problem)));
        }
    }

    /// Takes what is selected of the chosen service to where it is wanted.
    pub(super) fn take(&mut self, mut selecting: Selecting, to: Destination, handle: &Handle) {
        let model = &self.model;
        let store = if selecting.on_screen {
            let Some(picture) = self.readers.picture(model) else { return };
            let ground = ScreenGround::new(picture);
            selecting.settle(&ground, seen(model, None));
            Store::Rows(ground.into_lines())
        } else {
            let Some(log) = handle.logs.lock(model.selected) else { return };
            let ground = LogGround { log: &log, lens: model.lens() };
            selecting.settle(&ground, seen(model, self.readers.window(model)));
            Store::Log(log.snapshot(), model.pane().sought.shown().cloned())
        };
        let Some(extent) = selecting.extent else { return self.update(Msg::Taken(Taken::nothing())) };
        self.taker.take(Errand { store, extent, to, selecting: Some(Box::new(selecting)) });
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
