//! Nobody else: processes that have nothing to do with a service are never hit, however quickly numbers come round again.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use procdash::engine::{Io, identify, members, send};
use procdash::guard::{Guards, Reach, Report, Request};
use procdash::process::{Delivery, Exit, Member, Verdict};
use procdash::signal::Signal;

use super::own_process::{INNER, alive, alone, empty, guards, inner, launch, next, skipped, token, until};

/// How many numbers the processes of a test have: they come round within a second.
const NUMBERS: u32 = 450;

/// Set for the long form: 200 trees and 50,000 bystanders.
const LONG: &str = "PROCDASH_TEST_LONG";

/// Runs the present test in a pid namespace with few numbers, where that is permitted.
pub(super) fn with_few_numbers<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    if std::env::var_os(INNER).is_some() {
        return alone(test);
    }
    let flags = if nix::unistd::geteuid().is_root() { "-pf" } else { "-Urpf" };
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([flags, "--mount-proc", "--kill-child", "sh", "-c"]);
        command.arg(format!("echo {NUMBERS} >/proc/sys/kernel/pid_max || exit 1; {script}"));
        command
    };
    if !unshare("").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return skipped("no pid namespace with few numbers is permitted here");
    }
    // not by exec: the first process of a namespace is its init, and the test is none
    let mut command = unshare(r#""$0" "$@"; exit $?"#);
    let ended = command.arg(inner().get_program()).args(inner().get_args()).env(INNER, "1").output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&said));
    let said = String::from_utf8_lossy(&said);
    said.lines().filter(|line| line.contains(" hit")).for_each(tell);
}

#[expect(clippy::print_stderr, reason = "the figures are for whoever runs the long form")]
fn tell(figures: &str) {
    eprintln!("{figures}");
}

/// Ten processes: some in sessions of their own, some without a parent, some with children.
const TREE: &str = r#"
(setsid sleep 300 "$0" &)
(setsid sh -c 'sleep 300 "$0" & sleep 300 "$0"; :' "$0" &)
setsid sh -c 'trap "" TERM; sleep 300 "$0" & sleep 300 "$0"; :' "$0" &
(sleep 300 "$0" &)
sleep 300 "$0" &
sleep 300 "$0"; :"#;

const MEMBERS: usize = 11;

/// Makes bystanders until told to stop; returns how many there were, and how many of them ended by a signal.
fn stand_by(enough: &AtomicBool, least: usize) -> (usize, usize) {
    let (mut present, mut count, mut hit) = (VecDeque::<Child>::new(), 0, 0);
    let mut bury = |mut child: Child| hit += usize::from(child.wait().unwrap().signal().is_some());
    while count < least || !enough.load(Ordering::Relaxed) {
        match Command::new("sleep").arg("0.01").spawn() {
            Ok(child) => {
                present.push_back(child);
                count += 1;
            }
            // all numbers are in use at this moment
            Err(_full) => thread::yield_now(),
        }
        if present.len() > 30 {
            present.pop_front().into_iter().for_each(&mut bury);
        }
    }
    present.into_iter().for_each(bury);
    (count, hit)
}

/// Starts a tree and ends it, in one of the ways there are.
async fn start_and_end(guards: &Guards, way: usize) {
    let token = token();
    let (mut guard, _channel) = guards.launch(&launch(TREE, &token, Io::Pipes)).await.unwrap();
    let (root, main) = (guard.id().pid, guard.main());
    // the shell gives up where there is no number for a child at that moment
    until("all are there", || members(root).unwrap().len() >= MEMBERS || identify(main.pid) != Some(main));
    match way % 4 {
        0 | 1 => drop(guard.request(Request::Kill).await),
        2 => {
            let _ended_already = guard.request(Request::Stop { signal: Signal::SIGTERM }).await;
            // those who are deaf outlive the main process
            assert!(matches!(next(&mut guard).await, Report::MainExited(_)));
            drop(guard.request(Request::Kill).await);
        }
        _ => {
            assert_eq!(send(guard.id(), Signal::SIGKILL), Delivery::Sent);
            assert!(matches!(next(&mut guard).await, Report::Lost(_)));
            assert_eq!(guards.sweep_orphans().await.verdict, Verdict::Gone);
            assert_eq!(alive(&token), 0);
            return;
        }
    }
    empty(&mut guard).await;
    assert_eq!(alive(&token), 0);
}

#[test]
fn bystanders_with_numbers_that_come_round_are_never_hit() {
    with_few_numbers(|| async {
        let (trees, least) = if std::env::var_os(LONG).is_some() { (200, 50_000) } else { (20, 2_000) };
        let guards = guards();
        let enough = Arc::new(AtomicBool::new(false));
        let others = Arc::clone(&enough);
        let bystanders = thread::spawn(move || stand_by(&others, least));
        for way in 0..trees {
            start_and_end(&guards, way).await;
        }
        enough.store(true, Ordering::Relaxed);
        let (count, hit) = bystanders.join().unwrap();
        tell(&format!("{trees} trees ended beside {count} bystanders, {hit} of them hit"));
        assert!(count >= least && hit == 0, "{hit} of {count}");
    });
}

/// Makes a process that leads a session, and so a group, and has this number.
fn with_number(pid: u32, token: &str) -> Child {
    for _ in 0..1000 {
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
        let mut child = Command::new("setsid").args(["sleep", "300", token]).spawn().unwrap();
        if child.id() == pid {
            return child;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    panic!("the number {pid} does not come round");
}

#[test]
fn a_stranger_who_has_got_the_number_of_the_main_process_and_its_group_is_never_hit() {
    if !nix::unistd::geteuid().is_root() {
        return skipped("only root may choose the number of a process");
    }
    with_few_numbers(|| async {
        let (guards, token, other) = (guards(), token(), token());
        // what the main process leaves behind is in another group, so its number becomes free
        let script =
            r#"(setsid sh -c 'trap "" TERM USR1; while :; do sleep 300 "$0"; done' "$0" >/dev/null 2>&1 &); exit 0"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(0)));
        // before it has a child, it has not yet said that it is deaf, and a signal would end it
        let root = guard.id().pid;
        let is_sleep = |member: &Member| member.command.starts_with("sleep");
        until("what is left behind is deaf", || members(root).unwrap().iter().any(is_sleep));
        let mut stranger = with_number(guard.main().pid, &other);
        let of_it = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", stranger.id())).unwrap();
        until("it leads the group", || of_it("stat").split(' ').nth(4) == Some(&stranger.id().to_string()));
        // in the middle of an exec it has no words by which it could be found below
        until("it is what it is to be", || of_it("cmdline").starts_with("sleep"));
        for to in [Reach::Main, Reach::Group, Reach::Tree] {
            guard.request(Request::Signal { signal: Signal::SIGUSR1, to }).await.unwrap();
            assert!(matches!(next(&mut guard).await, Report::Signalled { .. }));
        }
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        guard.request(Request::Kill).await.unwrap();
        empty(&mut guard).await;
        assert!(stranger.try_wait().unwrap().is_none());
        assert_eq!((alive(&token), alive(&other)), (0, 1));
        stranger.kill().unwrap();
        // a dashboard collects whoever comes to it, and to this one it has come
        let _collected_already = stranger.wait();
    });
}
