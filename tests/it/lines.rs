//! Errors, runs, JSON, traces and links of a log, on a real terminal.

use crate::support::processes;
use crate::support::project::Project;
use crate::support::terminal::Screen;

/// Prints links, then waits; a browser that stays, and prints what nobody wants to see.
const LINKS: &str = r"
[processes]
web = '''printf 'listening on http://localhost:%s/x\n' 5173; printf 'src/main.rs:%s:3: oh\n' 12; exec sleep 1000'''
";
const BROWSER: &[u8] =
    b"#!/bin/sh\necho noise; echo noise >&2\nprintf %s \"$1\" >address\necho $$ >browser\nexec sleep 1000\n";

#[test]
fn a_link_is_opened_by_its_letter_and_the_browser_outlives_the_dashboard() {
    let project = Project::new(LINKS);
    project.write("browse", BROWSER);
    let mut command = project.procdash(&["up"]);
    command.env("BROWSER", format!("sh {} %s", project.path("browse").display()));
    let mut screen = Screen::spawn_command(command, 100, 24);
    screen.wait_for("main.rs:12:3");
    screen.keys("os").wait_for("opening http://localhost:5173/x");
    let browser = project.wait_for_number("browser");
    assert_eq!(std::fs::read_to_string(project.path("address")).unwrap(), "http://localhost:5173/x");
    screen.keys("oa").wait_for("copied src/main.rs:12:3");
    let copied = b"\x1b]52;c;c3JjL21haW4ucnM6MTI6Mw==\x07";
    assert!(screen.raw().windows(copied.len()).any(|bytes| bytes == copied));
    assert!(!screen.contents().contains("noise"));
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    let left: Vec<u32> = processes::alive(project.token()).iter().map(|found| found.pid.unsigned_abs()).collect();
    assert_eq!(left, [browser], "it is the user's, not a service's");
}

/// Two runs, a trace and lines of JSON in each.
const RUNS: &str = r#"
[processes.api]
command = '''
i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "INFO line $i, 0 errors"; done
printf '%s\n' '{"level":"error","msg":"payment refused","id":1.50}'
printf 'TypeError: x\n    at one (/a.js:1:2)\n    at two (/a.js:1:2)\n    at three (/a.js:1:2)\n'
i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "INFO later $i"; done
[ -e again ] && echo second $((6 * 7)) && exec sleep 1000; touch again; exit 3
'''
restart = "on-failure"
restart_delay = "100ms"
"#;

#[test]
fn errors_and_runs_are_gone_to_and_lines_are_shown_as_asked() {
    let project = Project::new(RUNS);
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("second 42");
    screen.keys("z").wait_for("following");
    screen.keys("e").wait_for("errors and warnings  4 of 4");
    screen.keys("e").wait_for("3 of 4");
    screen.keys("J").wait_for("ERROR payment refused id=1.50");
    screen.keys("F").wait_for("3 lines folded");
    screen.keys("\r").wait_for("\"id\": 1.50");
    screen.keys("\x1b[D").wait_for("line 42");
    screen.keys("\x1b").wait_without("line 42");
    screen.keys("\x1b").wait_without("errors and warnings");
    screen.keys("G[").wait_for("run 2 · ");
    screen.wait_for("line 1, 0 errors");
    screen.keys("[").wait_for("run 1 · ");
    screen.keys("LL").wait_for("+0:00.");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

/// Prints a text that is a link; a part of it is computed, so that the command itself does not have it.
const HYPERLINK: &str = r"
[processes]
web = '''printf 'see \033]8;;https://docs.test/%s\033\\the manual\033]8;;\033\\ now %s\n' 7 42; exec sleep 1000'''
";

#[test]
fn text_that_a_service_has_made_a_link_is_offered_and_nothing_else_of_it_gets_out() {
    let project = Project::new(HYPERLINK);
    let mut screen = Screen::spawn(&project, &["up"], 100, 24);
    screen.wait_for("see the manual now 42");
    screen.keys("oA").wait_for("copied https://docs.test/7");
    screen.keys("0").wait_without("copied");
    screen.wait_for("see the manual now 42");
    screen.keys("oA").wait_for("copied https://docs.test/7");
    assert!(!screen.raw().windows(4).any(|bytes| bytes == b"\x1b]8;"));
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}
