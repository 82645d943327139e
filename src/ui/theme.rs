//! How things look: a name for every kind of thing on the screen, and a style for every name.

use ratatui::style::{Color, Modifier, Style};

use crate::id::ServiceId;
use crate::logs::{self, Colour, Tone};
use crate::supervisor::State;

use super::log_rows::{Mark, Tint};

/// A style for every kind of thing on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Plain text.
    pub(crate) text: Style,
    /// What matters less: borders, units, explanations.
    pub(crate) quiet: Style,
    /// The border of the pane that has the focus, and of panels.
    pub(crate) focus: Style,
    /// Headings.
    pub(crate) title: Style,
    /// A key that can be pressed.
    pub(crate) key: Style,
    /// What went well or is well.
    pub(crate) good: Style,
    /// What is under way.
    pub(crate) busy: Style,
    /// What went wrong.
    pub(crate) bad: Style,
    /// The chosen row of a menu.
    pub(crate) chosen: Style,
    /// Selected text: whatever its colours are, they stand on one of its own.
    pub(crate) selected: Style,
    /// A mark.
    pub(crate) mark: Style,
    /// The names of services before their lines, one after the other in turn; none is the colour of what went wrong.
    pub(crate) names: &'static [Color],
    /// Whether the colours of the services' own output are shown.
    pub(crate) colourful: bool,
}

impl Theme {
    /// The names that [`Theme::named`] knows.
    pub const NAMES: &'static [&'static str] = &["default", "light", "mono"];

    /// Returns the theme with this name; `no_color` (the variable `NO_COLOR` is set) overrules every name.
    #[must_use]
    pub fn named(name: &str, no_color: bool) -> Option<Self> {
        let known = match name {
            "default" => Self::palette(),
            "light" => Self::light(),
            "mono" => Self::mono(),
            _ => return None,
        };
        Some(if no_color { Self::mono() } else { known })
    }

    /// Returns what is shown where no theme was named.
    pub(crate) fn plain(no_color: bool) -> Self {
        if no_color { Self::mono() } else { Self::palette() }
    }

    /// Uses only the terminal's own palette, which its owner chose to be readable on its background.
    fn palette() -> Self {
        // named, so that words in a quiet border are not quiet with it
        let plain = Style::new().fg(Color::Reset);
        Self {
            text: plain,
            quiet: plain.fg(Color::DarkGray).remove_modifier(Modifier::BOLD),
            focus: plain.fg(Color::Cyan),
            title: plain.add_modifier(Modifier::BOLD),
            key: plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            good: plain.fg(Color::Green),
            busy: plain.fg(Color::Yellow),
            bad: plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            chosen: plain.bg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            selected: plain.fg(Color::White).bg(Color::Blue).remove_modifier(Modifier::REVERSED | Modifier::DIM),
            mark: plain.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            // the palette's own, and shades that stand out on light and dark alike
            names: &[
                Color::Cyan,
                Color::Magenta,
                Color::Green,
                Color::Yellow,
                // the palette's blue is too dark on many a black background
                Color::Indexed(68),
                Color::Indexed(172),
                Color::Indexed(103),
                Color::Indexed(71),
            ],
            colourful: true,
        }
    }

    /// Uses fixed dark colours, for a light background whose palette has a pale yellow or cyan.
    fn light() -> Self {
        let plain = Style::new().fg(Color::Reset);
        Self {
            text: plain,
            quiet: plain.fg(Color::Indexed(243)).remove_modifier(Modifier::BOLD),
            focus: plain.fg(Color::Indexed(25)),
            title: plain.add_modifier(Modifier::BOLD),
            key: plain.fg(Color::Indexed(25)).add_modifier(Modifier::BOLD),
            good: plain.fg(Color::Indexed(28)),
            busy: plain.fg(Color::Indexed(130)),
            bad: plain.fg(Color::Indexed(124)).add_modifier(Modifier::BOLD),
            chosen: plain.bg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            selected: plain
                .fg(Color::Indexed(16))
                .bg(Color::Indexed(153))
                .remove_modifier(Modifier::REVERSED | Modifier::DIM),
            mark: plain.fg(Color::Indexed(90)).add_modifier(Modifier::BOLD),
            names: &[
                Color::Indexed(25),
                Color::Indexed(90),
                Color::Indexed(28),
                Color::Indexed(130),
                Color::Indexed(30),
                Color::Indexed(97),
                Color::Indexed(94),
                Color::Indexed(60),
            ],
            colourful: true,
        }
    }

    /// Uses no colour at all, only weight.
    fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            quiet: plain.add_modifier(Modifier::DIM).remove_modifier(Modifier::BOLD),
            focus: bold,
            title: bold,
            key: bold,
            good: plain,
            busy: plain,
            bad: bold,
            chosen: plain.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            selected: plain.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            mark: bold,
            names: &[],
            colourful: false,
        }
    }

    /// Returns the style of a state's sign and word.
    pub(crate) fn state(&self, state: State) -> Style {
        match state {
            State::Running | State::Ready | State::Done => self.good,
            State::Blocked | State::Starting | State::Stopping | State::Backoff => self.busy,
            State::Unhealthy | State::Crashed | State::CrashLoop | State::Stuck => self.bad,
            State::Stopped | State::Exited => self.quiet,
        }
    }

    /// Returns the style of a service's name before its lines: always the same for the same service.
    pub(crate) fn name(&self, service: ServiceId) -> Style {
        let place = service.index().checked_rem(self.names.len());
        place.and_then(|place| self.names.get(place)).map_or(self.text, |colour| self.text.fg(*colour))
    }

    /// Returns the style of procdash's own words.
    pub(crate) fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Calm => self.quiet,
            Tone::Good => self.good,
            Tone::Bad => self.bad,
        }
    }

    /// Returns how the panes look while a panel lies over them.
    pub(crate) fn behind(&self) -> Style {
        self.quiet.bg(Color::Reset).remove_modifier(Modifier::all().difference(Modifier::DIM))
    }

    /// Returns the border of a pane.
    pub(crate) fn border(&self, has_focus: bool) -> Style {
        if has_focus { self.focus } else { self.quiet }
    }

    /// Makes what a search has found stand out, whatever colours it has.
    pub(crate) fn found(&self, style: Style, mark: Mark) -> Style {
        match mark {
            Mark::None => style,
            // the colours of the service would make some matches invisible
            Mark::Match => self.text.add_modifier(Modifier::REVERSED),
            Mark::Current => self.busy.add_modifier(Modifier::REVERSED | Modifier::BOLD | Modifier::UNDERLINED),
        }
    }

    /// Returns the style of a part of a line.
    pub(crate) fn part(&self, tint: Tint, style: logs::Style) -> Style {
        match tint {
            Tint::Service => self.output(style),
            Tint::Quiet => self.quiet,
            Tint::Good => self.good,
            Tint::Busy => self.busy,
            Tint::Bad => self.bad,
        }
    }

    /// Translates the style a service chose.
    pub(crate) fn output(&self, style: logs::Style) -> Style {
        let mut shown = Style::new();
        if self.colourful {
            shown.fg = style.fg.map(colour);
            shown.bg = style.bg.map(colour);
        }
        let attributes = [
            (style.bold, Modifier::BOLD),
            (style.dim, Modifier::DIM),
            (style.italic, Modifier::ITALIC),
            (style.underline, Modifier::UNDERLINED),
            (style.reverse, Modifier::REVERSED),
            (style.hidden, Modifier::HIDDEN),
            (style.strike, Modifier::CROSSED_OUT),
        ];
        attributes.into_iter().filter(|(set, _)| *set).fold(shown, |style, (_, modifier)| style.add_modifier(modifier))
    }
}

const fn colour(colour: Colour) -> Color {
    match colour {
        Colour::Indexed(number) => Color::Indexed(number),
        Colour::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

/// Returns the sign of a state: one cell wide everywhere, and never without the state's word beside it.
pub(crate) const fn sign(state: State) -> &'static str {
    match state {
        State::Stopped => "○",
        State::Blocked => "◇",
        State::Starting => "◐",
        State::Running | State::Ready => "●",
        State::Unhealthy => "◍",
        State::Stopping => "◌",
        State::Done | State::Exited => "✓",
        State::Crashed => "✗",
        State::Backoff => "◔",
        State::CrashLoop => "↻",
        State::Stuck => "▲",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text;

    #[test]
    fn every_sign_is_one_cell_wide() {
        for &state in State::ALL {
            assert_eq!(text::width(sign(state)), 1, "{}", state.word());
        }
    }

    #[test]
    fn every_name_is_known_and_no_color_takes_every_colour_away() {
        for name in Theme::NAMES {
            assert!(Theme::named(name, false).is_some());
            assert_eq!(Theme::named(name, true), Some(Theme::mono()));
        }
        assert_eq!(Theme::named("neon", false), None);
        let loud = logs::Style { fg: Some(Colour::Indexed(1)), bold: true, ..logs::Style::default() };
        assert_eq!(Theme::mono().output(loud), Style::new().add_modifier(Modifier::BOLD));
    }
}
