//! Whether what was measured stays as it is.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::window::Window;

/// Requests before those that are compared: until then tables, connection buffers and V8's heaps grow to their size.
pub(crate) const WARM_UP: u64 = 100_000;

/// Bytes of a kind in a window.
type Bytes = fn(&Window) -> u64;

/// The part of a soak that is not compared at most, if it is short.
const WARM_UP_PART: u64 = 4;

/// By how many bytes the least memory of the last third may exceed that of the first, however many requests there are. Each
/// reload has a new table until 16 are left over, which take 4 MiB; listeners that are drained take some more, and V8 collects a
/// heap only after it has grown by some.
const NOISE: u64 = 16 << 20;

/// By how many bytes the memory may grow with each million of requests, besides: Envoy's own statistics of what reloads create.
/// With both, a leak of three bytes with each of ten million requests is noticed, and one of 500 bytes in a short soak.
const GROWTH_PER_MILLION: f64 = 0.5 * 1024.0 * 1024.0;

/// By how many times the last third's CPU time of a request may exceed the first third's. Other programs, which share the caches,
/// make it longer, but not by as much as they do latencies.
const CPU: f64 = 1.5;

/// By how many times the last third's p99 may exceed the first third's. Reloads and the garbage collectors of the VMs are in both.
const LATENCY: f64 = 2.0;

/// A p99 that is not compared: below it, what else runs on the machine decides.
const LATENCY_NOISE: Duration = Duration::from_millis(10);

/// The same in a short soak, where the p99 of a third is that of a few probes: whether one of them met a reload decides.
const SHORT_LATENCY_NOISE: Duration = Duration::from_millis(150);

/// The thirds of a soak after its beginning.
#[derive(Debug)]
pub(crate) struct Thirds {
    pub(crate) first: Window,
    pub(crate) middle: Window,
    pub(crate) last: Window,
}

impl Thirds {
    /// Divides the windows after the beginning.
    ///
    /// # Errors
    /// There are fewer than three.
    pub(crate) fn of(windows: &[Window]) -> Result<Self> {
        let all = windows.last().map_or(0, |window| window.requests);
        let start = WARM_UP.min(all / WARM_UP_PART);
        let warm: Vec<_> = windows.iter().filter(|window| window.requests > start).cloned().collect();
        let size = warm.len() / 3;
        ensure!(size > 0, "the soak was too short to compare anything");
        let third = |from: usize, to: usize| {
            Window::joined(warm.get(from..to).unwrap_or_default()).context("an empty third")
        };
        let rest = warm.len() - size;
        Ok(Self { first: third(0, size)?, middle: third(size, rest)?, last: third(rest, warm.len())? })
    }

    /// Returns by how many bytes the least memory has grown from the first third to the last, and that for a million requests.
    pub(crate) fn growth(&self, of: Bytes) -> (i128, f64) {
        let grown = i128::from(of(&self.last)) - i128::from(of(&self.first));
        let requests = self.last.requests.saturating_sub(self.first.requests).max(1);
        (grown, grown as f64 / requests as f64 * 1e6)
    }

    /// Fails if memory, CPU time or latency have grown in a soak, which may be short.
    pub(crate) fn expect_flat(&self, short: bool) -> Result<()> {
        let requests = self.last.requests.saturating_sub(self.first.requests);
        let most = NOISE as f64 + GROWTH_PER_MILLION * requests as f64 / 1e6;
        for (what, of) in MEMORIES {
            let (grown, _) = self.growth(of);
            ensure!(
                grown as f64 <= most,
                "{what} grew by {grown} bytes in {requests} requests, at most {most:.0} expected"
            );
        }
        let [first, last] = [&self.first, &self.last].map(Window::cpu_of_a_request);
        ensure!(last <= first * CPU, "the CPU time of a request grew from {first:.0} to {last:.0} \u{b5}s");
        let noise = if short { SHORT_LATENCY_NOISE } else { LATENCY_NOISE };
        let [first, last] = [&self.first, &self.last].map(|third| third.quantile(0.99));
        let most = first.mul_f64(LATENCY).max(noise);
        ensure!(
            last <= most,
            "the p99 of probes grew from {first:.1?} to {last:.1?}, at most {most:.1?} expected"
        );
        Ok(())
    }
}

/// What is compared.
pub(crate) const MEMORIES: [(&str, Bytes); 3] = [
    ("resident memory", |window| window.memory.resident),
    ("memory that Envoy allocated", |window| window.memory.allocated),
    ("memory of the VMs", |window| window.memory.machines),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    /// A soak of a million requests, with these bytes and latencies over time.
    fn soak(bytes: fn(u64) -> u64, millis: fn(u64) -> u64) -> Thirds {
        soak_with(bytes, millis, |_| 300)
    }

    /// The same, with these microseconds of CPU time of a request.
    fn soak_with(bytes: fn(u64) -> u64, millis: fn(u64) -> u64, micros: fn(u64) -> u64) -> Thirds {
        let window = |number: u64| Window {
            at: Duration::from_secs(number),
            took: Duration::from_secs(1),
            cpu: Duration::from_micros(10_000 * micros(number)),
            requests: number * 10_000,
            answered: 10_000,
            memory: Memory { resident: bytes(number), allocated: 1, machines: 1 },
            latencies: vec![Duration::from_millis(millis(number)); 50],
        };
        Thirds::of(&(1..=100).map(window).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn noise_is_no_growth() {
        soak(|number| (100 << 20) + ((number % 7) << 22), |number| 1 + number % 5)
            .expect_flat(false)
            .unwrap();
        // What grows before the soak has begun.
        soak(|number| (number.min(10)) << 24, |_| 1).expect_flat(false).unwrap();
    }

    #[test]
    fn growth_is_noticed() {
        let memory = soak(|number| number << 20, |_| 1).expect_flat(false).unwrap_err().to_string();
        assert!(memory.contains("resident memory grew by 62914560 bytes in 600000 requests"), "{memory}");
        let latency = soak(|_| 1, |number| number).expect_flat(false).unwrap_err().to_string();
        assert!(latency.contains("grew from 40.0ms to 100.0ms"), "{latency}");
        let cpu =
            soak_with(|_| 1, |_| 1, |number| 300 + 5 * number).expect_flat(false).unwrap_err().to_string();
        assert!(cpu.contains("CPU time of a request grew"), "{cpu}");
    }

    #[test]
    fn nothing_is_compared_in_a_moment() {
        assert!(Thirds::of(&[]).is_err());
    }
}
