//! A line that is being typed: its text, and where the cursor stands in it.

use super::selection::words;

/// A longer line is not typed.
const LONGEST: usize = 1024;

/// A line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineEdit {
    text: String,
    /// The byte that the cursor stands before.
    cursor: usize,
}

/// A key that changes a line or moves about in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// One character back.
    Left,
    /// One character on.
    Right,
    /// To the start.
    Start,
    /// To the end.
    End,
    /// Take away the character before the cursor.
    Erase,
    /// Take away the one behind it.
    Delete,
    /// Take away the word before the cursor.
    EraseWord,
    /// Take away all before the cursor.
    EraseAll,
    /// Take away all behind it.
    DeleteAll,
}

impl LineEdit {
    /// Makes a line with this text and the cursor behind it.
    pub(crate) fn new(text: String) -> Self {
        Self { cursor: text.len(), text }
    }

    /// Returns what was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns what stands before the cursor, and what behind it.
    pub(crate) fn around(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    /// Puts typed or pasted text at the cursor; what is no character of a line becomes a blank.
    pub(crate) fn insert(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text.len());
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (text, _) = text.split_at(text.floor_char_boundary(room));
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    /// Puts text behind the cursor, which stays before it.
    pub(crate) fn append(&mut self, text: &str) {
        let cursor = self.cursor;
        self.insert(text);
        self.cursor = cursor;
    }

    /// Does what a key says.
    pub(crate) fn edit(&mut self, edit: Edit) {
        let (before, behind) = self.around();
        let to = match edit {
            Edit::Left | Edit::Erase => words::last(before),
            Edit::Right | Edit::Delete => self.cursor + words::behind(behind, 0),
            Edit::Start | Edit::EraseAll => 0,
            Edit::End | Edit::DeleteAll => self.text.len(),
            Edit::EraseWord => word_before(before),
        };
        let (from, to) = (to.min(self.cursor), to.max(self.cursor));
        match edit {
            Edit::Left | Edit::Start => self.cursor = from,
            Edit::Right | Edit::End => self.cursor = to,
            Edit::Erase | Edit::EraseWord | Edit::EraseAll | Edit::Delete | Edit::DeleteAll => {
                self.text.replace_range(from..to, "");
                self.cursor = from;
            }
        }
    }
}

/// Returns where the word before the cursor begins, as a shell counts words: up to a blank.
fn word_before(text: &str) -> usize {
    text.trim_end().rfind(char::is_whitespace).map_or(0, |blank| words::behind(text, blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, edits: &[Edit]) -> String {
        let mut line = LineEdit::new(text.to_owned());
        for edit in edits {
            line.edit(*edit);
        }
        let (before, behind) = line.around();
        format!("{before}|{behind}")
    }

    #[test]
    fn keys_of_a_shell_edit_the_line() {
        let text = "save 日本 file";
        assert_eq!(edited(text, &[Edit::EraseWord]), "save 日本 |");
        assert_eq!(edited(text, &[Edit::EraseWord, Edit::EraseWord]), "save |");
        assert_eq!(edited(text, &[Edit::Start, Edit::Right, Edit::Delete]), "s|ve 日本 file");
        assert_eq!(edited("日本", &[Edit::Left, Edit::Erase]), "|本");
        assert_eq!(edited(text, &[Edit::Start, Edit::DeleteAll, Edit::Erase, Edit::Left]), "|");
        assert_eq!(edited(text, &[Edit::Left, Edit::EraseAll, Edit::End, Edit::Right]), "e|");
    }

    #[test]
    fn what_is_pasted_is_one_line_and_not_endless() {
        let mut line = LineEdit::new("ab".to_owned());
        line.edit(Edit::Left);
        line.insert("1\n2\x1b3");
        assert_eq!(line.text(), "a1 2 3b");
        line.insert(&"日".repeat(5000));
        assert!(line.text().len() <= LONGEST && line.text().len() > LONGEST - 3);
    }
}
