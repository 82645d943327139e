//! Which runs there are to be.

use std::fs;
use std::path::PathBuf;

use crate::cases::{self, Case, Needs};
use crate::endings::Ending;
use crate::isolate::Isolation;
use crate::loops;
use crate::options::{Form, Options};
use crate::run::{Run, Service, Tool};
use crate::runner::{House, Job};

/// The cases of the short form, each with four endings.
const NASTY: &[&str] = &[
    "02 tree",
    "06 bare daemon",
    "07 deaf",
    "08 paused",
    "10a lineages",
    "12 own subreaper",
    "13 vfork blocked",
    "14 zombie leaders",
    "18 CLONE_PARENT",
    "22 respawn on TERM",
    "24 mutual respawn",
    "28 pauses its guard",
    "29 kills its guard",
    "36 breeds when hung up",
    "49 nothing left",
    "55 subreaper chain",
];

/// Returns the runs in their order.
pub(crate) fn jobs(options: &Options, house: &House) -> Vec<Job> {
    let users: Vec<Option<u32>> = std::iter::once(None).chain(options.user.map(Some)).collect();
    match options.form {
        Form::Short => short(options, house, &users),
        Form::Full => full(options, house, &users),
        Form::Loop(count) => loops::random(count, options, house, &users),
        Form::SpawnRace(count) => loops::races(count, options, house, &users),
        Form::List | Form::Nothing => Vec::new(),
    }
}

fn short(options: &Options, house: &House, users: &[Option<u32>]) -> Vec<Job> {
    let known = cases::all();
    let mut jobs = Vec::new();
    for (place, name) in NASTY.iter().enumerate() {
        let case = known.iter().find(|case| case.name == *name);
        let Some(case) = case.filter(|case| fits(case, house)) else { continue };
        for shift in [0, 4, 7, 11] {
            let ending = Ending::ALL[(place + shift) % Ending::ALL.len()];
            let user = users[(place + shift) % users.len()];
            if options.wants(name, ending.name()) {
                jobs.push(job(house, Service::Own((*name).to_owned()), ending, user, case.needs == Needs::Room));
            }
        }
    }
    jobs
}

fn full(options: &Options, house: &House, users: &[Option<u32>]) -> Vec<Job> {
    let services: Vec<(Service, bool)> = match &options.folder {
        Some(folder) => {
            let mut scripts: Vec<PathBuf> =
                fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            scripts.retain(|path| path.extension().is_some_and(|end| end == "sh" || end == "py"));
            scripts.sort();
            // nobody knows how much room they take
            scripts.into_iter().map(|path| (Service::Script(path), true)).collect()
        }
        None => own(house).map(|case| (Service::Own(case.name.to_owned()), case.needs == Needs::Room)).collect(),
    };
    let mut jobs = Vec::new();
    for (service, room) in services {
        for &user in users {
            for &ending in Ending::ALL {
                if !options.wants(&service.name(), ending.name()) {
                    continue;
                }
                jobs.push(job(house, service.clone(), ending, user, room));
                // whose it is makes no difference to a program without guards
                if let (Some(mprocs), None, true) = (&options.mprocs, user, ending.is_general()) {
                    let mut beside = job(house, service.clone(), ending, user, room);
                    beside.run.tool = Tool::Mprocs(mprocs.clone());
                    jobs.push(beside);
                }
            }
        }
    }
    jobs
}

/// Returns the cases that can be tried here.
pub(crate) fn own(house: &House) -> impl Iterator<Item = Case> {
    cases::all().into_iter().filter(|case| fits(case, house))
}

/// Whether there is a limit that keeps a storm from everybody else.
fn fits(case: &Case, house: &House) -> bool {
    case.needs != Needs::Room || house.isolation == Isolation::Full
}

/// Makes a job of ours.
pub(crate) fn job(house: &House, service: Service, ending: Ending, user: Option<u32>, room: bool) -> Job {
    let tool = Tool::Procdash(house.procdash.clone());
    let isolation = house.isolation;
    Job { run: Run { service, ending, user, tool, pipes: false, isolation }, room, race: None }
}
