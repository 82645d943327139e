//! How a service wants its input, as it has said by its sequences.

/// How a service wants its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a mode of its own of the terminal")]
pub struct Modes {
    /// Arrows, Home and End in their application form (mode 1).
    pub application_cursor: bool,
    /// The keypad in its application form.
    pub application_keypad: bool,
    /// Marks around what was pasted (mode 2004).
    pub bracketed_paste: bool,
    /// Enter is carriage return and line feed (mode 20).
    pub enter_ends_line: bool,
    /// It wants to know whether the keyboard is its own (mode 1004).
    pub focus: bool,
    /// What it wants to know of the mouse.
    pub tracking: Tracking,
    /// In which form.
    pub encoding: MouseEncoding,
    /// Without the mouse's modes the wheel presses arrows: it has the other screen, which has nothing to scroll.
    pub wheel_as_arrows: bool,
}

/// What a service wants to know of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tracking {
    /// Nothing.
    #[default]
    Off,
    /// Presses (mode 9).
    Presses,
    /// Presses and releases (mode 1000).
    Clicks,
    /// Moves while a button is down, too (mode 1002).
    Drag,
    /// Every move (mode 1003).
    Motion,
}

/// In which form it wants that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouseEncoding {
    /// Three bytes.
    #[default]
    Bytes,
    /// Three characters (mode 1005).
    Utf8,
    /// Numbers, and a release says of which button (mode 1006).
    Sgr,
    /// Numbers (mode 1015).
    Decimal,
}
