//! What differs between two entries of one service, key by key, and what it takes for the new value to count.

use super::{Restart, Service, Stop, Watch};

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
        ready,
        health,
        port,
        watch,
        schedule,
        groups,
        replica,
        open,
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
        ("ready", *ready != new.ready, anew),
        ("health", *health != new.health, anew),
        ("port", *port != new.port, anew),
        ("schedule", *schedule != new.schedule, at_once),
        ("groups", *groups != new.groups, at_once),
        ("replicas", *replica != new.replica, anew),
        ("open", *open != new.open, at_once),
        ("success_exit_codes", *success_exit_codes != new.success_exit_codes, at_once),
        ("on_exit", *on_exit != new.on_exit, at_once),
    ];
    let of_course = course(restart, &new.restart, stop, &new.stop).into_iter().chain(watched(watch.as_ref(), new));
    let table = table.into_iter().chain(of_course.map(|(key, differs)| (key, differs, at_once)));
    let differing = table.filter(|(_, differs, _)| *differs);
    let mut changes: Vec<KeyChange> =
        differing.map(|(key, _, takes)| KeyChange { key: key.to_owned(), takes }).collect();
    changes.extend(variables(old, new).map(|name| KeyChange { key: format!("env.{name}"), takes: anew }));
    changes
}

/// Compares how a service is started again and stopped.
fn course(restart: &Restart, new_restart: &Restart, stop: &Stop, new_stop: &Stop) -> [(&'static str, bool); 9] {
    let Restart { policy, delay, delay_max, reset_after, max } = restart;
    let Stop { signal, grace_period, command, keys } = stop;
    [
        ("restart", *policy != new_restart.policy),
        ("restart_delay", *delay != new_restart.delay),
        ("restart_delay_max", *delay_max != new_restart.delay_max),
        ("restart_reset_after", *reset_after != new_restart.reset_after),
        ("max_restarts", *max != new_restart.max),
        ("stop_signal", *signal != new_stop.signal),
        ("stop_grace_period", *grace_period != new_stop.grace_period),
        ("stop_command", *command != new_stop.command),
        ("stop_keys", *keys != new_stop.keys),
    ]
}

/// Compares what is watched; where nothing was, or nothing is any more, `watch` says it all.
fn watched(old: Option<&Watch>, new: &Service) -> [(&'static str, bool); 3] {
    let patterns = |watch: Option<&Watch>| watch.map(|watch| watch.patterns.clone());
    let both = old.zip(new.watch.as_ref());
    [
        ("watch", patterns(old) != patterns(new.watch.as_ref())),
        ("watch_ignore", both.is_some_and(|(old, new)| old.ignore != new.ignore)),
        ("watch_debounce", both.is_some_and(|(old, new)| old.debounce != new.debounce)),
    ]
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
            ready: run.ready.clone(),
            health: run.health.clone(),
            port: run.port,
            replica: run.replica,
            // keys cannot be typed where the run has no terminal
            stop: if run.tty == new.tty { new.stop } else { run.stop.clone() },
            ..new
        }
    }
}
