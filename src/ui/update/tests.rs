//! What every key does, in the panes and in the panels.

mod groups;
mod lines;
mod merging;
mod searching;
mod selecting;
mod splitting;
mod status_line;

use std::sync::Arc;

use crossterm::event::{Event as Report, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use super::*;
use crate::id::ServiceId;
use crate::process::{Member, ProcessId};
use crate::signal::Signal;
use crate::supervisor::{Board, Event, Phase, ServiceStatus, State, Target};
use crate::ui::fixture::{board, id, model, moment, quitting, report, running, stopped};
use crate::ui::input;
use crate::ui::log_window::Position as Place;
use crate::ui::model::{Focus, Panel};
use crate::ui::msg::Page;
use crate::ui::stamps::Stamps;

fn shop() -> Model {
    model(board(moment()), 80, 24)
}

/// Presses keys as the terminal reports them and returns all that is asked for.
fn press(model: &mut Model, keys: &[KeyCode]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for &key in keys {
        effects.extend(report_to(model, &Report::Key(KeyEvent::new(key, KeyModifiers::NONE))));
    }
    effects
}

fn type_keys(model: &mut Model, letters: &str) -> Vec<Effect> {
    press(model, &letters.chars().map(KeyCode::Char).collect::<Vec<_>>())
}

fn ctrl(model: &mut Model, letter: char) -> Vec<Effect> {
    report_to(model, &Report::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)))
}

fn report_to(model: &mut Model, event: &Report) -> Vec<Effect> {
    input::read(event, model).map(|msg| update(model, msg, moment())).unwrap_or_default()
}

fn mouse(model: &mut Model, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    report_to(model, &Report::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

fn ask(command: Command) -> Vec<Effect> {
    vec![Effect::Ask(command)]
}

fn ids(places: &[u32]) -> Vec<ServiceId> {
    places.iter().copied().map(id).collect()
}

#[test]
fn keys_act_on_the_chosen_service_or_on_the_marked_ones() {
    for (marks, targets) in [("3", ids(&[2])), ("1 2 ", ids(&[0, 1]))] {
        let mut model = shop();
        type_keys(&mut model, marks);
        assert_eq!(type_keys(&mut model, "s"), ask(Command::Start(targets.clone())));
        assert_eq!(type_keys(&mut model, "x"), ask(Command::Stop(targets.clone())));
        assert_eq!(type_keys(&mut model, "X"), ask(Command::Kill(targets.clone())));
        assert_eq!(type_keys(&mut model, "r"), ask(Command::Restart(targets)));
    }
    assert_eq!(type_keys(&mut shop(), "U"), ask(Command::StartAll));
}

#[test]
fn space_marks_and_goes_on_and_u_takes_all_marks_away() {
    let mut model = shop();
    type_keys(&mut model, "  k ");
    assert_eq!((model.marked.iter().copied().collect::<Vec<_>>(), model.selected), (ids(&[0]), id(2)));
    type_keys(&mut model, "u");
    assert!(model.marked.is_empty());
}

#[test]
fn the_list_is_walked_by_keys_and_never_left() {
    let mut model = shop();
    let walk = [("j", 1), ("jj", 3), ("k", 2), ("8", 7), ("j", 7), ("9", 7), ("1", 0), ("k", 0)];
    for (keys, place) in walk {
        type_keys(&mut model, keys);
        assert_eq!(model.selected, id(place), "after {keys}");
    }
    press(&mut model, &[KeyCode::PageDown]);
    assert_eq!(model.selected, id(7));
    press(&mut model, &[KeyCode::PageUp, KeyCode::Down]);
    assert_eq!(model.selected, id(1));
}

#[test]
fn focus_goes_to_the_log_and_back() {
    let mut model = shop();
    let walk = [
        (KeyCode::Enter, Focus::Log, false),
        (KeyCode::Esc, Focus::List, false),
        (KeyCode::Tab, Focus::Log, false),
        (KeyCode::BackTab, Focus::List, false),
        (KeyCode::Char('z'), Focus::Log, true),
        (KeyCode::Esc, Focus::Log, false),
        (KeyCode::Char('z'), Focus::Log, true),
        (KeyCode::Tab, Focus::List, false),
    ];
    for (key, focus, zoom) in walk {
        press(&mut model, &[key]);
        assert_eq!((model.focus, model.zoom), (focus, zoom), "after {key:?}");
    }
}

#[test]
fn the_log_is_scrolled_by_rows_and_pages() {
    let mut model = shop();
    press(&mut model, &[KeyCode::Enter]);
    let walk: [(&[KeyCode], i64); 5] = [
        (&[KeyCode::Up], -1),
        (&[KeyCode::Char('k'), KeyCode::Char('k')], -3),
        (&[KeyCode::Down], -2),
        (&[KeyCode::PageUp], -20),
        (&[KeyCode::PageDown], -2),
    ];
    for (keys, pending) in walk {
        press(&mut model, keys);
        assert_eq!(model.log_view().pending, pending, "after {keys:?}");
    }
    ctrl(&mut model, 'u');
    assert_eq!(model.log_view().pending, -11);
    ctrl(&mut model, 'd');
    assert_eq!(model.log_view().pending, -2);
    type_keys(&mut model, "G");
    assert_eq!((model.log_view().position, model.log_view().pending), (Place::Follow, 0));
    press(&mut model, &[KeyCode::Down]);
    assert_eq!(model.log_view().pending, 0, "a pane that follows is at the end");
    type_keys(&mut model, "g");
    assert!(matches!(model.log_view().position, Place::At(_)));
    type_keys(&mut model, "f");
    assert_eq!(model.log_view().position, Place::Follow);
}

#[test]
fn the_log_changes_its_shape() {
    let mut model = shop();
    press(&mut model, &[KeyCode::Right]);
    assert_eq!(model.log_view().column, 0, "wrapped lines have nothing to the right");
    type_keys(&mut model, "WL");
    press(&mut model, &[KeyCode::Right, KeyCode::Right, KeyCode::Left]);
    assert_eq!((model.wrap, model.stamps, model.log_view().column), (false, Stamps::Clock, 8));
    assert_eq!(type_keys(&mut model, "C"), [Effect::ClearLog(id(0))]);
}

#[test]
fn the_signal_menu_sends_what_is_chosen_to_whom_is_chosen() {
    let sent = |keys: &[KeyCode]| {
        let mut model = shop();
        type_keys(&mut model, "3S");
        press(&mut model, keys)
    };
    let signal = |signal, target| ask(Command::Signal { service: id(2), signal, target });
    let (tab, down, enter) = (KeyCode::Tab, KeyCode::Down, KeyCode::Enter);
    assert_eq!(sent(&[enter]), signal(Signal::SIGTERM, Target::Main));
    assert_eq!(sent(&[tab, down, enter]), signal(Signal::SIGINT, Target::Group));
    assert_eq!(sent(&[KeyCode::BackTab, enter]), signal(Signal::SIGTERM, Target::Tree));
    let word = ['h', 'u', 'p'].map(KeyCode::Char);
    assert_eq!(sent(&[word[0], word[1], word[2], enter]), signal(Signal::SIGHUP, Target::Main));
    assert_eq!(sent(&[KeyCode::Char('9'), enter]), signal(Signal::SIGKILL, Target::Main));
    assert_eq!(sent(&[KeyCode::Char('q'), KeyCode::Backspace, enter]), signal(Signal::SIGTERM, Target::Main));
    assert_eq!(sent(&[KeyCode::Char('#'), enter]), []);
    assert_eq!(sent(&[KeyCode::Esc, KeyCode::Char('x')]), ask(Command::Stop(ids(&[2]))));
}

#[test]
fn the_restart_menu_takes_a_row_or_its_letter() {
    let sent = |keys: &str, last: KeyCode| {
        let mut model = shop();
        type_keys(&mut model, keys);
        press(&mut model, &[last])
    };
    assert_eq!(sent("R", KeyCode::Enter), ask(Command::Restart(ids(&[0]))));
    assert_eq!(sent("  Rj", KeyCode::Enter), ask(Command::Restart(ids(&[0, 1]))));
    assert_eq!(sent("R", KeyCode::Char('a')), ask(Command::Restart(ids(&[0, 2, 3]))));
    assert_eq!(sent("R", KeyCode::Char('m')), [], "nothing is marked");
    assert_eq!(sent("R", KeyCode::Char('d')), [], "nobody depends on it");
}

#[test]
fn the_tree_is_watched_while_it_is_open_and_its_keys_mean_one_process() {
    let mut model = shop();
    assert_eq!(type_keys(&mut model, "3t"), ask(Command::Watch(true)));
    let target = |pid| Target::Process(ProcessId { pid, start: u64::from(pid) });
    let kill = |pid| Command::Signal { service: id(2), signal: Signal::SIGKILL, target: target(pid) };
    assert_eq!(type_keys(&mut model, "jjX"), ask(kill(41_900)));
    type_keys(&mut model, "kS");
    let stop = Command::Signal { service: id(2), signal: Signal::SIGSTOP, target: target(41_823) };
    assert_eq!(press(&mut model, &['s', 't', 'o', 'p'].map(KeyCode::Char)), []);
    assert_eq!(press(&mut model, &[KeyCode::Tab, KeyCode::Enter]), ask(stop));
    assert_eq!(press(&mut model, &[KeyCode::Esc]), ask(Command::Watch(false)));
    assert!(model.panels.is_empty());
}

#[test]
fn the_tree_keeps_its_process_while_others_come_and_go() {
    let moment = moment();
    let mut model = shop();
    type_keys(&mut model, "3tjj");
    let mut later = board(moment);
    let rest: Vec<Member> = later.services[2].members.iter().skip(2).cloned().collect();
    later.services[2] = running("api", moment, 140, rest);
    update(&mut model, Msg::Board(later.clone()), moment);
    assert!(matches!(model.panels.last(), Some(Panel::Tree(view)) if view.row == 0));
    later.services[2] = stopped("api");
    update(&mut model, Msg::Board(later), moment);
    assert!(matches!(model.panels.last(), Some(Panel::Tree(view)) if view.chosen.is_none()));
    assert_eq!(type_keys(&mut model, "X"), [], "there is nobody to kill");
}

#[test]
fn panels_close_by_their_own_key_by_esc_and_by_q() {
    for open in ["i", "?", "`"] {
        for close in [KeyCode::Esc, KeyCode::Char('q'), KeyCode::Char(open.chars().next().unwrap())] {
            let mut model = shop();
            type_keys(&mut model, open);
            assert_eq!(model.panels.len(), 1, "{open} opens");
            assert_eq!(press(&mut model, &[close]), [], "{close:?} closes {open}");
            assert!(model.panels.is_empty(), "{close:?} closes {open}");
        }
    }
}

#[test]
fn long_panels_scroll_to_their_end_and_no_further() {
    let top = |model: &Model| match model.panels.last() {
        Some(Panel::Help { top }) => *top,
        _ => panic!("the help is closed"),
    };
    let mut model = shop();
    type_keys(&mut model, "?jj");
    assert_eq!(top(&model), 2);
    type_keys(&mut model, "G");
    let end = top(&model);
    type_keys(&mut model, "jk");
    assert_eq!(top(&model), end - 1, "one step back is one row back");
    let mut model = shop();
    assert_eq!(type_keys(&mut model, "`kjG"), [Page::Back, Page::Forth, Page::End].map(Effect::Diagnostics));
}

#[test]
fn q_asks_and_the_others_do_not() {
    for (answer, asked) in [('y', ask(Command::Quit)), ('q', ask(Command::Quit)), ('n', vec![]), ('x', vec![])] {
        let mut model = shop();
        assert_eq!(type_keys(&mut model, "q"), []);
        assert_eq!(press(&mut model, &[KeyCode::Char(answer)]), asked, "{answer}");
    }
    assert_eq!(type_keys(&mut shop(), "Q"), ask(Command::Quit));
    assert_eq!(ctrl(&mut shop(), 'c'), ask(Command::Quit));
    let mut quiet = model(Board { services: vec![stopped("docs")], phase: Phase::Up }, 80, 24);
    assert_eq!(type_keys(&mut quiet, "q"), ask(Command::Quit), "nothing is alive");
}

#[test]
fn while_everything_is_stopped_only_hurrying_is_left() {
    let moment = moment();
    let mut model = shop();
    type_keys(&mut model, "t");
    let watched = update(&mut model, Msg::Board(quitting(board(moment), moment)), moment);
    assert_eq!(watched, ask(Command::Watch(false)));
    assert_eq!(model.quitting, ids(&[0, 2, 3]));
    assert_eq!(type_keys(&mut model, "xXrsRStqi?"), []);
    assert_eq!(type_keys(&mut model, "Q"), ask(Command::Quit));
    assert_eq!(ctrl(&mut model, 'c'), ask(Command::Quit));
}

#[test]
fn interrupt_and_suspend_work_in_every_menu() {
    for open in ["", "S", "R", "q", "t", "?"] {
        let mut model = shop();
        type_keys(&mut model, open);
        assert_eq!(ctrl(&mut model, 'c'), ask(Command::Quit), "in {open}");
    }
    assert_eq!(ctrl(&mut shop(), 'z'), [Effect::Suspend]);
}

#[test]
fn pasted_text_starts_and_stops_nothing() {
    let mut model = shop();
    assert_eq!(report_to(&mut model, &Report::Paste("xXrQ\n".to_owned())), []);
    assert!(model.panels.is_empty());
}

#[test]
fn the_mouse_chooses_and_scrolls_what_is_under_it() {
    let click = MouseEventKind::Down(MouseButton::Left);
    let mut model = shop();
    mouse(&mut model, click, 10, 6);
    assert_eq!((model.selected, model.focus), (id(4), Focus::List));
    mouse(&mut model, click, 60, 6);
    assert_eq!((model.selected, model.focus), (id(4), Focus::Log));
    mouse(&mut model, MouseEventKind::ScrollUp, 60, 6);
    assert_eq!(model.log_view().pending, -3);
    mouse(&mut model, click, 10, 18);
    assert_eq!(model.selected, id(4), "there is no service");
    assert_eq!(mouse(&mut model, click, 2, 23), ask(Command::Restart(ids(&[4]))), "the first hint");
    assert_eq!(mouse(&mut model, click, 79, 23), []);
    assert_eq!(mouse(&mut model, MouseEventKind::Moved, 2, 23), []);
}

#[test]
fn the_wheel_scrolls_a_long_list_without_choosing() {
    let services: Vec<ServiceStatus> = (0..300).map(|n| stopped(&format!("s{n}"))).collect();
    let mut model = model(Board { services, phase: Phase::Up }, 80, 24);
    let at = Position::new(5, 5);
    update(&mut model, Msg::Wheel { at, down: true }, moment());
    assert_eq!((model.list_top, model.selected), (3, id(0)));
    update(&mut model, Msg::Resized(Size::new(80, 30)), moment());
    assert_eq!(model.list_top, 0, "a new size shows the chosen one again");
}

#[test]
fn without_a_main_process_a_signal_is_for_the_tree() {
    let mut model = shop();
    type_keys(&mut model, "3S");
    assert!(matches!(model.panels.pop(), Some(Panel::Signals(menu)) if menu.target == Target::Main));
    type_keys(&mut model, "7S");
    assert!(matches!(model.panels.pop(), Some(Panel::Signals(menu)) if menu.target == Target::Tree));
}

#[test]
fn the_help_opens_over_a_panel_and_closes_to_it() {
    let mut model = shop();
    type_keys(&mut model, "t?");
    assert!(matches!(model.panels.as_slice(), [Panel::Tree(_), Panel::Help { .. }]));
    type_keys(&mut model, "?");
    assert!(matches!(model.panels.as_slice(), [Panel::Tree(_)]));
}

#[test]
fn what_is_left_opens_a_panel_unless_one_is_open() {
    let left = || Msg::Happened(Event::Verified(Arc::new(report(false))));
    let mut model = shop();
    update(&mut model, left(), moment());
    assert!(matches!(model.panels.as_slice(), [Panel::Report { .. }]));
    assert_eq!(press(&mut model, &[KeyCode::Enter]), []);
    type_keys(&mut model, "S");
    update(&mut model, left(), moment());
    assert!(matches!(model.panels.as_slice(), [Panel::Signals(_)]), "a menu is not pushed aside");
}

#[test]
fn no_key_harms_a_project_without_services() {
    for &action in Action::ALL {
        let mut empty = model(Board { services: Vec::new(), phase: Phase::Up }, 80, 24);
        update(&mut empty, Msg::Act(action), moment());
    }
}
