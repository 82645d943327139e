//! The program on a real terminal, whose screen can be read.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use rustix::termios::Winsize;

use super::modes::Modes;
use super::processes;
use super::program::{code, wait_for_end};
use super::project::Project;
use super::wait::{self, PATIENCE};

pub(crate) const ENTER: &str = "\r";
pub(crate) const ESC: &str = "\x1b";
pub(crate) const CTRL_C: &str = "\x03";

/// A terminal of its own with the program as its session leader, as a terminal window has a shell.
pub(crate) struct Screen {
    child: Child,
    master: Option<File>,
    /// A byte written here ends the reader, which otherwise keeps the terminal open.
    wake: UnixStream,
    reader: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    /// The terminal's settings before the program had it.
    before: Termios,
}

struct Shared {
    seen: Mutex<Seen>,
    grew: Condvar,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

impl Shared {
    /// Locks what was seen, also after a failed test has panicked with the lock in its hand.
    fn look(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    /// Runs `procdash arguments…` in the project on a terminal of this size.
    pub(crate) fn spawn(project: &Project, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::spawn_command(project.procdash(arguments), columns, rows)
    }

    /// Runs `command` on a terminal of this size.
    pub(crate) fn spawn_command(mut command: Command, columns: u16, rows: u16) -> Self {
        let (master, slave) = open_terminal();
        rustix::termios::tcsetwinsize(&master, size(columns, rows)).unwrap();
        let before = tcgetattr(&slave).unwrap();
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        take_terminal(&mut command);
        let child = command.spawn().unwrap();
        // the command holds the terminal's other end as well; without this its last close would never come
        drop(command);

        let seen = Seen { parser: parser(columns, rows), raw: Vec::new(), ended: false };
        let shared = Arc::new(Shared { seen: Mutex::new(seen), grew: Condvar::new() });
        let (wake, woken) = UnixStream::pair().unwrap();
        let reader = Some(read_on(master.try_clone().unwrap(), woken, Arc::clone(&shared)));
        Self { child, master: Some(File::from(master)), wake, reader, shared, before }
    }

    /// Types.
    pub(crate) fn keys(&mut self, typed: &str) -> &mut Self {
        self.master.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
        self
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        let mut seen = self.shared.look();
        rustix::termios::tcsetwinsize(self.master.as_ref().unwrap(), size(columns, rows)).unwrap();
        let (rows, columns) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        seen.parser.set_size(rows, columns);
        drop(seen);
        self
    }

    /// Waits until the screen satisfies `wanted`; `what` is for the failure.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.shared.look();
        while !wanted(seen.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.ended, "no {what} on\n{}", picture(&seen));
            seen = self.shared.grew.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}`"), |screen| screen.contents().contains(text));
    }

    /// Waits until the screen shows `text` no more.
    #[track_caller]
    pub(crate) fn wait_without(&self, text: &str) {
        self.wait_until(&format!("end of `{text}`"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the list shows service `name` in `state`.
    #[track_caller]
    pub(crate) fn wait_for_state(&self, name: &str, state: &str) {
        self.wait_until(&format!("`{name}` in state `{state}`"), |screen| {
            screen.contents().lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.windows(2).any(|pair| pair == [name, state])
            })
        });
    }

    /// Returns the text of the screen.
    pub(crate) fn contents(&self) -> String {
        self.shared.look().parser.screen().contents()
    }

    /// Returns every byte the terminal was sent.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.shared.look().raw.clone()
    }

    /// Sends a signal to the process that was started, alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Returns the process that was started: the warden, where it is the program.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Returns the dashboard, where the program was started directly: its child.
    #[track_caller]
    pub(crate) fn dashboard(&self) -> Pid {
        processes::dashboard_below(self.child.id())
    }

    /// Returns the modes that the terminal is in after everything it was sent.
    pub(crate) fn modes(&self) -> Modes {
        Modes::after(&self.raw())
    }

    /// Returns the terminal's settings.
    pub(crate) fn settings(&self) -> Termios {
        tcgetattr(self.master.as_ref().unwrap()).unwrap()
    }

    /// Waits until the terminal's modes and settings are as before the program had it; for a program that still runs.
    #[track_caller]
    pub(crate) fn wait_until_given_back(&self) {
        let given_back = || self.modes() == Modes::default() && self.settings() == self.before;
        let seen = wait::until(|| given_back().then_some(()));
        assert!(seen.is_some(), "{:?}\n{:?}\nbefore: {:?}", self.modes(), self.settings(), self.before);
    }

    /// Waits until the terminal is in the modes and with the settings of a dashboard.
    #[track_caller]
    pub(crate) fn wait_until_taken(&self) {
        let taken = || self.modes().are_of_a_dashboard() && self.settings() != self.before;
        let seen = wait::until(|| taken().then_some(()));
        assert!(seen.is_some(), "{:?}\n{}", self.modes(), self.contents());
    }

    /// Closes the terminal, as closing its window does.
    pub(crate) fn hang_up(&mut self) {
        self.stop_reading();
        self.master = None;
    }

    /// Waits for the program's end, and until nobody holds the terminal any more; returns the exit code.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> i32 {
        let shared = Arc::clone(&self.shared);
        let status = wait_for_end(&mut self.child, || picture(&shared.look()));
        if self.master.is_some() {
            let closed = wait::until(|| shared.look().ended.then_some(()));
            assert!(closed.is_some(), "the program has ended, and somebody still holds its terminal");
        }
        code(status)
    }

    /// Fails unless the terminal is as it was before the program had it.
    #[track_caller]
    pub(crate) fn assert_given_back(&self) {
        let seen = self.shared.look();
        let screen = seen.parser.screen();
        let picture = picture(&seen);
        assert!(!screen.alternate_screen(), "still on the alternate screen\n{picture}");
        assert!(!screen.hide_cursor(), "the cursor is still hidden\n{picture}");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on\n{picture}");
        assert!(!screen.application_cursor(), "application cursor keys are still on\n{picture}");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still reported");
        assert_eq!(Modes::after(&seen.raw), Modes::default(), "not as before\n{picture}");
        let now = tcgetattr(self.master.as_ref().unwrap()).unwrap();
        assert_eq!(now, self.before, "the terminal's settings have changed");
    }

    fn stop_reading(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _reader_has_ended = self.wake.write_all(b"!");
            let _reader_has_panicked = reader.join();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
        self.stop_reading();
    }
}

/// Counts how often `needle` occurs.
pub(crate) fn count(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).filter(|window| *window == needle).count()
}

/// Opens a terminal whose two ends no child inherits by accident: a test beside this one may start a program now.
fn open_terminal() -> (OwnedFd, OwnedFd) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname_r(&master).unwrap();
    let slave = File::options().read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(name).unwrap();
    (OwnedFd::from(master), OwnedFd::from(slave))
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

fn parser(columns: u16, rows: u16) -> vt100::Parser {
    vt100::Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0)
}

fn picture(seen: &Seen) -> String {
    let end = if seen.ended { "\n(the program has closed the terminal)" } else { "" };
    let lines: Vec<String> = seen.parser.screen().contents().lines().map(|line| format!("│{line}")).collect();
    format!("{}{end}", lines.join("\n"))
}

/// Makes `command` the leader of a session whose terminal is its standard input.
#[allow(unsafe_code, reason = "only between fork and exec can a session take a terminal")]
fn take_terminal(command: &mut Command) {
    // SAFETY: all are single system calls that allocate nothing and take no lock
    unsafe {
        command.pre_exec(|| {
            nix::unistd::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        });
    }
}

fn read_on(master: OwnedFd, woken: UnixStream, shared: Arc<Shared>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut master = File::from(master);
        let mut piece = [0; 16 * 1024];
        loop {
            let mut ready =
                [PollFd::new(master.as_fd(), PollFlags::POLLIN), PollFd::new(woken.as_fd(), PollFlags::POLLIN)];
            poll(&mut ready, PollTimeout::NONE).unwrap();
            if ready[1].any().unwrap_or(false) {
                return;
            }
            // the last close of the other end reads as an error, after everything was read
            let read = master.read(&mut piece).unwrap_or(0);
            let mut seen = shared.look();
            if read == 0 {
                seen.ended = true;
            } else {
                take(&mut seen, &piece[..read]);
            }
            drop(seen);
            shared.grew.notify_all();
            if read == 0 {
                return;
            }
        }
    })
}

fn take(seen: &mut Seen, bytes: &[u8]) {
    seen.raw.extend_from_slice(bytes);
    // the reader of the screen is not under test: where a size of 1×1 is too much for it, it starts afresh
    let parser = &mut seen.parser;
    if catch_unwind(AssertUnwindSafe(|| parser.process(bytes))).is_err() {
        let (rows, columns) = parser.screen().size();
        *parser = vt100::Parser::new(rows, columns, 0);
    }
}

mod tests {
    use super::*;

    fn sh(script: &str) -> Screen {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Screen::spawn_command(command, 40, 10)
    }

    #[test]
    fn the_screen_shows_what_was_written_and_the_keys_arrive() {
        let mut screen = sh("printf 'a\\033[5;5Hb\\n'; read -r line; echo \"read $line\"; exit 7");
        screen.wait_for("    b");
        screen.keys("hello\n");
        screen.wait_for("read hello");
        assert_eq!(screen.exit_code(), 7);
        screen.assert_given_back();
    }

    #[test]
    fn a_new_size_reaches_the_program() {
        let mut screen = sh("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done");
        screen.wait_for("ready");
        screen.resize(33, 11);
        screen.wait_for("11 33");
        assert_eq!(screen.exit_code(), 0);
    }

    #[test]
    fn a_closed_terminal_reaches_the_program_as_sighup() {
        let mut screen = sh("echo ready; sleep 60");
        screen.wait_for("ready");
        screen.hang_up();
        assert_eq!(screen.exit_code(), 128 + 1);
    }

    #[test]
    #[should_panic(expected = "still on the alternate screen")]
    fn a_terminal_that_is_not_given_back_is_noticed() {
        let mut screen = sh("printf '\\033[?1049h'");
        assert_eq!(screen.exit_code(), 0);
        screen.assert_given_back();
    }

    #[test]
    #[should_panic(expected = "settings have changed")]
    fn changed_settings_are_noticed() {
        let mut screen = sh("stty -echo");
        assert_eq!(screen.exit_code(), 0);
        screen.assert_given_back();
    }

    #[test]
    #[should_panic(expected = "no `never`")]
    fn a_wait_for_what_does_not_come_fails_with_the_screen() {
        sh("echo something").wait_for("never");
    }
}
