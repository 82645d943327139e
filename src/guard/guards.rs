//! The dashboard's side of all guards: starts them, and keeps its own house in order for their sake.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

use super::cgroup::Cgroups;
use super::children::Children;
use super::handle::{Guard, Line};
use super::heir::{self, Swept};
use super::message::{Limits, Order, Reply, Request, Step};
use super::program::MARK;
use crate::config::Isolation;
use crate::engine::{Channel, Io, Launch, LaunchError, Terminal};
use crate::logs::acts;
use crate::process::{Exit, Verdict};

/// Starts guards; clones share everything, and there is one for each dashboard.
#[derive(Clone, Debug)]
pub struct Guards {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// What is executed as a guard.
    program: PathBuf,
    /// The limits that the dashboard came with.
    limits: Limits,
    children: Arc<Children>,
    /// Where runs get cgroups, if they can.
    cgroups: Option<Cgroups>,
    /// The task that tends the children; it ends with this.
    tending: AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tending.abort();
        self.cgroups.iter().for_each(Cgroups::bury);
    }
}

impl Guards {
    /// Makes this process a dashboard: orphans of its guards come to it, it dumps no core, and it may hold as many
    /// descriptors as the system lets it. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// What the kernel refused.
    pub fn new() -> io::Result<Self> {
        // The link itself, never what it points to: after a rebuild that path is another program or none.
        Self::with_program(PathBuf::from("/proc/self/exe"))
    }

    /// Does the same with another program as guard; for tests, whose own executable is none.
    ///
    /// # Errors
    ///
    /// What the kernel refused.
    pub fn with_program(program: PathBuf) -> io::Result<Self> {
        nix::sys::prctl::set_child_subreaper(true)?;
        let limits = Limits { core: getrlimit(Resource::RLIMIT_CORE)?, files: getrlimit(Resource::RLIMIT_NOFILE)? };
        // A core dump delays the news of the dashboard's death by seconds. Only the soft limit: the hard one could not be
        // given back to services.
        setrlimit(Resource::RLIMIT_CORE, 0, limits.core.1)?;
        // fails where the system's own limit was lowered below this one meanwhile; then there are fewer, but enough
        let _as_many_as_before = setrlimit(Resource::RLIMIT_NOFILE, limits.files.1, limits.files.1);
        let children = Arc::new(Children::default());
        let mut changes = signal(SignalKind::child())?;
        let watched: Weak<Children> = Arc::downgrade(&children);
        // Tends the children at every SIGCHLD; owned by `Shared`, ends with it.
        let tending = tokio::spawn(async move {
            while changes.recv().await.is_some() {
                let Some(children) = watched.upgrade() else { return };
                children.tend();
            }
        });
        let cgroups = Cgroups::find();
        let shared = Shared { program, limits, children, cgroups, tending: tending.abort_handle() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts a guard and through it the program; returns when the program runs or could not be run.
    ///
    /// Dropped half-way, nothing stays behind.
    ///
    /// # Errors
    ///
    /// Why it could not be started; then nothing is left of it.
    pub async fn launch(&self, launch: &Launch) -> Result<(Guard, Channel), LaunchError> {
        self.launch_until(launch, std::future::pending()).await
    }

    /// Does the same, but gives up once `enough` is over: a program on a file system that does not answer may take for ever.
    ///
    /// # Errors
    ///
    /// Why it could not be started, or that it was given up; then nothing is left of it.
    pub async fn launch_until(
        &self,
        launch: &Launch,
        enough: impl Future<Output = ()>,
    ) -> Result<(Guard, Channel), LaunchError> {
        let order = self.order(launch)?;
        let (mut line, channel) = self.start_guard(launch)?;
        let lost = |source| LaunchError::GuardNotStarted { source };
        if let Err(error) = line.request(&Request::Launch(Box::new(order))).await {
            line.give_up();
            self.take_over(&mut line).await;
            let is_too_long = error.kind() == io::ErrorKind::InvalidInput;
            return Err(if is_too_long { LaunchError::ArgumentsTooLong } else { lost(error) });
        }
        let reply = tokio::select! {
            reply = line.next() => reply,
            () = enough => {
                line.give_up();
                self.take_over(&mut line).await;
                return Err(LaunchError::GivenUp);
            }
        };
        match reply {
            Ok(Reply::Started { main }) => Ok((Guard::new(line, main), channel)),
            Ok(Reply::NotStarted { step, errno }) => {
                // it ends by itself: nothing of a start that failed stays behind
                while line.next().await.is_ok() {}
                Err(refusal(launch, step, io::Error::from_raw_os_error(errno)))
            }
            Ok(Reply::News(report)) => {
                line.give_up();
                self.take_over(&mut line).await;
                Err(lost(io::Error::other(format!("it said {report:?} first"))))
            }
            Err(exit) => {
                self.take_over(&mut line).await;
                Err(lost(io::Error::other(format!("it {exit}"))))
            }
        }
    }

    /// Waits for the end of a guard that will say nothing more, and ends what it had started, however long that takes.
    async fn take_over(&self, line: &mut Line) -> Exit {
        let exit = loop {
            if let Err(exit) = line.next().await {
                break exit;
            }
        };
        while let Verdict::Survivors(survivors) = self.sweep_orphans().await.verdict {
            tracing::warn!(?survivors, "what a guard had started does not end");
        }
        exit
    }

    /// Kills and collects what dead guards have left to the dashboard, until two looks in a row find nothing.
    ///
    /// To be called after [`super::Report::Lost`]. Gives up after three seconds and names who is left.
    pub async fn sweep_orphans(&self) -> Swept {
        // whom the user may not signal any more is reached by this alone
        self.shared.cgroups.iter().for_each(Cgroups::bury);
        let swept = heir::sweep(&self.shared.children).await;
        self.shared.cgroups.iter().for_each(Cgroups::bury);
        swept
    }

    fn order(&self, launch: &Launch) -> Result<Order, LaunchError> {
        if launch.argv.first().is_none_or(|program| program.is_empty()) {
            return Err(LaunchError::CommandEmpty);
        }
        let nul = |word: &OsString| word.as_bytes().contains(&0);
        if launch.argv.iter().any(nul) {
            return Err(LaunchError::NulByte { place: "the command".to_owned() });
        }
        if let Some((key, _)) = launch.env.iter().find(|(key, value)| nul(key) || nul(value)) {
            let place = format!("the variable {}", key.to_string_lossy().replace('\0', "\u{fffd}"));
            return Err(LaunchError::NulByte { place });
        }
        let order = Order {
            argv: launch.argv.clone(),
            env: launch.env.clone(),
            dir: launch.dir.clone(),
            terminal: matches!(launch.io, Io::Terminal { .. }),
            isolation: launch.isolation,
            // a namespace is ended by the kernel as it is
            cgroup: self.shared.cgroups.as_ref().filter(|_| launch.isolation == Isolation::None).map(Cgroups::path),
            limits: self.shared.limits,
        };
        Ok(order)
    }

    fn start_guard(&self, launch: &Launch) -> Result<(Line, Channel), LaunchError> {
        let (channel, stdout, stderr) = open_channel(launch)?;
        let (socket, theirs) = UnixStream::pair().map_err(shortage)?;
        let own = std::process::id();
        let spawn = || {
            // What the command holds of the terminal and the socket is closed with it, at the end of this block: any copy
            // left would hide the end of the output, and the death of the guard.
            Command::new(&self.shared.program)
                .arg0(format!("pd-guard: {}", plain(&launch.name)))
                .args([MARK, &own.to_string()])
                .env_clear()
                .stdin(Stdio::from(OwnedFd::from(theirs)))
                .stdout(stdout)
                .stderr(stderr)
                .spawn()
                .map(|child| child.id())
        };
        let (id, held) = self.shared.children.add(spawn).map_err(shortage)?;
        let line = Line::new(id, held, socket, Arc::clone(&self.shared.children)).map_err(|error| {
            // it has been told nothing, and ends with its socket
            self.shared.children.abandon(id.pid);
            shortage(error)
        })?;
        Ok((line, channel))
    }
}

/// Opens what a service reads and writes; returns the dashboard's part and the guard's standard output and error.
fn open_channel(launch: &Launch) -> Result<(Channel, Stdio, Stdio), LaunchError> {
    match launch.io {
        Io::Terminal { columns, rows } => {
            let (terminal, service) = Terminal::open(columns, rows).map_err(|source| match source.raw_os_error() {
                Some(errno) if errno == Errno::NOSPC.raw_os_error() => LaunchError::OutOfTerminals { source },
                _ => shortage(source),
            })?;
            Ok((Channel::Terminal(terminal), Stdio::from(service), Stdio::null()))
        }
        Io::Pipes => {
            let (stdout, their_stdout) = pipe().map_err(shortage)?;
            let (stderr, their_stderr) = pipe().map_err(shortage)?;
            Ok((Channel::Pipes { stdout, stderr }, Stdio::from(their_stdout), Stdio::from(their_stderr)))
        }
    }
}

/// Opens a pipe whose reading end does not block; the writing end blocks, as programs expect.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::fs::fcntl_setfl(&read, OFlags::NONBLOCK)?;
    Ok((read, write))
}

/// Takes characters that would act on a terminal out of a name that is shown by `ps`.
fn plain(name: &str) -> String {
    name.chars().map(|letter| if acts(letter) { '?' } else { letter }).take(64).collect()
}

/// Names what the dashboard ran out of.
fn shortage(source: io::Error) -> LaunchError {
    match source.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::MFILE | Errno::NFILE) => {
            let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _hard)| soft);
            LaunchError::OutOfDescriptors { limit }
        }
        Some(Errno::AGAIN | Errno::NOMEM) => LaunchError::OutOfProcesses { source },
        _ => LaunchError::GuardNotStarted { source },
    }
}

/// Says why the guard could not start the program.
fn refusal(launch: &Launch, step: Step, source: io::Error) -> LaunchError {
    let dir = launch.dir.clone();
    let program = launch.argv.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let is_path = program.contains('/');
    let errno = source.raw_os_error().map(Errno::from_raw_os_error);
    match (step, errno) {
        (Step::Search, Some(Errno::NOENT)) => LaunchError::ProgramNotOnPath { program },
        (Step::Folder, Some(Errno::NOENT)) => LaunchError::FolderMissing { dir },
        (Step::Folder, Some(Errno::NOTDIR)) => LaunchError::NotAFolder { dir },
        (Step::Folder, Some(Errno::ACCESS)) => LaunchError::FolderForbidden { dir },
        (Step::Execute, Some(Errno::NOENT | Errno::NOTDIR)) if is_path && !launch.dir.join(&program).exists() => {
            LaunchError::ProgramMissing { program }
        }
        (Step::Execute, Some(Errno::NOENT)) => LaunchError::InterpreterMissing { program },
        (Step::Search | Step::Execute, Some(Errno::ACCESS | Errno::ISDIR)) if launch.dir.join(&program).is_dir() => {
            LaunchError::ProgramIsFolder { program }
        }
        (Step::Search | Step::Execute, Some(Errno::ACCESS | Errno::PERM | Errno::ISDIR)) => {
            LaunchError::NotExecutable { program }
        }
        (Step::Execute, Some(Errno::NOEXEC)) => LaunchError::BadFormat { program },
        (Step::Execute, Some(Errno::TOOBIG)) => LaunchError::ArgumentsTooLong,
        (_, Some(Errno::MFILE | Errno::NFILE)) => shortage(source),
        (Step::Namespace | Step::Identity | Step::Mounts, _) => LaunchError::NotIsolated { step: step.words(), source },
        (Step::Fork, Some(Errno::AGAIN | Errno::NOMEM)) => LaunchError::OutOfProcesses { source },
        _ => LaunchError::Refused { step: step.words(), source },
    }
}
