//! The cgroup of a run: where it is made, whom its kill reaches, and that it does not stay behind.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use procdash::engine::{Io, send};
use procdash::guard::{Report, Request};
use procdash::process::{Delivery, Exit, Verdict};
use procdash::signal::Signal;

use super::own_process::{
    INNER, alive, alone, empty, guards, inner, launch, next, skipped, token, until, until_settled,
};

/// The uid of a user who may do nothing special.
const NOBODY: u32 = 65534;

/// Returns where the cgroup of this process is, if it may make others in it.
fn own_cgroup() -> Option<PathBuf> {
    let own = cgroup_of("self")?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
    let point = mount.split(' ').nth(4)?;
    let found = PathBuf::from(format!("{point}{own}"));
    // a trial: only the kernel knows
    let trial = found.join(format!("trial-{}", token()));
    let permitted = fs::create_dir(&trial).is_ok_and(|()| trial.join("cgroup.kill").exists());
    let _never_made = fs::remove_dir(&trial);
    permitted.then_some(found)
}

fn cgroup_of(process: &str) -> Option<String> {
    let lines = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    lines.lines().find_map(|line| line.strip_prefix("0::")).map(|path| path.trim_end_matches('/').to_owned())
}

/// Returns the cgroups of the runs of the dashboard with this number.
fn runs(base: &Path, dashboard: u32) -> Vec<PathBuf> {
    let begin = format!("procdash-{dashboard}.");
    let entries = fs::read_dir(base).unwrap().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&begin)).map(|entry| entry.path()).collect()
}

fn runs_in(cgroup: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cgroup).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn base_or_skip() -> Option<PathBuf> {
    let base = own_cgroup();
    if base.is_none() {
        skipped("no cgroup can be made here");
    }
    base
}

const TREE: &str = r#"setsid sleep 300 "$0" & (setsid sleep 300 "$0" &); sleep 300 "$0"; :"#;

#[test]
fn a_run_is_born_in_a_cgroup_that_goes_with_it_and_the_guard_is_not_in_it() {
    let Some(base) = base_or_skip() else { return };
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(TREE, &token, Io::Pipes)).await.unwrap();
        let own = cgroup_of("self");
        let run = cgroup_of(&guard.main().pid.to_string()).unwrap();
        assert!(run.ends_with(&format!("-{}", guard.id().pid)), "{run}");
        assert_eq!(cgroup_of(&guard.id().pid.to_string()), own);
        until_settled(&token, 4, 1);
        assert_eq!(runs(&base, std::process::id()).len(), 1);
        guard.request(Request::Kill).await.unwrap();
        empty(&mut guard).await;
        assert_eq!(alive(&token), 0);
        until("its cgroup is removed", || runs(&base, std::process::id()).is_empty());
    });
}

#[test]
fn a_cgroup_with_cgroups_of_the_service_in_it_is_removed_too() {
    let Some(base) = base_or_skip() else { return };
    alone(|| async {
        let guards = guards();
        let (mut guard, _channel) = guards.launch(&launch("sleep 300; :", "x", Io::Pipes)).await.unwrap();
        let run = runs(&base, std::process::id()).pop().unwrap();
        fs::create_dir_all(run.join("one/two")).unwrap();
        fs::write(run.join("one/two/cgroup.procs"), guard.main().pid.to_string()).unwrap();
        guard.request(Request::Kill).await.unwrap();
        empty(&mut guard).await;
        until("its cgroup is removed", || runs(&base, std::process::id()).is_empty());
    });
}

#[test]
fn the_cgroup_of_a_killed_guard_is_removed_by_the_sweep() {
    let Some(base) = base_or_skip() else { return };
    alone(|| async {
        let (guards, token) = (guards(), token());
        let (mut guard, _channel) = guards.launch(&launch(TREE, &token, Io::Pipes)).await.unwrap();
        until_settled(&token, 4, 1);
        assert_eq!(send(guard.id(), Signal::SIGKILL), Delivery::Sent);
        assert_eq!(next(&mut guard).await, Report::Lost(Exit::Signal { number: 9, core_dumped: false }));
        assert_eq!(guards.sweep_orphans().await.verdict, Verdict::Gone);
        assert_eq!((alive(&token), runs(&base, std::process::id())), (0, Vec::new()));
    });
}

#[test]
fn the_cgroup_of_a_dead_dashboard_is_removed_by_the_next_one_and_nobody_elses_is() {
    let Some(base) = base_or_skip() else { return };
    alone(|| async {
        // as left by a dashboard and a guard that were killed at the same moment: a number that has another start now
        let own = std::process::id();
        let namespace =
            fs::read_link("/proc/self/ns/pid").unwrap().to_string_lossy().replace(|c| !char::is_numeric(c), "");
        let left = base.join(format!("procdash-{own}.1.{namespace}-7"));
        let others = [format!("procdash-mine-{own}"), format!("procdash-{own}.1.1-7")].map(|name| base.join(name));
        fs::create_dir(&left).unwrap();
        for folder in &others {
            fs::create_dir(folder).unwrap();
        }
        drop(guards());
        let stayed = others.iter().all(|folder| folder.exists());
        for folder in &others {
            fs::remove_dir(folder).unwrap();
        }
        assert!(!left.exists() && stayed);
    });
}

/// Makes a cgroup that an ordinary user may use, and runs the present test in it as that user.
fn as_delegated_user(base: &Path) {
    let cgroup = base.join(format!("delegated-{}", token()));
    fs::create_dir(&cgroup).unwrap();
    for file in ["", "cgroup.procs", "cgroup.subtree_control"] {
        chown(cgroup.join(file), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let helper = tempfile::tempdir().unwrap();
    fs::set_permissions(helper.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let become_root = helper.path().join("become-root");
    let setpriv = Command::new("sh").args(["-c", "command -v setpriv"]).output().unwrap().stdout;
    fs::copy(String::from_utf8(setpriv).unwrap().trim(), &become_root).unwrap();
    fs::set_permissions(&become_root, fs::Permissions::from_mode(0o4755)).unwrap();
    let script = r#"echo $$ >"$0/cgroup.procs" && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@""#;
    let ended = Command::new("sh")
        .args(["-c", script])
        .arg(&cgroup)
        .arg(inner().get_program())
        .args(inner().get_args())
        .env(INNER, "1")
        .env("BECOME_ROOT", &become_root)
        .output()
        .unwrap();
    // nothing of a test that has failed stays; a guard that is killed just now leaves the cgroup of its run
    fs::write(cgroup.join("cgroup.kill"), "1").unwrap();
    until("the cgroup is empty", || {
        for run in runs_in(&cgroup) {
            let _still_in_use = fs::remove_dir(run);
        }
        fs::remove_dir(&cgroup).is_ok()
    });
    let said = [ended.stdout, ended.stderr].concat();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_child_that_has_become_root_is_killed_for_an_ordinary_user_too() {
    if std::env::var_os(INNER).is_none() {
        let Some(base) = base_or_skip().filter(|_| nix::unistd::geteuid().is_root()) else { return };
        return as_delegated_user(&base);
    }
    alone(|| async {
        let (guards, token) = (guards(), token());
        let become_root = std::env::var("BECOME_ROOT").unwrap();
        let script =
            format!(r#"setsid {become_root} --reuid=0 --regid=0 --clear-groups sleep 300 "$0" & exec sleep 300 "$0""#);
        let (mut guard, _channel) = guards.launch(&launch(&script, &token, Io::Pipes)).await.unwrap();
        let members = || procdash::engine::members(guard.id().pid).unwrap();
        until("both sleep", || members().iter().filter(|member| member.command.starts_with("sleep")).count() == 2);
        let root = members().into_iter().find(|member| member.id != guard.main()).unwrap();
        assert!(matches!(send(root.id, Signal::SIGKILL), Delivery::Refused(_)), "an ordinary user may not signal it");
        guard.request(Request::Kill).await.unwrap();
        assert_eq!(empty(&mut guard).await.1, 2);
        assert_eq!(alive(&token), 0);
    });
}
