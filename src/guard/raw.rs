//! The kernel calls of a guard and of the warden that no safe crate offers, each as small as it can be.
#![allow(unsafe_code, reason = "fork, exec and a few calls without a safe form; nowhere else in the crate")]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::ptr;

use nix::libc;

mod namespace;

pub(super) use namespace::{Identity, MAIN_IS_GONE, fork_founder};

use super::message::{Limits, Step};
use super::shared::Shared;
use crate::signal::Signal;

/// Sends to the group that the process of this descriptor leads or has led (`PIDFD_SIGNAL_PROCESS_GROUP`).
const TO_GROUP: libc::c_uint = 4;

/// The highest number of a signal.
const LAST_SIGNAL: c_int = 64;

/// Has a child born in a cgroup (`CLONE_INTO_CGROUP`).
const INTO_CGROUP: u64 = 1 << 33;

/// What `/proc` is mounted as.
const PROC: &CStr = c"proc";
const PROC_PATH: &CStr = c"/proc";
const PROC_FLAGS: c_ulong = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// A program ready to be executed: everything is laid out before the fork, for nothing may be allocated after it.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) program: CString,
    pub(super) argv: Words,
    pub(super) env: Words,
    pub(super) dir: CString,
    pub(super) terminal: bool,
    pub(super) limits: Limits,
    /// Whether it is run in a pid namespace of its own.
    pub(super) isolated: bool,
    /// A cgroup that it is born in.
    pub(super) cgroup: Option<RawFd>,
}

/// Words as the kernel takes them: a list of pointers with a null at its end.
#[derive(Debug)]
pub(super) struct Words {
    _owned: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl Words {
    pub(super) fn new(words: Vec<CString>) -> Self {
        // a CString keeps its bytes in place when it is moved
        let pointers = words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect();
        Self { _owned: words, pointers }
    }
}

/// Makes the child that becomes the program, and returns its number.
///
/// What goes wrong in the child is written to `failure`, as [`Failure`] reads it; nothing is, once the program runs.
pub(super) fn fork(image: &Image, failure: BorrowedFd<'_>) -> io::Result<u32> {
    let guard = std::process::id();
    match make_process(0, image.cgroup) {
        -1 => Err(io::Error::last_os_error()),
        0 => become_program(image, failure.as_raw_fd(), guard),
        child => u32::try_from(child).map_err(io::Error::other),
    }
}

/// Makes a child, in a cgroup if there is one and the kernel allows it: it is nothing that a start should fail for.
fn make_process(flags: c_int, cgroup: Option<RawFd>) -> c_long {
    let flags = flags.unsigned_abs();
    if let Some(cgroup) = cgroup.and_then(|cgroup| u64::try_from(cgroup).ok()) {
        // SAFETY: all zeros is a valid value of this plain structure.
        let mut wish: libc::clone_args = unsafe { std::mem::zeroed() };
        wish.flags = u64::from(flags) | INTO_CGROUP;
        wish.cgroup = cgroup;
        if flags & libc::CLONE_PARENT.unsigned_abs() == 0 {
            wish.exit_signal = libc::SIGCHLD as u64;
        }
        // SAFETY: the structure lives until the call has returned, and is as long as said. Without a stack of its own the
        // child goes on with a copy of this one; a guard has one thread, so that its memory is in no half-changed state.
        let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const wish, size_of::<libc::clone_args>()) };
        if child >= 0 {
            return child;
        }
    }
    let flags = c_long::from(flags) | c_long::from(libc::SIGCHLD);
    // SAFETY: as above; all that is asked for is in the flags.
    unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) }
}

/// Makes a child whose end no signal tells of; it ends at once.
#[cfg(test)]
pub(super) fn fork_unheard() -> io::Result<u32> {
    // SAFETY: asks for nothing but a copy of this process, of which only this thread goes on; it allocates nothing.
    match unsafe { libc::syscall(libc::SYS_clone, 0_usize, 0_usize, 0_usize, 0_usize, 0_usize) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: ends the copy without running anything that belongs to the process.
        0 => unsafe { libc::_exit(0) },
        child => u32::try_from(child).map_err(io::Error::other),
    }
}

/// Runs in the child: allocates nothing, and does not return.
fn become_program(image: &Image, failure: RawFd, guard: u32) -> ! {
    let step = prepare(image, guard).err().unwrap_or_else(|| {
        // SAFETY: program, arguments and environment are C strings and null-ended lists of them, all owned by `image`.
        unsafe { libc::execve(image.program.as_ptr(), image.argv.pointers.as_ptr(), image.env.pointers.as_ptr()) };
        Step::Execute
    });
    report(step, failure)
}

/// Tells the guard which step has failed, with the reason in `errno`, and ends this child.
fn report(step: Step, failure: RawFd) -> ! {
    // SAFETY: reads this thread's own error number.
    let errno = unsafe { *libc::__errno_location() }.to_le_bytes();
    let [a, b, c, d] = errno;
    let message = [step.mark(), a, b, c, d];
    // SAFETY: the buffer is as long as said; `failure` is open. If nobody reads, there is nobody to tell.
    unsafe { libc::write(failure, message.as_ptr().cast(), message.len()) };
    // SAFETY: ends this process without running anything that belongs to the guard.
    unsafe { libc::_exit(127) }
}

/// Makes the child what a program expects to find itself as; says which step has failed and leaves the reason in `errno`.
fn prepare(image: &Image, guard: u32) -> Result<(), Step> {
    let check = |result: c_int, step: Step| if result < 0 { Err(step) } else { Ok(()) };
    // SAFETY: takes a number and changes this process only.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }, Step::Session)?;
    // SAFETY: asks for a number. The guard may have died before the line above; then nobody would hear of this child.
    // An isolated one sees none outside; its namespace ends with the guard.
    if !image.isolated && unsafe { libc::getppid() }.unsigned_abs() != guard {
        return Err(Step::Fork);
    }
    if image.isolated {
        // SAFETY: C strings, and no data. The namespace is private to this run: nobody outside sees the mount.
        let mounted = unsafe { libc::mount(PROC.as_ptr(), PROC_PATH.as_ptr(), PROC.as_ptr(), PROC_FLAGS, ptr::null()) };
        check(mounted, Step::Mounts)?;
    }
    if image.terminal {
        // The terminal's session is the guard's, as a shell's is for its jobs. Were it the program's own, the kernel would
        // hang it up at the end of the program's first process, and a command that tidies up under `sh -c`, or a daemon on
        // its way, would be hit by SIGHUP.
        // SAFETY: takes numbers and changes this process only.
        check(unsafe { libc::setpgid(0, 0) }, Step::Session)?;
        // SAFETY: descriptor 1 is the terminal; SIGTTOU is ignored until the signals are forgotten below.
        check(unsafe { libc::tcsetpgrp(1, libc::getpid()) }, Step::Terminal)?;
        // SAFETY: copies over descriptors that nothing in this process refers to any more.
        check(unsafe { libc::dup2(1, 0) }, Step::Descriptors)?;
        // SAFETY: as above.
        check(unsafe { libc::dup2(1, 2) }, Step::Descriptors)?;
    } else {
        // SAFETY: takes nothing and changes this process only.
        check(unsafe { libc::setsid() }, Step::Session)?;
    }
    give_back(libc::RLIMIT_CORE, image.limits.core)?;
    give_back(libc::RLIMIT_NOFILE, image.limits.files)?;
    // SAFETY: the path is a C string owned by `image`.
    check(unsafe { libc::chdir(image.dir.as_ptr()) }, Step::Folder)?;
    forget_signals();
    Ok(())
}

fn give_back(resource: libc::__rlimit_resource_t, (soft, hard): (u64, u64)) -> Result<(), Step> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the structure lives until the call has returned.
    if unsafe { libc::setrlimit(resource, &raw const limit) } < 0 { Err(Step::Limits) } else { Ok(()) }
}

/// Gives every signal its first meaning again, then lets all of them through: both are inherited by a program.
fn forget_signals() {
    for number in 1..=LAST_SIGNAL {
        set_meaning(number, libc::SIG_DFL);
    }
    // SAFETY: all zeros is a valid value of this plain structure, and it lives until the call has returned.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
    }
}

/// Asks the kernel itself: the C library refuses to touch the two signals that it uses for threads, which its
/// `posix_spawn` leaves ignored in every child, and so in a guard.
fn set_meaning(number: c_int, meaning: libc::sighandler_t) {
    // the kernel's structure is the meaning, flags, a return address and a mask; longer here than on any machine
    let action: [usize; 8] = [meaning, 0, 0, 0, 0, 0, 0, 0];
    // SAFETY: the structure lives until the call has returned, and a mask has 8 bytes. Neither meaning runs code of this
    // process. Numbers that cannot be changed are refused.
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, number, action.as_ptr(), ptr::null_mut::<usize>(), 8_usize);
    }
}

/// Ignores whatever would end or pause a guard, as far as the kernel lets it.
pub(super) fn ignore_signals() {
    // faults must stay deadly, or a broken guard would spin; its children have to be seen
    let kept = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGSYS,
        libc::SIGCHLD,
        libc::SIGCONT,
    ];
    for number in (1..=LAST_SIGNAL).filter(|number| !kept.contains(number)) {
        set_meaning(number, libc::SIG_IGN);
    }
}

/// Closes all descriptors from 3 on: whatever the dashboard's own parent has left open. A pipe among them would not end
/// before the guard does.
///
/// Must be called before this process has opened any.
pub(super) fn close_inherited() -> io::Result<()> {
    // SAFETY: takes numbers only; nothing in this process refers to a descriptor from 3 on yet.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Sends to the whole group of a leader, living or reaped; `EINVAL` from kernels before 6.9.
pub(super) fn signal_group(leader: impl AsFd, signal: Signal) -> io::Result<()> {
    let leader = leader.as_fd().as_raw_fd();
    // SAFETY: takes numbers, and a null pointer for "as kill(2) would".
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, leader, signal.number(), ptr::null::<libc::siginfo_t>(), TO_GROUP)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Goes before every ordinary process, if this user may; children do not.
pub(super) fn hurry() -> io::Result<()> {
    schedule(libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, 1)
}

/// Waits its turn again.
pub(super) fn relax() -> io::Result<()> {
    schedule(libc::SCHED_OTHER, 0)
}

fn schedule(policy: c_int, priority: c_int) -> io::Result<()> {
    let parameter = libc::sched_param { sched_priority: priority };
    // SAFETY: 0 is this thread; the structure lives until the call has returned.
    let result = unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes a second process that goes on with the same memory; returns its number, and 0 in itself.
///
/// Must be called while this process has one thread.
pub(super) fn split() -> io::Result<u32> {
    // SAFETY: the caller says that there is one thread, so the copy of its memory is in no half-changed state, and both
    // may do whatever they like.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        child => Ok(child.unsigned_abs()),
    }
}

/// Makes memory that this process and those that are split from it have in common, for as long as one of them lives.
pub(super) fn share() -> io::Result<&'static Shared> {
    let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: asks for memory of its own, at no fixed address.
    let memory = unsafe { libc::mmap(ptr::null_mut(), size_of::<Shared>(), protection, kind, -1, 0) };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the memory is as large as needed, begins a page, is all zeros, which for atomics are values, is never given
    // back, and is reached through nothing but shared references to atomics.
    Ok(unsafe { &*memory.cast::<Shared>() })
}

/// Lets children be waited for, whatever this process's own parent has set.
pub(super) fn expect_children() {
    set_meaning(libc::SIGCHLD, libc::SIG_DFL);
}
