//! The project's file while services run: what it says now is shown, and taken only by a key.

use crate::keys::Action;
use crate::logs::Tone;
use crate::supervisor::Command;
use crate::ui::model::{Model, Notice, Panel};
use crate::ui::msg::{Effect, FileNews, Step};
use crate::ui::widgets::hints_line;

/// Shows what was found, if somebody asked; else says so in one line, for whoever saves a file is in the middle of
/// something else.
pub(super) fn found(model: &mut Model, news: FileNews) {
    if model.is_quitting() {
        return;
    }
    let shown = model.panels.iter().position(|panel| matches!(panel, Panel::Reload { .. } | Panel::Problems { .. }));
    let opens = news.is_asked || shown.is_some();
    let key = hints_line::key(model, Action::Reload).unwrap_or_else(|| ":reload".to_owned());
    let notice = match news.found {
        Err(unusable) => {
            if opens {
                put(model, shown, Panel::Problems { text: unusable.whole.into(), top: 0 });
            }
            let hint = if opens { String::new() } else { format!(" · {key} shows all of it") };
            Some((Tone::Bad, format!("the file has a problem, so nothing changes: {}{hint}", unusable.first)))
        }
        Ok((_, plan)) if plan.is_empty() => {
            if let Some(place) = shown {
                model.panels.remove(place);
            }
            match (plan.remark(), opens) {
                (Some(remark), _) => Some((Tone::Calm, format!("no service differs; {remark}"))),
                (None, true) => Some((Tone::Good, "the file says what is there already".to_owned())),
                (None, false) => None,
            }
        }
        Ok((file, plan)) if opens => {
            put(model, shown, Panel::Reload { file, plan: Box::new(plan), top: 0 });
            None
        }
        Ok((_, plan)) => {
            Some((Tone::Good, format!("the file was saved: {} · {key} shows and takes it", plan.counts())))
        }
    };
    if let Some((tone, text)) = notice {
        model.notice = Some(Notice { tone, text });
    }
}

/// Opens a panel, or puts it in the place of the one about the same thing.
fn put(model: &mut Model, place: Option<usize>, panel: Panel) {
    match place.and_then(|place| model.panels.get_mut(place)) {
        Some(shown) => *shown = panel,
        None => model.panels.push(panel),
    }
}

/// Does what a key means in a question: take the file, or stop what conflicts.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps mean nothing here")]
pub(super) fn answer(model: &mut Model, step: Step) -> Vec<Effect> {
    match step {
        Step::Accept | Step::Type('y' | 'Y') => match model.panels.pop() {
            Some(Panel::Reload { file, .. }) => vec![Effect::Ask(Command::Reload(file))],
            Some(Panel::Conflict { services }) => vec![Effect::Ask(Command::Replace(services))],
            _ => Vec::new(),
        },
        Step::Type('n' | 'N') => super::panels::close(model),
        Step::Up | Step::Down => {
            if let Some(Panel::Reload { top, .. }) = model.panels.last_mut() {
                *top = if step == Step::Up { top.saturating_sub(1) } else { *top + 1 };
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}
