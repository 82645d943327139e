//! Whole stacks: of stand-ins, with groups and replicas, each killed in turn; and of real programs, where they are installed.

mod real;
mod stand_ins;

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::program::{Finished, Program};
use crate::support::project::Project;
use crate::support::wait;

fn run(project: &Project, words: &[&str]) -> Finished {
    Program::run(project.procdash(words))
}

#[track_caller]
fn said(project: &Project, words: &[&str]) -> String {
    let ended = run(project, words);
    assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    ended.out
}

fn row(project: &Project, name: &str) -> Option<Value> {
    let ended = run(project, &["ps", "--json", name]);
    let board: Value = serde_json::from_str(&ended.out).ok()?;
    board["services"].as_array()?.first().cloned()
}

#[track_caller]
fn wait_for(project: &Project, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let seen = wait::until(|| row(project, name).filter(&wanted));
    seen.unwrap_or_else(|| panic!("{name}: {:?}", row(project, name)))
}

fn runs(row: &Value) -> bool {
    row["state"] == "running" || row["state"] == "ready"
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |row| row["state"] == state
}

/// Kills the main process of a service that runs; returns the number of that run.
#[track_caller]
fn shoot(project: &Project, name: &str) -> u64 {
    let row = wait_for(project, name, runs);
    kill(Pid::from_raw(i32::try_from(row["pid"].as_i64().unwrap()).unwrap()), Signal::SIGKILL).unwrap();
    row["run"].as_u64().unwrap()
}

fn names(project: &Project, words: &[&str]) -> Vec<String> {
    let out = said(project, words);
    out.lines().skip(1).filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

fn order(project: &Project, word: &str) -> Vec<String> {
    let text = fs::read_to_string(project.path("order")).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix(word)).map(|rest| rest.trim().to_owned()).collect()
}

#[track_caller]
fn wait_for_lines(project: &Project, word: &str, wanted: &[&str]) {
    let all = || wanted.iter().all(|line| order(project, word).iter().any(|seen| seen == line)).then_some(());
    assert!(wait::until(all).is_some(), "{word} {wanted:?}: {:?}", order(project, word));
}

#[track_caller]
fn assert_before(order: &[String], first: &str, second: &str) {
    let place = |name: &str| order.iter().position(|seen| seen == name).unwrap_or_else(|| panic!("{name}: {order:?}"));
    assert!(place(first) < place(second), "{first} before {second}: {order:?}");
}

/// Fails unless `why` says all of these words about a service.
#[track_caller]
fn assert_why(project: &Project, name: &str, wanted: &[&str]) {
    let why = said(project, &["why", name]);
    for words in wanted {
        assert!(why.contains(words), "`{words}` is missing: {why}");
    }
}

/// Waits until `why` says so about a service.
#[track_caller]
fn wait_for_why(project: &Project, name: &str, wanted: &str) {
    let seen = wait::until(|| said(project, &["why", name]).contains(wanted).then_some(()));
    assert!(seen.is_some(), "`{wanted}` does not come: {}", said(project, &["why", name]));
}
