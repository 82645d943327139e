//! Runs a probe's command, under a guard of its own so that nothing of it outlives its time.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::super::outlet::are_read_out;
use super::super::start_up;
use super::last_words::LastWords;
use super::{Scene, Stop};
use crate::config::CommandLine;
use crate::engine::{Channel, Io, Launch, explain};
use crate::guard::{Guard, Report, Request};
use crate::process::{Exit, brief};

/// The longest that anything takes: added to any moment it is still a moment.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How a command ended.
struct End {
    exit: Option<Exit>,
    /// Whether its time was up.
    is_late: bool,
}

/// Runs the command with the folder and the variables of the run; returns why it failed, or `None` if it was stopped.
///
/// Nothing of it is left then.
pub(super) async fn run(
    scene: &Scene,
    command: &CommandLine,
    limit: Duration,
    stop: &mut Stop,
) -> Option<Result<(), String>> {
    let deadline = Instant::now() + limit.min(LONGEST);
    let launch = Launch { argv: scene.tools.project.argv(command), io: Io::Pipes, ..scene.launch.clone() };
    let enough = async {
        tokio::select! {
            () = sleep_until(deadline) => {}
            () = stop.asked() => {}
        }
    };
    let (mut guard, channel) = match scene.tools.guards.launch_until(&launch, enough).await {
        Ok(started) => started,
        Err(_) if stop.is_asked() => return None,
        Err(error) => return Some(Err(error.to_string())),
    };
    let words = LastWords::default();
    let listening = listen(scene, channel, &words);
    if listening.is_err() {
        kill(&mut guard).await;
    }
    let end = wait_for_end(scene, &mut guard, deadline, stop).await;
    words.over();
    scene.tools.pump.bell().ring();
    let end = end?;
    Some(match listening {
        Ok(mut pipes) => {
            are_read_out(&mut pipes).await;
            judge(&end, limit, words.line())
        }
        Err(problem) => Err(problem),
    })
}

fn judge(end: &End, limit: Duration, last_line: Option<String>) -> Result<(), String> {
    let how = match end.exit {
        _ if end.is_late => format!("did not return within {} and was killed", brief(limit)),
        Some(Exit::Code(0)) => return Ok(()),
        Some(exit) => exit.to_string(),
        None => "its end was not seen".to_owned(),
    };
    Err(last_line.map_or(how.clone(), |line| format!("{how}: {line}")))
}

/// Connects what the command prints with its last words.
fn listen(scene: &Scene, channel: Channel, words: &LastWords) -> Result<Vec<watch::Receiver<bool>>, String> {
    let Channel::Pipes { stdout, stderr } = channel else { return Err("it has a terminal".to_owned()) };
    let mut pipes = Vec::with_capacity(2);
    for (which, pipe) in [stderr, stdout].into_iter().enumerate() {
        let (ear, closed) = words.ear(which);
        scene.tools.pump.attach(pipe, ear).map_err(|error| explain(&error))?;
        pipes.push(closed);
    }
    Ok(pipes)
}

/// Waits until nothing of the command is left; its time, and a stop, end it. Returns `None` after a stop.
async fn wait_for_end(scene: &Scene, guard: &mut Guard, deadline: Instant, stop: &mut Stop) -> Option<End> {
    let (mut exit, mut is_late, mut is_stopped) = (None, false, false);
    loop {
        let is_over = tokio::select! {
            report = guard.next() => match report {
                Report::MainExited(how) => {
                    exit = Some(how);
                    true
                }
                Report::Empty { last, .. } => {
                    exit = exit.or(last);
                    break;
                }
                Report::Lost(by) => {
                    start_up::sweep(&scene.tools).await;
                    exit = exit.or(Some(by));
                    break;
                }
                Report::Signalled { .. } | Report::Stuck(_) => false,
            },
            () = sleep_until(deadline), if !is_late && exit.is_none() => {
                is_late = true;
                true
            }
            () = stop.asked(), if !is_stopped => {
                is_stopped = true;
                true
            }
        };
        if is_over {
            // what the command left behind goes too
            kill(guard).await;
        }
    }
    (!is_stopped).then_some(End { exit, is_late })
}

async fn kill(guard: &mut Guard) {
    // a guard that is already done takes no request
    let _already_done = guard.request(Request::Kill).await;
}
