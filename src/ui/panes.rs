//! One to four panes: which has the focus, and how the room is divided among them.

use ratatui::layout::Rect;

use super::pane::Pane;

/// The most panes.
pub(crate) const MOST: usize = 4;
/// From this width on, border included, a log is easy to read beside another.
const COMFORTABLE: u16 = 60;
/// The least of a pane, border included: three lines, and enough of each to tell it from others.
const LEAST: (u16, u16) = (24, 5);

/// Where each pane is, in their order; one for which there is no room has no area.
pub(crate) type PaneAreas = [Rect; MOST];

/// One to four panes, in the order in which they stand on the screen.
#[derive(Clone, Debug)]
pub(crate) struct Panes {
    before: Vec<Pane>,
    /// The one that has the focus, or gets it when the list gives it away.
    focused: Pane,
    behind: Vec<Pane>,
    shape: Shape,
    /// How many there have been.
    count: u64,
}

/// How the room is divided; its leaves are the panes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    One,
    Two(Box<Shape>, Box<Shape>),
}

impl Panes {
    /// Makes the first pane.
    pub(crate) fn new(services: usize) -> Self {
        Self { before: Vec::new(), focused: Pane::new(services), behind: Vec::new(), shape: Shape::One, count: 1 }
    }

    /// Returns them in their order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Pane> {
        self.before.iter().chain([&self.focused]).chain(&self.behind)
    }

    /// Returns them in their order, to be changed.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Pane> {
        self.before.iter_mut().chain([&mut self.focused]).chain(&mut self.behind)
    }

    /// Returns how many there are.
    pub(crate) fn count(&self) -> usize {
        self.before.len() + 1 + self.behind.len()
    }

    /// Returns the one that has the focus, or gets it when the list gives it away.
    pub(crate) fn focused(&self) -> &Pane {
        &self.focused
    }

    /// Returns the same, to be changed.
    pub(crate) fn focused_mut(&mut self) -> &mut Pane {
        &mut self.focused
    }

    /// Returns the place of the focused one.
    pub(crate) fn place(&self) -> usize {
        self.before.len()
    }

    /// Gives the focus to the pane at this place.
    pub(crate) fn focus(&mut self, place: usize) {
        while self.before.len() > place
            && let Some(pane) = self.before.pop()
        {
            self.behind.insert(0, std::mem::replace(&mut self.focused, pane));
        }
        while self.before.len() < place && !self.behind.is_empty() {
            let pane = self.behind.remove(0);
            self.before.push(std::mem::replace(&mut self.focused, pane));
        }
    }

    /// Divides the focused pane; the new one stands behind it, shows the same and has the focus.
    pub(crate) fn split(&mut self) {
        let pane = self.focused.another(self.count);
        self.count += 1;
        self.shape.split(self.before.len());
        self.before.push(std::mem::replace(&mut self.focused, pane));
    }

    /// Closes the focused pane, unless it is the only one; the one before it gets the focus, else the one behind it.
    pub(crate) fn close(&mut self) {
        let place = self.before.len();
        let behind = |panes: &mut Self| (!panes.behind.is_empty()).then(|| panes.behind.remove(0));
        let next = self.before.pop().or_else(|| behind(self));
        if let Some(next) = next {
            self.shape.close(place);
            self.focused = next;
        }
    }

    /// Divides `room` among them; where there is too little for all, the one with the focus is among those that stay.
    pub(crate) fn areas(&self, room: Rect) -> PaneAreas {
        let mut areas = PaneAreas::default();
        self.shape.place(room, 0, self.before.len(), &mut areas);
        areas
    }
}

impl Shape {
    fn leaves(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Two(first, second) => first.leaves() + second.leaves(),
        }
    }

    fn split(&mut self, leaf: usize) {
        match self {
            Self::One => *self = Self::Two(Box::new(Self::One), Box::new(Self::One)),
            Self::Two(first, second) => match leaf.checked_sub(first.leaves()) {
                Some(leaf) => second.split(leaf),
                None => first.split(leaf),
            },
        }
    }

    fn close(&mut self, leaf: usize) {
        let Self::Two(first, second) = self else { return };
        let left = first.leaves();
        if leaf < left && **first == Self::One {
            *self = std::mem::replace(second, Self::One);
        } else if leaf >= left && **second == Self::One {
            *self = std::mem::replace(first, Self::One);
        } else if leaf < left {
            first.close(leaf);
        } else {
            second.close(leaf - left);
        }
    }

    /// Places the leaves, of which the first has the number `first`.
    fn place(&self, room: Rect, first: usize, focused: usize, areas: &mut PaneAreas) {
        match self {
            Self::One => {
                if let Some(area) = areas.get_mut(first) {
                    *area = room;
                }
            }
            Self::Two(one, two) => {
                let second = first + one.leaves();
                match divide(room, one.leaves(), two.leaves()) {
                    Some((left, right)) => {
                        one.place(left, first, focused, areas);
                        two.place(right, second, focused, areas);
                    }
                    None if focused >= second => two.place(room, second, focused, areas),
                    None => one.place(room, first, focused, areas),
                }
            }
        }
    }
}

/// Divides a room among two sides with so many panes each: side by side where that leaves lines that are easy to read,
/// else one above the other, else side by side if at all.
fn divide(room: Rect, one: usize, two: usize) -> Option<(Rect, Rect)> {
    let all = one + two;
    let times = |cells: u16, count: usize| cells.saturating_mul(u16::try_from(count).unwrap_or(u16::MAX));
    if room.width >= times(COMFORTABLE, all) {
        return Some(beside(room, one, all));
    }
    if room.width >= times(COMFORTABLE, 2) {
        return Some(beside(room, 1, 2));
    }
    if room.height >= times(LEAST.1, all) {
        return Some(above(room, one, all));
    }
    if room.width >= times(LEAST.0, 2) {
        return Some(beside(room, 1, 2));
    }
    (room.height >= times(LEAST.1, 2)).then(|| above(room, 1, 2))
}

fn share(whole: u16, part: usize, all: usize) -> u16 {
    // the first side gets what cannot be divided
    u16::try_from((usize::from(whole) * part).div_ceil(all.max(1))).unwrap_or(whole).min(whole)
}

fn beside(room: Rect, part: usize, all: usize) -> (Rect, Rect) {
    let width = share(room.width, part, all);
    (Rect { width, ..room }, Rect { x: room.x + width, width: room.width - width, ..room })
}

fn above(room: Rect, part: usize, all: usize) -> (Rect, Rect) {
    let height = share(room.height, part, all);
    (Rect { height, ..room }, Rect { y: room.y + height, height: room.height - height, ..room })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Splits, focuses and closes as told: the third part of a number says which, the rest where.
    fn after(steps: &[u8]) -> Panes {
        let mut panes = Panes::new(3);
        for step in steps {
            match step % 3 {
                0 if panes.count() < MOST => panes.split(),
                1 => panes.close(),
                _ => panes.focus(usize::from(step / 3)),
            }
        }
        panes
    }

    proptest! {
        #[test]
        fn panes_cover_the_room_without_overlap_and_the_focused_one_is_always_there(
            steps in prop::collection::vec(any::<u8>(), 0..12), width in 0_u16..400, height in 0_u16..120,
            x in 0_u16..50, y in 0_u16..20,
        ) {
            let panes = after(&steps);
            prop_assert_eq!(panes.shape.leaves(), panes.count());
            let room = Rect::new(x, y, width, height);
            let areas = panes.areas(room);
            prop_assert_eq!(areas.iter().map(|area| area.area()).sum::<u32>(), room.area());
            for (place, area) in areas.iter().enumerate() {
                prop_assert_eq!(area.intersection(room).area(), area.area());
                prop_assert!(areas.iter().skip(place + 1).all(|other| area.intersection(*other).is_empty()));
            }
            prop_assert!(areas[panes.place()].area() == room.area() || areas[panes.place()].width >= LEAST.0.min(width));
            prop_assert!(width == 0 || height == 0 || !areas[panes.place()].is_empty());
            prop_assert!(areas.iter().skip(panes.count()).all(|area| area.is_empty()));
        }

        #[test]
        fn no_pane_of_a_divided_room_is_too_small_to_be_read(
            steps in prop::collection::vec(any::<u8>(), 0..12), width in 0_u16..400, height in 0_u16..120,
        ) {
            let areas = after(&steps).areas(Rect::new(0, 0, width, height));
            let shown = areas.iter().filter(|area| !area.is_empty());
            for area in shown {
                prop_assert!(area.width >= LEAST.0.min(width) && area.height >= LEAST.1.min(height));
            }
        }
    }

    #[test]
    fn a_wide_room_is_divided_side_by_side_and_a_narrow_one_from_top_to_bottom() {
        let mut panes = Panes::new(1);
        panes.split();
        let sizes = |panes: &Panes, width, height| {
            let areas = panes.areas(Rect::new(0, 0, width, height));
            areas.map(|area| (area.width, area.height)).into_iter().take(panes.count()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&panes, 150, 40), [(75, 40), (75, 40)]);
        assert_eq!(sizes(&panes, 80, 31), [(80, 16), (80, 15)]);
        panes.split();
        assert_eq!(sizes(&panes, 150, 40), [(75, 40), (75, 20), (75, 20)]);
        assert_eq!(sizes(&panes, 80, 31), [(80, 11), (80, 10), (80, 10)]);
        panes.close();
        panes.close();
        assert_eq!(sizes(&panes, 150, 40), [(150, 40)]);
    }
}
