//! Answers requests: asks the supervisor, then reads the board until what was asked for is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::act::{Act, left_to_its_guard, outcome_of};
use super::protocol::{Fault, FaultKind, Hello, Request, To, Until, write_answer, write_fault};
use super::rows::{Board, ExitRow, Outcomes, ProcessRow, Reasons, ServiceRow, Signalled, Tree, Trees};
use super::rows::{Waited, WaitedRow};
use super::verdict::{self, Progress};
use crate::config::UnknownName;
use crate::engine::members;
use crate::id::ServiceId;
use crate::process::Member;
use crate::signal::Signal;
use crate::supervisor::{Answer, Command, Event, Handle, HasEnded, Phase, ServiceStatus, Taken, Target};

/// How long a guard may take to say what became of a signal.
const SIGNAL_ANSWERS: Duration = Duration::from_secs(5);
/// How long a service that is stuck is waited for after another kill: a guard tries for three seconds.
const ANOTHER_TRY: Duration = Duration::from_secs(4);

/// What every connection answers from.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) handle: Handle,
    pub(super) hello: Hello,
    /// Whether a client has asked for the end of everything.
    pub(super) quit_asked: AtomicBool,
}

impl Desk {
    /// Answers one request; the line carries its id.
    pub(super) async fn answer(&self, id: u64, request: Request) -> String {
        match request {
            Request::Ps => written(id, Ok(self.board().await)),
            Request::Tree { service } => written(id, self.trees(service.as_deref()).await),
            Request::Why { service } => written(id, self.reasons(&service)),
            Request::Wait { services, until, timeout_ms } => {
                written(id, self.wait(&services, until, timeout_ms.map(Duration::from_millis)).await)
            }
            Request::Start { services, replace } => {
                let act = if replace { Act::StartReplacing } else { Act::Start };
                written(id, self.act(act, &services).await)
            }
            Request::Plan => written(id, self.plan().await),
            Request::Reload { mark } => written(id, self.reload(mark.as_deref()).await),
            Request::Add { name, command } => written(id, self.add(&name, &command).await),
            Request::Remove { services } => written(id, self.act(Act::Remove, &services).await),
            Request::Stop { services } => written(id, self.act(Act::Stop, &services).await),
            Request::Restart { services, with_dependents } => {
                let act = if with_dependents { Act::RestartWithDependents } else { Act::Restart };
                written(id, self.act(act, &services).await)
            }
            Request::Kill { services } => written(id, self.act(Act::Kill, &services).await),
            Request::StartAll => written(id, self.act(Act::StartAll, &[]).await),
            Request::Quit => written(id, self.act(Act::Quit, &[]).await),
            Request::Signal { service, signal, to } => written(id, self.signal(&service, signal, to).await),
            // the connection itself has begun to tell events
            Request::Subscribe => write_answer(id, &true),
        }
    }

    fn statuses(&self) -> Vec<ServiceStatus> {
        self.handle.board.borrow().services.clone()
    }

    /// Finds the services that these names mean, each by its own or by that of a group; each of them counts once.
    fn ids(&self, names: &[String]) -> Result<Vec<ServiceId>, Fault> {
        let board = self.handle.board.borrow();
        let found = board.find_all(names.iter().map(String::as_str));
        found.map_err(|unknown| Fault::new(FaultKind::UnknownService, all_known(&unknown)))
    }

    /// Finds the one service that this name means.
    fn id(&self, name: &str) -> Result<ServiceId, Fault> {
        match self.ids(&[name.to_owned()])?.as_slice() {
            [id] => Ok(*id),
            several => {
                let board = self.handle.board.borrow();
                let members = several.iter().filter_map(|id| board.services.get(id.index()));
                let names: Vec<&str> = members.map(|status| &*status.name).collect();
                let message = format!("`{name}` means several services; name one of {}", names.join(", "));
                Err(Fault::new(FaultKind::UnknownService, message))
            }
        }
    }

    async fn board(&self) -> Board {
        let (statuses, quitting) = {
            let board = self.handle.board.borrow();
            (board.listed().map(|(_, status)| status.clone()).collect::<Vec<_>>(), board.phase != Phase::Up)
        };
        let (now, wall) = (Instant::now(), Timestamp::now());
        let mut services = Vec::with_capacity(statuses.len());
        for status in &statuses {
            // the tree that goes with the figures, or one of this moment where nobody has looked yet
            let tree = if status.members.is_empty() { fresh(status).await } else { status.members.to_vec() };
            services.push(ServiceRow::new(status, &tree, now, wall));
        }
        let Hello { project, run_id, pid, .. } = self.hello.clone();
        Board { project, run_id, pid, quitting, services }
    }

    async fn trees(&self, name: Option<&str>) -> Result<Trees, Fault> {
        let only = name.map(|name| self.ids(&[name.to_owned()])).transpose()?;
        let mut services = Vec::new();
        let all: Vec<_> = self.handle.board.borrow().listed().map(|(id, status)| (id, status.clone())).collect();
        for (id, status) in all {
            if only.as_ref().is_none_or(|only| only.contains(&id)) {
                let tree = fresh(&status).await.iter().map(ProcessRow::from).collect();
                services.push(Tree { service: status.name.to_string(), state: status.state.word().to_owned(), tree });
            }
        }
        Ok(Trees { services })
    }

    fn reasons(&self, name: &str) -> Result<Reasons, Fault> {
        let id = self.id(name)?;
        let statuses = self.statuses();
        let status = statuses.get(id.index()).ok_or_else(ending)?;
        Ok(Reasons::new(status, &statuses, Instant::now()))
    }

    async fn act(&self, act: Act, names: &[String]) -> Result<Outcomes, Fault> {
        let ids = self.ids(names)?;
        let asked = Instant::now();
        let answer = match act {
            Act::Quit => self.quit().await?,
            Act::Start
            | Act::StartReplacing
            | Act::Remove
            | Act::Reload
            | Act::Stop
            | Act::Restart
            | Act::RestartWithDependents
            | Act::Kill
            | Act::StartAll => self.handle.ask(act.command(&ids)).await.map_err(has_ended)?,
        };
        self.follow(act, &answer, &ids, asked).await
    }

    /// Waits until what was asked for is done, or will not be, and says so service by service.
    pub(super) async fn follow(
        &self,
        act: Act,
        answer: &Answer,
        ids: &[ServiceId],
        asked: Instant,
    ) -> Result<Outcomes, Fault> {
        let mut waiting = act.expect(answer);
        let mut outcomes = Vec::new();
        let tried = asked + ANOTHER_TRY;
        let watched = self.watch(Some(tried), |statuses, _| {
            let patient = Instant::now() < tried;
            waiting.retain(|expected| {
                let Some(status) = statuses.get(expected.service.index()) else { return false };
                let progress = expected.judge(status, patient);
                if progress == Progress::Pending {
                    return true;
                }
                outcomes.push((expected.service, outcome_of(act, expected, status, progress, asked.elapsed())));
                false
            });
            waiting.is_empty()
        });
        if let Err(ended) = watched.await {
            if act != Act::Quit {
                return Err(ended);
            }
            let statuses = self.statuses();
            let left = |service: ServiceId| Some((service, left_to_its_guard(act, statuses.get(service.index())?)));
            outcomes.extend(waiting.iter().filter_map(|expected| left(expected.service)));
        }
        // they came in the order in which they ended
        let place = |id: &ServiceId| ids.iter().position(|asked| asked == id).unwrap_or(id.index());
        outcomes.sort_by_key(|(id, _)| place(id));
        Ok(Outcomes { outcomes: outcomes.into_iter().map(|(_, outcome)| outcome).collect() })
    }

    /// Begins the end of everything, or joins it: a second `down` must not take the grace from the first.
    async fn quit(&self) -> Result<Answer, Fault> {
        let joins = self.quit_asked.swap(true, Ordering::Relaxed) || self.handle.board.borrow().phase != Phase::Up;
        if !joins {
            return self.handle.ask(Command::Quit).await.map_err(has_ended);
        }
        let mut board = self.handle.board.clone();
        let board = board.wait_for(|board| board.phase != Phase::Up).await.map_err(|_closed| ending())?;
        let alive = (0..).map(ServiceId::new).zip(&board.services).filter(|(_, status)| status.state.is_alive());
        let taken = alive
            .map(|(service, status)| Taken { service, run: status.run, state: status.state, leaves: false })
            .collect();
        Ok(Answer { taken, refused: vec![] })
    }

    async fn wait(&self, names: &[String], until: Until, limit: Option<Duration>) -> Result<Waited, Fault> {
        let ids = self.ids(names)?;
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut waited = Waited { timed_out: false, services: vec![] };
        self.watch(deadline, |statuses, late| {
            let rows = ids.iter().filter_map(|id| Some(waited_row(statuses.get(id.index())?, until)));
            waited.services = rows.collect();
            let all = waited.services.iter().all(|row| row.reached);
            let never = waited.services.iter().any(|row| row.problem.is_some());
            waited.timed_out = late && !all && !never;
            all || never || late
        })
        .await?;
        Ok(waited)
    }

    /// Shows every new board to `done` until it says so; once more, and with that word, when the deadline has passed.
    async fn watch(
        &self,
        deadline: Option<Instant>,
        mut done: impl FnMut(&[ServiceStatus], bool) -> bool,
    ) -> Result<(), Fault> {
        let mut board = self.handle.board.clone();
        let mut deadline = deadline;
        loop {
            let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let statuses = board.borrow_and_update().services.clone();
            if done(&statuses, late) {
                return Ok(());
            }
            if late {
                deadline = None;
            }
            let changed = match deadline {
                Some(moment) => match tokio::time::timeout_at(moment.into(), board.changed()).await {
                    Ok(changed) => changed,
                    Err(_late) => continue,
                },
                None => board.changed().await,
            };
            // the last board is the last word: what is not done by then will not be
            changed.map_err(|_closed| ending())?;
        }
    }

    async fn signal(&self, name: &str, signal: Signal, to: To) -> Result<Signalled, Fault> {
        let service = self.id(name)?;
        let target = match to {
            To::Main => Target::Main,
            To::Group => Target::Group,
            To::Tree => Target::Tree,
            To::Process(id) => Target::Process(id),
        };
        // listens before it asks: what is said in answer may come at once
        let mut events = self.handle.events.resubscribe();
        let answer = self.handle.ask(Command::Signal { service, signal, target }).await.map_err(has_ended)?;
        if let Some(refused) = answer.refused.first() {
            return Err(Fault::new(FaultKind::Refused, format!("{name} {}", refused.refusal.sentence())));
        }
        let said = async {
            loop {
                match events.recv().await {
                    Ok(Event::Signalled { service: whose, signal: which, target: to, delivered, refused })
                        if (whose, which, to) == (service, signal, target) =>
                    {
                        return Ok(Signalled { service: name.to_owned(), signal, delivered, refused });
                    }
                    Ok(Event::Refused { service: Some(whose), reason }) if whose == service => {
                        return Err(Fault::new(FaultKind::Refused, reason));
                    }
                    Ok(
                        Event::Signalled { .. }
                        | Event::Refused { .. }
                        | Event::Changed { .. }
                        | Event::Keeping { .. }
                        | Event::Added { .. }
                        | Event::Removed { .. }
                        | Event::Verified(_),
                    )
                    | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err(ending()),
                }
            }
        };
        let unanswered = || Fault::new(FaultKind::Refused, format!("{name} ended before the signal could be sent"));
        timeout(SIGNAL_ANSWERS, said).await.unwrap_or_else(|_late| Err(unanswered()))
    }
}

/// Says that nobody has this name, and who could have been meant.
fn all_known(unknown: &UnknownName) -> String {
    let UnknownName { name, meant, known } = unknown;
    let meant = meant.as_ref().map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    format!("no service is called `{name}`; {meant}there are: {}", known.join(", "))
}

fn waited_row(status: &ServiceStatus, until: Until) -> WaitedRow {
    let (reached, problem) = match verdict::of_wait(status, until) {
        Progress::Reached => (true, None),
        Progress::Pending => (false, None),
        Progress::Failed(problem) => (false, Some(problem)),
        Progress::Survived => (false, Some("is stuck: something of it could not be killed".to_owned())),
    };
    WaitedRow {
        service: status.name.to_string(),
        state: status.state.word().to_owned(),
        reached,
        problem,
        exit: status.ended.as_ref().and_then(ExitRow::of),
    }
}

/// Returns the processes of a service at this moment; none where it has no guard.
async fn fresh(status: &ServiceStatus) -> Vec<Member> {
    let Some(guard) = status.guard else { return vec![] };
    match tokio::task::spawn_blocking(move || members(guard)).await {
        Ok(Ok(members)) => members,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the process table cannot be read");
            vec![]
        }
        Err(failure) => {
            tracing::error!(%failure, "a look at the process table failed");
            vec![]
        }
    }
}

fn written(id: u64, answer: Result<impl Serialize, Fault>) -> String {
    match answer {
        Ok(answer) => write_answer(id, &answer),
        Err(fault) => write_fault(Some(id), fault),
    }
}

pub(super) fn ending() -> Fault {
    Fault::new(FaultKind::Ending, HasEnded.to_string())
}

pub(super) fn has_ended(_ended: HasEnded) -> Fault {
    ending()
}
