//! What was measured over a part of the soak.

use std::time::Duration;

use crate::memory::Memory;

/// A part of the soak.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// The time since the start at its end.
    pub(crate) at: Duration,
    /// How long it took.
    pub(crate) took: Duration,
    /// All requests so far.
    pub(crate) requests: u64,
    /// Requests in it.
    pub(crate) answered: u64,
    /// The CPU time of all of Envoy's threads in it.
    pub(crate) cpu: Duration,
    /// The memory at its end.
    pub(crate) memory: Memory,
    /// The latencies of its probes, sorted.
    pub(crate) latencies: Vec<Duration>,
}

impl Window {
    /// Joins windows that follow each other. Its memory is the least of theirs: what V8 has not collected yet is noise.
    pub(crate) fn joined(windows: &[Self]) -> Option<Self> {
        let last = windows.last()?;
        let mut latencies: Vec<_> =
            windows.iter().flat_map(|window| window.latencies.iter().copied()).collect();
        latencies.sort_unstable();
        let least = |of: fn(&Memory) -> u64| {
            windows.iter().map(|window| of(&window.memory)).min().unwrap_or_default()
        };
        let memory = Memory {
            resident: least(|memory| memory.resident),
            allocated: least(|memory| memory.allocated),
            machines: least(|memory| memory.machines),
        };
        let took = windows.iter().map(|window| window.took).sum();
        let answered = windows.iter().map(|window| window.answered).sum();
        let cpu = windows.iter().map(|window| window.cpu).sum();
        Some(Self { took, cpu, answered, memory, latencies, ..last.clone() })
    }

    /// Returns the requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Returns the CPU time of a request in microseconds.
    pub(crate) fn cpu_of_a_request(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.answered.max(1) as f64
    }

    /// Returns the latency that a part of its probes, from 0 to 1, does not exceed.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let rank = (self.latencies.len() as f64 * part).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_windows_keep_the_least_memory_and_all_latencies() {
        let window = |resident, millis: &[u64]| Window {
            at: Duration::from_secs(resident),
            took: Duration::from_secs(1),
            cpu: Duration::from_millis(2),
            requests: 10 * resident,
            answered: 10,
            memory: Memory { resident, allocated: 1, machines: 1 },
            latencies: millis.iter().map(|millis| Duration::from_millis(*millis)).collect(),
        };
        let joined = Window::joined(&[window(7, &[4, 5]), window(3, &[1]), window(9, &[9])]).unwrap();
        assert_eq!((joined.memory.resident, joined.answered, joined.requests), (3, 30, 90));
        assert_eq!(joined.quantile(0.5), Duration::from_millis(4));
        assert_eq!(joined.quantile(0.99), Duration::from_millis(9));
        assert_eq!((joined.rate(), joined.cpu_of_a_request()), (10.0, 200.0));
        assert!(Window::joined(&[]).is_none());
    }
}
