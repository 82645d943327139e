//! A temporary project with the program under test on a terminal, its service standing, and everybody known.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cases::{self, Needs};
use crate::endings::{self, Ending};
use crate::isolate::Isolation;
use crate::oracle::{Cast, Oracle, Process};
use crate::run::{Outcome, Run, Service, Tool, Verdict};
use crate::screen::Screen;

/// How long the structure of a case may take to stand, and how long a request may take to be over.
const STANDING: Duration = Duration::from_secs(25);
const OVER: Duration = Duration::from_secs(25);

/// How long mprocs gets; its own patience with a service is ten seconds.
const OVER_FOR_MPROCS: Duration = Duration::from_secs(12);

/// How long a guard may live on after its service.
const GUARDS: Duration = Duration::from_secs(2);

/// The words for a run that is over.
const OVER_WORDS: &[&str] = &["stopped", "done", "exited", "crashed", "crash-loop"];

/// What a wait for the end of a run has seen.
pub(crate) enum Look {
    /// This word.
    Over(&'static str),
    /// The program says that something cannot be ended.
    Stuck,
    /// Nothing of that.
    Never,
}

/// The stage of one run.
pub(crate) struct Stage {
    run: Run,
    screen: Screen,
    oracle: Oracle,
    ready: PathBuf,
}

/// Plays one run in `folder`, which is empty.
pub(crate) fn play(run: &Run, folder: &Path, token: &str) -> Outcome {
    if let Some(why) = run.ending.skipped() {
        return Outcome::new(Verdict::Skipped, Duration::ZERO, why);
    }
    match Stage::set(run, folder, token) {
        Ok(mut stage) => {
            let outcome = endings::act(&mut stage, run.ending);
            stage.close(outcome)
        }
        Err(outcome) => outcome,
    }
}

impl Stage {
    /// Starts everything and waits until the structure of the case stands.
    fn set(run: &Run, folder: &Path, token: &str) -> Result<Self, Outcome> {
        let ready = folder.join("ready");
        let wrong = |error: std::io::Error| Outcome::void(format!("cannot set the stage: {error}"));
        write_project(run, folder, token, &ready).map_err(wrong)?;
        give(folder, run.user).map_err(wrong)?;
        let oracle = Oracle::new(run.tool.program().clone(), token.to_owned(), run.isolation);
        let screen = Screen::start(command(run, folder, token), run.user).map_err(wrong)?;
        let mut stage = Self { run: run.clone(), screen, oracle, ready };
        stage.wait_until_it_stands()?;
        Ok(stage)
    }

    fn wait_until_it_stands(&mut self) -> Result<(), Outcome> {
        let ready = self.ready.clone();
        let said = self.screen.until(STANDING, |screen| match fs::read_to_string(&ready) {
            Ok(said) => Some(Some(said)),
            Err(_not_yet) => screen.exit().map(|_ended| None),
        });
        let Some(Some(said)) = said else {
            return Err(Outcome::void(format!("not ready: {}", self.picture())));
        };
        let alive = match said.trim().split_once(' ') {
            Some(("skip", why)) => return Err(Outcome::new(Verdict::Skipped, Duration::ZERO, why)),
            Some(("alive", count)) => count.parse().unwrap_or(1),
            _ => 1,
        };
        if matches!(self.run.service, Service::Script(_)) {
            // some of them say so before it is quite true
            let a_moment = Instant::now();
            self.screen.until(Duration::from_secs(1), |_| (a_moment.elapsed().as_millis() > 300).then_some(()));
        }
        let oracle = &self.oracle;
        let there = self.screen.until(Duration::from_secs(8), |_| (oracle.met() >= alive).then_some(()));
        if there.is_none() {
            return Err(Outcome::void(format!("{} of {alive} alive: {}", self.services().len(), self.picture())));
        }
        self.wait_until_shown();
        Ok(())
    }

    /// Waits until the screen has caught up: a word of before the start would be taken for one of after the end.
    fn wait_until_shown(&mut self) {
        let shown = |screen: &mut Screen| match screen.word_after("case", OVER_WORDS) {
            Some("stopped") => None,
            Some(_) => Some(()),
            None if screen.contents().contains(" UP ") => Some(()),
            None => screen.word_after("case", &["running", "stopping", "stuck"]).map(drop),
        };
        self.screen.until(Duration::from_secs(5), shown);
    }

    /// Finds the main process: the oldest of the guard's children; of a daemon, what its command has left.
    pub(crate) fn main(&self) -> Option<i32> {
        let parents = match self.run.tool {
            Tool::Procdash(_) => self.cast().guards,
            Tool::Mprocs(_) => vec![self.top()],
        };
        let mut children: Vec<i32> = self
            .oracle
            .look()
            .iter()
            .filter(|process| !process.is_program && parents.contains(&process.parent))
            .map(|process| process.pid)
            .collect();
        children.sort_unstable();
        children.first().copied()
    }

    pub(crate) fn tool(&self) -> &Tool {
        &self.run.tool
    }

    pub(crate) fn top(&self) -> i32 {
        self.screen.pid()
    }

    pub(crate) fn cast(&self) -> Cast {
        self.oracle.cast(self.top())
    }

    pub(crate) fn services(&self) -> Vec<Process> {
        self.oracle.services()
    }

    pub(crate) fn keys(&mut self, typed: &str) {
        self.screen.keys(typed);
    }

    pub(crate) fn hang_up(&mut self) {
        self.screen.hang_up();
    }

    /// Returns the screen in one line.
    pub(crate) fn picture(&self) -> String {
        let contents = self.screen.contents();
        let lines: Vec<&str> =
            contents.lines().map(str::trim).filter(|line| line.chars().any(char::is_alphanumeric)).collect();
        let text = lines.join(" ⏎ ");
        text.chars().take(600).collect()
    }

    /// Waits until what was started has ended.
    pub(crate) fn wait_for_end(&mut self) -> bool {
        self.screen.until(self.patience(), |screen| screen.exit().map(drop)).is_some()
    }

    /// Waits until the end of everything shows, or has come.
    pub(crate) fn wait_until_quitting(&mut self) {
        let shown = |screen: &mut Screen| {
            (screen.contents().contains("stopping everything") || screen.exit().is_some()).then_some(())
        };
        self.screen.until(Duration::from_secs(3), shown);
    }

    /// Waits for the word that says that the run is over.
    pub(crate) fn wait_for_word(&mut self) -> Look {
        let seen = match self.run.tool {
            Tool::Procdash(_) => self.screen.until(OVER, |screen| {
                let word = screen.word_after("case", OVER_WORDS).map(Look::Over);
                word.or_else(|| screen.word_after("case", &["stuck"]).map(|_| Look::Stuck))
            }),
            Tool::Mprocs(_) => {
                let down = |screen: &mut Screen| screen.contents().contains(" DOWN ").then_some(Look::Over("DOWN"));
                self.screen.until(OVER_FOR_MPROCS, down)
            }
        };
        seen.unwrap_or(Look::Never)
    }

    pub(crate) fn forget_ready(&self) {
        let _was_not_there = fs::remove_file(&self.ready);
    }

    /// Waits until a run stands that none of the guards `before` has.
    pub(crate) fn wait_for_new_run(&mut self, before: &[i32]) -> bool {
        let ready = self.ready.clone();
        let oracle = &self.oracle;
        let top = self.screen.pid();
        let stands = self.screen.until(OVER, |_| {
            (ready.exists() && oracle.cast(top).guards.iter().any(|guard| !before.contains(guard))).then_some(())
        });
        stands.is_some()
    }

    /// Returns who is alive and certainly not of the newest run.
    pub(crate) fn services_of_runs_before(&self, before: &[i32]) -> Vec<Process> {
        let new: Vec<i32> = self.cast().guards.into_iter().filter(|guard| !before.contains(guard)).collect();
        let looks = (0..5).map(|_| self.oracle.services_not_below(&new));
        looks.max_by_key(Vec::len).unwrap_or_default()
    }

    /// Waits until nothing of the services is alive, returns how long after `since` that was.
    pub(crate) fn until_empty(&mut self, since: Instant, limit: Duration) -> Option<Duration> {
        let oracle = &self.oracle;
        let left = limit.saturating_sub(since.elapsed());
        self.screen.until(left, |_| {
            let took = since.elapsed();
            oracle.is_empty().then_some(took)
        })
    }

    /// mprocs makes no promise for its own death; it gets longer.
    pub(crate) fn limit_after_death(&self) -> Option<Duration> {
        match self.run.tool {
            Tool::Procdash(_) => None,
            Tool::Mprocs(_) => Some(Duration::from_secs(3)),
        }
    }

    fn patience(&self) -> Duration {
        match self.run.tool {
            Tool::Procdash(_) => OVER,
            Tool::Mprocs(_) => OVER_FOR_MPROCS,
        }
    }

    /// Ends what was started, if it runs still, and looks once more at the very end.
    fn close(mut self, outcome: Outcome) -> Outcome {
        let runs = matches!(self.run.tool, Tool::Procdash(_)) && self.screen.exit().is_none();
        // a death that somebody above survives ends by itself
        if runs && !matches!(self.run.ending, Ending::KillDashboard | Ending::KillBoth | Ending::Close) {
            self.keys("Q");
        }
        let ended = !runs || self.wait_for_end();
        let outcome = if outcome.verdict == Verdict::Gone { self.at_the_end(outcome, ended) } else { outcome };
        sweep(&self.run, &self.oracle);
        outcome
    }

    fn at_the_end(&mut self, outcome: Outcome, ended: bool) -> Outcome {
        if matches!(self.run.tool, Tool::Mprocs(_)) {
            return outcome;
        }
        if self.run.ending.is_patient()
            && matches!(&self.run.service, Service::Own(name) if name == cases::TIDY)
            && !self.ready.with_extension("clean").exists()
        {
            return Outcome::void("it was not given the time to tidy up");
        }
        if !ended {
            let note = format!("gone, but then the program did not end: {}", self.picture());
            return Outcome::new(Verdict::Hung, outcome.took, note);
        }
        let left = self.services();
        if !left.is_empty() {
            let note = format!("after the program's end: {} {}", left.len(), left[0].command);
            return Outcome::new(Verdict::Left(left.len()), outcome.took, note);
        }
        let oracle = &self.oracle;
        let guards_gone = self.screen.until(GUARDS, |_| oracle.look().is_empty().then_some(()));
        if guards_gone.is_none() {
            let left = self.oracle.look();
            let note = format!("the program's own: {}", left.first().map_or("", |process| &process.command));
            return Outcome::new(Verdict::Left(left.len()), outcome.took, note);
        }
        outcome
    }
}

/// Returns the words that run the service.
fn words(run: &Run, token: &str, ready: &Path) -> Vec<String> {
    let own = std::env::current_exe().unwrap_or_default();
    let ready = ready.display().to_string();
    match &run.service {
        Service::Own(name) => {
            vec![own.display().to_string(), "__case".into(), name.clone(), token.into(), ready]
        }
        Service::Script(path) => {
            let interpreter = if path.extension().is_some_and(|end| end == "py") { "python3" } else { "sh" };
            vec![interpreter.into(), path.display().to_string(), token.into(), ready]
        }
    }
}

fn write_project(run: &Run, folder: &Path, token: &str, ready: &Path) -> std::io::Result<()> {
    let words = words(run, token, ready);
    if matches!(run.tool, Tool::Mprocs(_)) {
        return fs::write(folder.join("mprocs.yaml"), format!("procs:\n  case:\n    cmd: {words:?}\n"));
    }
    let grace = if matches!(run.ending, Ending::Hurry | Ending::Leave) { "600s" } else { "700ms" };
    let needs = match &run.service {
        Service::Own(name) => cases::all().into_iter().find(|case| case.name == name).map(|case| case.needs),
        Service::Script(_) => None,
    };
    let daemon = needs == Some(Needs::Daemon);
    let text = format!(
        "[processes.case]\ncommand = {words:?}\nstop_grace_period = \"{grace}\"\ntty = {}\ndaemon = {daemon}\n",
        !run.pipes
    );
    fs::write(folder.join("procfile.toml"), text)
}

/// Gives the project to the user who is to run it.
pub(crate) fn give(folder: &Path, user: Option<u32>) -> std::io::Result<()> {
    let Some(user) = user else { return Ok(()) };
    for entry in fs::read_dir(folder)?.flatten() {
        chown(entry.path(), Some(user), Some(user))?;
    }
    chown(folder, Some(user), Some(user))
}

/// Kills what is left of a run that has no namespace to end with.
pub(crate) fn sweep(run: &Run, oracle: &Oracle) {
    if run.isolation == Isolation::None {
        oracle.sweep();
    }
}

/// Returns the command that runs the program under test.
pub(crate) fn command(run: &Run, folder: &Path, token: &str) -> Command {
    let mut command = Command::new(run.tool.program());
    if matches!(run.tool, Tool::Procdash(_)) {
        command.arg("up");
    }
    command
        .current_dir(folder)
        .env("PROCDASH_PROOF", token)
        .env("PROCDASH_FAULT", "panic")
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env_remove("NO_COLOR")
        .env_remove("COLORTERM");
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(variable, folder);
    }
    command
}
