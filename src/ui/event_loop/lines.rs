//! Looks up in the log what the screen wishes to know of its lines.

use std::sync::Arc;

use super::Screen;
use crate::logs::{LogBuffer, plain_text};
use crate::supervisor::Handle;
use crate::ui::links;
use crate::ui::msg::{LineNews, LineWish, Msg};
use crate::ui::opened_line::{self, OpenedLine};
use crate::ui::widgets::line_panel;

/// So many lines are looked through for the next one of JSON.
const LOOKED_THROUGH: u64 = 2000;

impl<S: FnMut()> Screen<S> {
    /// Looks something up in the log that is shown, and tells the model.
    pub(super) fn look_up(&mut self, wish: LineWish, handle: &Handle) {
        let news = match wish {
            LineWish::Links => {
                LineNews::Links(self.readers.window(&self.model).map(links::in_window).unwrap_or_default())
            }
            LineWish::Newest(_) | LineWish::Next { .. } | LineWish::Run { .. } => self.in_log(wish, handle),
        };
        self.update(Msg::Lines(news));
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
                let opened = current.into_iter().chain(lines()).find_map(|line| self.open(&log, line));
                opened.map_or_else(|| nothing("there is no line of JSON on the screen"), LineNews::Opened)
            }
            LineWish::Next { line, newer } => {
                let lines = |place: u64| if newer { line.checked_add(place + 1) } else { line.checked_sub(place + 1) };
                let is_kept = |line: &u64| (log.first()..log.end()).contains(line);
                let mut near = (0..LOOKED_THROUGH).map_while(lines).take_while(is_kept);
                let opened = near.find_map(|line| self.open(&log, line));
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

    fn open(&self, log: &LogBuffer, line: u64) -> Option<Arc<OpenedLine>> {
        let bytes = log.line(line)?.bytes;
        if bytes.len() > opened_line::LONGEST || !bytes.contains(&b'{') {
            return None;
        }
        OpenedLine::new(self.model.selected, line, plain_text(bytes), line_panel::room(self.model.size)).map(Arc::new)
    }
}
