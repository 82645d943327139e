//! What a run printed last, on the panel that tells why it does not run.

use std::sync::Arc;

use crate::keys::Action;
use crate::process::Exit;
use crate::supervisor::{ServiceStatus, State};
use crate::ui::fixture::{assert_picture, board, cells, ended, log, model, moment};
use crate::ui::msg::Msg;
use crate::ui::update::update;

const LINES: [&str; 5] = [
    "12:04:29 WARN the broker has not answered for 2.0 s",
    "Traceback (most recent call last):",
    "  File \"/srv/shop/worker.py\", line 12, in main",
    "    broker.connect(timeout=3)",
    "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5672), after 3 attempts in 12.4 seconds, the \
     last one 31 ms ago; is the broker of this project running, and does it listen on that port",
];

#[test]
fn the_lines_that_tell_why_stand_below_the_causes_each_in_two_rows_at_most() {
    for (width, height) in [(80, 24), (120, 35)] {
        let moment = moment();
        let mut board = board(moment);
        let crashed = ended("worker", State::CrashLoop, Exit::Code(1));
        board.services[4] =
            ServiceStatus { restarts: 5, last_lines: LINES.map(str::to_owned).as_slice().into(), ..crashed };
        let mut model = model(board, width, height);
        for action in [Action::Select5, Action::Why] {
            update(&mut model, Msg::Act(action), moment);
        }
        assert_picture(&format!("why_last_lines_{width}x{height}"), &cells(&mut model, &log(40), moment));
        let mut gone = model.board.clone();
        gone.services[4].last_lines = Arc::from([]);
        update(&mut model, Msg::Board(gone), moment);
        let shown = crate::ui::fixture::rows(&cells(&mut model, &log(40), moment)).join("\n");
        assert!(!shown.contains("its last lines"), "no heading without lines: {shown}");
    }
}
