//! Runs a service's stop command, under a guard of its own so that it too leaves nothing behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::course::CommandOutcome;
use super::job::{GUARD_ANSWERS, Job, Tools};
use super::notes;
use super::start_up::{self, START_ENDS};
use crate::config::{CommandLine, Service};
use crate::engine::Io;
use crate::guard::{Report, Request};
use crate::id::ServiceId;
use crate::logs::Tone;
use crate::process::Exit;

/// A stop command under way.
pub(crate) struct StopCommand {
    task: JoinHandle<CommandOutcome>,
    kill: mpsc::Sender<()>,
    began: Instant,
    /// Why it is being killed, and until when it has to be gone.
    killed: Option<(CommandOutcome, Instant)>,
}

impl StopCommand {
    /// Starts it; what it prints goes to the service's log.
    pub(crate) fn start(job: &Job, command: CommandLine) -> Self {
        job.note((Tone::Calm, notes::stop_command(&command)));
        // one message at most: a second kill of the same command says nothing new
        let (kill, killed) = mpsc::channel(1);
        let task = carry(Arc::clone(&job.tools), job.service, Arc::clone(&job.config), command, killed);
        Self { task: tokio::spawn(task), kill, began: Instant::now(), killed: None }
    }

    /// Waits for its end and returns what became of it. Cancel-safe.
    pub(crate) async fn finished(slot: &mut Option<Self>) -> CommandOutcome {
        let Some(command) = slot else { return std::future::pending().await };
        let outcome =
            (&mut command.task).await.unwrap_or_else(|failure| CommandOutcome::NotStarted(failure.to_string()));
        match command.killed.take() {
            // it may have returned in the instant in which it was to be killed
            Some((why, _)) if outcome != CommandOutcome::Succeeded => why,
            Some(_) | None => outcome,
        }
    }

    /// Ends it with all that it started, for the reason that is given; [`Self::finished`] tells when nothing of it is left.
    pub(crate) fn kill(&mut self, why: CommandOutcome) {
        let _asked_before = self.kill.try_send(());
        self.killed.get_or_insert_with(|| (why, Instant::now() + GUARD_ANSWERS));
    }

    /// Returns how long ago it was started.
    pub(crate) fn lasted(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns until when it has to be gone; `None` while nobody has killed it.
    pub(crate) fn end_by(&self) -> Option<Instant> {
        self.killed.as_ref().map(|(_, end_by)| *end_by)
    }
}

async fn carry(
    tools: Arc<Tools>,
    service: ServiceId,
    config: Arc<Service>,
    command: CommandLine,
    mut killed: mpsc::Receiver<()>,
) -> CommandOutcome {
    match run(&tools, service, &config, command, &mut killed).await {
        Ok(Exit::Code(0)) => CommandOutcome::Succeeded,
        Ok(exit) => CommandOutcome::Failed(exit),
        Err(problem) => CommandOutcome::NotStarted(problem),
    }
}

async fn run(
    tools: &Arc<Tools>,
    service: ServiceId,
    config: &Arc<Service>,
    command: CommandLine,
    killed: &mut mpsc::Receiver<()>,
) -> Result<Exit, String> {
    let launch = start_up::prepare(tools, config, command, Io::Pipes).await?;
    let enough = async {
        // a sender that is gone has no wish
        if killed.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(START_ENDS).await;
    };
    let (mut guard, _no_terminal, _closed) = start_up::raise(service, &launch, tools, enough).await?;
    let mut exit = None;
    loop {
        let over = tokio::select! {
            report = guard.next() => match report {
                Report::MainExited(how) => {
                    exit = Some(how);
                    true
                }
                Report::Empty { last, .. } => {
                    return exit.or(last).ok_or_else(|| "its end was not seen".to_owned());
                }
                Report::Lost(by) => {
                    start_up::sweep(tools).await;
                    return Ok(exit.unwrap_or(by));
                }
                Report::Signalled { .. } | Report::Stuck(_) => false,
            },
            // a sender that is gone has no wish: the supervisor ends, and the guard with it
            Some(()) = killed.recv() => true,
        };
        if over {
            // what the command left behind goes too; a guard that is already done takes no request
            let _already_done = guard.request(Request::Kill).await;
        }
    }
}
