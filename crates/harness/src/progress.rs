//! Says that something still runs, so that nobody takes it for hung.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The time between two messages. What ends sooner prints none.
const INTERVAL: Duration = Duration::from_secs(5);

/// Runs `work`, and prints on standard error every five seconds that `what` goes on.
pub fn report<T>(what: &str, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (working, ended) = channel::<()>();
        scope.spawn(move || {
            let start = Instant::now();
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                eprintln!("still {what}, for {} s now", start.elapsed().as_secs());
            }
        });
        let result = work();
        drop(working);
        result
    })
}
