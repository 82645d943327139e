//! The list of services: a sign and a word for every state, and figures that keep to their columns.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use crate::config::Column;
use crate::id::ServiceId;
use crate::supervisor::{ServiceStatus, State, StopStep};
use crate::ui::columns::{self, Plan};
use crate::ui::model::{Focus, Model, Moment};
use crate::ui::theme::sign;
use crate::ui::{ports, report, sheet, text};

/// The list of services.
pub(crate) struct ServiceList<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
    /// When.
    pub(crate) moment: Moment,
}

impl ServiceList<'_> {
    fn row(&self, service: ServiceId, status: &ServiceStatus, plan: &Plan) -> Line<'static> {
        let theme = &self.model.dashboard.theme;
        let chosen = service == self.model.selected;
        let has_focus = self.model.focus == Focus::List && self.model.panels.is_empty();
        let bar = Span::styled(if chosen { "▌" } else { " " }, theme.border(has_focus));
        let marked = self.model.marked.contains(&service);
        let mark = Span::styled(if marked { "+" } else { " " }, theme.mark);
        let sign = Span::styled(sign(status.state), theme.state(status.state));
        let name = format!(" {}", text::left(&status.name, usize::from(plan.name)));
        let weight = if chosen { Modifier::BOLD } else { Modifier::empty() };
        let name = Span::styled(name, theme.text.add_modifier(weight));
        let mut spans = vec![bar, mark, sign, name];
        let lead = spans.len();
        for &column in &plan.columns {
            let cell = self.cell(status, column, spans.get_mut(lead..).unwrap_or_default());
            spans.push(cell);
        }
        Line::from(spans)
    }

    /// Returns the cell of a column; a longer value takes blanks of those before it, which stay where they are.
    fn cell(&self, status: &ServiceStatus, column: Column, before: &mut [Span<'_>]) -> Span<'static> {
        let theme = &self.model.dashboard.theme;
        let alive = status.state.is_alive();
        let figure = |known: bool, value: String| (if known { value } else { String::new() }, theme.text);
        let (value, style) = match column {
            Column::State => {
                let word = format!(" {}", status.state.word());
                let width = usize::from(columns::width(column));
                return Span::styled(text::left(&word, width), theme.state(status.state));
            }
            Column::Cpu => figure(alive, text::percent(status.usage.cpu_percent)),
            Column::Memory => figure(alive, text::size(status.usage.memory)),
            Column::Uptime => self.time(status),
            Column::Processes => {
                let count = status.usage.processes;
                figure(alive, format!("{count} proc{}", if count == 1 { " " } else { "s" }))
            }
            Column::Pid => {
                let pid = status.main.map(|main| format!("#{}", main.pid));
                (pid.unwrap_or_default(), theme.quiet)
            }
            Column::Ports => self.port(status),
            Column::Groups => {
                let words = format!(" {}", status.groups.join(" "));
                return Span::styled(text::left(&words, usize::from(columns::width(column))), theme.quiet);
            }
            Column::Restarts => figure(status.restarts > 0, format!("↻{}", status.restarts)),
        };
        // one space at least stays before the figure, so that two columns never touch
        let width = usize::from(columns::width(column)) - 1;
        let more = take_blanks(before, text::width(&value).saturating_sub(width));
        Span::styled(format!(" {}", text::right(&value, width + more)), style)
    }

    /// Returns the port that it listens on, a mark where there are more, or the one that it expects.
    fn port(&self, status: &ServiceStatus) -> (String, Style) {
        let theme = &self.model.dashboard.theme;
        let wanted = ports::wanted_port(status);
        let mut listening: Vec<u16> = status.listeners.iter().map(|listener| listener.address.port()).collect();
        listening.dedup();
        let more = if listening.len() > 1 { "+" } else { "" };
        let shown = wanted.filter(|port| listening.contains(port)).or_else(|| listening.first().copied());
        let moved = status.port.as_ref().is_some_and(|port| port.moved.is_some() && status.state.is_alive());
        let held = status.port.as_ref().is_some_and(|port| port.held.is_some());
        let style = match (shown, held) {
            (Some(_), _) if moved => theme.busy,
            (Some(_), _) => theme.text,
            (None, true) => theme.bad,
            (None, false) => theme.quiet,
        };
        (shown.or(wanted).map_or_else(String::new, |port| format!(":{port}{more}")), style)
    }

    /// Returns how long it has run, how long until something happens, or how it ended.
    fn time(&self, status: &ServiceStatus) -> (String, Style) {
        let theme = &self.model.dashboard.theme;
        let now = self.moment.now;
        let until = |word: &str, at: std::time::Instant| {
            (format!("{word} {}s", text::seconds_left(at.saturating_duration_since(now))), theme.busy)
        };
        let until_next = status.next_run.as_ref().map(|next| {
            let left = next.at.saturating_duration_since(now);
            let left = match left.as_secs() / 3600 {
                0 => text::duration(left),
                hours @ 1..48 => format!("{hours} h"),
                hours => format!("{} d", hours / 24),
            };
            (format!("in {left}"), theme.quiet)
        });
        match status.state {
            State::Blocked => {
                let service = status.blocked_on.first().map(|found| format!("on {}", found.name));
                let port = || status.port.as_ref()?.held.as_ref().map(|_| "on port".to_owned());
                service.or_else(port).map(|on| (on, theme.busy))
            }
            State::Backoff => status.next_start.map(|at| until("in", at)),
            State::Stopping => status.stopping.and_then(|stop| {
                let at = stop.deadline?;
                // the stop command's time ends with the signal, everything else's with the tree-kill
                let word = if stop.step == StopStep::StopCommand { "asked" } else { "kill" };
                Some(until(word, at))
            }),
            State::Starting | State::Running | State::Ready | State::Unhealthy | State::Stuck => {
                status.started.map(|at| (text::duration(now.saturating_duration_since(at)), theme.text))
            }
            State::Done | State::Exited | State::Stopped if until_next.is_some() => until_next,
            State::Done | State::Exited => status.ended.as_ref().map(|end| (report::short_end(end), theme.quiet)),
            State::Crashed | State::CrashLoop => status.ended.as_ref().map(|end| (report::short_end(end), theme.bad)),
            State::Stopped => None,
        }
        .unwrap_or_default()
    }
}

/// Takes up to `wanted` blanks from the end of a row of cells; returns how many there were.
fn take_blanks(cells: &mut [Span<'_>], wanted: usize) -> usize {
    let mut taken = 0;
    for cell in cells.iter_mut().rev() {
        let used = cell.content.trim_end_matches(' ').len();
        let take = (cell.content.len() - used).min(wanted - taken);
        let kept = cell.content.len() - take;
        cell.content.to_mut().truncate(kept);
        taken += take;
        if used > 0 || taken == wanted {
            break;
        }
    }
    taken
}

impl Widget for &ServiceList<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let has_focus = self.model.focus == Focus::List && self.model.panels.is_empty();
        let mut block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.border(has_focus))
            .title(Line::styled(" processes ", if has_focus { theme.title } else { theme.quiet }));
        if !self.model.marked.is_empty() {
            let marked = format!(" {} marked ", self.model.marked.len());
            block = block.title_bottom(Line::styled(marked, theme.mark).alignment(Alignment::Right));
        }
        if !self.model.names.is_empty() {
            let names = text::cut(&self.model.names, usize::from(area.width.saturating_sub(8)));
            block = block.title_bottom(Line::styled(format!(" /{names} "), theme.busy));
        }
        let inner = block.inner(area);
        block.render(area, buf);
        let plan = self.model.columns(inner.width);
        let listed = self.model.listed();
        let shown = listed.iter().skip(self.model.list_top);
        for (y, &service) in (inner.y..inner.bottom()).zip(shown) {
            if let Some(status) = self.model.service(service) {
                buf.set_line(inner.x, y, &self.row(service, status, &plan), inner.width);
            }
        }
        let track = Rect { x: inner.right(), width: 1, ..inner };
        let total = listed.len();
        sheet::scrollbar(track, self.model.list_top, usize::from(inner.height), total, theme.border(has_focus), buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_takes_the_blanks_before_it_and_nothing_else() {
        let taken = |cells: &[&str], wanted| {
            let mut spans: Vec<Span<'_>> = cells.iter().map(|cell| Span::raw((*cell).to_owned())).collect();
            let taken = take_blanks(&mut spans, wanted);
            (taken, spans.into_iter().map(|span| span.content.into_owned()).collect::<Vec<_>>())
        };
        let kept = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let row = [" blocked   ", "       ", "      "];
        assert_eq!(taken(&row, 0), (0, kept(&row)));
        assert_eq!(taken(&row, 2), (2, kept(&[" blocked   ", "       ", "    "])));
        assert_eq!(taken(&row, 14), (14, kept(&[" blocked  ", "", ""])));
        assert_eq!(taken(&row, 99), (16, kept(&[" blocked", "", ""])));
        assert_eq!(taken(&[" blocked   ", "   1.0%", "      "], 9), (6, kept(&[" blocked   ", "   1.0%", ""])));
        assert_eq!(taken(&[], 3), (0, kept(&[])));
    }
}
