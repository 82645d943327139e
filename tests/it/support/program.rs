//! The program without a terminal: its output through pipes, line by line.

use std::io::{Error, ErrorKind, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{processes, wait};

/// A running program whose output is collected.
pub(crate) struct Program {
    child: Child,
    out: Collector,
    err: Collector,
}

/// What a program has left.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code, or 128 and the number of the signal that ended it.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

/// Returns the exit code, or 128 and the signal's number, as a shell counts.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// Waits for a child's end; fails when it does not come.
#[track_caller]
pub(crate) fn wait_for_end(child: &mut Child, context: impl Fn() -> String) -> ExitStatus {
    match wait::until(|| child.try_wait().unwrap()) {
        Some(status) => status,
        None => panic!("the program does not end\n{}", context()),
    }
}

impl Program {
    /// Starts `command` with nothing to read.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // a program that was copied just now stays open for writing in whatever another test forks, until that execs
        let is_busy = |error: &Error| error.kind() == ErrorKind::ExecutableFileBusy;
        let started = wait::until(|| Some(command.spawn()).filter(|started| !started.as_ref().is_err_and(is_busy)));
        let mut child = started.expect("it stays busy").unwrap();
        let out = Collector::new(child.stdout.take().unwrap());
        let err = Collector::new(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    /// Runs `command` to its end.
    #[track_caller]
    pub(crate) fn run(command: Command) -> Finished {
        Self::start(command).finish()
    }

    /// Waits until standard output has `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let seen = wait::until(|| self.out.text().contains(text).then_some(()));
        assert!(seen.is_some(), "no `{text}` in\n{}\n── standard error ──\n{}", self.out.text(), self.err.text());
    }

    /// Whether standard output has `text` by now.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        self.out.text().contains(text)
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.warden(), signal).unwrap();
    }

    /// Returns the process that was started: the warden, as a shell knows it.
    pub(crate) fn warden(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Returns the dashboard, which is its child.
    #[track_caller]
    pub(crate) fn dashboard(&self) -> Pid {
        processes::dashboard_below(self.child.id())
    }

    /// Waits for its end and returns the code; others may still hold its output.
    #[track_caller]
    pub(crate) fn code(mut self) -> i32 {
        let (out, err) = (&self.out, &self.err);
        code(wait_for_end(&mut self.child, || format!("{}\n── standard error ──\n{}", out.text(), err.text())))
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end and for the end of its output.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let (out, err) = (&self.out, &self.err);
        let status = wait_for_end(&mut self.child, || format!("{}\n── standard error ──\n{}", out.text(), err.text()));
        let closed = wait::until(|| (out.thread.is_finished() && err.thread.is_finished()).then_some(()));
        assert!(closed.is_some(), "the program has ended, and somebody still holds its output");
        Finished { code: code(status), out: out.text(), err: err.text() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Collector {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut piece) {
                sink.lock().unwrap().extend_from_slice(&piece[..read]);
            }
        });
        Self { bytes, thread }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }
}
