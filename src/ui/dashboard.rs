//! What the screen is told once, before anything runs: names, descriptions, keys, columns, colours.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::{Column, Config, Restart, RestartPolicy, Service, Stop};
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
    /// Shows an address in the user's browser; says what is wrong where that cannot be done.
    pub browse: fn(&str) -> Result<(), String>,
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
    /// How it is asked to end.
    pub stop: String,
    /// When it is started again without being asked; empty if never.
    pub restart: String,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether it has an address to open in a browser.
    pub opens: bool,
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
            browse: |_| Err("there is no browser here".to_owned()),
        }
    }
}

impl Description {
    pub(crate) fn of(service: &Service) -> Self {
        Self {
            description: service.description.clone(),
            command: service
                .command
                .as_ref()
                .map_or_else(|| "none: it is up when what it depends on is".to_owned(), ToString::to_string),
            working_dir: service.working_dir.clone(),
            stop: stop_words(&service.stop),
            restart: restart_words(&service.restart),
            tty: service.tty,
            opens: service.open.is_some(),
        }
    }
}

/// Says how it is asked to end, and what comes after.
fn stop_words(stop: &Stop) -> String {
    let first = stop.command.as_ref().map(|command| format!("by `{command}`, then "));
    let asked = match &stop.keys {
        Some(keys) => format!("by typing \"{}\"", keys.escape_debug()),
        None => format!("by {}", stop.signal),
    };
    format!("{}{asked}; killed after {}", first.unwrap_or_default(), seconds(stop.grace_period))
}

/// Says when it is started again by itself.
fn restart_words(restart: &Restart) -> String {
    let when = match restart.policy {
        RestartPolicy::No => return String::new(),
        RestartPolicy::OnFailure => "after a crash",
        RestartPolicy::Always => "whenever it ends",
    };
    let (least, most) = (seconds(restart.delay), seconds(restart.delay_max));
    format!("{when}, {least} to {most} later, {} times in a row", restart.max)
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { super::text::brief(time) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CommandLine;
    use crate::signal::Signal;

    #[test]
    fn how_a_service_ends_and_begins_again_is_one_line_each() {
        let mut stop = Stop {
            signal: Signal::SIGINT,
            grace_period: Duration::from_secs(5),
            command: Some(CommandLine::Shell("bin/drain".to_owned())),
            keys: None,
        };
        assert_eq!(stop_words(&stop), "by `bin/drain`, then by SIGINT; killed after 5 s");
        (stop.command, stop.keys) = (None, Some("q\n".to_owned()));
        assert_eq!(stop_words(&stop), "by typing \"q\\n\"; killed after 5 s");
        let (delay, delay_max) = (Duration::from_millis(500), Duration::from_secs(10));
        let restart = |policy| Restart { policy, delay, delay_max, reset_after: delay_max, max: 5 };
        assert_eq!(restart_words(&restart(RestartPolicy::No)), "");
        let always = restart_words(&restart(RestartPolicy::Always));
        assert_eq!(always, "whenever it ends, 500 ms to 10 s later, 5 times in a row");
    }
}
