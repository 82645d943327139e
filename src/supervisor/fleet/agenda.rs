//! Who has changed, and who has to be looked at because of that: nobody else is. Pure.

use std::collections::BTreeSet;

use crate::id::ServiceId;

/// Who has changed, and who has to be looked at because of that.
#[derive(Debug)]
pub(super) struct Agenda {
    /// Who has changed since somebody asked.
    changed: BTreeSet<ServiceId>,
    /// Who has changed since those around it were looked at.
    news: Vec<ServiceId>,
    /// Whose stop waits for a service, by that service; whoever is in here in vain is looked at once too often.
    watchers: Vec<Vec<ServiceId>>,
}

impl Agenda {
    pub(super) fn new(services: usize) -> Self {
        Self { changed: BTreeSet::new(), news: Vec::new(), watchers: vec![Vec::new(); services] }
    }

    /// Makes room for one more service.
    pub(super) fn join(&mut self) {
        self.watchers.push(Vec::new());
    }

    /// Notes that a service has changed in anything that another one looks at.
    pub(super) fn note(&mut self, id: ServiceId) {
        self.changed.insert(id);
        self.news.push(id);
    }

    /// Notes that the stop of `waiting` is looked at again once `first` has changed.
    pub(super) fn watch(&mut self, first: ServiceId, waiting: ServiceId) {
        if let Some(watchers) = self.watchers.get_mut(first.index()) {
            watchers.push(waiting);
        }
    }

    /// Takes those who wait for a service to be gone.
    pub(super) fn take_watchers(&mut self, first: ServiceId) -> Vec<ServiceId> {
        self.watchers.get_mut(first.index()).map(std::mem::take).unwrap_or_default()
    }

    /// Takes those who have changed since the last time.
    pub(super) fn take_news(&mut self) -> Vec<ServiceId> {
        std::mem::take(&mut self.news)
    }

    /// Takes those who have changed since somebody asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<ServiceId> {
        std::mem::take(&mut self.changed)
    }
}
