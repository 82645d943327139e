//! The parts of the screen, one file each.

pub(crate) mod conflict_question;
pub(crate) mod details;
pub(crate) mod diagnostics;
pub(crate) mod file_problems;
pub(crate) mod graph;
pub(crate) mod help;
pub(crate) mod hints_line;
pub(crate) mod holder_confirm;
pub(crate) mod kill_report;
pub(crate) mod line_panel;
pub(crate) mod link_hints;
pub(crate) mod log_pane;
pub(crate) mod palette;
pub(crate) mod ports_panel;
pub(crate) mod quit_confirm;
pub(crate) mod quit_monitor;
pub(crate) mod reload_preview;
pub(crate) mod restart_menu;
pub(crate) mod screen;
pub(crate) mod search_prompt;
pub(crate) mod selection;
pub(crate) mod service_list;
pub(crate) mod signal_menu;
pub(crate) mod status_line;
pub(crate) mod title_bar;
pub(crate) mod too_small;
pub(crate) mod tree_view;
pub(crate) mod why;

use super::model::{Model, Moment, Panel};
use super::sheet::Sheet;

/// Returns a panel as data; `None` for the one that draws itself.
pub(crate) fn sheet(model: &Model, panel: &Panel, moment: Moment) -> Option<Sheet> {
    Some(match panel {
        Panel::Signals(menu) => signal_menu::sheet(model, menu),
        Panel::Restarts { chosen } => restart_menu::sheet(model, *chosen),
        Panel::Tree(view) => tree_view::sheet(model, view),
        Panel::Ports(view) => ports_panel::sheet(model, view),
        Panel::Holder(view) => holder_confirm::sheet(model, view, moment),
        Panel::Details { service, top } => details::sheet(model, *service, *top, moment),
        Panel::Report { report, top } => kill_report::sheet(model, report, *top, moment),
        Panel::Why { service, top } => why::sheet(model, *service, *top, moment),
        Panel::Line { opened, top } => line_panel::sheet(model, opened, *top),
        Panel::Reload { plan, top, .. } => reload_preview::sheet(model, plan, *top),
        Panel::Problems { text, top } => file_problems::sheet(model, text, *top),
        Panel::Conflict { services } => conflict_question::sheet(model, services),
        Panel::Graph { chosen, top } => graph::sheet(model, *chosen, *top),
        Panel::Quit => quit_confirm::sheet(model, moment),
        Panel::Help { top } => help::sheet(model, *top),
        Panel::Diagnostics => return None,
    })
}

/// Returns the panel on top as data.
pub(crate) fn top_sheet(model: &Model, moment: Moment) -> Option<Sheet> {
    model.panels.last().and_then(|panel| sheet(model, panel, moment))
}
