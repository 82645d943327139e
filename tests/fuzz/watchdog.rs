//! Ends the program when one case takes too long, and says which.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// A case is done in milliseconds; a debug build gets this much of a processor.
const LIMIT: Duration = Duration::from_mins(1);
/// One that uses no processor waits for something that does not come; a busy machine may let it wait, too.
const PATIENCE: Duration = Duration::from_mins(15);

/// Watches one case at a time.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    start: Instant,
}

#[derive(Default)]
struct Shared {
    seed: AtomicU64,
    case: AtomicU64,
    /// Milliseconds since the watchdog's start.
    began: AtomicU64,
    /// Milliseconds of processor time that were used before.
    used: AtomicU64,
}

impl Watchdog {
    /// Begins to watch.
    pub(crate) fn start() -> Self {
        let watchdog = Self { shared: Arc::default(), start: Instant::now() };
        let (shared, start) = (Arc::clone(&watchdog.shared), watchdog.start);
        thread::spawn(move || {
            loop {
                thread::park_timeout(Duration::from_secs(1));
                let began = Duration::from_millis(shared.began.load(Ordering::Relaxed));
                let used = processor().saturating_sub(shared.used.load(Ordering::Relaxed));
                if used > millis(LIMIT) || start.elapsed().saturating_sub(began) > PATIENCE {
                    let (seed, case) = (shared.seed.load(Ordering::Relaxed), shared.case.load(Ordering::Relaxed));
                    eprintln!("case {case} of seed {seed} has used {used} ms of a processor and goes on");
                    std::process::abort();
                }
            }
        });
        watchdog
    }

    /// Notes that a case begins.
    pub(crate) fn begins(&self, seed: u64, case: u64) {
        let now = millis(self.start.elapsed());
        self.shared.seed.store(seed, Ordering::Relaxed);
        self.shared.case.store(case, Ordering::Relaxed);
        self.shared.began.store(now, Ordering::Relaxed);
        self.shared.used.store(processor(), Ordering::Relaxed);
        LAST.with(|last| last.set((seed, case)));
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                let (seed, case) = LAST.with(std::cell::Cell::get);
                eprintln!("again: cargo test --test fuzz -- --seed {seed} --case {case}");
                before(info);
            }));
        });
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the processor time that this process has used, in milliseconds.
fn processor() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    u64::try_from(usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds()).unwrap_or(0)
}

static ONCE: std::sync::Once = std::sync::Once::new();

thread_local! {
    static LAST: std::cell::Cell<(u64, u64)> = const { std::cell::Cell::new((0, 0)) };
}
