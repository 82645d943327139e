//! Brings a run up: puts its launch together, starts its guard, connects its output with the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::environment;
use super::job::{Order, Tools};
use super::live::Live;
use super::outlet::Outlet;
use crate::config::{CommandLine, Service};
use crate::engine::{Channel, Io, Launch, explain};
use crate::guard::{Guard, Report, Request};
use crate::id::ServiceId;
use crate::logs::Source;
use crate::process::Verdict;

/// How long a start may still take after a kill was ordered; then it is given up.
pub(crate) const START_ENDS: Duration = Duration::from_secs(2);

/// A guard, the terminal above its service if there is one, and what tells that each of its outputs is closed.
pub(crate) type Begun = (Guard, Option<Arc<Live>>, Vec<watch::Receiver<bool>>);

/// What is to be seen of a run in a browser, if anything; or why that cannot be told.
pub(crate) type Address = Result<Option<String>, String>;

/// Takes orders that come before there is a guard to carry them out, until one is a kill or nobody is left to give any.
pub(crate) async fn until_killed(orders: &mut mpsc::Receiver<Order>, early: &mut VecDeque<Order>) {
    while let Some(order) = orders.recv().await {
        let is_kill = matches!(order, Order::Kill);
        early.push_back(order);
        if is_kill {
            // a start that is only under way ends sooner through its guard
            return tokio::time::sleep(START_ENDS).await;
        }
    }
}

/// Starts the run's guard and connects its output; a start that has not come to anything once `enough` is over is given up.
///
/// What it was started with is returned as well: its probes look with the same variables.
///
/// # Errors
/// Says why nothing runs; nothing of it is left then.
pub(crate) async fn begin(
    service: ServiceId,
    config: &Arc<Service>,
    tools: &Arc<Tools>,
    enough: impl Future<Output = ()>,
) -> Result<(Begun, Launch, Address), String> {
    let (columns, rows) = tools.size(service);
    let io = if config.tty { Io::Terminal { columns, rows } } else { Io::Pipes };
    let Some(command) = config.command.clone() else { return Err("it has no command".to_owned()) };
    let launch = prepare(tools, config, command, io).await?;
    let address = environment::address(config, &launch.env).map_err(|problem| problem.to_string());
    let begun = raise(service, &launch, tools, enough).await?;
    Ok((begun, launch, address))
}

/// Starts a guard for `launch` and connects its output with the service's log, as [`begin`] does.
///
/// # Errors
/// As there.
pub(crate) async fn raise(
    service: ServiceId,
    launch: &Launch,
    tools: &Tools,
    enough: impl Future<Output = ()>,
) -> Result<Begun, String> {
    let (guard, channel) = tools.guards.launch_until(launch, enough).await.map_err(|error| error.to_string())?;
    match connect(tools, service, channel) {
        Ok((terminal, closed)) => Ok((guard, terminal, closed)),
        Err(error) => {
            end(tools, guard).await;
            Err(explain(&error))
        }
    }
}

/// Puts the launch of one of the service's commands together; that reads files, so it is done elsewhere.
pub(crate) async fn prepare(
    tools: &Arc<Tools>,
    config: &Arc<Service>,
    command: CommandLine,
    io: Io,
) -> Result<Launch, String> {
    let (tools, config) = (Arc::clone(tools), Arc::clone(config));
    tokio::task::spawn_blocking(move || tools.project.launch(&config, &command, io))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())
}

/// Kills what a guard guards, for a run whose output cannot be read; returns once nothing is left.
async fn end(tools: &Tools, mut guard: Guard) {
    // a guard that takes no request has ended, and says so next
    let _said_next = guard.request(Request::Kill).await;
    loop {
        match guard.next().await {
            Report::Empty { .. } => return,
            Report::Lost(_) => break,
            Report::Stuck(survivors) => tracing::warn!(?survivors, "what was started in vain does not end"),
            Report::MainExited(_) | Report::Signalled { .. } => {}
        }
    }
    sweep(tools).await;
}

/// Kills what a lost guard has left to procdash; returns once nothing is left.
pub(crate) async fn sweep(tools: &Tools) {
    // each takes up to three seconds before it gives up
    while tools.guards.sweep_orphans().await.verdict != Verdict::Gone {}
}

/// The terminal above a service if there is one, and what tells that each of its outputs is closed.
type Connected = (Option<Arc<Live>>, Vec<watch::Receiver<bool>>);

/// Connects what the run prints with the service's log.
fn connect(tools: &Tools, service: ServiceId, channel: Channel) -> std::io::Result<Connected> {
    let outlet = |source| Outlet::new(tools, service, source);
    let attach = |fd, (outlet, closed): (Outlet, _)| tools.pump.attach(fd, Box::new(outlet)).map(|()| closed);
    match channel {
        Channel::Terminal(terminal) => {
            let reader = terminal.reader()?;
            let live = tools.screens.begin(service, terminal, tools.size(service));
            let (outlet, closed) = outlet(Source::Output);
            let closed = attach(reader, (outlet.onto(Arc::clone(&live)), closed))?;
            Ok((Some(live), vec![closed]))
        }
        Channel::Pipes { stdout, stderr } => {
            Ok((None, vec![attach(stdout, outlet(Source::Output))?, attach(stderr, outlet(Source::Error))?]))
        }
    }
}
