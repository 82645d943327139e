//! How the end of everything stands: what was sent to whom, how long it has left, and who is still alive.

use std::time::{Duration, Instant};

use ratatui::text::{Line, Span};

use crate::process::Member;
use crate::signal::Signal;
use crate::supervisor::{HowItEnded, Phase, ServiceStatus, State, StopStep, Turn};
use crate::ui::model::{Model, Moment};
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;
use crate::ui::theme::{Theme, sign};

const WIDTH: u16 = 76;
const BAR: usize = 12;
/// The longest word of a step, `stop command`.
const STEP: usize = 12;
/// Longer names are cut.
const NAME: usize = 24;
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
    // what still lives comes first: it is what one waits for
    let (alive, gone): (Vec<&ServiceStatus>, Vec<&ServiceStatus>) =
        quitting(model).partition(|status| status.state.is_alive());
    let longest = quitting(model).map(|status| text::width(&status.name)).max().unwrap_or(0);
    let name = longest.min(NAME).min(room / 3);
    let mut body = Vec::new();
    for status in alive.into_iter().chain(gone) {
        body.push(row(status, name, moment.now, theme));
        body.extend(who_is_alive(status, room, theme));
    }
    body.resize(body.len().max(model.quitting_rows), Line::default());
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

/// Remembers how many rows the picture needs at the most, so that its border stays where it is when somebody ends.
pub(crate) fn keep_rows(model: &mut Model) {
    let rows: usize = quitting(model).map(|status| 1 + named(status) + usize::from(unnamed(status) > 0)).sum();
    model.quitting_rows = model.quitting_rows.max(rows);
}

/// Returns the services that lived when the quit began.
fn quitting(model: &Model) -> impl Iterator<Item = &ServiceStatus> {
    model.quitting.iter().filter_map(|&service| model.service(service))
}

/// Returns how many processes of a service are named.
fn named(status: &ServiceStatus) -> usize {
    if status.state.is_alive() { status.members.len().min(NAMED) } else { 0 }
}

/// Returns how many are not.
fn unnamed(status: &ServiceStatus) -> usize {
    if status.state.is_alive() { status.members.len() - named(status) } else { 0 }
}

fn row(status: &ServiceStatus, name: usize, now: Instant, theme: &Theme) -> Line<'static> {
    let name = text::left(&status.name, name);
    if !status.state.is_alive() {
        return Line::from(vec![
            Span::styled("✓ ", theme.good),
            Span::styled(name, theme.quiet),
            Span::styled(format!("  {}", gone(status)), theme.quiet),
        ]);
    }
    let sign = Span::styled(format!("{} ", sign(status.state)), theme.state(status.state));
    let name = Span::styled(name, theme.title);
    let Some(stop) = status.stopping.filter(|_| status.state == State::Stopping) else {
        let words = match (&status.turn, status.state) {
            (Some(Turn::After(who)), _) => format!("goes after {who}, which depends on it"),
            (_, State::Stuck) => "stuck: it could not be killed".to_owned(),
            (Some(Turn::KeptFor(_)) | None, state) => state.word().to_owned(),
        };
        return Line::from(vec![sign, name, Span::styled(format!("  {words}"), theme.state(status.state))]);
    };
    let asked = match stop.step {
        StopStep::StopCommand => "stop command",
        StopStep::Signal(signal) => signal.name(),
        StopStep::Keys => "stop keys",
        StopStep::Kill => Signal::SIGKILL.name(),
    };
    let spent = now.saturating_duration_since(stop.step_since);
    let (bar, words) = match stop.deadline {
        Some(deadline) => {
            let left = deadline.saturating_duration_since(now);
            let next = if stop.step == StopStep::StopCommand { "left" } else { "to SIGKILL" };
            (filled(spent, spent + left), format!("{:>3} s {next}", text::seconds_left(left)))
        }
        None => ("━".repeat(BAR), format!("{:>3} s ago", spent.as_secs())),
    };
    let bar_style = if stop.step == StopStep::Kill { theme.bad } else { theme.busy };
    Line::from(vec![
        sign,
        name,
        Span::styled(format!("  {} ", text::left(asked, STEP)), theme.text),
        Span::styled(bar, bar_style),
        Span::styled(format!(" {words}"), theme.text),
    ])
}

/// Says how a service ended that is seen to be gone.
fn gone(status: &ServiceStatus) -> String {
    let word = status.state.word();
    let Some(report) = status.report.as_ref().filter(|report| report.run == status.run) else { return word.to_owned() };
    let ignored = report.members.iter().filter(|member| member.ignored.is_some()).count();
    let how = match (report.how, ignored) {
        (HowItEnded::Forced, 0) => " · by force".to_owned(),
        (HowItEnded::Forced, ignored) => format!(" · {ignored} ignored the signal"),
        (HowItEnded::Acknowledged | HowItEnded::InGrace | HowItEnded::ByItself, _) => String::new(),
    };
    format!("{word} · {} gone{how}", report.members.len())
}

/// Returns a bar that grows as time runs out.
fn filled(spent: Duration, whole: Duration) -> String {
    let cells = BAR as u128 * spent.as_millis() / whole.as_millis().max(1);
    let full = usize::try_from(cells).unwrap_or(BAR).min(BAR);
    format!("{}{}", "━".repeat(full), "┄".repeat(BAR - full))
}

fn who_is_alive(status: &ServiceStatus, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let line = |member: &Member| {
        let head = format!("  {:>7}  {:<9} ", member.id.pid, member.state.word());
        let command = text::cut(&member.command, room.saturating_sub(text::width(&head)));
        Line::styled(head + &command, theme.quiet)
    };
    let mut lines: Vec<Line<'static>> = status.members.iter().take(named(status)).map(line).collect();
    if unnamed(status) > 0 {
        lines.push(Line::styled(format!("           and {} more", unnamed(status)), theme.quiet));
    }
    lines
}
