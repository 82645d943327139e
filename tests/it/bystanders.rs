//! Processes that look like a service, in every way that can be had from outside, outlive whatever is done to it.

use std::process::{Child, Command, Stdio};

use crate::support::processes::{assert_no_service_lives, services, wait_for_services};
use crate::support::project::Project;
use crate::support::terminal::Screen;

const SERVICE: &str = r#"
[processes.web]
command = ["sh", "web.sh"]
"#;

const SCRIPT: &str = "exec sleep 1000";

/// A process that must not outlive its test.
struct Double(Child);

impl Drop for Double {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// Starts a process with the service's own command line, in its folder, with these variables.
fn double(project: &Project, variables: &[(&str, &str)]) -> Double {
    let mut command = Command::new("sleep");
    command.arg("1000").current_dir(project.folder()).stdin(Stdio::null()).stdout(Stdio::null());
    Double(command.env_remove("PROCDASH_IT").envs(variables.iter().copied()).spawn().unwrap())
}

#[test]
fn doubles_of_a_service_outlive_its_restart_its_kill_its_stop_and_the_end_of_all() {
    let project = Project::new(SERVICE);
    project.write("web.sh", SCRIPT.as_bytes());
    let name = project.folder().file_name().unwrap().to_str().unwrap().to_owned();
    let marks = [("PROCDASH_SERVICE", "web"), ("PROCDASH_PROJECT", &*name), ("PROCDASH_RUN_ID", "1-1")];
    let mut doubles = vec![double(&project, &[]), double(&project, &marks)];
    let mut screen = Screen::spawn(&project, &["up"], 120, 30);
    screen.wait_for_state("web", "running");
    // a third one with what the service itself was given, but for the mark of the run
    let marks = [("PROCDASH_SERVICE", "web"), ("PROCDASH_PROJECT", &*name), ("PROCDASH_RUN_ID", "2-2")];
    doubles.push(double(&project, &marks));
    wait_for_services(project.token(), 1);
    let first = services(project.token())[0].pid;

    screen.keys("r").wait_for("restarted");
    screen.wait_for_state("web", "running");
    assert_ne!(services(project.token())[0].pid, first);
    screen.keys("X").wait_for_state("web", "stopped");
    screen.keys("s").wait_for_state("web", "running");
    screen.keys("x").wait_for_state("web", "stopped");
    screen.keys("s").wait_for_state("web", "running");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    assert_no_service_lives(project.token());

    for double in &mut doubles {
        assert!(double.0.try_wait().unwrap().is_none(), "somebody has ended it");
    }
}
