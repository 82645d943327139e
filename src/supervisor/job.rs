//! What a run is carried with, what it is told, and what it tells.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::course::{CommandOutcome, StepOutcome};
use super::env_print::EnvPrint;
use super::keeper::Keeper;
use super::live::Screens;
use super::log_store::LogStore;
use super::per_service::PerService;
use super::ports::Ports;
use super::prepare::Project;
use super::readiness::Purpose;
use super::start_up::Address;
use super::status::MemberFate;
use super::wish::News;
use crate::config::{CommandLine, Service};
use crate::engine::{Listeners, PortLook, Pump};
use crate::guard::{Guards, Reach};
use crate::id::{RunId, ServiceId};
use crate::logs::Tone;
use crate::signal::Signal;

/// How long a guard may take to answer a kill; it reports resistance itself after three seconds.
pub(crate) const GUARD_ANSWERS: Duration = Duration::from_secs(6);
/// Orders that may wait for a runner; a signal that finds no room is refused, and the person asks again.
pub(crate) const ORDERS: usize = 32;
/// The room among them that signals leave to the end of a run: each of its steps is ordered once, and only a kill again,
/// which says nothing new.
pub(crate) const ORDERS_OF_AN_END: usize = 8;

/// What a runner is told.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Probe the service for this from now on, and for nothing else.
    Probe(Purpose),
    /// Probe it no more.
    StopProbing,
    /// Run the stop command.
    RunStopCommand(CommandLine),
    /// End the stop command; this is then its outcome.
    KillStopCommand(CommandOutcome),
    /// Ask the run to end with this signal; after this grace its tree is killed.
    Stop(Signal, Duration),
    /// Type this into the terminal.
    Type(String),
    /// Kill the tree.
    Kill,
    /// Send a signal to this part of the tree.
    Signal(Signal, Reach),
    /// Do without the guard: it is held by a debugger, and what it guards may be that debugger.
    GiveGuardUp,
}

/// What a runner tells.
#[derive(Debug)]
pub(crate) enum Word {
    /// Something the machine has to know.
    News(News),
    /// What was found so far: told before the news that the run has ended or resists.
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
    /// The address to open in a browser: told before the news that the run has begun.
    Address(Option<Arc<str>>),
    /// What its environment files say: told before that news, too.
    Environment(EnvPrint),
    /// SIGKILL has ended the main process: told before the news of that.
    Sigkilled {
        /// How often the kernel had killed for want of memory when the run began, where that is counted.
        before: Option<u64>,
        /// How often it has now.
        after: Option<u64>,
    },
    /// An order could not be carried out.
    Failed(String),
    /// The run has failed and its output speaks of an address in use: on this port, where one is known.
    AddressInUse {
        /// The port.
        port: Option<u16>,
        /// What a look at it has found.
        look: PortLook,
    },
}

/// What was found at the end of a run.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The steps that were taken, and what came of each.
    pub(crate) steps: Vec<StepOutcome>,
    /// Who was there when the end began, and what became of each.
    pub(crate) members: Vec<MemberFate>,
    /// How many were killed by SIGKILL.
    pub(crate) killed: u64,
    /// From the last step to the look.
    pub(crate) checked_in: Duration,
    /// The TCP ports that it listened on.
    pub(crate) ports: Ports,
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

/// What a terminal has of which nobody has said anything else.
const UNKNOWN_SIZE: (u16, u16) = (80, 24);

/// What all runs share.
pub(crate) struct Tools {
    pub(crate) project: Project,
    pub(crate) guards: Guards,
    pub(crate) pump: Pump,
    pub(crate) logs: LogStore,
    pub(crate) keeper: Keeper,
    pub(crate) listeners: Listeners,
    pub(crate) screens: Screens,
    /// Columns and rows of each service's terminal; the supervisor alone changes them.
    pub(crate) sizes: PerService<watch::Sender<(u16, u16)>>,
}

impl Tools {
    /// Returns the columns and rows of a service's terminal.
    pub(crate) fn size(&self, service: ServiceId) -> (u16, u16) {
        self.sizes.get(service.index()).map_or(UNKNOWN_SIZE, |size| *size.borrow())
    }

    /// Returns the sizes that a service's terminal gets, the present one first: the terminal may have an older one.
    pub(crate) fn resizes(&self, service: ServiceId) -> Resizes {
        let mut size = self.sizes.get(service.index()).map(watch::Sender::subscribe);
        size.iter_mut().for_each(watch::Receiver::mark_changed);
        Resizes { size }
    }
}

/// The sizes that a terminal gets while a run lasts.
pub(crate) struct Resizes {
    size: Option<watch::Receiver<(u16, u16)>>,
}

impl Resizes {
    /// Waits for another size.
    pub(crate) async fn next(&mut self) -> Option<(u16, u16)> {
        let size = self.size.as_mut()?;
        size.changed().await.ok()?;
        Some(*size.borrow_and_update())
    }
}

impl Job {
    /// Writes a line of procdash's own into the service's log.
    pub(crate) fn note(&self, (tone, note): (Tone, String)) {
        self.tools.logs.note(self.service, tone, &note);
    }

    /// Tells the supervisor what is to be seen of the run in a browser, or the log why that cannot be told.
    pub(crate) async fn tell_address(&self, address: Address) {
        let address = address.unwrap_or_else(|problem| {
            self.note((Tone::Bad, problem));
            None
        });
        self.tell(Word::Address(address.map(Arc::from))).await;
    }

    /// Tells the supervisor.
    pub(crate) async fn tell(&self, word: Word) {
        // the supervisor is gone only when the program ends; there is nobody left to tell then
        let _nobody_listens = self.words.send((self.service, self.run, word)).await;
    }
}
