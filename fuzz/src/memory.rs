//! How much memory one execution may hold: an allocator that counts, and stops the program where it is too much.
//!
//! libFuzzer measures the whole process, in which the memory of earlier executions stays; this counts what is alive.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What any input may take: the largest frame and message that a link keeps, several times over.
const ANY: usize = 64 << 20;
/// And for each of its bytes: deflate expands by a thousand, and what it held is kept as text and as numbers.
const EACH: usize = 4096;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

pub struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !took(layout.size()) {
            return std::ptr::null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !took(layout.size()) {
            return std::ptr::null_mut();
        }
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !took(size) {
            return std::ptr::null_mut();
        }
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(block, layout, size) }
    }
}

/// Counts an allocation; not within the limit, it is refused, and Rust stops the program as it does without memory.
fn took(size: usize) -> bool {
    let alive = ALIVE.fetch_add(size, Ordering::Relaxed) + size;
    if alive <= LIMIT.load(Ordering::Relaxed) {
        return true;
    }
    // What is printed and traced about it needs some memory itself.
    LIMIT.store(usize::MAX, Ordering::Relaxed);
    false
}

/// Runs one execution on an input of this length within its limit.
pub fn bounded(len: usize, run: impl FnOnce()) {
    let limit = ALIVE.load(Ordering::Relaxed) + ANY + EACH * len;
    LIMIT.store(limit, Ordering::Relaxed);
    run();
    LIMIT.store(usize::MAX, Ordering::Relaxed);
}
