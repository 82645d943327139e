//! What the screen is told once, before anything runs: names, descriptions, keys, columns, colours.

use jiff::tz::TimeZone;

use crate::config::{Column, CommandLine, Config, Service};
use crate::keys::Keymap;

use super::theme::Theme;

/// What the screen is told once.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// The project's name.
    pub project: String,
    /// What is known of each service before it runs, in the configuration's order.
    pub services: Vec<Description>,
    /// The columns of the list after the name, in order.
    pub columns: Vec<Column>,
    /// The keys.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
}

/// What is known of a service before it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// One line for people.
    pub description: Option<String>,
    /// What is run.
    pub command: String,
    /// Where.
    pub working_dir: String,
}

impl Dashboard {
    /// Takes from the configuration what the screen needs; `no_color` says that `NO_COLOR` is set.
    ///
    /// A theme that does not exist is shown as the default one: naming it is an error of the configuration.
    #[must_use]
    pub fn new(config: &Config, no_color: bool, zone: TimeZone) -> Self {
        let theme = Theme::named(&config.ui.theme, no_color).unwrap_or_else(|| Theme::plain(no_color));
        Self {
            project: config.name.clone(),
            services: config.services.iter().map(Description::of).collect(),
            columns: config.ui.columns.clone(),
            keymap: config.ui.keys.clone(),
            theme,
            zone,
        }
    }
}

impl Description {
    fn of(service: &Service) -> Self {
        let command = match &service.command {
            CommandLine::Shell(line) => line.clone(),
            CommandLine::Program(words) => words.join(" "),
        };
        Self { description: service.description.clone(), command, working_dir: service.working_dir.clone() }
    }
}
