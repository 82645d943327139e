//! Several logs as one look as if everything had been printed into one log.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::logs::{Pattern, Source, Stamp};
use crate::ui::log_window::{LogWindow, Place};
use crate::ui::sought::Spot;

const PAGE: Page = Page { width: 30, height: 7, wrap: true };

fn id(place: u32) -> ServiceId {
    ServiceId::new(place)
}

fn all(services: u32) -> Vec<ServiceId> {
    (0..services).map(id).collect()
}

fn print(logs: &LogStore, service: u32, text: &str) {
    logs.write(id(service), |log| log.push(Source::Output, text.as_bytes(), Stamp(1)));
}

fn texts(window: &LogWindow) -> Vec<String> {
    let text = |row: &crate::ui::log_window::Row| row.pieces.iter().map(|piece| piece.text.as_str()).collect();
    window.rows.iter().map(text).collect()
}

fn figures(window: &LogWindow) -> [u64; 4] {
    [window.above, window.below, window.total, window.unseen]
}

fn merged(logs: &LogStore, services: &[ServiceId], view: &mut LogView, lens: Lens<'_>) -> LogWindow {
    Excerpt::copy_merged(logs, services, view, PAGE, lens).lay_out(view, PAGE, lens)
}

/// A move of the pane, or a line that is printed meanwhile.
#[derive(Clone, Debug)]
enum Step {
    Move(i64),
    Start,
    End,
    Stay,
    Print(u32, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (-20_i64..20).prop_map(Step::Move),
        1 => Just(Step::Start),
        1 => Just(Step::End),
        1 => Just(Step::Stay),
        4 => (0..4_u32, 0..70_usize).prop_map(|(service, length)| Step::Print(service, length)),
    ]
}

fn take(view: &mut LogView, step: &Step) {
    match step {
        Step::Move(rows) => view.pending += rows,
        Step::Start => view.go_to_start(),
        Step::End => view.go_to_end(),
        Step::Stay if view.position == Position::Follow => view.toggle_follow(),
        Step::Stay | Step::Print(..) => {}
    }
}

proptest! {
    #[test]
    fn a_window_of_several_logs_is_that_of_one_log_with_all_their_lines(
        begin in prop::collection::vec((0..4_u32, 0..70_usize), 0..60),
        steps in prop::collection::vec(step(), 1..40),
        is_filtered: bool,
    ) {
        let logs = LogStore::new(4, 1 << 20);
        let mut one = LogBuffer::new(1 << 20);
        let pattern = Pattern::new("[02468]").unwrap();
        let (mut count, mut numbers, mut kept) = (0_u64, VecDeque::new(), VecDeque::new());
        let mut write = |one: &mut LogBuffer, numbers: &mut VecDeque<u64>, kept: &mut VecDeque<u64>, service: u32, length: usize| {
            let text = format!("{count} {}\n", "x".repeat(length));
            if count.is_multiple_of(2) {
                numbers.push_back(number_of(logs.arrived(), id(service)));
                kept.push_back(count);
            }
            count += 1;
            print(&logs, service, &text);
            one.push(Source::Output, text.as_bytes(), Stamp(1));
        };
        for (service, length) in begin {
            write(&mut one, &mut numbers, &mut kept, service, length);
        }
        let (mut view, mut reference) = (LogView::default(), LogView::default());
        for step in &steps {
            if let Step::Print(service, length) = step {
                write(&mut one, &mut numbers, &mut kept, *service, *length);
            }
            take(&mut view, step);
            take(&mut reference, step);
            let lens = Lens { shown: is_filtered.then_some(&numbers), search: Some(&pattern), ..Lens::default() };
            let window = merged(&logs, &all(4), &mut view, lens);
            let lens = Lens { shown: is_filtered.then_some(&kept), ..lens };
            let expected = Excerpt::copy(&one, &reference, PAGE, lens).lay_out(&mut reference, PAGE, lens);
            prop_assert_eq!(texts(&window), texts(&expected));
            prop_assert_eq!(figures(&window), figures(&expected));
        }
    }
}

#[test]
fn a_pane_that_stays_keeps_its_lines_while_others_come_and_old_ones_go() {
    let logs = LogStore::new(2, 64 * 1024);
    for n in 0..100 {
        print(&logs, n % 2, &format!("line {n}\n"));
    }
    let mut view = LogView { pending: -20, ..LogView::default() };
    let before = merged(&logs, &all(2), &mut view, Lens::default());
    assert!(texts(&before)[0].starts_with("line "), "{:?}", texts(&before));
    for _ in 0..3000 {
        print(&logs, 1, &format!("{}\n", "flood ".repeat(10)));
    }
    let rows = |window: &LogWindow| -> Vec<String> {
        texts(window).into_iter().filter(|text| text.starts_with("line")).collect()
    };
    let after = rows(&merged(&logs, &all(2), &mut view, Lens::default()));
    let kept: Vec<String> = texts(&before).into_iter().step_by(2).collect();
    let kept_of_other: Vec<String> = texts(&before).into_iter().skip(1).step_by(2).collect();
    let is_even = |text: &str| text.trim_start_matches("line ").parse::<u32>().unwrap().is_multiple_of(2);
    let of_first = if is_even(&kept[0]) { kept } else { kept_of_other };
    assert_eq!(after[..of_first.len()], of_first, "the second log has let go of its lines, the first has not");
}

#[test]
fn what_is_gone_to_is_on_the_screen_and_its_number_leads_to_its_log() {
    let logs = LogStore::new(3, 1 << 20);
    for n in 0..300 {
        print(&logs, n % 3, &format!("line {n}\n"));
    }
    let number = number_of(100, id(1));
    assert_eq!((order_of(number), service_of(number)), (100, id(1)));
    let mut view = LogView { goal: Some(Spot { line: number, nth: 0 }), ..LogView::default() };
    let window = merged(&logs, &all(3), &mut view, Lens::default());
    assert!(window.rows.iter().any(|row| row.place == Place { line: number, row: 0 }));
    assert!(texts(&window).contains(&"line 100".to_owned()));
    let mut view = LogView::default();
    view.go_to_arrival(order_of(number));
    let log = logs.lock(id(1)).unwrap();
    view.find_arrival(&log);
    let pointed = view.pointed.and_then(|line| log.line(line)).map(|line| line.bytes.to_vec());
    assert_eq!(pointed.as_deref(), Some(&b"line 100"[..]));
}

#[test]
fn only_the_logs_that_are_asked_for_are_shown_and_unfinished_lines_are_not() {
    let logs = LogStore::new(3, 1 << 20);
    for n in 0..6 {
        print(&logs, n % 3, &format!("{n}\n"));
    }
    print(&logs, 0, "unfinished");
    let shown = |services: &[ServiceId]| texts(&merged(&logs, services, &mut LogView::default(), Lens::default()));
    assert_eq!(shown(&all(3)), ["0", "1", "2", "3", "4", "5"]);
    assert_eq!(shown(&[id(0), id(2)]), ["0", "2", "3", "5"]);
    print(&logs, 0, " no more\n");
    assert_eq!(shown(&[id(0)]), ["0", "3", "unfinished no more"]);
}
