//! How the end of everything stands: what was sent to whom, how long it has left, and who is still alive.

use std::time::{Duration, Instant};

use ratatui::text::{Line, Span};

use crate::id::ServiceId;
use crate::supervisor::{Phase, ServiceStatus, State};
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::theme::{Theme, sign};

const WIDTH: u16 = 76;
const BAR: usize = 12;
/// Processes named under a service; the rest are counted.
const NAMED: usize = 4;

/// Builds the picture; `None` while nothing is being quit.
pub(crate) fn sheet(model: &Model, moment: Moment) -> Option<Sheet> {
    let Phase::Quitting { deadline, hurried, .. } = model.board.phase else { return None };
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let left = model.alive().len();
    let words = match (left, hurried) {
        (0, _) => "all gone; taking the last look".to_owned(),
        (_, true) => format!("{left} left; killing them now"),
        (_, false) => {
            let seconds = text::seconds_left(deadline.saturating_duration_since(moment.now));
            format!("{left} left; all is killed in {seconds} s at the latest")
        }
    };
    let mut body = Vec::new();
    // what still lives comes first: it is what one waits for
    let (alive, gone): (Vec<ServiceId>, Vec<ServiceId>) = model
        .quitting
        .iter()
        .copied()
        .partition(|&service| model.service(service).is_some_and(|status| status.state.is_alive()));
    for service in alive.into_iter().chain(gone) {
        if let Some(status) = model.service(service) {
            body.push(row(status, room, moment.now, theme));
            body.extend(members(status, room, theme));
        }
    }
    Some(Sheet {
        title: "stopping everything".to_owned(),
        footer: if hurried { String::new() } else { "Ctrl-C kills what is left now".to_owned() },
        head: vec![Line::styled(words, theme.title), Line::default()],
        body,
        chosen: None,
        top: 0,
        width: WIDTH,
        tall: false,
    })
}

fn row(status: &ServiceStatus, room: usize, now: Instant, theme: &Theme) -> Line<'static> {
    let name = text::left(&status.name, 16.min(room / 3));
    if !status.state.is_alive() {
        let gone = status.report.as_ref().map_or_else(String::new, |found| format!(" · {} gone", found.members.len()));
        return Line::from(vec![
            Span::styled("✓ ", theme.good),
            Span::styled(name, theme.quiet),
            Span::styled(format!("  {}{gone}", status.state.word()), theme.quiet),
        ]);
    }
    let sign = Span::styled(format!("{} ", sign(status.state)), theme.state(status.state));
    let name = Span::styled(name, theme.title);
    let Some(stop) = status.stopping.filter(|_| status.state == State::Stopping) else {
        return Line::from(vec![sign, name, Span::styled(format!("  {}", status.state.word()), theme.quiet)]);
    };
    let asked = stop.signal.map_or("asked", |signal| signal.name());
    let (bar, words) = match stop.deadline {
        Some(deadline) => {
            let (whole, left) =
                (deadline.saturating_duration_since(stop.since), deadline.saturating_duration_since(now));
            (filled(left, whole), format!("{:>3} s to SIGKILL", text::seconds_left(left)))
        }
        None => ("━".repeat(BAR), "SIGKILL sent".to_owned()),
    };
    Line::from(vec![
        sign,
        name,
        Span::styled(format!("  {asked:<8} "), theme.text),
        Span::styled(bar, theme.busy),
        Span::styled(format!("  {words}"), theme.text),
    ])
}

/// Returns a bar that grows as time runs out.
fn filled(left: Duration, whole: Duration) -> String {
    let spent = if whole.is_zero() { whole } else { whole.saturating_sub(left) };
    let cells = BAR as u128 * spent.as_millis() / whole.as_millis().max(1);
    let full = usize::try_from(cells).unwrap_or(BAR).min(BAR);
    format!("{}{}", "━".repeat(full), "┄".repeat(BAR - full))
}

fn members(status: &ServiceStatus, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    if !status.state.is_alive() {
        return Vec::new();
    }
    let mut lines: Vec<Line<'static>> = status
        .members
        .iter()
        .take(NAMED)
        .map(|member| {
            let head = format!("  {:>7}  {:<9} ", member.id.pid, member.state.word());
            let command = text::cut(&member.command, room.saturating_sub(text::width(&head)));
            Line::styled(head + &command, theme.quiet)
        })
        .collect();
    if status.members.len() > NAMED {
        lines.push(Line::styled(format!("           and {} more", status.members.len() - NAMED), theme.quiet));
    }
    lines
}
