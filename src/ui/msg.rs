//! What can reach the screen, and what the screen asks for in return.

use std::sync::Arc;

use ratatui::layout::{Position, Size};

use crate::id::ServiceId;
use crate::keys::Action;
use crate::screen::Typed;
use crate::supervisor::{Board, Command, Event, NewFile, Plan, Unusable};

use super::line_edit::Edit;
use super::links::Link;
use super::opened_line::OpenedLine;
use super::selection::Selecting;
use super::sought::Finding;
use super::taker::{Destination, Taken};
use super::text_file::Target;

/// Something that the screen has to know.
#[derive(Clone, Debug)]
pub(crate) enum Msg {
    /// A key with a meaning of its own was pressed.
    Act(Action),
    /// A key was pressed in a menu, where keys are letters and steps.
    Step(Step),
    /// Something was typed while a service has the keyboard.
    Typed(Typed),
    /// Text was pasted.
    Pasted(String),
    /// The mouse button went down here.
    Click(Position),
    /// The pointer has moved here with the button held.
    Drag(Position),
    /// The button was let go of.
    Release,
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
    /// The project's file was read anew.
    File(Box<FileNews>),
    /// What was wished to be looked up in the log.
    Lines(LineNews),
    /// Something has come of taking text somewhere.
    Taken(Taken),
    /// So many events were lost, because the screen was behind.
    Missed(u64),
    /// A request could not be handed over, because too many wait already.
    Overloaded,
    /// The program is to be suspended, as Ctrl-Z does in a shell.
    Suspend,
}

/// What was found in the project's file.
#[derive(Clone, Debug)]
pub(crate) struct FileNews {
    /// Whether somebody asked; else it was saved.
    pub(crate) is_asked: bool,
    /// The file and what it would change, or why it cannot be used.
    pub(crate) found: Result<(NewFile, Plan), Unusable>,
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
    /// Change the line that is typed, or move about in it.
    Edit(Edit),
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
    /// Take what is selected of the chosen service to where it is wanted.
    Take {
        /// What is selected.
        selecting: Box<Selecting>,
        /// Where to.
        to: Destination,
    },
    /// Write a whole log to a file; byte for byte, where `raw` says so.
    Save {
        /// Whose.
        service: ServiceId,
        /// Where to.
        target: Target,
        /// Whether as it was printed.
        raw: bool,
    },
    /// Forget what a log holds.
    ClearLog(ServiceId),
    /// Look something up in the log that is shown.
    Lines(LineWish),
    /// Put a text on the clipboard.
    Copy(String),
    /// Show an address in a browser.
    Browse(String),
    /// Read the project's file anew.
    ReadFile,
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

/// Something to be looked up in the log that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineWish {
    /// The newest line of JSON on the screen, or this one if it is there.
    Newest(Option<u64>),
    /// The next line of JSON from this one on.
    Next {
        /// The line.
        line: u64,
        /// Whether towards newer ones.
        newer: bool,
    },
    /// The links on the screen.
    Links,
    /// Where the next run begins.
    Run {
        /// Seen from this line.
        line: u64,
        /// Whether towards newer ones.
        newer: bool,
    },
}

/// What was looked up.
#[derive(Clone, Debug)]
pub(crate) enum LineNews {
    /// A line of JSON.
    Opened(Arc<OpenedLine>),
    /// The links on the screen.
    Links(Vec<Link>),
    /// The line with which a run begins.
    Run(u64),
    /// There is nothing, or it cannot be done.
    Nothing(String),
}
