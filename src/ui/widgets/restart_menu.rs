//! Which services to restart together.

use ratatui::text::{Line, Span};

use crate::id::ServiceId;
use crate::supervisor::Command;
use crate::ui::model::Model;
use crate::ui::sheet::{self, Sheet};
use crate::ui::text;

const WIDTH: u16 = 58;
/// Cells for what a row says, before the names.
const WORD: usize = 18;

/// One row of the menu.
pub(crate) struct Choice {
    /// The key that takes it at once.
    pub(crate) letter: char,
    /// What it says.
    pub(crate) word: String,
    /// Whom it restarts.
    pub(crate) services: Vec<ServiceId>,
    /// What is asked for.
    pub(crate) command: Command,
}

/// Returns the rows that make sense now.
pub(crate) fn choices(model: &Model) -> Vec<Choice> {
    let plain = |letter, word: String, services: Vec<ServiceId>| {
        let command = Command::Restart(services.clone());
        Choice { letter, word, services, command }
    };
    let marked: Vec<ServiceId> = model.marked.iter().copied().collect();
    let running = model.alive();
    let this = vec![model.selected];
    let with_dependents = model.board.with_dependents(&this);
    let mut choices = vec![plain('t', "this one".to_owned(), this.clone())];
    if let Some(count @ 1..) = with_dependents.len().checked_sub(1) {
        let word = format!("with {count} dependent{}", if count == 1 { "" } else { "s" });
        let command = Command::RestartWithDependents(this);
        choices.push(Choice { letter: 'd', word, services: with_dependents, command });
    }
    if !marked.is_empty() {
        choices.push(plain('m', format!("the {} marked", marked.len()), marked));
    }
    if !running.is_empty() {
        choices.push(plain('a', format!("all {} running", running.len()), running));
    }
    choices
}

/// Builds the menu.
pub(crate) fn sheet(model: &Model, chosen: usize) -> Sheet {
    let theme = &model.dashboard.theme;
    let room = sheet::room(model.size, WIDTH);
    let row = |choice: &Choice| {
        let names: Vec<&str> = choice.services.iter().map(|&service| model.name(service)).collect();
        let word = text::left(&choice.word, WORD);
        Line::from(vec![
            Span::styled(format!("{}  ", choice.letter), theme.key),
            Span::styled(word, theme.text),
            Span::styled(text::cut(&names.join(", "), room.saturating_sub(WORD + 3)), theme.quiet),
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
