//! A rate limit service that fails in every way: what clients see, how long it takes, and that the request's place among those in
//! flight is given back.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use harness::absent::Absent;
use harness::bootstrap::Bootstrap;
use harness::http::Request;
use harness::suite::Case;
use harness::{Envoy, built};
use serde_json::json;

use crate::fault::Fault;
use crate::grpc::Service;

pub(crate) const TESTS: [Case; 1] =
    [("whatever_the_rate_limit_service_does_requests_are_decided_in_time", run)];

/// How long the filter waits for the service.
const TIMEOUT: Duration = Duration::from_millis(200);

/// How much longer a request may take: Envoy and the test share a busy machine.
const MARGIN: Duration = Duration::from_secs(10);

/// How long it may take until the service, which works again, decides. Envoy connects again after a while.
const RECOVERED: Duration = Duration::from_secs(30);

/// Requests while the service fails.
const REQUESTS: u64 = 5;

/// What happens if the service fails, and what clients then get.
const ON_ERROR: [(&str, u16); 2] = [("local", 200), ("deny", 503)];

fn run() -> Result<()> {
    let services = Fault::ALL.map(|fault| Ok((fault, Service::start(fault)?)));
    let services = services.into_iter().collect::<Result<Vec<_>>>()?;
    let absent = Absent::new()?;
    let addresses = services.iter().map(|(fault, service)| (format!("{fault:?}"), service.address));
    let addresses: Vec<_> = addresses.chain([(REFUSED.to_owned(), absent.address)]).collect();
    let envoy = Envoy::start(&addresses.iter().fold(Bootstrap::default(), with_service))?;
    thread::scope(|scope| {
        let checks = addresses.iter().map(|(fault, _)| {
            let service = services.iter().find(|(other, _)| format!("{other:?}") == *fault);
            let (envoy, fault) = (&envoy, fault.as_str());
            scope.spawn(move || check(envoy, fault, service.map(|(_, service)| service)))
        });
        let checks: Vec<_> = checks.collect();
        checks.into_iter().try_for_each(|check| check.join().unwrap_or_else(|_| bail!("a test panicked")))
    })?;
    let all = addresses.len().saturating_mul(ON_ERROR.len());
    let (start, mut counted) = (Instant::now(), 0);
    while counted < all {
        ensure!(start.elapsed() < RECOVERED, "{counted} of {all} plugins counted their errors");
        thread::sleep(Duration::from_millis(50));
        let errors = envoy.counts("wasmcustom.rate_limit.global_error.filter.")?;
        counted = errors.iter().filter(|(_, errors)| *errors > REQUESTS).count();
    }
    Ok(())
}

/// The name of a service that nobody runs.
const REFUSED: &str = "Refused";

/// Adds a service and its listeners. One request may be in flight, so the next shows whether its place was given back.
fn with_service(bootstrap: Bootstrap, (fault, address): &(String, SocketAddr)) -> Bootstrap {
    let bootstrap = bootstrap.http2_cluster(fault, *address);
    ON_ERROR.into_iter().fold(bootstrap, |bootstrap, (on_error, _)| {
        let configuration = json!({
            "rules": [
                {"name": "rate", "key": [], "limit": 1_000_000, "period": "1s"},
                {"name": "at-once", "key": [], "concurrency": 1},
            ],
            "global": {
                "cluster": fault,
                "domain": "edge",
                "timeout": format!("{}ms", TIMEOUT.as_millis()),
                "on_error": on_error,
            },
        });
        let routes = [json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})];
        let filter = built::filter("rate-limit", &configuration.to_string());
        bootstrap.routed(&listener(fault, on_error), &[filter], &routes)
    })
}

fn listener(fault: &str, on_error: &str) -> String {
    format!("{fault}-{on_error}")
}

fn check(envoy: &Envoy, fault: &str, service: Option<&Service>) -> Result<()> {
    let mut longest = Duration::ZERO;
    for (on_error, expected) in ON_ERROR {
        let listener = listener(fault, on_error);
        for _ in 0..REQUESTS {
            let start = Instant::now();
            let status = decided(envoy, &listener)?;
            longest = longest.max(start.elapsed());
            ensure!(status == expected, "{listener}: {status}, expected {expected}");
        }
        // Leaves while the service is asked.
        TcpStream::connect(envoy.address(&listener)?)?
            .write_all(b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n")?;
        thread::sleep(TIMEOUT);
        let status = decided(envoy, &listener)?;
        ensure!(status == expected, "{listener}, after a client has left: {status}, expected {expected}");
    }
    ensure!(longest < TIMEOUT + MARGIN, "{fault}: a request took {longest:?}");
    let recovered = service.map(|service| recovered(envoy, fault, service)).transpose()?;
    println!(
        "rate limit service, {fault}: a request takes {longest:.0?} at most; recovered after {recovered:.0?}"
    );
    Ok(())
}

/// Sends a request, again while the one before is still in flight: it ends a moment after its response has arrived. Only the reply
/// for that has a `retry-after`.
fn decided(envoy: &Envoy, listener: &str) -> Result<u16> {
    let start = Instant::now();
    loop {
        let response = envoy.send(listener, &Request::get("/"))?;
        if response.values("retry-after").is_empty() {
            return Ok(response.status);
        }
        ensure!(start.elapsed() < RECOVERED, "{listener}: a place is not given back");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Makes the service work, and returns how long it takes until it limits a request.
fn recovered(envoy: &Envoy, fault: &str, service: &Service) -> Result<Duration> {
    service.works.store(true, Ordering::Relaxed);
    let start = Instant::now();
    for (on_error, _) in ON_ERROR {
        while decided(envoy, &listener(fault, on_error))? != 429 {
            ensure!(start.elapsed() < RECOVERED, "{fault}: the service works, but limits nothing");
            thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(start.elapsed())
}
