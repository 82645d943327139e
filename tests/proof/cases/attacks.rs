//! Services that turn against their guard.

use std::fs;

use nix::libc;

use super::kit::{Gate, Kit, child, daemon, deaf, parent, session, stay, wait, while_alive};
use super::{Case, case};
use crate::sys;

pub(super) const CASES: &[Case] = &[
    case("28 pauses its guard", pauses_guard, "SIGSTOP to its parent, the guard"),
    case("29 kills its guard", kills_guard, "SIGKILL to its parent, the guard, about when the ending begins"),
    case("30 traced", traced, "a process held by a debugger"),
    case("40 guard hunter", hunts_guards, "a daemon kills every guard it finds, again and again"),
    case("45 pauses without end", pauses_for_ever, "a daemon pauses the guard every millisecond"),
    case("46 traces its guard", traces_guard, "attaches to the guard as a debugger and holds it"),
    case("47 starves its guard", starves_guard, "lowers the guard's limits: no file, no process, no memory"),
    case("48 cuts the line", cuts_line, "takes the guard's socket and shuts it down"),
    case("57b breaks its guard", breaks_guard, "overwrites the guard's stack"),
    case("61 pause and run", pauses_and_runs, "pauses the guard, then the main process ends and daemons stay"),
];

/// Three daemons that hear nothing; what is to be left when the guard is gone.
fn daemons(gate: &Gate) {
    for _ in 0..3 {
        daemon(|| {
            deaf();
            gate.arrive();
            stay();
        });
    }
    gate.wait(3);
}

fn pauses_guard(kit: &Kit) {
    daemons(&Gate::new());
    kit.ready(4);
    let _refused = sys::send(parent(), libc::SIGSTOP);
    stay();
}

fn kills_guard(kit: &Kit) {
    daemons(&Gate::new());
    kit.ready(4);
    wait(150);
    let _refused = sys::send(parent(), libc::SIGKILL);
    stay();
}

fn traced(kit: &Kit) {
    let gate = Gate::new();
    child(|| {
        session();
        deaf();
        let held = child(|| {
            session();
            gate.arrive();
            stay();
        });
        gate.wait(1);
        if sys::ptrace(libc::PTRACE_ATTACH, held).is_err() {
            kit.skip("debuggers are not permitted");
        }
        let _it_is_held = sys::wait_for(held, libc::__WALL);
        kit.ready(3);
        stay();
    });
    stay();
}

/// Returns every process that is called as guards are.
fn guards() -> Vec<i32> {
    let named = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "pd-guard\n");
    let numbers = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(named).collect()
}

fn hunts_guards(kit: &Kit) {
    daemons(&Gate::new());
    daemon(|| {
        deaf();
        kit.ready(5);
        wait(150);
        while_alive(|| {
            for guard in guards() {
                let _already_gone = sys::send(guard, libc::SIGKILL);
            }
            wait(1);
        });
    });
    stay();
}

fn pauses_for_ever(kit: &Kit) {
    let guard = parent();
    daemons(&Gate::new());
    daemon(|| {
        deaf();
        kit.ready(5);
        while_alive(|| {
            let _already_gone = sys::send(guard, libc::SIGSTOP);
            wait(1);
        });
    });
    stay();
}

fn traces_guard(kit: &Kit) {
    let guard = parent();
    daemons(&Gate::new());
    daemon(|| {
        deaf();
        if sys::ptrace(libc::PTRACE_ATTACH, guard).is_err() {
            kit.skip("the guard does not let itself be traced");
        }
        let _it_is_held = sys::wait_for(guard, libc::__WALL);
        kit.ready(5);
        stay();
    });
    stay();
}

fn starves_guard(kit: &Kit) {
    daemons(&Gate::new());
    for limit in [libc::RLIMIT_NOFILE, libc::RLIMIT_NPROC, libc::RLIMIT_AS, libc::RLIMIT_DATA, libc::RLIMIT_STACK] {
        let _refused = sys::limit_of(parent(), limit, 0);
    }
    kit.ready(4);
    stay();
}

fn cuts_line(kit: &Kit) {
    let guard = parent();
    daemons(&Gate::new());
    kit.ready(4);
    wait(150);
    for number in 0..32 {
        if let Ok(stolen) = sys::steal_descriptor(guard, number) {
            let _no_socket = sys::shut_down(stolen);
        }
    }
    stay();
}

fn breaks_guard(kit: &Kit) {
    use std::os::unix::fs::FileExt as _;
    let guard = parent();
    daemons(&Gate::new());
    kit.ready(4);
    wait(150);
    let maps = fs::read_to_string(format!("/proc/{guard}/maps")).unwrap_or_default();
    let stack = maps.lines().find(|line| line.ends_with("[stack]")).and_then(|line| line.split([' ', '-']).nth(1));
    let top = stack.and_then(|top| u64::from_str_radix(top, 16).ok()).unwrap_or(0);
    if let Ok(memory) = fs::File::options().write(true).open(format!("/proc/{guard}/mem")) {
        let _refused = memory.write_at(&[0x41; 16 * 1024], top.saturating_sub(16 * 1024));
    }
    stay();
}

fn pauses_and_runs(kit: &Kit) {
    daemons(&Gate::new());
    kit.ready(3);
    let _refused = sys::send(parent(), libc::SIGSTOP);
    wait(30);
}
