//! Everything a key can do: one row an action, from which names, help, hints and default keys come.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Under which heading the help lists an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Starting, stopping, signalling.
    Services,
    /// Choosing and moving about.
    Moving,
    /// Reading the log.
    Log,
    /// While text is selected.
    Copying,
    /// Views over the dashboard.
    Views,
    /// The program itself.
    Program,
}

impl Group {
    /// Every group, in the order of the help.
    pub const ALL: &'static [Self] =
        &[Self::Services, Self::Moving, Self::Log, Self::Copying, Self::Views, Self::Program];

    /// Returns the heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Moving => "moving",
            Self::Log => "log",
            Self::Copying => "while text is selected",
            Self::Views => "views",
            Self::Program => "procdash",
        }
    }
}

/// Writes the enum and its lookups from one list, so that a row cannot be half there.
macro_rules! actions {
    ($($variant:ident $name:literal $group:ident [$($key:literal)*] $help:literal;)*) => {
        /// What a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $help] $variant,)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns its name in the configuration.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the line of the help.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            /// Returns the heading it stands under.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// Returns the keys it has unless the configuration says otherwise, as spelt there.
            #[must_use]
            pub const fn default_keys(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($key,)*],)* }
            }
        }
    };
}

// variant, name in the file, heading, default keys (the first is the one shown in hints), help
actions! {
    Restart "restart" Services ["r"] "restart";
    Start "start" Services ["s"] "start";
    Stop "stop" Services ["x"] "stop";
    Kill "kill" Services ["X"] "kill the whole tree now, and check";
    SignalMenu "signal-menu" Services ["S"] "send a signal to main, group or tree";
    RestartMenu "restart-menu" Services ["R"] "restart with dependents, the marked, or all";
    StartAll "start-all" Services ["U"] "start all that start by themselves";
    Reload "reload" Services ["ctrl-r"] "read the file anew, and show what differs";
    Mark "mark" Services ["space"] "mark; start, stop, restart and kill then act on the marked";
    UnmarkAll "unmark-all" Services ["u"] "unmark all";
    Browse "browse" Services ["O"] "open its address in the browser";
    Up "up" Moving ["k" "up"] "up";
    Down "down" Moving ["j" "down"] "down";
    PageUp "page-up" Moving ["pageup" "ctrl-b"] "a page up";
    PageDown "page-down" Moving ["pagedown" "ctrl-f"] "a page down";
    HalfPageUp "half-page-up" Moving ["ctrl-u"] "half a page up";
    HalfPageDown "half-page-down" Moving ["ctrl-d"] "half a page down";
    Left "left" Moving ["left" "h"] "scroll left";
    Right "right" Moving ["right" "l"] "scroll right";
    Select1 "select-1" Moving ["1"] "choose the 1st service";
    Select2 "select-2" Moving ["2"] "choose the 2nd service";
    Select3 "select-3" Moving ["3"] "choose the 3rd service";
    Select4 "select-4" Moving ["4"] "choose the 4th service";
    Select5 "select-5" Moving ["5"] "choose the 5th service";
    Select6 "select-6" Moving ["6"] "choose the 6th service";
    Select7 "select-7" Moving ["7"] "choose the 7th service";
    Select8 "select-8" Moving ["8"] "choose the 8th service";
    Select9 "select-9" Moving ["9"] "choose the 9th service";
    AllLogs "all-logs" Moving ["0"] "all logs as one, by time; of the marked if there are any";
    Open "open" Moving ["enter"] "to the log; there, open a line of JSON; in all logs, go to the line";
    NextPane "next-pane" Moving ["tab"] "to the next pane; behind the last is the list";
    PreviousPane "previous-pane" Moving ["shift-tab"] "to the pane before";
    Back "back" Moving ["esc"] "back";
    Attach "attach" Log ["a"] "give the keyboard to the service";
    Detach "detach" Log ["ctrl-]"] "take the keyboard back";
    Screen "screen" Log ["T"] "its screen, or its lines";
    Top "top" Log ["g" "home"] "to the start";
    Follow "follow" Log ["f"] "follow new lines, or stay";
    Bottom "bottom" Log ["G" "end"] "to the end, and follow";
    Search "search" Log ["/"] "search the log; in the list, names";
    OlderMatch "older-match" Log ["n"] "to the next older match";
    NewerMatch "newer-match" Log ["N"] "to the next newer match";
    OlderError "older-error" Log ["e"] "to the next older error or warning";
    NewerError "newer-error" Log ["E"] "to the next newer error or warning";
    OlderRun "older-run" Log ["["] "to the start of this or an older run";
    NewerRun "newer-run" Log ["]"] "to the start of the next run";
    Filter "filter" Log ["&"] "show only matching lines; with ! before it, the others";
    Wrap "wrap" Log ["W"] "wrap long lines, or cut them";
    Timestamps "timestamps" Log ["L"] "times of day, since run start, or none";
    Json "json" Log ["J"] "lines of JSON readable, or as printed";
    Fold "fold" Log ["F"] "fold stack traces, or show them whole";
    Links "links" Log ["o"] "open a link on screen, or copy it";
    Clear "clear" Log ["C"] "clear the log";
    Select "select" Log ["v"] "select text by character";
    SelectLines "select-lines" Log ["V"] "select whole lines";
    CopyLine "copy-line" Log ["y"] "copy the line of the match, or the last one seen";
    CopyWindow "copy-window" Log ["Y"] "copy all lines that are seen";
    Copy "copy" Copying ["y" "enter"] "copy what is selected";
    Write "write" Copying ["W"] "write what is selected to a file";
    OtherEnd "other-end" Copying ["o"] "to the other end of what is selected";
    NextWord "next-word" Copying ["w"] "to the next word";
    WordBack "word-back" Copying ["b"] "back to the start of a word";
    WordEnd "word-end" Copying ["e"] "to the end of a word";
    LineStart "line-start" Copying ["0" "home"] "to the start of the line";
    LineText "line-text" Copying ["^"] "to the first word of the line";
    LineEnd "line-end" Copying ["$" "end"] "to the end of the line";
    WindowTop "window-top" Copying ["H"] "to the first row that is seen";
    WindowMiddle "window-middle" Copying ["M"] "to the row in the middle";
    WindowBottom "window-bottom" Copying ["L"] "to the last row that is seen";
    Zoom "zoom" Views ["z"] "give the log the whole screen";
    Split "split" Views ["|"] "divide the pane; the list then chooses for the new one";
    ClosePane "close-pane" Views ["\\"] "close the pane";
    Tree "tree" Views ["t"] "the tree of processes, live";
    Graph "graph" Views ["D"] "who depends on whom, with states";
    Why "why" Views ["w"] "why the service is in its state";
    Ports "ports" Views ["p"] "ports: who listens where, who has those that are wanted";
    Details "details" Views ["i"] "details of the service";
    Diagnostics "diagnostics" Views ["`"] "procdash's own log";
    Palette "palette" Views [":"] "every command by its name";
    Help "help" Views ["?"] "this help";
    Quit "quit" Program ["q"] "quit (asks)";
    QuitNow "quit-now" Program ["Q"] "quit without asking";
    Interrupt "interrupt" Program ["ctrl-c"] "quit; again: kill what is left";
}

/// A word that names no action.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no action")]
pub struct UnknownAction(pub String);

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|action| action.name() == word).ok_or_else(|| UnknownAction(word.to_owned()))
    }
}
