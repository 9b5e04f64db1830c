//! A token bucket, as rate-limit's README describes it, in exact numbers.

/// A bucket that is full at first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    /// Tokens that are missing, in nanoseconds that it takes to refill them, at the time `at`.
    missing: u128,
    at: u128,
}

/// The numbers of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Nanoseconds in which one token comes back, rounded up.
    pub interval: u128,
    pub burst: u128,
    pub cost: u128,
}

impl Rate {
    /// `limit` tokens per so many milliseconds.
    pub fn new(limit: u64, milliseconds: u64, burst: u64, cost: u64) -> Self {
        let period = u128::from(milliseconds) * 1_000_000;
        Self { interval: period.div_ceil(limit.into()), burst: burst.into(), cost: cost.into() }
    }
}

impl Bucket {
    fn missing_at(&self, now: u128) -> u128 {
        self.missing.saturating_sub(now - self.at)
    }

    /// Returns whether the bucket has the tokens of a request.
    pub fn has(&self, rate: Rate, now: u128) -> bool {
        self.missing_at(now) + rate.cost * rate.interval <= rate.burst * rate.interval
    }

    /// Takes the tokens of a request.
    pub fn take(&mut self, rate: Rate, now: u128) {
        *self = Self { missing: self.missing_at(now) + rate.cost * rate.interval, at: now };
    }

    /// Takes tokens, whether or not the bucket has them. It owes ten bursts at most, so eleven are missing at most.
    pub fn owe(&mut self, rate: Rate, tokens: u128, now: u128) {
        let missing = self.missing_at(now) + tokens * rate.interval;
        *self = Self { missing: missing.min(11 * rate.burst * rate.interval), at: now };
    }
}

/// Returns whether every run of requests that were allowed at these times took at most `burst` tokens and those that came back
/// within it.
pub fn is_bounded(allowed: &[u128], rate: Rate) -> bool {
    (0..allowed.len()).all(|first| {
        allowed[first..].iter().zip(1..).all(|(time, count)| {
            count * rate.cost * rate.interval <= rate.burst * rate.interval + (time - allowed[first])
        })
    })
}
