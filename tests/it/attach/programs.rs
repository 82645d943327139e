//! More programs that only a terminal can show, driven by keys through the dashboard.

use super::{ATTACHED, DETACH, attached, has, project, quit};
use crate::support::project::Project;
use crate::support::terminal::{ENTER, ESC, Screen};

#[test]
fn a_dashboard_within_a_dashboard_can_be_used() {
    let project = Project::new("[processes.outer]\ncommand = [\"sh\", \"service\"]\n");
    let inner =
        "[processes]\nfirst = 'exec sleep 1000'\nsecond = 'echo from the $((40 + 2)) inside; exec sleep 1000'\n";
    let service = format!(
        "mkdir -p inner; cd inner; cp ../inner.toml procfile.toml; exec {} up\n",
        env!("CARGO_BIN_EXE_procdash")
    );
    project.write("inner.toml", inner.as_bytes()).write("service", service.as_bytes());
    let mut screen = Screen::spawn(&project, &["up"], 180, 40);
    screen.wait_for_state("outer", "running");
    screen.wait_for("second");
    screen.keys("a").wait_for(ATTACHED);
    screen.keys("j").wait_for("from the 42 inside");
    screen.resize(160, 36).wait_for("from the 42 inside");
    screen.keys("Q").wait_for("its run has ended; the keyboard is yours again");
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
    screen.assert_given_back();
}

#[test]
fn a_password_that_bash_reads_is_not_shown() {
    if !has("bash") {
        return;
    }
    let script = "exec bash -c 'read -r -p \"name? \" n; read -r -s -p \"secret? \" s; echo; echo \"$n: ${#s} letters\"; sleep 1000'\n";
    let project = project(script);
    let mut screen = attached(&project);
    screen.wait_for("name?");
    screen.keys("eve").keys(ENTER).wait_for("secret?");
    screen.keys("s3cr3t").keys(ENTER).wait_for("eve: 6 letters");
    assert!(!screen.contents().contains("s3cr3t"));
    quit(screen);
}

#[test]
fn node_can_be_talked_to() {
    if !has("node") {
        return;
    }
    let project = project("NODE_REPL_HISTORY= exec node -i\n");
    let mut screen = attached(&project);
    screen.wait_for("> ");
    screen.keys("[40 + 2, 'x'].join('-')").keys(ENTER).wait_for("'42-x'");
    screen.keys("\x1b[A\x1b[A").keys("\x03").keys(".exit").keys(ENTER).wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn top_redraws_itself_and_obeys() {
    if !has("top") {
        return;
    }
    let project = project("exec top -d 1\n");
    let mut screen = attached(&project);
    screen.wait_for("load average");
    screen.keys("h").wait_for("Help for");
    screen.keys(ESC).wait_for("load average");
    screen.resize(140, 24).wait_for("load average");
    quit(screen);
}

#[test]
fn fzf_filters_and_gives_the_choice() {
    if !has("fzf") {
        return;
    }
    let project = project("printf 'apple\\nbanana\\ncherry\\n' | fzf | sed 's/^/chosen: /'; exec sleep 1000\n");
    let mut screen = attached(&project);
    screen.wait_for("banana");
    screen.keys("nan").wait_without("cherry");
    screen.keys(ENTER).wait_for("chosen: banana");
    screen.keys(DETACH).wait_without(ATTACHED);
    screen.keys("Q");
    assert_eq!(screen.exit_code(), 0);
}
