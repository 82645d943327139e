//! Services that turn against their guard: whatever becomes of it, nothing of the service stays.

use std::fs::File;
use std::io::ErrorKind::PermissionDenied as DENIED;
use std::process::Command;

use procdash::engine::{Io, LaunchError, members, send};
use procdash::guard::{Guards, Report, Request};
use procdash::process::{Delivery, Verdict};
use procdash::signal::Signal;

use super::bystanders::with_few_numbers;
use super::isolation::{User, alone_as};
use super::own_process::{alive, alone, guards, launch, next, token, until};

/// Listens until the guard says its last word or is lost, and has the orphans removed then; returns whether it was lost.
async fn end(guards: &Guards, guard: &mut procdash::guard::Guard) -> bool {
    loop {
        match next(guard).await {
            Report::Empty { .. } => return false,
            Report::Lost(_) => {
                assert_eq!(guards.sweep_orphans().await.verdict, Verdict::Gone);
                return true;
            }
            Report::MainExited(_) | Report::Signalled { .. } | Report::Stuck(_) => {}
        }
    }
}

#[test]
fn a_guard_that_is_killed_in_the_middle_of_its_kill_leaves_nothing() {
    alone(|| async {
        let guards = guards();
        let script = r#"for i in 1 2 3 4 5 6 7 8; do (setsid sh -c 'sleep 300 "$0" & sleep 300 "$0"; :' "$0" &); done; wait; sleep 300 "$0"; :"#;
        for _ in 0..10 {
            let token = token();
            let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
            until("all are there", || alive(&token) >= 20);
            guard.request(Request::Kill).await.unwrap();
            let _ended_already = send(guard.id(), Signal::SIGKILL);
            end(&guards, &mut guard).await;
            assert_eq!(alive(&token), 0);
        }
    });
}

#[test]
fn a_guard_that_is_killed_by_the_first_step_of_its_service_leaves_nothing() {
    alone(|| async {
        let guards = guards();
        let script = r#"kill -KILL $PPID; setsid sleep 300 "$0" & setsid sleep 300 "$0" & sleep 300 "$0"; :"#;
        for _ in 0..10 {
            let token = token();
            match guards.launch(&launch(script, &token, Io::Pipes)).await {
                Ok((mut guard, _channel)) => assert!(end(&guards, &mut guard).await),
                // it was quicker than the news of its start; the launch has removed it
                Err(error) => assert!(matches!(error, LaunchError::GuardNotStarted { .. }), "{error}"),
            }
            assert_eq!(alive(&token), 0);
        }
    });
}

#[test]
fn a_guard_that_is_paused_again_and_again_still_ends_its_service() {
    alone(|| async {
        let (guards, token) = (guards(), token());
        let script = r#"setsid sh -c 'while :; do kill -STOP $1; done' "$0" $PPID & sleep 300 "$0"; :"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        until("all are there", || alive(&token) == 3);
        guard.request(Request::Kill).await.unwrap();
        end(&guards, &mut guard).await;
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn a_guard_without_descriptors_ends_and_leaves_its_service_to_the_dashboard() {
    alone_as(User::Ordinary, || async {
        for limit in ["0:0", "5:5"] {
            let (guards, token) = (guards(), token());
            let script = format!(
                r#"prlimit --nofile={limit} --pid $PPID; setsid sleep 300 "$0" & (setsid sleep 300 "$0" &); sleep 300 "$0"; :"#
            );
            let (mut guard, _channel) = guards.launch(&launch(&script, &token, Io::Pipes)).await.unwrap();
            // with none at all it does not get as far as being asked
            until("all are there or gone", || matches!(alive(&token), 0 | 4));
            let _ended_already = guard.request(Request::Kill).await;
            assert!(end(&guards, &mut guard).await);
            assert_eq!(alive(&token), 0);
        }
    });
}

#[test]
fn a_guard_takes_lowered_descriptors_back() {
    alone_as(User::Ordinary, || async {
        let (guards, token) = (guards(), token());
        let script =
            r#"prlimit --nofile=0: --pid $PPID; setsid sleep 300 "$0" & (setsid sleep 300 "$0" &); sleep 300 "$0"; :"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        until("all are there", || alive(&token) == 4);
        guard.request(Request::Kill).await.unwrap();
        assert!(!end(&guards, &mut guard).await);
        assert_eq!(alive(&token), 0);
    });
}

#[test]
fn a_guard_cannot_be_traced_by_its_own_user() {
    alone_as(User::Ordinary, || async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(r#"exec sleep 300 "$0""#, &token, Io::Pipes)).await.unwrap();
        // opening this needs the same permission as to trace it
        let closed = |pid: u32| File::open(format!("/proc/{pid}/mem")).is_err_and(|error| error.kind() == DENIED);
        assert!(closed(guard.id().pid));
        until("the service is open", || !closed(guard.main().pid));
        guard.request(Request::Kill).await.unwrap();
        end(&guards, &mut guard).await;
    });
}

#[test]
fn a_service_that_takes_all_numbers_is_ended() {
    with_few_numbers(|| async {
        let (guards, token) = (guards(), token());
        // a shell that cannot fork gives up: there is another one above it
        let script = r#"while :; do sh -c 'while :; do (setsid sleep 300 "$0" &); done' "$0" 2>/dev/null; done"#;
        let (mut guard, _channel) = guards.launch(&launch(script, &token, Io::Pipes)).await.unwrap();
        until("hardly a number is left", || alive(&token) > 100);
        guard.request(Request::Kill).await.unwrap();
        assert!(!end(&guards, &mut guard).await);
        assert_eq!(alive(&token), 0);
        assert!(Command::new("true").status().is_ok());
        until("the guard is collected", || members(std::process::id()).unwrap().is_empty());
        assert_eq!(send(guard.id(), Signal::SIGCONT), Delivery::AlreadyGone);
    });
}
