//! One limit over two machines, each an Envoy and an engine, which count in one Redis.
//!
//! All is as `deploy` has it: Envoy's configuration, the engines' limits and environment.

mod machines;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use e2e::suite::{self, Needs, Test};
use harness::http::{Request, Response};
use harness::{parts, ratelimit, redis};
use machines::{Kind, Machines};

/// What `deploy/engines` allows an address in an hour, and an API key.
const PER_ADDRESS: usize = 100;
const PER_KEY: usize = 60;

/// Time that an engine gets: on a busy machine too, or not much, as one that has lost Redis may not answer at all.
const PATIENT: &str = "10s";
const IMPATIENT: &str = "50ms";

/// Connections that send at once, and requests on each.
const CONNECTIONS: usize = 4;
const REQUESTS: usize = 40;

type Case = (&'static str, Kind, fn(Kind) -> Result<()>);

const TESTS: [Case; 8] = [
    ("envoyproxy_ratelimit_on_redis_holds_one_limit_over_two_envoys", Kind::Ratelimit, one_limit),
    ("envoyproxy_ratelimit_on_redis_counts_api_keys_apart", Kind::Ratelimit, by_key),
    ("envoyproxy_ratelimit_on_redis_limits_ipv6_networks", Kind::Ratelimit, ipv6),
    ("envoyproxy_ratelimit_that_loses_redis_leaves_it_to_the_local_rules", Kind::Ratelimit, redis_ends),
    ("limitador_on_redis_holds_one_limit_over_two_envoys", Kind::Limitador, one_limit),
    ("limitador_on_redis_counts_api_keys_apart", Kind::Limitador, by_key),
    ("limitador_on_redis_limits_ipv6_networks", Kind::Limitador, ipv6),
    ("limitador_that_loses_redis_leaves_it_to_the_local_rules", Kind::Limitador, redis_ends),
];

fn main() -> ExitCode {
    let servers = parts::missing_for_e2e()
        .or_else(|| parts::missing_of(&[redis::PROGRAM]))
        .or_else(|| parts::absent(parts::limitador_redis(), "just test-global"));
    let ratelimit = Needs::of_go(parts::absent(ratelimit::program(), "just test-global"));
    suite::run(
        &suite::arguments(),
        TESTS.into_iter().map(|(name, kind, test)| Test {
            name,
            needs: match (&servers, kind) {
                (Some(missing), _) => Needs::Missing(missing.clone()),
                (None, Kind::Ratelimit) => ratelimit.clone(),
                (None, Kind::Limitador) => Needs::Nothing,
            },
            run: Box::new(move || test(kind)),
        }),
    )
}

/// Many requests at once through both.
fn one_limit(kind: Kind) -> Result<()> {
    let machines = Machines::start(kind, PATIENT)?;
    within_an_hour();
    let responses = machines.send(CONNECTIONS, REQUESTS, &Request::get("/"))?;
    let (passed, limited) = counted(&responses)?;
    let shares = machines.stat("wasmcustom.rate_limit.per-ip.global_allowed")?;
    println!(
        "{kind:?} on Redis, {CONNECTIONS} connections to two Envoys: of {} requests {passed} passed, {shares:?} by each \
         Envoy, and {limited} were limited; the limit is {PER_ADDRESS}",
        responses.len()
    );
    let most = match kind {
        Kind::Ratelimit => PER_ADDRESS,
        // It looks before it counts: requests that it has at once pass together.
        Kind::Limitador => PER_ADDRESS.saturating_add(CONNECTIONS).saturating_sub(1),
    };
    ensure!((PER_ADDRESS..=most).contains(&passed), "{passed} passed, of at most {most}");
    ensure!(shares.iter().all(|share| *share > 0), "one Envoy's clients took it all: {shares:?}");
    // One after the other there is nothing to overlap: not one more passes.
    let (late, _) = counted(&machines.send(1, 10, &Request::get("/"))?)?;
    ensure!(late == 0, "{late} passed later");
    Ok(())
}

/// One after the other, by turns.
fn by_key(kind: Kind) -> Result<()> {
    let machines = Machines::start(kind, PATIENT)?;
    within_an_hour();
    let send = |key: &str| -> Result<_> {
        let request = Request::get("/").header("x-api-key", key);
        let turns = (0..PER_KEY).map(|_| machines.send(2, 1, &request)).collect::<Result<Vec<_>>>()?;
        counted(&turns.concat())
    };
    let (passed, limited) = send("a")?;
    ensure!(
        (PER_KEY..=PER_KEY.saturating_add(1)).contains(&passed),
        "{passed} of a key passed, {limited} did not"
    );
    let keys = machines.stat("wasmcustom.rate_limit.per-key.global_limited")?;
    ensure!(keys.iter().sum::<u64>() > 0, "the key's rule refuses nobody");
    Ok(())
}

/// Every address of a network is one client.
fn ipv6(kind: Kind) -> Result<()> {
    let machines = Machines::start(kind, PATIENT)?;
    within_an_hour();
    let mut responses = Vec::new();
    for host in 0..PER_ADDRESS.saturating_add(10) {
        let request = Request::get("/").header("x-forwarded-for", format!("2001:db8::{host:x}"));
        responses.extend(machines.send(1, 1, &request)?);
    }
    let (passed, limited) = counted(&responses)?;
    ensure!((passed, limited) == (PER_ADDRESS, 10), "{passed} of a network passed, {limited} did not");
    Ok(())
}

fn redis_ends(kind: Kind) -> Result<()> {
    let mut machines = Machines::start(kind, IMPATIENT)?;
    machines.lose_redis();
    let (passed, limited) = counted(&machines.send(2, 60, &Request::get("/"))?)?;
    ensure!((passed, limited) == (120, 0), "the local rules would admit all, {limited} were limited");
    let errors = machines.stat("wasmcustom.rate_limit.per-ip.global_error")?;
    ensure!(errors == [60, 60], "{errors:?} errors are counted");
    Ok(())
}

/// How many passed, and how many were limited. There is nothing else.
fn counted(responses: &[Response]) -> Result<(usize, usize)> {
    let count = |status| responses.iter().filter(|response| response.status == status).count();
    let (passed, limited) = (count(200), count(429));
    let other = responses.iter().find(|response| ![200, 429].contains(&response.status));
    ensure!(passed.saturating_add(limited) == responses.len(), "{:?}", other.map(ToString::to_string));
    Ok((passed, limited))
}

/// Waits until an hour is not about to end: envoyproxy/ratelimit's hours are those of the clock.
fn within_an_hour() {
    const HOUR: u64 = 3600;
    const NEEDED: u64 = 30;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let left = HOUR.saturating_sub(now.checked_rem(HOUR).unwrap_or_default());
    if left < NEEDED {
        println!("waiting {left} s for the next hour");
        std::thread::sleep(Duration::from_secs(left));
    }
}
