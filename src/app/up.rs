//! `procdash up`: reads the file, starts the supervisor, shows it, and ends when everything is down.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Notify;

use super::requests::Requests;
use super::{colour, diagnostics, farewell, fault, file, leftovers, screen};
use crate::cli::{self, Plain, UpArguments};
use crate::config::Config;
use crate::control::{ClaimError, Seat, Server};
use crate::guard;
use crate::id::ServiceId;
use crate::signal::Signal;
use crate::supervisor::{self, Command, Handle, LogStore, Options, Phase, Summary, Tap};

/// How long services may tidy up once the terminal or the warden is gone, as guards give it: everything is to be gone
/// within a second.
const LAST_GRACE: Duration = Duration::from_millis(250);

/// How long a dashboard without a warden may still be there, on a machine that is busy.
const ORPHANS_END: Duration = Duration::from_secs(10);
/// How long a warden may still be seen that was killed just now: a signal is sent before it is delivered.
const WARDENS_END: Duration = Duration::from_millis(100);
/// The pause between two looks for either.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The arguments or the file are wrong; nothing was started.
const USAGE: u8 = 2;
/// procdash itself has failed, or another one runs the project already.
const FAILURE: u8 = 1;

/// How everything ended.
struct End {
    summary: Summary,
    /// Why the dashboard had to end, if nobody had asked for that.
    failure: Option<io::Error>,
}

/// What a run of procdash has from its begin to its end.
struct Hold {
    seat: Seat,
    /// Rung when there is no warden any more.
    orphaned: Arc<Notify>,
}

/// Runs the services of a file until the end, which comes soon once `orphaned` is rung: procdash has no warden then.
pub(crate) fn up(words: &UpArguments, orphaned: Arc<Notify>) -> ExitCode {
    let (config, start) = match choose(words) {
        Ok(chosen) => chosen,
        Err(problem) => return refuse(USAGE, &problem),
    };
    let watched = !words.no_tui && io::stdout().is_terminal() && io::stdin().is_terminal();
    // before anything is started: two dashboards of one project would fight for its ports
    let seat = match claim(&config) {
        Ok(seat) => seat,
        Err(taken) => return refuse(FAILURE, &format!("error: {taken}")),
    };
    if let Err(code) = leftovers::settle(&config) {
        return ExitCode::from(code);
    }
    match run(&config, start, watched, Hold { seat, orphaned }) {
        Ok(End { summary, failure }) => {
            let said = farewell::say(&summary);
            tell(io::stdout().lock(), &[said.outcome]);
            tell(io::stderr().lock(), &said.warnings);
            match (farewell::exit_code(&summary, watched), failure) {
                (code, None) => ExitCode::from(code),
                (code, Some(failure)) => {
                    tell(io::stderr().lock(), &[format!("procdash: {failure}")]);
                    // that something survived matters more than why the dashboard had to end
                    ExitCode::from(code.max(FAILURE))
                }
            }
        }
        Err(error) => {
            tell(io::stderr().lock(), &[format!("procdash: {error:#}")]);
            ExitCode::FAILURE
        }
    }
}

/// Takes the project's place; waits for a dashboard that has lost its warden and is about to end.
fn claim(config: &Config) -> Result<Seat, ClaimError> {
    let begin = Instant::now();
    loop {
        let taken = match Seat::claim(&config.path) {
            Err(ClaimError::Taken(holder)) => holder,
            other => return other,
        };
        let is_ending = taken.pid.is_some_and(|pid| guard::whole(pid) == pid);
        if begin.elapsed() > if is_ending { ORPHANS_END } else { WARDENS_END } {
            return Err(ClaimError::Taken(taken));
        }
        #[expect(clippy::disallowed_methods, reason = "the pause between two looks, with a deadline")]
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Reads the file and finds the services to start, or says what is wrong with the request.
fn choose(words: &UpArguments) -> Result<(Config, Vec<ServiceId>), String> {
    let from = std::env::current_dir().map_err(|error| format!("error: the current folder is gone: {error}"))?;
    let colour = io::stderr().is_terminal() && colour::wanted();
    let config = cli::load(words.file.file.as_deref(), &from).map_err(|error| error.render(colour))?;
    let start = chosen(&config, &words.names)?;
    Ok((config, start))
}

/// Says what is wrong with the request.
fn refuse(code: u8, problem: &str) -> ExitCode {
    let _reader_is_gone = writeln!(io::stderr(), "{}", problem.trim_end());
    ExitCode::from(code)
}

/// Returns the services to start: those named, or those that start by themselves.
fn chosen(config: &Config, names: &[String]) -> Result<Vec<ServiceId>, String> {
    let all = || (0..).map(ServiceId::new).zip(&config.services);
    if names.is_empty() {
        return Ok(all().filter(|(_, service)| service.autostart).map(|(id, _)| id).collect());
    }
    let found = config.roster().find_all(names.iter().map(String::as_str));
    let places = found.map_err(|unknown| format!("error: {}", unknown.with_all()))?;
    let ids: Vec<ServiceId> = all().map(|(id, _)| id).collect();
    Ok(places.into_iter().filter_map(|place| ids.get(place).copied()).collect())
}

fn run(config: &Config, start: Vec<ServiceId>, watched: bool, hold: Hold) -> anyhow::Result<End> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("procdash-worker")
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let end = runtime.block_on(async {
        if watched {
            with_dashboard(config, start, hold).await
        } else {
            with_lines(config, start, hold).await.map(|summary| End { summary, failure: None })
        }
    });
    // whatever still blocks (a reader of our output that hangs) must not hold up the end
    runtime.shutdown_background();
    end
}

async fn with_dashboard(config: &Config, start: Vec<ServiceId>, hold: Hold) -> anyhow::Result<End> {
    diagnostics::to_panel();
    let logs = LogStore::new(config.services.len(), config.settings.scrollback);
    let procfile = file::follow(config, true);
    let options = Options { start, start_when_sized: true, end_when_idle: false, procfile: Some(procfile) };
    let gone = Arc::new(Notify::new());
    let (handle, server) = supervise(config, options, logs, hold, Arc::clone(&gone))?;
    let shown = screen::show(config, handle.clone()).await;
    if let Err(error) = &shown {
        // the terminal is gone or broken: nobody can press a key any more
        tracing::error!(%error, "the dashboard has ended");
        gone.notify_one();
        hurry_unseen(&handle).await;
    }
    let summary = down(handle).await?;
    server.close().await;
    // a terminal that is gone wants to hear nothing
    let failure = shown.err().filter(|error| !screen::is_hang_up(error));
    Ok(End { summary, failure })
}

async fn with_lines(config: &Config, start: Vec<ServiceId>, hold: Hold) -> anyhow::Result<Summary> {
    diagnostics::to_stderr();
    let names: Vec<&str> = config.services.iter().map(|service| service.name.as_str()).collect();
    let broken = Arc::new(Notify::new());
    let output = io::BufWriter::with_capacity(64 * 1024, io::stdout());
    let plain: Box<dyn Tap> =
        Box::new(Plain::new(output, &names, io::stdout().is_terminal() && colour::wanted(), Arc::clone(&broken)));
    let logs = LogStore::with_tap(config.services.len(), config.settings.scrollback, plain);
    let procfile = file::follow(config, false);
    let options = Options { start, start_when_sized: false, end_when_idle: true, procfile: Some(procfile) };
    let (handle, server) = supervise(config, options, logs, hold, broken)?;
    let summary = down(handle).await?;
    server.close().await;
    Ok(summary)
}

/// Starts the supervisor, and asks it to quit for every signal that means this, and when the terminal is `gone`.
fn supervise(
    config: &Config,
    options: Options,
    logs: LogStore,
    hold: Hold,
    gone: Arc<Notify>,
) -> anyhow::Result<(Handle, Server)> {
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let handle = supervisor::start(config, options, logs, size)?;
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut requests = listen(signal)?;
        let handle = handle.clone();
        tokio::spawn(async move {
            while requests.next().await.is_some() {
                ask_to_quit(&handle).await;
            }
        });
    }
    let mut hang_ups = listen(Signal::SIGHUP)?;
    let quitter = handle.clone();
    tokio::spawn(async move {
        while hang_ups.next_or_gone(&gone).await.is_some() {
            ask_to_quit(&quitter).await;
        }
    });
    let unwatched = handle.clone();
    tokio::spawn(async move {
        hold.orphaned.notified().await;
        ask_to_quit(&unwatched).await;
        hurry_unseen(&unwatched).await;
    });
    fault::arm()?;
    let server = hold.seat.serve(handle.clone(), &config.name).context("cannot listen on the control socket")?;
    Ok((handle, server))
}

fn listen(signal: Signal) -> anyhow::Result<Requests> {
    Requests::listen(signal).context("cannot listen for signals")
}

async fn ask_to_quit(handle: &Handle) {
    // a supervisor that is gone needs no asking
    let _gone = handle.commands.send(Command::Quit.into()).await;
}

/// Gives services a moment after nobody is there any more, and then asks once more, which kills what is left.
async fn hurry_unseen(handle: &Handle) {
    let mut board = handle.board.clone();
    let over = board.wait_for(|board| matches!(board.phase, Phase::Down(_)));
    if tokio::time::timeout(LAST_GRACE, over).await.is_err() {
        ask_to_quit(handle).await;
    }
}

/// Waits until everything is down.
async fn down(mut handle: Handle) -> anyhow::Result<Summary> {
    let board = handle
        .board
        .wait_for(|board| matches!(board.phase, Phase::Down(_)))
        .await
        .context("the supervisor has failed; the guards stop every service")?;
    match &board.phase {
        Phase::Down(summary) => Ok(summary.clone()),
        Phase::Up | Phase::Quitting { .. } => Ok(Summary::default()),
    }
}

/// Prints the last lines; a reader that is gone does not want them.
fn tell(mut output: impl io::Write, lines: &[String]) {
    for line in lines {
        let _reader_is_gone = writeln!(output, "{line}");
    }
}
