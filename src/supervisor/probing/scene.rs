//! What the probes of a run know of it: its environment, its output, and who is told.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::super::environment::{self, Variables};
use super::super::job::{Job, Tools, Word};
use super::super::readiness::Purpose;
use super::super::wish::News;
use super::Aim;
use crate::config::{Check, HostPort, HttpUrl, Probe, Service};
use crate::engine::Launch;
use crate::id::{RunId, ServiceId};
use crate::logs::Pattern;

/// What the probes of a run know of it.
pub(crate) struct Scene {
    pub(super) service: ServiceId,
    run: RunId,
    config: Arc<Service>,
    pub(super) tools: Arc<Tools>,
    words: mpsc::Sender<(ServiceId, RunId, Word)>,
    /// What the run was started with.
    pub(super) launch: Launch,
    variables: Variables,
    /// Change whenever something is printed.
    pub(super) outputs: Vec<watch::Receiver<bool>>,
    /// The first line of the log that may be of this run.
    pub(super) log_from: u64,
}

impl Scene {
    /// Returns the number that the first line of a run gets that has not begun yet.
    pub(crate) fn log_begins(job: &Job) -> u64 {
        job.tools.logs.lock(job.service).map_or(0, |log| log.settled())
    }

    /// Keeps what the probes of a run need; `outputs` tell that something was printed.
    pub(crate) fn new(job: &Job, launch: Launch, outputs: &[watch::Receiver<bool>], log_from: u64) -> Self {
        Self {
            service: job.service,
            run: job.run,
            config: Arc::clone(&job.config),
            tools: Arc::clone(&job.tools),
            words: job.words.clone(),
            variables: launch.env.iter().cloned().collect(),
            launch,
            outputs: outputs.to_vec(),
            log_from,
        }
    }

    pub(super) fn probe(&self, purpose: Purpose) -> Option<&Probe> {
        match purpose {
            Purpose::Ready => self.config.ready.as_ref(),
            Purpose::Health => self.config.health.as_ref(),
        }
    }

    pub(super) async fn tell(&self, news: News) {
        // the supervisor is gone only when the program ends; there is nobody left to tell then
        let _nobody_listens = self.words.send((self.service, self.run, Word::News(news))).await;
    }

    /// Returns what is looked at, with the run's variables in it, and how to call it.
    pub(super) fn resolve(&self, check: &Check) -> Result<(String, Aim), String> {
        let fill =
            |text: &str, key: &str| environment::expand(text, &self.variables, key).map_err(|unset| unset.to_string());
        Ok(match check {
            Check::Http { url, status, headers } => {
                let url = fill(url, "http")?;
                let parsed = HttpUrl::parse(&url).map_err(|error| format!("GET {url}: {error}"))?;
                let headers = headers.iter().map(|(name, text)| {
                    let text = fill(text, "headers")?;
                    // whoever sets a variable must not get to write other headers
                    let is_line = !text.chars().any(char::is_control);
                    if is_line { Ok((name.clone(), text)) } else { Err(format!("the header {name} is no line")) }
                });
                let headers = headers.collect::<Result<_, String>>()?;
                (format!("GET {url}"), Aim::Http { url: parsed, status: status.clone(), headers })
            }
            Check::Tcp(address) => {
                let address = fill(address, "tcp")?;
                let parsed = HostPort::parse(&address).map_err(|error| format!("tcp {address}: {error}"))?;
                (format!("tcp {address}"), Aim::Tcp(parsed))
            }
            Check::Unix(path) => {
                let path = fill(path, "unix")?;
                (format!("unix {path}"), Aim::Unix(self.tools.project.root.join(path)))
            }
            Check::Log(text) => {
                let pattern = Pattern::new(text).map_err(|error| error.to_string())?;
                (check.to_string(), Aim::Log(pattern))
            }
            Check::Exec(command) => (check.to_string(), Aim::Exec(command.clone())),
            Check::Delay(time) => (check.to_string(), Aim::Delay(*time)),
        })
    }
}
