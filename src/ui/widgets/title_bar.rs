//! The first line: the project, how its services are, what they use, and the time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::supervisor::State;
use crate::ui::model::{Model, Moment};
use crate::ui::text;

/// What is under way or needs a person; always counted.
const PRESSING: &[State] = &[
    State::Running,
    State::Ready,
    State::Starting,
    State::Unhealthy,
    State::Stopping,
    State::Stuck,
    State::CrashLoop,
    State::Crashed,
    State::Backoff,
    State::Blocked,
];
/// What rests; counted where there is room.
const RESTING: &[State] = &[State::Done, State::Exited, State::Stopped];

/// The first line.
pub(crate) struct TitleBar<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
    /// When.
    pub(crate) moment: Moment,
}

impl TitleBar<'_> {
    fn right_side(&self) -> [Line<'static>; 3] {
        let theme = &self.model.dashboard.theme;
        let services = self.model.services();
        let cpu: f32 = services.clone().map(|(_, status)| status.usage.cpu_percent).sum();
        let memory: u64 = services.map(|(_, status)| status.usage.memory).sum();
        let cell =
            |name: &'static str, value: String| vec![Span::styled(name, theme.quiet), Span::styled(value, theme.text)];
        let cpu = cell("cpu ", text::right(&text::percent(cpu), 6));
        let memory = cell("  mem ", text::right(&text::size(memory), 5));
        let clock = self.moment.wall.to_zoned(self.model.dashboard.zone.clone()).strftime("%H:%M:%S").to_string();
        let all = [cpu, memory, cell("   ", clock)];
        let upto = |count: usize| Line::from(all.iter().take(count).flatten().cloned().collect::<Vec<_>>());
        [upto(3), upto(2), Line::default()]
    }

    /// Returns the counts of `states`, as many whole ones as fit into `room` cells; an ellipsis stands for the rest.
    fn counts(&self, states: &[State], room: usize) -> Vec<Span<'static>> {
        let theme = &self.model.dashboard.theme;
        let count = |state: State| self.model.services().filter(|(_, status)| status.state == state).count();
        let parts = states.iter().map(|&state| (count(state), state)).filter(|(count, _)| *count > 0);
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut left = room;
        for (count, state) in parts {
            let part = format!("{count} {}", state.word());
            let dot = if spans.is_empty() { "" } else { " · " };
            // room for the ellipsis stays
            let Some(rest) = left.checked_sub(text::width(dot) + text::width(&part) + 2) else {
                spans.push(Span::styled(" …", theme.quiet));
                break;
            };
            left = rest + 2;
            spans.extend([Span::styled(dot, theme.quiet), Span::styled(part, theme.state(state))]);
        }
        spans
    }
}

impl Widget for &TitleBar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let width = usize::from(area.width);
        let project = text::cut(&self.model.dashboard.project, (width / 3).max(8));
        let mut left = Line::from(vec![
            Span::styled(" procdash", theme.focus),
            Span::styled(" · ", theme.quiet),
            Span::styled(project, theme.title),
            Span::raw(if width >= 140 { "      " } else { "   " }),
        ]);
        let start = left.width();
        let counts = |states: &[State], room: usize| Line::from(self.counts(states, room.saturating_sub(start)));
        let pressing = counts(PRESSING, width);
        // what is under way matters most, then what is used and the time, then what rests
        let fits = |right: &&Line<'_>| start + pressing.width() + 5 + right.width() < width;
        let sides = self.right_side();
        let right = sides.iter().find(fits).cloned().unwrap_or_default();
        let gap = if right.width() > 0 { 3 } else { 0 };
        let all = counts(&[PRESSING, RESTING].concat(), width.saturating_sub(right.width() + gap));
        left.spans.extend(all.spans);
        buf.set_line(area.x, area.y, &left, area.width);
        let x = width.saturating_sub(right.width() + 1);
        buf.set_line(area.x + text::cells(x), area.y, &right, text::cells(right.width()));
    }
}
