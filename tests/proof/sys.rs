//! The kernel calls of the proof that no safe crate offers, each as small as it can be.
#![allow(
    unsafe_code,
    reason = "hostile programs and namespaces need what safe crates do not offer; nowhere else in the proof"
)]

use std::ffi::{CString, c_int, c_long, c_void};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

use nix::libc;

fn checked(result: c_long) -> io::Result<c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Forks; returns the child's number, and 0 in the child.
pub(crate) fn fork() -> i32 {
    // SAFETY: whoever calls this has one thread, or does in the child only what a thread may do after a fork.
    unsafe { libc::fork() }
}

/// Forks with these flags of clone(2), memory copied; returns the child's number, and 0 in the child.
pub(crate) fn fork_with(flags: c_int) -> i32 {
    // SAFETY: without CLONE_VM the child has a copy of everything, as after fork(2).
    let result = unsafe { libc::syscall(libc::SYS_clone, c_long::from(flags), 0, 0, 0, 0) };
    i32::try_from(result).unwrap_or(-1)
}

/// Ends this process at once.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process and runs nothing that belongs to its parent.
    unsafe { libc::_exit(code) }
}

/// Ends this thread alone, also when it is the first: the process lives on in its others.
pub(crate) fn exit_thread() -> ! {
    // SAFETY: the thread holds nothing that others wait for.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    exit_now(1)
}

/// Lets `handler` run at `signal`; it must do only what a handler may in a process of one thread that waits.
pub(crate) fn on_signal(signal: c_int, handler: extern "C" fn(c_int)) {
    // SAFETY: the structure is valid when zeroed; the handler has the type that is asked for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        // a handler that forks wants its child to hear the same signal
        action.sa_flags = libc::SA_RESTART | libc::SA_NODEFER;
        libc::sigaction(signal, &raw const action, ptr::null_mut());
    }
}

/// Ignores a signal.
pub(crate) fn ignore(signal: c_int) {
    // SAFETY: takes numbers only.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Gives a signal its first meaning again.
pub(crate) fn reset(signal: c_int) {
    // SAFETY: takes numbers only.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Sends a signal by number, as a hostile program does: to whoever has it.
pub(crate) fn send(pid: i32, signal: c_int) -> io::Result<()> {
    // SAFETY: takes numbers only.
    checked(unsafe { libc::kill(pid, signal) }.into()).map(drop)
}

/// Waits until a signal comes.
pub(crate) fn pause() {
    // SAFETY: takes nothing.
    unsafe { libc::pause() };
}

/// Waits for a child; 0 with `WNOHANG` when none has ended, an error when there is none.
pub(crate) fn wait_any(options: c_int) -> io::Result<i32> {
    let mut status = 0;
    // SAFETY: the status lives until the call has returned.
    let result = unsafe { libc::waitpid(-1, &raw mut status, options) };
    checked(result.into()).map(|_| result)
}

/// Waits for one child; returns its status as the kernel gives it.
pub(crate) fn wait_for(pid: i32, options: c_int) -> io::Result<i32> {
    let mut status = 0;
    // SAFETY: the status lives until the call has returned.
    checked(unsafe { libc::waitpid(pid, &raw mut status, options) }.into()).map(|_| status)
}

/// Leaves the namespaces that `flags` names for new ones.
pub(crate) fn unshare(flags: c_int) -> io::Result<()> {
    // SAFETY: takes a number only.
    checked(unsafe { libc::unshare(flags) }.into()).map(drop)
}

/// Mounts a file system of the kernel's, or changes how a place passes mounts on.
pub(crate) fn mount(kind: &str, target: &str, flags: libc::c_ulong) -> io::Result<()> {
    let (kind, target) = (CString::new(kind)?, CString::new(target)?);
    // SAFETY: the strings live until the call has returned; there is no data.
    checked(unsafe { libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, ptr::null()) }.into()).map(drop)
}

/// Asks for SIGKILL, or another signal, at the death of the parent.
pub(crate) fn die_with_parent(signal: c_int) {
    // SAFETY: takes numbers only.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) };
}

/// Calls ptrace(2) without an address and data.
pub(crate) fn ptrace(request: libc::c_uint, pid: i32) -> io::Result<()> {
    // SAFETY: the requests used here read and write no memory of this process.
    checked(unsafe { libc::ptrace(request, pid, ptr::null_mut::<c_void>(), ptr::null_mut::<c_void>()) }).map(drop)
}

/// Sets a limit of another process.
pub(crate) fn limit_of(pid: i32, resource: libc::__rlimit_resource_t, to: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: to, rlim_max: to };
    // SAFETY: the structure lives until the call has returned.
    checked(unsafe { libc::prlimit(pid, resource, &raw const limit, ptr::null_mut()) }.into()).map(drop)
}

/// Takes a copy of descriptor `number` out of another process.
pub(crate) fn steal_descriptor(pid: i32, number: i32) -> io::Result<i32> {
    // SAFETY: takes numbers only.
    let held = checked(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: as above.
    let stolen = checked(unsafe { libc::syscall(libc::SYS_pidfd_getfd, held, number, 0) })?;
    Ok(i32::try_from(stolen).unwrap_or(-1))
}

/// Ends the use of a socket for everybody who holds it.
pub(crate) fn shut_down(socket: i32) -> io::Result<()> {
    // SAFETY: takes numbers only.
    checked(unsafe { libc::shutdown(socket, libc::SHUT_RDWR) }.into()).map(drop)
}

/// Runs only when nobody else wants the processor.
pub(crate) fn be_idle() {
    let none = libc::sched_param { sched_priority: 0 };
    // SAFETY: the structure lives until the call has returned.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const none) };
}

/// Makes standard input the controlling terminal, if need be by taking it from another session.
pub(crate) fn take_terminal(descriptor: i32, steal: bool) -> io::Result<()> {
    // SAFETY: takes numbers only.
    checked(unsafe { libc::ioctl(descriptor, libc::TIOCSCTTY, c_int::from(steal)) }.into()).map(drop)
}

/// Zeroes a piece of this process's own memory.
///
/// `from` and `to` must be the bounds of its own arguments or environment, as /proc/self/stat gives them, which nobody
/// in this process reads any more.
pub(crate) fn wipe(from: usize, to: usize) {
    // SAFETY: these pages belong to the stack of this process, and nothing refers to them any more.
    unsafe { ptr::write_bytes(ptr::with_exposed_provenance_mut::<u8>(from), 0, to.saturating_sub(from)) };
}

/// Makes `command` a session leader whose terminal is its standard input, under another user if one is given.
pub(crate) fn prepare(command: &mut Command, user: Option<u32>) {
    // SAFETY: these are single system calls that allocate nothing and take no lock.
    unsafe {
        command.pre_exec(move || {
            checked(libc::setsid().into())?;
            take_terminal(0, false)?;
            if let Some(user) = user {
                checked(libc::setgroups(0, ptr::null()).into())?;
                checked(libc::setresgid(user, user, user).into())?;
                checked(libc::setresuid(user, user, user).into())?;
            }
            Ok(())
        });
    }
}

/// Has the kernel end a child when this thread ends.
pub(crate) fn end_with_me(command: &mut Command) {
    // SAFETY: a single system call that allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(|| {
            die_with_parent(libc::SIGKILL);
            Ok(())
        });
    }
}

/// Becomes another user for good.
pub(crate) fn become_user(user: u32) -> io::Result<()> {
    // SAFETY: takes numbers, and no list.
    checked(unsafe { libc::setgroups(0, ptr::null()) }.into())?;
    // SAFETY: takes numbers only.
    checked(unsafe { libc::setresgid(user, user, user) }.into())?;
    // SAFETY: takes numbers only.
    checked(unsafe { libc::setresuid(user, user, user) }.into()).map(drop)
}
