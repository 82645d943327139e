//! The log of the chosen service.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use crate::keys::Action;
use crate::logs::{Source, Stamp, Tone};
use crate::screen::Picture;
use crate::supervisor::ServiceStatus;
use crate::ui::log_window::{Content, LogWindow, Position, Row};
use crate::ui::model::{Focus, Model, Moment, STAMP_WIDTH};
use crate::ui::selection::Kind;
use crate::ui::widgets::hints_line;
use crate::ui::widgets::screen::ServiceScreen;
use crate::ui::{layout, report, sheet, text};

/// The log of the chosen service.
pub(crate) struct LogPane<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
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
        let follows = self.model.log_view().position == Position::Follow;
        let selects = self.model.selecting.as_ref().map(|selecting| match selecting.kind {
            Kind::Characters | Kind::Words => "selecting",
            Kind::Lines => "selecting lines",
        });
        let state = match (self.model.attached, self.picture) {
            _ if let Some(selects) = selects => (selects, theme.busy),
            (Some(_), _) => ("attached", theme.key),
            (None, Some(_)) => ("screen", theme.quiet),
            (None, None) if follows => ("following", theme.quiet),
            (None, None) => ("paused", theme.busy),
        };
        // name, two rules of four cells, and a space at either end
        let rest = room.saturating_sub(text::width(state.0) + 4 + 2);
        let name = text::cut(&status.name, rest.min((rest / 2).max(12)));
        let left = rest.saturating_sub(text::width(&name) + 4);
        let titled = self.picture.map(|picture| picture.title.clone()).filter(|title| !title.is_empty());
        let facts = titled.into_iter().chain(self.facts(status)).find(|facts| text::width(facts) <= left);
        let mut spans = vec![Span::raw(" "), Span::styled(name, theme.title)];
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
            _ => match &status.ended {
                Some(ended) if !ended.asked => {
                    let end = report::how_it_ended(ended);
                    vec![format!("{word} · {end}"), end, word.to_owned()]
                }
                _ => vec![word.to_owned()],
            },
        }
    }

    /// Says why there is nothing to be seen.
    fn emptiness(&self) -> String {
        let Some(status) = self.model.service(self.model.selected) else {
            return "  there are no services".to_owned();
        };
        if let Some(filter) = self.model.sought.question.filter.as_ref().filter(|_| self.window.end > self.window.first)
        {
            let which = if filter.inverted { "every line matches" } else { "no line matches" };
            let wait = if self.model.sought.is_complete { which } else { "looking for lines…" };
            return format!("  {wait}");
        }
        if self.window.end > 0 {
            return "  nothing printed since it was cleared".to_owned();
        }
        let key = hints_line::key(self.model, Action::Start).filter(|_| !status.state.is_alive());
        key.map_or_else(|| "  nothing printed yet".to_owned(), |key| format!("  nothing printed yet · {key} starts it"))
    }

    fn has_focus(&self) -> bool {
        self.model.focus == Focus::Log && self.model.panels.is_empty()
    }

    /// Returns what the lower border says: how much is new, and where the pane stands.
    fn position(&self) -> Option<Line<'static>> {
        let theme = &self.model.dashboard.theme;
        let view = self.model.log_view();
        let mut spans = Vec::new();
        if self.picture.is_some() {
            return None;
        }
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
        let filter = self.model.sought.question.filter.as_ref()?;
        let sign = if filter.inverted { "&!" } else { "&" };
        let text = format!(" {sign}{} ", text::cut(filter.pattern.text(), room.saturating_sub(4)));
        Some(Line::styled(text, self.model.dashboard.theme.chosen))
    }

    fn draw_row(&self, row: &Row, line: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let end = line.right();
        let (mark, style) = match row.content {
            Content::Line(Source::Output) => (" ", theme.text),
            Content::Line(Source::Error) => ("▏", theme.bad),
            Content::Line(Source::Note(tone)) => (note_sign(tone), theme.tone(tone)),
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
        if row.place.row == 0 || row.content == Content::Line(Source::Error) {
            buf.set_stringn(line.x, line.y, mark, usize::from(line.width), style);
        }
        let mut x = line.x + 1;
        if self.model.timestamps {
            if row.place.row == 0 {
                buf.set_stringn(x, line.y, self.stamp(row.at), usize::from(end.saturating_sub(x)), theme.quiet);
            }
            x = (x + STAMP_WIDTH).min(end);
        }
        let is_note = matches!(row.content, Content::Line(Source::Note(_)));
        for piece in &row.pieces {
            let style = theme.found(if is_note { style } else { theme.output(piece.style) }, piece.mark);
            (x, _) = buf.set_stringn(x, line.y, &piece.text, usize::from(end.saturating_sub(x)), style);
        }
        if row.goes_on {
            buf.set_stringn(end.saturating_sub(1), line.y, "›", 1, theme.key);
        }
    }

    fn stamp(&self, at: Stamp) -> String {
        let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
        let Ok(moment) = jiff::Timestamp::from_millisecond(millis) else { return String::new() };
        moment.to_zoned(self.model.dashboard.zone.clone()).strftime("%H:%M:%S%.3f").to_string()
    }
}

const fn note_sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Calm => "─",
        Tone::Good => "✓",
        Tone::Bad => "✗",
    }
}

impl Widget for &LogPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        let mut block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.border(self.has_focus()));
        if let Some(status) = self.model.service(self.model.selected) {
            block = block.title(self.title(status, usize::from(area.width.saturating_sub(2))));
        }
        if let Some(position) = self.position() {
            block = block.title_bottom(position);
        }
        if let Some(badge) = self.badge(usize::from(area.width / 2)) {
            block = block.title_bottom(badge);
        }
        if self.model.attached.is_some() {
            let key = hints_line::key(self.model, Action::Detach).unwrap_or_default();
            block = block.title_bottom(Line::styled(format!(" {key} gives the keyboard back "), theme.key));
        }
        block.render(area, buf);
        if let (Some(picture), Some(areas)) = (self.picture, self.model.areas()) {
            ServiceScreen { picture, theme }.render(areas.log_text(), buf);
            return;
        }
        let inner = layout::inside(area);
        for (y, row) in (inner.y..inner.bottom()).zip(&self.window.rows) {
            self.draw_row(row, Rect { y, height: 1, ..inner }, buf);
        }
        if self.window.rows.is_empty() {
            buf.set_stringn(inner.x, inner.y, self.emptiness(), usize::from(inner.width), theme.quiet);
        }
        self.draw_scrollbar(Rect { x: inner.right(), width: 1, ..inner }, buf);
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
