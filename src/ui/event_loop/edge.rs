//! What the loop does outside for the screen, one step each.

use super::Screen;
use crate::id::ServiceId;
use crate::screen::{Typed, encode};
use crate::supervisor::{Command, Handle, Keystrokes};
use crate::ui::msg::{LineNews, Msg};

impl<S: FnMut()> Screen<S> {
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
}
