//! Plays runs, several at a time, each in a process and a namespace of its own.

use std::collections::VecDeque;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::endings::Ending;
use crate::isolate::{self, Isolation};
use crate::loops;
use crate::options::{Form, Options};
use crate::run::{Outcome, Run, Service, Tool, Verdict};
use crate::stage;
use crate::sys;

/// How often a run is tried whose structure did not stand.
const TRIES: usize = 3;

/// How long one run may take in all.
const LONGEST: Duration = Duration::from_mins(2);

/// The same for mprocs, which a service can hang for good by tracing it.
const LONGEST_OF_MPROCS: Duration = Duration::from_secs(50);

/// A run to be played.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) run: Run,
    /// Whether no other such run may be played beside it.
    pub(crate) room: bool,
    /// For a death during the start: how many microseconds after the first guard.
    pub(crate) race: Option<usize>,
}

/// The folder in which everything happens, readable for every user, and what is known about this machine.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) procdash: PathBuf,
    own: PathBuf,
    pub(crate) isolation: Isolation,
}

impl House {
    /// Makes the folder, puts the programs into it, and finds out what is permitted.
    pub(crate) fn open() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("proof-").tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let place = folder.path().canonicalize()?;
        let (procdash, own) = (place.join("procdash"), place.join("proof"));
        put(Path::new(env!("CARGO_BIN_EXE_procdash")), &procdash)?;
        put(&std::env::current_exe()?, &own)?;
        let probe = Command::new(&own).arg("__probe").stderr(Stdio::null()).output()?;
        let isolation = Isolation::from_word(String::from_utf8_lossy(&probe.stdout).trim());
        if isolation != Isolation::Full {
            println!(
                "note: this kernel does not let a run have a namespace with limited tasks: {isolation:?}; no storms"
            );
        }
        Ok(Self { folder, procdash, own, isolation })
    }
}

/// Links a program to where every user may run it, or copies it.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_other_disk| fs::copy(from, to).map(drop))
}

/// Plays all of them; the results stand in the order of the jobs.
pub(crate) fn run_all(house: &House, jobs: Vec<Job>, at_once: usize, quiet: bool) -> Vec<(Job, Outcome)> {
    let count = jobs.len();
    let (room, light): (VecDeque<_>, VecDeque<_>) = jobs.into_iter().enumerate().partition(|(_, job)| job.room);
    let queue = Mutex::new(Queue { room, light, room_taken: false });
    let changed = Condvar::new();
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some((place, job)) = take(&queue, &changed) {
                    let outcome = play_until_it_counts(house, &job, place);
                    let mut results = results.lock().unwrap();
                    results.push((place, job.clone(), outcome.clone()));
                    if outcome.is_failure() || (!quiet && outcome.verdict != Verdict::Skipped) {
                        println!("[{:4}/{count}] {}: {outcome}", results.len(), job.run);
                    }
                    drop(results);
                    if job.room {
                        queue.lock().unwrap().room_taken = false;
                        changed.notify_all();
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(place, _, _)| *place);
    results.into_iter().map(|(_, job, outcome)| (job, outcome)).collect()
}

struct Queue {
    room: VecDeque<(usize, Job)>,
    light: VecDeque<(usize, Job)>,
    room_taken: bool,
}

/// Takes the next job; one that needs room first, when there is some.
fn take(queue: &Mutex<Queue>, changed: &Condvar) -> Option<(usize, Job)> {
    let mut queue = queue.lock().unwrap();
    loop {
        if !queue.room_taken
            && let Some(job) = queue.room.pop_front()
        {
            queue.room_taken = true;
            return Some(job);
        }
        if let Some(job) = queue.light.pop_front() {
            return Some(job);
        }
        if queue.room.is_empty() {
            return None;
        }
        queue = changed.wait(queue).unwrap();
    }
}

fn play_until_it_counts(house: &House, job: &Job, place: usize) -> Outcome {
    let mut outcome = Outcome::void("never tried");
    for _ in 0..TRIES {
        outcome = play(house, job, place).unwrap_or_else(|error| {
            // somebody else may have used up what there is: give it a moment
            std::thread::sleep(Duration::from_secs(2));
            Outcome::void(format!("not played: {error}"))
        });
        if outcome.verdict != Verdict::Void {
            break;
        }
    }
    outcome
}

/// Plays one run in a process of its own.
fn play(house: &House, job: &Job, place: usize) -> std::io::Result<Outcome> {
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(house.folder.path())?;
    let mut command = Command::new(&house.own);
    command.arg("__run").args(to_words(job, place)).arg(folder.path().canonicalize()?);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    sys::end_with_me(&mut command);
    let mut worker = command.spawn()?;
    let mut said = worker.stdout.take();
    let reader = std::thread::Builder::new().spawn(move || {
        let mut text = String::new();
        let _until_it_ends = said.as_mut().map(|said| said.read_to_string(&mut text));
        text
    });
    let reader = match reader {
        Ok(reader) => reader,
        Err(error) => {
            worker.kill()?;
            worker.wait()?;
            return Err(error);
        }
    };
    let began = Instant::now();
    let longest = if matches!(job.run.tool, Tool::Procdash(_)) { LONGEST } else { LONGEST_OF_MPROCS };
    while worker.try_wait()?.is_none() {
        if began.elapsed() > longest {
            worker.kill()?;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    let text = reader.join().unwrap_or_default();
    let outcome = text.lines().find_map(Outcome::from_line);
    let Some(mut outcome) = outcome else {
        return Ok(Outcome::new(Verdict::Hung, began.elapsed(), "the run itself did not end"));
    };
    let ours = matches!(job.run.tool, Tool::Procdash(_));
    if ours && outcome.verdict == Verdict::Gone && text.lines().any(|line| line == LEFT) {
        outcome = Outcome::new(Verdict::Left(1), outcome.took, "the kernel says so, and no look has shown who it was");
    }
    Ok(outcome)
}

/// What a worker says when its namespace was not empty at its end.
const LEFT: &str = "left";

fn to_words(job: &Job, place: usize) -> Vec<String> {
    let run = &job.run;
    let (kind, service) = match &run.service {
        Service::Own(name) => ("own", name.clone()),
        Service::Script(path) => ("script", path.display().to_string()),
    };
    let tool = if matches!(run.tool, Tool::Procdash(_)) { "procdash" } else { "mprocs" };
    // a decimal fraction, so that sleep(1) takes it as well
    let token = format!("0.000{:07}{place:05}", std::process::id());
    [
        token.as_str(),
        run.isolation.word(),
        &run.user.map_or_else(String::new, |user| user.to_string()),
        if run.pipes { "pipes" } else { "terminal" },
        run.ending.name(),
        tool,
        &run.tool.program().display().to_string(),
        kind,
        &service,
        &job.race.map_or_else(String::new, |micros| micros.to_string()),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Is the worker that plays the run which `words` tell.
pub(crate) fn work(words: &[String]) -> ExitCode {
    let [token, isolation, user, channel, ending, tool, program, kind, service, race, folder] = words else {
        return ExitCode::from(2);
    };
    let Some(ending) = Ending::from_name(ending) else { return ExitCode::from(2) };
    let program = PathBuf::from(program);
    let run = Run {
        service: if kind == "own" { Service::Own(service.clone()) } else { Service::Script(service.into()) },
        ending,
        user: user.parse().ok(),
        tool: if tool == "procdash" { Tool::Procdash(program) } else { Tool::Mprocs(program) },
        pipes: channel == "pipes",
        isolation: Isolation::from_word(isolation),
    };
    let isolation = run.isolation;
    let nothing_left = isolate::within(isolation, |_| {
        let folder = Path::new(folder);
        let outcome = match race.parse() {
            Ok(micros) => loops::race(&run, folder, token, micros),
            Err(_no_race) => stage::play(&run, folder, token),
        };
        println!("{}", outcome.to_line());
    });
    match nothing_left {
        Ok(true) => {}
        Ok(false) => println!("{LEFT}"),
        Err(error) => println!("{}", Outcome::void(format!("no namespace: {error}")).to_line()),
    }
    ExitCode::SUCCESS
}

/// Says what has come of all runs.
pub(crate) fn summary(results: &[(Job, Outcome)], options: &Options) -> ExitCode {
    let ours =
        || results.iter().filter(|(job, _)| matches!(job.run.tool, Tool::Procdash(_))).map(|(_, outcome)| outcome);
    let left: usize = ours().map(|outcome| if let Verdict::Left(count) = outcome.verdict { count } else { 0 }).sum();
    let count = |wanted: Verdict| ours().filter(|outcome| outcome.verdict == wanted).count();
    let named = ours().filter(|outcome| matches!(outcome.verdict, Verdict::Named(_))).count();
    // the short form is a test among others on whatever machine: there never counts, not late
    let short = options.form == Form::Short;
    let failed = ours().filter(|outcome| outcome.is_failure() && !(short && outcome.is_late())).count();
    println!(
        "proof: {} runs · {left} survivors · {} hung · {} void · {} skipped · {named} named as not to be ended",
        ours().count(),
        count(Verdict::Hung),
        count(Verdict::Void),
        count(Verdict::Skipped),
    );
    if matches!(options.form, Form::Loop(_) | Form::SpawnRace(_)) {
        println!("seed {}", options.seed);
    }
    let _reader_is_gone = std::io::stdout().flush();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
