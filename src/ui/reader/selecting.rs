//! Does the moves of a selection where the text is at hand: in the focused pane, while its log is read.

use ratatui::layout::Position;

use super::{Reader, Readers};
use crate::logs::LogBuffer;
use crate::ui::log_window::LogWindow;
use crate::ui::model::Model;
use crate::ui::selection::{By, LogGround, Move, ScreenGround, Seen, Selecting, cursor_cell};
use crate::ui::widgets::screen;

/// Returns what is being selected in the pane at this place.
pub(super) fn of(model: &Model, place: usize) -> Option<&Selecting> {
    model.selecting.as_ref().filter(|_| place == model.panes.place())
}

/// Returns what is seen of the focused pane; without a window, of its screen.
pub(crate) fn seen<'a>(model: &'a Model, window: Option<&'a LogWindow>) -> Seen<'a> {
    let sought = &model.pane().sought;
    Seen { window, search: sought.search(), current: sought.current }
}

impl Reader {
    /// Does the moves of a selection in the log that is seen, and brings its cursor into sight.
    pub(super) fn settle_in_log(&self, model: &mut Model, log: &LogBuffer) {
        let Some(mut selecting) = model.selecting.take() else { return };
        let ground = LogGround { log, lens: model.lens() };
        let has_moved = selecting.settle(&ground, seen(model, Some(&self.window)));
        if let Some((rows, cell)) = selecting.pull {
            selecting.note(Move::To(cell));
            if let Some(view) = model.log_view_mut() {
                view.pending = rows.clamp(-3, 3);
            }
        } else if has_moved
            && selecting.by == By::Keys
            && let Some(view) = model.log_view_mut()
        {
            view.sight = Some(selecting.cursor);
        }
        model.selecting = Some(selecting);
    }

    /// Does the moves of a selection on the screen that is seen; returns whether there is one.
    pub(super) fn settle_on_screen(&self, model: &mut Model) -> bool {
        let Some(picture) = &self.picture else { return false };
        if let Some(mut selecting) = model.selecting.take() {
            selecting.settle(&ScreenGround::new(picture), seen(model, None));
            model.selecting = Some(selecting);
        }
        true
    }
}

impl Readers {
    /// Returns where the cursor stands: of a selection by keys, or of the service that has the keyboard.
    pub(crate) fn cursor(&self, model: &Model) -> Option<Position> {
        if !model.panels.is_empty() || model.is_quitting() {
            return None;
        }
        if let Some(selecting) = &model.selecting {
            let area = model.text_area().filter(|_| selecting.by == By::Keys && model.prompt.is_none())?;
            let cell = match self.picture(model) {
                Some(picture) => cursor_cell(selecting.cursor, &picture.lines()),
                None => self.window(model)?.cell_of(selecting.cursor),
            }?;
            let at = Position::new(area.x.saturating_add(cell.x), area.y.saturating_add(cell.y));
            return area.contains(at).then_some(at);
        }
        let area = model.areas()?.log_text();
        let is_seen = model.attached.is_some();
        screen::cursor(self.picture(model).filter(|_| is_seen)?, area)
    }
}
