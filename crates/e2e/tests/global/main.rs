//! One limit across two machines. Each has an Envoy and an envoyproxy/ratelimit; both count in one Redis.
//!
//! Envoy's configuration, the limits and the environment are those of `deploy`.

mod machines;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use harness::http::{Request, Response};
use harness::suite::{self, Case};
use harness::{parts, ratelimit, redis};
use machines::Machines;

/// The requests per hour that `deploy/engines` allows an address, and an API key.
const PER_ADDRESS: usize = 100;
const PER_KEY: usize = 60;

/// The service's timeout: ample even on a busy machine, or short, because the service may not respond without Redis.
const PATIENT: &str = "10s";
const IMPATIENT: &str = "50ms";

/// Connections that send at once, and the requests on each.
const CONNECTIONS: usize = 4;
const REQUESTS: usize = 40;

const TESTS: [Case; 4] = [
    ("envoyproxy_ratelimit_on_redis_holds_one_limit_across_two_envoys", one_limit),
    ("envoyproxy_ratelimit_on_redis_counts_api_keys_separately", by_key),
    ("envoyproxy_ratelimit_on_redis_limits_ipv6_networks", ipv6),
    ("envoyproxy_ratelimit_without_redis_leaves_requests_to_the_local_rules", redis_ends),
];

fn main() -> ExitCode {
    let missing = parts::missing_for_e2e()
        .or_else(|| parts::missing_of(&[redis::PROGRAM]))
        .or_else(|| parts::absent(ratelimit::program(), "just test-global"));
    suite::run_cases(&TESTS, missing.as_deref())
}

/// Sends many requests at once through both Envoys.
fn one_limit() -> Result<()> {
    let machines = Machines::start(PATIENT)?;
    wait_if_the_hour_ends_soon();
    let responses = machines.send(CONNECTIONS, REQUESTS, &Request::get("/"))?;
    let (passed, limited) = count(&responses)?;
    let shares = machines.stat("wasmcustom.rate_limit.global_allowed.filter.rate-limit.rule.per-ip")?;
    println!(
        "envoyproxy/ratelimit on Redis, {CONNECTIONS} connections to two Envoys: {passed} requests passed, {shares:?} \
         through each Envoy, {limited} were limited; the limit is {PER_ADDRESS}"
    );
    ensure!(passed == PER_ADDRESS, "{passed} requests passed, the limit is {PER_ADDRESS}");
    ensure!(shares.iter().all(|share| *share > 0), "one Envoy admitted all requests: {shares:?}");
    let (late, _) = count(&machines.send(1, 10, &Request::get("/"))?)?;
    ensure!(late == 0, "{late} requests passed above the limit");
    Ok(())
}

/// Sends one request after the other, through the two Envoys in turn.
fn by_key() -> Result<()> {
    let machines = Machines::start(PATIENT)?;
    wait_if_the_hour_ends_soon();
    let request = Request::get("/").header("x-api-key", "a");
    let turns = (0..PER_KEY).map(|_| machines.send(2, 1, &request)).collect::<Result<Vec<_>>>()?;
    let (passed, limited) = count(&turns.concat())?;
    ensure!(
        passed == PER_KEY,
        "{passed} requests of a key passed and {limited} did not, the limit is {PER_KEY}"
    );
    let keys = machines.stat("wasmcustom.rate_limit.global_limited.filter.rate-limit.rule.per-key")?;
    ensure!(keys.iter().sum::<u64>() > 0, "`per-key` limited no request: {keys:?}");
    Ok(())
}

/// All addresses of a network are one client.
fn ipv6() -> Result<()> {
    let machines = Machines::start(PATIENT)?;
    wait_if_the_hour_ends_soon();
    let mut responses = Vec::new();
    for host in 0..PER_ADDRESS.saturating_add(10) {
        let request = Request::get("/").header("x-forwarded-for", format!("2001:db8::{host:x}"));
        responses.extend(machines.send(1, 1, &request)?);
    }
    let (passed, limited) = count(&responses)?;
    ensure!(
        (passed, limited) == (PER_ADDRESS, 10),
        "{passed} requests of a network passed and {limited} did not, the limit is {PER_ADDRESS}"
    );
    Ok(())
}

fn redis_ends() -> Result<()> {
    let mut machines = Machines::start(IMPATIENT)?;
    machines.lose_redis();
    let (passed, limited) = count(&machines.send(2, 60, &Request::get("/"))?)?;
    ensure!((passed, limited) == (120, 0), "the local rules admit all requests, but {limited} were limited");
    let errors = machines.stat("wasmcustom.rate_limit.global_error.filter.rate-limit")?;
    ensure!(errors == [60, 60], "`global_error` is {errors:?}, expected 60 each");
    Ok(())
}

/// Counts the requests that passed and those that were limited. Other responses are errors.
fn count(responses: &[Response]) -> Result<(usize, usize)> {
    let count = |status| responses.iter().filter(|response| response.status == status).count();
    let (passed, limited) = (count(200), count(429));
    let other = responses.iter().find(|response| ![200, 429].contains(&response.status));
    ensure!(other.is_none(), "a response is neither 200 nor 429: {:?}", other.map(ToString::to_string));
    Ok((passed, limited))
}

/// Waits for the next hour if this one is about to end: envoyproxy/ratelimit counts by hours of the clock.
fn wait_if_the_hour_ends_soon() {
    const HOUR: u64 = 3600;
    const NEEDED: u64 = 30;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let left = HOUR.saturating_sub(now.checked_rem(HOUR).unwrap_or_default());
    if left < NEEDED {
        println!("waiting {left} s for the next hour");
        std::thread::sleep(Duration::from_secs(left));
    }
}
