//! `procdash up` on a terminal: what is shown of services that run, crash and cannot be started.

use std::fmt::Write as _;

use crate::support::processes::{wait_for_services, wait_until_nothing_lives};
use crate::support::project::Project;
use crate::support::terminal::Screen;

#[test]
fn the_list_shows_every_service_with_its_state_and_the_log_of_the_chosen_one() {
    let project = Project::new(
        r#"
[processes.web]
command = "echo hello $((6 * 7)); exec sleep 1000"

[processes.migrate]
command = "true"
oneshot = true

[processes.docs]
command = "exec sleep 1000"
autostart = false
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "running");
    screen.wait_for_state("migrate", "done");
    screen.wait_for_state("docs", "stopped");
    screen.wait_for("hello 42");

    screen.keys("jj").wait_without("hello 42");
    screen.keys("s").wait_for_state("docs", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_crash_is_shown_with_its_code_and_r_starts_it_again() {
    let project = Project::new(
        r#"
[processes.web]
command = "if [ -e again ]; then echo try $((6 * 7)); exec sleep 1000; fi; touch again; echo first try; exit 7"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "crashed");
    screen.wait_for("code 7");
    screen.keys("r").wait_for_state("web", "running");
    screen.wait_for("try 42");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_service_that_crashes_again_and_again_ends_in_a_crash_loop_and_r_tries_once_more() {
    let project = Project::new(
        r#"
[processes.web]
command = "if [ -e fixed ]; then exec sleep 1000; fi; exit 1"
restart = "on-failure"
restart_delay = "20ms"
restart_delay_max = "40ms"
max_restarts = 2
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "crash-loop");
    project.write("fixed", b"");
    screen.keys("r").wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn a_missing_program_is_named_and_the_others_run() {
    let project = Project::new(
        r#"
[processes.broken]
command = ["no-such-program-anywhere", "--flag"]

[processes.web]
command = "exec sleep 1000"
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 140, 30);
    screen.wait_for_state("broken", "crashed");
    screen.wait_for_state("web", "running");
    screen.wait_for("no-such-program-anywhere");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn three_hundred_services_run_and_go() {
    let project = Project::new(&sleepers(300));
    let mut screen = Screen::spawn(&project, &["up"], 120, 40);
    wait_for_services(project.token(), 300);
    screen.wait_for("300 running");
    screen.keys("Q").wait_for("300 stopped · 0 survivors");
    assert_eq!(screen.exit_code(), 0);
    wait_until_nothing_lives(project.token());
}

#[test]
fn too_few_open_files_are_a_message_and_leave_nothing_behind() {
    let project = Project::new(&sleepers(200));
    let mut screen = Screen::spawn_command(project.procdash_with_few_files(256, &["up"]), 120, 40);
    wait_for_services(project.token(), 20);
    screen.wait_for("crashed");
    screen.keys("Q").wait_for("0 survivors");
    screen.exit_code();
    screen.assert_given_back();
    wait_until_nothing_lives(project.token());
}

#[test]
fn a_flood_in_one_service_keeps_the_keys_quick() {
    let project = Project::new(
        "[processes]\nflood = \"yes flood$((6 * 7))\"\nweb = \"echo quiet $((6 * 7)); exec sleep 1000\"\n",
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("flood42");
    screen.keys("j").wait_for("quiet 42");
    screen.keys("k").wait_for("flood42");
    screen.keys("X").wait_for_state("flood", "stopped");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn every_byte_that_is_no_text_is_survived_and_the_next_line_is_shown() {
    let project = Project::new("[processes]\nweb = \"cat bytes; echo; echo after $((6 * 7)); exec sleep 1000\"\n");
    project.write("bytes", &(0..=u8::MAX).chain([0xff, 0xfe, 0xc3, 0x28]).collect::<Vec<u8>>());
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for("after 42");
    screen.wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

fn sleepers(number: usize) -> String {
    (0..number).fold(String::from("[processes]\n"), |mut text, place| {
        writeln!(text, "s{place:03} = [\"sleep\", \"1000\"]").unwrap();
        text
    })
}

#[test]
fn start_all_starts_what_is_stopped_and_leaves_what_is_done_alone() {
    let project = Project::new(
        r#"
[processes]
web = "exec sleep 1000"
migrate = { command = "echo ran >> runs", oneshot = true }
"#,
    );
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("migrate", "done");
    screen.wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.keys("U").wait_for_state("web", "running");
    screen.wait_for_state("migrate", "done");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    assert_eq!(std::fs::read_to_string(project.path("runs")).unwrap(), "ran\n");
}
