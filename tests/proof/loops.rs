//! Many runs at random: of the cases with their endings, and of deaths while the dashboard starts its services.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::cases::Needs;
use crate::endings::Ending;
use crate::options::Options;
use crate::oracle::Oracle;
use crate::plan;
use crate::run::{Outcome, Run, Service, Verdict};
use crate::runner::{House, Job};
use crate::screen::Screen;
use crate::stage;
use crate::sys;

/// The six services whose start is interrupted.
const STARTING: &[&str] =
    &["02 tree", "04 double fork", "12 own subreaper", "22 respawn on TERM", "23 supervisor", "55 subreaper chain"];

/// Numbers that look random, the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

/// Returns so many random runs.
pub(crate) fn random(count: usize, options: &Options, house: &House, users: &[Option<u32>]) -> Vec<Job> {
    let mut dice = Dice::new(options.seed);
    let cases: Vec<_> = plan::own(house).filter(|case| options.wants(case.name, "")).collect();
    let endings: Vec<Ending> = Ending::ALL.iter().copied().filter(|ending| ending.skipped().is_none()).collect();
    if cases.is_empty() {
        return Vec::new();
    }
    (0..count)
        .map(|_| {
            let case = cases[dice.below(cases.len())];
            let ending = endings[dice.below(endings.len())];
            let user = users[dice.below(users.len())];
            let service = Service::Own(case.name.to_owned());
            let mut job = plan::job(house, service, ending, user, case.needs == Needs::Room);
            job.run.pipes = dice.below(2) == 1;
            job
        })
        .collect()
}

/// Returns so many deaths of the dashboard, each at another moment after its first guard is there.
pub(crate) fn races(count: usize, options: &Options, house: &House, users: &[Option<u32>]) -> Vec<Job> {
    let mut dice = Dice::new(options.seed);
    let endings = [Ending::KillDashboard, Ending::KillDashboard, Ending::KillWarden, Ending::KillWardenToo];
    (0..count)
        .map(|_| {
            let ending = endings[dice.below(endings.len())];
            let user = users[dice.below(users.len())];
            let mut job = plan::job(house, Service::Own("start of six".to_owned()), ending, user, false);
            job.run.pipes = dice.below(2) == 1;
            // most of them while the first services start, some while the last do
            let latest = if dice.below(3) == 0 { 15_000 } else { 3_000 };
            job.race = Some(dice.below(latest));
            job
        })
        .collect()
}

/// Starts six services and ends the dashboard so many microseconds after its first guard was seen.
pub(crate) fn race(run: &Run, folder: &Path, token: &str, micros: usize) -> Outcome {
    let own = std::env::current_exe().unwrap_or_default();
    let mut text = String::new();
    for (place, case) in STARTING.iter().enumerate() {
        let ready = folder.join(format!("ready{place}"));
        let words = [own.as_os_str(), "__case".as_ref(), case.as_ref(), token.as_ref(), ready.as_os_str()];
        let tty = !run.pipes;
        let _written = writeln!(text, "[processes.s{place}]\ncommand = {words:?}\ntty = {tty}");
    }
    let written = fs::write(folder.join("procfile.toml"), text)
        .and_then(|()| stage::give(folder, run.user))
        .and_then(|()| Screen::start(stage::command(run, folder, token), run.user));
    let mut screen = match written {
        Ok(screen) => screen,
        Err(error) => return Outcome::void(format!("cannot set the stage: {error}")),
    };
    let oracle = Oracle::new(run.tool.program().clone(), token.to_owned(), run.isolation);
    let top = screen.pid();
    let dashboard = screen.until(Duration::from_secs(10), |_| oracle.cast(top).dashboard);
    let Some(dashboard) = dashboard else { return Outcome::void("no guard was started") };
    let moment = Instant::now() + Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    // without a process above it they are one
    let above = matches!(run.ending, Ending::KillWarden | Ending::KillWardenToo).then_some(top);
    let itself = Some(dashboard).filter(|_| run.ending != Ending::KillWarden);
    for pid in above.into_iter().chain(itself) {
        let _already_gone = sys::send(pid, nix::libc::SIGKILL);
    }
    let died = Instant::now();
    let empty = screen.until(Duration::from_secs(1), |_| {
        let took = died.elapsed();
        // the program's own too: a guard that has not begun yet may still start something
        (oracle.is_empty() && oracle.look().is_empty() && oracle.is_empty()).then_some(took)
    });
    let left = oracle.look();
    let outcome = match empty {
        Some(took) if left.is_empty() => {
            Outcome::new(Verdict::Gone, took, format!("{micros} µs after the first guard"))
        }
        _ => {
            let first = left.first().map_or("", |process| &process.command);
            Outcome::new(
                Verdict::Left(left.len()),
                died.elapsed(),
                format!("{micros} µs after the first guard: {first}"),
            )
        }
    };
    stage::sweep(run, &oracle);
    outcome
}
