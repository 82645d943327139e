//! Processes that take away what they could be recognised by.

use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;

use nix::libc;
use nix::unistd::{Pid, getpgrp, setpgid};

use super::kit::{Gate, Kit, bounds, child, daemon, deaf, session, stay, wait};
use super::{Case, Helper, case};
use crate::sys;

pub(super) const CASES: &[Case] = &[
    case("12 own subreaper", own_subreaper, "a subreaper of its own, with daemons below it"),
    case(
        "14 zombie leaders",
        zombie_leaders,
        "the first thread has ended: a zombie by the table, alive in another thread",
    ),
    case("15 other user", other_user, "a daemon of another user (root only)"),
    case("18 CLONE_PARENT", clone_parent, "children that make themselves their parent's siblings, one without SIGCHLD"),
    case("19 pid namespace", pid_namespace, "a pid namespace of its own with daemons inside"),
    case("20 not dumpable", not_dumpable, "its environment cannot be read"),
    case("21 no environment", no_environment, "its environment is overwritten in place"),
    case("27 evil names", evil_names, "names with brackets, line ends and states in them"),
    case("35 cgroup escape", cgroup_escape, "moves itself to the root of every cgroup tree it may write"),
    case(
        "49 nothing left",
        nothing_left,
        "no descriptors, folder, session, arguments or environment that could be known",
    ),
    case("50 from memory", from_memory, "a program without a file and without a name"),
    case("51 own user namespace", own_user_namespace, "root in a user namespace of its own"),
    case(
        "52 nested namespaces",
        nested_namespaces,
        "pid namespaces in user namespaces, two levels, deaf subreapers inside",
    ),
    case("58 terminal thief", terminal_thief, "takes the terminal away for a session of its own"),
    case("60 limits itself", limits_itself, "may open no file and start no process any more, and is deaf"),
];

pub(super) const HELPERS: &[Helper] = &[("wiped", wiped), ("mem", |_| stay())];

fn own_subreaper(kit: &Kit) {
    let gate = Gate::new();
    child(|| {
        session();
        nix::sys::prctl::set_child_subreaper(true).unwrap();
        deaf();
        for _ in 0..3 {
            daemon(|| {
                gate.arrive();
                stay();
            });
        }
        stay();
    });
    gate.wait(3);
    kit.ready(5);
    stay();
}

fn zombie_leaders(kit: &Kit) {
    let gate = Gate::new();
    for _ in 0..5 {
        child(|| {
            session();
            std::thread::spawn(|| stay());
            gate.arrive();
            sys::exit_thread();
        });
    }
    gate.wait(5);
    wait(30);
    kit.ready(6);
    std::thread::spawn(|| stay());
    sys::exit_thread();
}

fn other_user(kit: &Kit) {
    if !nix::unistd::geteuid().is_root() {
        kit.skip("only root can become another user");
    }
    daemon(|| {
        sys::become_user(65_533).unwrap();
        deaf();
        stay();
    });
    wait(20);
    kit.ready(2);
    stay();
}

fn clone_parent(kit: &Kit) {
    let sibling = |flags| {
        if sys::fork_with(flags) == 0 {
            super::kit::begin();
            session();
            stay();
        }
    };
    // a child of the guard, if it may be
    sibling(libc::CLONE_PARENT | libc::SIGCHLD);
    // one whose death is announced by no signal
    sibling(0);
    child(|| {
        sibling(libc::CLONE_PARENT | libc::SIGCHLD);
        sibling(0);
    });
    wait(30);
    kit.ready(5);
    stay();
}

/// Enters namespaces of these kinds, as root of a user namespace where that is needed.
fn enter(kit: &Kit, kinds: libc::c_int) {
    let as_root = nix::unistd::geteuid().is_root() && sys::unshare(kinds).is_ok();
    if !as_root && sys::unshare(kinds | libc::CLONE_NEWUSER).is_err() {
        kit.skip("namespaces are not permitted");
    }
}

fn pid_namespace(kit: &Kit) {
    child(|| {
        enter(kit, libc::CLONE_NEWPID);
        child(|| {
            deaf();
            for _ in 0..2 {
                daemon(|| stay());
            }
            child(|| stay());
            kit.ready(6);
            stay();
        });
        stay();
    });
    stay();
}

fn not_dumpable(kit: &Kit) {
    child(|| {
        session();
        nix::sys::prctl::set_dumpable(false).unwrap();
        kit.ready(2);
        stay();
    });
    stay();
}

fn no_environment(kit: &Kit) {
    daemon(|| {
        let [_, _, from, to] = bounds().unwrap();
        sys::wipe(from, to);
        kit.ready(2);
        stay();
    });
    stay();
}

fn evil_names(kit: &Kit) {
    for name in [c") R 1 1 1", c"\n\n\x1b[2J", c"((((", c") Z ( 0 0"] {
        daemon(|| {
            nix::sys::prctl::set_name(name).unwrap();
            stay();
        });
    }
    wait(30);
    kit.ready(5);
    stay();
}

fn cgroup_escape(kit: &Kit) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let trees: Vec<String> = mounts
        .lines()
        .filter(|line| line.contains(" - cgroup"))
        .filter_map(|line| Some(format!("{}/cgroup.procs", line.split(' ').nth(4)?)))
        .collect();
    for _ in 0..3 {
        child(|| {
            session();
            for tree in &trees {
                let _not_permitted = fs::write(tree, "0");
            }
            stay();
        });
    }
    wait(30);
    kit.ready(4);
    stay();
}

fn nothing_left(kit: &Kit) {
    for _ in 0..2 {
        daemon(|| {
            let _refused = kit.other("wiped").exec();
        });
    }
    wait(100);
    kit.ready(3);
    stay();
}

/// Keeps a lock on a file whose name has the token, so that the oracle finds it, and nothing else.
fn wiped(kit: &Kit) {
    deaf();
    std::env::set_current_dir("/").unwrap();
    sys::die_with_parent(0);
    let place = kit.ready.with_extension(format!("{}.{}", kit.token, super::kit::own()));
    let [arguments, arguments_end, environment, environment_end] = bounds().unwrap();
    let held = fs::File::create(place).unwrap();
    let null = fs::File::open("/dev/null").unwrap();
    let _held = nix::fcntl::Flock::lock(held, nix::fcntl::FlockArg::LockExclusive).unwrap();
    nix::unistd::dup2_stdin(&null).unwrap();
    nix::unistd::dup2_stdout(&null).unwrap();
    nix::unistd::dup2_stderr(&null).unwrap();
    nix::sys::prctl::set_name(c"kworker/0:1").unwrap();
    sys::wipe(arguments, arguments_end);
    sys::wipe(environment, environment_end);
    stay();
}

fn from_memory(kit: &Kit) {
    daemon(|| {
        let flags = nix::sys::memfd::MFdFlags::MFD_CLOEXEC;
        let mut file = fs::File::from(nix::sys::memfd::memfd_create(c"", flags).unwrap());
        file.write_all(&fs::read("/proc/self/exe").unwrap()).unwrap();
        let words = [c"", c"__case", c"mem"].map(std::borrow::ToOwned::to_owned);
        let words = [&words[..], &[std::ffi::CString::new(kit.token.clone()).unwrap(), c"none".to_owned()]].concat();
        kit.ready(2);
        let _refused = nix::unistd::fexecve(file.as_fd(), &words, &[] as &[std::ffi::CString]);
    });
    stay();
}

fn own_user_namespace(kit: &Kit) {
    child(|| {
        session();
        if sys::unshare(libc::CLONE_NEWUSER).is_err() {
            kit.skip("namespaces are not permitted");
        }
        let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
        let _outside_only = fs::write("/proc/self/setgroups", "deny");
        let _kept = fs::write("/proc/self/uid_map", format!("0 {user} 1"));
        let _kept = fs::write("/proc/self/gid_map", format!("0 {group} 1"));
        deaf();
        child(|| stay());
        kit.ready(3);
        stay();
    });
    stay();
}

fn nested_namespaces(kit: &Kit) {
    fn level(kit: &Kit, depth: usize) -> ! {
        enter(kit, libc::CLONE_NEWPID | libc::CLONE_NEWNS);
        child(|| {
            deaf();
            nix::sys::prctl::set_child_subreaper(true).unwrap();
            daemon(|| stay());
            if depth > 0 {
                child(|| level(kit, depth - 1));
            } else {
                kit.ready(7);
            }
            stay();
        });
        stay();
    }
    child(|| {
        session();
        level(kit, 1);
    });
    stay();
}

fn terminal_thief(kit: &Kit) {
    daemon(|| {
        deaf();
        // refused to all but root, who may take it from another session; it is a copy of the service's input
        let _refused = sys::take_terminal(0, true);
        let _refused = nix::unistd::tcsetpgrp(std::io::stdin(), getpgrp());
        let _own_group = setpgid(Pid::from_raw(0), Pid::from_raw(0));
        kit.ready(2);
        stay();
    });
    stay();
}

fn limits_itself(kit: &Kit) {
    use nix::sys::resource::{Resource, setrlimit};
    kit.ready(3);
    for _ in 0..2 {
        child(|| {
            session();
            deaf();
            for limit in [Resource::RLIMIT_NPROC, Resource::RLIMIT_NOFILE, Resource::RLIMIT_STACK] {
                setrlimit(limit, 0, 0).unwrap();
            }
            stay();
        });
    }
    stay();
}
