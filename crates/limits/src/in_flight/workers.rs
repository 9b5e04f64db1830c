//! The workers that are alive: a value of shared data.
//!
//! A worker here is one plugin on one thread. It has a number, which no other worker ever gets. It renews the number as
//! often as its tables are confirmed. If it does not for [`GONE_AFTER`], it is gone: its requests count no more. If it
//! comes back, it gets another number.

use proxy_filter::shared_data::Change;

use crate::gcra::SECOND;

/// The key of the value. The number in it changes with the format of the value.
pub(super) const KEY: &str = "rate-limit workers 1";

/// Nanoseconds without a renewal after which a worker is gone. Workers renew once a second, so one that is gone has
/// trapped, was removed, or has served nobody for that long.
pub const GONE_AFTER: u64 = 30 * SECOND;

/// The workers at some time, as one of them sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Workers {
    /// The number of the next new worker.
    next: u64,
    /// The numbers of those alive, and when they were last renewed.
    alive: Vec<(u64, u64)>,
}

impl Workers {
    /// Decodes the value. `None` if the bytes are not one.
    pub(super) fn read(bytes: Option<&[u8]>) -> Option<Self> {
        let Some(bytes) = bytes else { return Some(Self::default()) };
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let words: Vec<_> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let [next, alive @ ..] = words.as_slice() else { return None };
        let (alive, []) = alive.as_chunks() else { return None };
        Some(Self {
            next: *next,
            alive: alive.iter().map(|&[worker, renewed_at]| (worker, renewed_at)).collect(),
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let alive = self.alive.iter().flat_map(|&(worker, renewed_at)| [worker, renewed_at]);
        std::iter::once(self.next).chain(alive).flat_map(u64::to_le_bytes).collect()
    }

    /// Returns whether this is the number of a worker, alive or gone.
    pub(super) fn contains(&self, worker: u64) -> bool {
        worker < self.next || self.renewed_at(worker).is_some()
    }

    /// Returns whether a worker is gone for good. This stays true, however long ago the workers were read: a number
    /// that was removed never comes back, and one that was given later is not below [`next`](Self::next).
    pub(super) fn is_gone(&self, worker: u64) -> bool {
        worker < self.next && self.renewed_at(worker).is_none()
    }

    /// Returns when a worker was last renewed. `None` if it is not alive.
    pub(super) fn renewed_at(&self, worker: u64) -> Option<u64> {
        self.alive.iter().find(|(alive, _)| *alive == worker).map(|(_, renewed_at)| *renewed_at)
    }
}

/// Renews the number of a worker, or gives it one. Returns the number, and the workers that are alive. `None` if other
/// software writes to the key.
pub(super) fn renew(bytes: Option<&[u8]>, own: Option<u64>, now: u64) -> Change<Option<(u64, Workers)>> {
    let Some(mut workers) = Workers::read(bytes) else { return Change::Keep(None) };
    if bytes.is_none() {
        // Above those of any list before, which other software may have removed.
        workers.next = now;
    }
    workers.alive.retain(|(_, renewed_at)| now.saturating_sub(*renewed_at) < GONE_AFTER);
    let number = match workers.alive.iter_mut().find(|(worker, _)| Some(*worker) == own) {
        Some((worker, renewed_at)) => {
            *renewed_at = now.max(*renewed_at);
            *worker
        }
        None => {
            let worker = workers.next;
            workers.next = worker.saturating_add(1);
            workers.alive.push((worker, now));
            worker
        }
    };
    Change::Write(workers.to_bytes(), Some((number, workers)))
}

/// Removes a worker that has no requests in flight.
pub(super) fn remove(bytes: Option<&[u8]>, own: u64) -> Change<()> {
    match Workers::read(bytes) {
        None => Change::Keep(()),
        Some(mut workers) => {
            workers.alive.retain(|(worker, _)| *worker != own);
            Change::Write(workers.to_bytes(), ())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_was_gone_gets_another_number() {
        let bytes = &mut None;
        let mut renewed = |own, now| match renew(bytes.as_deref(), own, now) {
            Change::Write(new, result) => {
                *bytes = Some(new);
                result.unwrap()
            }
            Change::Keep(result) => panic!("{result:?}"),
        };
        let (first, seen) = renewed(None, 0);
        let (second, _) = renewed(None, SECOND);
        assert_ne!(first, second);
        assert!(!seen.is_gone(first) && !seen.is_gone(second), "one that came later is not gone");
        let (same, seen) = renewed(Some(first), GONE_AFTER - 1);
        assert!(same == first && seen.renewed_at(first) == Some(GONE_AFTER - 1), "in time");
        let (_, seen) = renewed(Some(first), GONE_AFTER - 2);
        assert_eq!(seen.renewed_at(first), Some(GONE_AFTER - 1), "a clock that lags does not undo a renewal");
        let (same, seen) = renewed(Some(first), GONE_AFTER + SECOND);
        assert!(same == first && seen.is_gone(second) && !seen.is_gone(first));
        let (third, seen) = renewed(Some(second), GONE_AFTER + SECOND);
        assert!(third > second && seen.is_gone(second));
    }

    #[test]
    fn a_value_of_other_software_is_left_alone() {
        for bytes in [[1].as_slice(), &[0; 16], &[0; 9]] {
            assert_eq!(renew(Some(bytes), None, 0), Change::Keep(None));
            assert_eq!(remove(Some(bytes), 0), Change::Keep(()));
        }
    }
}
