//! Carries one run of one service: starts its guard, passes orders on, brings news back, looks at the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::job::{Findings, GUARD_ANSWERS, Job, Order, Word};
use super::live::Live;
use super::start_up::{begin, until_killed};
use super::status::{Fate, MemberFate};
use super::stop_command::StopCommand;
use super::wish::News;
use crate::engine::{look, members};
use crate::guard::{Guard, Reach, Report, Request};
use crate::logs::Tone;
use crate::process::{Exit, Member, ProcessId, Verdict};
use crate::signal::Signal;

/// How long the last output of a run whose tree is gone may take to come out of its pty.
const LAST_OUTPUT: Duration = Duration::from_secs(2);
/// The pause before another look at a run that should be gone and is not.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Carries one run from its launch to the look at its end.
pub(crate) async fn carry(mut job: Job) {
    let started = Instant::now();
    let mut early = VecDeque::new();
    let enough = until_killed(&mut job.orders, &mut early);
    let begun = begin(job.service, &job.config, &job.tools, enough).await;
    match begun {
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
            runner.run(early).await;
        }
        Err(problem) => job.tell(Word::News(News::NotStarted(problem))).await,
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
    terminal: Option<Arc<Live>>,
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
    async fn run(mut self, early: VecDeque<Order>) {
        for order in early {
            self.obey(order).await;
        }
        let mut size = self.job.tools.size.clone();
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
                if let Some(command) = &mut self.stop_command {
                    command.kill();
                }
            }
            Order::Stop(signal) => {
                self.look_around().await;
                self.seen.last_step = Instant::now();
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
        self.seen.last_step = Instant::now();
        let typed = self.terminal.as_ref().map(|terminal| terminal.type_bytes(text.as_bytes()));
        match typed {
            Some(Ok(())) => {}
            Some(Err(problem)) => self.job.tell(Word::Failed(problem.to_string())).await,
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
        loop {
            let verdict = self.look().await;
            if verdict == Verdict::Gone {
                break;
            }
            tracing::error!(service = %self.job.config.name, ?verdict, "the look does not agree with the guard");
            self.tell(News::Ended { verdict, last }).await;
            if !self.wait_before_another_look().await {
                return;
            }
        }
        self.finish(last, killed).await;
    }

    /// Tells that the run is over and seen to be gone.
    async fn finish(&mut self, last: Option<Exit>, killed: u64) {
        let findings = self.findings(killed);
        self.settle_stop_command().await;
        self.drain().await;
        self.job.tell(Word::Found(findings)).await;
        self.tell(News::Ended { verdict: Verdict::Gone, last }).await;
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
                _succeeded = StopCommand::finished(&mut self.stop_command) => self.stop_command = None,
                order = self.job.orders.recv(), if end_by.is_none() => {
                    if let (None | Some(Order::Kill | Order::KillStopCommand), Some(command)) =
                        (order, &mut self.stop_command)
                    {
                        command.kill();
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

    async fn look(&self) -> Verdict {
        let ids: Vec<ProcessId> = self.seen.members.iter().map(|member| member.id).chain([self.main]).collect();
        tokio::task::spawn_blocking(move || look(&ids))
            .await
            .unwrap_or_else(|error| Verdict::Unknown(format!("the look at the process table failed: {error}")))
    }

    /// Returns what is to be told of a run that a look has just seen to be gone.
    fn findings(&mut self, killed: u64) -> Findings {
        let members = std::mem::take(&mut self.seen.members)
            .into_iter()
            .map(|member| MemberFate { member, fate: Fate::Gone })
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
        let mut killed = 0;
        loop {
            let swept = self.job.tools.guards.sweep_orphans().await;
            killed += swept.killed;
            let verdict = if swept.verdict == Verdict::Gone { self.look().await } else { swept.verdict };
            if verdict == Verdict::Gone {
                break;
            }
            self.tell(News::Ended { verdict, last: None }).await;
            if !self.wait_before_another_look().await {
                return;
            }
        }
        self.job.tools.logs.note(
            self.job.service,
            Tone::Bad,
            &format!("the guard of this run was {by}; its processes were removed"),
        );
        // whoever was left was killed: by the kernel at the guard's death, or by the sweep
        let last = (killed > 0).then_some(Exit::Signal { number: Signal::SIGKILL.number(), core_dumped: false });
        self.finish(last, killed).await;
    }
}
