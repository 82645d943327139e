//! The loop from end to end, on a terminal of memory.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::backend::TestBackend;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use super::*;
use crate::logs::{Source, Stamp};
use crate::screen::Background;
use crate::supervisor::{Asked, LogStore, Screens, Summary};
use crate::ui::fixture::{board, id, model, moment, rows};

/// A dashboard that runs, and every end of it.
struct Running {
    keys: mpsc::Sender<io::Result<Report>>,
    asked: mpsc::Receiver<Asked>,
    boards: watch::Sender<crate::supervisor::Board>,
    events: broadcast::Sender<Event>,
    logs: LogStore,
    ended: JoinHandle<(io::Result<()>, Vec<String>)>,
}

fn start() -> Running {
    let (keys, typed) = mpsc::channel(16);
    let (commands, asked) = mpsc::channel(16);
    let first = board(moment());
    let logs = LogStore::new(first.services.len(), 1 << 20);
    let dashboard = model(first.clone(), 80, 24).dashboard;
    let (boards, board) = watch::channel(first);
    let (events, heard) = broadcast::channel(16);
    let screens = Screens::new(8, Background::Dark);
    let handle = Handle { commands, board, events: heard, logs: logs.clone(), screens, procfile: None };
    let input = stream::unfold(typed, |mut typed| async { typed.recv().await.map(|report| (report, typed)) });
    let ended = tokio::spawn(async move {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let result = run_on(&mut terminal, handle, dashboard, Box::pin(input), || {}).await;
        (result, rows(terminal.backend().buffer()))
    });
    Running { keys, asked, boards, events, logs, ended }
}

impl Running {
    async fn press(&self, key: char) {
        let event = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        self.keys.send(Ok(Report::Key(event))).await.unwrap();
    }

    async fn asked(&mut self) -> Option<Command> {
        self.asked.recv().await.map(|asked| asked.command)
    }

    /// Lets some frames pass, ends the program, and returns its last screen.
    async fn last_screen(self) -> Vec<String> {
        tokio::time::sleep(FRAME * 4).await;
        self.boards.send_modify(|board| board.phase = Phase::Down(Summary::default()));
        let (result, screen) = self.ended.await.unwrap();
        result.unwrap();
        screen
    }
}

fn resize(services: std::ops::Range<u32>, columns: u16, rows: u16) -> Command {
    Command::Resize { services: services.map(id).collect(), columns, rows }
}

#[tokio::test]
async fn keys_become_commands_after_the_size_was_told() {
    let mut running = start();
    assert_eq!(running.asked().await, Some(resize(0..8, 41, 19)));
    running.press('3').await;
    running.press('x').await;
    assert_eq!(running.asked().await, Some(Command::Stop(vec![id(2)])));
    running.press('z').await;
    assert_eq!(running.asked().await, Some(resize(2..3, 77, 20)));
    running.last_screen().await;
}

#[tokio::test]
async fn a_window_that_becomes_too_small_has_nothing_to_tell_until_it_is_larger() {
    let (readers, _findings) = Readers::new();
    let (taker, _takings) = Taker::new();
    let mut screen = Screen::new(model(board(moment()), 80, 24), (readers, taker), || {});
    let mut due_at = |columns, rows| {
        screen.model.size = ratatui::layout::Size::new(columns, rows);
        screen.tell_sizes();
        screen.sizes.due().is_some()
    };
    let due = [(80, 24), (100, 24), (5, 2), (5, 2), (100, 24)].map(|(columns, rows)| due_at(columns, rows));
    assert_eq!(due, [false, true, false, false, true]);
}

#[tokio::test]
async fn lines_boards_and_events_reach_the_screen() {
    let running = start();
    running.logs.write(id(0), |log| log.push(Source::Output, b"ready to accept connections\n", Stamp(0)));
    running.boards.send_modify(|board| board.services[6].problem = Some("no such folder".into()));
    let reason = "it is not known here".to_owned();
    running.events.send(Event::Refused { service: Some(id(6)), reason }).unwrap();
    let screen = running.last_screen().await;
    assert!(screen[2].contains("ready to accept connections"), "{screen:#?}");
    assert!(screen[22].contains("docs: it is not known here"), "{screen:#?}");
}

#[tokio::test]
async fn the_newest_line_of_json_is_opened_and_an_older_one_after_it() {
    let running = start();
    let lines = b"{\"msg\":\"first\",\"n\":1.50}\nplain\n{\"msg\":\"second\"}\n";
    running.logs.write(id(0), |log| log.push(Source::Output, lines, Stamp(0)));
    tokio::time::sleep(FRAME * 4).await;
    for key in [KeyCode::Enter, KeyCode::Enter, KeyCode::Left] {
        running.keys.send(Ok(Report::Key(KeyEvent::new(key, KeyModifiers::NONE)))).await.unwrap();
    }
    let screen = running.last_screen().await.concat();
    assert!(screen.contains("\"n\": 1.50") && screen.contains("line 1 "), "{screen}");
}

#[tokio::test]
async fn a_cleared_log_is_empty_on_the_screen_too() {
    let running = start();
    running.logs.write(id(0), |log| log.push(Source::Output, b"old\n", Stamp(0)));
    running.press('C').await;
    let screen = running.last_screen().await;
    assert!(screen[2].contains("nothing printed since it was cleared"), "{screen:#?}");
}

#[tokio::test]
async fn the_end_of_the_keys_is_not_the_end_of_the_program() {
    let mut running = start();
    running.asked().await;
    let (keys, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut running.keys, keys));
    running.last_screen().await;
}

#[tokio::test]
async fn a_supervisor_that_vanishes_is_an_error() {
    let running = start();
    drop(running.boards);
    let (result, _) = running.ended.await.unwrap();
    assert_eq!(result.unwrap_err().to_string(), "the supervisor has ended unexpectedly");
}

#[tokio::test]
async fn requests_wait_in_order_while_the_supervisor_is_busy() {
    let mut running = start();
    for _ in 0..40 {
        running.press('s').await;
    }
    running.press('Q').await;
    tokio::time::sleep(FRAME * 2).await;
    let mut starts = 0;
    loop {
        match running.asked().await {
            Some(Command::Start(_)) => starts += 1,
            Some(Command::Resize { .. }) => {}
            last => break assert_eq!(last, Some(Command::Quit)),
        }
    }
    assert_eq!(starts, 40);
    running.last_screen().await;
}
