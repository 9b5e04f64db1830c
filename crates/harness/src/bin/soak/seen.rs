//! What clients have seen so far.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most wrong answers that are kept.
const KEPT: usize = 20;

/// What all clients share.
#[derive(Default)]
pub(crate) struct Seen {
    /// Set when the soak ends.
    pub(crate) done: AtomicBool,
    /// Set while keys are flooded.
    pub(crate) flooding: AtomicBool,
    /// Requests that were answered.
    pub(crate) answered: AtomicU64,
    counts: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Vec<String>>,
    latencies: Mutex<Vec<Duration>>,
}

impl Seen {
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    /// Counts something by its kind.
    pub(crate) fn count(&self, kind: &str, number: u64) {
        let mut counts = lock(&self.counts);
        let count = counts.entry(kind.to_owned()).or_default();
        *count = count.saturating_add(number);
    }

    /// Counts a response by its status.
    pub(crate) fn answer(&self, status: u16) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.count(&format!("status {status}"), 1);
    }

    /// Keeps what is wrong.
    pub(crate) fn wrong(&self, what: String) {
        self.count("wrong", 1);
        let mut wrong = lock(&self.wrong);
        if wrong.len() < KEPT {
            wrong.push(what);
        }
    }

    /// Keeps the latency of a probe.
    pub(crate) fn latency(&self, latency: Duration) {
        lock(&self.latencies).push(latency);
    }

    /// Takes the latencies since the last call.
    pub(crate) fn take_latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut lock(&self.latencies))
    }

    /// Returns all counts by their kinds.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.counts).clone()
    }

    /// Returns what was wrong.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        lock(&self.wrong).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
