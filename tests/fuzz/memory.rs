//! Counts what is allocated: a case must not take without bound, and all of them must leave nothing behind.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static HELD: AtomicUsize = AtomicUsize::new(0);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);
static HIGHEST_SINCE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator that counts has to be one")]
// SAFETY: every call goes to the system's allocator with the arguments that it came with
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller keeps the rules of the trait, which are the same there
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above; the place came from the same allocator
        unsafe { System.dealloc(place, layout) }
    }
}

fn take(size: usize) {
    let held = HELD.fetch_add(size, Ordering::Relaxed) + size;
    HIGHEST.fetch_max(held, Ordering::Relaxed);
    HIGHEST_SINCE.fetch_max(held, Ordering::Relaxed);
}

/// Returns how many bytes are held now.
pub(crate) fn held() -> usize {
    HELD.load(Ordering::Relaxed)
}

/// Returns the most that was held at once.
pub(crate) fn highest() -> usize {
    HIGHEST.load(Ordering::Relaxed)
}

/// Begins to look for the most that is held at once.
pub(crate) fn begin() {
    HIGHEST_SINCE.store(held(), Ordering::Relaxed);
}

/// Returns the most that was held at once since then.
pub(crate) fn highest_since() -> usize {
    HIGHEST_SINCE.load(Ordering::Relaxed)
}
