//! Which services to restart together.

use ratatui::text::{Line, Span};

use crate::id::ServiceId;
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 52;

/// One row of the menu.
pub(crate) struct Choice {
    /// The key that takes it at once.
    pub(crate) letter: char,
    /// What it says.
    pub(crate) word: String,
    /// Whom it restarts.
    pub(crate) services: Vec<ServiceId>,
}

/// Returns the rows that make sense now.
pub(crate) fn choices(model: &Model) -> Vec<Choice> {
    let marked: Vec<ServiceId> = model.marked.iter().copied().collect();
    let running = model.alive();
    let mut choices = vec![Choice { letter: 't', word: "this one".to_owned(), services: vec![model.selected] }];
    if !marked.is_empty() {
        choices.push(Choice { letter: 'm', word: format!("the {} marked", marked.len()), services: marked });
    }
    if !running.is_empty() {
        choices.push(Choice { letter: 'a', word: format!("all {} running", running.len()), services: running });
    }
    choices
}

/// Builds the menu.
pub(crate) fn sheet(model: &Model, chosen: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let row = |choice: &Choice| {
        let names: Vec<&str> = choice.services.iter().map(|&service| model.name(service)).collect();
        let word = text::left(&choice.word, 16);
        Line::from(vec![
            Span::styled(format!("{}  ", choice.letter), theme.key),
            Span::styled(word, theme.text),
            Span::styled(text::cut(&names.join(", "), room.saturating_sub(19)), theme.quiet),
        ])
    };
    Sheet {
        title: "restart".to_owned(),
        footer: "Enter restarts · Esc back".to_owned(),
        head: Vec::new(),
        body: choices(model).iter().map(row).collect(),
        chosen: Some(chosen),
        top: 0,
        width: WIDTH,
        tall: false,
    }
}
