//! What the panes show: the focused one follows the list, the others stay with what they have.

use ratatui::layout::Size;

use super::{Model, View};
use crate::id::ServiceId;
use crate::ui::layout;
use crate::ui::log_window::{Lens, LogView, Page};
use crate::ui::pane::{Pane, Subject};
use crate::ui::text;

/// The most of a name that stands before a line.
const LONGEST_NAME: usize = 14;

impl Model {
    /// Returns the pane that has the focus, or gets it when the list gives it away.
    pub(crate) fn pane(&self) -> &Pane {
        self.panes.focused()
    }

    /// Returns the same, to be changed.
    pub(crate) fn pane_mut(&mut self) -> &mut Pane {
        self.panes.focused_mut()
    }

    /// Returns the panes with what each shows, in their order.
    pub(crate) fn shown_panes(&self) -> impl Iterator<Item = (&Pane, Subject)> {
        self.panes.all().map(|pane| (pane, self.subject_of(pane)))
    }

    /// Returns what a pane shows.
    pub(crate) fn subject_of(&self, pane: &Pane) -> Subject {
        match pane.is_merged {
            true => Subject::All,
            false if self.is_focused(pane) => Subject::Service(self.selected),
            false => Subject::Service(pane.service),
        }
    }

    /// Returns what the focused pane shows.
    pub(crate) fn subject(&self) -> Subject {
        self.subject_of(self.pane())
    }

    /// Returns the services whose logs are shown as one: the marked, or else all.
    pub(crate) fn merged_services(&self) -> Vec<ServiceId> {
        if self.marked.is_empty() {
            self.services().map(|(service, _)| service).collect()
        } else {
            self.marked.iter().copied().collect()
        }
    }

    /// Returns the cells that names take before the lines of several logs.
    pub(crate) fn names_width(&self) -> u16 {
        let longest = self.merged_services().into_iter().map(|service| text::width(self.name(service))).max();
        text::cells(longest.unwrap_or(0).min(LONGEST_NAME)) + 1
    }

    /// Returns the line of all logs that the key of `open` leads to: the match that was gone to, else the lowest.
    pub(crate) fn pointed_at(&self) -> Option<u64> {
        if self.subject() != Subject::All {
            return None;
        }
        let (pane, view) = (self.pane(), self.log_view());
        let found = pane.sought.current.map(|spot| spot.line).filter(|line| view.showed(*line));
        found.or(pane.rows.last().copied())
    }

    /// Whether a pane is the one that has the focus, or gets it when the list gives it away.
    pub(crate) fn is_focused(&self, pane: &Pane) -> bool {
        pane.number == self.pane().number
    }

    /// Returns what is shown of the focused log, and what is found in it.
    pub(crate) fn lens(&self) -> Lens<'_> {
        self.lens_of(self.pane())
    }

    /// Returns what is shown of a pane's log, and what is found in it.
    pub(crate) fn lens_of<'a>(&'a self, pane: &'a Pane) -> Lens<'a> {
        let shape = self.log_view_of(pane).shape;
        Lens { shown: pane.sought.shown(), search: pane.sought.search(), current: pane.sought.current, shape }
    }

    /// Returns where the focused pane stands in its log.
    pub(crate) fn log_view(&self) -> LogView {
        self.log_view_of(self.pane())
    }

    /// Returns where a pane stands in its log.
    pub(crate) fn log_view_of(&self, pane: &Pane) -> LogView {
        pane.log_view(self.subject_of(pane)).cloned().unwrap_or_default()
    }

    /// Returns where the focused pane stands in its log, to be changed.
    pub(crate) fn log_view_mut(&mut self) -> Option<&mut LogView> {
        let subject = self.subject();
        self.pane_mut().log_view_mut(subject)
    }

    /// Whether the focused pane shows a screen: as it was at the last frame.
    pub(crate) fn shows_screen(&self) -> bool {
        self.pane().shows_screen
    }

    /// Returns whether the screen of a pane's service is to be shown; `None` leaves it to what the service does.
    pub(crate) fn wants_screen_of(&self, pane: &Pane) -> Option<bool> {
        let Subject::Service(service) = self.subject_of(pane) else { return Some(false) };
        if self.attached.is_some() && self.is_focused(pane) {
            return Some(true);
        }
        match pane.view(service, self.service(service)?.run) {
            View::ByItself => None,
            View::Lines => Some(false),
            View::Screen => Some(true),
        }
    }

    /// Returns the size of every service's terminal, in cells: that of the pane that shows it. Where several do, the
    /// focused one counts, else what fits into each; who is not shown has what a single pane would give.
    pub(crate) fn terminal_sizes(&self) -> Option<Vec<Size>> {
        let areas = self.areas()?;
        let mut sizes = vec![layout::terminal_size(self.single_pane()?); self.board.services.len()];
        let shown: Vec<(ServiceId, Size, bool)> = self
            .shown_panes()
            .enumerate()
            .filter_map(|(place, (pane, subject))| match subject {
                Subject::Service(service) => {
                    let area = areas.pane(place);
                    (!area.is_empty()).then(|| (service, layout::terminal_size(area), self.is_focused(pane)))
                }
                Subject::All => None,
            })
            .collect();
        for (service, size) in sizes.iter_mut().enumerate() {
            let mut shown = shown.iter().filter(|(of, _, _)| of.index() == service);
            let by_focus = shown.clone().find(|(_, _, is_focused)| *is_focused).map(|(_, size, _)| *size);
            let smallest = |one: Size, two: Size| Size::new(one.width.min(two.width), one.height.min(two.height));
            let by_all = shown.next().map(|first| shown.fold(first.1, |least, (_, size, _)| smallest(least, *size)));
            *size = by_focus.or(by_all).unwrap_or(*size);
        }
        Some(sizes)
    }

    /// Returns the room for the lines of the focused pane.
    pub(crate) fn page(&self) -> Page {
        self.page_of(self.pane())
    }

    /// Returns the room for the lines of a pane.
    pub(crate) fn page_of(&self, pane: &Pane) -> Page {
        let place = self.panes.all().position(|other| other.number == pane.number);
        let area = self.areas().zip(place).map(|(areas, place)| layout::text(areas.pane(place))).unwrap_or_default();
        let stamp = self.stamps.width();
        let names = if pane.is_merged { self.names_width() } else { 0 };
        Page {
            width: usize::from(area.width.saturating_sub(stamp + names)),
            height: usize::from(area.height),
            wrap: self.wrap,
        }
    }
}
