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
    /// Nanoseconds for the tokens that one request takes.
    cost: u64,
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
    /// `limit` tokens per `period` nanoseconds, `burst` of them at once, of which a request takes `cost`. `None`
    /// if a number is zero, a request takes more than there are, or the bucket takes over 292 years to fill.
    pub(crate) fn new(limit: u64, period: u64, burst: u64, cost: u64) -> Option<Self> {
        let interval = period.checked_next_multiple_of(limit)?.checked_div(limit)?;
        let depth = interval.checked_mul(burst)?;
        let cost = interval.checked_mul(cost)?;
        let fits = cost > 0 && cost <= depth && i64::try_from(depth).is_ok();
        fits.then_some(Self { interval, depth, cost })
    }

    /// Decides on a request that comes `now` to a bucket with this TAT.
    pub(crate) fn charge(self, tat: u64, now: u64) -> Decision {
        self.charge_up_to(1, tat, now)
    }

    /// Takes tokens for as many requests as there are tokens for, up to `most`, and for one at least.
    pub(crate) fn charge_up_to(self, most: u64, tat: u64, now: u64) -> Decision {
        let tat = tat.max(now);
        let latest = now.saturating_add(self.depth);
        let requests = latest.saturating_sub(tat).checked_div(self.cost).unwrap_or_default();
        match requests.min(most) {
            0 => Decision::Limited { wait: tat.saturating_add(self.cost).saturating_sub(latest) },
            requests => Decision::Admitted { tat: tat.saturating_add(self.cost.saturating_mul(requests)) },
        }
    }

    /// The TAT of a bucket that gets back what was taken so many nanoseconds ago.
    ///
    /// What has come back by itself since then is not given back as well: had the bucket been full, it would have
    /// been no fuller for it.
    pub(crate) fn refund(self, tat: u64, ago: u64) -> u64 {
        tat.saturating_sub(self.cost.saturating_sub(ago))
    }

    /// Nanoseconds of the tokens that one request takes.
    pub(crate) fn cost(self) -> u64 {
        self.cost
    }

    /// Nanoseconds in which an empty bucket fills.
    pub(crate) fn depth(self) -> u64 {
        self.depth
    }

    /// The TAT of a bucket before this request's tokens were taken.
    pub(crate) fn before(self, tat: u64) -> u64 {
        tat.saturating_sub(self.cost)
    }

    /// The TAT of a bucket that would admit a request after so many nanoseconds.
    pub(crate) fn tat_of_wait(self, wait: u64, now: u64) -> u64 {
        now.saturating_add(self.depth).saturating_add(wait).saturating_sub(self.cost)
    }

    /// Requests that a bucket would admit at once.
    pub(crate) fn remaining(self, tat: u64, now: u64) -> u64 {
        let latest = now.saturating_add(self.depth);
        latest.saturating_sub(tat.max(now)).checked_div(self.cost).unwrap_or_default()
    }

    /// Nanoseconds until a bucket is full.
    pub(crate) fn reset(self, tat: u64, now: u64) -> u64 {
        tat.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests;
