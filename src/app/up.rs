//! `procdash up`: reads the file, starts the supervisor, shows it, and ends when everything is down.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Notify;

use super::requests::Requests;
use super::{colour, diagnostics, farewell, fault, screen};
use crate::cli::{self, Plain, UpArguments};
use crate::config::Config;
use crate::id::ServiceId;
use crate::signal::Signal;
use crate::supervisor::{self, Command, Handle, LogStore, Options, Phase, Summary, Tap};

/// The arguments or the file are wrong; nothing was started.
const USAGE: u8 = 2;

/// Runs the services of a file until the end.
pub(crate) fn up(words: &UpArguments) -> ExitCode {
    let (config, start) = match choose(words) {
        Ok(chosen) => chosen,
        Err(problem) => return refuse(&problem),
    };
    let watched = !words.no_tui && io::stdout().is_terminal() && io::stdin().is_terminal();
    match run(&config, start, watched) {
        Ok(summary) => {
            let code = farewell::exit_code(&summary, watched);
            tell(&farewell::lines(&summary));
            ExitCode::from(code)
        }
        Err(error) => {
            tell(&[format!("procdash: {error:#}")]);
            ExitCode::FAILURE
        }
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
fn refuse(problem: &str) -> ExitCode {
    let _reader_is_gone = writeln!(io::stderr(), "{}", problem.trim_end());
    ExitCode::from(USAGE)
}

/// Returns the services to start: those named, or those that start by themselves.
fn chosen(config: &Config, names: &[String]) -> Result<Vec<ServiceId>, String> {
    let all = || (0..).map(ServiceId::new).zip(&config.services);
    if names.is_empty() {
        return Ok(all().filter(|(_, service)| service.autostart).map(|(id, _)| id).collect());
    }
    names
        .iter()
        .map(|name| {
            let found = all().find(|(_, service)| &service.name == name).map(|(id, _)| id);
            found.ok_or_else(|| {
                let known: Vec<&str> = config.services.iter().map(|service| service.name.as_str()).collect();
                format!("error: no service is called `{name}`; there are: {}", known.join(", "))
            })
        })
        .collect()
}

fn run(config: &Config, start: Vec<ServiceId>, watched: bool) -> anyhow::Result<Summary> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("procdash-worker")
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let summary = runtime.block_on(async {
        if watched { with_dashboard(config, start).await } else { with_lines(config, start).await }
    });
    // whatever still blocks (a reader of our output that hangs) must not hold up the end
    runtime.shutdown_background();
    summary
}

async fn with_dashboard(config: &Config, start: Vec<ServiceId>) -> anyhow::Result<Summary> {
    diagnostics::to_panel();
    let logs = LogStore::new(config.services.len(), config.settings.scrollback);
    let options = Options { start, start_when_sized: true, end_when_idle: false };
    let gone = Arc::new(Notify::new());
    let handle = supervise(config, options, logs, Arc::clone(&gone))?;
    let shown = screen::show(config, handle.clone()).await;
    if let Err(error) = &shown {
        // the terminal is gone or broken: nobody can press a key any more
        tracing::error!(%error, "the dashboard has ended");
        gone.notify_one();
    }
    let summary = down(handle).await?;
    match shown {
        Err(error) if !screen::is_hang_up(&error) => Err(error).context("everything was stopped"),
        Ok(()) | Err(_) => Ok(summary),
    }
}

async fn with_lines(config: &Config, start: Vec<ServiceId>) -> anyhow::Result<Summary> {
    diagnostics::to_stderr();
    let names: Vec<&str> = config.services.iter().map(|service| service.name.as_str()).collect();
    let broken = Arc::new(Notify::new());
    let output = io::BufWriter::with_capacity(64 * 1024, io::stdout());
    let plain: Box<dyn Tap> =
        Box::new(Plain::new(output, &names, io::stdout().is_terminal() && colour::wanted(), Arc::clone(&broken)));
    let logs = LogStore::with_tap(config.services.len(), config.settings.scrollback, plain);
    let options = Options { start, start_when_sized: false, end_when_idle: true };
    down(supervise(config, options, logs, broken)?).await
}

/// Starts the supervisor, and asks it to quit for every signal that means this, and when the terminal is `gone`.
fn supervise(config: &Config, options: Options, logs: LogStore, gone: Arc<Notify>) -> anyhow::Result<Handle> {
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
    fault::arm()?;
    Ok(handle)
}

fn listen(signal: Signal) -> anyhow::Result<Requests> {
    Requests::listen(signal).context("cannot listen for signals")
}

async fn ask_to_quit(handle: &Handle) {
    // a supervisor that is gone needs no asking
    let _gone = handle.commands.send(Command::Quit).await;
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
fn tell(lines: &[String]) {
    let mut output = io::stdout().lock();
    for line in lines {
        let _reader_is_gone = writeln!(output, "{line}");
    }
}
