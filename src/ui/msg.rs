//! What can reach the screen, and what the screen asks for in return.

use ratatui::layout::{Position, Size};

use crate::id::ServiceId;
use crate::keys::Action;
use crate::screen::Typed;
use crate::supervisor::{Board, Command, Event};

use super::sought::Finding;

/// Something that the screen has to know.
#[derive(Clone, Debug)]
pub(crate) enum Msg {
    /// A key with a meaning of its own was pressed.
    Act(Action),
    /// A key was pressed in a menu, where keys are letters and steps.
    Step(Step),
    /// Something was typed while a service has the keyboard.
    Typed(Typed),
    /// The mouse button went down here.
    Click(Position),
    /// The wheel was turned here.
    Wheel {
        /// Where the pointer was.
        at: Position,
        /// Whether towards the user.
        down: bool,
    },
    /// The terminal has another size.
    Resized(Size),
    /// The supervisor has published a new board.
    Board(Board),
    /// The supervisor says what happened.
    Happened(Event),
    /// A walk through the log has found something, or nothing.
    Found(Finding),
    /// So many events were lost, because the screen was behind.
    Missed(u64),
    /// A request could not be handed over, because too many wait already.
    Overloaded,
    /// The program is to be suspended, as Ctrl-Z does in a shell.
    Suspend,
}

/// A key in a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// Do what is chosen.
    Accept,
    /// Close, and do nothing.
    Cancel,
    /// The next of several sides of the menu.
    Switch,
    /// The one before.
    SwitchBack,
    /// A letter.
    Type(char),
    /// Take the last letter back.
    Erase,
}

/// Something that only the edge can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask the supervisor.
    Ask(Command),
    /// Type into the terminal of a service, in the form that it wants.
    Type {
        /// Whose.
        service: ServiceId,
        /// What.
        typed: Typed,
    },
    /// Forget what a log holds.
    ClearLog(ServiceId),
    /// Move about in procdash's own log.
    Diagnostics(Page),
    /// Give the terminal back, stop, and come back when continued.
    Suspend,
}

/// A way to move about in procdash's own log, whose widget knows no lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// Half a page towards the past.
    Back,
    /// Half a page towards now.
    Forth,
    /// To the end, and follow.
    End,
}
