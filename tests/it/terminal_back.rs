//! The terminal comes back as it was, however procdash ends: modes and settings are compared with those before.

use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::processes::{dashboard_below, wait_until_nothing_lives, wait_until_stopped};
use crate::support::project::Project;
use crate::support::terminal::{CTRL_C, ENTER, Screen, count};
use crate::support::wait;

const WEB: &str = "[processes]\nweb = \"setsid sleep 1000 & exec sleep 1000\"\n";

/// Starts procdash, lets `end` end it while it has the terminal, and compares; returns the code and what is left to see.
#[track_caller]
fn ended_by(end: impl FnOnce(&mut Screen)) -> (i32, String) {
    let project = Project::new(WEB);
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    screen.wait_for_state("web", "running");
    screen.wait_until_taken();
    end(&mut screen);
    let code = screen.exit_code();
    screen.assert_given_back();
    wait_until_nothing_lives(project.token());
    (code, screen.contents())
}

#[track_caller]
fn asked_to_end(signal: Signal) {
    for to in [Screen::pid, Screen::dashboard] {
        let (code, left) = ended_by(|screen| kill(to(screen), signal).unwrap());
        assert_eq!(code, 0, "{left}");
        assert!(left.contains("1 stopped · 0 survivors"), "{left}");
    }
}

/// Kills the dashboard; the warden has to do the rest, and to say so.
#[track_caller]
fn dies_of(signal: Signal) {
    let (code, left) = ended_by(|screen| {
        let dashboard = screen.dashboard();
        // the first SIGSEGV that is no fault of its own only makes a Rust program give up its handler
        assert!(wait::until(|| kill(dashboard, signal).err()).is_some(), "it lives on");
    });
    assert_eq!(code, 128 + signal as i32, "{left}");
    assert!(left.contains(&format!("procdash was killed by {signal}; everything it started is gone")), "{left}");
}

#[test]
fn after_a_quit() {
    for keys in [&["Q"][..], &["q", ENTER], &["Q", CTRL_C]] {
        let (code, left) = ended_by(|screen| {
            for key in keys {
                screen.keys(key);
            }
        });
        assert_eq!(code, 0, "{left}");
    }
}

#[test]
fn after_sigterm() {
    asked_to_end(Signal::SIGTERM);
}

#[test]
fn after_sighup() {
    asked_to_end(Signal::SIGHUP);
}

#[test]
fn after_sigint() {
    asked_to_end(Signal::SIGINT);
}

/// A panic on request is only in builds with debug assertions.
#[cfg(debug_assertions)]
#[test]
fn after_a_panic() {
    let project = Project::new(WEB);
    let mut command = project.procdash(&["up"]);
    command.env("PROCDASH_FAULT", "panic").env("RUST_BACKTRACE", "0");
    let mut screen = Screen::spawn_command(command, 100, 30);
    screen.wait_for_state("web", "running");
    screen.wait_until_taken();
    screen.signal(Signal::SIGUSR1);
    assert_eq!(screen.exit_code(), 1);
    screen.assert_given_back();
    wait_until_nothing_lives(project.token());
}

#[test]
fn after_a_file_with_a_problem_it_was_never_taken() {
    let project = Project::new("[processes.web]\ncomand = \"sleep 1000\"\n");
    let mut screen = Screen::spawn(&project, &["up"], 100, 30);
    assert_eq!(screen.exit_code(), 2);
    assert_eq!(count(&screen.raw(), b"\x1b[?"), 0);
    screen.assert_given_back();
}

#[test]
fn after_kill_9_of_the_dashboard() {
    dies_of(Signal::SIGKILL);
}

#[test]
fn after_sigabrt_of_the_dashboard() {
    dies_of(Signal::SIGABRT);
}

#[test]
fn after_sigsegv_of_the_dashboard() {
    dies_of(Signal::SIGSEGV);
}

#[test]
fn after_sigquit_of_the_process_that_the_shell_knows() {
    let (code, left) = ended_by(|screen| screen.signal(Signal::SIGQUIT));
    assert_eq!(code, 128 + 3, "{left}");
    assert!(left.contains("killed by SIGQUIT"), "{left}");
}

#[test]
fn after_kill_9_of_the_warden() {
    assert_eq!(ended_by(|screen| screen.signal(Signal::SIGKILL)).0, 128 + 9);
}

#[test]
fn after_kill_9_of_the_dashboard_in_the_middle_of_its_frames() {
    let project = Project::new("[processes]\nflood = \"while :; do seq 1 5000; done\"\n");
    for _ in 0..5 {
        let mut screen = Screen::spawn(&project, &["up"], 200, 60);
        screen.wait_for_state("flood", "running");
        kill(screen.dashboard(), Signal::SIGKILL).unwrap();
        assert_eq!(screen.exit_code(), 128 + 9);
        screen.assert_given_back();
        wait_until_nothing_lives(project.token());
    }
}

/// procdash as the job of an interactive shell, which shows when its job has stopped or ended, and continues it on request.
struct Job {
    project: Project,
    screen: Screen,
}

impl Job {
    /// Starts it in the foreground and waits until it has the terminal.
    fn start() -> Self {
        let job = Self::start_as("\"$@\"", WEB, &["up"]);
        job.screen.wait_for_state("web", "running");
        job.screen.wait_until_taken();
        job
    }

    /// Starts a shell that does `first`, in which `"$@"` is procdash, and then what it reads, and says how each has ended.
    fn start_as(first: &str, procfile: &str, arguments: &[&str]) -> Self {
        let project = Project::new(procfile);
        let procdash = project.procdash(arguments);
        let script = format!(
            "set -m\n{first}\necho \"back: $?\"\n\
             while read -r line; do\n  if [ \"$line\" = fg ]; then fg >/dev/null; else eval \"$line\"; fi\n  \
             echo \"back: $?\"\ndone\n"
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, "sh"]).arg(procdash.get_program()).args(procdash.get_args());
        shell.current_dir(project.folder());
        shell.envs(procdash.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let screen = Screen::spawn_command(shell, 100, 30);
        Self { project, screen }
    }

    /// Returns the warden: the shell's only child.
    #[track_caller]
    fn warden(&self) -> Pid {
        let shell = self.screen.pid();
        let children = || std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok();
        Pid::from_raw(wait::until(|| children()?.trim().parse().ok()).expect("the shell has one child"))
    }

    fn dashboard(&self) -> Pid {
        dashboard_below(self.warden().as_raw().unsigned_abs())
    }

    #[track_caller]
    fn wait_for_shell(&self, code: i32) {
        self.screen.wait_for(&format!("back: {code}"));
        self.screen.wait_until_given_back();
    }

    /// Ends procdash, and waits until the shell says so below procdash's last line: it has said the same of others before.
    #[track_caller]
    fn quit(&mut self) {
        self.screen.keys("Q");
        self.screen.wait_for("0 survivors\nback: 0");
        self.screen.wait_until_given_back();
    }

    /// Ends the shell, which must be reading.
    #[track_caller]
    fn end(mut self) {
        self.screen.keys("exit 0\n");
        assert_eq!(self.screen.exit_code(), 0);
        self.screen.assert_given_back();
        wait_until_nothing_lives(self.project.token());
    }
}

/// What a shell says of a job that SIGSTOP has stopped.
const STOPPED: i32 = 128 + 19;

#[test]
fn while_it_is_stopped_by_its_key_and_taken_again_after() {
    let mut job = Job::start();
    for _ in 0..3 {
        job.screen.keys("\x1a");
        job.wait_for_shell(STOPPED);
        wait_until_stopped(job.warden(), true);
        wait_until_stopped(job.dashboard(), true);
        job.screen.keys("clear\nfg\n");
        job.screen.wait_until_taken();
        job.screen.wait_for_state("web", "running");
    }
    job.quit();
    job.end();
}

#[test]
fn while_it_is_stopped_by_a_signal_to_whomever() {
    let group = |job: &Job| Pid::from_raw(-job.warden().as_raw());
    for to in [Job::warden, Job::dashboard, group] {
        let mut job = Job::start();
        kill(to(&job), Signal::SIGTSTP).unwrap();
        job.wait_for_shell(STOPPED);
        wait_until_stopped(job.warden(), true);
        job.screen.keys("clear\nfg\n");
        job.screen.wait_until_taken();
        job.screen.wait_for_state("web", "running");
        // a second stop, by the twin of the first, would come now
        job.quit();
        job.end();
    }
}

#[test]
fn in_the_background_it_waits_for_the_terminal_and_touches_nothing() {
    let mut job = Job::start_as("\"$@\" &", WEB, &["up"]);
    job.wait_for_shell(0);
    for _ in 0..2 {
        wait_until_stopped(job.dashboard(), true);
        wait_until_stopped(job.warden(), true);
        job.screen.wait_until_given_back();
        job.screen.keys("clear\nfg\n");
        job.screen.wait_until_taken();
        job.screen.wait_for_state("web", "running");
        job.screen.keys("\x1a");
        job.wait_for_shell(STOPPED);
        job.screen.keys("bg >/dev/null\n");
        job.screen.wait_for("back: 0");
    }
    wait_until_stopped(job.warden(), true);
    job.screen.keys("clear\nfg\n");
    job.screen.wait_until_taken();
    job.quit();
    job.end();
}

#[test]
fn what_a_shell_sets_for_itself_meanwhile_is_not_what_is_given_back() {
    let mut job = Job::start_as("stty -echo; \"$@\" &", WEB, &["up"]);
    job.screen.wait_for("back: 0");
    wait_until_stopped(job.dashboard(), true);
    job.screen.keys("stty echo\n");
    job.screen.wait_until_given_back();
    job.screen.keys("clear\nfg\n");
    job.screen.wait_until_taken();
    kill(job.dashboard(), Signal::SIGKILL).unwrap();
    job.wait_for_shell(128 + 9);
    job.end();
}

#[test]
fn after_a_stop_that_cannot_be_caught_it_is_taken_anew_and_given_back_at_the_end() {
    let group = |job: &Job| Pid::from_raw(-job.warden().as_raw());
    for to in [Job::warden, group] {
        let mut job = Job::start();
        let times_taken = count(&job.screen.raw(), b"\x1b[?1049h");
        kill(to(&job), Signal::SIGSTOP).unwrap();
        job.screen.wait_for(&format!("back: {STOPPED}"));
        // as a shell does that edits lines
        job.screen.keys("stty sane\n").wait_for("back: 0");
        job.screen.keys("fg\n");
        let taken_anew = || count(&job.screen.raw(), b"\x1b[?1049h") > times_taken;
        assert!(wait::until(|| taken_anew().then_some(())).is_some(), "{}", job.screen.contents());
        job.screen.wait_until_taken();
        job.screen.wait_for_state("web", "running");
        job.quit();
        job.end();
    }
}

#[test]
fn without_a_dashboard_the_keys_of_the_terminal_stop_and_end_it_once() {
    let service = "[processes]\nweb = \"trap 'sleep 0.3; echo tidied $((6 * 7)); exit 0' INT TERM; echo up $((6 * 7)); \
                   while :; do sleep 0.01; done\"\n";
    let mut job = Job::start_as("\"$@\"", service, &["up", "--no-tui"]);
    job.screen.wait_for("up 42");
    for _ in 0..2 {
        job.screen.keys("\x1a").wait_for(&format!("back: {STOPPED}"));
        wait_until_stopped(job.warden(), true);
        wait_until_stopped(job.dashboard(), true);
        job.screen.keys("clear\nfg\n");
        wait_until_stopped(job.dashboard(), false);
        wait_until_stopped(job.warden(), false);
        job.screen.wait_without(&format!("back: {STOPPED}"));
    }
    job.screen.keys(CTRL_C).wait_for("tidied 42");
    job.screen.wait_for("1 stopped · 0 survivors");
    job.wait_for_shell(0);
    job.end();
}

#[test]
fn when_it_is_killed_while_it_is_stopped() {
    for kill_which in [Job::warden, Job::dashboard] {
        let mut job = Job::start();
        job.screen.keys("\x1a");
        job.wait_for_shell(STOPPED);
        wait_until_stopped(job.warden(), true);
        kill(kill_which(&job), Signal::SIGKILL).unwrap();
        // the guards need nobody, nor does the dashboard without a warden
        let services = || crate::support::processes::services(job.project.token());
        let only_shell = || services().iter().all(|process| process.command.starts_with("sh -c"));
        assert!(wait::until(|| only_shell().then_some(())).is_some(), "{:?}", services());
        job.screen.keys("clear; fg\n");
        job.wait_for_shell(128 + 9);
        job.end();
    }
}

#[test]
fn when_a_shell_that_has_its_terminal_back_sees_its_job_killed() {
    let job = Job::start();
    kill(job.dashboard(), Signal::SIGKILL).unwrap();
    job.wait_for_shell(128 + 9);
    job.end();

    let mut job = Job::start();
    kill(job.warden(), Signal::SIGKILL).unwrap();
    job.screen.wait_until_given_back();
    // nobody holds the shell back: what it has said first may have gone with the dashboard's screen
    job.screen.keys("clear; echo here $((6 * 7))\n");
    job.screen.wait_for("here 42");
    job.end();
}
