//! What a service can do when it is asked to end, hung up or continued.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use nix::libc::{self, c_int};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::kit::{Gate, Kit, child, daemon, deaf, on, own, parent, session, stay, wait};
use super::{Case, Helper, case};
use crate::sys;

pub(super) const CASES: &[Case] = &[
    case("07 deaf", all_deaf, "ignores every signal that can be ignored"),
    case("08 paused", paused, "the main process and a child in its own session have paused themselves"),
    case("22 respawn on TERM", respawn_on_term, "each request to end is answered with a replacement in a new session"),
    case("23 supervisor", supervisor, "restarts its worker for ever, deaf, in a session of its own"),
    case("24 mutual respawn", mutual_respawn, "two processes in two sessions restart each other"),
    case("32 slow to end", slow_to_end, "tidies up for 300 ms, then ends with success"),
    case("36 breeds when hung up", breeds_when_hung_up, "a hang-up or a closed terminal breeds daemons"),
    case("37 breeds twice", breeds_twice, "daemons at TERM and again at the CONT that follows it"),
    case("38 guard killer on TERM", kills_guard_on_term, "kills its guard when it is asked to end, daemons stay"),
    case("39 inherits death", inherits_death, "five generations, each of which breeds when its parent dies"),
    case("41 pause each other", pause_each_other, "two children pause everybody else of the service without end"),
    case("42 alarm clock", alarm_clock, "a timer breeds a daemon every 10 ms, none of them lives long"),
    case("54 dumps core on TERM", dumps_core, "holds 64 MB and dumps them when it is asked to end"),
    case("55 subreaper chain", subreaper_chain, "five subreapers in a row, each restarts the one below"),
];

pub(super) const HELPERS: &[Helper] = &[];

fn all_deaf(kit: &Kit) {
    deaf();
    for _ in 0..2 {
        child(|| stay());
    }
    kit.ready(3);
    stay();
}

fn paused(kit: &Kit) {
    let other = child(|| {
        session();
        let _paused = sys::send(own(), libc::SIGSTOP);
        stay();
    });
    let _it_has_paused = sys::wait_for(other, libc::WUNTRACED);
    kit.ready(2);
    let _paused = sys::send(own(), libc::SIGSTOP);
    stay();
}

fn respawn_on_term(kit: &Kit) {
    extern "C" fn replace(_signal: c_int) {
        if sys::fork() != 0 {
            sys::exit_now(0);
        }
        session();
        super::kit::begin();
    }
    on(&[libc::SIGTERM, libc::SIGHUP, libc::SIGINT], replace);
    kit.ready(1);
    stay();
}

fn supervisor(kit: &Kit) {
    let gate = Gate::new();
    child(|| {
        session();
        deaf();
        loop {
            let worker = child(|| {
                gate.arrive();
                stay();
            });
            let _ended = sys::wait_for(worker, 0);
            wait(5);
        }
    });
    gate.wait(1);
    kit.ready(3);
    stay();
}

fn mutual_respawn(kit: &Kit) {
    let (one, two) = (kit.ready.with_extension("one"), kit.ready.with_extension("two"));
    let gate = Gate::new();
    daemon(|| replace_each_other(&one, &two, &gate));
    gate.wait(2);
    kit.ready(3);
    stay();
}

/// Writes its number down, and starts the other one anew whenever the number written there is nobody's.
fn replace_each_other(own_place: &Path, other_place: &Path, gate: &Gate) -> ! {
    deaf();
    fs::write(own_place, own().to_string()).unwrap();
    gate.arrive();
    loop {
        let other = fs::read_to_string(other_place).unwrap_or_default().parse().unwrap_or(i32::MAX);
        if sys::send(other, 0).is_err() {
            daemon(|| replace_each_other(other_place, own_place, gate));
        }
        wait(2);
    }
}

static CLEAN: OnceLock<std::ffi::CString> = OnceLock::new();

fn slow_to_end(kit: &Kit) {
    extern "C" fn tidy(_signal: c_int) {
        wait(300);
        let path = CLEAN.get().and_then(|path| path.to_str().ok()).unwrap_or_default();
        let _folder_is_gone = fs::write(path, "clean");
        sys::exit_now(0);
    }
    let clean = kit.ready.with_extension("clean");
    CLEAN.get_or_init(|| std::ffi::CString::new(clean.to_str().unwrap()).unwrap());
    on(&[libc::SIGTERM], tidy);
    kit.ready(1);
    stay();
}

static BRED: AtomicUsize = AtomicUsize::new(0);

/// Breeds two daemons that do the same at their signals; a line of thirty at most.
extern "C" fn breed(_signal: c_int) {
    for _ in 0..2 {
        if BRED.fetch_add(1, Ordering::Relaxed) < 30 {
            daemon(|| stay());
        }
    }
}

fn breeds_when_hung_up(kit: &Kit) {
    sys::ignore(libc::SIGTERM);
    on(&[libc::SIGHUP, libc::SIGCONT], breed);
    let gate = Gate::new();
    // one that reads its terminal, and breeds when that is over
    child(|| {
        session();
        gate.arrive();
        let mut byte = [0];
        while !matches!(nix::unistd::read(std::io::stdin(), &mut byte), Ok(0) | Err(nix::errno::Errno::EIO)) {}
        breed(0);
        stay();
    });
    gate.wait(1);
    kit.ready(2);
    stay();
}

fn breeds_twice(kit: &Kit) {
    on(&[libc::SIGTERM, libc::SIGCONT, libc::SIGINT], breed);
    child(|| {
        session();
        stay();
    });
    wait(20);
    kit.ready(2);
    stay();
}

static GUARD: AtomicI32 = AtomicI32::new(0);

fn kills_guard_on_term(kit: &Kit) {
    extern "C" fn kill_guard(_signal: c_int) {
        let _already_gone = sys::send(GUARD.load(Ordering::Relaxed), libc::SIGKILL);
    }
    GUARD.store(parent(), Ordering::Relaxed);
    on(&[libc::SIGTERM], kill_guard);
    for _ in 0..3 {
        daemon(|| stay());
    }
    wait(20);
    kit.ready(4);
    stay();
}

fn inherits_death(kit: &Kit) {
    extern "C" fn breed_on_death(_signal: c_int) {
        if BRED.fetch_add(1, Ordering::Relaxed) < 4 {
            daemon(|| generation(0, &|| {}));
        }
    }
    fn generation(depth: usize, last: &dyn Fn()) -> ! {
        on(&[libc::SIGUSR1, libc::SIGTERM], breed_on_death);
        if depth == 0 {
            last();
            stay();
        }
        child(|| {
            session();
            sys::die_with_parent(libc::SIGUSR1);
            generation(depth - 1, last);
        });
        stay();
    }
    generation(5, &|| kit.ready(6));
}

fn pause_each_other(kit: &Kit) {
    let gate = Gate::new();
    let main = own();
    let brothers: Vec<i32> = (0..3).map(|_| child(|| stay())).collect();
    for _ in 0..2 {
        let brothers = brothers.clone();
        child(|| {
            session();
            deaf();
            gate.arrive();
            wait(30);
            super::kit::while_alive(|| {
                for &pid in brothers.iter().chain([&main]) {
                    let _already_gone = sys::send(pid, libc::SIGSTOP);
                }
                wait(1);
            });
        });
    }
    gate.wait(2);
    kit.ready(6);
    stay();
}

fn alarm_clock(kit: &Kit) {
    extern "C" fn ring(_signal: c_int) {
        daemon(|| wait(400));
    }
    deaf();
    on(&[libc::SIGVTALRM], ring);
    let clock = child(|| {
        session();
        let main = parent();
        super::kit::while_alive(|| {
            wait(10);
            let _already_gone = sys::send(main, libc::SIGVTALRM);
            super::kit::collect();
            daemon(|| wait(400));
        });
    });
    wait(100);
    kit.ready(if clock > 0 { 4 } else { 1 });
    stay();
}

fn dumps_core(kit: &Kit) {
    extern "C" fn dump(_signal: c_int) {
        sys::reset(libc::SIGABRT);
        let _dumped = sys::send(own(), libc::SIGABRT);
    }
    let (_, most) = getrlimit(Resource::RLIMIT_CORE).unwrap();
    setrlimit(Resource::RLIMIT_CORE, most, most).unwrap();
    let held = vec![7_u8; 64 << 20];
    on(&[libc::SIGTERM, libc::SIGHUP], dump);
    child(|| {
        session();
        stay();
    });
    kit.ready(2);
    while std::hint::black_box(&held).len() > 1 {
        sys::pause();
    }
}

fn subreaper_chain(kit: &Kit) {
    fn level(depth: usize, gate: &Gate) -> ! {
        session();
        deaf();
        nix::sys::prctl::set_child_subreaper(true).unwrap();
        gate.arrive();
        daemon(|| stay());
        loop {
            let below = if depth == 0 { child(|| stay()) } else { child(|| level(depth - 1, gate)) };
            let _ended = sys::wait_for(below, 0);
            wait(2);
        }
    }
    let gate = Gate::new();
    child(|| level(4, &gate));
    gate.wait(5);
    wait(30);
    kit.ready(12);
    stay();
}
