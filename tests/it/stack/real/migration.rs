//! A migration that is killed, then fails, then is mended: whoever needs it waits for as long.

use serde_json::json;

use super::super::{assert_why, is, order, row, run, said, shoot, wait_for};
use super::{MIGRATION, Stack};

#[test]
fn whoever_needs_a_migration_of_a_real_database_waits_until_it_has_succeeded() {
    let Some(stack) = Stack::begin("select pg_sleep(100000);\n") else { return };
    let project = &stack.project;
    wait_for(project, "migrate", is("running"));
    for name in ["db", "cache"] {
        wait_for(project, name, is("ready"));
    }
    assert_eq!(wait_for(project, "api", is("blocked"))["blocked_on"], json!(["migrate"]));
    assert_why(project, "api", &["it waits for migrate to complete: migrate runs"]);
    stack.tell("migrate runs: api, web and worker wait");

    shoot(project, "migrate");
    assert_waits_for_a_person(&stack, "killed by SIGKILL");
    stack.tell("migrate killed: api, web and worker wait for a person");

    project.write("migrate.sql", b"insert into nowhere values (1);\n");
    let started = run(project, &["start", "migrate"]);
    assert!(started.code == 1 && started.out.contains("migrate: exited with code 3"), "{started:?}");
    assert_waits_for_a_person(&stack, "exited with code 3");
    let log = said(project, &["logs", "migrate"]);
    assert!(log.contains("relation \"nowhere\" does not exist"), "{log}");
    stack.tell("migrate failed: api, web and worker wait for a person");

    project.write("migrate.sql", MIGRATION.as_bytes());
    said(project, &["start", "web"]);
    stack.wait_until_ready(&["web", "worker", "api"]);
    assert_eq!(row(project, "migrate").unwrap()["run"], 3);
    assert_eq!(order(project, "refused "), [""; 0], "nobody was started before");
    stack.assert_works();
    stack.tell("migrate mended, web started: all are up");
    stack.down();
}

/// Fails unless all that need the migration wait for it, name it and how it ended, and need somebody to act.
#[track_caller]
fn assert_waits_for_a_person(stack: &Stack, end: &str) {
    let project = &stack.project;
    let row = wait_for(project, "migrate", is("crashed"));
    assert!(row["exit"].is_object(), "{row}");
    let root = format!("waits for migrate to complete: migrate crashed ({end})");
    assert_why(project, "migrate", &[&format!("{end} after "), "procdash restart migrate"]);
    for (name, through) in [("api", ""), ("worker", ""), ("web", "waits for api, which ")] {
        assert_eq!(wait_for(project, name, is("blocked"))["blocked_on"], json!(["migrate"]), "{name}");
        assert_why(project, name, &[&format!("it {through}{root}"), &format!("procdash start {name}")]);
        let waited = run(project, &["wait", name]);
        assert!(waited.code == 1 && waited.out.contains(&root), "{waited:?}");
    }
}
