//! What the hostile programs are made of.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::libc::{self, c_int};

use crate::sys;

/// How long a hostile program lives when nobody ends it.
pub(crate) const LIFE: u32 = 120;

/// What a hostile program was told.
pub(crate) struct Kit {
    /// Its case.
    pub(crate) name: String,
    /// The word by which the oracle finds it.
    pub(crate) token: String,
    /// What it writes once its structure stands.
    pub(crate) ready: PathBuf,
}

impl Kit {
    /// Says that the structure stands, and how many processes of it must be alive at least.
    pub(crate) fn ready(&self, alive: usize) {
        self.say(&format!("alive {alive}"));
    }

    /// Says that the case cannot be tried here.
    pub(crate) fn skip(&self, why: &str) -> ! {
        self.say(&format!("skip {why}"));
        stay()
    }

    fn say(&self, text: &str) {
        let unfinished = self.ready.with_extension("part");
        fs::write(&unfinished, text).unwrap();
        fs::rename(unfinished, &self.ready).unwrap();
    }

    /// Returns the command that runs another case of this program with the same token.
    pub(crate) fn other(&self, name: &str) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.args(["__case", name, &self.token]).arg(&self.ready);
        command
    }
}

/// Runs `what` in a child, which then ends; returns the child's number.
///
/// A fork that is refused (the tasks are limited) returns -1: storms go on with what they have.
pub(crate) fn child(what: impl FnOnce()) -> i32 {
    let pid = sys::fork();
    if pid == 0 {
        begin();
        what();
        sys::exit_now(0);
    }
    pid
}

/// What every process of a case does first: it ends by itself one day.
pub(crate) fn begin() {
    nix::unistd::alarm::set(LIFE);
}

/// Runs `what` in a child of a child that has ended: in a session of its own, and adopted.
pub(crate) fn daemon(what: impl FnOnce()) {
    let middle = child(|| {
        session();
        child(what);
    });
    let _collected = sys::wait_for(middle, 0);
}

/// Stays, whatever comes, until the alarm or SIGKILL.
pub(crate) fn stay() -> ! {
    loop {
        sys::pause();
    }
}

/// Waits.
pub(crate) fn wait(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Leads a session of its own, if it leads no group.
pub(crate) fn session() {
    let _leads_one_already = nix::unistd::setsid();
}

/// Ignores what can be ignored, but the alarm that ends it.
pub(crate) fn deaf() {
    for signal in (1..=64).filter(|signal| ![libc::SIGALRM, libc::SIGCHLD].contains(signal)) {
        sys::ignore(signal);
    }
}

/// Keeps a processor busy.
pub(crate) fn spin() -> ! {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

/// Lets `what` run for as long as a case lasts.
pub(crate) fn while_alive(mut what: impl FnMut()) {
    let end = Instant::now() + Duration::from_secs(LIFE.into());
    while Instant::now() < end {
        what();
    }
}

/// Collects every child that has ended.
pub(crate) fn collect() {
    while matches!(sys::wait_any(libc::WNOHANG), Ok(1..)) {}
}

/// Returns the parent's number.
pub(crate) fn parent() -> i32 {
    nix::unistd::getppid().as_raw()
}

/// Returns this process's number.
pub(crate) fn own() -> i32 {
    nix::unistd::getpid().as_raw()
}

/// Runs `handler` at each of these.
pub(crate) fn on(signals: &[c_int], handler: extern "C" fn(c_int)) {
    for &signal in signals {
        sys::on_signal(signal, handler);
    }
}

/// A gate that opens once everybody who is expected has arrived.
pub(crate) struct Gate {
    read: OwnedFd,
    write: OwnedFd,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let (read, write) = nix::unistd::pipe().unwrap();
        Self { read, write }
    }

    /// Says that one has arrived.
    pub(crate) fn arrive(&self) {
        let _nobody_waits = nix::unistd::write(&self.write, b".");
    }

    /// Waits until `count` have arrived.
    pub(crate) fn wait(&self, count: usize) {
        let mut arrived = 0;
        let mut bytes = [0; 64];
        while arrived < count {
            match nix::unistd::read(self.read.as_fd(), &mut bytes) {
                Ok(more @ 1..) => arrived += more,
                Ok(_) => return,
                Err(_interrupted) => {}
            }
        }
    }
}

/// Returns the bounds of this process's arguments and environment in memory.
pub(crate) fn bounds() -> io::Result<[usize; 4]> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
    // fields 48 to 51 of proc(5); the first after the name is number 3
    let field = |number: usize| fields.get(number - 3).and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok([field(48), field(49), field(50), field(51)])
}
