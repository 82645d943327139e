//! Ends the program when one case takes too long, and says which.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A case is done in milliseconds; a debug build on a busy machine gets this much.
const LIMIT: Duration = Duration::from_secs(60);

/// Watches one case at a time.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    start: Instant,
}

#[derive(Default)]
struct Shared {
    seed: AtomicU64,
    case: AtomicU64,
    began: AtomicU64,
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
                if start.elapsed().saturating_sub(began) > LIMIT {
                    let (seed, case) = (shared.seed.load(Ordering::Relaxed), shared.case.load(Ordering::Relaxed));
                    eprintln!("case {case} of seed {seed} takes more than {} s", LIMIT.as_secs());
                    std::process::abort();
                }
            }
        });
        watchdog
    }

    /// Notes that a case begins.
    pub(crate) fn begins(&self, seed: u64, case: u64) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.shared.seed.store(seed, Ordering::Relaxed);
        self.shared.case.store(case, Ordering::Relaxed);
        self.shared.began.store(now, Ordering::Relaxed);
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

static ONCE: std::sync::Once = std::sync::Once::new();

thread_local! {
    static LAST: std::cell::Cell<(u64, u64)> = const { std::cell::Cell::new((0, 0)) };
}
