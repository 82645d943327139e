//! Services in a pid namespace of their own: exact ends, graceful stops, and nothing that outlives them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use procdash::config::Isolation;
use procdash::engine::{Io, Launch, LaunchError, identify, members, send};
use procdash::guard::{Reach, Report, Request};
use procdash::process::{Delivery, Exit};
use procdash::signal::Signal;

use super::own_process::{
    INNER, TERMINAL, alive, alone, empty, guards, inner, next, read_all, skipped, token, until, until_settled,
    wait_for_output,
};

/// As whom a test is run.
#[derive(Clone, Copy, Debug)]
pub(super) enum User {
    Same,
    /// One that may do nothing special; only root can become that.
    Ordinary,
}

fn launch(script: &str, token: &str, io: Io) -> Launch {
    Launch { isolation: Isolation::PidNamespace, ..super::own_process::launch(script, token, io) }
}

/// Whether this machine lets `user` have a pid namespace; says so where not.
fn permitted(user: User) -> bool {
    let unshare: &[&str] = &["unshare", "-Upf", "true"];
    let succeeds = |words: &[&str]| {
        let (program, rest) = words.split_first().unwrap();
        Command::new(program).args(rest).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let permitted = match user {
        User::Same => succeeds(&["unshare", "-pf", "true"]) || succeeds(unshare),
        User::Ordinary => nix::unistd::geteuid().is_root() && succeeds(&[ORDINARY, unshare].concat()),
    };
    if !permitted {
        skipped(&format!("no pid namespace is permitted here for this user ({user:?})"));
    }
    permitted
}

const ORDINARY: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];

/// Runs a test alone, as this user.
pub(super) fn alone_as<F: Future<Output = ()>>(user: User, test: impl FnOnce() -> F) {
    if std::env::var_os(INNER).is_some() {
        return alone(test);
    }
    if !permitted(user) {
        return;
    }
    let ended = match user {
        User::Same => return alone(test),
        User::Ordinary => {
            let mut command = Command::new(ORDINARY[0]);
            command.args(&ORDINARY[1..]).arg(inner().get_program()).args(inner().get_args()).env(INNER, "1");
            command.output().unwrap()
        }
    };
    let said = [ended.stdout, ended.stderr].concat();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Starts a script, waits until `count` processes carry the token, kills the tree and looks who is left.
async fn start_and_kill(script: &str, (count, shells): (usize, usize), io: Io) {
    let (guards, token) = (guards(), token());
    let (mut guard, _channel) = guards.launch(&launch(script, &token, io)).await.unwrap();
    until_settled(&token, count, shells);
    guard.request(Request::Kill).await.unwrap();
    let (_last, killed) = empty(&mut guard).await;
    assert_eq!((alive(&token), killed), (0, count as u64));
    until("the guard is collected", || members(std::process::id()).unwrap().is_empty());
}

const TREE: &str = r#"sh -c 'sleep 300 $0 & sleep 300 $0 & sh -c "sleep 300 $0; :" $0 & wait' "$0" & wait"#;
const DAEMON: &str =
    r#"(setsid sh -c 'sleep 300 "$0" & exec sleep 300 "$0"' "$0" </dev/null >/dev/null 2>&1 &); sleep 300 "$0"; :"#;
const DEAF: &str = r#"trap '' TERM HUP INT QUIT; setsid sleep 300 "$0" & while :; do sleep 300 "$0"; done"#;
const HOSTILE: &str = r#"kill -STOP 1; kill -KILL 1; kill -KILL -1; kill -STOP -1; setsid sleep 300 "$0" & (setsid sleep 300 "$0" &); sleep 300 "$0"; :"#;
const SLOW: &str = "trap 'sleep 0.2; exit 3' TERM; echo ready; while :; do sleep 0.05; done";

macro_rules! killed {
    ($($name:ident: $user:expr, $script:expr, $count:expr, $io:expr;)*) => {
        $(#[test]
        fn $name() {
            alone_as($user, || start_and_kill($script, $count, $io));
        })*
    };
}

killed! {
    an_isolated_tree_is_gone_after_the_kill: User::Same, TREE, (6, 3), Io::Pipes;
    an_isolated_tree_on_a_terminal_is_gone_after_the_kill: User::Same, TREE, (6, 3), TERMINAL;
    an_isolated_tree_of_an_ordinary_user_is_gone_after_the_kill: User::Ordinary, TREE, (6, 3), Io::Pipes;
    an_isolated_daemon_is_gone_after_the_kill: User::Ordinary, DAEMON, (4, 1), TERMINAL;
    an_isolated_tree_that_ignores_signals_is_gone_after_the_kill: User::Same, DEAF, (3, 1), TERMINAL;
    an_isolated_tree_that_attacks_its_init_is_gone_after_the_kill: User::Same, HOSTILE, (4, 1), Io::Pipes;
    an_isolated_tree_of_an_ordinary_user_that_attacks_its_init_is_gone: User::Ordinary, HOSTILE, (4, 1), Io::Pipes;
}

async fn ends_exactly() {
    let guards = guards();
    let started = async |script, io| guards.launch(&launch(script, "x", io)).await.unwrap();
    for io in [Io::Pipes, TERMINAL] {
        let (mut guard, _channel) = started("exit 7", io).await;
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(7)));
        assert_eq!(empty(&mut guard).await, (Some(Exit::Code(7)), 0));
        let (mut guard, _channel) = started("kill -40 $$; sleep 300", io).await;
        let signal = Exit::Signal { number: 40, core_dumped: false };
        assert_eq!(next(&mut guard).await, Report::MainExited(signal));
        assert_eq!(empty(&mut guard).await, (Some(signal), 0));
    }
}

#[test]
fn the_end_of_an_isolated_program_is_told_exactly() {
    alone_as(User::Same, ends_exactly);
}

#[test]
fn the_end_of_an_isolated_program_of_an_ordinary_user_is_told_exactly() {
    alone_as(User::Ordinary, ends_exactly);
}

async fn finds_itself() {
    let guards = guards();
    let script = "echo $$ $(ls /proc | grep -c '^[0-9]') $(cat /proc/1/comm); id -u; grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | tr '\\n' ' '; set -m; sleep 0 & fg >/dev/null; echo fg";
    let (mut guard, channel) = guards.launch(&launch(script, "x", TERMINAL)).await.unwrap();
    assert_eq!(empty(&mut guard).await, (Some(Exit::Code(0)), 0));
    let text = read_all(channel).replace("\r\n", "\n");
    let user = nix::unistd::geteuid();
    let signals = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000";
    let (before, after) = text.split_once(&format!("\n{user}\n{signals}\n")).unwrap_or_else(|| panic!("{text}"));
    // the init, the shell and the three of the pipe's own line
    let [own, count, init] = before.split(' ').collect::<Vec<_>>()[..] else { panic!("{before}") };
    assert!(own.parse::<u32>().unwrap() < 10 && count.parse::<u32>().unwrap() < 10, "{before}");
    assert_eq!(init, "pd-init");
    assert!(after.starts_with("0 1 2 3 ") && after.ends_with("fg\n"), "{after}");
}

#[test]
fn an_isolated_program_sees_its_own_processes_only_and_has_its_terminal() {
    alone_as(User::Same, finds_itself);
}

#[test]
fn an_isolated_program_of_an_ordinary_user_sees_its_own_processes_only_and_has_its_terminal() {
    alone_as(User::Ordinary, finds_itself);
}

#[test]
fn an_isolated_program_can_be_stopped_gently() {
    alone_as(User::Ordinary, || async {
        let guards = guards();
        let (mut guard, channel) = guards.launch(&launch(SLOW, "x", Io::Pipes)).await.unwrap();
        wait_for_output(&channel).await;
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Code(3)), 0));
        // a shell that has no trap is no init: the signal ends it
        let (mut guard, _channel) = guards.launch(&launch("sleep 300; :", "x", TERMINAL)).await.unwrap();
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 15, core_dumped: false }), 0));
    });
}

#[test]
fn signals_reach_an_isolated_program_but_not_its_init() {
    alone_as(User::Same, || async {
        let (guards, token) = (guards(), token());
        let script = r#"setsid sleep 300 "$0" & sleep 300 "$0" & exec sleep 300 "$0""#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, TERMINAL)).await.unwrap();
        let root = guard.id().pid;
        let sleeps = || members(root).unwrap().iter().filter(|member| member.command.starts_with("sleep")).count();
        until("all are there", || sleeps() == 3);
        for (to, count) in [(Reach::Main, 1), (Reach::Group, 2), (Reach::Tree, 3)] {
            guard.request(Request::Signal { signal: Signal::SIGCONT, to }).await.unwrap();
            assert_eq!(next(&mut guard).await, Report::Signalled { delivered: count, refused: Vec::new() });
        }
        guard.request(Request::Signal { signal: Signal::SIGTERM, to: Reach::Tree }).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 15, core_dumped: false }), 0));
    });
}

#[test]
fn what_an_isolated_command_leaves_behind_is_guarded_until_it_ends() {
    alone_as(User::Same, || async {
        let (guards, token) = (guards(), token());
        let script = r#"(setsid sleep 300 "$0" </dev/null >/dev/null 2>&1 &); exit 0"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(0)));
        let all = || members(guard.id().pid).unwrap();
        let daemon = || all().iter().find(|member| member.command.starts_with("sleep")).map(|member| member.id);
        until("the daemon is there alone", || alive(&token) == 1 && daemon().is_some());
        let daemon = daemon().unwrap();
        assert_eq!(send(daemon, Signal::SIGTERM), Delivery::Sent);
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 15, core_dumped: false }), 0));
    });
}

#[test]
fn the_end_of_a_guard_ends_its_namespace() {
    alone_as(User::Ordinary, || async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(DAEMON, &token, Io::Pipes)).await.unwrap();
        until("all are there", || alive(&token) == 4);
        assert_eq!(send(guard.id(), Signal::SIGKILL), Delivery::Sent);
        until("all are gone", || alive(&token) == 0);
        assert_eq!(next(&mut guard).await, Report::Lost(Exit::Signal { number: 9, core_dumped: false }));
        guards.sweep_orphans().await;
        assert_eq!(members(std::process::id()).unwrap(), []);
    });
}

#[test]
fn somebody_who_ends_the_namespace_ends_the_program() {
    alone_as(User::Same, || async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(DAEMON, &token, Io::Pipes)).await.unwrap();
        until("all are there", || alive(&token) == 4);
        let children = members(guard.id().pid).unwrap();
        let init = children.iter().find(|member| member.command == "[pd-init]").unwrap().id;
        assert_eq!(send(init, Signal::SIGKILL), Delivery::Sent);
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 9, core_dumped: false }), 0));
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn an_isolated_program_that_cannot_be_run_leaves_nothing_behind() {
    alone_as(User::Ordinary, || async {
        let guards = guards();
        let missing = Launch { argv: vec!["/no/such/program".into()], ..launch("", "", TERMINAL) };
        assert!(matches!(guards.launch(&missing).await, Err(LaunchError::ProgramMissing { .. })));
        let nowhere = Launch { dir: "/no/such/folder".into(), ..launch("true", "", Io::Pipes) };
        assert!(matches!(guards.launch(&nowhere).await, Err(LaunchError::FolderMissing { .. })));
        assert_eq!(members(std::process::id()).unwrap(), []);
    });
}

#[test]
fn where_the_kernel_refuses_a_namespace_the_start_fails_with_what_to_do() {
    // as in a container: no namespaces of any kind are left below this limit
    if std::env::var_os(INNER).is_none() {
        let words = ["-Ur", "sh", "-c", r#"echo 0 >/proc/sys/user/max_pid_namespaces && exec "$0" "$@""#];
        let mut refusing = Command::new("unshare");
        refusing.args(words).arg(inner().get_program()).args(inner().get_args()).env(INNER, "1");
        let allowed =
            Command::new("unshare").args(["-Ur", "sh", "-c", words[3], "true"]).stderr(Stdio::null()).status();
        if !allowed.is_ok_and(|status| status.success()) {
            return skipped("no user namespace is permitted here");
        }
        let ended = refusing.output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    }
    alone(|| async {
        let refused = guards().launch(&launch("sleep 300", "x", Io::Pipes)).await.unwrap_err();
        let words = refused.to_string();
        assert!(matches!(refused, LaunchError::NotIsolated { .. }), "{words}");
        assert!(words.contains(r#"set `isolation = "none"`"#) && words.contains("pid namespace"), "{words}");
        assert_eq!(members(std::process::id()).unwrap(), []);
    });
}

/// Is killed as a dashboard, and the namespace of its service ends within a second.
#[test]
fn an_isolated_tree_does_not_outlive_the_dashboard() {
    if std::env::var_os(INNER).is_some() {
        let token = std::env::var("PROCDASH_TEST_TOKEN").unwrap();
        let start = || async {
            let (guard, channel) = guards().launch(&launch(DEAF, &token, Io::Pipes)).await.unwrap();
            std::io::stdout().write_all(b"started\n").unwrap();
            std::future::pending::<()>().await;
            drop((guard, channel));
        };
        return alone(start);
    }
    if !permitted(User::Same) {
        return;
    }
    let token = token();
    let mut dashboard = inner().env("PROCDASH_TEST_TOKEN", &token).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(dashboard.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("started")));
    until("all are there", || alive(&token) == 3);
    assert!(identify(dashboard.id()).is_some());
    dashboard.kill().unwrap();
    let died = Instant::now();
    dashboard.wait().unwrap();
    while alive(&token) > 0 {
        assert!(died.elapsed() < Duration::from_secs(1), "{} left after a second", alive(&token));
        std::thread::yield_now();
    }
}
