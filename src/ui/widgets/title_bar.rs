//! The first line: the project, how its services are, what they use, and the time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::supervisor::State;
use crate::ui::model::{Model, Moment};
use crate::ui::text;

/// The order in which states are counted: what needs a person comes right after what runs.
const ORDER: &[State] = &[
    State::Running,
    State::Starting,
    State::Stopping,
    State::Stuck,
    State::CrashLoop,
    State::Crashed,
    State::Backoff,
    State::Done,
    State::Exited,
    State::Stopped,
];

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
        let services = &self.model.board.services;
        let cpu: f32 = services.iter().map(|status| status.usage.cpu_percent).sum();
        let memory: u64 = services.iter().map(|status| status.usage.memory).sum();
        let cell =
            |name: &'static str, value: String| vec![Span::styled(name, theme.quiet), Span::styled(value, theme.text)];
        let cpu = cell("cpu ", text::right(&text::percent(cpu), 6));
        let memory = cell("  mem ", text::right(&text::size(memory), 5));
        let clock = self.moment.wall.to_zoned(self.model.dashboard.zone.clone()).strftime("%H:%M:%S").to_string();
        let all = [cpu, memory, cell("   ", clock)];
        let upto = |count: usize| Line::from(all.iter().take(count).flatten().cloned().collect::<Vec<_>>());
        [upto(3), upto(2), Line::default()]
    }

    fn counts(&self) -> Vec<Span<'static>> {
        let theme = &self.model.dashboard.theme;
        let mut spans = Vec::new();
        for &state in ORDER {
            let count = self.model.board.services.iter().filter(|status| status.state == state).count();
            if count == 0 {
                continue;
            }
            if !spans.is_empty() {
                spans.push(Span::styled(" · ", theme.quiet));
            }
            spans.push(Span::styled(format!("{count} {}", state.word()), theme.state(state)));
        }
        spans
    }
}

impl Widget for &TitleBar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let width = usize::from(area.width);
        let project = text::cut(&self.model.dashboard.project, (width / 3).max(8));
        let mut left = vec![
            Span::styled(" procdash", theme.focus),
            Span::styled(" · ", theme.quiet),
            Span::styled(project, theme.title),
            Span::raw("      "),
        ];
        left.extend(self.counts());
        let left = Line::from(left);
        // the counts matter most, then what is used, then the time
        let fits = |right: &&Line<'_>| left.width() + 3 + right.width() < width;
        let sides = self.right_side();
        let right = sides.iter().find(fits).cloned().unwrap_or_default();
        let room = width.saturating_sub(right.width() + 1);
        buf.set_line(area.x, area.y, &left, text::cells(room));
        buf.set_line(area.x + text::cells(room), area.y, &right, text::cells(right.width()));
    }
}
