//! Stands between the parser and the emulator: passes on, corrects a few moves, and swallows what must not get out.

use alacritty_terminal::Term;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler as Interface, Hyperlink, LineClearMode, Mode,
    NamedColor, NamedPrivateMode, PrivateMode, Rgb, StandardCharset, TabulationClearMode,
};
use unicode_width::UnicodeWidthChar;

use super::emulator::{Answers, Extras};
use super::{Background, palette};
use crate::logs::acts;

/// Marks that one cell may carry; more are let go of, or one cell could take all memory.
const MARKS: usize = 8;
/// The characters of a title that are kept.
const TITLE: usize = 80;

/// What the parser calls.
pub(super) struct Handler<'a> {
    pub(super) term: &'a mut Term<Answers>,
    pub(super) extras: &'a mut Extras,
    pub(super) answers: &'a Answers,
    pub(super) background: Background,
    /// How many characters may still be written.
    pub(super) budget: usize,
}

impl Handler<'_> {
    /// Returns the rows that a vertical move stays within, from this one on.
    fn margins(&self) -> (usize, usize, usize) {
        let row = self.row();
        let rows = self.term.screen_lines();
        let (top, end) = self.extras.region.unwrap_or((0, rows));
        (if row >= top { top } else { 0 }, row, if row < end { end - 1 } else { rows - 1 })
    }

    fn row(&self) -> usize {
        usize::try_from(self.term.grid().cursor.point.line.0).unwrap_or(0)
    }

    fn column(&self) -> usize {
        self.term.grid().cursor.point.column.0
    }

    /// Moves the cursor, whatever its origin is.
    fn place(&mut self, row: usize, column: usize) {
        let cursor = &mut self.term.grid_mut().cursor;
        cursor.point.line = Line(i32::try_from(row).unwrap_or(0));
        cursor.point.column = Column(column);
        cursor.input_needs_wrap = false;
    }

    /// Returns whether one more mark fits onto the cell before the cursor.
    fn takes_mark(&self) -> bool {
        let cursor = &self.term.grid().cursor;
        let mut column = cursor.point.column.0;
        if !cursor.input_needs_wrap {
            column = column.saturating_sub(1);
        }
        let row = &self.term.grid()[cursor.point.line];
        if row[Column(column)].flags.contains(Flags::WIDE_CHAR_SPACER) {
            column = column.saturating_sub(1);
        }
        row[Column(column)].zerowidth().is_none_or(|marks| marks.len() < MARKS)
    }
}

/// Passes calls on as they are.
macro_rules! pass {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $name(&mut self, $($argument: $kind),*) {
            Interface::$name(self.term, $($argument),*);
        })*
    };
}

/// Bells, clipboards, links, pictures of the pointer and keyboard protocols stay without effect: their default here.
impl Interface for Handler<'_> {
    pass! {
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        goto(row: i32, column: usize);
        goto_line(row: i32);
        insert_blank(count: usize);
        identify_terminal(intermediate: Option<char>);
        device_status(kind: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        backspace();
        carriage_return();
        linefeed();
        newline();
        set_horizontal_tabstop();
        scroll_up(rows: usize);
        scroll_down(rows: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        erase_chars(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        clear_tabs(mode: TabulationClearMode);
        reverse_index();
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        set_active_charset(index: CharsetIndex);
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, colour: Rgb);
        reset_color(index: usize);
        decaln();
        text_area_size_chars();
    }

    fn input(&mut self, character: char) {
        let Some(rest) = self.budget.checked_sub(1) else { return };
        self.budget = rest;
        if character.width() != Some(0) || self.takes_mark() {
            Interface::input(self.term, character);
        }
    }

    fn terminal_attribute(&mut self, attribute: Attr) {
        // 21 is a double underline (ECMA-48), which the emulator takes for the end of bold
        let meant = if attribute == Attr::CancelBold { Attr::DoubleUnderline } else { attribute };
        Interface::terminal_attribute(self.term, meant);
    }

    fn set_title(&mut self, title: Option<String>) {
        let kept = title.iter().flat_map(|title| title.chars()).filter(|char| !acts(*char));
        self.extras.title = kept.take(TITLE).collect();
    }

    fn set_hyperlink(&mut self, _: Option<Hyperlink>) {}

    // the margins hold for moves as well, which the emulator leaves out
    fn move_up(&mut self, rows: usize) {
        let (top, row, _) = self.margins();
        self.place(row.saturating_sub(rows).max(top), self.column());
    }

    fn move_down(&mut self, rows: usize) {
        let (_, row, bottom) = self.margins();
        self.place(row.saturating_add(rows).min(bottom), self.column());
    }

    fn move_up_and_cr(&mut self, rows: usize) {
        self.move_up(rows);
        Interface::carriage_return(self.term);
    }

    fn move_down_and_cr(&mut self, rows: usize) {
        self.move_down(rows);
        Interface::carriage_return(self.term);
    }

    // where the origin is the region's, the emulator would add its top a second time
    fn goto_col(&mut self, column: usize) {
        self.place(self.row(), column.min(self.term.columns() - 1));
    }

    // at the end of a row a tab stays there, and does not begin the next
    fn put_tab(&mut self, count: u16) {
        if !self.term.grid().cursor.input_needs_wrap {
            Interface::put_tab(self.term, count);
        }
    }

    // more than stands behind the cursor would take away what stands before it
    fn delete_chars(&mut self, count: usize) {
        let behind = self.term.columns() - self.column();
        Interface::delete_chars(self.term, count.min(behind));
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        if matches!(mode, ClearMode::Above) && self.row() == 1 {
            // the emulator forgets the first row if the cursor stands in the second
            let column = self.column();
            self.place(0, column);
            Interface::clear_line(self.term, LineClearMode::All);
            self.place(1, column);
        }
        Interface::clear_screen(self.term, mode);
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let rows = self.term.screen_lines();
        let end = bottom.unwrap_or(rows).min(rows);
        if top < end {
            self.extras.region = (top > 1 || end < rows).then_some((top.saturating_sub(1), end));
            Interface::set_scrolling_region(self.term, top, Some(end));
        }
    }

    fn reset_state(&mut self) {
        self.extras.region = None;
        Interface::reset_state(self.term);
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        // other widths than the pane's do not exist
        if mode != PrivateMode::Named(NamedPrivateMode::ColumnMode) {
            Interface::set_private_mode(self.term, mode);
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        if mode == PrivateMode::Named(NamedPrivateMode::ColumnMode) {
            return;
        }
        Interface::unset_private_mode(self.term, mode);
        if mode == PrivateMode::Named(NamedPrivateMode::Origin) && !self.term.mode().contains(TermMode::ORIGIN) {
            self.place(0, 0);
        }
    }

    fn dynamic_color_sequence(&mut self, prefix: String, index: usize, end: &str) {
        let (red, green, blue) = match (self.term.colors()[index], u8::try_from(index)) {
            (Some(set), _) => (set.r, set.g, set.b),
            (None, Ok(index)) => palette(index),
            (None, Err(_)) if index == NamedColor::Background as usize => self.background.colours().1,
            (None, Err(_)) => self.background.colours().0,
        };
        let answer = format!("\x1b]{prefix};rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}{end}");
        self.answers.give(answer.as_bytes());
    }
}
