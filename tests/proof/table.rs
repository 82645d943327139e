//! The results as Markdown: who survived what.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::cases;
use crate::endings::Ending;
use crate::options::{Form, Options};
use crate::run::{Outcome, Service, Tool, Verdict};
use crate::runner::Job;

/// One played run.
type Result<'a> = (&'a Job, &'a Outcome);

/// Returns the document.
pub(crate) fn markdown(results: &[(Job, Outcome)], options: &Options) -> String {
    let results: Vec<Result<'_>> = results.iter().map(|(job, outcome)| (job, outcome)).collect();
    let (ours, theirs): (Vec<Result<'_>>, Vec<Result<'_>>) =
        results.iter().partition(|(job, _)| matches!(job.run.tool, Tool::Procdash(_)));
    let mut text = head(&ours, options);
    for user in users(&ours) {
        let of_user: Vec<Result<'_>> = ours.iter().copied().filter(|(job, _)| job.run.user == user).collect();
        let _written = writeln!(text, "\n## {}\n", name_of(user));
        text += &table(&of_user, cell);
    }
    text += &times(&ours);
    text += &exceptions(&ours);
    if !theirs.is_empty() {
        text += &beside(&ours, &theirs);
    }
    text += &legend(&ours);
    text
}

fn head(ours: &[Result<'_>], options: &Options) -> String {
    let count = |is: fn(&Verdict) -> bool| ours.iter().filter(|(_, outcome)| is(&outcome.verdict)).count();
    let survivors: usize =
        ours.iter().map(|(_, outcome)| if let Verdict::Left(count) = outcome.verdict { count } else { 0 }).sum();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let tried = count(|verdict| *verdict != Verdict::Skipped);
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    format!(
        "# Who survives\n\n\
         {survivors} survivors in {tried} runs. Written by `{}`; every figure is what that run has met.\n\n\
         Each run is the real program on a terminal of its own, in a pid namespace of its own with a limit of tasks. A \
         hostile program is its only service. When its structure stands, and so many processes as it says are alive, the \
         ending begins. When that is over, everybody who is alive in the namespace and not procdash itself is counted, from \
         `/proc`, over all threads, and with the kernel's word that nobody was born during the look; at the very end the \
         namespace's first process asks the kernel whether it has a child left. procdash is not asked.\n\n\
         `0`: nobody. `n ✗`: so many survivors. `n named`: so many that could not be ended, the state is `stuck`, and the \
         screen names them. `–`: not tried, for a reason below. `hung ✗`: it never came to an end. `void`: the structure \
         did not stand in three tries.\n\n\
         Linux {}, {cores} cores, {build} build.\n",
        command(options, profile),
        kernel.trim(),
    )
}

fn command(options: &Options, profile: &str) -> String {
    let mut words = vec![format!("cargo test{profile} --test proof --")];
    match &options.form {
        Form::Full => words.push("--full".to_owned()),
        Form::Loop(count) => words.push(format!("--loop {count} --seed {}", options.seed)),
        Form::SpawnRace(count) => words.push(format!("--spawn-race {count} --seed {}", options.seed)),
        Form::Short | Form::List | Form::Nothing => {}
    }
    words.extend(options.only.iter().map(|only| format!("--only '{only}'")));
    words.extend(options.user.map(|user| format!("--user {user}")));
    words.push(format!("--jobs {}", options.jobs));
    words.extend(options.folder.iter().map(|_| "--cases FOLDER".to_owned()));
    words.extend(options.mprocs.iter().map(|_| "--mprocs PATH".to_owned()));
    words.push("--write docs/proof.md".to_owned());
    words.join(" ")
}

fn users(results: &[Result<'_>]) -> Vec<Option<u32>> {
    let mut users: Vec<Option<u32>> = results.iter().map(|(job, _)| job.run.user).collect();
    users.sort_unstable();
    users.dedup();
    users
}

fn name_of(user: Option<u32>) -> String {
    match user {
        Some(user) => format!("As uid {user}"),
        None if nix::unistd::geteuid().is_root() => "As root".to_owned(),
        None => "As an ordinary user".to_owned(),
    }
}

fn cell(outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::Gone => "0".to_owned(),
        Verdict::Left(count) => format!("{count} ✗"),
        Verdict::Named(count) => format!("{count} named"),
        Verdict::Hung => "hung ✗".to_owned(),
        Verdict::Void => "void".to_owned(),
        Verdict::Skipped => "–".to_owned(),
    }
}

/// Returns the cells as a table: a row a case, a column an ending.
fn table(results: &[Result<'_>], show: impl Fn(&Outcome) -> String) -> String {
    let mut endings: Vec<Ending> = results.iter().map(|(job, _)| job.run.ending).collect();
    endings.sort_unstable();
    endings.dedup();
    let mut rows: BTreeMap<String, BTreeMap<Ending, String>> = BTreeMap::new();
    for (job, outcome) in results {
        rows.entry(job.run.service.name()).or_default().insert(job.run.ending, show(outcome));
    }
    let names: Vec<&str> = endings.iter().map(|ending| ending.name()).collect();
    let mut text = format!("| case | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (name, cells) in rows {
        let cells: Vec<&str> = endings.iter().map(|ending| cells.get(ending).map_or("", String::as_str)).collect();
        let _written = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

/// Says how long each ending has taken at most, with whom.
fn times(ours: &[Result<'_>]) -> String {
    let mut slowest: BTreeMap<Ending, (Duration, String)> = BTreeMap::new();
    for (job, outcome) in ours.iter().filter(|(_, outcome)| outcome.verdict == Verdict::Gone) {
        let known = slowest.entry(job.run.ending).or_default();
        if outcome.took > known.0 {
            *known = (outcome.took, job.run.service.name());
        }
    }
    let mut text = "\n## How long it took at most\n\n\
         From the key, the signal or the death until it was over; a stop has a grace of 700 ms here, and a guard whose \
         dashboard has died gives 250 ms.\n\n| ending | slowest | with |\n|---|---|---|\n"
        .to_owned();
    for (ending, (took, name)) in slowest {
        let _written = writeln!(text, "| {} | {} ms | {name} |", ending.name(), took.as_millis());
    }
    text
}

/// Lists whatever was not nobody, with its reason.
fn exceptions(ours: &[Result<'_>]) -> String {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut text = String::new();
    for (job, outcome) in ours {
        match outcome.verdict {
            Verdict::Gone => {}
            Verdict::Skipped => reasons.entry(outcome.note.clone()).or_default().push(skipped(job)),
            Verdict::Left(_) | Verdict::Named(_) | Verdict::Hung | Verdict::Void => {
                let _written = writeln!(text, "* {}: {}", job.run, without_paths(&outcome.to_string()));
            }
        }
    }
    let mut whole = "\n## Exceptions\n\n".to_owned();
    whole += if text.is_empty() { "None.\n" } else { &text };
    if !reasons.is_empty() {
        whole += "\n## Not tried\n\n";
        for (reason, mut runs) in reasons {
            runs.sort();
            runs.dedup();
            let _written = writeln!(whole, "* {reason}: {}", runs.join(", "));
        }
    }
    whole
}

/// Names what was not tried: an ending when that is the reason, else the case.
fn skipped(job: &Job) -> String {
    let of_ending =
        job.run.ending.skipped().is_some() || matches!(job.run.ending, Ending::KillWarden | Ending::KillWardenToo);
    if of_ending {
        job.run.ending.name().to_owned()
    } else {
        format!("{} ({})", job.run.service.name(), name_of(job.run.user))
    }
}

/// Takes the places of temporary files out of a note.
fn without_paths(note: &str) -> String {
    let words: Vec<&str> = note.split(' ').filter(|word| !word.contains("/proof-")).collect();
    words.join(" ")
}

/// Shows mprocs beside procdash: the same cases, the same oracle.
fn beside(ours: &[Result<'_>], theirs: &[Result<'_>]) -> String {
    let own = |job: &Job| {
        let same = ours.iter().find(|(other, _)| {
            other.run.service == job.run.service && other.run.ending == job.run.ending && other.run.user == job.run.user
        });
        same.map_or_else(String::new, |(_, outcome)| cell(outcome))
    };
    let mut shown: Vec<(Job, Outcome, String)> = Vec::new();
    for (job, outcome) in theirs {
        let hung = if outcome.note.contains("hung itself") { " H" } else { "" };
        let text = format!("{} / {}{hung}", own(job), cell(outcome).trim_end_matches(" ✗"));
        shown.push(((*job).clone(), (*outcome).clone(), text));
    }
    let leaks: usize = theirs.iter().filter(|(_, outcome)| matches!(outcome.verdict, Verdict::Left(1..))).count();
    let mut rows: BTreeMap<String, BTreeMap<Ending, String>> = BTreeMap::new();
    for (job, _, text) in &shown {
        rows.entry(job.run.service.name()).or_default().insert(job.run.ending, text.clone());
    }
    let endings: Vec<Ending> = Ending::ALL.iter().copied().filter(|ending| ending.is_general()).collect();
    let names: Vec<&str> = endings.iter().map(|ending| ending.name()).collect();
    let mut text = format!(
        "\n## Beside mprocs\n\nThe same cases, endings and oracle; survivors of procdash / of mprocs, `H` where mprocs had \
         not ended after 12 seconds (after SIGKILL it has three seconds where procdash has one; it has no word for a main process that \
         crashed but `DOWN`). mprocs left something in {leaks} of {} runs.\n\n| case | {} |\n|---|{}\n",
        theirs.len(),
        names.join(" | "),
        "---|".repeat(names.len()),
    );
    for (name, cells) in rows {
        let cells: Vec<&str> = endings.iter().map(|ending| cells.get(ending).map_or("—", String::as_str)).collect();
        let _written = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

/// Says what the names mean.
fn legend(ours: &[Result<'_>]) -> String {
    let mut text = "\n## The endings\n\n".to_owned();
    for ending in Ending::ALL {
        let _written = writeln!(text, "* **{}**: {}.", ending.name(), ending.about());
    }
    let known = cases::all();
    let own = ours.iter().any(|(job, _)| matches!(job.run.service, Service::Own(_)));
    if own {
        text +=
            "\n## The cases\n\nEach is a program of `tests/proof/cases/`, and ends by itself after two minutes.\n\n";
        for case in known {
            let _written = writeln!(text, "* **{}**: {}.", case.name, case.about);
        }
    }
    text
}
