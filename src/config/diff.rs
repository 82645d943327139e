//! What differs between two entries of one service, key by key, and what it takes for the new value to count.

use super::Service;

/// What it takes for a new value to count while the service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it counts at once.
    Nothing,
    /// Another run: it is what the program was started with.
    Restart,
}

/// A key whose value differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The key, as in the file; of variables each by itself, such as `env.PORT`.
    pub key: String,
    /// What it takes.
    pub takes: Takes,
}

/// Returns the keys in which two entries of one service differ, in the order of the documentation.
///
/// What they name by number must be numbered alike.
#[must_use]
pub fn changes(old: &Service, new: &Service) -> Vec<KeyChange> {
    // every field by its name: a new one does not compile until somebody has said here what it takes
    let Service {
        name: _,
        description,
        command,
        working_dir,
        env: _,
        env_file,
        tty,
        autostart,
        oneshot,
        daemon,
        isolation,
        stop,
        restart,
        success_exit_codes,
        on_exit,
        depends_on,
        conflicts,
    } = old;
    let (at_once, anew) = (Takes::Nothing, Takes::Restart);
    let table = [
        ("command", *command != new.command, anew),
        ("description", *description != new.description, at_once),
        ("working_dir", *working_dir != new.working_dir, anew),
        ("env_file", *env_file != new.env_file, anew),
        ("tty", *tty != new.tty, anew),
        ("autostart", *autostart != new.autostart, at_once),
        ("oneshot", *oneshot != new.oneshot, at_once),
        ("daemon", *daemon != new.daemon, at_once),
        ("isolation", *isolation != new.isolation, anew),
        ("depends_on", *depends_on != new.depends_on, at_once),
        ("conflicts", *conflicts != new.conflicts, at_once),
        ("restart", restart.policy != new.restart.policy, at_once),
        ("restart_delay", restart.delay != new.restart.delay, at_once),
        ("restart_delay_max", restart.delay_max != new.restart.delay_max, at_once),
        ("restart_reset_after", restart.reset_after != new.restart.reset_after, at_once),
        ("max_restarts", restart.max != new.restart.max, at_once),
        ("success_exit_codes", *success_exit_codes != new.success_exit_codes, at_once),
        ("stop_signal", stop.signal != new.stop.signal, at_once),
        ("stop_grace_period", stop.grace_period != new.stop.grace_period, at_once),
        ("stop_command", stop.command != new.stop.command, at_once),
        ("stop_keys", stop.keys != new.stop.keys, at_once),
        ("on_exit", *on_exit != new.on_exit, at_once),
    ];
    let differing = table.into_iter().filter(|(_, differs, _)| *differs);
    let mut changes: Vec<KeyChange> =
        differing.map(|(key, _, takes)| KeyChange { key: key.to_owned(), takes }).collect();
    changes.extend(variables(old, new).map(|name| KeyChange { key: format!("env.{name}"), takes: anew }));
    changes
}

/// Returns the names of the variables that differ.
fn variables<'a>(old: &'a Service, new: &'a Service) -> impl Iterator<Item = &'a String> {
    let gone = old.env.keys().filter(|name| !new.env.contains_key(*name));
    new.env.iter().filter(|(name, value)| old.env.get(*name) != Some(value)).map(|(name, _)| name).chain(gone)
}

impl Service {
    /// Returns this entry with all that the program of a present run was started with left as it was.
    #[must_use]
    pub fn during(&self, run: &Self) -> Self {
        let new = self.clone();
        Self {
            command: run.command.clone(),
            working_dir: run.working_dir.clone(),
            env: run.env.clone(),
            env_file: run.env_file.clone(),
            tty: run.tty,
            isolation: run.isolation,
            // keys cannot be typed where the run has no terminal
            stop: if run.tty == new.tty { new.stop } else { run.stop.clone() },
            ..new
        }
    }
}
