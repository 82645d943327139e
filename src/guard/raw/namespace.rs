//! Founding a pid namespace, and the process that is the first one in it: no allocation, no thread, no exec.

use std::ffi::{CStr, c_int};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

use nix::libc;

use super::super::message::Step;
use super::{Image, become_program, make_process, report};

/// What a namespace's init is told once the main process is gone: it ends when nobody else is left either.
pub(in crate::guard) const MAIN_IS_GONE: u8 = b'm';

/// The texts by which a user keeps his numbers in a user namespace; laid out before the fork.
#[derive(Debug)]
pub(in crate::guard) struct Identity {
    pub(in crate::guard) users: String,
    pub(in crate::guard) groups: String,
}

/// Makes the child that founds a namespace, puts an init and the program into it, and ends at once.
///
/// Both are made the guard's own children, so the kernel tells how the program ends as it does without a namespace, while
/// what the program leaves behind comes to the init. Their numbers are written to `line`, what goes wrong to `failure`.
pub(in crate::guard) fn fork_founder(
    image: &Image,
    identity: &Identity,
    line: BorrowedFd<'_>,
    failure: BorrowedFd<'_>,
) -> io::Result<u32> {
    match make_process(0, None) {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let (line, failure) = (line.as_raw_fd(), failure.as_raw_fd());
            if let Err(step) = found(identity).and_then(|()| populate(image, line, failure)) {
                report(step, failure);
            }
            // SAFETY: ends this process without running anything that belongs to the guard.
            unsafe { libc::_exit(0) }
        }
        child => u32::try_from(child).map_err(io::Error::other),
    }
}

/// Makes the namespaces that the children of this process are born in; as root if possible, else as a user of its own.
fn found(identity: &Identity) -> Result<(), Step> {
    let spaces = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    // SAFETY: takes numbers, and changes this process, which has one thread.
    if unsafe { libc::unshare(spaces) } < 0 {
        // SAFETY: reads this thread's own error number; the rest as above.
        let refused =
            unsafe { *libc::__errno_location() != libc::EPERM || libc::unshare(spaces | libc::CLONE_NEWUSER) < 0 };
        if refused {
            return Err(Step::Namespace);
        }
        // these files are root's as long as nobody may look into this process, as into the guard it comes from
        let_look_into(true);
        // without this a user could drop a group that closes a file to him
        write_file(c"/proc/self/setgroups", b"deny")?;
        write_file(c"/proc/self/uid_map", identity.users.as_bytes())?;
        write_file(c"/proc/self/gid_map", identity.groups.as_bytes())?;
        let_look_into(false);
    }
    // what is mounted outside later is seen inside, and never the other way round
    // SAFETY: C strings, and null where the kernel reads nothing.
    let kept =
        unsafe { libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), libc::MS_REC | libc::MS_SLAVE, ptr::null()) };
    if kept < 0 { Err(Step::Mounts) } else { Ok(()) }
}

/// Lets other processes of the user look into this one, or not.
fn let_look_into(wanted: bool) {
    // SAFETY: takes numbers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, libc::c_ulong::from(wanted)) };
}

fn write_file(path: &CStr, text: &[u8]) -> Result<(), Step> {
    // SAFETY: a C string; the descriptor ends with this process.
    let file = unsafe { libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) };
    // SAFETY: the buffer is as long as said; a descriptor that is none is refused.
    if unsafe { libc::write(file, text.as_ptr().cast(), text.len()) } < 0 { Err(Step::Identity) } else { Ok(()) }
}

/// Makes the init and the program, and tells who they are.
fn populate(image: &Image, line: RawFd, failure: RawFd) -> Result<(), Step> {
    let init = match make_process(libc::CLONE_PARENT, None) {
        0 => be_init(line),
        init => init,
    };
    let main = match if init < 0 { -1 } else { make_process(libc::CLONE_PARENT, image.cgroup) } {
        -1 => return Err(Step::Fork),
        0 => become_program(image, failure, 0),
        main => main,
    };
    let numbers = [init.to_le_bytes(), main.to_le_bytes()];
    // SAFETY: the buffer is as long as said. A guard that does not read it has ended, and the namespace with it.
    let told = unsafe { libc::write(line, numbers.as_ptr().cast(), size_of_val(&numbers)) };
    if told < 0 { Err(Step::Prepare) } else { Ok(()) }
}

/// Is the first process of a namespace: collects orphans, and ends when the main process is gone and nobody is left.
///
/// Nobody in the namespace can kill or pause it. When it ends the kernel kills whoever is left; it does so at the end of the
/// guard, of which it learns by `line` and by the signal for that.
fn be_init(line: RawFd) -> ! {
    const KEPT: c_int = 3;
    // SAFETY: takes numbers, and a C string that is read at once.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_NAME, c"pd-init".as_ptr());
    }
    // SAFETY: copies of descriptors of this process; what is closed nobody in it uses any more. A copy kept would hide the
    // end of the output, or of the start.
    unsafe {
        libc::dup2(0, 1);
        libc::dup2(0, 2);
        libc::dup2(line, KEPT);
        libc::syscall(libc::SYS_close_range, KEPT + 1, u32::MAX, 0_u32);
    }
    // SAFETY: all zeros is a valid value of this plain structure, and it lives until the calls have returned. SIGCHLD is
    // blocked here since the guard has blocked it.
    let deaths = unsafe {
        let mut deaths: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut deaths);
        libc::sigaddset(&raw mut deaths, libc::SIGCHLD);
        libc::signalfd(-1, &raw const deaths, libc::SFD_NONBLOCK)
    };
    let (mut main_is_gone, mut last) = (false, None);
    loop {
        let is_alone = collect_orphans(&mut last);
        if main_is_gone && is_alone {
            let last: c_int = last.unwrap_or(-1);
            // SAFETY: the buffer is as long as said; a guard that does not read it knows enough.
            unsafe {
                if last >= 0 {
                    libc::send(KEPT, (&raw const last).cast(), size_of::<c_int>(), libc::MSG_NOSIGNAL);
                }
                libc::_exit(0)
            }
        }
        if !main_is_gone {
            // only what ends from here on ends after it
            last = None;
        }
        match wait_for_word(KEPT, deaths) {
            Some(0) => {
                // SAFETY: ends this process, and by that the namespace.
                unsafe { libc::_exit(1) }
            }
            Some(_) => main_is_gone = true,
            None => {}
        }
    }
}

/// Collects who has ended, keeping how the last one did; returns whether there is no child any more.
fn collect_orphans(last: &mut Option<c_int>) -> bool {
    loop {
        let mut status = 0;
        // SAFETY: the place for the status lives until the call has returned.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG | libc::__WALL) } {
            0 => return false,
            // SAFETY: reads this thread's own error number.
            -1 => return unsafe { *libc::__errno_location() } == libc::ECHILD,
            _ => *last = Some(status),
        }
    }
}

/// Waits for a death or for the guard; returns how many bytes the guard has sent, 0 being its end, if it is the guard.
fn wait_for_word(line: RawFd, deaths: RawFd) -> Option<isize> {
    let watched = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut watched = [watched(line), watched(deaths)];
    let mut room = [0_u8; 1024];
    // SAFETY: the list and the room are as long as said and live until the calls have returned; `deaths` does not block.
    unsafe {
        libc::poll(watched.as_mut_ptr(), 2, -1);
        libc::read(deaths, room.as_mut_ptr().cast(), room.len());
    }
    let [guard, _] = watched;
    // SAFETY: as above; there is something to read, or the end.
    (guard.revents != 0).then(|| unsafe { libc::read(line, room.as_mut_ptr().cast(), 1) })
}
