//! A pane: which log it shows, where it stands in it, and what is looked for there.

use crate::id::{RunId, ServiceId};

use super::log_window::LogView;
use super::model::View;
use super::sought::Sought;

/// What a pane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// One service.
    Service(ServiceId),
    /// The logs of all services, or of the marked ones, as one.
    All,
}

/// One pane of logs.
#[derive(Clone, Debug)]
pub(crate) struct Pane {
    /// Which of all panes that there have been: panes come and go, and places shift.
    pub(crate) number: u64,
    /// The service it shows while it has not the focus; the one that has follows the list.
    pub(crate) service: ServiceId,
    /// Whether it shows all logs as one instead.
    pub(crate) is_merged: bool,
    /// Where it stands in each service's log.
    logs: Vec<LogView>,
    /// Where it stands in all of them.
    merged: LogView,
    /// What was asked to be shown of each service, in which of its runs.
    views: Vec<(RunId, View)>,
    /// Whether it shows a screen: as it was at the last frame.
    pub(crate) shows_screen: bool,
    /// The line of each of its rows at the last frame.
    pub(crate) rows: Vec<u64>,
    /// What is searched for in it, and shown of it.
    pub(crate) sought: Sought,
}

impl Pane {
    /// Makes the first pane.
    pub(crate) fn new(services: usize) -> Self {
        Self {
            number: 0,
            service: ServiceId::new(0),
            is_merged: false,
            logs: vec![LogView::default(); services],
            merged: LogView::default(),
            views: vec![Default::default(); services],
            shows_screen: false,
            rows: Vec::new(),
            sought: Sought::default(),
        }
    }

    /// Returns another pane that shows the same at the same place, but looks for nothing.
    pub(crate) fn another(&self, number: u64) -> Self {
        Self {
            number,
            service: self.service,
            is_merged: self.is_merged,
            logs: self.logs.clone(),
            merged: self.merged.clone(),
            views: self.views.clone(),
            shows_screen: self.shows_screen,
            rows: self.rows.clone(),
            sought: Sought::of_pane(number),
        }
    }

    /// Makes room for so many services.
    pub(crate) fn make_room(&mut self, services: usize) {
        self.logs.resize_with(services, Default::default);
        self.views.resize_with(services, Default::default);
    }

    /// Returns where it stands in what it shows.
    pub(crate) fn log_view(&self, subject: Subject) -> Option<&LogView> {
        match subject {
            Subject::Service(service) => self.logs.get(service.index()),
            Subject::All => Some(&self.merged),
        }
    }

    /// Returns where it stands in what it shows, to be changed.
    pub(crate) fn log_view_mut(&mut self, subject: Subject) -> Option<&mut LogView> {
        match subject {
            Subject::Service(service) => self.logs.get_mut(service.index()),
            Subject::All => Some(&mut self.merged),
        }
    }

    /// Returns what was asked to be shown of a service in this run of it.
    pub(crate) fn view(&self, service: ServiceId, run: RunId) -> View {
        self.views.get(service.index()).filter(|(of, _)| *of == run).map(|(_, view)| *view).unwrap_or_default()
    }

    /// Takes in what is asked to be shown of a service in this run of it.
    pub(crate) fn set_view(&mut self, service: ServiceId, run: RunId, view: View) {
        if let Some(place) = self.views.get_mut(service.index()) {
            *place = (run, view);
        }
    }

    /// Forgets what was asked to be shown where it is what would be shown by itself, so that the next change is followed.
    pub(crate) fn settle_view(&mut self, service: ServiceId, draws: bool) {
        if let Some((_, view)) = self.views.get_mut(service.index())
            && matches!((*view, draws), (View::Screen, true) | (View::Lines, false))
        {
            *view = View::ByItself;
        }
    }
}
