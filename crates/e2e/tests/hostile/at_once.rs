//! Work on many things at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does this with each, on so many threads, which take one after the other.
pub(crate) fn each<T: Sync>(all: &[T], threads: usize, work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(one);
                }
            });
        }
    });
}
