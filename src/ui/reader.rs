//! Reads what the panes show, once a frame: a window of a log, or a screen.

use ratatui::layout::Position;
use tokio::sync::mpsc;

use crate::id::ServiceId;
use crate::screen::Picture;
use crate::supervisor::{AsOf, Handle, Look};

use super::log_window::{Excerpt, LogView, LogWindow, firsts, service_of};
use super::model::Model;
use super::pane::Subject;
use super::seeker::{self, Ground, Seeker};
use super::sought::Finding;
use super::view::Contents;
use super::widgets::screen;

/// What reading has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Something that is seen is not what was seen before.
    pub(crate) changed: bool,
    /// There will be more to see soon.
    pub(crate) again: bool,
}

/// Reads every pane.
#[derive(Debug)]
pub(crate) struct Readers {
    readers: Vec<Reader>,
    findings: mpsc::Sender<Finding>,
}

/// Reads one pane, and remembers what it has read.
#[derive(Debug)]
struct Reader {
    /// Whose.
    pane: u64,
    seeker: Seeker,
    window: LogWindow,
    excerpt: Option<Excerpt>,
    /// The screen that is shown instead of lines.
    picture: Option<Picture>,
    /// Whose it is, and as of when.
    picture_of: Option<(ServiceId, AsOf)>,
    /// The oldest line of each log that is shown as one with others, as of the last look.
    firsts: Vec<(ServiceId, u64)>,
}

impl Readers {
    /// Makes them, and what their searches will find.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Finding>) {
        let (findings, found) = seeker::findings();
        (Self { readers: Vec::new(), findings }, found)
    }

    /// Reads what every pane shows; `all` says that the screen is drawn anew in any case.
    pub(crate) fn read(&mut self, model: &mut Model, handle: &Handle, all: bool) -> Seen {
        let panes: Vec<u64> = model.panes.all().map(|pane| pane.number).collect();
        self.readers.retain(|reader| panes.contains(&reader.pane));
        let mut seen = Seen::default();
        for (place, &pane) in panes.iter().enumerate() {
            if self.readers.get(place).is_none_or(|reader| reader.pane != pane) {
                self.readers.insert(place, Reader::new(pane, Seeker::new(self.findings.clone())));
            }
            let is_hidden = model.areas().is_some_and(|areas| areas.pane(place).is_empty());
            let Some(reader) = self.readers.get_mut(place).filter(|_| !is_hidden) else { continue };
            let Seen { changed, again } = reader.read(model, place, handle, all);
            seen = Seen { changed: seen.changed || changed, again: seen.again || again };
        }
        seen
    }

    /// Takes in what a search has found.
    pub(crate) fn heard(&mut self, finding: &Finding) {
        self.readers.iter_mut().for_each(|reader| reader.seeker.heard(finding));
    }

    /// Returns what was read, in the order of the panes.
    pub(crate) fn contents(&self) -> Vec<Contents<'_>> {
        self.readers
            .iter()
            .map(|reader| Contents { window: &reader.window, picture: reader.picture.as_ref() })
            .collect()
    }

    /// Returns the lines that the focused pane shows.
    pub(crate) fn window(&self, model: &Model) -> Option<&LogWindow> {
        self.readers.get(model.panes.place()).map(|reader| &reader.window)
    }

    /// Returns the screen that the focused pane shows.
    pub(crate) fn picture(&self, model: &Model) -> Option<&Picture> {
        self.readers.get(model.panes.place())?.picture.as_ref()
    }

    /// Returns where the cursor of the service that has the keyboard stands on the screen.
    pub(crate) fn cursor(&self, model: &Model) -> Option<Position> {
        let area = model.areas()?.log_text();
        let is_seen = model.attached.is_some() && model.panels.is_empty();
        screen::cursor(self.picture(model).filter(|_| is_seen)?, area)
    }
}

impl Reader {
    fn new(pane: u64, seeker: Seeker) -> Self {
        let window = LogWindow::default();
        Self { pane, seeker, window, excerpt: None, picture: None, picture_of: None, firsts: Vec::new() }
    }

    fn read(&mut self, model: &mut Model, place: usize, handle: &Handle, all: bool) -> Seen {
        if model.links.is_some() && place == model.panes.place() {
            // the letters of links must not move away
            return Seen { changed: all, again: false };
        }
        let Some(subject) = model.shown_panes().nth(place).map(|(_, subject)| subject) else { return Seen::default() };
        let mut all = all;
        if let Some(seen) = self.read_screen(model, (place, subject), handle, &mut all) {
            return seen;
        }
        let changed = match subject {
            Subject::Service(service) => self.read_log(model, (place, service), handle, all),
            Subject::All => self.read_merged(model, place, handle, all),
        };
        Seen { changed: changed || all, again: false }
    }

    /// Looks at the screen of the service, if that is what is shown. `None` leaves the pane to the lines, and says in
    /// `all` that it has shown a screen before.
    fn read_screen(
        &mut self,
        model: &mut Model,
        (place, subject): (usize, Subject),
        handle: &Handle,
        all: &mut bool,
    ) -> Option<Seen> {
        let (live, service) = match subject {
            Subject::Service(service) => (handle.screens.live(service), Some(service)),
            Subject::All => (None, None),
        };
        let draws = live.as_ref().map(|live| live.draws());
        let pane = model.panes.all_mut().nth(place)?;
        if let (Some(service), Some(draws)) = (service, draws) {
            pane.settle_view(service, draws);
        }
        let showed = pane.shows_screen;
        let pane = model.panes.all().nth(place)?;
        let wanted = model.wants_screen_of(pane);
        let seen = self.picture_of.filter(|(of, _)| Some(*of) == service).map(|(_, as_of)| as_of);
        let look =
            live.filter(|_| wanted != Some(false)).map_or(Look::Lines, |live| live.look(wanted == Some(true), seen));
        if let Some(pane) = model.panes.all_mut().nth(place) {
            pane.shows_screen = look != Look::Lines;
        }
        match look {
            Look::Lines => {
                (self.picture, self.picture_of) = (None, None);
                // what the pane shows has changed, whatever the lines say
                *all |= showed;
                None
            }
            Look::Same => Some(Seen { changed: !showed, again: false }),
            Look::New { picture, as_of } => {
                self.picture_of = service.zip(as_of);
                let differs = self.picture.as_ref() != Some(&picture);
                self.picture = Some(picture);
                // the middle of an update: there will be more to see
                Some(Seen { changed: differs || !showed, again: as_of.is_none() })
            }
        }
    }

    /// Copies and lays out what is seen of a log; returns whether it is not what was seen before.
    fn read_log(
        &mut self,
        model: &mut Model,
        (place, service): (usize, ServiceId),
        handle: &Handle,
        all: bool,
    ) -> bool {
        let Some(log) = handle.logs.lock(service) else {
            self.window = LogWindow::default();
            return true;
        };
        if let Some(pane) = model.panes.all_mut().nth(place) {
            pane.sought.forget_before(log.first());
        }
        let Some(pane) = model.panes.all().nth(place) else { return false };
        let mut view = model.log_view_of(pane);
        view.find_arrival(&log);
        let excerpt = Excerpt::copy(&log, &view, model.page_of(pane), model.lens_of(pane));
        drop(log);
        self.seeker.follow(&pane.sought, Ground::One(service), &handle.logs);
        self.lay_out(model, (place, Subject::Service(service)), (excerpt, view), all)
    }

    /// The same of several logs as one.
    fn read_merged(&mut self, model: &mut Model, place: usize, handle: &Handle, all: bool) -> bool {
        let services = model.merged_services();
        let logs = &handle.logs;
        if let Some(pane) = model.panes.all_mut().nth(place).filter(|pane| pane.sought.is_active()) {
            let firsts = firsts(logs, &services);
            if self.firsts != firsts {
                let first =
                    |line| firsts.iter().find(|(service, _)| *service == service_of(line)).map(|(_, first)| *first);
                pane.sought.keep(|line| first(line).is_some_and(|first| line >= first));
                self.firsts = firsts;
            }
        }
        let Some(pane) = model.panes.all().nth(place) else { return false };
        let view = model.log_view_of(pane);
        let excerpt = Excerpt::copy_merged(logs, &services, &view, model.page_of(pane), model.lens_of(pane));
        self.seeker.follow(&pane.sought, Ground::All(services), logs);
        self.lay_out(model, (place, Subject::All), (excerpt, view), all)
    }

    /// Lays out what was copied; returns whether it is not what was seen before.
    fn lay_out(
        &mut self,
        model: &mut Model,
        (place, subject): (usize, Subject),
        (excerpt, mut view): (Excerpt, LogView),
        all: bool,
    ) -> bool {
        if !all && self.excerpt.as_ref() == Some(&excerpt) {
            return false;
        }
        let Some(pane) = model.panes.all().nth(place) else { return false };
        let unmoved = view.pending == 0 && view.goal.is_none();
        self.window = excerpt.lay_out(&mut view, model.page_of(pane), model.lens_of(pane));
        let Some(pane) = model.panes.all_mut().nth(place) else { return false };
        pane.rows = self.window.rows.iter().map(|row| row.place.line).collect();
        if let Some(place) = pane.log_view_mut(subject) {
            *place = view;
        }
        // after a move the next excerpt is another one
        self.excerpt = unmoved.then_some(excerpt);
        true
    }
}
