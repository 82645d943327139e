//! Who depends on whom: the plan as a tree, with what each service is doing.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use crate::config::{Condition, Dependency};
use crate::keys::Action;
use crate::supervisor::{PlanRow, ServiceStatus, State, plan_tree};
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::theme::sign;
use crate::ui::widgets::hints_line;
use crate::ui::{ports, report, text};

const WIDTH: u16 = 90;
/// The most cells before the states: long names are cut, and states stay below each other.
const NAMES: usize = 44;

/// Returns the rows of the plan.
pub(crate) fn rows(model: &Model) -> Vec<PlanRow> {
    plan_tree(&needs(model), model.services().map(|(service, _)| service))
}

/// Returns what each service needs, in the order of their ids.
pub(crate) fn needs(model: &Model) -> Vec<Arc<[Dependency]>> {
    model.board.services.iter().map(|status| Arc::clone(&status.needs)).collect()
}

/// Builds the panel.
pub(crate) fn sheet(model: &Model, chosen: usize, top: usize) -> Sheet {
    let rows = rows(model);
    let keys = [
        (Action::Open, "goes to it"),
        (Action::Why, "why"),
        (Action::Start, "starts"),
        (Action::Restart, "restarts"),
        (Action::Back, "back"),
    ];
    let footer = keys.iter().filter_map(|&(action, word)| Some(format!("{} {word}", hints_line::key(model, action)?)));
    Sheet {
        title: "who depends on whom".to_owned(),
        footer: footer.collect::<Vec<_>>().join(" · "),
        head: Vec::new(),
        body: lines(model, &rows, sheet::room(model.size, WIDTH)),
        chosen: Some(chosen),
        top,
        width: WIDTH,
        tall: false,
    }
}

/// Draws rows of a plan with the states of the services, one below the other.
pub(crate) fn lines(model: &Model, rows: &[PlanRow], room: usize) -> Vec<Line<'static>> {
    let lead = |row: &PlanRow| text::width(&row.branch) + 2 + text::width(&named(model, row));
    let column = rows.iter().map(lead).max().unwrap_or(0).min(NAMES).min(room.saturating_sub(12));
    rows.iter().map(|row| line(model, row, column, room)).collect()
}

/// Returns a service's name, with what is needed of it where that is not the usual.
fn named(model: &Model, row: &PlanRow) -> String {
    let condition = row.condition.filter(|condition| *condition != Condition::default());
    let condition = condition.map_or_else(String::new, |condition| format!(" ({})", condition.word()));
    format!("{}{condition}", model.name(row.service))
}

fn line(model: &Model, row: &PlanRow, column: usize, room: usize) -> Line<'static> {
    let theme = &model.dashboard.theme;
    let Some(status) = model.service(row.service) else { return Line::default() };
    let style = theme.state(status.state);
    // a deep chain still shows its names
    let branch = text::cut(&row.branch, column.saturating_sub(8));
    let name = text::left(&named(model, row), column.saturating_sub(text::width(&branch) + 2));
    let cut = if row.is_cut { "  as above" } else { "" };
    let state = format!("  {:<10}", status.state.word());
    let left = room.saturating_sub(column + text::width(&state) + text::width(cut) + 1);
    Line::from(vec![
        Span::styled(branch, theme.quiet),
        Span::styled(format!("{} ", sign(status.state)), style),
        Span::styled(name, theme.text),
        Span::styled(state, style),
        Span::styled(format!(" {}", text::cut(&note(status), left)), theme.quiet),
        Span::styled(cut, theme.quiet),
    ])
}

/// Says what the state's word does not: on whom it waits, or how it ended.
fn note(status: &ServiceStatus) -> String {
    match status.state {
        State::Blocked => {
            let names: Vec<&str> = status.blocked_on.iter().map(|found| &*found.name).collect();
            let port = ports::obstacle(status).map(|held| format!("port {}", held.port));
            let on: Vec<&str> = names.into_iter().chain(port.as_deref()).collect();
            format!("on {}", on.join(", "))
        }
        State::Crashed | State::CrashLoop | State::Backoff | State::Exited => {
            status.ended.as_ref().map(report::short_end).unwrap_or_default()
        }
        State::Stopped
        | State::Starting
        | State::Running
        | State::Ready
        | State::Unhealthy
        | State::Stopping
        | State::Done
        | State::Stuck => String::new(),
    }
}
