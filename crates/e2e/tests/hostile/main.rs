//! Hostile traffic in a real Envoy: whatever clients and upstreams send, no filter fails, Envoy goes on, and clean requests
//! are answered after it.
//!
//! # Layout
//!
//! - `requests` lists what both versions of HTTP can carry, `http1` and `http2` what only one of them can, `endings` how
//!   clients leave, `responses` and `http2_upstream` what an upstream sends, `random` changes all of these, and `tcp` is about
//!   TCP filters.
//! - `message` writes a request, `exchange` sends bytes and reads the answer, `kind` compares it with what is expected.
//! - `proxy` is an Envoy with all filters, and what must hold in the end. `upstream` checks what came through.

mod at_once;
mod endings;
mod exchange;
mod http1;
mod http2;
mod http2_upstream;
mod idle;
mod kind;
mod message;
mod places;
mod proxy;
mod random;
mod requests;
mod responses;
mod tcp;
mod traffic;
mod trap;
mod upstream;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use exchange::Version;
use harness::http::Request;
use harness::parts;
use harness::suite::{self, Case};
use http2_upstream::{CHOOSES, Http2Upstream};
use proxy::Proxy;
use upstream::Upstream;

const TESTS: [Case; 3] = [
    ("hostile::no_request_or_response_breaks_a_filter", http),
    ("hostile::no_connection_breaks_a_filter", tcp::connections),
    ("hostile::a_filter_that_traps_is_noticed", trap::noticed),
];

/// The open file limit for this program and Envoy.
const FILES: u64 = 8000;

/// The exchanges over each version of HTTP that a run has at least.
const LEAST: usize = 500;

/// Random connections to each listener, for each version of HTTP.
const RANDOM: usize = 100;

/// The listeners that limit requests in flight.
const LIMITED: [&str; 3] = ["all", "rate-limit", "rate-limit-body"];

fn main() -> Result<ExitCode> {
    rlimit::increase_nofile_limit(FILES)?;
    Ok(suite::run_cases(&TESTS, parts::missing_for_envoy().as_deref()))
}

fn http() -> Result<()> {
    let start = Instant::now();
    let (upstream, http2_upstream) = (Upstream::start()?, Http2Upstream::start()?);
    let proxy = Proxy::start(&upstream, &http2_upstream)?;
    let (listeners, ready) = (proxy.listeners()?, start.elapsed());
    let lists = [requests::all(), http1::all(), http2::all(), endings::all()];
    let fixed = lists.concat();
    let seed = random::seed();
    println!("hostile: SEED={seed} repeats the random changes");
    let mut kinds = fixed.clone();
    kinds.extend(random::all(&fixed, RANDOM, seed));
    kinds.extend(Http2Upstream::requests());
    let tally = traffic::send(&kinds, &listeners)?;
    let responses = http2_upstream.end()?;
    let sent = start.elapsed();
    upstream.expect_nothing_wrong()?;
    // The upstream does not tell listeners apart.
    for (listener, _) in &listeners {
        idle::wait_for_zero(&proxy.envoy, &format!("http.{listener}.downstream_rq_active"))?;
    }
    for (listener, address) in listeners.iter().filter(|(name, _)| LIMITED.contains(name)) {
        places::expect_all(&proxy.envoy, &upstream, listener, *address)?;
    }
    for (listener, address) in &listeners {
        let response = Request::get("/clean").header(CHOOSES, "1").send(*address)?;
        ensure!(response.status == 200, "{listener}, a clean request to the upstream in HTTP/2:\n{response}");
    }
    proxy.expect_intact().with_context(|| format!("after {tally}"))?;
    println!(
        "hostile: {} kinds on {} listeners: {tally}; {} requests reached the upstream, and {responses} that in HTTP/2; ready after {ready:.1?}, sent after {sent:.1?}, \
         done after {:.1?}",
        kinds.len(),
        listeners.len(),
        upstream.requests(),
        start.elapsed()
    );
    for version in [Version::Http1, Version::Http2] {
        ensure!(tally.of(version) >= LEAST, "{} exchanges over {version:?}", tally.of(version));
    }
    Ok(())
}
