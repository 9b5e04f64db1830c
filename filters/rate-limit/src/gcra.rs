//! The generic cell rate algorithm: a token bucket that is one number.
//!
//! A bucket's *theoretical arrival time* (TAT) is when it will be full again. A request moves it on
//! by the interval T in which one token comes back, and passes if that leaves it no further ahead
//! than the bucket is deep. There are no windows, so none whose edge lets a double burst through.
//!
//! Source: ITU-T I.371, "GCRA, virtual scheduling". Times are nanoseconds on one monotonic clock.

/// How fast tokens come back, and how many a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// T: nanoseconds for one token, rounded up, so that a limit is never exceeded by rounding.
    interval: u64,
    /// Nanoseconds for a full bucket.
    depth: u64,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It passes; this is the bucket's new TAT.
    Admitted { tat: u64 },
    /// It does not; the same request would pass after this many nanoseconds.
    Limited { wait: u64 },
}

impl Quota {
    /// `limit` requests per `period` nanoseconds, `burst` of them at once. `None` if the numbers are
    /// zero or the bucket takes longer than 292 years to fill.
    pub(crate) fn new(limit: u64, period: u64, burst: u64) -> Option<Self> {
        let interval = period.checked_next_multiple_of(limit)?.checked_div(limit)?;
        let depth = interval.checked_mul(burst)?;
        (depth > 0 && i64::try_from(depth).is_ok()).then_some(Self { interval, depth })
    }

    /// Decides on a request that comes `now` to a bucket with this TAT.
    pub(crate) fn charge(self, tat: u64, now: u64) -> Decision {
        let tat = tat.max(now).saturating_add(self.interval);
        let latest = now.saturating_add(self.depth);
        if tat <= latest {
            Decision::Admitted { tat }
        } else {
            Decision::Limited { wait: tat.saturating_sub(latest) }
        }
    }

    /// The TAT of a bucket that gets one token back.
    pub(crate) fn refund(self, tat: u64) -> u64 {
        tat.saturating_sub(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_then_one_per_interval() {
        let quota = Quota::new(3, 60 * SECOND, 3).unwrap();
        let (mut tat, start) = (0, 1000 * SECOND);
        for _ in 0..3 {
            let Decision::Admitted { tat: next } = quota.charge(tat, start) else { panic!("limited") };
            tat = next;
        }
        assert_eq!(quota.charge(tat, start), Decision::Limited { wait: 20 * SECOND });
        assert_eq!(quota.charge(tat, start + 20 * SECOND - 1), Decision::Limited { wait: 1 });
        assert!(matches!(quota.charge(tat, start + 20 * SECOND), Decision::Admitted { .. }));
    }

    #[test]
    fn a_refund_undoes_a_charge() {
        let quota = Quota::new(10, SECOND, 5).unwrap();
        let Decision::Admitted { tat } = quota.charge(7 * SECOND, 7 * SECOND) else { panic!("limited") };
        assert_eq!(quota.refund(tat), 7 * SECOND);
    }

    #[test]
    fn intervals_round_up_and_extremes_are_refused() {
        assert_eq!(Quota::new(3, 10, 1), Some(Quota { interval: 4, depth: 4 }));
        for (limit, period, burst) in
            [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1, u64::MAX, 1), (1, SECOND, u64::MAX)]
        {
            assert_eq!(Quota::new(limit, period, burst), None);
        }
    }
}
