//! One pane: the log of a service, or its screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use crate::keys::Action;
use crate::logs::{Severity, Source, Tone};
use crate::screen::Picture;
use crate::supervisor::{ServiceStatus, State};
use crate::ui::log_window::{Content, LogWindow, Position, Row, service_of};
use crate::ui::model::{Focus, Model, Moment};
use crate::ui::pane::{Pane, Subject};
use crate::ui::theme::Theme;
use crate::ui::widgets::hints_line;
use crate::ui::widgets::link_hints::LinkHints;
use crate::ui::widgets::screen::ServiceScreen;
use crate::ui::{layout, report, sheet, text};

/// One pane.
pub(crate) struct LogPane<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
    /// Which of its panes.
    pub(crate) pane: &'a Pane,
    /// Its lines.
    pub(crate) window: &'a LogWindow,
    /// Its screen, where that is shown instead.
    pub(crate) picture: Option<&'a Picture>,
    /// When.
    pub(crate) moment: Moment,
}

impl LogPane<'_> {
    /// Returns the parts of the title from the left: name, facts, whether it follows.
    fn title(&self, status: &ServiceStatus, room: usize) -> Line<'static> {
        let theme = &self.model.dashboard.theme;
        let border = theme.border(self.has_focus());
        let follows = self.model.log_view_of(self.pane).position == Position::Follow;
        let selecting = self.model.selecting.as_ref().filter(|_| self.model.is_focused(self.pane));
        let state = match (self.attached(), self.picture) {
            _ if let Some(selecting) = selecting => (selecting.kind.words(), theme.busy),
            (true, _) => ("attached", theme.key),
            (false, Some(_)) => ("screen", theme.quiet),
            (false, None) if follows => ("following", theme.quiet),
            (false, None) => ("paused", theme.busy),
        };
        // name, two rules of four cells, and a space at either end
        let rest = room.saturating_sub(text::width(state.0) + 4 + 2);
        let name = text::cut(&status.name, rest.min((rest / 2).max(12)));
        let left = rest.saturating_sub(text::width(&name) + 4);
        let titled = self.picture.map(|picture| picture.title.clone()).filter(|title| !title.is_empty());
        let facts = titled.into_iter().chain(self.facts(status)).find(|facts| text::width(facts) <= left);
        let mut spans = vec![
            self.bar(),
            Span::styled(name, if self.model.is_focused(self.pane) { theme.title } else { theme.text }),
        ];
        if let Some(facts) = facts.filter(|facts| !facts.is_empty()) {
            spans.extend([Span::styled(" ── ", border), Span::styled(facts, theme.text)]);
        }
        spans.extend([Span::styled(" ── ", border), Span::styled(state.0, state.1), Span::raw(" ")]);
        Line::from(spans)
    }

    /// Returns what is known of the run, from the longest form to the shortest.
    fn facts(&self, status: &ServiceStatus) -> Vec<String> {
        let word = status.state.word();
        match (status.main, status.started) {
            (Some(main), Some(started)) => {
                let count = status.usage.processes;
                let plural = if count == 1 { "" } else { "s" };
                let lasted = text::duration(self.moment.now.saturating_duration_since(started));
                let pid = format!("pid {}", main.pid);
                if status.stopping.is_some_and(|stop| stop.again) {
                    // a restart that has to wait for its stop looks like a stop otherwise
                    let then = "then starts again";
                    return vec![format!("{pid} · {count} proc{plural} · {lasted} · {then}"), then.to_owned(), pid];
                }
                let mut facts = vec![format!("{pid} · {count} proc{plural} · {lasted}"), format!("{pid} · {lasted}")];
                if let Some(ports) = report::ports(status) {
                    // where there is little room, a port says more than a number
                    let with = format!("{pid} · {ports} · {count} proc{plural} · {lasted}");
                    facts.splice(0..1, [with, format!("{pid} · {ports} · {lasted}"), format!("{ports} · {lasted}")]);
                }
                facts.push(pid);
                facts
            }
            _ if status.port.as_ref().is_some_and(|port| port.held.is_some()) && status.state == State::Blocked => {
                let held = status.port.as_ref().and_then(|port| port.held.as_ref());
                let sentences = held.map(|held| [held.sentence(), format!("on port {}", held.port)]);
                let facts = sentences.into_iter().flatten().map(|sentence| format!("{word} · {sentence}"));
                facts.chain([word.to_owned()]).collect()
            }
            _ => match &status.ended {
                Some(ended) if !ended.asked => {
                    let end = report::how_it_ended(ended);
                    vec![format!("{word} · {end}"), end, word.to_owned()]
                }
                _ => vec![word.to_owned()],
            },
        }
    }

    /// Returns the title of several logs as one: which, and whether it follows.
    fn merged_title(&self, room: usize) -> Line<'static> {
        let theme = &self.model.dashboard.theme;
        let border = theme.border(self.has_focus());
        let services = self.model.merged_services();
        let follows = self.model.log_view_of(self.pane).position == Position::Follow;
        let (state, style) = if follows { ("following", theme.quiet) } else { ("paused", theme.busy) };
        let (name, facts) = if self.model.marked.is_empty() {
            ("all logs", format!("{} services", services.len()))
        } else {
            let names: Vec<&str> = services.iter().map(|service| self.model.name(*service)).collect();
            ("marked logs", names.join(" "))
        };
        let rules = 2 * text::width(" ── ") + 2;
        let left = room.saturating_sub(name.len() + state.len() + rules);
        let title = if self.model.is_focused(self.pane) { theme.title } else { theme.text };
        let mut spans = vec![self.bar(), Span::styled(name, title)];
        if left > 6 {
            spans.extend([Span::styled(" ── ", border), Span::styled(text::cut(&facts, left), theme.text)]);
        }
        spans.extend([Span::styled(" ── ", border), Span::styled(state, style), Span::raw(" ")]);
        Line::from(spans)
    }

    /// Says why there is nothing to be seen.
    fn emptiness(&self) -> String {
        let status = self.status();
        if status.is_none() && !self.pane.is_merged {
            return "  there are no services".to_owned();
        }
        if let Some(filter) = self.pane.sought.question.filter.as_ref().filter(|_| self.window.end > self.window.first)
        {
            let which = if filter.inverted { "every line matches" } else { "no line matches" };
            let wait = if self.pane.sought.is_complete { which } else { "looking for lines…" };
            return format!("  {wait}");
        }
        if self.window.end > 0 {
            return "  nothing printed since it was cleared".to_owned();
        }
        let key = hints_line::key(self.model, Action::Start)
            .filter(|_| status.is_some_and(|status| !status.state.is_alive()));
        key.map_or_else(|| "  nothing printed yet".to_owned(), |key| format!("  nothing printed yet · {key} starts it"))
    }

    fn has_focus(&self) -> bool {
        self.model.focus == Focus::Log && self.model.panels.is_empty() && self.model.is_focused(self.pane)
    }

    /// Returns what stands before the title: of several panes, the one for which the list chooses has the list's sign.
    fn bar(&self) -> Span<'static> {
        let is_chosen_for = self.model.focus == Focus::List && self.model.is_focused(self.pane);
        let theme = &self.model.dashboard.theme;
        if is_chosen_for && self.model.panes.count() > 1 {
            Span::styled("▌", theme.border(self.model.panels.is_empty()))
        } else {
            Span::raw(" ")
        }
    }

    /// Whether its service has the keyboard.
    fn attached(&self) -> bool {
        self.model.attached.is_some() && self.model.is_focused(self.pane)
    }

    /// Returns the state of the service that it shows.
    fn status(&self) -> Option<&ServiceStatus> {
        match self.model.subject_of(self.pane) {
            Subject::Service(service) => self.model.service(service),
            Subject::All => None,
        }
    }

    /// Returns what the lower border says: how much is new, and where the pane stands.
    fn position(&self) -> Option<Line<'static>> {
        let theme = &self.model.dashboard.theme;
        let view = self.model.log_view_of(self.pane);
        let mut spans = Vec::new();
        if self.picture.is_some() {
            return None;
        }
        spans.extend(self.model.stamps.label().map(|label| Span::styled(format!(" {label} "), theme.quiet)));
        if !self.model.wrap && view.column > 0 {
            spans.push(Span::styled(format!(" column {} ", view.column + 1), theme.quiet));
        }
        if let (Position::At(_), Some(_)) = (view.position, self.window.rows.last()) {
            if self.window.unseen > 0 {
                let key = hints_line::key(self.model, Action::Bottom).unwrap_or_default();
                let new = format!(" +{} new · {key} ", text::count(self.window.unseen));
                spans.push(Span::styled(new, theme.busy));
            }
            let (place, total) = (text::count(self.window.below), text::count(self.window.total));
            spans.push(Span::styled(format!(" {place} of {total} "), theme.quiet));
        }
        (!spans.is_empty()).then(|| Line::from(spans).alignment(Alignment::Right))
    }

    /// Says that not every line is shown.
    fn badge(&self, room: usize) -> Option<Line<'static>> {
        let filter = self.pane.sought.question.filter.as_ref()?;
        let sign = if filter.inverted { "&!" } else { "&" };
        let text = format!(" {sign}{} ", text::cut(filter.pattern.text(), room.saturating_sub(4)));
        Some(Line::styled(text, self.model.dashboard.theme.chosen))
    }

    /// Draws whose line it is, where several logs are shown as one; returns how many cells that takes.
    fn draw_name(&self, row: &Row, line: Rect, buf: &mut Buffer) -> u16 {
        if !self.pane.is_merged || matches!(row.content, Content::Dropped(_)) {
            return 0;
        }
        let width = self.model.names_width().min(line.width);
        if row.place.row == 0 {
            let service = service_of(row.place.line);
            let name = text::cut(self.model.name(service), usize::from(width.saturating_sub(1)));
            buf.set_stringn(line.x, line.y, name, usize::from(width), self.model.dashboard.theme.name(service));
        }
        width
    }

    /// Whether a row is the one that a key leads from, or was led to.
    fn is_pointed_at(&self, row: &Row) -> bool {
        let view = self.model.log_view_of(self.pane);
        let line = if self.pane.is_merged {
            let is_shown = self.has_focus() && view.position != Position::Follow;
            self.model.pointed_at().filter(|_| is_shown)
        } else {
            view.pointed
        };
        row.place.row == 0 && line == Some(row.place.line)
    }

    fn draw_row(&self, row: &Row, line: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let end = line.right();
        let (mark, style) = match row.content {
            Content::Line(Source::Output) => (" ", theme.text),
            Content::Line(Source::Error) => ("┊", theme.quiet),
            Content::Line(Source::Note(tone)) => (note_sign(tone), theme.tone(tone)),
            Content::Folded(count) => {
                let x = line.x + 1 + self.model.stamps.width();
                let text = format!("    ⋯ {} lines folded", text::count(count));
                buf.set_stringn(x, line.y, text, usize::from(end.saturating_sub(x)), theme.quiet);
                return;
            }
            Content::Dropped(dropped) => {
                let text = format!(
                    "  ┄┄ {} earlier lines ({}) made room for newer ones ┄┄",
                    text::count(dropped.lines),
                    text::size(dropped.bytes)
                );
                buf.set_stringn(line.x, line.y, text, usize::from(line.width), theme.quiet);
                return;
            }
        };
        if self.is_pointed_at(row) {
            buf.set_stringn(line.x, line.y, "▸", usize::from(line.width), theme.key);
        } else if let Some((sign, style)) = row.severity.map(|severity| severity_sign(severity, theme)) {
            buf.set_stringn(line.x, line.y, sign, usize::from(line.width), style);
        } else if row.place.row == 0 || row.content == Content::Line(Source::Error) {
            buf.set_stringn(line.x, line.y, mark, usize::from(line.width), style);
        }
        let mut x = line.x + 1;
        if row.place.row == 0 {
            let stamp = self.model.stamps.text(row.at, row.began, &self.model.dashboard.zone);
            buf.set_stringn(x, line.y, stamp, usize::from(end.saturating_sub(x)), theme.quiet);
        }
        x = (x + self.model.stamps.width()).min(end);
        let is_note = matches!(row.content, Content::Line(Source::Note(_)));
        for piece in &row.pieces {
            let style = theme.found(if is_note { style } else { theme.part(piece.tint, piece.style) }, piece.mark);
            (x, _) = buf.set_stringn(x, line.y, &piece.text, usize::from(end.saturating_sub(x)), style);
        }
        if row.goes_on {
            if let Some(half) =
                buf.cell_mut((end.saturating_sub(2), line.y)).filter(|cell| text::width(cell.symbol()) > 1)
            {
                // a wide character would lie under the sign
                half.set_symbol(" ");
            }
            buf.set_stringn(end.saturating_sub(1), line.y, "›", 1, theme.key);
        }
    }
}

const fn note_sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Calm => "─",
        Tone::Good => "✓",
        Tone::Bad => "✗",
    }
}

/// Returns what stands before a line that reports something: told apart without colours too.
const fn severity_sign(severity: Severity, theme: &Theme) -> (&'static str, Style) {
    match severity {
        Severity::Warning => ("▎", theme.busy),
        Severity::Error => ("▌", theme.bad),
    }
}

impl Widget for &LogPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        // beside other panes a colour alone would be too little to see which has the focus
        let is_one_of_many = self.model.panes.count() > 1 && !self.model.zoom;
        let border = if is_one_of_many && self.has_focus() { BorderType::Thick } else { BorderType::Rounded };
        let mut block = Block::bordered().border_type(border).border_style(theme.border(self.has_focus()));
        if let Some(status) = self.status() {
            block = block.title(self.title(status, usize::from(area.width.saturating_sub(2))));
        } else if self.pane.is_merged {
            block = block.title(self.merged_title(usize::from(area.width.saturating_sub(2))));
        }
        if let Some(position) = self.position() {
            block = block.title_bottom(position);
        }
        if let Some(badge) = self.badge(usize::from(area.width / 2)) {
            block = block.title_bottom(badge);
        }
        if self.attached() {
            let key = hints_line::key(self.model, Action::Detach).unwrap_or_default();
            block = block.title_bottom(Line::styled(format!(" {key} gives the keyboard back "), theme.key));
        }
        block.render(area, buf);
        if let Some(picture) = self.picture {
            ServiceScreen { picture, theme }.render(layout::text(area), buf);
            return;
        }
        let inner = layout::inside(area);
        for (y, row) in (inner.y..inner.bottom()).zip(&self.window.rows) {
            let line = Rect { y, height: 1, ..inner };
            let names = self.draw_name(row, line, buf);
            self.draw_row(row, Rect { x: line.x + names, width: line.width - names, ..line }, buf);
        }
        if self.window.rows.is_empty() {
            buf.set_stringn(inner.x, inner.y, self.emptiness(), usize::from(inner.width), theme.quiet);
        }
        self.draw_scrollbar(Rect { x: inner.right(), width: 1, ..inner }, buf);
        if let Some(choice) = self.model.links.as_ref().filter(|_| self.model.is_focused(self.pane)) {
            let names = if self.pane.is_merged { self.model.names_width() } else { 0 };
            let left = (1 + names + self.model.stamps.width()).min(inner.width);
            let rows = Rect { x: inner.x + left, width: inner.width.saturating_sub(left), ..inner };
            LinkHints { choice, theme }.render(rows, buf);
        }
    }
}

impl LogPane<'_> {
    /// Draws where the window is; by lines, so only nearly right where lines are wrapped.
    fn draw_scrollbar(&self, track: Rect, buf: &mut Buffer) {
        if self.window.rows.is_empty() {
            return;
        }
        let lines = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let (total, top) = (lines(self.window.total), lines(self.window.above));
        let rows = lines(self.window.below.saturating_sub(self.window.above));
        let style = self.model.dashboard.theme.border(self.has_focus());
        sheet::scrollbar(track, top, rows, total, style, buf);
    }
}
