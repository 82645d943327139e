//! Up by one command, each killed in turn with what must follow, down by one command.

use serde_json::json;

use super::super::{assert_why, is, order, row, run, said, shoot, wait_for, wait_for_why};
use super::{MIGRATION, Stack, shared_memory, wait_for_next};

#[test]
fn a_stack_of_real_programs_comes_up_in_order_survives_each_of_them_killed_and_goes_down_in_reverse() {
    let Some(stack) = Stack::begin(MIGRATION) else { return };
    stack.wait_until_ready(&["web", "worker"]);
    stack.tell("up: web and worker are ready");
    stack.assert_came_up_in_order();
    stack.assert_works();
    stack.tell("a page through web has the row of the migration");

    worker_is_killed(&stack);
    web_is_killed(&stack);
    api_is_killed_and_web_while_it_is_away(&stack);
    api_is_not_well(&stack);
    cache_is_killed(&stack);
    db_is_killed(&stack);

    for name in ["init", "migrate"] {
        let row = row(&stack.project, name).unwrap();
        assert_eq!((&row["run"], &row["state"]), (&json!(1), &json!("done")), "what is done is not done again");
    }
    stack.down();
}

const KILLED_ONCE: &str = "it was restarted by itself once in a row; last time it was killed by SIGKILL";

/// Comes again by itself, and alone.
fn worker_is_killed(stack: &Stack) {
    let others = stack.main_processes(&["web", "api", "db", "cache"]);
    let run = shoot(&stack.project, "worker");
    wait_for_next(&stack.project, "worker", run, "ready");
    assert_why(&stack.project, "worker", &[KILLED_ONCE]);
    assert_eq!(stack.main_processes(&["web", "api", "db", "cache"]), others);
    stack.assert_works();
    stack.tell("worker killed: restarted alone");
}

/// Comes again by itself, and alone.
fn web_is_killed(stack: &Stack) {
    let others = stack.main_processes(&["api", "worker", "db", "cache"]);
    let run = shoot(&stack.project, "web");
    wait_for_next(&stack.project, "web", run, "ready");
    assert_why(&stack.project, "web", &[KILLED_ONCE]);
    assert_eq!(stack.main_processes(&["api", "worker", "db", "cache"]), others);
    stack.assert_works();
    stack.tell("web killed: restarted alone");
}

/// It comes again by itself, slowly. Whoever needs it stays; once that one is killed, too, it waits.
fn api_is_killed_and_web_while_it_is_away(stack: &Stack) {
    let project = &stack.project;
    let (web, below) = (stack.main_processes(&["web"]), stack.main_processes(&["worker", "db", "cache"]));
    stack.hold("api");
    let run = shoot(project, "api");
    wait_for_next(project, "api", run, "starting");
    let port = row(project, "api").unwrap()["port"]["given"].clone();
    let refused = format!("GET http://127.0.0.1:{port}/orders: connection refused");
    wait_for_why(project, "api", &refused);
    assert_why(project, "api", &["not ready for "]);
    assert_eq!(stack.get("/orders").unwrap().0, 502, "web says that nobody is behind it");
    assert_eq!(stack.main_processes(&["web"]), web, "who needs it is left alone");
    stack.tell("api killed: restarted, not ready yet; web stays and answers 502");

    let run = shoot(project, "web");
    assert_eq!(wait_for(project, "web", is("blocked"))["blocked_on"], json!(["api"]));
    let waits = "it waits for api to be ready: api is starting (its last probe: ";
    assert_why(project, "web", &[waits, &refused, "before that it was killed by SIGKILL"]);
    stack.tell("web killed while api is away: blocked on api");

    let refusals = order(project, "refused ");
    stack.let_go("api");
    stack.wait_until_ready(&["api", "web"]);
    assert_eq!(row(project, "web").unwrap()["run"], run + 1, "it was not tried before");
    assert_eq!(order(project, "refused "), refusals);
    assert_why(project, "api", &[KILLED_ONCE]);
    assert_eq!(stack.main_processes(&["worker", "db", "cache"]), below);
    stack.assert_works();
    stack.tell("api is ready: web follows by itself");
}

/// Is killed by procdash, and comes again by itself.
fn api_is_not_well(stack: &Stack) {
    let others = stack.main_processes(&["web", "worker", "db", "cache"]);
    let run = row(&stack.project, "api").unwrap()["run"].as_u64().unwrap();
    assert_eq!(stack.get("/break").unwrap().0, 503);
    wait_for_next(&stack.project, "api", run, "ready");
    let unhealthy = ["last time it became unhealthy: GET http://127.0.0.1:", "/health: 503 Service Unavailable"];
    assert_why(&stack.project, "api", &unhealthy);
    assert_eq!(stack.main_processes(&["web", "worker", "db", "cache"]), others);
    stack.assert_works();
    stack.tell("api answers its health probe with 503: killed and restarted alone");
}

/// Stays down, since nothing says otherwise. Who can do without it stays; the one that ends waits for a person.
fn cache_is_killed(stack: &Stack) {
    let project = &stack.project;
    let others = stack.main_processes(&["web", "api", "db"]);
    shoot(project, "cache");
    wait_for(project, "cache", is("crashed"));
    assert_why(project, "cache", &["it was killed by SIGKILL", "(restart = \"no\")", "procdash restart cache"]);
    assert_eq!(wait_for(project, "worker", is("blocked"))["blocked_on"], json!(["cache"]));
    let waits = "waits for cache to be ready: cache crashed (killed by SIGKILL)";
    assert_why(project, "worker", &[waits, "procdash start worker", "before that it exited with code "]);
    stack.wait_for_orders(200, |orders| orders["what"] == "a teapot" && orders["jobs"].is_null());
    assert_eq!(stack.main_processes(&["web", "api", "db"]), others);
    let waited = run(project, &["wait", "worker"]);
    assert!(waited.code == 1 && waited.out.contains(waits), "it will not come by itself: {waited:?}");
    stack.tell("cache killed: stays down; worker ended, and is blocked on cache; web and api stay");

    said(project, &["start", "worker"]);
    wait_for(project, "cache", is("ready"));
    assert_eq!(stack.main_processes(&["web", "api", "db"]), others);
    stack.assert_works();
    stack.tell("worker started: brings cache with it");
}

/// Comes again by itself, slowly. Who can do without it stays; the one that ends waits, and follows by itself.
fn db_is_killed(stack: &Stack) {
    let project = &stack.project;
    let others = stack.main_processes(&["web", "api", "cache"]);
    let memory = shared_memory::of(project);
    stack.hold("db");
    let run = shoot(project, "db");
    wait_for_next(project, "db", run, "starting");
    wait_for_why(project, "db", "not ready for ");
    assert_eq!(wait_for(project, "worker", is("blocked"))["blocked_on"], json!(["db"]));
    let waits = "it waits for db to be ready: db is starting";
    assert_why(project, "worker", &[waits, "before that it exited with code "]);
    stack.wait_for_orders(503, |orders| orders["what"].is_null());
    assert_eq!(stack.main_processes(&["web", "api", "cache"]), others);
    stack.tell("db killed: restarted, not ready yet; worker ended, and is blocked on db; web and api stay, answer 503");

    let refusals = order(project, "refused ");
    stack.let_go("db");
    stack.wait_until_ready(&["db", "worker"]);
    assert_eq!(order(project, "refused "), refusals);
    assert_why(project, "db", &[KILLED_ONCE]);
    assert_eq!(stack.main_processes(&["web", "api", "cache"]), others);
    stack.assert_works();
    memory.assert_gone();
    stack.tell("db is ready: worker follows by itself");
}
