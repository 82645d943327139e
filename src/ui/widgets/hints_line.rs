//! The last line: the keys that matter here, as they are bound now; a click on one presses it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::keys::Action;
use crate::ui::model::{Focus, Model};
use crate::ui::pane::Subject;
use crate::ui::sought::Asking;
use crate::ui::text;

/// What is offered in the list, the most useful first; the last two stay when there is little room.
const IN_LIST: &[(Action, &str)] = &[
    (Action::Restart, "restart"),
    (Action::Start, "start"),
    (Action::Stop, "stop"),
    (Action::Kill, "kill tree"),
    (Action::SignalMenu, "signal"),
    (Action::Tree, "tree"),
    (Action::Why, "why"),
    (Action::Details, "details"),
    (Action::Open, "log"),
    (Action::Attach, "attach"),
    (Action::Mark, "mark"),
    (Action::AllLogs, "all logs"),
    (Action::Zoom, "zoom"),
    (Action::Split, "split"),
    (Action::RestartMenu, "restart…"),
    (Action::Ports, "ports"),
];

/// What is offered in the log.
const IN_LOG: &[(Action, &str)] = &[
    (Action::Back, "list"),
    (Action::Attach, "attach"),
    (Action::Follow, "follow"),
    (Action::Search, "search"),
    (Action::Filter, "filter"),
    (Action::OlderError, "errors"),
    (Action::Select, "select"),
    (Action::Links, "links"),
    (Action::CopyLine, "copy line"),
    (Action::CopyWindow, "copy page"),
    (Action::Top, "start"),
    (Action::Bottom, "end"),
    (Action::Wrap, "wrap"),
    (Action::Timestamps, "times"),
    (Action::Json, "json"),
    (Action::Fold, "fold"),
    (Action::Clear, "clear"),
    (Action::Zoom, "zoom"),
    (Action::Split, "split"),
    (Action::Restart, "restart"),
    (Action::Kill, "kill tree"),
    (Action::Stop, "stop"),
];

/// What is offered in all logs as one.
const IN_ALL: &[(Action, &str)] = &[
    (Action::Back, "list"),
    (Action::Open, "to its log"),
    (Action::AllLogs, "one log"),
    (Action::Follow, "follow"),
    (Action::Search, "search"),
    (Action::Filter, "filter"),
    (Action::Timestamps, "times"),
    (Action::Top, "start"),
    (Action::Bottom, "end"),
    (Action::Wrap, "wrap"),
    (Action::Zoom, "zoom"),
    (Action::Split, "split"),
];

/// What is offered while text is selected.
const SELECTING: &[(Action, &str)] = &[
    (Action::Copy, "copy"),
    (Action::Back, "leave"),
    (Action::Write, "to a file"),
    (Action::OtherEnd, "other end"),
    (Action::SelectLines, "lines"),
    (Action::Select, "characters"),
    (Action::NextWord, "word"),
    (Action::LineEnd, "line's end"),
    (Action::Search, "search"),
];

const ALWAYS: &[(Action, &str)] = &[(Action::Help, "help"), (Action::Quit, "quit")];
const ATTACHED: &[(Action, &str)] = &[(Action::Detach, "gives the keyboard back; every other key goes to the service")];
/// What can be done while something is typed, and while links are offered.
const PROMPT: &[(&str, &str)] = &[("Enter", "keeps it"), ("Esc", "ends it"), ("↑", "older"), ("↓", "newer")];
const COMMAND: &[(&str, &str)] = &[("Enter", "does it"), ("Esc", "ends it"), ("Tab", "completes"), ("↑ ↓", "choose")];
const LINKS: &[(&str, &str)] =
    &[("a letter", "opens, or copies file:line"), ("with Shift", "copies"), ("Esc", "ends it")];
const QUITTING: &[(Action, &str)] = &[(Action::Interrupt, "kill what is left now")];

/// One hint in its place.
struct Hint {
    x: u16,
    width: u16,
    action: Action,
    key: String,
    word: &'static str,
}

/// The last line.
pub(crate) struct HintsLine<'a> {
    /// What is shown.
    pub(crate) model: &'a Model,
}

/// Returns the key for `action` as it is shown, if it has one.
pub(crate) fn key(model: &Model, action: Action) -> Option<String> {
    model.dashboard.keymap.keys(model.context(), action).first().map(|chord| chord.label())
}

/// Returns the action whose hint covers column `x`.
pub(crate) fn action_at(model: &Model, x: u16) -> Option<Action> {
    placed(model, model.size.width)
        .into_iter()
        .find(|hint| (hint.x..hint.x + hint.width).contains(&x))
        .map(|hint| hint.action)
}

/// Places as many hints as fit whole; none while every key is a letter.
fn placed(model: &Model, width: u16) -> Vec<Hint> {
    if is_typing(model) {
        return Vec::new();
    }
    let (most, always) = match (model.is_quitting(), model.focus) {
        (true, _) => (QUITTING, &[][..]),
        (false, _) if model.attached.is_some() => (ATTACHED, &[][..]),
        (false, _) if model.selecting.is_some() => (SELECTING, ALWAYS),
        (false, Focus::List) => (IN_LIST, ALWAYS),
        (false, Focus::Log) if model.subject() == Subject::All => (IN_ALL, ALWAYS),
        (false, Focus::Log) => (IN_LOG, ALWAYS),
    };
    let hint = |&(action, word): &(Action, &'static str)| {
        let key = key(model, action)?;
        let width = text::cells(text::width(&key) + 1 + text::width(word));
        Some(Hint { x: 0, width, action, key, word })
    };
    let ending: Vec<Hint> = always.iter().filter_map(hint).collect();
    let mut left = width.saturating_sub(1 + ending.iter().map(|hint| hint.width + 2).sum::<u16>());
    let mut hints = Vec::new();
    for hint in most.iter().filter_map(hint) {
        let Some(rest) = left.checked_sub(hint.width + 2) else { break };
        left = rest;
        hints.push(hint);
    }
    hints.extend(ending);
    let mut x = 1;
    for hint in &mut hints {
        hint.x = x;
        x += hint.width + 2;
    }
    hints
}

fn is_typing(model: &Model) -> bool {
    (model.prompt.is_some() || model.links.is_some()) && model.panels.is_empty() && !model.is_quitting()
}

/// Returns what the keys do that are no letters.
fn typing(model: &Model) -> Line<'static> {
    let theme = &model.dashboard.theme;
    let keys = match model.prompt.as_ref().map(|prompt| prompt.asking) {
        _ if model.links.is_some() => LINKS,
        Some(Asking::Command) => COMMAND,
        Some(Asking::Search) => PROMPT,
        Some(Asking::Filter | Asking::Names) | None => PROMPT.split_at(2).0,
    };
    let spans = keys.iter().flat_map(|&(key, word)| {
        [Span::raw(" "), Span::styled(key, theme.key), Span::styled(format!(" {word} "), theme.text)]
    });
    spans.collect()
}

impl Widget for &HintsLine<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let theme = &self.model.dashboard.theme;
        if is_typing(self.model) {
            buf.set_line(area.x, area.y, &typing(self.model), area.width);
            return;
        }
        for hint in placed(self.model, area.width) {
            let room = |x: u16| usize::from(area.right().saturating_sub(x));
            let start = area.x + hint.x;
            if start >= area.right() {
                break;
            }
            let (x, y) = buf.set_stringn(start, area.y, &hint.key, room(start), theme.key);
            buf.set_stringn(x + 1, y, hint.word, room(x + 1), theme.text);
        }
    }
}
