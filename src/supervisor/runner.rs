//! Carries one run of one service: starts its guard, passes orders on, brings news back, looks at the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::log_store::LogStore;
use super::outlet::Outlet;
use super::prepare::Project;
use super::status::{Fate, MemberFate};
use super::stop_command::StopCommand;
use super::wish::News;
use crate::config::{CommandLine, Service};
use crate::engine::{Channel, Io, Pump, Terminal, look, members};
use crate::guard::{Guard, Guards, Reach, Report, Request};
use crate::id::{RunId, ServiceId};
use crate::logs::{Source, Tone};
use crate::process::{Exit, Member, ProcessId, Verdict};
use crate::signal::Signal;

/// How long the last output of a run whose tree is gone may take to come out of its pty.
const LAST_OUTPUT: Duration = Duration::from_secs(2);
/// How long a guard may take to answer a kill; it reports resistance itself after three seconds.
const GUARD_ANSWERS: Duration = Duration::from_secs(6);
/// Orders that may wait for a runner; when full, the supervisor says so and the person asks again.
pub(crate) const ORDERS: usize = 32;

/// What a runner is told.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Run the stop command.
    RunStopCommand(CommandLine),
    /// End the stop command.
    KillStopCommand,
    /// Ask the run to end with this signal.
    Stop(Signal),
    /// Type this into the terminal.
    Type(String),
    /// Kill the tree.
    Kill,
    /// Send a signal to this part of the tree.
    Signal(Signal, Reach),
}

/// What a runner tells.
#[derive(Debug)]
pub(crate) enum Word {
    /// Something the machine has to know.
    News(News),
    /// The run is over: what was found is told before `News::Ended`.
    Found(Findings),
    /// A signal has been sent.
    Signalled {
        /// What.
        signal: Signal,
        /// To whom.
        to: Reach,
        /// To how many.
        delivered: u64,
        /// Who was not signalled, and why.
        refused: Vec<String>,
    },
    /// An order could not be carried out.
    Failed(String),
}

/// What was found at the end of a run.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Who was there when the end began, and what became of each.
    pub(crate) members: Vec<MemberFate>,
    /// How many were killed by SIGKILL.
    pub(crate) killed: u64,
    /// From the last step to the look.
    pub(crate) checked_in: Duration,
}

/// Everything a run is carried with.
pub(crate) struct Job {
    pub(crate) service: ServiceId,
    pub(crate) run: RunId,
    pub(crate) config: Arc<Service>,
    pub(crate) tools: Arc<Tools>,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) words: mpsc::Sender<(ServiceId, RunId, Word)>,
}

/// What all runs share.
pub(crate) struct Tools {
    pub(crate) project: Project,
    pub(crate) guards: Guards,
    pub(crate) pump: Pump,
    pub(crate) logs: LogStore,
    /// Columns and rows of the log pane.
    pub(crate) size: watch::Receiver<(u16, u16)>,
}

/// Carries one run from its launch to the look at its end.
pub(crate) async fn carry(mut job: Job) {
    let started = Instant::now();
    match begin(&job).await {
        Ok((guard, terminal, closed)) => {
            let main = guard.main();
            job.tell(Word::News(News::Started { main, guard: guard.id().pid })).await;
            let runner = Runner {
                guard,
                terminal,
                closed,
                seen: Seen { members: vec![], last_step: started },
                main,
                stop_command: None,
                answer_by: None,
                sent: VecDeque::new(),
                job: &mut job,
            };
            runner.run().await;
        }
        Err(problem) => job.tell(Word::News(News::NotStarted(problem))).await,
    }
}

type Begun = (Guard, Option<Terminal>, Vec<watch::Receiver<bool>>);

async fn begin(job: &Job) -> Result<Begun, String> {
    let (columns, rows) = *job.tools.size.borrow();
    let controlling = !job.config.daemon;
    let io = if job.config.tty { Io::Terminal { columns, rows, controlling } } else { Io::Pipes };
    let tools = Arc::clone(&job.tools);
    let config = Arc::clone(&job.config);
    // reads environment files
    let launch = tokio::task::spawn_blocking(move || tools.project.launch(&config, io))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let (guard, channel) = job.tools.guards.launch(&launch).await.map_err(|error| error.to_string())?;
    let (terminal, closed) = connect(&job.tools, job.service, channel).map_err(|error| error.to_string())?;
    Ok((guard, terminal, closed))
}

/// Connects what the run prints with the service's log.
pub(crate) fn connect(
    tools: &Tools,
    service: ServiceId,
    channel: Channel,
) -> std::io::Result<(Option<Terminal>, Vec<watch::Receiver<bool>>)> {
    let attach = |fd, source| {
        let (outlet, closed) = Outlet::new(tools.logs.clone(), service, source);
        tools.pump.attach(fd, Box::new(outlet)).map(|()| closed)
    };
    match channel {
        Channel::Terminal(terminal) => {
            let closed = attach(terminal.reader()?, Source::Output)?;
            Ok((Some(terminal), vec![closed]))
        }
        Channel::Pipes { stdout, stderr } => {
            Ok((None, vec![attach(stdout, Source::Output)?, attach(stderr, Source::Error)?]))
        }
    }
}

impl Job {
    async fn tell(&self, word: Word) {
        // the supervisor is gone only when the program ends; there is nobody left to tell then
        let _nobody_listens = self.words.send((self.service, self.run, word)).await;
    }
}

/// Who was seen to belong to the run when its end began.
struct Seen {
    members: Vec<Member>,
    last_step: Instant,
}

struct Runner<'a> {
    job: &'a mut Job,
    guard: Guard,
    terminal: Option<Terminal>,
    closed: Vec<watch::Receiver<bool>>,
    seen: Seen,
    main: ProcessId,
    stop_command: Option<StopCommand>,
    /// Until when the guard has to answer a kill.
    answer_by: Option<Instant>,
    /// The signals that the guard has not answered yet, oldest first.
    sent: VecDeque<(Signal, Reach)>,
}

impl Runner<'_> {
    async fn run(mut self) {
        let mut size = self.job.tools.size.clone();
        loop {
            let answer_by = self.answer_by.unwrap_or_else(Instant::now).into();
            tokio::select! {
                report = self.guard.next() => {
                    if self.heard(report).await {
                        return;
                    }
                }
                order = self.job.orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    // the supervisor has let go: the guard ends the run when its socket closes
                    None => return,
                },
                Ok(()) = size.changed() => self.resize(*size.borrow_and_update()),
                succeeded = StopCommand::finished(&mut self.stop_command), if self.stop_command.is_some() => {
                    self.stop_command = None;
                    self.tell(News::StopCommandEnded { succeeded }).await;
                }
                () = tokio::time::sleep_until(answer_by), if self.answer_by.is_some() => {
                    tracing::warn!(service = %self.job.config.name, "the guard does not answer and is replaced");
                    self.answer_by = None;
                    self.guard.give_up();
                }
            }
        }
    }

    async fn tell(&self, news: News) {
        self.job.tell(Word::News(news)).await;
    }

    /// Takes a report; returns whether the run is over.
    async fn heard(&mut self, report: Report) -> bool {
        match report {
            Report::MainExited(exit) => {
                self.seen.last_step = Instant::now();
                self.look_around().await;
                self.tell(News::MainExited(exit)).await;
            }
            Report::Signalled { delivered, refused } => {
                if let Some((signal, to)) = self.sent.pop_front() {
                    self.job.tell(Word::Signalled { signal, to, delivered, refused }).await;
                }
            }
            Report::Stuck(survivors) => {
                self.answer_by = None;
                self.tell(News::Resists(survivors)).await;
            }
            Report::Empty { last, killed } => {
                self.conclude(last, killed).await;
                return true;
            }
            Report::Lost(by) => {
                self.inherit(by).await;
                return true;
            }
        }
        false
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::RunStopCommand(command) => {
                self.look_around().await;
                self.stop_command = Some(StopCommand::start(self.job, command));
            }
            Order::KillStopCommand => {
                if let Some(command) = self.stop_command.take() {
                    command.kill();
                }
            }
            Order::Stop(signal) => {
                self.look_around().await;
                self.request(Request::Stop { signal }).await;
            }
            Order::Type(text) => self.type_text(&text).await,
            Order::Kill => {
                self.look_around().await;
                self.seen.last_step = Instant::now();
                self.answer_by = Some(Instant::now() + GUARD_ANSWERS);
                self.request(Request::Kill).await;
            }
            Order::Signal(signal, to) => {
                self.sent.push_back((signal, to));
                self.request(Request::Signal { signal, to }).await;
            }
        }
    }

    async fn request(&mut self, request: Request) {
        if let Err(lost) = self.guard.request(request).await {
            // its end is heard of as a report; that is where the run is taken over
            tracing::debug!(service = %self.job.config.name, %lost, "the guard took no request");
        }
    }

    async fn type_text(&mut self, text: &str) {
        self.look_around().await;
        let typed = self.terminal.as_ref().map(|terminal| terminal.type_bytes(text.as_bytes()));
        match typed {
            Some(Ok(count)) if count == text.len() => {}
            Some(Ok(_)) => self.job.tell(Word::Failed("does not read its terminal".to_owned())).await,
            Some(Err(error)) => self.job.tell(Word::Failed(format!("cannot be typed to: {error}"))).await,
            None => self.job.tell(Word::Failed("has no terminal to type into".to_owned())).await,
        }
    }

    fn resize(&self, (columns, rows): (u16, u16)) {
        if let Some(Err(error)) = self.terminal.as_ref().map(|terminal| terminal.resize(columns, rows)) {
            tracing::debug!(service = %self.job.config.name, %error, "the terminal keeps its size");
        }
    }

    /// Adds everyone who is there now to those whose end will be looked at.
    async fn look_around(&mut self) {
        let guard = self.guard.id().pid;
        let now = match tokio::task::spawn_blocking(move || members(guard)).await {
            Ok(Ok(now)) => now,
            // the guard's proof does not need it; the look at the end then has the main process only
            Ok(Err(error)) => return tracing::warn!(%error, "the process table cannot be read"),
            Err(error) => return tracing::error!(%error, "the look at the process table failed"),
        };
        for member in now {
            if !self.seen.members.iter().any(|seen| seen.id == member.id) {
                self.seen.members.push(member);
            }
        }
    }

    /// The guard has proved that nobody is left; the process table has to agree.
    async fn conclude(&mut self, last: Option<Exit>, killed: u64) {
        let verdict = self.look().await;
        let findings = self.findings(&verdict, killed);
        self.drain().await;
        self.job.tell(Word::Found(findings)).await;
        self.tell(News::Ended { verdict, last }).await;
    }

    async fn look(&self) -> Verdict {
        let ids: Vec<ProcessId> = self.seen.members.iter().map(|member| member.id).chain([self.main]).collect();
        tokio::task::spawn_blocking(move || look(&ids))
            .await
            .unwrap_or_else(|error| Verdict::Unknown(format!("the look at the process table failed: {error}")))
    }

    fn findings(&mut self, verdict: &Verdict, killed: u64) -> Findings {
        let alive = |id: ProcessId| match verdict {
            Verdict::Gone => false,
            Verdict::Survivors(survivors) => survivors.iter().any(|survivor| survivor.id == id),
            Verdict::Unknown(_) => true,
        };
        let members = std::mem::take(&mut self.seen.members)
            .into_iter()
            .map(|member| {
                let fate = if alive(member.id) { Fate::Alive } else { Fate::Gone };
                MemberFate { member, fate }
            })
            .collect();
        Findings { members, killed, checked_in: self.seen.last_step.elapsed() }
    }

    /// Waits until the last bytes have come out: the kernel hands a pty's on a moment after its writer's death.
    async fn drain(&mut self) {
        for closed in &mut self.closed {
            // a descriptor that somebody outside the tree holds open must not hold up the news
            let _open_elsewhere = timeout(LAST_OUTPUT, closed.wait_for(|closed| *closed)).await;
        }
    }

    /// The guard was killed: its members have come up to procdash, which ends them itself.
    async fn inherit(&mut self, by: Exit) {
        tracing::warn!(service = %self.job.config.name, %by, "the guard is lost, procdash takes its run over");
        self.answer_by = None;
        loop {
            let swept = self.job.tools.guards.sweep_orphans().await;
            let verdict = if swept == Verdict::Gone { self.look().await } else { swept };
            let survivors = match verdict {
                Verdict::Gone => break,
                Verdict::Survivors(survivors) => survivors,
                Verdict::Unknown(reason) => {
                    tracing::error!(service = %self.job.config.name, reason, "the process table could not be read");
                    vec![]
                }
            };
            self.tell(News::Resists(survivors)).await;
            // a kill asked for meanwhile means: try again now
            let _asked_or_time = timeout(Duration::from_secs(1), self.job.orders.recv()).await;
        }
        self.job.tools.logs.note(
            self.job.service,
            Tone::Bad,
            &format!("the guard of this run was {by}; its processes were removed"),
        );
        let killed = u64::try_from(self.seen.members.len()).unwrap_or(u64::MAX);
        let findings = self.findings(&Verdict::Gone, killed);
        self.drain().await;
        self.job.tell(Word::Found(findings)).await;
        self.tell(News::Ended { verdict: Verdict::Gone, last: None }).await;
    }
}
