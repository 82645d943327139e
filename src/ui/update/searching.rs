//! Keys of the search, the filter and the names: typing into the prompt, and going from match to match.

use crate::keys::Action;
use crate::logs::{Filter, Pattern, Tone};

use crate::ui::line_edit::Edit;
use crate::ui::log_window::Position;
use crate::ui::model::{Focus, Model, Moment, Notice};
use crate::ui::msg::{Effect, Step};
use crate::ui::selection::Move;
use crate::ui::sought::{Asking, Finding, Prompt, Spot, Wanted};

/// Longer patterns are not typed.
const LONGEST: usize = 400;

/// Opens the prompt, or goes to another match.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if matches!(action, Action::OlderError | Action::NewerError) {
        go_to_error(model, action == Action::NewerError);
    } else if matches!(action, Action::OlderMatch | Action::NewerMatch) {
        go(model, action);
    } else {
        open(model, action);
    }
    Vec::new()
}

/// Opens the prompt: in the list a search is for names.
fn open(model: &mut Model, action: Action) {
    let asking = match (action, model.focus) {
        (Action::Filter, _) => Asking::Filter,
        (_, Focus::List) => Asking::Names,
        (_, Focus::Log) => Asking::Search,
    };
    model.notice = None;
    model.prompt = Some(Prompt::new(asking, model.log_view()));
}

/// Does what a key means in the prompt.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps mean nothing here")]
pub(super) fn step(model: &mut Model, step: Step, moment: Moment) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    let asking = prompt.asking;
    let before = prompt.line.text().to_owned();
    match step {
        Step::Type(letter) if before.len() < LONGEST => prompt.line.insert(letter.encode_utf8(&mut [0; 4])),
        Step::Erase if before.is_empty() => cancel(model),
        Step::Erase => prompt.line.edit(Edit::Erase),
        Step::Edit(edit) => prompt.line.edit(edit),
        _ if asking == Asking::Command => return super::commanding::step(model, step, moment),
        Step::Cancel => cancel(model),
        Step::Accept if before.is_empty() => cancel(model),
        Step::Accept if prompt.problem.is_none() => model.prompt = None,
        Step::Up if asking == Asking::Search => go(model, Action::OlderMatch),
        Step::Down if asking == Asking::Search => go(model, Action::NewerMatch),
        _ => {}
    }
    if model.prompt.as_ref().is_some_and(|prompt| prompt.line.text() != before) {
        typed(model);
    }
    Vec::new()
}

/// Puts pasted text into the line.
pub(super) fn paste(model: &mut Model, text: &str) {
    let Some(prompt) = &mut model.prompt else { return };
    let room = LONGEST.saturating_sub(prompt.line.text().len());
    // a copied line brings its end along
    let text = text.trim_end_matches(['\r', '\n']);
    prompt.line.insert(text.split_at(text.floor_char_boundary(room)).0);
    typed(model);
}

/// Looks for what stands in the prompt now.
fn typed(model: &mut Model) {
    let Some(prompt) = &mut model.prompt else { return };
    if prompt.asking == Asking::Command {
        (prompt.chosen, prompt.is_chosen, prompt.problem) = (0, false, None);
        return;
    }
    let (text, inverted) = match (prompt.asking, prompt.line.text().strip_prefix('!')) {
        (Asking::Filter, Some(text)) => (text.to_owned(), true),
        _ => (prompt.line.text().to_owned(), false),
    };
    if prompt.asking == Asking::Names {
        return name(model, text);
    }
    let pattern = match Pattern::new(&text) {
        Ok(pattern) => Some(pattern).filter(|pattern| !pattern.text().is_empty()),
        Err(problem) => {
            prompt.problem = Some(problem.to_string());
            return;
        }
    };
    prompt.problem = None;
    let (asking, before) = (prompt.asking, prompt.before.clone());
    if asking == Asking::Filter {
        model.pane_mut().sought.question.filter = pattern.map(|pattern| Filter { pattern, inverted });
        model.pane_mut().sought.ask_again();
        return;
    }
    let from = if before.position == Position::Follow { u64::MAX } else { before.bottom };
    if let Some(view) = model.log_view_mut() {
        *view = before;
    }
    model.pane_mut().sought.wanted = pattern.is_some().then_some(Wanted::UpTo(from));
    model.pane_mut().sought.question.search = pattern;
    model.pane_mut().sought.ask_again();
}

/// Lists only the services with `text` in their names.
fn name(model: &mut Model, text: String) {
    model.names = text;
    let listed = model.listed();
    if !listed.contains(&model.selected)
        && let Some(first) = listed.first()
    {
        super::moving::choose(model, *first);
    }
    model.show_selected();
}

/// Ends what the prompt is for, as if it had not been asked.
fn cancel(model: &mut Model) {
    let Some(prompt) = model.prompt.take() else { return };
    match prompt.asking {
        Asking::Search => {
            if let Some(view) = model.log_view_mut() {
                *view = prompt.before;
            }
            end_search(model);
        }
        Asking::Filter => end_filter(model),
        Asking::Names => name(model, String::new()),
        Asking::Command => {}
    }
}

/// Ends the prompt for somebody who turns to something else: what was typed holds, but for a command.
pub(super) fn leave(model: &mut Model) {
    let Some(prompt) = &model.prompt else { return };
    if prompt.line.text().is_empty() || prompt.problem.is_some() || prompt.asking == Asking::Command {
        cancel(model);
    } else {
        model.prompt = None;
    }
}

/// Ends the search, else the filter, else the choice of names; returns whether there was one.
pub(super) fn end(model: &mut Model) -> bool {
    if model.focus == Focus::List && !model.names.is_empty() {
        name(model, String::new());
    } else if model.pane().sought.question.search.is_some() {
        end_search(model);
    } else if model.pane().sought.question.filter.is_some() {
        end_filter(model);
    } else if !model.names.is_empty() {
        name(model, String::new());
    } else {
        return false;
    }
    true
}

fn end_search(model: &mut Model) {
    model.pane_mut().sought.question.search = None;
    model.pane_mut().sought.wanted = None;
    model.pane_mut().sought.ask_again();
}

fn end_filter(model: &mut Model) {
    model.pane_mut().sought.question.filter = None;
    model.pane_mut().sought.ask_again();
}

/// Goes to the next older or newer line that reports an error or a warning; the first time such lines are looked for.
fn go_to_error(model: &mut Model, newer: bool) {
    if model.pane().sought.search().is_some_and(Pattern::is_trouble) {
        return go(model, if newer { Action::NewerMatch } else { Action::OlderMatch });
    }
    let view = model.log_view();
    let wanted = match view.position {
        Position::At(_) if newer => Wanted::From(view.top.line),
        Position::At(_) => Wanted::UpTo(view.bottom),
        Position::Follow => Wanted::UpTo(u64::MAX),
    };
    model.notice = None;
    model.pane_mut().sought.question.search = Some(Pattern::trouble());
    model.pane_mut().sought.ask_again();
    model.pane_mut().sought.wanted = Some(wanted);
}

/// Goes to the next older or newer match.
fn go(model: &mut Model, action: Action) {
    if model.pane().sought.question.search.is_none() {
        let text = "nothing is searched for; / in the log begins a search".to_owned();
        model.notice = Some(Notice { tone: Tone::Calm, text });
        return;
    }
    // where it stands now is said in the same place
    model.notice = None;
    let view = model.log_view();
    let from = if view.position == Position::Follow { u64::MAX } else { view.bottom + 1 };
    if let Some(spot) = model.pane_mut().sought.step(action == Action::NewerMatch, from) {
        show(model, spot);
    }
}

/// Takes in what was found.
pub(super) fn found(model: &mut Model, finding: &Finding) {
    let focused = model.panes.place();
    let spots: Vec<Option<Spot>> = model.panes.all_mut().map(|pane| pane.sought.learn(finding)).collect();
    // a pane that has lost the focus meanwhile learns it, and stays where it is
    if let Some(spot) = spots.into_iter().nth(focused).flatten() {
        show(model, spot);
    }
}

fn show(model: &mut Model, spot: Spot) {
    if let Some(selecting) = &mut model.selecting {
        selecting.note(Move::Match(spot));
        return;
    }
    if let Some(view) = model.log_view_mut() {
        view.go_to(spot);
    }
}
