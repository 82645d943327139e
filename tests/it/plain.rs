//! `procdash up --no-tui`: lines with a name before them, and exit codes.

use nix::sys::signal::Signal;

use crate::support::processes::{assert_no_service_lives, wait_for_services, wait_until_nothing_lives};
use crate::support::program::Program;
use crate::support::project::Project;

#[test]
fn every_line_has_its_service_before_it_and_no_escape_sequence() {
    let project = Project::new(
        r#"
[processes]
web = "printf '\\033[31mred\\033[0m \\033]0;title\\007plain\\n'; exec sleep 1000"
api = "echo api says $((6 * 7)); exec sleep 1000"
"#,
    );
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("red plain");
    program.wait_for("api says 42");
    program.signal(Signal::SIGTERM);
    let ended = program.finish();

    assert!(!ended.out.contains('\u{1b}') && !ended.out.contains('\u{7}'), "{:?}", ended.out);
    let line = |text: &str| ended.out.lines().find(|line| line.contains(text)).unwrap().to_owned();
    assert!(line("red plain").trim_start().starts_with("web"), "{}", ended.out);
    assert!(line("api says 42").trim_start().starts_with("api"), "{}", ended.out);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_no_service_lives(project.token());
}

#[test]
fn sigterm_stops_everything_and_the_last_line_says_so() {
    let project = Project::new("[processes]\na = \"sleep 1000\"\nb = \"sleep 1000\"\nc = \"sleep 1000\"\n");
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    wait_for_services(project.token(), 3);
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert!(format!("{}{}", ended.out, ended.err).contains("3 stopped · 0 survivors"), "{ended:?}");
    assert_eq!(ended.code, 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn the_last_words_before_a_crash_are_not_lost() {
    let project =
        Project::new("[processes]\nweb = \"seq 1 20000; printf 'end %s' $((6 * 7)); exit 3\"\nb = \"sleep 1000\"\n");
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("end 42");
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    let numbers: Vec<u32> = ended.out.lines().filter_map(|line| line.strip_prefix("web | ")?.parse().ok()).collect();
    assert!(numbers.iter().copied().eq(1..=20_000), "only {} lines of 20000, or in another order", numbers.len());
}

#[test]
fn the_service_whose_end_ends_all_decides_the_exit_code() {
    let project = Project::new(
        r#"
[processes.tests]
command = "echo testing; exit 5"
on_exit = "stop-all"

[processes.db]
command = "sleep 1000"
"#,
    );
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert_eq!(ended.code, 5, "{ended:?}");
    wait_until_nothing_lives(project.token());
}

#[test]
fn it_ends_by_itself_when_nothing_runs_any_more() {
    let project = Project::new("[processes.build]\ncommand = \"echo built $((6 * 7))\"\noneshot = true\n");
    let ended = Program::run(project.procdash(&["up", "--no-tui"]));
    assert!(ended.out.contains("built 42"), "{ended:?}");
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn a_failed_service_makes_the_exit_code_one() {
    let project = Project::new("[processes]\nweb = \"echo about to fail; exit 3\"\ndb = \"sleep 1000\"\n");
    let program = Program::start(project.procdash(&["up", "--no-tui"]));
    program.wait_for("code 3");
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert_eq!(ended.code, 1, "{ended:?}");
}

#[test]
fn only_the_named_services_start() {
    let project = Project::new(
        "[processes]\nweb = \"echo web $((6 * 7)); sleep 1000\"\ndb = \"echo db $((6 * 7)); sleep 1000\"\n",
    );
    let program = Program::start(project.procdash(&["up", "--no-tui", "db"]));
    program.wait_for("db 42");
    program.signal(Signal::SIGTERM);
    let ended = program.finish();
    assert!(!ended.out.contains("web 42"), "{ended:?}");
}

#[test]
fn an_unknown_name_is_refused_before_anything_starts() {
    let project = Project::new("[processes]\nweb = \"sleep 1000\"\n");
    let ended = Program::run(project.procdash(&["up", "--no-tui", "wbe"]));
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("wbe"), "{ended:?}");
    assert_no_service_lives(project.token());
}
