//! What another state of the project's file means for services that run: told before it is done. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::status::{Board, ServiceStatus, State};
use crate::config::{Config, Dependency, KeyChange, Service, Takes, changes};
use crate::id::ServiceId;

/// What a reload would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Services that come, in the order of the file.
    pub added: Vec<Arc<str>>,
    /// Services that are stopped and go.
    pub removed: Vec<Arc<str>>,
    /// Services whose entries differ.
    pub changed: Vec<Changed>,
    /// How many stay as they are and are not touched.
    pub unchanged: usize,
    /// Whether those that stay stand in another order.
    pub is_reordered: bool,
    /// What else differs and counts only from the next start of procdash on.
    pub later: Vec<&'static str>,
    /// Every entry of the file with the number of its service, in the file's order.
    pub(super) entries: Vec<(ServiceId, Arc<Service>)>,
    /// Those that come.
    pub(super) new: Vec<ServiceId>,
    /// Those that go.
    pub(super) leaving: Vec<ServiceId>,
}

/// A service whose entry differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub service: ServiceId,
    /// Its name.
    pub name: Arc<str>,
    /// The keys that differ; never their values, which may be secret.
    pub keys: Vec<KeyChange>,
    /// Whether it runs, and is stopped and started again.
    pub restarts: bool,
}

impl Plan {
    /// Compares what is there with the file as it is now; `at_start` is what procdash was started with.
    #[must_use]
    pub fn new(board: &Board, at_start: &Config, file: &Config) -> Self {
        let mut next = board.services.len();
        let numbers: Vec<(ServiceId, bool)> = file
            .services
            .iter()
            .map(|service| {
                board.find(&service.name).map_or_else(
                    || {
                        next += 1;
                        (ServiceId::new(u32::try_from(next - 1).unwrap_or(u32::MAX)), true)
                    },
                    |known| (known, false),
                )
            })
            .collect();
        let mut plan = Self { later: later(at_start, file), ..Self::default() };
        for (service, (id, is_new)) in file.services.iter().zip(&numbers) {
            let entry = Arc::new(renumbered(service, &numbers));
            if *is_new {
                plan.added.push(service.name.as_str().into());
                plan.new.push(*id);
            } else if let Some(status) = board.services.get(id.index()) {
                plan.compare(*id, status, &entry);
            }
            plan.entries.push((*id, entry));
        }
        let named: BTreeSet<ServiceId> = numbers.iter().map(|(id, _)| *id).collect();
        for (id, status) in board.listed().filter(|(id, status)| !status.is_extra && !named.contains(id)) {
            plan.removed.push(Arc::clone(&status.name));
            plan.leaving.push(id);
        }
        let shown = board.listed().map(|(id, _)| id).filter(|id| named.contains(id));
        plan.is_reordered = !shown.eq(numbers.iter().filter(|(_, is_new)| !is_new).map(|(id, _)| *id));
        plan
    }

    fn compare(&mut self, service: ServiceId, status: &ServiceStatus, entry: &Service) {
        let keys = status.entry.as_deref().map_or_else(Vec::new, |old| changes(old, entry));
        if keys.is_empty() {
            self.unchanged += 1;
            return;
        }
        let is_up = status.state.is_up() || (status.rules.is_target && status.state == State::Done);
        let restarts = is_up && keys.iter().any(|change| change.takes == Takes::Restart);
        self.changed.push(Changed { service, name: Arc::clone(&status.name), keys, restarts });
    }

    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty() && !self.is_reordered
    }

    /// Says it in one line: `added web · removed old · changed api (command, env.PORT) · unchanged 4`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let list = |word: &str, names: Vec<String>| (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")));
        let plain = |names: &[Arc<str>]| names.iter().map(ToString::to_string).collect();
        let changed = self.changed.iter().map(|changed| format!("{} ({})", changed.name, changed.key_list()));
        let parts = [
            list("added", plain(&self.added)),
            list("removed", plain(&self.removed)),
            list("changed", changed.collect()),
            self.is_reordered.then(|| "another order".to_owned()),
            Some(format!("unchanged {}", self.unchanged)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Says how much differs: `1 added · 2 changed`.
    #[must_use]
    pub fn counts(&self) -> String {
        let count = |number: usize, word: &str| (number > 0).then(|| format!("{number} {word}"));
        let parts = [
            count(self.added.len(), "added"),
            count(self.removed.len(), "removed"),
            count(self.changed.len(), "changed"),
            self.is_reordered.then(|| "another order".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Says of what differs elsewhere in the file when it counts, if anything does.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let verb = if self.later.len() == 1 { "counts" } else { "count" };
        (!self.later.is_empty()).then(|| format!("{} {verb} from the next `procdash up` on", self.later.join(", ")))
    }

    /// Returns those that are stopped and started again.
    pub(super) fn restarting(&self) -> Vec<ServiceId> {
        self.changed.iter().filter(|changed| changed.restarts).map(|changed| changed.service).collect()
    }

    /// Returns those that come and start by themselves.
    pub(super) fn starting(&self) -> Vec<ServiceId> {
        let starts = |(id, entry): &&(ServiceId, Arc<Service>)| self.new.contains(id) && entry.autostart;
        self.entries.iter().filter(starts).map(|(id, _)| *id).collect()
    }
}

impl Changed {
    /// Returns the keys that differ, as in `command, env.PORT`.
    #[must_use]
    pub fn key_list(&self) -> String {
        key_list(&self.keys)
    }
}

/// Returns the keys that differ, as in `command, env.PORT`.
pub(super) fn key_list(keys: &[KeyChange]) -> String {
    keys.iter().map(|change| change.key.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns an entry whose links name services by the numbers that they have here.
fn renumbered(service: &Service, numbers: &[(ServiceId, bool)]) -> Service {
    let number = |place: ServiceId| numbers.get(place.index()).map(|(id, _)| *id);
    let need = |need: &Dependency| Some(Dependency { service: number(need.service)?, ..*need });
    let mut conflicts: Vec<ServiceId> = service.conflicts.iter().filter_map(|place| number(*place)).collect();
    conflicts.sort_unstable();
    Service { depends_on: service.depends_on.iter().filter_map(need).collect(), conflicts, ..service.clone() }
}

/// Returns the keys outside of `[processes]` that differ: they are read when procdash starts.
fn later(at_start: &Config, file: &Config) -> Vec<&'static str> {
    let (old, new) = (&at_start.settings, &file.settings);
    let table = [
        ("name", at_start.name != file.name),
        ("settings.shell", old.shell != new.shell),
        ("settings.env_file", old.env_file != new.env_file),
        ("settings.shutdown_timeout", old.shutdown_timeout != new.shutdown_timeout),
        ("settings.scrollback", old.scrollback != new.scrollback),
        ("settings.on_leftovers", old.on_leftovers != new.on_leftovers),
        ("settings.logs", old.logs != new.logs),
        ("ui.theme", at_start.ui.theme != file.ui.theme),
        ("ui.columns", at_start.ui.columns != file.ui.columns),
        ("keys", at_start.ui.keys != file.ui.keys),
    ];
    table.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{SourceFile, load};
    use crate::supervisor::Phase;

    fn config(text: &str) -> Config {
        let path = PathBuf::from("/srv/shop/procfile.toml");
        load(&[SourceFile { path, shown: "procfile.toml".to_owned(), bytes: text.as_bytes().to_vec() }]).unwrap()
    }

    fn board(config: &Config) -> Board {
        let status = |(place, service): (usize, &Service)| ServiceStatus {
            state: State::Running,
            place: Some(place),
            entry: Some(Arc::new(service.clone())),
            ..ServiceStatus::never_started(service.name.as_str().into())
        };
        Board { services: config.services.iter().enumerate().map(status).collect(), phase: Phase::Up }
    }

    fn planned(old: &str, new: &str) -> Plan {
        let (old, new) = (config(old), config(new));
        Plan::new(&board(&old), &old, &new)
    }

    const FILE: &str = "[processes]\ndb = 'd'\n[processes.api]\ncommand = 'a'\ndepends_on = ['db']\n";

    #[test]
    fn a_file_that_was_only_written_again_asks_for_nothing() {
        let same = planned(FILE, &format!("# a comment\n{FILE}\n"));
        assert!(same.is_empty() && same.unchanged == 2 && same.remark().is_none(), "{same:?}");
    }

    #[test]
    fn what_comes_goes_and_differs_is_told_with_the_keys_and_without_their_values() {
        let new = "[processes]\nweb = 'w'\n[processes.api]\ncommand = 'b'\nenv = { TOKEN = 's3cret' }\n";
        let plan = planned(FILE, new);
        assert_eq!(
            plan.sentence(),
            "added web · removed db · changed api (command, depends_on, env.TOKEN) · unchanged 0"
        );
        assert_eq!(plan.counts(), "1 added · 1 removed · 1 changed");
        assert!(plan.changed[0].restarts);
        assert_eq!(
            (plan.new.as_slice(), plan.leaving.as_slice()),
            (&[ServiceId::new(2)][..], &[ServiceId::new(0)][..])
        );
    }

    #[test]
    fn a_key_that_counts_at_once_costs_no_restart() {
        let keys = "description = 'x'\nstop_grace_period = '9s'\nrestart = 'always'\nautostart = false\non_exit = 'stop-all'\n";
        let plan = planned(FILE, &format!("{FILE}{keys}"));
        assert_eq!(plan.changed[0].key_list(), "description, autostart, on_exit, restart, stop_grace_period");
        assert!(!plan.changed[0].restarts);
    }

    #[test]
    fn links_are_numbered_by_who_is_there_and_another_order_alone_changes_no_entry() {
        let turned = "[processes.api]\ncommand = 'a'\ndepends_on = ['db']\n[processes.db]\ncommand = 'd'\n";
        let plan = planned(FILE, turned);
        assert!(plan.changed.is_empty() && plan.is_reordered && !plan.is_empty(), "{plan:?}");
        assert_eq!(plan.entries[0].1.depends_on[0].service, ServiceId::new(0));
    }

    #[test]
    fn what_is_in_no_file_is_not_missed_there_until_the_file_has_one_of_that_name() {
        let old = config(FILE);
        let mut board = board(&old);
        let extra = ServiceStatus { is_extra: true, place: Some(2), ..ServiceStatus::never_started("extra".into()) };
        board.services.push(ServiceStatus { entry: board.services[0].entry.clone(), ..extra });
        assert!(Plan::new(&board, &old, &old).is_empty());
        let taken = Plan::new(&board, &old, &config(&format!("{FILE}[processes.extra]\ncommand = 'e'\n")));
        assert_eq!(taken.sentence(), "changed extra (command) · unchanged 2");
    }

    #[test]
    fn a_removed_service_is_gone_and_one_of_its_name_is_new() {
        let old = config(FILE);
        let mut board = board(&old);
        board.services[0].place = None;
        let plan = Plan::new(&board, &old, &old);
        assert_eq!((plan.added.len(), plan.new[0]), (1, ServiceId::new(2)));
        assert_eq!(plan.changed[0].key_list(), "depends_on", "it needs the new one");
    }

    #[test]
    fn settings_that_are_read_at_the_start_are_named() {
        let plan = planned(FILE, &format!("name = 'x'\nui.theme = 'light'\nsettings.scrollback = '1MiB'\n{FILE}"));
        assert!(plan.is_empty());
        let remark = "name, settings.scrollback, ui.theme count from the next `procdash up` on";
        assert_eq!(plan.remark().as_deref(), Some(remark));
    }
}
