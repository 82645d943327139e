//! Looks up in the log what the screen wishes to know of its lines.

use std::sync::Arc;

use super::Screen;
use crate::logs::{Line, LogBuffer, Style, hyperlinks, plain_text, shown_part};
use crate::supervisor::Handle;
use crate::ui::links::{self, Link};
use crate::ui::log_window::{order_of, service_of};
use crate::ui::msg::{LineNews, LineWish, Msg};
use crate::ui::opened_line::{self, OpenedLine};
use crate::ui::pane::Subject;
use crate::ui::widgets::line_panel;

/// So many lines are looked through for the next one of JSON.
const LOOKED_THROUGH: u64 = 2000;
/// And so many bytes of them: the screen waits for it, and so does whoever prints into that log.
const BYTES: usize = 2 << 20;

impl<S: FnMut()> Screen<S> {
    /// Looks something up in the log that is shown, and tells the model.
    pub(super) fn look_up(&mut self, wish: LineWish, handle: &Handle) {
        let news = match wish {
            LineWish::Links => LineNews::Links(self.links(handle)),
            LineWish::Newest(_) | LineWish::Next { .. } | LineWish::Run { .. } => self.in_log(wish, handle),
        };
        self.update(Msg::Lines(news));
    }

    fn links(&self, handle: &Handle) -> Vec<Link> {
        let Some(window) = self.readers.window(&self.model) else { return Vec::new() };
        let mut left = BYTES;
        let mut carried = Vec::new();
        let rows = window.rows.chunk_by(|row, next| row.place.line == next.place.line).filter_map(|rows| rows.first());
        for line in rows.map(|row| row.place.line) {
            let (service, order) = match self.model.subject() {
                Subject::Service(service) => (service, None),
                Subject::All => (service_of(line), Some(order_of(line))),
            };
            let Some(log) = handle.logs.lock(service) else { continue };
            let number = order.map_or(line, |order| log.number_at(order));
            let Some(found) = log.line(number).filter(|found| found.bytes.len() <= left) else { continue };
            left -= found.bytes.len();
            let (bytes, _) = shown_part(found.bytes, Style::default());
            carried.push((line, hyperlinks(bytes)));
        }
        links::in_window(window, &carried)
    }

    fn in_log(&self, wish: LineWish, handle: &Handle) -> LineNews {
        let nothing = |text: &str| LineNews::Nothing(text.to_owned());
        let Some(log) = handle.logs.lock(self.model.selected) else { return nothing("there is no log") };
        match wish {
            LineWish::Links => nothing("there is no link on the screen"),
            LineWish::Newest(current) => {
                let rows = self.readers.window(&self.model).map_or(&[][..], |window| &window.rows);
                let lines = || rows.iter().rev().map(|row| row.place.line);
                let current = current.filter(|current| lines().any(|line| line == *current));
                let opened = self.open_first(&log, current.into_iter().chain(lines()));
                opened.map_or_else(|| nothing("there is no line of JSON on the screen"), LineNews::Opened)
            }
            LineWish::Next { line, newer } => {
                let lines = |place: u64| if newer { line.checked_add(place + 1) } else { line.checked_sub(place + 1) };
                let is_kept = |line: &u64| (log.first()..log.end()).contains(line);
                let opened = self.open_first(&log, (0..LOOKED_THROUGH).map_while(lines).take_while(is_kept));
                opened.map_or_else(|| nothing("there is no other line of JSON near it"), LineNews::Opened)
            }
            LineWish::Run { line, newer } => {
                let runs = log.runs();
                let found = if newer { runs.behind(line) } else { runs.before(line) };
                let is_kept = |line: &u64| *line >= log.first();
                found.filter(is_kept).map_or_else(
                    || nothing(if newer { "no run begins below" } else { "no run begins above" }),
                    LineNews::Run,
                )
            }
        }
    }

    fn open_first(&self, log: &LogBuffer, lines: impl Iterator<Item = u64>) -> Option<Arc<OpenedLine>> {
        up_to(BYTES, log, lines).find_map(|line| self.open(line)).map(Arc::new)
    }

    fn open(&self, line: Line<'_>) -> Option<OpenedLine> {
        if line.bytes.len() > opened_line::LONGEST || !line.bytes.contains(&b'{') {
            return None;
        }
        let room = line_panel::room(self.model.size);
        OpenedLine::new(self.model.selected, line.number, plain_text(line.bytes), room)
    }
}

/// Returns the lines with these numbers until there are so many bytes of them: at least one.
fn up_to(bytes: usize, log: &LogBuffer, numbers: impl Iterator<Item = u64>) -> impl Iterator<Item = Line<'_>> {
    let mut left = bytes;
    numbers.filter_map(|number| log.line(number)).take_while(move |line| {
        let is_left = left > 0;
        left = left.saturating_sub(line.bytes.len());
        is_left
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Source, Stamp};

    #[test]
    fn long_lines_are_looked_through_until_there_are_enough_bytes_of_them() {
        let mut log = LogBuffer::new(1 << 20);
        (0..20).for_each(|_| log.push(Source::Output, &[&[b'{'; 999][..], b"\n"].concat(), Stamp(0)));
        let found: Vec<u64> = up_to(3500, &log, (0..20).rev()).map(|line| line.number).collect();
        assert_eq!(found, [19, 18, 17, 16]);
        assert_eq!(up_to(1, &log, [7, 99, 3].into_iter()).count(), 1);
    }
}
