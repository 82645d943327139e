//! Pictures of every screen, and what holds for all of them.

mod last_lines;
mod lines;
mod plan;

use std::sync::Arc;

use ratatui::style::{Color, Modifier};

use super::*;
use crate::keys::Action;
use crate::process::{Listener, ProcessId};
use crate::supervisor::{Board, Command, Event, Phase, ServiceStatus};
use crate::ui::fixture::{
    all_cells, assert_picture, board, cells, find, find_in_all, id, log, model, moment, quitting, report, rows,
    shop_logs, stuck,
};
use crate::ui::msg::{Effect, Msg, Step};
use crate::ui::theme::Theme;
use crate::ui::update::update;

/// A screen of the shop after some messages.
fn screen(width: u16, height: u16, msgs: impl IntoIterator<Item = Msg>) -> Buffer {
    let moment = moment();
    let mut model = model(board(moment), width, height);
    for msg in msgs {
        update(&mut model, msg, moment);
    }
    cells(&mut model, &log(40), moment)
}

fn acts(actions: &[Action]) -> Vec<Msg> {
    actions.iter().copied().map(Msg::Act).collect()
}

#[test]
fn the_list_stands_beside_the_log_at_80_by_24() {
    assert_picture("main_80x24", &screen(80, 24, []));
}

#[test]
fn a_larger_screen_shows_every_column_and_what_happened() {
    let verified = Msg::Happened(Event::Verified(Arc::new(report(true))));
    assert_picture("main_120x35", &screen(120, 35, [Msg::Act(Action::Select3), verified]));
}

#[test]
fn a_narrow_screen_has_the_list_above_the_log() {
    assert_picture("narrow_60x24", &screen(60, 24, acts(&[Action::Select5])));
}

#[test]
fn a_pane_that_is_scrolled_back_says_so_and_shows_times() {
    let back = [Action::Mark, Action::Mark, Action::Open, Action::Timestamps, Action::HalfPageUp];
    assert_picture("paused_100x20", &screen(100, 20, acts(&back)));
}

#[test]
fn a_stop_that_is_half_a_restart_says_so() {
    let moment = moment();
    let mut board = quitting(board(moment), moment);
    board.phase = Phase::Up;
    let again = board.services[2].stopping.as_mut().unwrap();
    again.again = true;
    let mut model = model(board, 80, 24);
    update(&mut model, Msg::Act(Action::Select3), moment);
    let rows = rows(&cells(&mut model, &log(40), moment));
    assert!(rows[1].contains(" api ── then starts again ── following "), "{rows:#?}");
}

#[test]
fn the_ports_that_a_service_listens_on_stand_above_its_log_and_in_its_details() {
    let moment = moment();
    let mut board = board(moment);
    let process = ProcessId { pid: 41_900, start: 41_900 };
    let listener = |address: &str| Listener { address: address.parse().unwrap(), process };
    board.services[0].listeners = Arc::from([listener("127.0.0.1:5432")]);
    let all = ["0.0.0.0:3000", "[::]:3000", "127.0.0.1:3001", "127.0.0.1:3002", "127.0.0.1:9229"];
    board.services[2].listeners = all.map(listener).into();
    let top = |width, place, board: &Board| {
        let mut model = model(board.clone(), width, 24);
        update(&mut model, Msg::Act(place), moment);
        rows(&cells(&mut model, &log(40), moment))[1].clone()
    };
    let narrow = top(80, Action::Select1, &board);
    assert!(narrow.contains(" db ── :5432 · 1h 05m ── following "), "{narrow}");
    let wide = top(160, Action::Select3, &board);
    assert!(wide.contains(" api ── pid 41822 · :3000 :3001 :3002 +1 · 5 procs · 02:13 ── following "), "{wide}");
    let mut model = model(board, 100, 30);
    update(&mut model, Msg::Act(Action::Select3), moment);
    update(&mut model, Msg::Act(Action::Details), moment);
    let details = rows(&cells(&mut model, &log(40), moment)).join("\n");
    assert!(details.contains("[::]:3000, pid 41900"), "{details}");
}

#[test]
fn zoom_gives_the_log_everything_but_the_last_two_lines() {
    assert_picture("zoom_80x24", &screen(80, 24, acts(&[Action::Zoom, Action::Wrap, Action::Right])));
}

#[test]
fn a_divided_screen_shows_which_pane_has_the_focus() {
    let two = acts(&[Action::Select1, Action::Split, Action::Select3]);
    assert_picture("panes_2_80x24", &screen(80, 24, two));
    let three = [Action::Select1, Action::Split, Action::Select3, Action::Split, Action::Select4, Action::PreviousPane];
    assert_picture("panes_3_200x40", &screen(200, 40, acts(&three)));
}

#[test]
fn all_logs_as_one_have_names_before_their_lines_and_marks_choose_among_them() {
    let (moment, logs) = (moment(), shop_logs(20));
    let after = |width, height, actions: &[Action]| {
        let mut model = model(board(moment), width, height);
        all_cells(&mut model, &logs, moment);
        for &action in actions {
            update(&mut model, Msg::Act(action), moment);
            all_cells(&mut model, &logs, moment);
        }
        all_cells(&mut model, &logs, moment)
    };
    assert_picture("all_80x24", &after(80, 24, &[Action::AllLogs]));
    let marked = [Action::Mark, Action::Down, Action::Mark, Action::AllLogs, Action::Open, Action::Timestamps];
    assert_picture("all_marked_120x35", &after(120, 35, &[&marked[..], &[Action::HalfPageUp]].concat()));
}

#[tokio::test]
async fn a_search_goes_through_all_logs_as_one() {
    let (moment, logs) = (moment(), shop_logs(20));
    let mut model = model(board(moment), 100, 20);
    for action in [Action::AllLogs, Action::Open, Action::Search] {
        update(&mut model, Msg::Act(action), moment);
    }
    for letter in "cart/1|page1[0-2]".chars() {
        update(&mut model, Msg::Step(Step::Type(letter)), moment);
        find_in_all(&mut model, &logs, moment);
        all_cells(&mut model, &logs, moment);
    }
    update(&mut model, Msg::Step(Step::Accept), moment);
    for _ in 0..6 {
        update(&mut model, Msg::Act(Action::OlderMatch), moment);
        all_cells(&mut model, &logs, moment);
    }
    assert_picture("all_search_100x20", &all_cells(&mut model, &logs, moment));
}

/// A screen after keys were typed in the log, with everything found.
fn typed(width: u16, height: u16, keys: &[(Action, &str, bool)]) -> Buffer {
    let (moment, log) = (moment(), log(40));
    let mut model = model(board(moment), width, height);
    update(&mut model, Msg::Act(Action::Open), moment);
    for (action, text, accept) in keys {
        update(&mut model, Msg::Act(*action), moment);
        for letter in text.chars() {
            update(&mut model, Msg::Step(Step::Type(letter)), moment);
            find(&mut model, &log, moment);
            cells(&mut model, &log, moment);
        }
        if *accept {
            update(&mut model, Msg::Step(Step::Accept), moment);
        }
    }
    cells(&mut model, &log, moment)
}

#[test]
fn a_search_shows_where_it_is_and_how_many_there_are() {
    let screen = typed(80, 24, &[(Action::Search, "cart/[12]", false)]);
    assert_picture("search_80x24", &screen);
    let current = screen.content.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED)).count();
    assert_eq!(current, "cart/2".len());
    assert_picture("search_bad_80x24", &typed(80, 24, &[(Action::Search, "cart/[", false)]));
}

#[test]
fn a_filter_has_a_badge_and_a_search_goes_on_within_it() {
    let keys = [(Action::Filter, "!/cart/[0-9] ", true), (Action::Search, "warning|INFO", true)];
    assert_picture("filter_120x35", &typed(120, 35, &keys));
}

#[test]
fn the_list_shows_the_names_that_match() {
    let moment = moment();
    let typing = "er".chars().map(|letter| Msg::Step(Step::Type(letter)));
    let mut model = model(board(moment), 80, 24);
    for msg in [Msg::Act(Action::Search)].into_iter().chain(typing) {
        update(&mut model, msg, moment);
    }
    assert_picture("list_names_80x24", &cells(&mut model, &log(40), moment));
}

#[test]
fn the_signal_menu_narrows_as_one_types() {
    let typed = "usr".chars().map(|letter| Msg::Step(Step::Type(letter)));
    let open = acts(&[Action::Select3, Action::SignalMenu]);
    let switch = [Msg::Step(Step::Switch), Msg::Step(Step::Switch)];
    assert_picture("signals_80x24", &screen(80, 24, open.clone()));
    assert_picture("signals_typed_80x24", &screen(80, 24, open.into_iter().chain(typed).chain(switch)));
}

#[test]
fn the_restart_menu_offers_the_marked_and_all_that_run() {
    assert_picture("restarts_80x24", &screen(80, 24, acts(&[Action::Mark, Action::Mark, Action::RestartMenu])));
}

#[test]
fn the_tree_shows_who_started_whom() {
    assert_picture("tree_100x20", &screen(100, 20, acts(&[Action::Select3, Action::Tree, Action::Down, Action::Down])));
}

#[test]
fn details_tell_all_that_is_known() {
    assert_picture("details_100x24", &screen(100, 24, acts(&[Action::Select3, Action::Details])));
}

#[test]
fn what_is_stuck_says_why_with_the_key_that_tries_again() {
    let moment = moment();
    let mut model = model(stuck(board(moment)), 80, 24);
    for action in [Action::Select3, Action::Why] {
        update(&mut model, Msg::Act(action), moment);
    }
    assert_picture("why_80x24", &cells(&mut model, &log(40), moment));
    let asked = update(&mut model, Msg::Act(Action::Kill), moment);
    assert_eq!(asked, [Effect::Ask(Command::Kill(vec![id(2)]))]);
    update(&mut model, Msg::Act(Action::Why), moment);
    assert!(model.panels.is_empty());
}

#[test]
fn details_tell_why_first_and_how_the_last_stop_went() {
    let moment = moment();
    let mut board = board(moment);
    board.services[4].report = Some(Arc::new(report(true)));
    let mut model = model(board, 120, 35);
    for action in [Action::Select5, Action::Details] {
        update(&mut model, Msg::Act(action), moment);
    }
    assert_picture("details_120x35", &cells(&mut model, &log(40), moment));
}

#[test]
fn a_report_of_what_is_left_says_so_once_it_is_gone() {
    let moment = moment();
    let mut model = model(stuck(board(moment)), 80, 24);
    update(&mut model, Msg::Happened(Event::Verified(Arc::new(report(false)))), moment);
    let mut gone = board(moment);
    gone.services[2] = ServiceStatus { report: Some(Arc::new(report(true))), ..gone.services[2].clone() };
    update(&mut model, Msg::Board(gone), moment);
    let screen = rows(&cells(&mut model, &log(40), moment)).join("\n");
    assert!(screen.contains("Nothing of api is left."), "{screen}");
    update(&mut model, Msg::Act(Action::Why), moment);
    assert!(matches!(model.panels.as_slice(), [crate::ui::model::Panel::Why { .. }]));
}

#[test]
fn the_picture_of_the_quit_keeps_its_border_when_somebody_ends() {
    let moment = moment();
    let mut model = model(board(moment), 100, 26);
    let mut quitting = quitting(board(moment), moment);
    update(&mut model, Msg::Board(quitting.clone()), moment);
    let border = |model: &mut crate::ui::model::Model| {
        let rows = rows(&cells(model, &log(40), moment));
        rows.iter().position(|row| row.contains("kills what is left now ╯"))
    };
    let before = border(&mut model);
    quitting.services[2] = crate::ui::fixture::stopped("api");
    update(&mut model, Msg::Board(quitting), moment);
    assert!(before.is_some());
    assert_eq!(border(&mut model), before);
}

#[test]
fn what_could_not_be_killed_is_shown_without_being_asked_for() {
    let verified = Msg::Happened(Event::Verified(Arc::new(report(false))));
    assert_picture("left_80x24", &screen(80, 24, [verified]));
}

#[test]
fn quitting_asks_first() {
    assert_picture("quit_80x24", &screen(80, 24, acts(&[Action::Quit])));
}

#[test]
fn quitting_shows_who_is_still_alive_and_for_how_long() {
    let moment = moment();
    let mut model = model(board(moment), 100, 26);
    update(&mut model, Msg::Board(quitting(board(moment), moment)), moment);
    assert_picture("quitting_100x26", &cells(&mut model, &log(40), moment));
}

#[test]
fn the_help_has_two_columns_where_they_fit_and_scrolls_where_not() {
    assert_picture("help_120x40", &screen(120, 40, acts(&[Action::Help])));
    assert_picture("help_80x24", &screen(80, 24, acts(&[Action::Help, Action::PageDown])));
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    assert_picture("too_small_38x9", &screen(38, 9, []));
}

fn strange_names(moment: crate::ui::model::Moment) -> Board {
    let mut board = board(moment);
    let long = "n".repeat(200);
    let names = ["データベース移行", "🦀 crab", "👨‍👩‍👧‍👦 family", &long, "e\u{301}te\u{301}", "a\tb\u{1b}[31m", "ﾊﾞﾝﾄﾞ", ""];
    for (status, name) in board.services.iter_mut().zip(names) {
        status.name = name.into();
    }
    board
}

#[test]
fn wide_and_strange_names_keep_the_columns_straight() {
    let moment = moment();
    let mut model = model(strange_names(moment), 100, 16);
    assert_picture("names_100x16", &cells(&mut model, &log(40), moment));
}

/// Every view there is, at one size.
fn every_view(board: &Board, width: u16, height: u16) -> Vec<Buffer> {
    let moment = moment();
    let openers = [
        Action::Wrap,
        Action::Zoom,
        Action::Split,
        Action::Timestamps,
        Action::SignalMenu,
        Action::RestartMenu,
        Action::Tree,
        Action::Why,
        Action::Details,
        Action::Diagnostics,
        Action::Search,
        Action::Filter,
        Action::Help,
        Action::Quit,
    ];
    let log = log(9);
    let mut seen = Vec::new();
    for (splits, action) in openers.into_iter().enumerate() {
        let mut model = model(board.clone(), width, height);
        (0..splits % 4).for_each(|_| drop(update(&mut model, Msg::Act(Action::Split), moment)));
        update(&mut model, Msg::Act(Action::Select3), moment);
        update(&mut model, Msg::Act(action), moment);
        seen.push(cells(&mut model, &log, moment));
    }
    for msg in [Msg::Happened(Event::Verified(Arc::new(report(false)))), Msg::Board(quitting(board.clone(), moment))] {
        let mut model = model(board.clone(), width, height);
        update(&mut model, msg, moment);
        seen.push(cells(&mut model, &log, moment));
    }
    seen
}

#[test]
fn every_view_can_be_drawn_at_every_small_size() {
    let board = board(moment());
    for width in 1..=60 {
        for height in 1..=20 {
            for view in every_view(&board, width, height) {
                assert_eq!(rows(&view).len(), usize::from(height));
            }
        }
    }
}

#[test]
fn wide_characters_under_a_panel_leave_its_border_straight() {
    let board = strange_names(moment());
    for (width, height) in [(40, 10), (69, 12), (70, 24), (81, 24), (120, 35), (121, 36), (200, 60), (300, 100)] {
        for view in every_view(&board, width, height) {
            assert_eq!(rows(&view).len(), usize::from(height));
        }
    }
}

#[test]
fn without_colour_nothing_is_lost_but_the_colour() {
    let moment = moment();
    let mut model = model(board(moment), 120, 35);
    let colourful = rows(&cells(&mut model, &log(40), moment));
    model.dashboard.theme = Theme::named("default", true).unwrap();
    let plain = cells(&mut model, &log(40), moment);
    assert_eq!(rows(&plain), colourful);
    assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
}

#[test]
fn three_hundred_services_scroll_with_the_choice() {
    let moment = moment();
    let mut many = board(moment);
    many.services = (0..300).map(|n| crate::ui::fixture::stopped(&format!("replica.{n}"))).collect();
    let mut model = model(many, 80, 24);
    model.selected = id(298);
    update(&mut model, Msg::Act(Action::Down), moment);
    let screen = rows(&cells(&mut model, &log(1), moment));
    assert!(screen[20].contains("▌ ○ replica.299"), "{screen:#?}");
    assert!(screen[2].contains("replica.281"), "{screen:#?}");
}
