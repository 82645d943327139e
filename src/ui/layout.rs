//! Where everything goes: from the size of the screen to rectangles, and to the size that services are told.

use ratatui::layout::{Position, Rect, Size};

use super::panes::{PaneAreas, Panes};

/// Below this the screen only says that it is too small.
const SMALLEST: Size = Size::new(40, 10);
/// From here on the list stands beside the log instead of above it.
const BESIDE: u16 = 70;
/// A panel that would leave at most this much of its room free gets all of it.
const NEARLY: u16 = 6;

/// Where everything goes. A part that is not shown has no area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    /// The title line.
    pub(crate) title: Rect,
    /// The list with its border.
    pub(crate) list: Rect,
    /// The focused pane with its border.
    pub(crate) log: Rect,
    /// Every pane with its border, in their order.
    pub(crate) panes: PaneAreas,
    /// The status line.
    pub(crate) status: Rect,
    /// The line of keys.
    pub(crate) hints: Rect,
}

/// How much room the list would use, border included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Cells across.
    pub(crate) width: u16,
    /// Cells down.
    pub(crate) height: u16,
}

/// Places everything, or returns `None` where the screen is too small to be useful.
///
/// With `zoom` the focused pane has all of it.
pub(crate) fn arrange(size: Size, list: Need, zoom: bool, panes: &Panes) -> Option<Areas> {
    if size.width < SMALLEST.width || size.height < SMALLEST.height {
        return None;
    }
    let line = |y| Rect::new(0, y, size.width, 1);
    let status = line(size.height - 2);
    let hints = line(size.height - 1);
    if zoom {
        let log = Rect::new(0, 0, size.width, size.height - 2);
        let mut alone = PaneAreas::default();
        if let Some(area) = alone.get_mut(panes.place()) {
            *area = log;
        }
        return Some(Areas { title: Rect::default(), list: Rect::default(), log, panes: alone, status, hints });
    }
    let body = body(size);
    let (list, log) = if size.width >= BESIDE { beside(body, list) } else { above(body, list) };
    let panes_areas = panes.areas(log);
    let log = panes_areas.get(panes.place()).copied().unwrap_or(log);
    Some(Areas { title: line(0), list, log, panes: panes_areas, status, hints })
}

fn beside(body: Rect, list: Need) -> (Rect, Rect) {
    let most = u16::try_from(u32::from(body.width) * 45 / 100).unwrap_or(body.width);
    let width = list.width.clamp(20, most.max(20));
    (Rect { width, ..body }, Rect { x: body.x + width, width: body.width - width, ..body })
}

fn above(body: Rect, list: Need) -> (Rect, Rect) {
    let height = list.height.clamp(3, (body.height * 2 / 5).max(3));
    (Rect { height, ..body }, Rect { y: body.y + height, height: body.height - height, ..body })
}

/// Returns the inside of a bordered area.
pub(crate) const fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Returns where the lines of a bordered log go: inside the border, after the column of marks.
pub(crate) const fn text(area: Rect) -> Rect {
    let inner = inside(area);
    Rect { x: inner.x.saturating_add(1), width: inner.width.saturating_sub(1), ..inner }
}

/// Returns the size that a service is told, in cells: what it prints as a full line fills one row.
pub(crate) const fn terminal_size(area: Rect) -> Size {
    let text = text(area);
    Size::new(text.width, text.height)
}

impl Areas {
    /// Returns where the lines of the focused pane go.
    pub(crate) const fn log_text(&self) -> Rect {
        text(self.log)
    }

    /// Returns where the pane at this place is, with its border; nowhere if it is hidden.
    pub(crate) fn pane(&self, place: usize) -> Rect {
        self.panes.get(place).copied().unwrap_or_default()
    }

    /// Returns the place of the pane that this cell belongs to.
    pub(crate) fn pane_at(&self, at: Position) -> Option<usize> {
        self.panes.iter().position(|area| area.contains(at))
    }
}

/// Centres a panel that wants this inner size between the title and the status line.
///
/// One that needs nearly all of that room gets all of it: a second border right beside the panes' own looks like a slip.
pub(crate) fn panel(screen: Size, width: u16, height: u16) -> Rect {
    let body = body(screen);
    let fill = |wanted: u16, room: u16| if wanted.saturating_add(NEARLY) > room { room } else { wanted };
    let width = fill(width.saturating_add(4), body.width);
    let height = fill(height.saturating_add(2), body.height);
    Rect::new(body.x + (body.width - width) / 2, body.y + (body.height - height) / 2, width, height)
}

/// The lines between the title and the status line; the whole screen where there is no room for those.
fn body(screen: Size) -> Rect {
    if screen.height < 8 {
        return Rect::new(0, 0, screen.width, screen.height);
    }
    Rect::new(0, 1, screen.width, screen.height - 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_leaves_the_screen(
            width in 0_u16..300, height in 0_u16..300, list_width in 0_u16..300, list_height in 0_u16..400,
            zoom: bool, splits in 0_usize..4,
        ) {
            let mut panes = Panes::new(1);
            (0..splits).for_each(|_| panes.split());
            let screen = Size::new(width, height);
            let need = Need { width: list_width, height: list_height };
            let Some(areas) = arrange(screen, need, zoom, &panes) else {
                prop_assert!(width < 40 || height < 10);
                return Ok(());
            };
            let whole = Rect::new(0, 0, width, height);
            let parts = [&[areas.title, areas.list, areas.status, areas.hints], &areas.panes[..]].concat();
            prop_assert_eq!(areas.log, areas.pane(panes.place()));
            let covered: u32 = parts.iter().map(|part| part.area()).sum();
            prop_assert_eq!(covered, whole.area(), "every cell belongs to one part");
            for (place, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.intersection(whole), *part);
                prop_assert!(parts.iter().skip(place + 1).all(|other| part.intersection(*other).is_empty()));
            }
            let told = terminal_size(areas.log);
            prop_assert!(told.width >= 20 && told.height >= 2);
            prop_assert!(zoom || width < 70 || u32::from(areas.list.width) * 100 <= u32::from(width) * 45);
        }

        #[test]
        fn a_panel_stays_on_the_screen(
            width in 0_u16..300, height in 0_u16..300, wants_width in 0_u16..500, wants_height in 0_u16..500,
        ) {
            let area = panel(Size::new(width, height), wants_width, wants_height);
            prop_assert_eq!(area.intersection(Rect::new(0, 0, width, height)), area);
        }
    }

    #[test]
    fn services_are_told_the_size_of_the_log() {
        let need = Need { width: 36, height: 8 };
        let arranged = |zoom| arrange(Size::new(80, 24), need, zoom, &Panes::new(1));
        let sizes = [false, true].map(|zoom| arranged(zoom).map(|areas| terminal_size(areas.log)));
        assert_eq!(sizes, [Some(Size::new(41, 19)), Some(Size::new(77, 20))]);
    }
}
