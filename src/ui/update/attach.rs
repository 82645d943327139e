//! Gives the keyboard to a service and takes it back, and changes between its lines and its screen.

use crate::keys::Action;
use crate::logs::Tone;
use crate::screen::Typed;

use crate::ui::model::{Attached, Focus, Model, Notice, View};
use crate::ui::msg::Effect;
use crate::ui::widgets::hints_line;

/// Does what the key means.
#[expect(clippy::wildcard_enum_match_arm, reason = "the third of three")]
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Attach => attach(model),
        Action::Detach => detach(model),
        _ => toggle(model),
    }
}

/// Gives the keyboard to the chosen service.
fn attach(model: &mut Model) -> Vec<Effect> {
    let service = model.selected;
    let Some(status) = model.service(service).filter(|_| has_terminal(model)) else { return refuse(model) };
    let run = status.run;
    super::merging::show(model, false);
    let attached = Attached { service, run };
    model.attached = Some(attached);
    model.focus = Focus::Log;
    model.notice = None;
    vec![Effect::Type { service, typed: Typed::Focus(true) }]
}

/// Takes the keyboard back.
pub(super) fn detach(model: &mut Model) -> Vec<Effect> {
    let Some(Attached { service, .. }) = model.attached.take() else { return Vec::new() };
    let text = format!("{}: the keyboard is yours again", model.name(service));
    model.notice = Some(Notice { tone: Tone::Calm, text });
    super::news::show_withheld(model);
    vec![Effect::Type { service, typed: Typed::Focus(false) }]
}

/// Takes the keyboard back from a service whose run has ended, and says so.
pub(super) fn follow_board(model: &mut Model) {
    let Some(Attached { service, run }) = model.attached else { return };
    let lives = model.service(service).is_some_and(|status| status.run == run && status.state.is_alive());
    if lives && !model.is_quitting() {
        return;
    }
    model.attached = None;
    if !lives {
        let text = format!("{}: its run has ended; the keyboard is yours again", model.name(service));
        model.notice = Some(Notice { tone: Tone::Good, text });
    }
    super::news::show_withheld(model);
}

/// Types into the service that has the keyboard.
pub(super) fn typed(model: &Model, typed: Typed) -> Vec<Effect> {
    let service = model.attached.map(|attached| attached.service);
    service.map(|service| Effect::Type { service, typed }).into_iter().collect()
}

/// Changes from lines to the screen, or back, for as long as this run lasts.
fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(run) = model.service(model.selected).map(|status| status.run).filter(|_| has_terminal(model)) else {
        return refuse(model);
    };
    super::merging::show(model, false);
    let (view, text) = if model.shows_screen() {
        (View::Lines, "the lines that were printed")
    } else {
        (View::Screen, "the screen as a terminal shows it")
    };
    let service = model.selected;
    model.pane_mut().set_view(service, run, view);
    model.notice = Some(Notice { tone: Tone::Calm, text: format!("{}: {text}", model.name(model.selected)) });
    Vec::new()
}

/// Says that a screen has nothing to scroll; returns whether that is so.
pub(super) fn has_no_lines(model: &mut Model) -> bool {
    if model.shows_screen() {
        let key = hints_line::key(model, Action::Screen).unwrap_or_default();
        let text = format!("a screen has no lines to scroll · {key} shows the lines");
        model.notice = Some(Notice { tone: Tone::Calm, text });
    }
    model.shows_screen()
}

fn has_terminal(model: &Model) -> bool {
    model.has_tty(model.selected) && model.service(model.selected).is_some_and(|status| status.state.is_alive())
}

/// Says why there is nothing to attach to.
fn refuse(model: &mut Model) -> Vec<Effect> {
    let name = model.name(model.selected);
    let text = if model.has_tty(model.selected) {
        let key = hints_line::key(model, Action::Start);
        format!("{name} does not run{}", key.map_or_else(String::new, |key| format!(" · {key} starts it")))
    } else {
        format!("{name} has no terminal: it is set to `tty = false`")
    };
    model.notice = Some(Notice { tone: Tone::Bad, text });
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::supervisor::{Event, State};
    use crate::ui::fixture::{board, id, model, moment, report};
    use crate::ui::model::Panel;
    use crate::ui::msg::Msg;
    use crate::ui::update::update;

    fn at(place: u32) -> Model {
        let mut model = model(board(moment()), 100, 30);
        model.selected = id(place);
        model
    }

    fn act(model: &mut Model, action: Action) -> Vec<Effect> {
        update(model, Msg::Act(action), moment())
    }

    fn wants_screen(model: &Model) -> Option<bool> {
        model.wants_screen_of(model.pane())
    }

    fn notice(model: &Model) -> &str {
        model.notice.as_ref().map_or("", |notice| &notice.text)
    }

    #[test]
    fn attaching_sends_what_is_typed_to_the_service_until_it_is_given_back() {
        let mut model = at(0);
        let typed = || Typed::Paste("ls".to_owned());
        assert_eq!(update(&mut model, Msg::Typed(typed()), moment()), []);
        assert_eq!(act(&mut model, Action::Attach), [Effect::Type { service: id(0), typed: Typed::Focus(true) }]);
        assert_eq!(model.focus, Focus::Log);
        let effects = update(&mut model, Msg::Typed(typed()), moment());
        assert_eq!(effects, [Effect::Type { service: id(0), typed: typed() }]);
        assert_eq!(act(&mut model, Action::Detach), [Effect::Type { service: id(0), typed: Typed::Focus(false) }]);
        assert_eq!((model.attached, notice(&model)), (None, "db: the keyboard is yours again"));
        assert_eq!(act(&mut model, Action::Detach), []);
    }

    #[test]
    fn what_does_not_run_or_has_pipes_is_not_attached_to() {
        let mut model = at(6);
        assert_eq!(act(&mut model, Action::Attach), []);
        assert_eq!(notice(&model), "docs does not run · s starts it");
        model.selected = id(0);
        model.dashboard.services[0].tty = false;
        assert_eq!(act(&mut model, Action::Attach), []);
        assert_eq!(notice(&model), "db has no terminal: it is set to `tty = false`");
        assert_eq!(act(&mut model, Action::Screen), []);
        assert_eq!(model.attached, None);
    }

    #[test]
    fn the_keyboard_comes_back_when_the_run_ends_or_everything_is_stopped() {
        let mut attached = at(0);
        act(&mut attached, Action::Attach);
        let mut ended = attached.board.clone();
        ended.services[0].state = State::Exited;
        let mut restarted = attached.board.clone();
        restarted.services[0].run = restarted.services[0].run.next();
        for board in [ended, restarted] {
            let mut model = attached.clone();
            update(&mut model, Msg::Board(board), moment());
            let told = "db: its run has ended; the keyboard is yours again";
            assert_eq!((model.attached, notice(&model)), (None, told));
        }
        let quitting = crate::ui::fixture::quitting(attached.board.clone(), moment());
        update(&mut attached, Msg::Board(quitting), moment());
        assert_eq!(attached.attached, None);
    }

    #[test]
    fn what_a_kill_has_left_is_shown_when_the_keyboard_is_back() {
        let verified = |found| Msg::Happened(Event::Verified(Arc::new(found)));
        let mut model = at(0);
        act(&mut model, Action::Attach);
        update(&mut model, verified(report(false)), moment());
        assert!(model.panels.is_empty(), "the keys still go to the service");
        let mut gone_since = model.clone();
        act(&mut model, Action::Detach);
        assert!(matches!(model.panels.as_slice(), [Panel::Report { .. }]));
        update(&mut gone_since, verified(report(true)), moment());
        act(&mut gone_since, Action::Detach);
        assert!(gone_since.panels.is_empty());
    }

    #[test]
    fn the_key_changes_between_lines_and_screen_until_the_next_run() {
        let mut model = at(0);
        assert_eq!(wants_screen(&model), None);
        act(&mut model, Action::Screen);
        assert_eq!(wants_screen(&model), Some(true));
        model.pane_mut().shows_screen = true;
        act(&mut model, Action::PageUp);
        model.focus = Focus::Log;
        act(&mut model, Action::PageUp);
        assert_eq!(notice(&model), "a screen has no lines to scroll · T shows the lines");
        act(&mut model, Action::Screen);
        assert_eq!(wants_screen(&model), Some(false));
        let mut restarted = model.clone();
        restarted.board.services[0].run = restarted.board.services[0].run.next();
        assert_eq!(wants_screen(&restarted), None);
        model.pane_mut().settle_view(id(0), true);
        assert_eq!(wants_screen(&model), Some(false), "the service still draws, and its lines were asked for");
        model.pane_mut().settle_view(id(0), false);
        assert_eq!(wants_screen(&model), None, "its lines are what is shown anyway");
    }
}
