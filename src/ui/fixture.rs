//! A shop with eight services in as many states, and a look at the screen that shows them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use tokio::sync::{broadcast, mpsc, watch};
use tui_logger::TuiWidgetState;

use super::dashboard::{Dashboard, Description};
use super::log_window::{Excerpt, LogWindow, number_of};
use super::model::{Model, Moment};
use super::msg::Msg;
use super::reader::Readers;
use super::sought::Finding;
use super::text;
use super::theme::Theme;
use super::update::update;
use super::view::{Contents, Scene};
use crate::config::Column;
use crate::id::{RunId, ServiceId};
use crate::keys::Keymap;
use crate::logs::{Answer, LogBuffer, Source, Stamp, Tone, seek, seek_among};
use crate::process::{Exit, Member, ProcessId, ProcessState, Survivor};
use crate::screen::Background;
use crate::signal::Signal;
use crate::supervisor::{
    Action, Board, CommandOutcome, Deed, EndedRun, Fate, Handle, HowItEnded, Ignored, KillReport, LogStore, MemberFate,
    Phase, Screens, ServiceStatus, State, StepOutcome, StopStep, Stopping, Usage,
};

/// 12:04:31 on the second of January 2026, in UTC.
pub(crate) const WALL: i64 = 1_767_355_471;

pub(crate) fn id(place: u32) -> ServiceId {
    ServiceId::new(place)
}

/// One moment, the same for a board and for the frame that shows it.
pub(crate) fn moment() -> Moment {
    // far enough from the machine's start that a service can have run for a day
    Moment { now: Instant::now() + Duration::from_secs(1 << 20), wall: Timestamp::from_second(WALL).unwrap() }
}

pub(crate) fn member(pid: u32, depth: u16, command: &str, state: ProcessState, cpu_percent: f32) -> Member {
    let id = ProcessId { pid, start: u64::from(pid) };
    Member { id, parent: 1, group: 41_822, depth, command: command.to_owned(), state, cpu_percent, memory: 16 << 20 }
}

pub(crate) fn stopped(name: &str) -> ServiceStatus {
    ServiceStatus::never_started(name.into())
}

pub(crate) fn running(name: &str, moment: Moment, seconds: u64, members: Vec<Member>) -> ServiceStatus {
    ServiceStatus {
        state: State::Running,
        run: RunId::default().next(),
        main: members.first().map(|member| member.id),
        guard: Some(41_800),
        started: Some(moment.now.checked_sub(Duration::from_secs(seconds)).unwrap()),
        usage: Usage {
            cpu_percent: members.iter().map(|member| member.cpu_percent).sum(),
            memory: members.iter().map(|member| member.memory).sum(),
            processes: members.len(),
        },
        members: members.into(),
        ..stopped(name)
    }
}

pub(crate) fn ended(name: &str, state: State, exit: Exit) -> ServiceStatus {
    let run = EndedRun { exit: Some(exit), ran: Duration::from_secs(133), asked: false, unfit: None };
    ServiceStatus { state, run: RunId::default().next(), ended: Some(run), ..stopped(name) }
}

/// db, migrate, api, web, worker, mailer, docs, storybook.
pub(crate) fn board(moment: Moment) -> Board {
    let sleeping = ProcessState::Sleeping;
    let db = vec![
        member(41_801, 0, "postgres -D data", sleeping, 0.2),
        member(41_810, 1, "postgres: checkpointer", sleeping, 0.0),
        member(41_811, 1, "postgres: walwriter", sleeping, 0.2),
    ];
    let api = vec![
        member(41_822, 0, "sh -c \"cargo run -p api\"", sleeping, 0.0),
        member(41_823, 1, "cargo run -p api", sleeping, 0.0),
        member(41_900, 2, "target/debug/api --listen 127.0.0.1:3000 --workers 2", ProcessState::Running, 31.4),
        member(41_901, 3, "api: worker", ProcessState::Uninterruptible, 2.0),
        member(41_902, 3, "api: worker", ProcessState::Stopped, 0.0),
    ];
    let web = vec![member(42_000, 0, "npm run dev", ProcessState::Running, 98.0)];
    let killed = Exit::Signal { number: Signal::SIGKILL.number(), core_dumped: false };
    let services = vec![
        running("db", moment, 3900, db),
        ended("migrate", State::Done, Exit::Code(0)),
        running("api", moment, 133, api),
        ServiceStatus { state: State::Starting, ..running("web", moment, 3, web) },
        ended("worker", State::Crashed, Exit::Code(1)),
        ServiceStatus {
            next_start: Some(moment.now + Duration::from_millis(3500)),
            restarts: 2,
            ..ended("mailer", State::Backoff, Exit::Code(1))
        },
        stopped("docs"),
        ServiceStatus { restarts: 5, ..ended("storybook", State::CrashLoop, killed) },
    ];
    Board { services, phase: Phase::Up }
}

pub(crate) fn report(verified: bool) -> KillReport {
    let state = ProcessState::Uninterruptible;
    let reason = "waits inside the kernel, where no signal reaches it; a disk or a server does not answer".to_owned();
    let left =
        Survivor { id: ProcessId { pid: 41_825, start: 41_825 }, command: "dd of=/mnt/x".to_owned(), state, reason };
    let fate = |n: u32| MemberFate {
        member: member(41_822 + n, u16::try_from(n.min(2)).unwrap(), "api: worker", ProcessState::Sleeping, 0.0),
        fate: if n == 3 && !verified { Fate::Alive } else { Fate::Gone },
        killed: n > 0,
        ignored: (n == 2).then_some(Ignored { signal: Signal::SIGTERM, during: Duration::from_secs(5) }),
    };
    KillReport {
        service: id(2),
        name: "api".into(),
        run: RunId::default().next(),
        action: Action::Kill,
        how: HowItEnded::Forced,
        signal: None,
        steps: steps(),
        members: (0..4).map(fate).collect(),
        killed: 7,
        survivors: if verified { Vec::new() } else { vec![left] },
        unseen: None,
        freed: vec![],
        verified,
        took: Duration::from_millis(20),
        checked_in: Duration::from_millis(14),
    }
}

/// A stop command that fails, a signal that one of four ignores, a kill.
fn steps() -> Vec<StepOutcome> {
    let step = |deed, millis, [ended, ignored, left]: [usize; 3]| {
        let lasted = Duration::from_millis(millis);
        StepOutcome { deed, lasted, ended, ignored, left }
    };
    let failed = CommandOutcome::Failed(Exit::Code(7));
    vec![
        step(Deed::StopCommand(failed), 212, [0, 0, 4]),
        step(Deed::Signal(Signal::SIGTERM), 5003, [1, 1, 3]),
        step(Deed::Kill, 14, [3, 0, 0]),
    ]
}

/// Turns the board into one on which a process of api could not be killed.
pub(crate) fn stuck(mut board: Board) -> Board {
    let report = report(false);
    let api = &mut board.services[2];
    api.state = State::Stuck;
    api.survivors = report.survivors.clone().into();
    api.report = Some(Arc::new(report));
    board
}

/// Turns the board into one on which everything is being stopped.
pub(crate) fn quitting(mut board: Board, moment: Moment) -> Board {
    let Moment { now, .. } = moment;
    board.phase = Phase::Quitting { since: now, deadline: now + Duration::from_secs(30), hurried: false };
    for (place, status) in board.services.iter_mut().enumerate().filter(|(_, status)| status.state.is_alive()) {
        status.state = State::Stopping;
        let since = now.checked_sub(Duration::from_secs(2)).unwrap();
        let (step, signal) = match place {
            2 => (StopStep::StopCommand, None),
            3 => (StopStep::Kill, Some(Signal::SIGTERM)),
            _ => (StopStep::Signal(Signal::SIGTERM), Some(Signal::SIGTERM)),
        };
        status.stopping = Some(Stopping {
            action: Action::Quit,
            step,
            signal,
            since,
            step_since: since,
            deadline: (place != 3).then_some(now + Duration::from_millis(2500)),
            again: false,
        });
    }
    board.services[0] =
        ServiceStatus { run: RunId::default().next(), report: Some(Arc::new(report(true))), ..stopped("db") };
    board
}

pub(crate) fn model(board: Board, width: u16, height: u16) -> Model {
    let about = |description: &str, command: &str| Description {
        description: Some(description.to_owned()),
        command: command.to_owned(),
        working_dir: "services/api".to_owned(),
        stop: "by SIGTERM; killed after 5 s".to_owned(),
        restart: "after a crash, 500 ms to 10 s later, 5 times in a row".to_owned(),
        tty: true,
        opens: true,
    };
    let dashboard = Dashboard {
        project: "shop".to_owned(),
        services: vec![about("orders and carts", "cargo run -p api"); board.services.len()],
        columns: vec![Column::State, Column::Cpu, Column::Memory, Column::Uptime],
        keymap: Keymap::new(&[]).unwrap(),
        theme: Theme::named("default", false).unwrap(),
        zone: TimeZone::UTC,
        browse: |_| Ok(()),
    };
    Model::new(dashboard, board, Size::new(width, height))
}

/// A log of `lines` lines with colours, a warning on its own pipe, and notes around them.
pub(crate) fn log(lines: u64) -> LogBuffer {
    let mut log = LogBuffer::new(1 << 20);
    let at = |second: u64| Stamp(u64::try_from(WALL).unwrap() * 1000 + second * 1000 + 113);
    log.note(Tone::Calm, "run 1", at(0));
    for n in 0..lines {
        let line = format!("\x1b[32mINFO\x1b[0m GET /cart/{n} \x1b[36m200\x1b[0m 3ms\n");
        log.push(Source::Output, line.as_bytes(), at(n));
        if n % 12 == 6 {
            let warning = "warning: a sentence that is longer than most panes are wide goes on in the next row\n";
            log.push(Source::Error, warning.as_bytes(), at(n));
        }
    }
    log.note(Tone::Bad, "exited with code 1 after 02:13", at(lines));
    log
}

/// Looks for what the model asks for, as the walk of its own thread would.
pub(crate) fn find(model: &mut Model, log: &LogBuffer, moment: Moment) {
    let mut answer = Answer::default();
    seek(&log.snapshot(), &model.pane().sought.question, 0, |part| {
        answer.hits.extend(part.hits);
        answer.kept.extend(part.kept);
        true
    });
    let finding = Finding { asked: model.pane().sought.asked, answer, again_from: Some(0), is_last: true };
    update(model, Msg::Found(finding), moment);
}

/// Draws the screen with this log in every pane and returns the cells.
pub(crate) fn cells(model: &mut Model, log: &LogBuffer, moment: Moment) -> Buffer {
    let windows: Vec<LogWindow> = (0..model.panes.count()).map(|place| window(model, place, log)).collect();
    draw(model, &windows, moment)
}

/// The logs of the shop: its first four services print `rounds` times in turn, the third in two lines at once.
pub(crate) fn shop_logs(rounds: u64) -> LogStore {
    let logs = LogStore::new(8, 1 << 20);
    let at = |second: u64| Stamp(u64::try_from(WALL).unwrap() * 1000 + second * 1000 + 113);
    logs.write(id(2), |log| log.note(Tone::Calm, "run 1", at(0)));
    for n in 0..rounds {
        let lines = [
            format!("checkpoint {n} complete\n"),
            format!("migration {n} applied\n"),
            format!("\x1b[32mINFO\x1b[0m GET /cart/{n} \x1b[36m200\x1b[0m\n\x1b[33mWARN\x1b[0m slow query\n"),
            format!("page reload src/page{n}.tsx, and a sentence that is longer than most panes are wide\n"),
        ];
        for (service, line) in (0..).map(id).zip(&lines) {
            let source = if n % 5 == 4 { Source::Error } else { Source::Output };
            logs.write(service, |log| log.push(source, line.as_bytes(), at(n)));
        }
    }
    logs
}

/// Draws the screen as the event loop does, each pane with what it shows of these logs.
pub(crate) fn all_cells(model: &mut Model, logs: &LogStore, moment: Moment) -> Buffer {
    let (_, board) = watch::channel(model.board.clone());
    let (commands, _) = mpsc::channel(1);
    let (_, events) = broadcast::channel(1);
    let screens = Screens::new(8, Background::Dark);
    let handle = Handle { commands, board, events, logs: logs.clone(), screens, procfile: None };
    let (mut readers, _findings) = Readers::new();
    readers.read(model, &handle, true);
    let windows: Vec<LogWindow> = readers.contents().iter().map(|contents| contents.window.clone()).collect();
    draw(model, &windows, moment)
}

/// Looks through all logs as one for what the model asks for.
pub(crate) fn find_in_all(model: &mut Model, logs: &LogStore, moment: Moment) {
    let services = model.merged_services();
    let snapshots: Vec<_> = services.iter().map(|service| logs.lock(*service).unwrap().snapshot()).collect();
    let mut answer = Answer::default();
    seek_among(
        &snapshots,
        &model.pane().sought.question,
        0,
        |log, order| number_of(order, services[log]),
        |part| {
            answer.hits.extend(part.hits);
            answer.kept.extend(part.kept);
            true
        },
    );
    let finding = Finding { asked: model.pane().sought.asked, answer, again_from: Some(0), is_last: true };
    update(model, Msg::Found(finding), moment);
}

/// Lays out what a pane shows of this log.
fn window(model: &mut Model, place: usize, log: &LogBuffer) -> LogWindow {
    let (pane, subject) = model.shown_panes().nth(place).unwrap();
    let (room, lens, mut view) = (model.page_of(pane), model.lens_of(pane), model.log_view_of(pane));
    let window = Excerpt::copy(log, &view, room, lens).lay_out(&mut view, room, lens);
    if let Some(place) = model.panes.all_mut().nth(place).unwrap().log_view_mut(subject) {
        *place = view;
    }
    window
}

/// Draws the screen with these windows.
fn draw(model: &Model, windows: &[LogWindow], moment: Moment) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.width, model.size.height)).unwrap();
    let state = TuiWidgetState::new();
    let contents: Vec<_> = windows.iter().map(|window| Contents { window, picture: None }).collect();
    let scene = Scene { model, contents: &contents, moment, diagnostics: &state };
    terminal.draw(|frame| frame.render_widget(&scene, frame.area())).unwrap();
    terminal.backend().buffer().clone()
}

/// Returns the rows as a person sees them; fails where a row is not exactly as wide as the screen.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let row = |y: u16| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += text::cells(text::width(symbol)).max(1);
        }
        assert_eq!(x, buffer.area.width, "a wide character hangs over the edge: {row}");
        row
    };
    (0..buffer.area.height).map(row).collect()
}

/// Compares a screen with the picture of this name; `PROCDASH_PICTURES=new` takes the screen as the picture.
#[track_caller]
pub(crate) fn assert_picture(name: &str, buffer: &Buffer) {
    let rows = rows(buffer).iter().map(|row| row.trim_end().to_owned() + "\n").collect::<String>();
    let path = format!("{}/tests/pictures/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PROCDASH_PICTURES").is_some_and(|value| value == "new") {
        std::fs::write(&path, &rows).unwrap();
    }
    let picture = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(picture == rows, "the screen is not the picture {name}:\n{picture}\nbut\n{rows}");
}
