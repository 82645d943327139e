//! Services that do not want to end, and a guard that ends them.

mod attacks;
mod bystanders;
mod cgroups;
mod isolation;
mod own_process;

pub(crate) use own_process::skipped;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use own_process::{
    INNER, TERMINAL, alive, alone, empty, guards, inner, launch, next, read_all, token, until, wait_for_output,
};
use procdash::engine::{Io, Launch, LaunchError, look, members, send};
use procdash::guard::{Reach, Report, Request};
use procdash::process::{Delivery, Exit, Member, Verdict};
use procdash::signal::Signal;

/// Starts a script, waits until `count` processes carry the token, kills the tree and looks who is left.
async fn start_and_kill(script: &str, count: usize, io: Io) {
    let (guards, token) = (guards(), token());
    let (mut guard, _channel) = guards.launch(&launch(script, &token, io)).await.unwrap();
    until("all are there", || alive(&token) == count);
    let before: Vec<_> = members(guard.id().pid).unwrap().into_iter().map(|member| member.id).collect();
    guard.request(Request::Kill).await.unwrap();
    let (_last, killed) = empty(&mut guard).await;
    assert_eq!(alive(&token), 0, "survivors");
    assert!(killed >= 1);
    assert_eq!(look(&before), Verdict::Gone);
    assert!(before.len() >= count.min(1));
}

/// Starts a script under a dashboard that is then killed, and waits a second for everything to be gone.
fn die_and_see_all_gone(script: &str, count: usize) {
    if std::env::var_os(INNER).is_some() {
        let token = std::env::var("PROCDASH_TEST_TOKEN").unwrap();
        let start = || async {
            let (guard, channel) = guards().launch(&launch(script, &token, Io::Pipes)).await.unwrap();
            std::io::stdout().write_all(b"started\n").unwrap();
            std::future::pending::<()>().await;
            drop((guard, channel));
        };
        return alone(start);
    }
    let token = token();
    let mut dashboard = inner().env("PROCDASH_TEST_TOKEN", &token).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(dashboard.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("started")));
    until("all are there", || alive(&token) == count);
    dashboard.kill().unwrap();
    let died = Instant::now();
    dashboard.wait().unwrap();
    while alive(&token) > 0 {
        assert!(died.elapsed() < Duration::from_secs(1), "{} left after a second", alive(&token));
        std::thread::yield_now();
    }
}

const PLAIN: &str = r#"exec sleep 300 "$0""#;
const TREE: &str = r#"sh -c 'sleep 300 $0 & sleep 300 $0 & sh -c "sleep 300 $0; :" $0 & wait' "$0" & wait"#;
const DAEMON: &str =
    r#"(setsid sh -c 'sleep 300 "$0" & exec sleep 300 "$0"' "$0" </dev/null >/dev/null 2>&1 &); sleep 300 "$0"; :"#;
const SETSID: &str = r#"setsid sleep 300 "$0" & sleep 300 "$0"; :"#;
const DEAF: &str = r#"trap '' TERM HUP INT QUIT USR1; sleep 300 "$0" & while :; do sleep 300 "$0"; done"#;
const PAUSED: &str = r#"setsid sh -c 'kill -STOP $$; sleep 300' "$0" & kill -STOP $$; wait"#;
const ZOMBIES: &str = r#"true & true & true & true & true & exec sleep 300 "$0""#;
const HOLDER: &str = r#"setsid sh -c 'while sleep 0.05; do echo late; done' "$0" & echo main done; exit 7"#;
const RESPAWN: &str = r#"trap 'setsid sh -c "$1" "$0" "$1" & exit 0' TERM; echo ready; while :; do sleep 0.05; done"#;
const RESTARTER: &str = r#"setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 300 "$0"; done' "$0" & wait"#;
const CHAIN: &str = r#"if [ ${N:=300} -gt 1 ]; then N=$((N-1)) sh -c "$1" "$0" "$1"; else sleep 300; fi; :"#;
const JOBS: &str = r#"set -m; sleep 300 "$0" & sleep 300 "$0" & kill -STOP %2; sleep 300 "$0" & wait; :"#;
const EXEC_LOOP: &str =
    r#"setsid sh -c 'exec sh -c "$1" "$0" "$1"' "$0" 'exec sh -c "$1" "$0" "$1"' & sleep 300 "$0"; :"#;
const SLOW: &str = "trap 'sleep 0.3; exit 3' TERM; echo ready; while :; do sleep 0.05; done";

macro_rules! killed {
    ($($name:ident: $script:expr, $count:expr, $io:expr;)*) => {
        $(#[test]
        fn $name() {
            alone(|| start_and_kill($script, $count, $io));
        })*
    };
}

killed! {
    a_single_process_is_gone_after_the_kill: PLAIN, 1, Io::Pipes;
    a_single_process_on_a_terminal_is_gone_after_the_kill: PLAIN, 1, TERMINAL;
    a_tree_is_gone_after_the_kill: TREE, 6, Io::Pipes;
    a_daemon_that_forked_away_is_gone_after_the_kill: DAEMON, 4, Io::Pipes;
    a_daemon_that_left_its_terminal_is_gone_after_the_kill: DAEMON, 4, TERMINAL;
    a_child_with_its_own_session_is_gone_after_the_kill: SETSID, 3, Io::Pipes;
    a_tree_that_ignores_signals_is_gone_after_the_kill: DEAF, 3, Io::Pipes;
    a_paused_tree_is_gone_after_the_kill: PAUSED, 2, Io::Pipes;
    a_process_with_zombies_is_gone_after_the_kill: ZOMBIES, 1, Io::Pipes;
    a_tree_that_restarts_its_workers_is_gone_after_the_kill: RESTARTER, 3, Io::Pipes;
    a_chain_of_three_hundred_is_gone_after_the_kill: CHAIN, 300, Io::Pipes;
    the_jobs_of_a_shell_are_gone_after_the_kill: JOBS, 4, TERMINAL;
    a_process_that_replaces_itself_all_the_time_is_gone_after_the_kill: EXEC_LOOP, 3, Io::Pipes;
}

macro_rules! orphaned {
    ($($name:ident: $script:expr, $count:expr;)*) => {
        $(#[test]
        fn $name() {
            die_and_see_all_gone($script, $count);
        })*
    };
}

orphaned! {
    a_single_process_does_not_outlive_the_dashboard: PLAIN, 1;
    a_daemon_does_not_outlive_the_dashboard: DAEMON, 4;
    a_tree_that_ignores_signals_does_not_outlive_the_dashboard: DEAF, 3;
    a_paused_tree_does_not_outlive_the_dashboard: PAUSED, 2;
    a_chain_does_not_outlive_the_dashboard: CHAIN, 300;
}

#[test]
fn a_stop_reaches_paused_processes_and_those_in_other_sessions() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(PAUSED, &token, Io::Pipes)).await.unwrap();
        until("both are there", || alive(&token) == 2);
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        let (last, killed) = empty(&mut guard).await;
        assert_eq!(last, Some(Exit::Signal { number: 15, core_dumped: false }));
        assert_eq!((alive(&token), killed), (0, 0));
    });
}

#[test]
fn a_stop_leaves_time_to_tidy_up() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, channel) = guards.launch(&launch(SLOW, &token, Io::Pipes)).await.unwrap();
        wait_for_output(&channel).await;
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Code(3)), 0));
    });
}

#[test]
fn a_stop_that_breeds_a_new_daemon_is_followed_by_a_kill_that_finds_it() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, channel) = guards.launch(&launch(RESPAWN, &token, Io::Pipes)).await.unwrap();
        wait_for_output(&channel).await;
        guard.request(Request::Stop { signal: Signal::SIGTERM }).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(0)));
        // the daemon may have been asked to end, before it could breed another one, and be the last
        let _already_empty = guard.request(Request::Kill).await;
        empty(&mut guard).await;
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn the_end_of_the_main_process_is_told_at_once_although_its_output_is_held_open() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(HOLDER, &token, Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(7)));
        until("the holder is there", || alive(&token) == 1);
        guard.request(Request::Kill).await.unwrap();
        assert!(matches!(empty(&mut guard).await, (Some(Exit::Code(7)), 1 | 2)));
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn what_the_dashboard_has_inherited_stays_out_of_guards_and_services() {
    alone(|| async {
        // without close-on-exec, as a careless parent would leave it
        let (ends, copy) = std::io::pipe().unwrap();
        let leaked = nix::fcntl::fcntl(&copy, nix::fcntl::FcntlArg::F_DUPFD(100)).unwrap();
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(PLAIN, &token, Io::Pipes)).await.unwrap();
        assert!(Path::new(&format!("/proc/self/fd/{leaked}")).exists());
        for pid in [guard.id().pid, guard.main().pid] {
            until("it is closed", || !Path::new(&format!("/proc/{pid}/fd/{leaked}")).exists());
        }
        guard.request(Request::Kill).await.unwrap();
        empty(&mut guard).await;
        drop(ends);
    });
}

#[test]
fn a_daemon_that_ends_by_itself_tells_how_and_not_how_its_command_did() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let script = r#"(setsid sleep 300 "$0" </dev/null >/dev/null 2>&1 &); exit 0"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Code(0)));
        until("the daemon is there alone", || alive(&token) == 1);
        let daemon = members(guard.id().pid).unwrap().remove(0).id;
        assert_eq!(send(daemon, Signal::SIGKILL), Delivery::Sent);
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 9, core_dumped: false }), 0));
    });
}

#[test]
fn a_start_that_is_given_up_leaves_nothing_behind() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let given_up = guards.launch_until(&launch(TREE, &token, TERMINAL), std::future::ready(())).await;
        assert!(matches!(given_up, Err(LaunchError::GivenUp)), "{given_up:?}");
        assert_eq!(alive(&token), 0);
        assert_eq!(members(std::process::id()).unwrap(), []);
    });
}

#[test]
fn a_guard_that_was_paused_by_its_service_is_continued() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let script = r#"setsid sleep 300 "$0" & kill -STOP $PPID; exec sleep 300 "$0""#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        until("both are there", || alive(&token) == 2);
        guard.request(Request::Kill).await.unwrap();
        empty(&mut guard).await;
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn the_orphans_of_a_killed_guard_are_removed_by_the_dashboard_and_nobody_else_is() {
    alone(|| async {
        let (guards, token, other_token) = (guards(), token(), token());
        let (mut other, _other_channel) = guards.launch(&launch(TREE, &other_token, Io::Pipes)).await.unwrap();
        let mut tool = Command::new("sleep").args(["300", &other_token]).spawn().unwrap();
        let script = r#"setsid sleep 300 "$0" & setsid sleep 300 "$0" & sleep 0.2; kill -9 $PPID; sleep 300 "$0""#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::Lost(Exit::Signal { number: 9, core_dumped: false }));
        let swept = guards.sweep_orphans().await;
        assert_eq!(swept.verdict, Verdict::Gone);
        assert!((1..=4).contains(&swept.killed), "{swept:?}");
        assert_eq!(alive(&token), 0);
        assert_eq!(alive(&other_token), 7, "the other service and the tool live on");
        assert!(tool.try_wait().unwrap().is_none());
        tool.kill().unwrap();
        tool.wait().unwrap();
        other.request(Request::Kill).await.unwrap();
        empty(&mut other).await;
    });
}

#[test]
fn a_guard_that_nobody_holds_ends_its_service_and_leaves_no_zombie() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (guard, _channel) = guards.launch(&launch(TREE, &token, Io::Pipes)).await.unwrap();
        until("all are there", || alive(&token) == 6);
        let pid = guard.id().pid;
        drop(guard);
        tokio::task::spawn_blocking(move || {
            until("all are gone", || alive(&token) == 0);
            until("the guard is collected", || !Path::new(&format!("/proc/{pid}")).exists());
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_signal_reaches_the_main_process_its_group_or_its_tree() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let script = r#"trap '' USR1; sh -c 'setsid sleep 300 "$0" & exec sleep 300 "$0"' "$0" & exec sleep 300 "$0""#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        // not before the one in its own session has made it
        let sleeps = |member: &Member| member.command.starts_with("sleep");
        let root = guard.id().pid;
        until("all are there", || members(root).unwrap().iter().filter(|member| sleeps(member)).count() == 3);
        for (to, count) in [(Reach::Main, 1), (Reach::Group, 2), (Reach::Tree, 3)] {
            guard.request(Request::Signal { signal: Signal::SIGUSR1, to }).await.unwrap();
            assert_eq!(next(&mut guard).await, Report::Signalled { delivered: count, refused: Vec::new() });
        }
        guard.request(Request::Signal { signal: Signal::SIGTERM, to: Reach::Tree }).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Signal { number: 15, core_dumped: false }), 0));
    });
}

#[test]
fn every_reason_for_not_starting_is_told_apart() {
    alone(|| async {
        let guards = guards();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("text"), "no program").unwrap();
        fs::write(folder.path().join("script"), "#!/nowhere/sh\n").unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.path().join("script"), executable).unwrap();
        let start = async |argv: &[&str], dir: &Path| {
            let argv = argv.iter().map(OsString::from).collect();
            let launch = Launch { argv, dir: dir.to_owned(), ..launch("", "", TERMINAL) };
            guards.launch(&launch).await.map(drop).unwrap_err()
        };
        let here = folder.path();
        assert!(matches!(start(&[], here).await, LaunchError::CommandEmpty));
        assert!(matches!(start(&["a\0b"], here).await, LaunchError::NulByte { .. }));
        assert!(matches!(start(&["no-such-program"], here).await, LaunchError::ProgramNotOnPath { .. }));
        assert!(matches!(start(&["./missing"], here).await, LaunchError::ProgramMissing { .. }));
        assert!(matches!(start(&["./text"], here).await, LaunchError::NotExecutable { .. }));
        assert!(matches!(start(&["/"], here).await, LaunchError::ProgramIsFolder { .. }));
        assert!(matches!(start(&["./script"], here).await, LaunchError::InterpreterMissing { .. }));
        assert!(matches!(start(&["true"], &here.join("missing")).await, LaunchError::FolderMissing { .. }));
        assert!(matches!(start(&["true"], &here.join("text")).await, LaunchError::NotAFolder { .. }));
        let long = "x".repeat(5 << 20);
        assert!(matches!(start(&["true", &long], here).await, LaunchError::ArgumentsTooLong));
        assert!(matches!(start(&["true", &"x".repeat(200_000)], here).await, LaunchError::ArgumentsTooLong));
        let stays = members(std::process::id()).unwrap();
        assert!(stays.is_empty(), "{stays:?}");
    });
}

#[test]
fn a_program_finds_itself_as_if_started_from_a_shell() {
    alone(|| async {
        let script = "grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -c; ls -l /proc/self/fd | grep -c socket; readlink /proc/self/fd/0; pwd; exit 5";
        // a shell would itself change what it inherits, so the limits are compared with this process's own, before it is a dashboard
        let expected = Command::new("sh").args(["-c", "ulimit -c"]).output().unwrap().stdout;
        let guards = guards();
        let (mut guard, channel) = guards.launch(&launch(script, "x", Io::Pipes)).await.unwrap();
        assert_eq!(empty(&mut guard).await, (Some(Exit::Code(5)), 0));
        let text = read_all(channel);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "SigBlk:\t0000000000000000");
        assert_eq!(lines[1], "SigIgn:\t0000000000000000");
        assert_eq!(lines[2], String::from_utf8(expected).unwrap().trim());
        assert_eq!(&lines[3..], ["0", "/dev/null", std::env::temp_dir().to_str().unwrap()]);
    });
}

#[test]
fn a_program_on_a_terminal_has_it_for_its_own() {
    alone(|| async {
        let guards = guards();
        let script = "stty size; echo to-error >&2; test -t 0 && : < /dev/tty && exit 6";
        let (mut guard, channel) = guards.launch(&launch(script, "x", TERMINAL)).await.unwrap();
        assert_eq!(empty(&mut guard).await.0, Some(Exit::Code(6)));
        assert_eq!(read_all(channel), "24 80\r\nto-error\r\n");
    });
}

#[test]
fn the_core_dump_bit_and_unnamed_signals_are_kept() {
    alone(|| async {
        let guards = guards();
        let (mut guard, _channel) = guards.launch(&launch("kill -40 $$; sleep 300", "x", Io::Pipes)).await.unwrap();
        assert_eq!(next(&mut guard).await, Report::MainExited(Exit::Signal { number: 40, core_dumped: false }));
    });
}
