//! What the answers are made of: the board as plain words and numbers, for scripts and for people. Pure.

mod port;
mod reasons;

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

pub use self::port::{HolderRow, ListenerRow, PortRow};
pub use self::reasons::{CauseRow, Reasons};
use crate::process::{Exit, Member, Survivor};
use crate::signal::Signal;
use crate::supervisor::{EndedRun, HowItEnded, KillReport, ServiceStatus};

/// How everything stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// The project's name.
    pub project: String,
    /// Which life of procdash this is.
    pub run_id: String,
    /// Its process.
    pub pid: u32,
    /// Whether it is on its way to its end.
    pub quitting: bool,
    /// The services, in the order of the file.
    pub services: Vec<ServiceRow>,
}

/// How one service stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceRow {
    /// Its name.
    pub name: String,
    /// The word of its state.
    pub state: String,
    /// The main process, while it lives.
    pub pid: Option<u32>,
    /// When the present run began.
    pub started_at: Option<Timestamp>,
    /// How long that is ago.
    pub uptime_ms: Option<u64>,
    /// How often it was started again by itself, in a row.
    pub restarts: u32,
    /// How the last run ended.
    pub exit: Option<ExitRow>,
    /// Share of one processor over the whole tree, in percent.
    pub cpu_percent: f64,
    /// Resident memory of the whole tree.
    pub memory_bytes: u64,
    /// The TCP ports that its tree listens on, ascending.
    pub ports: Vec<u16>,
    /// What it waits for before it starts.
    pub blocked_on: Vec<String>,
    /// Its processes, parents before children.
    pub tree: Vec<ProcessRow>,
    /// The number of its run, 0 before the first.
    pub run: u32,
    /// When it will be started again by itself.
    pub next_start_ms: Option<u64>,
    /// Why it could not be started.
    pub problem: Option<String>,
    /// Who holds which port.
    pub listeners: Vec<ListenerRow>,
    /// What could not be killed.
    pub survivors: Vec<SurvivorRow>,
    /// The port that it expects to have.
    #[serde(default)]
    pub port: Option<PortRow>,
    /// The names by which it can be meant together with others.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Why the last attempt of its probe has failed, while it is probed.
    #[serde(default)]
    pub probe_error: Option<String>,
}

/// How a run ended: with a code, or by a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitRow {
    /// It returned this code.
    Code(i32),
    /// This signal ended it, by its name or, where that is not known, its number.
    Signal(String),
}

/// One process of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRow {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub ppid: u32,
    /// When it began, in clock ticks since the machine started: with the number, who it is.
    pub start: u64,
    /// Its command line.
    pub command: String,
    /// What it is doing.
    pub state: String,
}

/// A process that is known by number and command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Its number.
    pub pid: u32,
    /// Its command line.
    pub command: String,
}

/// A process that should be gone and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurvivorRow {
    /// Its number.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// What it is doing.
    pub state: String,
    /// Why it could not be ended.
    pub reason: String,
}

/// The processes of some services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trees {
    /// One for each service that was asked for.
    pub services: Vec<Tree>,
}

/// The processes of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Whose.
    pub service: String,
    /// The word of its state.
    pub state: String,
    /// Parents before children.
    pub tree: Vec<ProcessRow>,
}

/// What became of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// Whether the time was up before all were as wanted.
    pub timed_out: bool,
    /// How each stands.
    pub services: Vec<WaitedRow>,
}

/// How one service stands at the end of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitedRow {
    /// Which.
    pub service: String,
    /// The word of its state.
    pub state: String,
    /// Whether it is as wanted.
    pub reached: bool,
    /// Why it will not become so by itself.
    pub problem: Option<String>,
    /// How its last run ended.
    pub exit: Option<ExitRow>,
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signalled {
    /// Whose processes.
    pub service: String,
    /// What was sent.
    pub signal: Signal,
    /// How many processes the kernel took it for.
    pub delivered: usize,
    /// Those that were not signalled, each with its reason.
    pub refused: Vec<String>,
}

/// What became of a request, service by service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// In the order in which they were asked for.
    pub outcomes: Vec<Outcome>,
}

/// What became of a request about one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which.
    pub service: String,
    /// What was asked for: start, stop, restart, kill, remove or quit.
    pub action: String,
    /// Who was there when its end began.
    pub members: Vec<MemberRow>,
    /// Who is left.
    pub survivors: Vec<SurvivorRow>,
    /// Whether the service is where it should be, and a look at the process table agrees that nothing else is left.
    pub verified: bool,
    /// From the request to the last look, or to the start.
    pub elapsed_ms: u64,
    /// Of it, from the last step to the look.
    pub checked_in_ms: u64,
    /// Which step ended it: stop-command, grace, force or by-itself.
    pub how: Option<String>,
    /// How many were killed by SIGKILL.
    pub killed: u64,
    /// The ports that nobody listens on any more.
    pub ports_freed: Vec<u16>,
    /// The word of its state afterwards.
    pub state: String,
    /// The main process afterwards.
    pub pid: Option<u32>,
    /// Whether there was nothing to do.
    pub nothing_to_do: bool,
    /// Why it was not done.
    pub problem: Option<String>,
}

impl ServiceRow {
    /// Returns a service as it stands at `now`, which a clock on the wall calls `wall`.
    pub(super) fn new(status: &ServiceStatus, tree: &[Member], now: Instant, wall: Timestamp) -> Self {
        let uptime = status.started.map(|started| now.saturating_duration_since(started));
        let ports: std::collections::BTreeSet<u16> =
            status.listeners.iter().map(|listener| listener.address.port()).collect();
        Self {
            name: status.name.to_string(),
            state: status.state.word().to_owned(),
            pid: status.main.map(|main| main.pid),
            started_at: uptime.and_then(|uptime| began(wall, uptime)),
            uptime_ms: uptime.map(millis),
            restarts: status.restarts,
            exit: status.ended.as_ref().and_then(ExitRow::of),
            cpu_percent: (f64::from(status.usage.cpu_percent) * 10.0).round() / 10.0,
            memory_bytes: status.usage.memory,
            ports: ports.into_iter().collect(),
            blocked_on: port::blocked_on(status),
            tree: tree.iter().map(ProcessRow::from).collect(),
            run: status.run.number(),
            next_start_ms: next_start(status).map(|next| millis(next.saturating_duration_since(now))),
            problem: status.problem.as_deref().map(str::to_owned),
            listeners: status.listeners.iter().map(ListenerRow::from).collect(),
            survivors: status.survivors.iter().map(SurvivorRow::from).collect(),
            port: status.port.as_ref().map(PortRow::from),
            groups: status.groups.iter().map(ToString::to_string).collect(),
            probe_error: status.probing.as_ref().and_then(|probing| probing.error.as_deref()).map(str::to_owned),
        }
    }
}

/// Returns when a service is started by its restart policy or, where that does not, by its schedule.
fn next_start(status: &ServiceStatus) -> Option<Instant> {
    status.next_start.or_else(|| status.next_run.as_ref().map(|next| next.at))
}

impl ExitRow {
    /// Returns how a run ended, if it ever began.
    pub(super) fn of(ended: &EndedRun) -> Option<Self> {
        Some(match ended.exit? {
            Exit::Code(code) => Self::Code(code),
            Exit::Signal { number, .. } => {
                let known = Signal::from_number(number);
                Self::Signal(known.map_or_else(|| number.to_string(), |signal| signal.name().to_owned()))
            }
        })
    }
}

impl From<&Member> for ProcessRow {
    fn from(member: &Member) -> Self {
        Self {
            pid: member.id.pid,
            ppid: member.parent,
            start: member.id.start,
            command: member.command.clone(),
            state: member.state.word().to_owned(),
        }
    }
}

impl From<&Survivor> for SurvivorRow {
    fn from(survivor: &Survivor) -> Self {
        Self {
            pid: survivor.id.pid,
            command: survivor.command.clone(),
            state: survivor.state.word().to_owned(),
            reason: survivor.reason.clone(),
        }
    }
}

impl Outcome {
    /// Fills in what the end of a run has found.
    pub(super) fn with_report(self, report: &KillReport) -> Self {
        let how = match report.how {
            HowItEnded::Acknowledged => "stop-command",
            HowItEnded::InGrace => "grace",
            HowItEnded::Forced => "force",
            HowItEnded::ByItself => "by-itself",
        };
        let member = |member: &Member| MemberRow { pid: member.id.pid, command: member.command.clone() };
        Self {
            members: report.members.iter().map(|fate| member(&fate.member)).collect(),
            survivors: report.survivors.iter().map(SurvivorRow::from).collect(),
            elapsed_ms: millis(report.took),
            checked_in_ms: millis(report.checked_in),
            how: Some(how.to_owned()),
            killed: report.killed,
            ports_freed: report.freed.clone(),
            ..self
        }
    }
}

/// Returns the moment so long before `wall`, in whole milliseconds: what is finer is only how quickly the clocks were read.
fn began(wall: Timestamp, uptime: Duration) -> Option<Timestamp> {
    let began = wall.checked_sub(SignedDuration::try_from(uptime).ok()?).ok()?;
    began.round(Unit::Millisecond).ok()
}

/// Returns whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Listener, ProcessId, ProcessState};
    use crate::supervisor::State;

    #[test]
    fn a_service_is_told_in_the_shape_that_was_promised() {
        let now = Instant::now();
        let id = ProcessId { pid: 41, start: 9 };
        let status = ServiceStatus {
            state: State::Running,
            main: Some(id),
            started: now.checked_sub(Duration::from_mins(1)),
            listeners: [3000, 3000, 80]
                .map(|port| Listener { address: ([127, 0, 0, 1], port).into(), process: id })
                .into(),
            ..ServiceStatus::never_started("api".into())
        };
        let member = Member {
            id,
            parent: 40,
            group: 41,
            depth: 0,
            command: "node x".to_owned(),
            state: ProcessState::Sleeping,
            cpu_percent: 0.44,
            memory: 1,
        };
        let wall: Timestamp = "2026-01-02T03:05:05Z".parse().unwrap();
        let json = serde_json::to_value(ServiceRow::new(&status, &[member], now, wall)).unwrap();
        assert_eq!(json["started_at"], "2026-01-02T03:04:05Z");
        assert_eq!((json["uptime_ms"].as_u64(), json["pid"].as_u64()), (Some(60_000), Some(41)));
        assert_eq!(json["ports"], serde_json::json!([80, 3000]));
        let tree = serde_json::json!([{"pid":41,"ppid":40,"start":9,"command":"node x","state":"sleeping"}]);
        assert_eq!(
            (&json["tree"], &json["blocked_on"], &json["exit"]),
            (&tree, &serde_json::json!([]), &serde_json::json!(null))
        );
    }

    #[test]
    fn an_end_is_a_code_or_the_name_of_a_signal() {
        let told = |exit| {
            let row = ExitRow::of(&EndedRun { exit, ran: Duration::ZERO, asked: false, unfit: None });
            serde_json::to_string(&row).unwrap()
        };
        assert_eq!(told(Some(Exit::Code(3))), r#"{"code":3}"#);
        assert_eq!(told(Some(Exit::Signal { number: 9, core_dumped: false })), r#"{"signal":"SIGKILL"}"#);
        assert_eq!(told(Some(Exit::Signal { number: 60, core_dumped: false })), r#"{"signal":"60"}"#);
        assert_eq!(told(None), "null");
    }
}
