//! Services that make processes faster than anybody can look at them.

use std::os::unix::process::CommandExt as _;

use nix::libc;
use nix::unistd::{Pid, setpgid};

use super::kit::{Gate, Kit, child, collect, deaf, own, session, spin, stay, wait, while_alive};
use super::{Case, Helper, case, storm};
use crate::sys;

pub(super) const CASES: &[Case] = &[
    storm("09 storm", storm_master, "200 children, each replaced within 50 ms, every second one in a new session"),
    storm("10a lineages", lineages, "20 lineages that hop: the parent ends, the child leads a new session, every 1 ms"),
    storm("10b fast lineages", fast_lineages, "20 lineages that hop as fast as the kernel forks"),
    storm("10c supervisor tree", supervisor_tree, "126 supervisors in a tree, each restarts what it loses"),
    case("11 group changer", group_changer, "changes its group every 2 ms"),
    storm(
        "33 idle and busy",
        idle_and_busy,
        "processes that run only when nobody else wants to, and others that always do",
    ),
    case("34 exec loop", exec_loop, "replaces itself by another program for ever"),
    case("43 thread execs", thread_execs, "a thread that is not the first replaces the process for ever"),
    storm(
        "56 session racer",
        session_racer,
        "hops between groups and sessions without a pause, beside the main process's group",
    ),
    storm("57 orphan mill", orphan_mill, "makes daemons as fast as it can, 150 of them at a time"),
];

pub(super) const HELPERS: &[Helper] = &[("exec", exec_again), ("threads", thread_execs_again)];

fn storm_master(kit: &Kit) {
    let mut live = 0;
    let mut count = 0_u64;
    while_alive(|| {
        while live < 200 {
            count += 1;
            let forked = child(|| {
                if count % 2 == 1 {
                    session();
                }
                wait(5 + count % 45);
            });
            if forked < 0 {
                break;
            }
            live += 1;
            if count == 200 {
                kit.ready(20);
            }
        }
        let _one = sys::wait_any(0);
        live -= 1;
        while matches!(sys::wait_any(libc::WNOHANG), Ok(1..)) {
            live -= 1;
        }
    });
}

fn hop(pause: u64) -> ! {
    loop {
        match sys::fork() {
            0 => {
                session();
                super::kit::begin();
                if pause > 0 {
                    wait(pause);
                }
            }
            -1 => wait(1),
            _ => sys::exit_now(0),
        }
    }
}

fn lineages(kit: &Kit) {
    for _ in 0..20 {
        child(|| hop(1));
    }
    kit.ready(15);
    stay();
}

fn fast_lineages(kit: &Kit) {
    for _ in 0..20 {
        child(|| hop(0));
    }
    // a look is not at one moment: many hop away behind it
    kit.ready(2);
    stay();
}

fn supervisor_tree(kit: &Kit) {
    fn supervise(depth: usize, gate: &Gate) -> ! {
        session();
        sys::ignore(libc::SIGTERM);
        gate.arrive();
        let mut missing = 2;
        loop {
            for _ in 0..missing {
                child(|| if depth == 0 { stay() } else { supervise(depth - 1, gate) });
            }
            missing = 0;
            if sys::wait_any(0).is_ok() {
                missing = 1;
            } else {
                wait(1);
            }
        }
    }
    let gate = Gate::new();
    for _ in 0..2 {
        child(|| supervise(5, &gate));
    }
    gate.wait(126);
    kit.ready(127);
    stay();
}

fn group_changer(kit: &Kit) {
    let to = |group: i32| setpgid(Pid::from_raw(0), Pid::from_raw(group));
    let sibling = child(|| {
        let _own_group = to(0);
        stay();
    });
    child(|| {
        while_alive(|| {
            for group in [0, sibling] {
                let _not_there_yet = to(group);
                wait(2);
            }
        });
    });
    wait(20);
    kit.ready(3);
    stay();
}

fn idle_and_busy(kit: &Kit) {
    child(|| {
        session();
        sys::be_idle();
        child(|| stay());
        stay();
    });
    for _ in 0..3 {
        child(|| spin());
    }
    wait(50);
    kit.ready(5);
    stay();
}

fn exec_loop(kit: &Kit) {
    child(|| {
        session();
        exec_again(kit);
    });
    wait(20);
    kit.ready(2);
    stay();
}

fn exec_again(kit: &Kit) {
    wait(1);
    let _refused = kit.other("exec").exec();
}

fn thread_execs(kit: &Kit) {
    child(|| {
        session();
        thread_execs_again(kit);
    });
    wait(50);
    kit.ready(2);
    stay();
}

fn thread_execs_again(kit: &Kit) {
    let mut again = kit.other("threads");
    for _ in 0..20 {
        std::thread::spawn(|| stay());
    }
    std::thread::spawn(move || {
        child(|| wait(30));
        collect();
        wait(2);
        let _refused = again.exec();
        sys::exit_now(1);
    });
    stay();
}

fn session_racer(kit: &Kit) {
    let main = own();
    for _ in 0..6 {
        child(|| {
            deaf();
            loop {
                let _ours_or_not = setpgid(Pid::from_raw(0), Pid::from_raw(main));
                match sys::fork() {
                    0 => {
                        super::kit::begin();
                        let _own_group = setpgid(Pid::from_raw(0), Pid::from_raw(0));
                        if own() % 3 == 0 {
                            session();
                        }
                    }
                    -1 => wait(1),
                    _ => sys::exit_now(0),
                }
            }
        });
    }
    kit.ready(2);
    stay();
}

fn orphan_mill(kit: &Kit) {
    deaf();
    sys::ignore(libc::SIGCHLD);
    let mut count = 0_usize;
    while_alive(|| {
        count += 1;
        child(|| {
            session();
            child(|| wait(100));
        });
        if count == 150 {
            kit.ready(20);
        }
        if count.is_multiple_of(15) {
            wait(10);
        }
    });
}
