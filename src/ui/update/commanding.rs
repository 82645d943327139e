//! The command line: typing in it, choosing from what it offers, and doing what it says.

use crate::keys::Action;
use crate::logs::Tone;
use crate::supervisor::{Command, Target};
use crate::ui::line_edit::LineEdit;
use crate::ui::model::{Model, Moment, Notice};
use crate::ui::msg::{Effect, Step};
use crate::ui::palette::{self, Order};
use crate::ui::sought::{Asking, Prompt};
use crate::ui::taker::Destination;

use super::services;

/// Opens the command line with some of it typed already.
pub(super) fn open(model: &mut Model, typed: &str) -> Vec<Effect> {
    model.notice = None;
    let line = LineEdit::new(typed.to_owned());
    model.prompt = Some(Prompt { line, ..Prompt::new(Asking::Command, model.log_view()) });
    Vec::new()
}

/// Does what a key means that does not edit the line.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other steps mean nothing here")]
pub(super) fn step(model: &mut Model, step: Step, moment: Moment) -> Vec<Effect> {
    let Some(prompt) = &model.prompt else { return Vec::new() };
    let (choices, place) = palette::choices(model, prompt.line.around().0);
    let chosen = prompt.chosen.min(choices.len().saturating_sub(1));
    let choice = choices.get(chosen).cloned();
    let last = choices.len().saturating_sub(1);
    let (is_moved, text) = (prompt.is_chosen, prompt.line.text().to_owned());
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    match step {
        Step::Up | Step::Down => {
            prompt.is_chosen = true;
            let up = if chosen == 0 { last } else { chosen - 1 };
            prompt.chosen = if step == Step::Up {
                up
            } else if chosen == last {
                0
            } else {
                chosen + 1
            };
        }
        Step::Switch => {
            if let Some(choice) = choice {
                prompt.complete(place, &format!("{} ", choice.word));
            }
        }
        Step::Cancel => model.prompt = None,
        Step::Accept if text.trim().is_empty() && !is_moved => model.prompt = None,
        Step::Accept => {
            let meant = palette::read(model, &text);
            // what stands there counts, unless it means nothing yet or something else was chosen
            if (meant.is_err() || is_moved)
                && let (Some(choice), Some(prompt)) = (choice, &mut model.prompt)
            {
                let ending = if choice.goes_on { " " } else { "" };
                prompt.complete(place, &format!("{}{ending}", choice.word));
                if choice.goes_on {
                    return Vec::new();
                }
                let line = prompt.line.text().to_owned();
                let order = palette::read(model, &line);
                return obey(model, order, moment);
            }
            return obey(model, meant, moment);
        }
        _ => {}
    }
    Vec::new()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the palette names services behind these alone")]
fn obey(model: &mut Model, order: Result<Order, String>, moment: Moment) -> Vec<Effect> {
    let order = match order {
        Ok(order) => order,
        Err(problem) => {
            if let Some(prompt) = &mut model.prompt {
                prompt.problem = Some(problem);
            }
            return Vec::new();
        }
    };
    model.prompt = None;
    match order {
        Order::Act(action) => super::act(model, action, moment),
        Order::ActOn(action, services) => {
            let command = match action {
                Action::Mark => {
                    services::add_marks(model, services);
                    return Vec::new();
                }
                Action::Browse => return services::browse(model, &services),
                Action::Start | Action::Restart => return services::start(model, services, action),
                Action::Stop => Command::Stop,
                _ => Command::Kill,
            };
            vec![Effect::Ask(command(services))]
        }
        Order::Signal(signal, services) => {
            let signal = |service| Effect::Ask(Command::Signal { service, signal, target: Target::Tree });
            services.into_iter().map(signal).collect()
        }
        Order::Add(service) => vec![Effect::Ask(Command::Add(service))],
        Order::Remove(services) => vec![Effect::Ask(Command::Remove(services))],
        Order::Save { target, raw } => {
            let text = format!("{}: its log is being written to {}", model.name(model.selected), target.path);
            model.notice = Some(Notice { tone: Tone::Calm, text });
            vec![Effect::Save { service: model.selected, target, raw }]
        }
        Order::Write(target) => super::selecting::take(model, Destination::File(target)),
    }
}
