//! A service whose first thread has ended while another goes on: its line in the process table says "zombie".
#![allow(unsafe_code, reason = "only a signal's handler can end the thread that the test program is waiting in")]

use nix::libc::{SYS_exit, SYS_tgkill, getpid, syscall};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// The variable that makes the test a service.
const ASKED: &str = "PROCDASH_IT_HEADLESS";

/// Returns the lines of a procfile for such a service below a shell.
pub(super) fn service(name: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let test = "leftovers::a_program_whose_first_thread_has_ended";
    let line = format!("'{}' {test} --exact --nocapture > /dev/null 2>&1 & wait", program.display());
    format!("{name} = {{ command = {line:?}, env = {{ {ASKED} = \"1\" }} }}\n")
}

/// Ends the first thread of this process and goes on in another for ever, if this process was started to.
pub(super) fn be_if_asked() {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let action = SigAction::new(SigHandler::Handler(end_thread), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler makes one system call and does not return
    unsafe { sigaction(Signal::SIGUSR1, &action).unwrap() };
    let other = std::thread::spawn(|| {
        // SAFETY: system calls with numbers only
        unsafe { syscall(SYS_tgkill, getpid(), getpid(), Signal::SIGUSR1 as i32) };
        loop {
            std::thread::park();
        }
    });
    other.join().unwrap();
}

extern "C" fn end_thread(_signal: i32) {
    // SAFETY: it ends this thread and no other
    unsafe { syscall(SYS_exit, 0) };
}
