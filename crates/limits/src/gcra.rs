//! The generic cell rate algorithm (GCRA): a token bucket stored as one number.
//!
//! A bucket's *theoretical arrival time* (TAT) is the time at which it will be full again. Each token that a request
//! takes moves the TAT forward by the interval T in which one token comes back. The request conforms if the TAT then
//! is no further ahead than the bucket is deep. Without windows there is no window edge at which two bursts could
//! meet.
//!
//! Source: ITU-T I.371, "GCRA, virtual scheduling". Times are nanoseconds on one monotonic clock.

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// How fast a bucket fills, how much it holds, and what a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// T: nanoseconds per token, rounded up so that rounding never exceeds the limit.
    interval: u64,
    /// Nanoseconds in which an empty bucket fills.
    depth: u64,
    /// Nanoseconds in which the tokens of one request come back.
    cost: u64,
}

/// Whether a bucket has the tokens for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// Yes. `tat` is the bucket's new TAT.
    Conforming { tat: u64 },
    /// No. It will have them after `wait` nanoseconds.
    Nonconforming { wait: u64 },
}

impl Quota {
    /// `limit` tokens per `period` nanoseconds in a bucket of `burst` tokens, of which a request takes `cost`.
    ///
    /// `None` if a number is zero, a request takes more than the bucket holds, or the bucket takes over 292 years to
    /// fill.
    pub fn new(limit: u64, period: u64, burst: u64, cost: u64) -> Option<Self> {
        let interval = period.checked_next_multiple_of(limit)?.checked_div(limit)?;
        let depth = interval.checked_mul(burst)?;
        let cost = interval.checked_mul(cost)?;
        let fits = cost > 0 && cost <= depth && i64::try_from(depth).is_ok();
        fits.then_some(Self { interval, depth, cost })
    }

    /// Takes the tokens of one request, at time `now`, from a bucket with this TAT.
    pub fn charge(self, tat: u64, now: u64) -> Conformance {
        self.charge_up_to(1, tat, now)
    }

    /// Takes the tokens of up to `most` requests, as many as there are tokens for. Nonconforming if there are not
    /// enough for one.
    pub fn charge_up_to(self, most: u64, tat: u64, now: u64) -> Conformance {
        let tat = tat.max(now);
        match self.remaining(tat, now).min(most) {
            0 => {
                let latest = now.saturating_add(self.depth);
                Conformance::Nonconforming { wait: tat.saturating_add(self.cost).saturating_sub(latest) }
            }
            requests => {
                Conformance::Conforming { tat: tat.saturating_add(self.cost.saturating_mul(requests)) }
            }
        }
    }

    /// Computes the TAT after the tokens that one request took `ago` nanoseconds ago are returned.
    ///
    /// Tokens that have come back in the meantime are not returned again: a full bucket does not get any fuller.
    pub fn refund(self, tat: u64, ago: u64) -> u64 {
        tat.saturating_sub(self.cost.saturating_sub(ago))
    }

    /// Returns the nanoseconds in which the tokens of one request come back.
    pub fn cost(self) -> u64 {
        self.cost
    }

    /// Returns the nanoseconds in which an empty bucket fills.
    pub fn depth(self) -> u64 {
        self.depth
    }

    /// Computes the TAT before one request's tokens were taken.
    pub fn before(self, tat: u64) -> u64 {
        self.refund(tat, 0)
    }

    /// Computes the TAT of a bucket that would have the tokens of a request after `wait` nanoseconds.
    pub fn tat_of_wait(self, wait: u64, now: u64) -> u64 {
        now.saturating_add(self.depth).saturating_add(wait).saturating_sub(self.cost)
    }

    /// Returns how many requests a bucket has tokens for.
    pub fn remaining(self, tat: u64, now: u64) -> u64 {
        let latest = now.saturating_add(self.depth);
        latest.saturating_sub(tat.max(now)).checked_div(self.cost).unwrap_or_default()
    }

    /// Returns the nanoseconds until a bucket is full.
    pub fn reset(self, tat: u64, now: u64) -> u64 {
        tat.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests;
