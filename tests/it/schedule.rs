//! `schedule`: services that are started by the clock.

use crate::control::talk::{json, wait_for_state};
use crate::support::processes::services;
use crate::support::program::Program;
use crate::support::project::Project;
use crate::support::wait;
use crate::watch::{end, up, wait_for_reason};

/// Returns how often standard output of the service has this line.
fn lines(out: &str, line: &str) -> usize {
    out.lines().filter(|seen| seen.ends_with(line)).count()
}

#[test]
fn a_job_runs_at_once_and_then_again_and_again_until_it_is_stopped() {
    let project = Project::new(
        r#"
[processes]
other = "exec sleep 1000"
[processes.job]
command = "true"
oneshot = true
schedule = { every = "1s" }
"#,
    );
    let program = up(&project);
    program.wait_for("run 1 · ");
    program.wait_for("run 3 · ");
    assert_eq!(Program::run(project.procdash(&["stop", "job"])).code, 0);
    let stopped = wait_for_state(&project, "job", "stopped")["run"].as_u64().unwrap();
    program.wait_for("its schedule is off until it is started");
    assert!(!Program::run(project.procdash(&["why", "job"])).out.contains("next run"));
    // a start begins it anew
    assert_eq!(Program::run(project.procdash(&["start", "job"])).code, 0);
    program.wait_for(&format!("run {} · ", stopped + 2));
    end(&project, program);
}

#[test]
fn a_line_of_cron_waits_for_its_time_and_keeps_the_project_up() {
    let project = Project::new(
        "[processes.job]\ncommand = \"printf 'it %s\\\\n' ran\"\noneshot = true\nschedule = { cron = \"0 0 29 2 *\" }\n",
    );
    let mut program = up(&project);
    wait_for_reason(&project, "job", "next run in ");
    assert!(wait_for_state(&project, "job", "stopped")["next_start_ms"].is_u64());
    assert!(!program.has_ended());
    // by hand it runs all the same
    assert_eq!(Program::run(project.procdash(&["start", "job"])).code, 0);
    program.wait_for("it ran");
    wait_for_state(&project, "job", "done");
    wait_for_reason(&project, "job", "next run in ");
    // a stop takes its time away, and then nothing is left that could happen
    assert_eq!(Program::run(project.procdash(&["stop", "job"])).code, 0);
    assert_eq!(program.finish().code, 0);
}

/// A job that takes two seconds and is due every second, and its project.
fn overlapping(overlap: &str) -> (Project, Program) {
    let project = Project::new(&format!(
        "[processes.job]\ncommand = \"printf 'be%s\\\\n' gins; sleep 2; printf 'en%s\\\\n' ds\"\noneshot = true\n\
         schedule = {{ every = \"1s\", overlap = \"{overlap}\" }}\n"
    ));
    let program = up(&project);
    (project, program)
}

#[test]
fn a_time_at_which_the_job_still_runs_is_left_out() {
    let (project, program) = overlapping("skip");
    program.wait_for("the last run has not ended (overlap = \"skip\")");
    program.wait_for("run 3 · ");
    let out = end(&project, program);
    assert!(lines(&out, "ends") >= 2 && lines(&out, "begins") <= lines(&out, "ends") + 1, "{out}");
}

#[test]
fn a_job_that_is_due_while_it_runs_is_started_once_more_when_it_has_ended() {
    let (project, program) = overlapping("queue");
    program.wait_for("starts when the last run has ended (overlap = \"queue\")");
    program.wait_for("run 3 · ");
    let out = end(&project, program);
    assert!(lines(&out, "ends") >= 2 && lines(&out, "begins") <= lines(&out, "ends") + 1, "{out}");
}

#[test]
fn a_job_that_is_due_while_it_runs_may_be_stopped_for_its_next_run() {
    let (project, program) = overlapping("kill");
    program.wait_for("the last run is stopped (overlap = \"kill\")");
    program.wait_for("run 3 · ");
    // the shell and what it sleeps with, of one run
    let one = wait::until(|| (services(project.token()).len() <= 2).then_some(()));
    assert!(one.is_some(), "{:?}", services(project.token()));
    let out = end(&project, program);
    assert_eq!(lines(&out, "ends"), 0, "{out}");
}

#[test]
fn a_job_does_not_start_what_a_person_has_stopped() {
    let project = Project::new(
        r#"
[processes]
db = "exec sleep 1000"
[processes.job]
command = "printf 'it %s\\n' ran"
oneshot = true
depends_on = ["db"]
schedule = { every = "1s" }
"#,
    );
    let program = up(&project);
    program.wait_for("it ran");
    wait_for_state(&project, "job", "done");
    assert_eq!(Program::run(project.procdash(&["stop", "db"])).code, 0);
    program.wait_for("it needs db, which was stopped");
    assert_eq!(wait_for_state(&project, "db", "stopped")["run"], 1);
    assert!(json(&project, &["ps", "--json"])["services"].is_array());
    end(&project, program);
}
