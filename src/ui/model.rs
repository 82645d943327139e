//! The screen as data: everything that the next frame depends on, but for the log's lines and the time.

mod panel;
mod shown;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use ratatui::layout::{Rect, Size};

use crate::id::{RunId, ServiceId};
use crate::keys::Context;
use crate::logs::Tone;
use crate::process::Member;
use crate::supervisor::{Board, KillReport, Phase, ServiceStatus};

pub(crate) use self::panel::{Panel, SignalMenu, TreeView};
use super::columns::{self, Plan};
use super::dashboard::{Dashboard, Description};
use super::layout::{self, Areas, Need};
use super::links::Choice;
use super::panes::Panes;
use super::selection::{Pressed, Selecting};
use super::sought::Prompt;
use super::stamps::Stamps;
use super::text;

/// The time, as the frame and the update are told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// For durations.
    pub(crate) now: Instant,
    /// For the clock.
    pub(crate) wall: Timestamp,
}

/// Which pane has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The list.
    List,
    /// The log.
    Log,
}

/// What a pane shows of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// Its screen where it draws one, else its lines.
    #[default]
    ByItself,
    /// Its lines.
    Lines,
    /// Its screen.
    Screen,
}

/// Who has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    /// The service.
    pub(crate) service: ServiceId,
    /// Its run: the next one does not have it.
    pub(crate) run: RunId,
}

/// One line about what happened last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// How it is meant.
    pub(crate) tone: Tone,
    /// For a person to read.
    pub(crate) text: String,
}

/// The screen as data.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the screen")]
pub(crate) struct Model {
    /// What it was told once.
    pub(crate) dashboard: Dashboard,
    /// The newest board.
    pub(crate) board: Board,
    /// The terminal's size.
    pub(crate) size: Size,
    /// The chosen service.
    pub(crate) selected: ServiceId,
    /// The marked ones.
    pub(crate) marked: BTreeSet<ServiceId>,
    /// Which pane has the focus.
    pub(crate) focus: Focus,
    /// Whether the log has the screen to itself.
    pub(crate) zoom: bool,
    /// Whether long lines are wrapped.
    pub(crate) wrap: bool,
    /// Which times lines show.
    pub(crate) stamps: Stamps,
    /// The links that are offered; what is on the screen stays meanwhile.
    pub(crate) links: Option<Choice>,
    /// Rows of the list scrolled past.
    pub(crate) list_top: usize,
    /// The panes of logs; the focused one shows the chosen service.
    pub(crate) panes: Panes,
    /// What is being typed on the status line.
    pub(crate) prompt: Option<Prompt>,
    /// Only services with this in their names, or in those of their groups, are listed.
    pub(crate) names: String,
    /// Who has the keyboard.
    pub(crate) attached: Option<Attached>,
    /// Whether that service wants to know about the mouse: as it was at the last frame.
    pub(crate) mouse_is_theirs: bool,
    /// What is being selected in the pane.
    pub(crate) selecting: Option<Selecting>,
    /// Where the mouse button went down last.
    pub(crate) pressed: Option<Pressed>,
    /// What lies over the panes; the last is on top and has the keys.
    pub(crate) panels: Vec<Panel>,
    /// What a kill has found while a service had the keyboard: shown once that has come back.
    pub(crate) withheld: Option<Arc<KillReport>>,
    /// What happened last.
    pub(crate) notice: Option<Notice>,
    /// The services that lived when the quit began.
    pub(crate) quitting: Vec<ServiceId>,
    /// The most rows that the picture of the quit has needed: its border must not jump when somebody ends.
    pub(crate) quitting_rows: usize,
}

impl Model {
    /// Makes the first screen.
    pub(crate) fn new(dashboard: Dashboard, board: Board, size: Size) -> Self {
        let panes = Panes::new(board.services.len());
        let mut model = Self {
            dashboard,
            board,
            size,
            selected: ServiceId::new(0),
            marked: BTreeSet::new(),
            focus: Focus::List,
            zoom: false,
            wrap: true,
            stamps: Stamps::Off,
            links: None,
            list_top: 0,
            panes,
            prompt: None,
            names: String::new(),
            attached: None,
            mouse_is_theirs: false,
            selecting: None,
            pressed: None,
            panels: Vec::new(),
            withheld: None,
            notice: None,
            quitting: Vec::new(),
            quitting_rows: 0,
        };
        model.quitting = if model.is_quitting() { model.alive() } else { Vec::new() };
        model
    }

    /// Returns a service's present state.
    pub(crate) fn service(&self, service: ServiceId) -> Option<&ServiceStatus> {
        self.board.services.get(service.index())
    }

    /// Returns every service that is there with its identity, in the order in which they are shown.
    pub(crate) fn services(&self) -> impl Iterator<Item = (ServiceId, &ServiceStatus)> + Clone {
        self.board.listed()
    }

    /// Returns the services in the list: all, or those that have what was typed in their names or those of their groups.
    pub(crate) fn listed(&self) -> Vec<ServiceId> {
        let has_capitals = self.names.chars().any(char::is_uppercase);
        let matches = |name: &str| match has_capitals {
            _ if self.names.is_empty() => true,
            true => name.contains(&self.names),
            false => name.to_lowercase().contains(&self.names),
        };
        let is_listed =
            |status: &ServiceStatus| matches(&status.name) || status.groups.iter().any(|group| matches(group));
        self.services().filter(|(_, status)| is_listed(status)).map(|(service, _)| service).collect()
    }

    /// Returns the row of the chosen service in the list.
    pub(crate) fn listed_place(&self) -> usize {
        self.listed().iter().position(|service| *service == self.selected).unwrap_or(0)
    }

    /// Returns a service's name, or nothing where there is none.
    pub(crate) fn name(&self, service: ServiceId) -> &str {
        self.service(service).map_or("", |status| &status.name)
    }

    /// Returns the processes of a service.
    pub(crate) fn members(&self, service: ServiceId) -> &[Member] {
        self.service(service).map_or(&[], |status| &status.members)
    }

    /// Returns the services that have, or may have, processes.
    pub(crate) fn alive(&self) -> Vec<ServiceId> {
        self.services().filter(|(_, status)| status.state.is_alive()).map(|(service, _)| service).collect()
    }

    /// Returns what start, stop, restart and kill act on: the marked, or else the chosen one.
    pub(crate) fn targets(&self) -> Vec<ServiceId> {
        if !self.marked.is_empty() {
            return self.marked.iter().copied().collect();
        }
        self.service(self.selected).map(|_| vec![self.selected]).unwrap_or_default()
    }

    /// Whether everything is being stopped.
    pub(crate) fn is_quitting(&self) -> bool {
        matches!(self.board.phase, Phase::Quitting { .. })
    }

    /// Returns the context in which keys are looked up.
    pub(crate) fn context(&self) -> Context {
        match self.focus {
            _ if self.selecting.is_some() => Context::Copy,
            Focus::List => Context::List,
            Focus::Log => Context::Log,
        }
    }

    /// Returns what is known of a service before it runs: what its entry says now.
    pub(crate) fn about(&self, service: ServiceId) -> Option<Description> {
        let entry = self.service(service).and_then(|status| status.entry.as_deref());
        entry.map(Description::of).or_else(|| self.dashboard.services.get(service.index()).cloned())
    }

    /// Whether a service has a terminal rather than pipes.
    pub(crate) fn has_tty(&self, service: ServiceId) -> bool {
        self.about(service).is_none_or(|about| about.tty)
    }

    /// Returns where everything is, or `None` where the screen is too small.
    pub(crate) fn areas(&self) -> Option<Areas> {
        layout::arrange(self.size, self.need(), self.zoom, &self.panes)
    }

    /// Returns where a single pane would be, or `None` where the screen is too small.
    fn single_pane(&self) -> Option<Rect> {
        layout::arrange(self.size, self.need(), false, &Panes::new(0)).map(|areas| areas.log)
    }

    fn need(&self) -> Need {
        let width = columns::wanted(self.longest_name(), &self.dashboard.columns).saturating_add(2);
        let height = text::cells(self.services().count()).saturating_add(2);
        Need { width, height }
    }

    /// Returns how the list's columns fit into `inner` cells.
    pub(crate) fn columns(&self, inner: u16) -> Plan {
        columns::plan(inner, self.longest_name(), &self.dashboard.columns)
    }

    fn longest_name(&self) -> u16 {
        text::cells(self.services().map(|(_, status)| text::width(&status.name)).max().unwrap_or(0))
    }

    /// Moves the list so that the chosen row is seen, and never past its end.
    pub(crate) fn show_selected(&mut self) {
        let rows = self.areas().map_or(0, |areas| usize::from(layout::inside(areas.list).height));
        self.list_top = scrolled_to(self.list_top, self.listed_place(), rows, self.listed().len());
    }
}

/// Returns the `top` nearest to the one given with which `row` is among `rows` rows of `total`.
pub(crate) fn scrolled_to(top: usize, row: usize, rows: usize, total: usize) -> usize {
    let lowest = (row + 1).saturating_sub(rows.max(1));
    top.clamp(lowest, row.max(lowest)).min(total.saturating_sub(rows.max(1)).max(lowest))
}
