//! Soaks the filters: millions of requests through all of them in one Envoy, with reloads, clients that leave, and a flood of
//! keys. Fails if memory, CPU time or latency grow, if a filter fails, or if a response is wrong.
//!
//! # Layout
//!
//! - `request` makes random requests, `client` sends them, and `clients` lists who sends what. `seen` is what they share.
//! - `proxy` is the Envoy, `upstream` what is behind it, `memory` what Envoy takes.
//! - `window` is what was measured over some time, `verdict` compares windows, and `report` prints them.

mod client;
mod clients;
mod memory;
mod proxy;
mod report;
mod request;
mod seen;
mod upstream;
mod verdict;
mod window;

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Parser;
use harness::progress::report as progress;
use harness::usage::cpu_time;
use harness::{failures, parts};

use memory::Memory;
use proxy::{Proxy, WORKERS};
use report::Report;
use seen::Seen;
use verdict::Thirds;
use window::Window;

/// The time between two measurements.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a short soak sends requests.
const SHORT: Duration = Duration::from_secs(12);

/// Reloads in a soak. The first comes after the beginning, so that memory is compared with that after a reload.
const RELOADS: u32 = 40;

/// Reloads in a short soak.
const SHORT_RELOADS: u32 = 6;

/// The part of a soak, in percent, in which keys are flooded.
const FLOOD: std::ops::Range<u64> = 50..55;

/// Measurements between two lines of progress.
const PROGRESS: usize = 20;

/// Soaks the filters in a real Envoy on loopback
#[derive(Parser)]
#[command(bin_name = "just soak")]
struct Arguments {
    /// How many requests to send
    #[arg(default_value_t = 10_000_000)]
    requests: u64,
    /// Send as many requests as fit into a few seconds, for CI
    #[arg(long)]
    short: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let Some(missing) = parts::missing_for_envoy() {
        ensure!(!parts::in_ci(), "{missing}");
        println!("skipping: {missing}");
        return Ok(());
    }
    let proxy = progress("starting Envoy, which compiles the filters", Proxy::start)?;
    let (seen, mut soak) = (Seen::default(), Soak::new(arguments));
    soak.run(&proxy, &seen)?;
    let thirds = Thirds::of(&soak.windows)?;
    let report = Report {
        command: soak.command(),
        envoy: proxy.envoy.version()?.map(|number| number.to_string()).join("."),
        workers: WORKERS,
        reloads: soak.reloads,
        windows: &soak.windows,
        thirds: &thirds,
        counts: seen.counts(),
    };
    let text = report.text()?;
    println!("\n{text}\nwritten to {}", report::write(&text)?.display());
    soak.expect_right(&proxy, &seen)?;
    thirds.expect_flat(arguments.short)?;
    if !arguments.short {
        report::write_into_the_book(&text)?;
        println!("written into the book");
    }
    Ok(())
}

/// A soak that runs.
struct Soak {
    requests: u64,
    short: bool,
    start: Instant,
    windows: Vec<Window>,
    reloads: u32,
}

impl Soak {
    fn new(arguments: &Arguments) -> Self {
        let &Arguments { requests, short } = arguments;
        Self { requests, short, start: Instant::now(), windows: Vec::new(), reloads: 0 }
    }

    fn command(&self) -> String {
        if self.short { "just soak --short".into() } else { format!("just soak {}", self.requests) }
    }

    /// Runs all clients until the end, and measures meanwhile.
    fn run(&mut self, proxy: &Proxy, seen: &Seen) -> Result<()> {
        let addresses = proxy.addresses()?;
        thread::scope(|scope| {
            let clients = start(scope, clients::all(seen, addresses));
            let measured =
                self.measure(proxy, seen, &|| clients.iter().any(|(_, client)| client.is_finished()));
            seen.done.store(true, Ordering::Relaxed);
            for (who, client) in clients {
                client.join().map_err(|_| anyhow!("{who} panicked"))?.context(who)?;
            }
            measured
        })
    }

    /// Measures, reloads and floods until the end, or until a client gives up.
    fn measure(&mut self, proxy: &Proxy, seen: &Seen, gave_up: &dyn Fn() -> bool) -> Result<()> {
        println!("{}", report::HEAD);
        self.start = Instant::now();
        let (mut last, mut answered, mut used) = (self.start, 0_u64, cpu_time(proxy.envoy.id())?);
        loop {
            thread::sleep(INTERVAL);
            if gave_up() {
                return Ok(());
            }
            let (now, requests) = (Instant::now(), seen.answered.load(Ordering::Relaxed));
            let cpu = cpu_time(proxy.envoy.id())?;
            let mut latencies = seen.take_latencies();
            latencies.sort_unstable();
            self.windows.push(Window {
                at: self.start.elapsed(),
                took: now - last,
                cpu: cpu.saturating_sub(used),
                requests,
                answered: requests.saturating_sub(answered),
                memory: Memory::read(&proxy.envoy)?,
                latencies,
            });
            (last, answered, used) = (now, requests, cpu);
            if self.windows.len().is_multiple_of(PROGRESS) {
                let part =
                    self.windows.get(self.windows.len().saturating_sub(PROGRESS)..).unwrap_or_default();
                Window::joined(part).iter().for_each(|window| println!("{}", report::row(window)));
            }
            let done = self.percent_done(requests);
            if done >= 100 {
                return Ok(());
            }
            seen.flooding.store(FLOOD.contains(&done), Ordering::Relaxed);
            let all = if self.short { SHORT_RELOADS } else { RELOADS };
            if u64::from(self.reloads) < done.saturating_mul(all.into()) / 100 {
                self.reloads = self.reloads.saturating_add(1);
                proxy.reload(self.reloads).with_context(|| format!("reload {}", self.reloads))?;
            }
        }
    }

    fn percent_done(&self, requests: u64) -> u64 {
        match self.short {
            true => (self.start.elapsed().as_secs_f64() / SHORT.as_secs_f64() * 100.0) as u64,
            false => requests.saturating_mul(100) / self.requests.max(1),
        }
    }

    /// Fails if a filter has failed, or a response was wrong.
    fn expect_right(&self, proxy: &Proxy, seen: &Seen) -> Result<()> {
        let failures = failures::logged(&proxy.envoy);
        ensure!(failures.is_empty(), "Envoy's log tells of failures: {failures:#?}");
        let wrong = seen.all_wrong();
        ensure!(wrong.is_empty(), "wrong answers, the first: {wrong:#?}");
        let counts = seen.counts();
        let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
        for kind in ["status 200", "status 302", "status 308", "status 429", "left", "TCP connections"] {
            ensure!(count(kind) > 0, "nothing of this kind: {kind}");
        }
        // Envoy closes each connection when it stops a listener, at most once, and with at most all its requests.
        let most = u64::from(self.reloads.saturating_add(1)).saturating_mul(clients::IN_FLIGHT);
        let lost: u64 = client::NOT_ANSWERED.into_iter().map(count).sum();
        if lost > most {
            bail!("{lost} requests and connections were not answered, at most {most} expected");
        }
        Ok(())
    }
}

/// Starts all clients.
fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    clients: Vec<(&'static str, clients::Work<'scope>)>,
) -> Vec<(&'static str, thread::ScopedJoinHandle<'scope, Result<()>>)> {
    clients.into_iter().map(|(who, work)| (who, scope.spawn(work))).collect()
}
