//! `procdash check`, and what every command says about a file it cannot use.

use crate::support::processes::assert_no_service_lives;
use crate::support::program::Program;
use crate::support::project::Project;

const WRONG: &str = r#"
[processes.web]
comand = "sleep 1000"

[processes.api]
command = "sleep 1000"
stop_signal = "SIGNOPE"
stop_grace_period = "5 parsecs"
"#;

#[test]
fn a_good_file_is_good() {
    let project = Project::new("[processes]\nweb = \"sleep 1000\"\n");
    let checked = Program::run(project.procdash(&["check"]));
    assert_eq!(checked.code, 0, "{checked:?}");
}

#[test]
fn every_problem_is_named_at_once_with_its_place_and_its_line() {
    let project = Project::new(WRONG);
    let checked = Program::run(project.procdash(&["check"]));
    let said = format!("{}{}", checked.out, checked.err);
    assert_eq!(checked.code, 2, "{said}");
    for needle in ["procfile.toml", "3:1", "comand", "command", "7:15", "SIGNOPE", "8:21", "5 parsecs"] {
        assert!(said.contains(needle), "no `{needle}` in\n{said}");
    }
}

#[test]
fn nothing_is_started_from_a_file_with_a_problem() {
    let project = Project::new(WRONG);
    let ran = Program::run(project.procdash(&["up", "--no-tui"]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("comand"), "{ran:?}");
    assert_no_service_lives(project.token());
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_the_line() {
    let project = Project::new("[processes\nweb = 1\n");
    let checked = Program::run(project.procdash(&["check"]));
    assert_eq!(checked.code, 2, "{checked:?}");
    assert!(format!("{}{}", checked.out, checked.err).contains("procfile.toml:1:"), "{checked:?}");
}

#[test]
fn a_missing_file_is_refused_by_its_name() {
    let project = Project::empty();
    let ran = Program::run(project.procdash(&["up", "--no-tui", "-f", "nowhere.toml"]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("nowhere.toml"), "{ran:?}");
}

#[test]
fn a_file_is_found_from_a_folder_below() {
    let project = Project::new("[processes]\nweb = \"sleep 1000\"\n");
    let below = project.path("deep/down");
    std::fs::create_dir_all(&below).unwrap();
    let mut command = project.procdash(&["check"]);
    command.current_dir(below);
    let checked = Program::run(command);
    assert_eq!(checked.code, 0, "{checked:?}");
}

#[test]
fn an_unknown_option_is_a_matter_of_usage() {
    let project = Project::new("[processes]\nweb = \"sleep 1000\"\n");
    assert_eq!(Program::run(project.procdash(&["--nonsense"])).code, 2);
}
