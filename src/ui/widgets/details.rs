//! All that is known of one service.

use std::time::Instant;

use jiff::SignedDuration;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::id::ServiceId;
use crate::supervisor::{Cause, Purpose, ServiceStatus, State, Usage, why};
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::theme::{Theme, sign};
use crate::ui::{report, text, widgets};

const WIDTH: u16 = 90;

/// Builds the panel.
pub(crate) fn sheet(model: &Model, service: ServiceId, top: usize, moment: Moment) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let mut facts = Facts { lines: Vec::new(), room, theme };
    if let Some(status) = model.service(service) {
        let about = model.about(service).unwrap_or_default();
        let state = format!("{} {}", sign(status.state), status.state.word());
        facts.add("state", &state, theme.state(status.state));
        let causes = why(status, moment.now);
        let simply_runs = matches!(status.state, State::Running | State::Ready);
        // of what simply runs, the rows below say the same
        for (row, cause) in causes.iter().enumerate().filter(|_| !simply_runs || causes.len() > 1) {
            facts.add(if row == 0 { "why" } else { "" }, &cause.text, theme.text);
        }
        facts.maybe("about", about.description.as_deref(), theme.text);
        facts.add("command", &about.command, theme.text);
        facts.add("folder", if about.working_dir.is_empty() { "." } else { &about.working_dir }, theme.text);
        facts.maybe("restarts", Some(about.restart.as_str()).filter(|words| !words.is_empty()), theme.text);
        facts.maybe("stops", Some(about.stop.as_str()).filter(|words| !words.is_empty()), theme.text);
        facts.run(model, status, moment);
        facts.end(status, &causes);
    }
    Sheet {
        title: model.name(service).to_owned(),
        footer: widgets::why::footer(model, service, moment),
        head: Vec::new(),
        body: facts.lines,
        chosen: None,
        top,
        width: WIDTH,
        tall: false,
    }
}

/// Rows of a name and a value.
struct Facts<'a> {
    lines: Vec<Line<'static>>,
    room: usize,
    theme: &'a Theme,
}

impl Facts<'_> {
    fn add(&mut self, label: &str, value: &str, style: Style) {
        self.lines.extend(report::labelled(label, value, self.room, [self.theme.quiet, style]));
    }

    fn maybe(&mut self, label: &str, value: Option<&str>, style: Style) {
        if let Some(value) = value {
            self.add(label, value, style);
        }
    }

    fn run(&mut self, model: &Model, status: &ServiceStatus, moment: Moment) {
        let plain = self.theme.text;
        if status.run.number() > 0 {
            self.add("run", &status.run.number().to_string(), plain);
        }
        if let Some(main) = status.main {
            self.add("pid", &main.pid.to_string(), plain);
        }
        if let Some(guard) = status.guard {
            self.add("guard", &format!("pid {guard}, which ends its tree even if procdash dies"), plain);
        }
        if let Some(started) = status.started.filter(|_| status.state.is_alive()) {
            let lasted = text::duration(moment.now.saturating_duration_since(started));
            self.add("started", &format!("{}, {lasted} ago", clock(model, started, moment)), plain);
            let Usage { cpu_percent, memory, processes } = status.usage;
            let plural = if processes == 1 { "" } else { "es" };
            let usage = format!(
                "{processes} process{plural}, cpu {}, memory {}",
                text::percent(cpu_percent),
                text::size(memory)
            );
            self.add("uses", &usage, plain);
        }
        if let Some(probing) = status.probing.as_ref().filter(|probing| probing.error.is_none()) {
            let label = match probing.purpose {
                Purpose::Ready => "ready",
                Purpose::Health => "health",
            };
            self.add(label, &probing.what, plain);
        }
        for listener in status.listeners.iter() {
            self.add("listens", &format!("{}, pid {}", listener.address, listener.process.pid), plain);
        }
        if let Some(port) = &status.port {
            let given = port.given.filter(|given| *given != port.expect && status.state.is_alive());
            let given = given.map_or_else(String::new, |given| format!(", given {given}"));
            self.add("expects", &format!("{}{given}", port.key()), plain);
        }
        if status.restarts > 0 {
            self.add("restarted", &format!("{} in a row, by itself", status.restarts), plain);
        }
    }

    fn end(&mut self, status: &ServiceStatus, causes: &[Cause]) {
        if let Some(ended) = &status.ended {
            let how = report::how_it_ended(ended);
            let asked = if ended.asked { ", as asked" } else { "" };
            if !causes.iter().any(|cause| cause.text.contains(&how)) {
                self.add("last end", &format!("{how}{asked}"), self.theme.text);
            }
        }
        if let Some(found) = &status.report {
            self.lines.push(Line::default());
            self.lines.push(Line::styled("last stop", self.theme.title));
            // what is stuck was named above
            self.lines.extend(report::course(found, self.room, self.theme));
        }
    }
}

/// Returns when `at` was on the clock on the wall.
fn clock(model: &Model, at: Instant, moment: Moment) -> String {
    let ago = SignedDuration::try_from(moment.now.saturating_duration_since(at)).unwrap_or(SignedDuration::ZERO);
    let then = moment.wall.checked_sub(ago).unwrap_or(moment.wall);
    then.to_zoned(model.dashboard.zone.clone()).strftime("%H:%M:%S").to_string()
}
