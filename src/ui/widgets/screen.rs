//! The screen that a service draws, cell by cell.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use crate::screen::Picture;
use crate::ui::theme::Theme;

/// The screen of a service.
pub(crate) struct ServiceScreen<'a> {
    /// What is to be seen of it.
    pub(crate) picture: &'a Picture,
    /// How colours are shown.
    pub(crate) theme: &'a Theme,
}

impl Widget for &ServiceScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        for (y, row) in (area.y..area.bottom()).zip(&self.picture.rows) {
            for glyph in row {
                // a screen of another size than the pane is there until the service has learnt of the new one
                let end = area.x.saturating_add(glyph.column).saturating_add(glyph.width);
                if end <= area.right() {
                    let style = self.theme.output(glyph.style);
                    buf.set_stringn(area.x + glyph.column, y, &glyph.text, usize::from(glyph.width), style);
                }
            }
        }
    }
}

/// Returns where the cursor of a service's screen stands, if it is shown and within the pane.
pub(crate) fn cursor(picture: &Picture, area: Rect) -> Option<Position> {
    let cursor = picture.cursor?;
    let at = Position::new(area.x.saturating_add(cursor.column), area.y.saturating_add(cursor.row));
    area.contains(at).then_some(at)
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Modifier};

    use super::*;
    use crate::screen::{Background, Screen, Size};

    fn drawn(bytes: &[u8], area: Rect) -> (Buffer, Picture) {
        let mut screen = Screen::new(Size::new(10, 3), Background::Dark);
        screen.push(bytes);
        let picture = screen.picture(true).unwrap();
        let theme = Theme::named("default", false).unwrap();
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 4));
        ServiceScreen { picture: &picture, theme: &theme }.render(area, &mut buf);
        (buf, picture)
    }

    #[test]
    fn cells_stand_where_the_service_has_put_them_with_their_colours() {
        let (buf, _) = drawn("\x1b[2;3H\x1b[7;31mx日\x1b[0my".as_bytes(), Rect::new(1, 1, 10, 3));
        assert_eq!((buf[(3, 2)].symbol(), buf[(4, 2)].symbol(), buf[(6, 2)].symbol()), ("x", "日", "y"));
        assert_eq!((buf[(3, 2)].fg, buf[(3, 2)].modifier), (Color::Indexed(1), Modifier::REVERSED));
    }

    #[test]
    fn what_is_larger_than_the_pane_is_cut_and_its_cursor_is_not_shown() {
        let area = Rect::new(1, 1, 4, 1);
        let (buf, picture) = drawn("abc日\r\nnext".as_bytes(), area);
        assert_eq!((buf[(3, 1)].symbol(), buf[(4, 1)].symbol(), buf[(5, 1)].symbol()), ("c", " ", " "));
        assert_eq!(buf[(1, 2)].symbol(), " ");
        assert_eq!(cursor(&picture, area), None);
        assert_eq!(cursor(&picture, Rect::new(1, 1, 10, 3)), Some(Position::new(5, 2)));
    }
}
