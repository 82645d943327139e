//! Carries one run of one service: starts its guard, passes orders on, brings news back, looks at the end.

mod inherited;
mod looking;
mod probed;
mod stray;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::course::{CommandOutcome, Course, Deed};
use super::env_print::EnvPrint;
use super::job::{Findings, GUARD_ANSWERS, Job, Order, Word};
use super::live::Live;
use super::notes;
use super::outlet::are_read_out;
use super::ports::Ports;
use super::probing::{Prober, Scene};
use super::start_up::{begin, until_killed};
use super::stop_command::StopCommand;
use super::wish::News;
use crate::engine::{busy_ports, may_signal, members, memory_kills};
use crate::guard::{Guard, Reach, Report, Request};
use crate::logs::Tone;
use crate::process::{Exit, ProcessId, Survivor, Verdict};
use crate::signal::Signal;

/// The pause before another look at a run that should be gone and is not.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Carries one run from its launch to the look at its end.
pub(crate) async fn carry(mut job: Job) {
    let started = Instant::now();
    let memory_kills = memory_kills();
    let mut early = VecDeque::new();
    let log_from = Scene::log_begins(&job);
    job.tools.keeper.begin(job.service);
    let enough = until_killed(&mut job.orders, &mut early);
    let begun = begin(job.service, &job.config, &job.tools, enough).await;
    match begun {
        Ok(((guard, terminal, closed), launch, address)) => {
            let environment = EnvPrint::new(&job.config, &launch.env);
            let scene = Arc::new(Scene::new(&job, launch, &closed, log_from));
            let main = guard.main();
            job.tell_address(address).await;
            job.tell(Word::Environment(environment)).await;
            job.tools.keeper.begun(job.service, job.run, main.pid);
            job.tell(Word::News(News::Started { main, guard: guard.id().pid })).await;
            let runner = Runner {
                guard,
                terminal,
                closed,
                exit: None,
                memory_kills,
                course: Course::default(),
                ports: Ports::default(),
                last_step: started,
                main,
                stop_command: None,
                scene,
                prober: None,
                answer_by: None,
                sent: VecDeque::new(),
                job: &mut job,
            };
            runner.run(early).await;
        }
        Err(problem) => job.tell(Word::News(News::NotStarted(problem))).await,
    }
}

struct Runner<'a> {
    job: &'a mut Job,
    guard: Guard,
    terminal: Option<Arc<Live>>,
    closed: Vec<watch::Receiver<bool>>,
    /// How the main process has ended.
    exit: Option<Exit>,
    /// How often the kernel had killed for want of memory when the run began.
    memory_kills: Option<u64>,
    /// How the end goes, and who was seen to belong to the run since it began.
    course: Course,
    ports: Ports,
    /// When the last step was taken, or the main process ended.
    last_step: Instant,
    main: ProcessId,
    stop_command: Option<StopCommand>,
    /// Where probes look.
    scene: Arc<Scene>,
    prober: Option<Prober>,
    /// Until when the guard has to answer a kill.
    answer_by: Option<Instant>,
    /// The signals that the guard has not answered yet, oldest first.
    sent: VecDeque<(Signal, Reach)>,
}

impl Runner<'_> {
    async fn run(mut self, early: VecDeque<Order>) {
        for order in early {
            self.obey(order).await;
        }
        let mut resizes = self.job.tools.resizes(self.job.service);
        let terminal = self.terminal.clone();
        let mut typing = std::pin::pin!(Live::type_on(terminal));
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
                () = &mut typing => {}
                Some(size) = resizes.next() => self.resize(size),
                outcome = StopCommand::finished(&mut self.stop_command), if self.stop_command.is_some() => {
                    let succeeded = outcome == CommandOutcome::Succeeded;
                    self.stop_command_ended(outcome);
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
                self.last_step = Instant::now();
                self.exit = Some(exit);
                self.look_around().await;
                self.course.main_ended(self.main, self.last_step);
                self.tell_of_sigkill(exit).await;
                self.tell(News::MainExited(exit)).await;
            }
            Report::Signalled { delivered, refused } => {
                if let Some((signal, to)) = self.sent.pop_front() {
                    self.job.tell(Word::Signalled { signal, to, delivered, refused }).await;
                }
            }
            Report::Stuck(survivors) => {
                self.answer_by = None;
                self.tell_findings(&survivors, 0).await;
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
            Order::Probe(purpose) => self.prober = Some(Prober::start(&self.scene, purpose, self.prober.take())),
            Order::StopProbing => self.stop_probing(),
            Order::RunStopCommand(command) => {
                self.stop_probing();
                self.take(Deed::StopCommand(CommandOutcome::UnderWay)).await;
                self.stop_command = Some(StopCommand::start(self.job, command));
            }
            Order::KillStopCommand(why) => {
                if let Some(command) = &mut self.stop_command {
                    command.kill(why);
                }
            }
            Order::Stop(signal, grace) => {
                self.stop_probing();
                self.take(Deed::Signal(signal)).await;
                self.job.note(notes::signalled(signal, grace));
                self.request(Request::Stop { signal }).await;
            }
            Order::Type(text) => self.type_text(&text).await,
            Order::Kill => {
                self.stop_probing();
                self.take(Deed::Kill).await;
                self.answer_by = Some(Instant::now() + GUARD_ANSWERS);
                self.request(Request::Kill).await;
                if let Some(note) = notes::ignored(&self.course) {
                    self.job.note(note);
                }
            }
            Order::Signal(signal, to) => {
                self.sent.push_back((signal, to));
                self.request(Request::Signal { signal, to }).await;
            }
            Order::GiveGuardUp => {
                self.answer_by = None;
                self.guard.give_up();
            }
        }
    }

    async fn request(&mut self, request: Request) {
        if let Err(lost) = self.guard.request(request).await {
            // its end is heard of as a report; that is where the run is taken over
            tracing::debug!(service = %self.job.config.name, %lost, "the guard took no request");
        }
    }

    /// Looks who is there and notes that the next step is taken.
    async fn take(&mut self, deed: Deed) {
        self.look_around().await;
        self.last_step = Instant::now();
        if deed == Deed::Kill {
            self.course.forgive(|id| may_signal(id.pid));
        }
        self.course.take(deed, self.main, self.last_step);
    }

    fn stop_command_ended(&mut self, outcome: CommandOutcome) {
        if let Some(command) = self.stop_command.take() {
            if let Some(note) = notes::stop_command_ended(&outcome, command.lasted()) {
                self.job.note(note);
            }
            self.course.command_ended(outcome);
        }
    }

    async fn type_text(&mut self, text: &str) {
        self.stop_probing();
        self.take(Deed::Keys { problem: None }).await;
        let typed = self.terminal.as_ref().map(|terminal| terminal.type_bytes(text.as_bytes()));
        let problem = match typed {
            Some(Ok(())) => return,
            Some(Err(problem)) => problem.to_string(),
            None => "has no terminal to type into".to_owned(),
        };
        self.course.keys_failed(problem.clone());
        self.job.note(notes::keys_failed(&problem));
        self.job.tell(Word::Failed(problem)).await;
    }

    fn resize(&self, (columns, rows): (u16, u16)) {
        if let Some(Err(error)) = self.terminal.as_ref().map(|terminal| terminal.resize(columns, rows)) {
            tracing::debug!(service = %self.job.config.name, %error, "the terminal keeps its size");
        }
    }

    /// Adds everyone who is there now to those whose end will be looked at.
    async fn look_around(&mut self) {
        let guard = self.guard.id().pid;
        let listeners = self.job.tools.listeners.clone();
        let look = move || {
            let now = members(guard)?;
            let listens = listeners.of_tree(now.iter().map(|member| member.id).collect());
            std::io::Result::Ok((now, listens))
        };
        let (now, listens) = match tokio::task::spawn_blocking(look).await {
            Ok(Ok(found)) => found,
            // the guard's proof does not need it; the look at the end then has the main process only
            Ok(Err(error)) => return tracing::warn!(%error, "the process table cannot be read"),
            Err(error) => return tracing::error!(%error, "the look at the process table failed"),
        };
        match listens {
            Ok(listens) => self.ports.see(&listens),
            // the report then names no port that has been freed
            Err(error) => tracing::debug!(%error, "the list of sockets cannot be read"),
        }
        self.course.look(now);
    }

    /// The guard has proved that nobody is left; the process table has to agree.
    async fn conclude(&mut self, last: Option<Exit>, killed: u64) {
        loop {
            let verdict = self.look().await;
            if verdict == Verdict::Gone {
                break;
            }
            tracing::error!(service = %self.job.config.name, ?verdict, "the look does not agree with the guard");
            self.tell_unfinished(verdict, last, killed).await;
            if !self.wait_before_another_look().await {
                return;
            }
        }
        self.finish(last, killed).await;
    }

    /// Tells that the run is over and seen to be gone.
    async fn finish(&mut self, last: Option<Exit>, killed: u64) {
        let seen_gone = Instant::now();
        self.settle_stop_command().await;
        self.settle_probing().await;
        self.drain().await;
        self.job.tools.keeper.end(self.job.service, self.job.run, self.exit.or(last)).await;
        // only now is it known what became of a stop command that outlived its service
        self.job.tell(Word::Found(self.findings(&[], killed, seen_gone))).await;
        self.tell(News::Ended { verdict: Verdict::Gone, last }).await;
    }

    /// Tells that a look has found something, or could not be taken.
    async fn tell_unfinished(&self, verdict: Verdict, last: Option<Exit>, killed: u64) {
        if let Verdict::Survivors(survivors) = &verdict {
            self.tell_findings(survivors, killed).await;
        } else {
            self.tell_findings(&[], killed).await;
        }
        self.tell(News::Ended { verdict, last }).await;
    }

    async fn tell_findings(&self, survivors: &[Survivor], killed: u64) {
        self.job.tell(Word::Found(self.findings(survivors, killed, Instant::now()))).await;
    }

    /// Waits a moment, or for an order: who asks for a kill wants it tried now. Returns `false` once nobody waits for the
    /// outcome.
    async fn wait_before_another_look(&mut self) -> bool {
        match timeout(LOOK_AGAIN, self.job.orders.recv()).await {
            Ok(None) => false,
            Ok(Some(Order::Signal(..))) => {
                self.job.tell(Word::Failed("has no guard any more that could signal it".to_owned())).await;
                true
            }
            Ok(Some(_)) | Err(_) => true,
        }
    }

    /// Waits for the end of a stop command that outlives its service: it may still have to tidy up, and has its time for
    /// that; but it must not meet the next run.
    async fn settle_stop_command(&mut self) {
        while let Some(end_by) = self.stop_command.as_ref().map(StopCommand::end_by) {
            let late = end_by.unwrap_or_else(Instant::now).into();
            tokio::select! {
                outcome = StopCommand::finished(&mut self.stop_command) => self.stop_command_ended(outcome),
                order = self.job.orders.recv(), if end_by.is_none() => {
                    let why = match order {
                        Some(Order::KillStopCommand(why)) => why,
                        None | Some(Order::Kill) => CommandOutcome::CutShort,
                        Some(
                            Order::Probe(_)
                            | Order::StopProbing
                            | Order::RunStopCommand(_)
                            | Order::Stop(..)
                            | Order::Type(_)
                            | Order::Signal(..)
                            | Order::GiveGuardUp,
                        ) => continue,
                    };
                    if let Some(command) = &mut self.stop_command {
                        command.kill(why);
                    }
                }
                () = tokio::time::sleep_until(late), if end_by.is_some() => {
                    let note = "the stop command could not be ended; its guard goes on trying";
                    self.job.tools.logs.note(self.job.service, Tone::Bad, note);
                    self.stop_command = None;
                }
            }
        }
    }

    /// Returns what a look has found that has seen everyone to be gone but these.
    fn findings(&self, survivors: &[Survivor], killed: u64, seen: Instant) -> Findings {
        let left: Vec<ProcessId> = survivors.iter().map(|survivor| survivor.id).collect();
        let mut ports = self.ports.clone();
        ports.look_back(busy_ports().ok());
        Findings {
            ports,
            steps: self.course.outcomes(&left, seen),
            members: self.course.fates(&left),
            killed,
            checked_in: seen.saturating_duration_since(self.last_step),
        }
    }

    /// Waits until the last bytes have come out: the kernel hands a pty's on a moment after its writer's death.
    ///
    /// Returns whether all of it has: a descriptor that somebody outside the tree holds open must not hold up the news.
    async fn drain(&mut self) -> bool {
        are_read_out(&mut self.closed).await
    }
}
