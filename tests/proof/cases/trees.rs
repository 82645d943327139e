//! Shapes of trees: wide, deep, left by their parents, in sessions of their own.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;

use nix::libc;
use nix::unistd::{Pid, setpgid};

use super::kit::{Gate, Kit, child, daemon, parent, session, stay, wait};
use super::{Case, Helper, case, daemon as left, storm};
use crate::sys;

pub(super) const CASES: &[Case] = &[
    case("01 plain", plain, "one process"),
    case("02 tree", tree, "three levels in one group"),
    left("03 nohup", nohup, "the main process ends, a child in its group stays and ignores the hang-up"),
    case("04 double fork", double_fork, "the classic daemon beside a main process"),
    case("05 setsid", setsid, "a child in a session of its own"),
    left("06 bare daemon", bare_daemon, "a daemon without an environment; the main process ends"),
    case(
        "13 vfork blocked",
        vfork_blocked,
        "a parent in an uninterruptible wait for a child that blocks before its exec",
    ),
    case("16 zombies", zombies, "twenty children that nobody collects"),
    left("17 output holder", output_holder, "the main process ends, a child in its own session holds its output open"),
    case("25 deep chain", deep_chain, "300 levels, every third in a session of its own"),
    storm("26 wide", wide, "1000 children"),
    case("31 job control", job_control, "jobs as a shell has them: in front, in the background, paused, disowned"),
    case("44 vfork chain", vfork_chain, "ten levels, each in an uninterruptible wait for the one below"),
    case("53 flood", flood, "fills its terminal without end, deaf to every signal"),
    case("59 headless families", headless_families, "twenty threads with a child each, then the first thread ends"),
];

pub(super) const HELPERS: &[Helper] = &[("bare", |_| stay())];

fn plain(kit: &Kit) {
    kit.ready(1);
    stay();
}

fn tree(kit: &Kit) {
    let gate = Gate::new();
    child(|| {
        for _ in 0..3 {
            child(|| {
                gate.arrive();
                child(|| stay());
                stay();
            });
        }
        stay();
    });
    gate.wait(3);
    kit.ready(5);
    stay();
}

fn nohup(kit: &Kit) {
    child(|| {
        sys::ignore(libc::SIGHUP);
        kit.ready(1);
        stay();
    });
}

fn double_fork(kit: &Kit) {
    daemon(|| {
        std::env::set_current_dir("/").unwrap();
        let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
        nix::unistd::dup2_stdin(&null).unwrap();
        nix::unistd::dup2_stdout(&null).unwrap();
        nix::unistd::dup2_stderr(&null).unwrap();
        kit.ready(2);
        stay();
    });
    stay();
}

fn setsid(kit: &Kit) {
    child(|| {
        session();
        kit.ready(2);
        stay();
    });
    stay();
}

fn bare_daemon(kit: &Kit) {
    daemon(|| {
        kit.ready(1);
        let _refused = kit.other("bare").env_clear().exec();
    });
}

fn vfork_blocked(kit: &Kit) {
    let fifo = kit.ready.with_extension("fifo");
    let _there_from_the_run_before = nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU);
    child(|| {
        session();
        if sys::fork_with(libc::CLONE_VFORK | libc::SIGCHLD) == 0 {
            let _never = std::fs::File::open(&fifo);
        }
        stay();
    });
    wait(50);
    kit.ready(3);
    stay();
}

fn zombies(kit: &Kit) {
    for _ in 0..20 {
        child(|| {});
    }
    child(|| stay());
    kit.ready(2);
    stay();
}

fn output_holder(kit: &Kit) {
    child(|| {
        session();
        kit.ready(1);
        loop {
            let _nobody_reads = std::io::stdout().write_all(b"late\n");
            wait(100);
        }
    });
    let _nobody_reads = std::io::stdout().write_all(b"main done\n");
}

fn deep_chain(kit: &Kit) {
    for level in 0..300 {
        if sys::fork() != 0 {
            stay();
        }
        super::kit::begin();
        if level % 3 == 0 {
            session();
        }
    }
    kit.ready(301);
    stay();
}

fn wide(kit: &Kit) {
    for _ in 0..1000 {
        child(|| stay());
    }
    kit.ready(1001);
    stay();
}

fn job_control(kit: &Kit) {
    let gate = Gate::new();
    let job = |pause: bool| {
        child(|| {
            let _own_group = setpgid(Pid::from_raw(0), Pid::from_raw(0));
            gate.arrive();
            if pause {
                let _paused = sys::send(super::kit::own(), libc::SIGSTOP);
            }
            stay();
        })
    };
    let front = job(false);
    job(true);
    job(false);
    child(|| {
        job(false);
    });
    gate.wait(4);
    sys::ignore(libc::SIGTTOU);
    let _no_terminal = nix::unistd::tcsetpgrp(std::io::stdin(), Pid::from_raw(front));
    kit.ready(5);
    stay();
}

fn vfork_chain(kit: &Kit) {
    child(|| {
        for _ in 0..10 {
            if sys::fork_with(libc::CLONE_VFORK | libc::SIGCHLD) != 0 {
                stay();
            }
            super::kit::begin();
        }
        session();
        kit.ready(12);
        stay();
    });
    stay();
}

fn flood(kit: &Kit) {
    for _ in 0..2 {
        child(|| pour(kit));
    }
    kit.ready(3);
    pour(kit);
}

fn pour(kit: &Kit) -> ! {
    super::kit::deaf();
    let line = format!("{} {} {}\n", kit.name, "\u{1b}[31mflood\u{1b}[0m ".repeat(40), parent());
    loop {
        if std::io::stdout().write_all(line.as_bytes()).is_err() {
            wait(5);
        }
    }
}

fn headless_families(kit: &Kit) {
    child(|| {
        session();
        let gate = std::sync::Arc::new(Gate::new());
        for _ in 0..20 {
            let gate = std::sync::Arc::clone(&gate);
            std::thread::spawn(move || {
                child(|| stay());
                gate.arrive();
                stay();
            });
        }
        gate.wait(20);
        kit.ready(22);
        sys::exit_thread();
    });
    stay();
}
