//! The one owner of every service's machine: a loop that takes requests and news one at a time.

mod board;
mod changes;
mod changing;
mod commands;
mod last_end;
mod news;
mod ports;
mod sampling;
mod timetables;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc, watch};

use self::changes::Watches;
use self::changing::Reread;
use self::ports::PortWatch;
use self::sampling::Sampling;
use super::env_print::EnvPrint;
use super::environment::Marks;
use super::fleet::Fleet;
use super::job::{Findings, Job, ORDERS, Order, Tools, Word};
use super::notes;
use super::on_change::OnChange;
use super::per_service::PerService;
use super::prepare::Project;
use super::runner;
use super::shutdown::Shutdown;
use super::status::{Board, Phase, State};
use super::timetable::Timetable;
use super::wish::{Effect, News, Wish};
use super::{Asked, Event, Handle, Keeper, LogStore, Procfile, Screens};
use crate::config::{Config, Service};
use crate::engine::{Alarm, Listeners, Pump, Sampler, identify, log_folder, own_namespace, project_file};
use crate::guard::Guards;
use crate::id::{RunId, ServiceId};
use crate::process::Verdict;
use crate::screen::Background;

/// Requests that may wait; a sender that finds the channel full waits or says so.
const COMMANDS: usize = 256;
/// News that may wait; runners wait when it is full, their guards and logs go on.
const WORDS: usize = 256;
/// News that is taken in before what came of it is published.
const WORDS_AT_ONCE: usize = 64;
/// Events that a slow listener may be behind before it loses the oldest.
const EVENTS: usize = 1024;

/// What is said of a run whose runner has failed: its guard has noticed that, and ends the run by itself.
const UNWATCHED: &str = "its supervision failed inside procdash; its guard ends the run, but nobody looks whether it \
                         is gone";

/// What differs between one start of procdash and another.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The services to start, in order.
    pub start: Vec<ServiceId>,
    /// Whether to start them only once a `Command::Resize` has told how large their terminals are.
    pub start_when_sized: bool,
    /// Whether to end once nothing runs and nothing will: without a dashboard nobody could start anything again.
    pub end_when_idle: bool,
    /// The project's file, where it can be read anew.
    pub procfile: Option<Procfile>,
}

/// Starts the supervisor of `config`'s services and returns the way to speak to it.
///
/// `size` is the first size of every pty, in columns and rows. Must be called inside a tokio runtime, once in the
/// life of the process: from here on it adopts the orphans of what it starts.
///
/// # Errors
/// When the kernel refuses what supervision rests on; the sentence names it. Nothing has been started then.
pub fn start(config: &Config, options: Options, logs: LogStore, size: (u16, u16)) -> io::Result<Handle> {
    let guards = Guards::new()?;
    let own = identify(std::process::id()).ok_or_else(|| io::Error::other("/proc cannot be read; mount it"))?;
    let project = Project {
        root: config.root.clone(),
        shell: config.settings.shell.clone(),
        env_file: config.settings.env_file.clone(),
        own: std::env::vars_os().collect(),
        marks: Marks {
            run_id: own.to_string(),
            project: config.name.clone(),
            file: project_file(&config.path).into_os_string(),
            namespace: own_namespace(),
        },
    };
    let background = if config.ui.theme == "light" { Background::Light } else { Background::Dark };
    let screens = Screens::new(config.services.len(), background);
    let (pump, listeners) = (Pump::start()?, Listeners::default());
    let sizes = PerService::new(config.services.iter().map(|_| watch::Sender::new(size)));
    let keeper = Keeper::start(config, logs.clone(), pump.bell())?;
    let tools = Tools { project, guards, pump, logs, keeper, listeners, screens, sizes };
    let sampling = Sampling::new(Sampler::new()?);
    Ok(spawn(config, options, tools, sampling))
}

fn spawn(config: &Config, options: Options, tools: Tools, sampling: Sampling) -> Handle {
    let (commands, asked) = mpsc::channel(COMMANDS);
    let (word_sender, words) = mpsc::channel(WORDS);
    // one restart at a time waits for the file
    let (reread_sender, reread) = mpsc::channel(1);
    let (events, listener) = broadcast::channel(EVENTS);
    tools.keeper.tell(events.clone());
    let (logs, screens, procfile) = (tools.logs.clone(), tools.screens.clone(), options.procfile.clone());
    let fleet = Fleet::new(config.services.iter().cloned());
    let slots: Vec<Slot> =
        config.services.iter().enumerate().map(|(place, service)| Slot::new(service, place)).collect();
    let statuses = fleet.ids().zip(&slots).filter_map(|(id, slot)| slot.status(&fleet, id)).collect();
    let (board, published) = watch::channel(Board { services: statuses, phase: Phase::Up });
    let mut actor = Actor {
        fleet,
        slots,
        tools: Arc::new(tools),
        options,
        shutdown_timeout: config.settings.shutdown_timeout,
        shutdown: None,
        abandoned: false,
        commands: asked,
        words,
        word_sender,
        reread,
        reread_sender,
        is_reading: false,
        board,
        events,
        sampling,
        ports: PortWatch::default(),
        watches: Watches::new(config.root.clone(), log_folder(config)),
        alarm: Alarm::default(),
        unpublished: 0,
        memory_kills_told: 0,
    };
    actor.watch_files();
    tokio::spawn(actor.run());
    Handle { commands, board: published, events: listener, logs, screens, procfile }
}

/// What is kept of one service beside its machine: the wires to its present run, and what was seen of it.
struct Slot {
    orders: Option<mpsc::Sender<Order>>,
    findings: Option<Findings>,
    published: board::Published,
    /// What the environment files said at the start of the last run.
    environment: Option<EnvPrint>,
    /// What is known of the files that start it again.
    on_change: Option<OnChange>,
    /// Its schedule.
    timetable: Option<Timetable>,
}

impl Slot {
    fn new(service: &Service, place: usize) -> Self {
        Self {
            published: board::Published::new(&service.name, place),
            orders: None,
            findings: None,
            environment: None,
            on_change: service.watch.as_ref().map(|watch| OnChange::new(watch.debounce)),
            timetable: service.schedule.clone().map(Timetable::new),
        }
    }
}

struct Actor {
    fleet: Fleet,
    slots: Vec<Slot>,
    tools: Arc<Tools>,
    options: Options,
    shutdown_timeout: Duration,
    shutdown: Option<Shutdown>,
    /// Whether a third request has asked to leave at once, or the last wait was in vain.
    abandoned: bool,
    commands: mpsc::Receiver<Asked>,
    words: mpsc::Receiver<(ServiceId, RunId, Word)>,
    word_sender: mpsc::Sender<(ServiceId, RunId, Word)>,
    reread: mpsc::Receiver<Reread>,
    reread_sender: mpsc::Sender<Reread>,
    /// Whether a request waits for the file; what is asked after it waits as well.
    is_reading: bool,
    board: watch::Sender<Board>,
    events: broadcast::Sender<Event>,
    sampling: Sampling,
    ports: PortWatch,
    watches: Watches,
    alarm: Alarm,
    /// How much news has been taken in since the last publication.
    unpublished: usize,
    /// How many kills for want of memory, of all that the kernel has counted, have been told of a run, at the least.
    memory_kills_told: u64,
}

impl Actor {
    async fn run(mut self) {
        if !self.options.start_when_sized {
            self.start_the_first();
        }
        loop {
            if self.words.is_empty() || self.unpublished >= WORDS_AT_ONCE {
                self.publish_changes();
            }
            if self.publish_phase() {
                return;
            }
            let deadline = self.deadline();
            let sample_due = self.sample_due();
            let port_look_due = self.port_look_due();
            tokio::select! {
                Some(asked) = self.commands.recv(), if !self.is_reading => self.take(asked),
                Some(reread) = self.reread.recv() => self.take_reread(reread),
                Some((service, run, word)) = self.words.recv() => {
                    self.unpublished += 1;
                    self.hear(service, run, word);
                }
                Some(sample) = self.sampling.finished() => self.take_sample(sample),
                Some(looked) = self.ports.finished() => self.take_port_look(looked),
                Some(sighting) = self.watches.next() => self.sight(sighting),
                () = self.alarm.rings() => self.keep_time(),
                () = until(deadline), if deadline.is_some() => self.tick(),
                () = until(sample_due), if sample_due.is_some() => self.begin_sample(),
                () = until(port_look_due), if port_look_due.is_some() => self.begin_port_look(),
            }
        }
    }

    /// Starts what is to be started at the beginning; a second call finds nothing to start.
    fn start_the_first(&mut self) {
        let start = std::mem::take(&mut self.options.start);
        let start = self.begin_timetables(start);
        let _said_as_events = self.wish_all(&start, Wish::Start);
    }

    fn deadline(&self) -> Option<Instant> {
        let quit = self.shutdown.as_ref().map(Shutdown::deadline);
        self.fleet.deadline().into_iter().chain(quit).chain(self.changes_due()).min()
    }

    fn tick(&mut self) {
        let now = Instant::now();
        match &self.shutdown {
            Some(shutdown) if shutdown.deadline() > now => {}
            Some(shutdown) if shutdown.is_hurried() => self.abandoned = true,
            Some(_) => self.hurry(),
            None => {}
        }
        self.fleet.tick(now);
        self.decide_changes(now);
        self.carry_out();
    }

    /// Publishes how the machines stand now, if any stands otherwise than before.
    ///
    /// What a blocked service waits for is looked up anew for each publication, so news that has come meanwhile is taken
    /// in first: a thousand services that come up at once are not told of a thousand times.
    fn publish_changes(&mut self) {
        self.unpublished = 0;
        let changed = self.fleet.take_changed();
        if !changed.is_empty() {
            self.publish_all(&changed);
            self.note_waits(&changed);
        }
    }

    /// Does what the machines have decided.
    fn carry_out(&mut self) {
        self.keep_timetables();
        for (id, effect) in self.fleet.take_effects() {
            let order = match effect {
                Effect::Launch => {
                    self.launch(id);
                    continue;
                }
                Effect::Probe(purpose) => Order::Probe(purpose),
                Effect::StopProbing => Order::StopProbing,
                Effect::RunStopCommand(command) => Order::RunStopCommand(command),
                Effect::KillStopCommand(outcome) => Order::KillStopCommand(outcome),
                Effect::Signal(signal) => {
                    let grace = self.fleet.machine(id).map(|machine| machine.service().stop.grace_period);
                    Order::Stop(signal, grace.unwrap_or_default())
                }
                Effect::Type(text) => Order::Type(text),
                Effect::Kill => Order::Kill,
            };
            self.order(id, order);
        }
        self.let_leave();
        for (id, _) in self.fleet.take_kept() {
            if let Some(turn) = self.fleet.turn(id) {
                self.refuse(id, &turn.sentence());
            }
        }
    }

    fn order(&mut self, id: ServiceId, order: Order) {
        let Some(orders) = self.slots.get(id.index()).and_then(|slot| slot.orders.as_ref()) else { return };
        let unwatched = self.fleet.machine(id).is_some_and(|machine| machine.state() == State::Stuck);
        match orders.try_send(order) {
            Err(mpsc::error::TrySendError::Full(order)) => {
                tracing::warn!(%id, ?order, "too many orders at once, this one is dropped");
            }
            // a runner that is done has told so; of one that has failed nobody hears any more
            Err(mpsc::error::TrySendError::Closed(_)) if unwatched => {
                self.refuse(id, "is not supervised any more: its guard ends it; start procdash again to be sure");
            }
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    fn launch(&mut self, id: ServiceId) {
        let (Some(slot), Some(machine)) = (self.slots.get_mut(id.index()), self.fleet.machine(id)) else { return };
        let (orders, receiver) = mpsc::channel(ORDERS);
        slot.orders = Some(orders);
        slot.findings = None;
        if let Some(command) = &machine.service().command {
            let note = notes::begins(machine.run(), command);
            self.tools.logs.begin_run(id, &note);
        }
        slot.published.clash = None;
        slot.published.stray_kill = None;
        slot.published.has_sent_sigkill = false;
        if let (Some(port), Some(why)) = (machine.given_port(), machine.port_moved()) {
            let (tone, note) = notes::port_moved(port, why);
            self.tools.logs.note(id, tone, &note);
        }
        let job = Job {
            service: id,
            run: machine.run(),
            config: machine.service_of_run(),
            tools: Arc::clone(&self.tools),
            orders: receiver,
            words: self.word_sender.clone(),
        };
        let words = self.word_sender.clone();
        tokio::spawn(async move {
            let run = job.run;
            if let Err(failure) = tokio::spawn(runner::carry(job)).await {
                // its guard sees the socket close and ends the run, but nobody has looked: nothing may be claimed
                tracing::error!(%failure, "a runner has failed");
                let verdict = Verdict::Unknown(UNWATCHED.to_owned());
                let news = Word::News(News::Ended { verdict, last: None });
                let _nobody_listens = words.send((id, run, news)).await;
            }
        });
    }

    fn emit(&self, event: Event) {
        // without a listener there is nobody to tell
        let _nobody_listens = self.events.send(event);
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
