//! Probes a run for as long as it lasts: one attempt after the other, and news of what came of each.

mod exec;
mod http;
mod last_words;
mod log;
mod scene;
mod tcp;

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub(crate) use self::scene::Scene;
use super::job::GUARD_ANSWERS;
use super::readiness::Purpose;
use super::wish::News;
use crate::config::{Check, CommandLine, HostPort, HttpUrl, Probe};
use crate::logs::Pattern;
use crate::process::brief;

/// The probing of one run.
pub(crate) struct Prober {
    task: JoinHandle<()>,
    /// Its end is the same wish as its `true`.
    stop: watch::Sender<bool>,
}

impl Prober {
    /// Begins to probe, once nothing of what was probed `before` is left.
    pub(crate) fn start(scene: &Arc<Scene>, purpose: Purpose, before: Option<Self>) -> Self {
        let (stop, asked) = watch::channel(false);
        let scene = Arc::clone(scene);
        let task = tokio::spawn(async move {
            if let Some(mut before) = before {
                before.stop();
                let _either_way = before.task.await;
            }
            carry(&scene, purpose, Stop(asked)).await;
        });
        Self { task, stop }
    }

    /// Ends it, with what is under way.
    pub(crate) fn stop(&mut self) {
        self.stop.send_replace(true);
    }

    /// Waits until nothing of it is left, after [`Self::stop`]; returns `false` where it does not go in time.
    pub(crate) async fn has_ended(self) -> bool {
        timeout(GUARD_ANSWERS, self.task).await.is_ok()
    }
}

/// The wish that probing ends.
struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits for it.
    async fn asked(&mut self) {
        // whoever could ask is gone: the run is over
        let _either_way = self.0.wait_for(|is_asked| *is_asked).await;
    }

    fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

/// What is looked at, with the variables of the run in it.
enum Aim {
    Http { url: HttpUrl, status: Vec<RangeInclusive<u16>>, headers: Vec<(String, String)> },
    Exec(CommandLine),
    Tcp(HostPort),
    Unix(PathBuf),
    Log(Pattern),
    Delay(Duration),
}

async fn carry(scene: &Scene, purpose: Purpose, mut stop: Stop) {
    let Some(probe) = scene.probe(purpose) else { return };
    // what has just become ready was looked at a moment ago
    let mut pause = if purpose == Purpose::Health { probe.interval } else { Duration::ZERO };
    loop {
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.asked() => return,
        }
        let Some(outcome) = attempt(scene, probe, &mut stop).await else { return };
        scene.tell(News::Probed { purpose, outcome }).await;
        if matches!(probe.check, Check::Log(_) | Check::Delay(_)) {
            return;
        }
        pause = probe.interval;
    }
}

/// Makes one attempt; `None` if it was stopped.
async fn attempt(scene: &Scene, probe: &Probe, stop: &mut Stop) -> Option<Result<(), String>> {
    let (what, aim) = match scene.resolve(&probe.check) {
        Ok(resolved) => resolved,
        Err(problem) => return Some(Err(problem)),
    };
    let outcome = match aim {
        Aim::Exec(command) => exec::run(scene, &command, probe.timeout.unwrap_or(Duration::MAX), stop).await?,
        aim @ (Aim::Http { .. } | Aim::Tcp(_) | Aim::Unix(_) | Aim::Log(_) | Aim::Delay(_)) => tokio::select! {
            outcome = look(scene, &aim) => outcome,
            limit = late(probe.timeout) => Err(match aim {
                Aim::Log(_) => format!("did not come within {}", brief(limit)),
                Aim::Http { .. } | Aim::Tcp(_) | Aim::Unix(_) | Aim::Exec(_) | Aim::Delay(_) => {
                    format!("no answer within {}", brief(limit))
                }
            }),
            () = stop.asked() => return None,
        },
    };
    Some(outcome.map_err(|error| format!("{what}: {error}")))
}

/// Waits until the time is up, and returns how long that was.
async fn late(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

async fn look(scene: &Scene, aim: &Aim) -> Result<(), String> {
    match aim {
        Aim::Http { url, status, headers } => {
            let code = http::ask(url, headers).await?;
            if status.iter().any(|range| range.contains(&code)) { Ok(()) } else { Err(http::named(code)) }
        }
        Aim::Tcp(server) => tcp::connect(server).await.map(drop),
        Aim::Unix(path) => UnixStream::connect(path).await.map(drop).map_err(|error| said(&error)),
        Aim::Log(pattern) => {
            log::wait_for(scene, pattern).await;
            Ok(())
        }
        Aim::Delay(time) => {
            sleep(*time).await;
            Ok(())
        }
        // it ends its processes itself, and is not asked here
        Aim::Exec(_) => Ok(()),
    }
}

/// Says an error of the system's in few words.
fn said(error: &io::Error) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the system has many more kinds, which say themselves what they are"
    )]
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        kind @ (io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::BrokenPipe) => kind.to_string(),
        _ => error.to_string(),
    }
}
